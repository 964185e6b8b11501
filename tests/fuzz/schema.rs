//! What an API server says of a value by the structural schema of a CRD: the keywords that the CRD uses, and no others.

use std::collections::BTreeSet;

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{JSONSchemaProps, JSONSchemaPropsOrArray};
use k8s_openapi::jiff::Timestamp;
use regex::Regex;
use serde_json::Value;

/// What is wrong with a value, with its place; empty when nothing is.
pub fn complaints(schema: &JSONSchemaProps, value: &Value, place: &str) -> Vec<String> {
    if value.is_null() && schema.nullable == Some(true) {
        return Vec::new();
    }
    let mut wrong = match (schema.type_.as_deref(), value) {
        (Some("string"), Value::String(text)) => of_text(schema, text),
        (Some("integer"), Value::Number(number)) if !number.is_f64() => {
            let number = number.as_f64().unwrap();
            failed(&[
                (schema.minimum.is_none_or(|least| number >= least), "so large"),
                (schema.maximum.is_none_or(|most| number <= most), "so small"),
            ])
        }
        (Some("array"), Value::Array(list)) => {
            let length = i64::try_from(list.len()).unwrap();
            failed(&[
                (schema.min_items.is_none_or(|least| length >= least), "so long"),
                (schema.max_items.is_none_or(|most| length <= most), "so short"),
                (keys_are_unique(schema, list), "free of doubles"),
            ])
        }
        (Some("object"), Value::Object(map)) => {
            let missing = schema.required.iter().flatten().filter(|name| !map.contains_key(*name));
            missing.map(|name| format!("with {name}")).collect()
        }
        (Some("boolean"), Value::Bool(_)) | (None, _) => Vec::new(),
        (Some(kind), _) => vec![kind.into()],
    };
    let allowed = schema.enum_.as_ref().is_none_or(|names| names.iter().any(|name| name.0 == *value));
    wrong.extend(failed(&[(allowed, "one of those allowed")]));
    let here = wrong.into_iter().map(|what| format!("{place}: {value} is not {what}"));
    here.chain(inside(schema, value, place)).collect()
}

/// What is not as it should be.
fn failed(checks: &[(bool, &str)]) -> Vec<String> {
    let failed = checks.iter().filter(|(right, _)| !right);
    failed.map(|(_, what)| (*what).to_owned()).collect()
}

fn of_text(schema: &JSONSchemaProps, text: &str) -> Vec<String> {
    let length = i64::try_from(text.chars().count()).unwrap();
    let matches = |pattern: &String| Regex::new(pattern).unwrap().is_match(text);
    let is_time = || text.parse::<Timestamp>().is_ok();
    failed(&[
        (schema.min_length.is_none_or(|least| length >= least), "so long"),
        (schema.max_length.is_none_or(|most| length <= most), "so short"),
        (schema.pattern.as_ref().is_none_or(matches), "of that pattern"),
        (schema.format.as_deref() != Some("date-time") || is_time(), "a time"),
    ])
}

/// What is wrong with the values in a list or an object.
fn inside(schema: &JSONSchemaProps, value: &Value, place: &str) -> Vec<String> {
    match (value, &schema.items) {
        (Value::Array(list), Some(JSONSchemaPropsOrArray::Schema(items))) => {
            let all = list.iter().enumerate();
            all.flat_map(|(n, item)| complaints(items, item, &format!("{place}[{n}]")))
                .collect()
        }
        (Value::Object(map), _) => {
            let known = schema.properties.iter().flatten();
            let found = known.filter_map(|(name, schema)| Some((name, schema, map.get(name)?)));
            found
                .flat_map(|(name, schema, value)| complaints(schema, value, &format!("{place}.{name}")))
                .collect()
        }
        _ => Vec::new(),
    }
}

fn keys_are_unique(schema: &JSONSchemaProps, list: &[Value]) -> bool {
    let Some(keys) = &schema.x_kubernetes_list_map_keys else {
        return true;
    };
    let mut seen = BTreeSet::new();
    list.iter()
        .all(|item| seen.insert(keys.iter().map(|key| item.get(key).map(ToString::to_string)).collect::<Vec<_>>()))
}
