//! A team's release that holds an endpoint: what Helm waits for, what it says, and who owns the number of warm environments.

use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::aws::ALIAS;
use crate::harness::control_plane::control_plane;
use crate::harness::endpoint::Told;
use crate::harness::helm::{Helm, Version};
use crate::harness::scenario::Scenario;

const CHART: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/helm/checkout");
const DEV: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/helm/checkout/values-dev.yaml");
const TEST: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/helm/checkout/values-test.yaml");
const PROD: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/helm/checkout/values-prod.yaml");
/// Name of the release and of its endpoint.
const CHECKOUT: &str = "checkout";
const INSTALL: [&str; 3] = ["install", CHECKOUT, CHART];
const UPGRADE: [&str; 3] = ["upgrade", CHECKOUT, CHART];
/// Far longer than anything here takes: who waits so long was not told in time.
const TIMEOUT: &str = "--timeout=120s";

/// The namespace of a scenario as a person with this Helm sees it.
fn helm(version: Version, scenario: &Scenario) -> Helm {
    Helm::new(version, control_plane().kubeconfig(), &scenario.namespace)
}

/// Warm environments that AWS has for the alias of the shop.
fn warm(scenario: &Scenario) -> Option<u32> {
    let region = |function: &str| {
        scenario
            .aws
            .region(|region| region.functions[function].provisioned_concurrency.get(ALIAS).map(|c| c.requested))
    };
    region("shop")
}

/// The number in the spec; empty when there is none.
fn number(scenario: &Scenario) -> String {
    let path = "jsonpath={.spec.provisionedConcurrency}";
    scenario.kubectl.succeeds(&["get", "wle", CHECKOUT, "-o", path])
}

fn scale(scenario: &Scenario, to: u32) {
    scenario.kubectl.succeeds(&["scale", "wle", CHECKOUT, &format!("--replicas={to}")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn helm_4_waits_for_the_operators_verdict_on_install_and_upgrade() {
    let scenario = Scenario::begin().await;
    let helm = helm(Version::Helm4, &scenario);
    helm.succeeds(&[INSTALL.as_slice(), &["-f", DEV, "--wait", TIMEOUT]].concat());
    let found = scenario.endpoint_named(CHECKOUT).await;
    assert!(found.is_ready(), "Helm came back before it was Ready: {:?}", found.status);
    assert_eq!(warm(&scenario), Some(1), "one in dev");

    helm.succeeds(&[UPGRADE.as_slice(), &["-f", PROD, "--wait", TIMEOUT]].concat());
    let found = scenario.endpoint_named(CHECKOUT).await;
    assert!(found.is_ready(), "Helm came back before it was Ready again: {:?}", found.status);
    assert_eq!(warm(&scenario), Some(3), "three in prod");
    assert_eq!(found.told().provisioned_concurrency.map(|capacity| capacity.available), Some(3));

    helm.succeeds(&["rollback", CHECKOUT, "1", "--wait", TIMEOUT]);
    assert_eq!(warm(&scenario), Some(1), "a rollback is waited for too");
    helm.succeeds(&["uninstall", CHECKOUT, "--wait", TIMEOUT]);
    assert_eq!(warm(&scenario), None, "the capacity went before Helm came back");
}

#[tokio::test(flavor = "multi_thread")]
async fn helm_4_fails_at_once_with_the_operators_message_when_an_endpoint_is_stalled() {
    let scenario = Scenario::begin().await;
    scenario.kubectl.applies(
        &json!({
            "apiVersion": "warmlambda.dev/v1alpha1", "kind": "WarmLambdaEndpoint", "metadata": {"name": "elder"},
            "spec": {"region": "eu-west-1", "functionName": "shop"},
        })
        .to_string(),
    );
    scenario.until_named("elder", "Ready", Told::is_ready).await;
    let failed = helm(Version::Helm4, &scenario).fails(&[INSTALL.as_slice(), &["-f", PROD, "--wait", TIMEOUT]].concat());
    assert!(failed.took < Duration::from_secs(30), "Helm waited on: {}", failed.told());
    let message = scenario.endpoint_named(CHECKOUT).await.message("Stalled");
    assert!(
        message.contains(&format!(
            "WarmLambdaEndpoint {}/elder is older and owns this alias",
            scenario.namespace
        )),
        "{message}"
    );
    let expected = format!(
        "resource WarmLambdaEndpoint/{}/{CHECKOUT} not ready. status: Failed, message: {message}",
        scenario.namespace
    );
    assert!(failed.err.contains(&expected), "{expected}\n{}", failed.told());
}

#[tokio::test(flavor = "multi_thread")]
async fn helm_4_waits_in_vain_for_an_operator_that_is_silent_and_says_so() {
    let scenario = Scenario::without_operator().await;
    let failed = helm(Version::Helm4, &scenario).fails(&[INSTALL.as_slice(), &["-f", TEST, "--wait", "--timeout=3s"]].concat());
    assert!(failed.took >= Duration::from_secs(3), "it waited: {}", failed.told());
    let expected = format!(
        "resource WarmLambdaEndpoint/{}/{CHECKOUT} not ready. status: InProgress, message: WarmLambdaEndpoint generation is 1, but latest observed generation is -1",
        scenario.namespace
    );
    assert!(failed.err.contains(&expected), "{expected}\n{}", failed.told());
}

#[tokio::test(flavor = "multi_thread")]
async fn helm_3_does_not_look_at_endpoints_and_kubectl_wait_does() {
    let mut scenario = Scenario::without_operator().await;
    let helm = helm(Version::Helm3, &scenario);
    let done = helm.succeeds(&[INSTALL.as_slice(), &["-f", PROD, "--wait", TIMEOUT]].concat());
    assert!(done.took < Duration::from_secs(30), "Helm 3 waits for nothing: {}", done.told());
    assert!(done.out.contains("STATUS: deployed"), "{}", done.told());
    let found = scenario.endpoint_named(CHECKOUT).await;
    assert_eq!(
        found.told().observed_generation,
        Some(-1),
        "nobody has looked at it, and Helm 3 was content"
    );
    // What the example's README says to do instead.
    scenario.start_operator();
    scenario
        .kubectl
        .succeeds(&["wait", "--for=condition=Ready", TIMEOUT, "wle/checkout"]);
    assert_eq!(warm(&scenario), Some(3));
}

#[tokio::test(flavor = "multi_thread")]
async fn helm_4_does_not_overwrite_a_scaled_number_unseen() {
    let scenario = Scenario::without_operator().await;
    let helm = helm(Version::Helm4, &scenario);
    helm.succeeds(&[INSTALL.as_slice(), &["-f", PROD]].concat());
    scale(&scenario, 7);
    let refused = helm.fails(&[UPGRADE.as_slice(), &["-f", PROD]].concat());
    let conflict = r#"conflict with "kubectl" with subresource "scale" using warmlambda.dev/v1alpha1: .spec.provisionedConcurrency"#;
    assert!(refused.err.contains(conflict), "{}", refused.told());
    assert_eq!(number(&scenario), "7");

    helm.succeeds(&[UPGRADE.as_slice(), &["-f", PROD, "--force-conflicts"]].concat());
    assert_eq!(number(&scenario), "3", "the chart's number is back");

    scale(&scenario, 7);
    helm.succeeds(&[UPGRADE.as_slice(), &["--set", "provisionedConcurrency=null"]].concat());
    assert_eq!(number(&scenario), "7", "a chart without the field keeps the scaled number");
}

#[tokio::test(flavor = "multi_thread")]
async fn helm_3_keeps_a_scaled_number_until_the_charts_own_changes() {
    let scenario = Scenario::without_operator().await;
    let helm = helm(Version::Helm3, &scenario);
    helm.succeeds(&[INSTALL.as_slice(), &["-f", PROD]].concat());
    scale(&scenario, 7);
    helm.succeeds(&[UPGRADE.as_slice(), &["-f", PROD]].concat());
    assert_eq!(number(&scenario), "7", "the chart says what it said before");
    helm.succeeds(&[UPGRADE.as_slice(), &["-f", DEV]].concat());
    assert_eq!(number(&scenario), "1", "overwritten without a word");

    scale(&scenario, 7);
    helm.succeeds(&[UPGRADE.as_slice(), &["--set", "provisionedConcurrency=null"]].concat());
    assert_eq!(number(&scenario), "", "the field goes with the chart's");
    scale(&scenario, 9);
    helm.succeeds(&[UPGRADE.as_slice(), &["--set", "provisionedConcurrency=null"]].concat());
    assert_eq!(number(&scenario), "9", "from then on it is whoever scales");
}

/// What differs between environments: the number of warm ones, and what goes with the object.
fn of_environment(yaml: &str) -> Value {
    let objects: Vec<Value> = serde_saphyr::from_multiple(yaml).expect("YAML");
    let [endpoint] = &objects[..] else { panic!("one endpoint: {yaml}") };
    let spec = &endpoint["spec"];
    // The schema has a default for the policy.
    let policy = spec["deletionPolicy"].as_str().unwrap_or("ReleaseCapacity");
    json!({"warm": spec["provisionedConcurrency"], "policy": policy})
}

#[tokio::test(flavor = "multi_thread")]
async fn chart_and_overlays_agree_on_what_each_environment_gets() {
    let scenario = Scenario::without_operator().await;
    for (environment, expected) in [
        ("dev", json!({"warm": 1, "policy": "ReleaseCapacity"})),
        ("test", json!({"warm": 1, "policy": "ReleaseCapacity"})),
        ("prod", json!({"warm": 3, "policy": "Retain"})),
    ] {
        let values = format!("{CHART}/values-{environment}.yaml");
        let overlay = format!("{}/examples/kustomize/overlays/{environment}", env!("CARGO_MANIFEST_DIR"));
        let rendered = helm(Version::Helm4, &scenario).succeeds(&["template", CHECKOUT, CHART, "-f", &values]);
        assert_eq!(of_environment(&rendered.out), expected, "{environment} by Helm");
        assert_eq!(
            of_environment(&scenario.kubectl.succeeds(&["kustomize", &overlay])),
            expected,
            "{environment} by kustomize"
        );
    }
}
