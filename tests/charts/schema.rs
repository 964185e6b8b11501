//! values.schema.json, made of values.yaml.
//!
//! Ours, because what there is in registries writes looser schemas: whole numbers become numbers, and unknown keys pass.

use serde_json::{Map, Value, json};

use crate::values_file::Key;

/// The schema of a values.yaml.
pub fn schema(title: &str, keys: &[Key]) -> Value {
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": title,
        "type": "object",
        "additionalProperties": false,
        "properties": properties(keys),
    })
}

fn properties(keys: &[Key]) -> Map<String, Value> {
    keys.iter().map(|key| (key.name.clone(), property(key))).collect()
}

fn property(key: &Key) -> Value {
    let mut property = json!({ "description": key.description, "type": kind(&key.default) });
    if key.is_fixed() {
        property["additionalProperties"] = false.into();
        property["properties"] = properties(&key.keys).into();
    } else {
        property["default"] = key.default.clone();
    }
    for (name, value) in &key.schema {
        property[name] = value.clone();
    }
    property
}

fn kind(default: &Value) -> &'static str {
    match default {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// The paths of the keys without a description.
fn undescribed(keys: &[Key], path: &str) -> Vec<String> {
    let deeper = |key: &Key| {
        let path = format!("{path}{}", key.name);
        let mut found = undescribed(&key.keys, &format!("{path}."));
        if key.description.is_empty() {
            found.push(path);
        }
        found
    };
    keys.iter().flat_map(deeper).collect()
}

#[test]
fn every_value_is_described() {
    for chart in [crate::helm::OPERATOR, crate::helm::CRDS] {
        let keys = crate::values_file::read(&crate::helm::text(&format!("{chart}/values.yaml")));
        assert_eq!(undescribed(&keys, ""), Vec::<String>::new(), "{chart}/values.yaml");
    }
}
