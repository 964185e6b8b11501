//! The chart on a real API server: the restricted Pod Security standard, and the cap on capacity.

use serde_json::{Value, json};

use crate::harness::control_plane::control_plane;
use crate::harness::endpoint::manifest;
use crate::harness::helm::{Helm, Version};
use crate::harness::kubectl::Kubectl;
use crate::harness::waiting::until;

const CHART: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/charts/warmlambda");
const VALUES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/charts/values");
const APPLY: [&str; 4] = ["apply", "--server-side", "-f", "-"];
const DRY_RUN: [&str; 5] = ["apply", "--server-side", "--dry-run=server", "-f", "-"];
/// Kinds that the API server of the tests does not know.
const UNKNOWN: [&str; 3] = ["ServiceMonitor", "PodMonitor", "PrometheusRule"];

/// The objects of the chart in a namespace, without those that the API server of the tests does not know.
fn render(namespace: &str, more: &[&str]) -> Vec<Value> {
    let helm = Helm::new(Version::Helm4, control_plane().kubeconfig(), namespace);
    let arguments = ["template", namespace, CHART, "--set", "crds.enabled=false"];
    let objects: Vec<Value> = serde_saphyr::from_multiple(&helm.succeeds(&[&arguments, more].concat()).out).expect("helm renders YAML");
    let known = |object: &Value| !UNKNOWN.iter().any(|kind| object["kind"] == *kind);
    objects.into_iter().filter(known).collect()
}

/// Objects as kubectl reads them.
fn stream<'a>(objects: impl IntoIterator<Item = &'a Value>) -> String {
    objects.into_iter().map(|object| format!("---\n{object}\n")).collect()
}

/// kubectl in a new namespace with these labels.
fn namespace(name: &str, labels: &Value) -> Kubectl {
    let kubectl = control_plane().kubectl(name);
    kubectl.applies(&json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}).to_string());
    kubectl
}

/// An endpoint that asks for this many environments.
fn asking(name: &str, number: &Value) -> String {
    manifest(name, &json!({ "provisionedConcurrency": number, "triggers": null })).to_string()
}

#[test]
fn a_namespace_with_the_restricted_standard_takes_every_render_without_a_warning() {
    let labels = json!({"pod-security.kubernetes.io/enforce": "restricted", "pod-security.kubernetes.io/warn": "restricted"});
    let kubectl = namespace("charts-restricted", &labels);
    for set in ["default", "everything", "irsa", "single-replica", "pod-monitor", "policy"] {
        let objects = render("charts-restricted", &["-f", &format!("{VALUES}/{set}.yaml")]);
        let of_kind = |kind: &'static str| objects.iter().filter(move |object| object["kind"] == kind);
        assert_eq!((of_kind("Pod").count(), of_kind("Deployment").count()), (1, 1), "{set}");
        // A pod is not admitted before its account is there.
        kubectl.applies(&stream(of_kind("ServiceAccount")));
        let said = kubectl.run(&DRY_RUN, &stream(&objects));
        assert!(said.success && said.err.is_empty(), "{set}: {}", said.err);
    }
    // And what the standard forbids does not pass here.
    let loose = render("charts-restricted", &["--set", "securityContext.capabilities=null"]);
    let said = kubectl.run(&DRY_RUN, &stream(&loose));
    assert!(said.err.contains("unrestricted capabilities"), "{}", said.err);
}

/// Says what the API server refuses; fails when it accepts.
fn refused(kubectl: &Kubectl, arguments: &[&str], input: &str) -> String {
    let said = kubectl.run(arguments, input);
    assert!(!said.success, "the API server accepted {arguments:?} {input}");
    said.err
}

/// A cap of 50 in this namespace, and one by label in others; so high elsewhere that no other test meets it.
async fn with_policy(release: &str, capped: &Kubectl) {
    let cap = format!("admissionPolicy.perNamespace.{release}=50");
    let on = [
        "--set",
        "admissionPolicy.enabled=true,admissionPolicy.maxProvisionedConcurrency=1000000",
        "--set",
        &cap,
    ];
    capped.applies(&stream(&render(release, &on)));
    // The API server obeys a policy some moments after it was made.
    until("the policy to be obeyed", async || {
        let said = capped.run(&DRY_RUN, &asking("probe", &json!(51)));
        if said.err.contains("may ask for at most") {
            Ok(())
        } else {
            Err(said.err)
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_policy_refuses_what_is_over_the_cap_on_apply_and_on_scale_and_says_what_to_do() {
    let name = "charts-capped";
    let capped = namespace(name, &json!({}));
    capped.applies(&asking("before", &json!(80)));
    with_policy(name, &capped).await;

    let why = refused(&capped, &APPLY, &asking("large", &json!(51)));
    let sentence = format!(
        "is 51, and an endpoint in namespace {name} may ask for at most 50: lower it, or have the owner of the cluster raise the cap"
    );
    assert!(why.contains(&format!("spec.provisionedConcurrency {sentence}")), "{why}");
    assert!(
        why.contains("label warmlambda.dev/max-provisioned-concurrency of the namespace, or value admissionPolicy.perNamespace"),
        "{why}"
    );
    capped.applies(&asking("whole", &json!(50)));
    let why = refused(&capped, &["scale", "wle/whole", "--replicas=51"], "");
    assert!(why.contains(&format!("spec.replicas {sentence}")), "{why}");
    capped.succeeds(&["scale", "wle/whole", "--replicas=49"]);
    capped.applies(&asking("elsewhere-owned", &Value::Null));

    // What was there before stays: it takes a finalizer, a status and a smaller number, and goes; it does not grow.
    capped.succeeds(&[
        "patch",
        "wle/before",
        "--type=merge",
        "-p",
        r#"{"metadata":{"finalizers":["warmlambda.dev/cleanup"]}}"#,
    ]);
    let status = r#"{"status":{"observedGeneration":1}}"#;
    capped.succeeds(&["patch", "wle/before", "--subresource=status", "--type=merge", "-p", status]);
    assert!(refused(&capped, &["scale", "wle/before", "--replicas=81"], "").contains("spec.replicas is 81"));
    capped.succeeds(&["scale", "wle/before", "--replicas=79"]);
    capped.succeeds(&["delete", "wle/before", "--wait=false"]);
    capped.succeeds(&["patch", "wle/before", "--type=merge", "-p", r#"{"metadata":{"finalizers":null}}"#]);
    capped.succeeds(&["wait", "--for=delete", "wle/before", "--timeout=60s"]);

    // A namespace says its own cap by a label; one that is no number counts as none.
    let label = "warmlambda.dev/max-provisioned-concurrency";
    let labelled = namespace("charts-labelled", &json!({ label: "20" }));
    assert!(refused(&labelled, &APPLY, &asking("large", &json!(21))).contains("in namespace charts-labelled may ask for at most 20"));
    labelled.applies(&asking("whole", &json!(20)));
    namespace("charts-mislabelled", &json!({ label: "many" })).applies(&asking("large", &json!(21)));
}
