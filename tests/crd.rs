//! The CustomResourceDefinition in `crds/` is the one that the program makes.
// A test fails by panicking, with a message that says what was expected.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::fs;
use std::path::Path;

use warmlambda::api::{crd, crd_yaml};

#[test]
fn the_crd_in_the_repository_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("crds/warmlambdaendpoints.yaml");
    let committed = fs::read_to_string(&path).unwrap();
    assert_eq!(
        committed,
        crd_yaml().unwrap(),
        "run: warmlambda crd > crds/warmlambdaendpoints.yaml"
    );
}

#[test]
fn an_object_that_no_operator_has_looked_at_is_not_current() {
    let crd = serde_json::to_value(crd()).unwrap();
    let schema = &crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"];
    assert_eq!(
        schema["properties"]["status"]["default"],
        serde_json::json!({"observedGeneration": -1})
    );
    assert!(
        schema["properties"]["status"].get("required").is_none(),
        "no field of status may be required: the default has only one"
    );
}

#[test]
fn every_field_is_explained() {
    fn descend(path: &str, schema: &serde_json::Value) {
        for (name, field) in schema["properties"].as_object().into_iter().flatten() {
            let path = format!("{path}.{name}");
            assert!(
                field["description"].is_string(),
                "{path} has no description: kubectl explain shows it"
            );
            descend(&path, field);
            descend(&path, &field["items"]);
        }
    }
    let crd = serde_json::to_value(crd()).unwrap();
    let schema = &crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"];
    for part in ["spec", "status"] {
        descend(part, &schema["properties"][part]);
    }
}
