//! What the API server refuses, and that its message names the field.

use serde_json::{Value, json};

use crate::harness::control_plane::control_plane;
use crate::harness::endpoint::manifest;

/// The valid endpoint with one field set, or taken out when the value is null.
fn with(name: &str, pointer: &str, value: &Value) -> String {
    let mut object = manifest(name, &json!({}));
    let (parent, field) = pointer.rsplit_once('/').expect("a JSON pointer");
    let parent = object.pointer_mut(parent).expect("the parent is in the valid endpoint");
    match (parent, value) {
        (Value::Object(map), Value::Null) => drop(map.remove(field)),
        (Value::Object(map), value) => drop(map.insert(field.into(), value.clone())),
        (other, _) => panic!("{pointer}: {other} has no fields"),
    }
    object.to_string()
}

/// One invalid value a line: where it stands in the valid endpoint, the value as JSON (null takes the field out, LONG is a text of 200
/// characters), and what the message must name.
const INVALID: &str = include_str!("invalid_specs.txt");

#[test]
fn every_invalid_spec_is_refused_with_a_message_that_names_the_field() {
    let kubectl = control_plane().kubectl("default");
    for line in INVALID.lines() {
        let [pointer, value, named] = line.split(" | ").collect::<Vec<_>>()[..] else {
            panic!("not three columns: {line}")
        };
        let value: Value = serde_json::from_str(&value.replace("LONG", &"x".repeat(200))).expect("the value is JSON");
        let why = kubectl.is_refused(&with("refused", pointer, &value));
        assert!(
            why.contains(named),
            "{pointer} = {value}: the message does not name {named}:\n{why}"
        );
    }
}

#[test]
fn two_triggers_of_one_name_are_refused() {
    let one = json!({ "name": "public", "restApi": { "apiId": "a1", "stageName": "prod" } });
    let why = control_plane()
        .kubectl("default")
        .is_refused(&with("twins", "/spec/triggers", &json!([one, one])));
    assert!(why.contains("spec.triggers"), "{why}");
}

#[test]
fn what_an_endpoint_is_about_cannot_be_changed() {
    let kubectl = control_plane().kubectl("default");
    kubectl.applies(&manifest("immutable", &json!({})).to_string());
    for (pointer, value, named) in [
        ("/spec/functionName", json!("another"), "spec.functionName is immutable"),
        ("/spec/aliasName", json!("other"), "spec.aliasName is immutable"),
        ("/spec/region", json!("us-east-1"), "spec.region is immutable"),
    ] {
        let why = kubectl.is_refused(&with("immutable", pointer, &value));
        assert!(why.contains(named), "{pointer}: {why}");
    }
}

#[test]
fn scale_writes_obey_the_rules_of_the_spec() {
    let kubectl = control_plane().kubectl("default");
    kubectl.applies(&manifest("scaled", &json!({})).to_string());
    kubectl.succeeds(&["scale", "wle/scaled", "--replicas=5"]);
    assert_eq!(
        kubectl.succeeds(&["get", "wle/scaled", "-o", "jsonpath={.spec.provisionedConcurrency}"]),
        "5"
    );
    let said = kubectl.run(&["scale", "wle/scaled", "--replicas=10001"], "");
    assert!(!said.success && said.err.contains("provisionedConcurrency"), "{}", said.err);
}

/// As templates leave it when they have no value. Server-side apply keeps a null, and so the API server refuses it by name.
#[test]
fn a_number_that_is_null_counts_as_left_out() {
    let kubectl = control_plane().kubectl("default");
    let mut object = manifest("null-number", &json!({}));
    object["spec"]["provisionedConcurrency"] = Value::Null;
    let said = kubectl.run(&["apply", "--server-side", "-f", "-"], &object.to_string());
    let named = "spec.provisionedConcurrency in body must be of type integer";
    assert!(!said.success && said.err.contains(named), "{}", said.err);
    for command in ["create", "apply"] {
        let said = kubectl.run(&[command, "-f", "-"], &object.to_string());
        assert!(said.success, "{command}: {}", said.err);
    }
    let spec: Value = serde_json::from_str(&kubectl.succeeds(&["get", "wle/null-number", "-o", "jsonpath={.spec}"])).unwrap();
    assert!(spec.get("provisionedConcurrency").is_none(), "{spec}");
}

#[test]
fn a_new_endpoint_shows_its_defaults_and_that_nobody_looked_at_it_yet() {
    let kubectl = control_plane().kubectl("default");
    kubectl.applies(&with("minimal", "/spec/triggers", &Value::Null));
    let object: Value = serde_json::from_str(&kubectl.succeeds(&["get", "wle/minimal", "-o", "json"])).unwrap();
    assert_eq!(object["status"]["observedGeneration"], -1);
    assert_eq!(object["spec"]["aliasName"], "live");
    assert_eq!(object["spec"]["version"]["policy"], "PublishOnChange");
    assert_eq!(object["spec"]["rollout"], json!({ "timeoutSeconds": 900, "onFailure": "RollBack" }));
    assert_eq!(object["spec"]["managementPolicy"], "Manage");
    assert_eq!(object["spec"]["deletionPolicy"], "ReleaseCapacity");
    assert_eq!(object["spec"]["suspend"], false);
}
