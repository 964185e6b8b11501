//! What kubectl prints without an operator: the CRD alone makes it.

use crate::harness::control_plane::control_plane;

#[test]
fn explain_documents_every_field_with_unit_default_and_consequence() {
    let kubectl = control_plane().kubectl("default");
    let capacity = kubectl.succeeds(&["explain", "wle.spec.provisionedConcurrency"]);
    for words in ["execution environments", "0 to 10000", "billed", "Absent"] {
        assert!(capacity.contains(words), "{words} is missing in:\n{capacity}");
    }
    let all = kubectl.succeeds(&["explain", "wle", "--recursive"]);
    assert!(!all.contains("<no description>"), "{all}");
}

#[test]
fn the_resource_is_known_by_its_short_name_and_its_categories() {
    let kubectl = control_plane().kubectl("default");
    let resources = kubectl.succeeds(&["api-resources", "--api-group=warmlambda.dev", "-o", "wide"]);
    let line = resources
        .lines()
        .find(|l| l.starts_with("warmlambdaendpoints"))
        .expect("the resource is listed");
    for word in [" wle ", "warmlambda.dev/v1alpha1", "true", "aws,warmlambda"] {
        assert!(line.contains(word), "{word} is missing in: {line}");
    }
}
