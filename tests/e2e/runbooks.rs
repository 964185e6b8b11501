//! What runbooks tell to type works: on an endpoint that is warm, and one after the other, as in a bad night.

use std::path::Path;

use crate::harness::scenario::Scenario;
use crate::walk::Reader;

#[tokio::test(flavor = "multi_thread")]
async fn each_command_of_the_runbooks_can_be_typed() {
    let scenario = Scenario::warm().await;
    let (kubectl, aws) = (scenario.kubectl.clone(), scenario.aws.url());
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/runbooks");
    let mut pages: Vec<_> = std::fs::read_dir(folder)
        .expect("the runbooks can be read")
        .map(|file| file.expect("a file").file_name().into_string().expect("a name is text"))
        .filter(|name| name != "README.md")
        .collect();
    pages.sort();
    let read = tokio::task::spawn_blocking(move || {
        for page in pages {
            let page = format!("docs/runbooks/{page}");
            Reader::sit_down(&page, &kubectl, &aws, "helm4").reads(&page);
        }
    });
    read.await.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()));
}
