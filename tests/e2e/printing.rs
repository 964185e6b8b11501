//! What kubectl prints.

use serde_json::json;

use crate::harness::control_plane::control_plane;
use crate::harness::scenario::Scenario;

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

#[tokio::test(flavor = "multi_thread")]
async fn the_columns_show_what_serves_and_what_is_warm() {
    let scenario = Scenario::warm().await;
    let table = scenario.kubectl.succeeds(&["get", "aws"]);
    let mut lines = table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    assert_eq!(
        lines.next().expect("a head"),
        ["NAME", "READY", "REASON", "ALIAS", "VERSION", "DESIRED", "WARM", "UTIL%", "AGE"]
    );
    let row = lines.next().expect("a row");
    assert_eq!(row[..7], ["fir-api", "True", "Warm", "live", "40", "3", "3"], "{row:?}");
    let wide = scenario.kubectl.succeeds(&["get", "wle", "-o", "wide"]);
    assert!(wide.contains("FUNCTION") && wide.contains("1/1"), "{wide}");
    let selected = scenario
        .kubectl
        .succeeds(&["get", "wle", "--field-selector=spec.functionName=fir-api", "-o", "name"]);
    assert_eq!(selected.trim(), "warmlambdaendpoint.warmlambda.dev/fir-api");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_scale_subresource_has_what_an_autoscaler_reads() {
    let scenario = Scenario::warm().await;
    let path = format!(
        "/apis/warmlambda.dev/v1alpha1/namespaces/{}/warmlambdaendpoints/fir-api/scale",
        scenario.namespace
    );
    let scale: serde_json::Value = serde_json::from_str(&scenario.kubectl.succeeds(&["get", "--raw", &path])).expect("JSON");
    assert_eq!(scale["spec"]["replicas"], 3);
    assert_eq!(scale["status"]["replicas"], 3);
    assert_ne!(scale["status"]["selector"], json!(null), "an HPA refuses an empty selector");
}

#[tokio::test(flavor = "multi_thread")]
async fn describe_shows_events_of_what_was_done() {
    let scenario = Scenario::warm().await;
    let events = scenario.until_aws("an event", |_| {
        let events = scenario.kubectl.succeeds(&[
            "get",
            "events.events.k8s.io",
            "-o",
            "jsonpath={range .items[*]}{.regarding.name} {.reason}{\"\\n\"}{end}",
        ]);
        (!events.is_empty()).then_some(events)
    });
    let events = events.await;
    assert!(events.lines().all(|line| line.starts_with("fir-api ")), "{events}");
}
