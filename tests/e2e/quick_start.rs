//! Who follows the pages on installing has an operator, and nothing is left when it was removed.

use crate::harness::aws::Aws;
use crate::harness::control_plane::ControlPlane;
use crate::harness::kubelet::Kubelet;
use crate::walk::Reader;

/// On one new cluster, one page after the other. Quick starts end with everything removed.
const PAGES: [(&str, &str); 6] = [
    ("docs/quick-start.md", "helm4"),
    ("docs/quick-start.md", "helm3"),
    ("docs/install-without-helm.md", "helm4"),
    ("docs/install.md", "helm4"),
    ("docs/iam.md", "helm4"),
    ("docs/upgrade.md", "helm3"),
];

#[tokio::test(flavor = "multi_thread")]
async fn who_follows_the_quick_start_has_a_warm_function_and_who_follows_the_pages_on_installing_an_operator() {
    let started = tokio::task::spawn_blocking(ControlPlane::without_crd).await;
    let server: &'static ControlPlane = Box::leak(Box::new(started.expect("the control plane starts")));
    for (page, helm) in PAGES {
        let aws = Aws::start().await;
        let kubelet = Kubelet::start(server, server.client().await, "warmlambda", &aws.url());
        let url = aws.url();
        let read = tokio::task::spawn_blocking(move || {
            let kubectl = server.kubectl("default");
            Reader::sit_down(&format!("{page} with {helm}"), &kubectl, &url, helm).reads(page);
        });
        read.await.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()));
        drop(kubelet);
    }
}
