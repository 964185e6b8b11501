//! Whether the schema that the API server serves is the one that this program was built with.

use std::fmt;

use serde_json::{Map, Value};

/// Members of a schema that change nothing about what is accepted, or that only one of the two sides has.
const NOT_COMPARED: [&str; 1] = ["description"];

/// One difference, with the path of the field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// The served schema lacks what this program knows: it would drop a field, refuse a value or set no default.
    Lacks(String),
    /// The served schema has what this program does not know.
    Unknown(String),
    /// Both have it, and not alike.
    Differs(String),
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lacks(what) => write!(f, "lacks {what}"),
            Self::Unknown(what) => write!(f, "has {what}, which this program does not know"),
            Self::Differs(what) => write!(f, "has another {what}"),
        }
    }
}

/// How `served` differs from `known`, field by field. Both are schemas of the field at `path`.
pub fn differences(path: &str, known: &Value, served: &Value) -> Vec<Difference> {
    let mut found = Vec::new();
    compare(path, known, served, &mut found);
    found
}

fn compare(path: &str, known: &Value, served: &Value, found: &mut Vec<Difference>) {
    let (Value::Object(known), Value::Object(served)) = (known, served) else {
        if known != served {
            found.push(Difference::Differs(format!("schema of {path}")));
        }
        return;
    };
    let mut members: Vec<_> = known.keys().chain(served.keys()).collect();
    members.sort();
    members.dedup();
    for member in members.into_iter().filter(|member| !NOT_COMPARED.contains(&member.as_str())) {
        let (ours, theirs) = (known.get(member), served.get(member));
        match (member.as_str(), ours, theirs) {
            ("properties", Some(Value::Object(ours)), Some(Value::Object(theirs))) => fields(path, ours, theirs, found),
            ("items", Some(ours), Some(theirs)) => compare(&format!("{path}[]"), ours, theirs, found),
            ("enum", Some(Value::Array(ours)), Some(Value::Array(theirs))) => values(path, ours, theirs, found),
            ("default", Some(default), None) => found.push(Difference::Lacks(format!("the default {default} of {path}"))),
            (_, Some(ours), Some(theirs)) if alike(ours, theirs) => {}
            (_, ours, theirs) if ours != theirs => found.push(Difference::Differs(format!("{member} of {path}"))),
            _ => {}
        }
    }
}

/// Whether two members say the same: an API server writes the bound 64.0 as 64.
fn alike(known: &Value, served: &Value) -> bool {
    known == served || known.as_f64().is_some_and(|number| served.as_f64() == Some(number))
}

fn fields(path: &str, known: &Map<String, Value>, served: &Map<String, Value>, found: &mut Vec<Difference>) {
    for (name, ours) in known {
        let path = format!("{path}.{name}");
        match served.get(name) {
            Some(theirs) => compare(&path, ours, theirs, found),
            None => found.push(Difference::Lacks(path)),
        }
    }
    let unknown = served.keys().filter(|name| !known.contains_key(*name));
    found.extend(unknown.map(|name| Difference::Unknown(format!("{path}.{name}"))));
}

fn values(path: &str, known: &[Value], served: &[Value], found: &mut Vec<Difference>) {
    let lacking = known.iter().filter(|value| !served.contains(value));
    found.extend(lacking.map(|value| Difference::Lacks(format!("the value {value} of {path}"))));
    let unknown = served.iter().filter(|value| !known.contains(value));
    found.extend(unknown.map(|value| Difference::Unknown(format!("the value {value} of {path}"))));
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn known() -> Value {
        json!({"type": "object", "required": ["name"], "properties": {
            "name": {"type": "string", "description": "of old", "maxLength": 64},
            "policy": {"type": "string", "enum": ["Retain", "Delete"], "default": "Retain"},
            "triggers": {"type": "array", "items": {"type": "object", "properties": {"uri": {"type": "string"}}}},
        }})
    }

    /// What is said about a served schema that is the known one but for a change at a JSON pointer.
    fn said(pointer: &str, change: impl FnOnce(&mut Value)) -> Vec<String> {
        let mut served = known();
        change(served.pointer_mut(pointer).unwrap());
        differences("spec", &known(), &served).iter().map(ToString::to_string).collect()
    }

    fn take<'a>(name: &'a str) -> impl FnOnce(&mut Value) + 'a {
        move |value| drop(value.as_object_mut().unwrap().remove(name))
    }

    #[test]
    fn other_descriptions_are_no_difference() {
        assert!(said("/properties/name/description", |text| *text = json!("reworded")).is_empty());
        assert!(said("/properties/name", take("description")).is_empty());
    }

    #[test]
    fn what_an_older_schema_lacks_is_named_by_its_path() {
        assert_eq!(said("/properties", take("policy")), ["lacks spec.policy"]);
        assert_eq!(
            said("/properties/triggers/items/properties", take("uri")),
            ["lacks spec.triggers[].uri"]
        );
        assert_eq!(
            said("/properties/policy", take("default")),
            ["lacks the default \"Retain\" of spec.policy"]
        );
        let shorter = said("/properties/policy/enum", |values| *values = json!(["Delete"]));
        assert_eq!(shorter, ["lacks the value \"Retain\" of spec.policy"]);
    }

    #[test]
    fn what_a_newer_schema_has_is_named_by_its_path() {
        let more = said("/properties", |fields| fields["extra"] = json!({}));
        assert_eq!(more, ["has spec.extra, which this program does not know"]);
        let longer = said("/properties/policy/enum", |values| *values = json!(["Retain", "Delete", "Archive"]));
        assert_eq!(
            longer,
            ["has the value \"Archive\" of spec.policy, which this program does not know"]
        );
    }

    #[test]
    fn another_bound_is_a_difference() {
        assert_eq!(
            said("/properties/name/maxLength", |bound| *bound = json!(63)),
            ["has another maxLength of spec.name"]
        );
        assert_eq!(said("", take("required")), ["has another required of spec"]);
        assert!(said("/properties/name/maxLength", |bound| *bound = json!(64.0)).is_empty());
    }
}
