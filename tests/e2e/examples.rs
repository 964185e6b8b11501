//! Every file under examples/ is accepted, and becomes Ready in the demo world.

use std::path::{Path, PathBuf};

use warmlambda::api::WarmLambdaEndpoint;

use crate::harness::control_plane::control_plane;
use crate::harness::endpoint::Told;
use crate::harness::scenario::Scenario;

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .expect("examples/ can be read")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
        .collect();
    files.sort();
    files
}

/// The name of the endpoint in a file.
fn name(file: &Path) -> String {
    let text = std::fs::read_to_string(file).expect("an example can be read");
    let endpoint: WarmLambdaEndpoint = serde_saphyr::from_str(&text).expect("an example is an endpoint");
    endpoint.metadata.name.expect("an example has a name")
}

#[test]
fn the_api_server_accepts_every_example() {
    let kubectl = control_plane().kubectl("default");
    assert!(files().len() >= 7, "{:?}", files());
    for file in files() {
        let path = file.to_str().expect("a name in UTF-8");
        kubectl.succeeds(&["apply", "--server-side", "--dry-run=server", "-f", path]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_example_applied_over_the_one_before_becomes_ready_in_the_demo_world() {
    let scenario = Scenario::begin().await;
    for file in files() {
        let path = file.to_str().expect("a name in UTF-8");
        scenario.kubectl.succeeds(&["apply", "--server-side", "-f", path]);
        scenario
            .until_named(&name(&file), &format!("Ready with {path}"), Told::is_ready)
            .await;
    }
}
