//! What an API server says of a value by the structural schema of a CRD: the keywords that the CRD uses, and no others.

use std::collections::BTreeSet;
use std::fmt::Debug;

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{JSONSchemaProps, JSONSchemaPropsOrArray};
use k8s_openapi::jiff::Timestamp;
use regex::Regex;
use serde_json::Value;

/// What is wrong with a value, with its place; empty when nothing is.
pub fn complaints(schema: &JSONSchemaProps, value: &Value, place: &str) -> Vec<String> {
    if value.is_null() && schema.nullable == Some(true) {
        return Vec::new();
    }
    let mut wrong = Vec::new();
    let mut check = |right: bool, what: String| {
        if !right {
            wrong.push(format!("{place}: {value} is not {what}"));
        }
    };
    if let Some(names) = &schema.enum_ {
        check(names.iter().any(|name| name.0 == *value), "one of those allowed".into());
    }
    match (schema.type_.as_deref(), value) {
        (Some("string"), Value::String(text)) => of_text(schema, text, &mut check),
        (Some("integer"), Value::Number(number)) if !number.is_f64() => {
            let number = number.as_f64().unwrap();
            check(schema.minimum.is_none_or(|least| number >= least), at_least(schema.minimum));
            check(schema.maximum.is_none_or(|most| number <= most), at_most(schema.maximum));
        }
        (Some("boolean"), Value::Bool(_)) | (None, _) => {}
        (Some("array"), Value::Array(list)) => {
            let length = i64::try_from(list.len()).unwrap();
            check(schema.min_items.is_none_or(|least| length >= least), at_least(schema.min_items));
            check(schema.max_items.is_none_or(|most| length <= most), at_most(schema.max_items));
            check(keys_are_unique(schema, list), "free of doubles".into());
            let Some(JSONSchemaPropsOrArray::Schema(items)) = &schema.items else {
                panic!("{place} has no schema of its items")
            };
            let all = list.iter().enumerate();
            wrong.extend(all.flat_map(|(n, item)| complaints(items, item, &format!("{place}[{n}]"))));
        }
        (Some("object"), Value::Object(map)) => {
            for name in schema.required.iter().flatten() {
                check(map.contains_key(name), format!("with {name}"));
            }
            let known = schema.properties.iter().flatten();
            let found = known.filter_map(|(name, schema)| Some((name, schema, map.get(name)?)));
            wrong.extend(found.flat_map(|(name, schema, value)| complaints(schema, value, &format!("{place}.{name}"))));
        }
        (Some(kind), _) => check(false, kind.into()),
    }
    wrong
}

fn at_least(least: Option<impl Debug>) -> String {
    format!("{least:?} at least")
}

fn at_most(most: Option<impl Debug>) -> String {
    format!("{most:?} at most")
}

fn of_text(schema: &JSONSchemaProps, text: &str, check: &mut impl FnMut(bool, String)) {
    let length = i64::try_from(text.chars().count()).unwrap();
    check(schema.min_length.is_none_or(|least| length >= least), at_least(schema.min_length));
    check(schema.max_length.is_none_or(|most| length <= most), at_most(schema.max_length));
    let matches = |pattern: &String| Regex::new(pattern).unwrap().is_match(text);
    check(schema.pattern.as_ref().is_none_or(matches), format!("like {:?}", schema.pattern));
    let is_time = || text.parse::<Timestamp>().is_ok();
    check(schema.format.as_deref() != Some("date-time") || is_time(), "a time".into());
}

fn keys_are_unique(schema: &JSONSchemaProps, list: &[Value]) -> bool {
    let Some(keys) = &schema.x_kubernetes_list_map_keys else {
        return true;
    };
    let mut seen = BTreeSet::new();
    list.iter()
        .all(|item| seen.insert(keys.iter().map(|key| item.get(key).map(ToString::to_string)).collect::<Vec<_>>()))
}
