//! What the CRD says of its fields: defaults, and which lists are maps.

use std::sync::OnceLock;

use serde_json::{Value, json};
use warmlambda::api::crd;

/// The schema of the resource, as JSON.
pub fn schema() -> &'static Value {
    static SCHEMA: OnceLock<Value> = OnceLock::new();
    SCHEMA.get_or_init(|| {
        let crd = serde_json::to_value(crd()).unwrap();
        crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"].clone()
    })
}

/// Puts in what is absent and has a default.
pub fn default(value: &mut Value, schema: &Value) {
    match value {
        Value::Object(fields) => {
            for (name, field) in schema["properties"].as_object().into_iter().flatten() {
                if let (None, Some(default)) = (fields.get(name), field.get("default")) {
                    fields.insert(name.clone(), default.clone());
                }
                if let Some(value) = fields.get_mut(name) {
                    default_in(value, field);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| default_in(item, &schema["items"])),
        _ => {}
    }
}

fn default_in(value: &mut Value, schema: &Value) {
    default(value, schema);
}

/// The member by which the items of a list are told apart; `None` for a list that is replaced as a whole.
pub fn list_key(schema: &Value) -> Option<&str> {
    schema["x-kubernetes-list-map-keys"][0].as_str()
}

/// The schema of the member of an object.
pub fn member<'a>(schema: &'a Value, name: &str) -> &'a Value {
    &schema["properties"][name]
}

/// Takes nulls out, which mean absent.
pub fn without_nulls(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, value| !value.is_null());
            fields.values_mut().for_each(without_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(without_nulls),
        _ => {}
    }
}

#[test]
fn defaults_of_the_resource_are_put_in() {
    let mut object = json!({"spec": {"functionName": "f", "version": {}}});
    default(&mut object, schema());
    assert_eq!(object["spec"]["aliasName"], "live");
    assert_eq!(object["status"], json!({"observedGeneration": -1}));
    assert_eq!(object["spec"]["rollout"]["timeoutSeconds"], 900);
}
