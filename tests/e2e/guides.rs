//! The pages that tell what to type are walked through: every command works, in its order, and shows what the page says.

use std::path::Path;

use serde_json::json;

use crate::harness::chart::{Release, Scope};
use crate::harness::control_plane::ControlPlane;
use crate::harness::endpoint::Told;
use crate::harness::scenario::Scenario;
use crate::harness::waiting::until;
use crate::walk::{read, walk};

#[tokio::test(flavor = "multi_thread")]
async fn who_reads_the_readme_sees_what_it_shows() {
    walk("README.md").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_follows_the_guide_on_streams_moves_one() {
    walk("docs/guides/streams.md").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_follows_the_guide_on_http_apis_moves_one() {
    walk("docs/guides/http-api.md").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_follows_the_guide_on_rest_apis() {
    walk("docs/guides/rest-api.md").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_follows_the_guide_on_autoscaling() {
    walk("docs/guides/autoscaling.md").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_follows_the_guide_on_rollouts() {
    walk("docs/guides/rollouts.md").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_follows_the_guide_on_pausing() {
    walk("docs/guides/pause-and-force.md").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_follows_the_guide_on_queues() {
    walk("docs/guides/queues.md").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_follows_the_guide_on_adopting() {
    walk("docs/guides/adopt.md").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_follows_the_guide_on_monitoring() {
    walk("docs/guides/monitoring.md").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_follows_the_guide_on_uninstalling() {
    walk("docs/guides/uninstall.md").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_follows_the_guide_on_what_does_not_go_away_lets_it_go() {
    // Where no other operator runs, of which the page would have to speak.
    let server = tokio::task::spawn_blocking(ControlPlane::of_its_own).await;
    let release = |namespace: &str| Release::of(Scope::Namespace, namespace, namespace);
    let mut scenario = Scenario::with_release(server.expect("a control plane starts"), "stuck", release).await;
    scenario.start_operator();
    for name in ["fir-api", "shop"] {
        scenario.apply_named(name, &json!({"functionName": name, "triggers": null}));
        scenario.until_named(name, "Ready", Told::is_ready).await;
    }
    let mut operator = scenario.operators.pop().expect("one operator runs");
    assert!(operator.terminate(), "the operator ends well");
    for name in ["fir-api", "shop"] {
        scenario.kubectl.succeeds(&["delete", "wle", name, "--wait=false"]);
    }
    read("docs/guides/stuck.md", scenario).await;
}

/// Kinds that a page creates objects of, and that nobody looks at here: their fields are checked in `tests/gitops/examples.rs`.
const KINDS: [(&str, &str, &str, &str); 3] = [
    ("argoproj.io", "v1alpha1", "applications", "Application"),
    ("source.toolkit.fluxcd.io", "v1", "gitrepositories", "GitRepository"),
    ("kustomize.toolkit.fluxcd.io", "v1", "kustomizations", "Kustomization"),
];

/// A world in which Argo CD and Flux are installed.
async fn with_argo_cd_and_flux() -> Scenario {
    let scenario = Scenario::begin().await;
    for (group, version, plural, kind) in KINDS {
        let definition = json!({
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": {"name": format!("{plural}.{group}")},
            "spec": {
                "group": group,
                "scope": "Namespaced",
                "names": {"kind": kind, "plural": plural, "singular": kind.to_lowercase()},
                "versions": [{
                    "name": version,
                    "served": true,
                    "storage": true,
                    "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}},
                }],
            },
        });
        scenario.kubectl.applies(&definition.to_string());
    }
    for name in ["argocd", "flux-system"] {
        scenario
            .kubectl
            .applies(&json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}).to_string());
    }
    until("the API server to know the kinds of Argo CD and Flux", async || {
        let said = KINDS.map(|(group, _, plural, _)| scenario.kubectl.run(&["get", &format!("{plural}.{group}")], ""));
        let unknown: Vec<_> = said.into_iter().filter(|said| !said.success).map(|said| said.err).collect();
        if unknown.is_empty() { Ok(()) } else { Err(unknown.concat()) }
    })
    .await;
    scenario
}

#[tokio::test(flavor = "multi_thread")]
async fn who_follows_the_guide_on_argo_cd_has_an_endpoint_in_git() {
    read("docs/guides/argocd.md", with_argo_cd_and_flux().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_follows_the_guide_on_flux_has_an_endpoint_in_git() {
    read("docs/guides/flux.md", with_argo_cd_and_flux().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_follows_the_guide_on_environments() {
    walk("docs/guides/environments.md").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_follows_the_page_on_security() {
    read("docs/security.md", Scenario::without_operator().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_follows_the_page_on_cost() {
    read("docs/cost.md", Scenario::warm().await).await;
}

/// What needs more than an API server, as the log of a pod does, stands in blocks of `sh`.
#[test]
fn every_guide_that_shows_a_terminal_is_walked_through() {
    let guides = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/guides");
    let walked = include_str!("guides.rs");
    for entry in std::fs::read_dir(guides).expect("docs/guides can be read") {
        let path = entry.expect("an entry").path();
        let text = std::fs::read_to_string(&path).expect("a guide can be read");
        let name = path.file_name().and_then(|name| name.to_str()).expect("a name in UTF-8");
        let is_walked = walked.contains(&format!("(\"docs/guides/{name}\""));
        assert!(is_walked || !text.contains("```console"), "nobody walks through {name}");
    }
}
