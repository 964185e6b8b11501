//! The pages that tell what to type are walked through: every command works, in its order, and shows what the page says.

use std::path::Path;

use serde_json::json;

use crate::harness::chart::{Release, Scope};
use crate::harness::control_plane::ControlPlane;
use crate::harness::endpoint::Told;
use crate::harness::scenario::Scenario;
use crate::walk::{read, walk};

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

#[test]
fn every_guide_is_walked_through() {
    let guides = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/guides");
    let walked = include_str!("guides.rs");
    for entry in std::fs::read_dir(guides).expect("docs/guides can be read") {
        let name = entry.expect("an entry").file_name();
        let name = name.to_str().expect("a name in UTF-8");
        assert!(walked.contains(&format!("(\"docs/guides/{name}\"")), "nobody walks through {name}");
    }
}
