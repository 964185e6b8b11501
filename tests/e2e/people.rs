//! What people may do with endpoints who have the roles that every cluster has.

use serde_json::json;

use crate::harness::chart::roles_of_people;
use crate::harness::kubectl::Kubectl;
use crate::harness::scenario::{NAME, Scenario};
use crate::harness::waiting::until;

/// What somebody with a role of the cluster may do with endpoints: a line per resource, with its verbs in order.
fn may(kubectl: &Kubectl, role: &str) -> Vec<String> {
    let all = kubectl.succeeds(&["auth", "can-i", "--list", "--no-headers", "--as", role]);
    let ours = all.lines().filter(|line| line.starts_with("warmlambdaendpoints"));
    let mut lines: Vec<_> = ours
        .map(|line| {
            let (resource, verbs) = line.split_once(char::is_whitespace).expect("columns");
            let (_, verbs) = verbs.rsplit_once('[').expect("a list of verbs");
            let mut verbs: Vec<_> = verbs.trim_end_matches(']').split(' ').collect();
            verbs.sort_unstable();
            verbs.dedup();
            format!("{}: {}", resource.replace(".warmlambda.dev", ""), verbs.join(" "))
        })
        .collect();
    lines.sort();
    lines
}

#[tokio::test(flavor = "multi_thread")]
async fn view_may_look_edit_and_admin_may_write_and_scale_and_nobody_may_write_status() {
    let scenario = Scenario::without_operator().await;
    let kubectl = &scenario.kubectl;
    scenario.apply(&json!({}));
    kubectl.applies(&roles_of_people());
    for role in ["view", "edit", "admin"] {
        kubectl.succeeds(&[
            "create",
            "rolebinding",
            role,
            &format!("--clusterrole={role}"),
            &format!("--user={role}"),
        ]);
    }
    let look = [
        "warmlambdaendpoints/scale: get",
        "warmlambdaendpoints/status: get",
        "warmlambdaendpoints: get list watch",
    ];
    let write = [
        "warmlambdaendpoints/scale: get patch update",
        "warmlambdaendpoints/status: get",
        "warmlambdaendpoints: create delete deletecollection get list patch update watch",
    ];
    for (role, expected) in [("view", look), ("edit", write), ("admin", write)] {
        until(&format!("{role} to have the rights"), async || {
            let found = may(kubectl, role);
            if found == expected { Ok(()) } else { Err(format!("{found:?}")) }
        })
        .await;
    }
    let refused = kubectl.run(&["scale", "wle", NAME, "--replicas=5", "--as", "view"], "");
    assert!(!refused.success && refused.err.contains("forbidden"), "{}", refused.err);
    kubectl.succeeds(&["get", "wle", NAME, "--as", "view"]);
    kubectl.succeeds(&["scale", "wle", NAME, "--replicas=5", "--as", "edit"]);
    assert_eq!(scenario.endpoint().await.spec.provisioned_concurrency, Some(5));
}
