//! The Lua that Argo CD gives to a script in `argocd-cm`: Lua 5.1 with the base, package and table libraries; `os` only by `require`,
//! and of it only `time` and `date`; one second.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use mlua::{Error, HookTriggers, Lua, LuaOptions, Result, StdLib, Table, VmState};
use serde_json::{Map, Number, Value};

/// How long a script may run.
const LIMIT: Duration = Duration::from_secs(1);

/// What `os.date` says here, so that what an action writes can be compared: of all its formats the one that Argo CD's actions use.
pub const NOW: (&str, &str) = ("!%Y-%m-%dT%XZ", "2026-11-22T05:00:00Z");

/// Runs a script on an object; answers what it returns.
///
/// # Errors
/// What Argo CD would show as the error of the script.
pub fn run(script: &str, object: &Value) -> Result<Value> {
    let lua = sandbox(object)?;
    let deadline = Instant::now() + LIMIT;
    lua.set_hook(HookTriggers::new().every_nth_instruction(1_000), move |_, _| {
        if Instant::now() > deadline {
            return Err(Error::runtime("the script ran for more than a second"));
        }
        Ok(VmState::Continue)
    })?;
    from_lua(&lua.load(script).eval()?, Some(object))
}

/// The lines of a script that an object leads it through, from 1.
///
/// # Errors
/// As [`run`].
pub fn lines_run(script: &str, object: &Value) -> Result<BTreeSet<usize>> {
    let lua = sandbox(object)?;
    let lines = Arc::new(Mutex::new(BTreeSet::new()));
    let noted = Arc::clone(&lines);
    lua.set_hook(HookTriggers::EVERY_LINE, move |_, debug| {
        noted.lock().expect("nobody panics here").extend(debug.current_line());
        Ok(VmState::Continue)
    })?;
    lua.load(script).eval::<mlua::Value>()?;
    let lines = lines.lock().expect("nobody panics here").clone();
    Ok(lines)
}

/// A machine of its own for each script, with the object in it as `obj`.
fn sandbox(object: &Value) -> Result<Lua> {
    let lua = Lua::new_with(StdLib::PACKAGE | StdLib::TABLE, LuaOptions::new())?;
    let globals = lua.globals();
    // Parts of the base library of C's Lua that gopher-lua has in libraries of their own.
    for name in ["coroutine", "newproxy"] {
        globals.raw_remove(name)?;
    }
    globals.get::<Table>("package")?.get::<Table>("preload")?.set(
        "os",
        lua.create_function(|lua, ()| {
            let os = lua.create_table()?;
            os.set("time", lua.create_function(|_, ()| Ok(1_795_323_600))?)?;
            let date = |_: &Lua, format: String| match format == NOW.0 {
                true => Ok(NOW.1),
                false => Err(Error::runtime(format!("the tests know no format {format}"))),
            };
            os.set("date", lua.create_function(date)?)?;
            Ok(os)
        })?,
    )?;
    globals.set("obj", into_lua(&lua, object)?)?;
    Ok(lua)
}

/// The numbers of a script are floating point, as in Argo CD.
fn into_lua(lua: &Lua, value: &Value) -> Result<mlua::Value> {
    Ok(match value {
        Value::Null => mlua::Value::Nil,
        Value::Bool(yes) => mlua::Value::Boolean(*yes),
        Value::Number(number) => mlua::Value::Number(number.as_f64().unwrap_or(f64::NAN)),
        Value::String(text) => mlua::Value::String(lua.create_string(text)?),
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(|item| into_lua(lua, item)).collect::<Result<_>>()?;
            mlua::Value::Table(lua.create_sequence_from(items)?)
        }
        Value::Object(members) => {
            let table = lua.create_table()?;
            for (name, member) in members {
                table.set(name.as_str(), into_lua(lua, member)?)?;
            }
            mlua::Value::Table(table)
        }
    })
}

/// An empty table may be an object or a list: it stays what it was in `before`, as Argo CD keeps it.
fn from_lua(value: &mlua::Value, before: Option<&Value>) -> Result<Value> {
    Ok(match value {
        mlua::Value::Boolean(yes) => Value::Bool(*yes),
        mlua::Value::Integer(number) => Value::from(*number),
        mlua::Value::Number(number) if number.fract() == 0.0 => Value::from(*number as i64),
        mlua::Value::Number(number) => Number::from_f64(*number).map_or(Value::Null, Value::Number),
        mlua::Value::String(text) => Value::String(text.to_str()?.to_owned()),
        mlua::Value::Table(table) if table.raw_len() > 0 || (table.is_empty() && before.is_some_and(Value::is_array)) => {
            let items = table.sequence_values::<mlua::Value>().enumerate();
            let items = items.map(|(n, item)| from_lua(&item?, before.and_then(|list| list.get(n))));
            Value::Array(items.collect::<Result<_>>()?)
        }
        mlua::Value::Table(table) => {
            let members = table.pairs::<String, mlua::Value>().map(|pair| {
                let (name, member) = pair?;
                let member = from_lua(&member, before.and_then(|object| object.get(&name)))?;
                Ok((name, member))
            });
            Value::Object(members.collect::<Result<Map<_, _>>>()?)
        }
        mlua::Value::Nil => Value::Null,
        other => return Err(Error::runtime(format!("a script returned a {}", other.type_name()))),
    })
}
