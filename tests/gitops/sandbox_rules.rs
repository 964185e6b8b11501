//! The sandbox refuses what Argo CD's does: a script that passes here is one that works when it is pasted into `argocd-cm`.

use serde_json::json;

use crate::sandbox::run;

#[test]
fn a_script_has_no_library_but_base_package_and_table() {
    for script in [
        "return string.format('%d', 1)",
        "return ('a'):upper()",
        "return math.floor(1.5)",
        "return io.open('/etc/passwd')",
        "return os.date('!%Y-%m-%dT%XZ')",
        "return require('os').getenv('HOME')",
        "return require('string').upper('a')",
        "return coroutine.create(print)",
        "return debug.getinfo(1)",
        "return bit32.band(1, 1)",
    ] {
        assert!(run(script, &json!({})).is_err(), "{script}");
    }
    let script = "local t = {} for k, v in pairs({b = 1}) do table.insert(t, k .. v) end return table.concat(t, ',')";
    assert_eq!(run(script, &json!({})).unwrap(), json!("b1"));
    assert_eq!(
        run("return require('os').date('!%Y-%m-%dT%XZ')", &json!({})).unwrap(),
        json!("2026-11-22T05:00:00Z")
    );
}

#[test]
fn a_script_is_plain_lua_5_1() {
    for script in [
        "goto done ::done:: return 1",
        "return 7 // 2",
        "return 1 & 1",
        "return table.unpack({1})",
    ] {
        assert!(run(script, &json!({})).is_err(), "{script}");
    }
}

#[test]
fn a_script_ends_after_a_second() {
    let error = run("while true do end", &json!({})).unwrap_err().to_string();
    assert!(error.contains("more than a second"), "{error}");
}

#[test]
fn a_whole_number_is_told_without_a_fraction_and_an_empty_list_stays_one() {
    let object = json!({"generation": 2, "conditions": [], "annotations": {}});
    assert_eq!(run("return 'g ' .. obj.generation", &object).unwrap(), json!("g 2"));
    assert_eq!(run("return obj", &object).unwrap(), object);
}
