//! Who follows the quick start has a warm function, and nothing is left when it was removed.

use crate::harness::aws::Aws;
use crate::harness::control_plane::ControlPlane;
use crate::harness::kubelet::Kubelet;
use crate::walk::Reader;

/// Both versions of Helm on one new cluster, one after the other: the page ends with everything removed.
#[tokio::test(flavor = "multi_thread")]
async fn who_follows_the_quick_start_has_a_warm_function_with_either_helm() {
    let started = tokio::task::spawn_blocking(ControlPlane::without_crd).await;
    let server: &'static ControlPlane = Box::leak(Box::new(started.expect("the control plane starts")));
    for helm in ["helm4", "helm3"] {
        let aws = Aws::start().await;
        let kubelet = Kubelet::start(server, server.client().await, "warmlambda", &aws.url());
        let url = aws.url();
        let read = tokio::task::spawn_blocking(move || {
            let kubectl = server.kubectl("default");
            Reader::sit_down(&format!("quick-start with {helm}"), &kubectl, &url, helm).reads("docs/quick-start.md");
        });
        read.await.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()));
        drop(kubelet);
    }
}
