//! Patches: merge patch (RFC 7386), and server-side apply by one manager with force.

use serde_json::{Map, Value};

use super::schema::{list_key, member};

/// Merges a patch into a value; null removes.
pub fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let fields = target.as_object_mut().unwrap();
    for (name, value) in patch {
        if value.is_null() {
            fields.remove(name);
        } else {
            merge(fields.entry(name.clone()).or_insert(Value::Null), value);
        }
    }
}

/// Makes `live` say what a manager applies now; what it applied last and does not any more goes. A list that is applied empty belongs to
/// nobody (`toFieldSet` of structured-merge-diff): it goes with its last item, and stays where none was.
pub fn apply(live: &mut Value, last: &Value, new: &Value, schema: &Value) {
    match new {
        Value::Object(new) => apply_fields(live, last, new, schema),
        Value::Array(new) => match list_key(schema) {
            Some(key) => apply_items(live, last, new, key, &schema["items"]),
            None => *live = Value::Array(new.clone()),
        },
        other => *live = other.clone(),
    }
}

fn apply_fields(live: &mut Value, last: &Value, new: &Map<String, Value>, schema: &Value) {
    if !live.is_object() {
        *live = Value::Object(Map::new());
    }
    let fields = live.as_object_mut().unwrap();
    for (name, _) in last.as_object().into_iter().flatten().filter(|(_, value)| !is_empty_list(value)) {
        if !new.contains_key(name) {
            fields.remove(name);
        }
    }
    for (name, value) in new {
        let field = fields.entry(name.clone()).or_insert(Value::Null);
        let had_items = field.as_array().is_some_and(|items| !items.is_empty());
        apply(field, &last[name], value, member(schema, name));
        if is_empty_list(field) && had_items {
            fields.remove(name);
        }
    }
}

fn is_empty_list(value: &Value) -> bool {
    value.as_array().is_some_and(Vec::is_empty)
}

fn apply_items(live: &mut Value, last: &Value, new: &[Value], key: &str, schema: &Value) {
    let has = |items: &[Value], id: &Value| items.iter().any(|item| item[key] == *id);
    let last = last.as_array().cloned().unwrap_or_default();
    let mut items = live.as_array().cloned().unwrap_or_default();
    items.retain(|item| has(new, &item[key]) || !has(&last, &item[key]));
    for item in new {
        let before = last.iter().find(|l| l[key] == item[key]).cloned().unwrap_or_default();
        match items.iter_mut().find(|l| l[key] == item[key]) {
            Some(found) => apply(found, &before, item, schema),
            None => items.push(item.clone()),
        }
    }
    *live = Value::Array(items);
}
