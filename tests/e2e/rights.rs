//! The operator needs no more rights in Kubernetes than its manifest gives it.

use std::path::PathBuf;

use serde_json::json;

use crate::harness::control_plane::control_plane;
use crate::harness::operator::Operator;
use crate::harness::scenario::Scenario;

const MANIFEST: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/dist/install.yaml");

/// A kubeconfig for the service account of the manifest.
fn kubeconfig_of_the_service_account() -> PathBuf {
    let token = control_plane().kubectl("warmlambda").succeeds(&["create", "token", "warmlambda"]);
    let all_rights = control_plane().kubeconfig();
    let text = std::fs::read_to_string(all_rights).expect("the kubeconfig can be read");
    let users = text.find("users:").expect("the kubeconfig has users");
    let path = all_rights.with_file_name("service-account.kubeconfig");
    let user = format!("users: [{{name: admin, user: {{token: \"{}\"}}}}]\n", token.trim());
    std::fs::write(&path, format!("{}{user}", &text[..users])).expect("the kubeconfig can be written");
    path
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rights_of_the_manifest_are_enough_from_creation_to_deletion() {
    let mut scenario = Scenario::without_operator().await;
    control_plane()
        .kubectl("warmlambda")
        .succeeds(&["apply", "--server-side", "-f", MANIFEST]);
    let kubeconfig = kubeconfig_of_the_service_account();
    let url = scenario.aws.url();
    scenario.operators.push(Operator::start_as(
        &kubeconfig,
        "warmlambda",
        "with-few-rights",
        &scenario.namespace,
        &url,
    ));
    scenario.apply(&json!({}));
    scenario.until_ready().await;
    scenario.delete();
    scenario.until_gone().await;
    let log = scenario.operators[0].log();
    assert!(!log.contains("is forbidden"), "Kubernetes refused something:\n{log}");
    let events = scenario.kubectl.succeeds(&["get", "events.events.k8s.io", "-o", "name"]);
    assert!(!events.is_empty(), "events were written");
}
