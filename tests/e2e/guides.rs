//! The guides under docs/guides/ are walked through: every `kubectl` command of a page succeeds, in its order, in the demo world.

use std::path::{Path, PathBuf};

use warmlambda::api::WarmLambdaEndpoint;

use crate::harness::kubectl::Kubectl;
use crate::harness::scenario::Scenario;

/// What a reader of a page does.
enum Act {
    /// Saves an endpoint under its name.
    Save(String),
    /// Runs a command.
    Run(String),
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What stands in the fenced blocks of a page: endpoints, and commands that begin with `$ kubectl`.
fn acts(page: &str) -> Vec<Act> {
    let blocks = page.split("\n```").skip(1).step_by(2);
    let acts = blocks.flat_map(|block| match block.split_once('\n') {
        Some(("yaml", text)) => vec![Act::Save(text.into())],
        Some(("console", text)) => text
            .lines()
            .filter_map(|line| line.strip_prefix("$ "))
            .filter(|line| line.starts_with("kubectl "))
            .map(|line| Act::Run(line.into()))
            .collect(),
        _ => Vec::new(),
    });
    acts.collect()
}

/// A folder that has the examples in it.
fn folder(page: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(page);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("a folder can be made");
    std::os::unix::fs::symlink(root().join("examples"), folder.join("examples")).expect("a link can be made");
    folder
}

fn walk(kubectl: &Kubectl, page: &str, folder: &Path) {
    let text = std::fs::read_to_string(root().join("docs/guides").join(page)).expect("a guide can be read");
    let mut ran = 0;
    for act in acts(&text) {
        match act {
            Act::Save(yaml) => {
                let endpoint: WarmLambdaEndpoint = serde_saphyr::from_str(&yaml).unwrap_or_else(|error| panic!("{page}: {error}\n{yaml}"));
                let name = endpoint.metadata.name.expect("an endpoint has a name");
                std::fs::write(folder.join(format!("{name}.yaml")), yaml).expect("a file can be written");
            }
            Act::Run(command) => {
                let said = kubectl.shell(folder, &command);
                assert!(said.success, "{page}: {command}\n{}{}", said.out, said.err);
                assert!(!said.out.is_empty(), "{page}: {command} says nothing");
                ran += 1;
            }
        }
    }
    assert!(ran > 3, "{page}: only {ran} commands were found");
}

async fn follow(page: &'static str) {
    let scenario = Scenario::begin().await;
    let kubectl = scenario.kubectl.clone();
    let walked = tokio::task::spawn_blocking(move || walk(&kubectl, page, &folder(page))).await;
    walked.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_follows_the_guide_on_streams_moves_one() {
    follow("streams.md").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_follows_the_guide_on_http_apis_moves_one() {
    follow("http-api.md").await;
}

#[test]
fn every_guide_is_walked_through() {
    let all = std::fs::read_dir(root().join("docs/guides")).expect("docs/guides can be read");
    let mut names: Vec<_> = all.map(|entry| entry.expect("an entry").file_name()).collect();
    names.sort();
    assert_eq!(names, ["http-api.md", "streams.md"]);
}
