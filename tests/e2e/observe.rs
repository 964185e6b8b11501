//! Looking without touching.

use serde_json::json;

use crate::harness::endpoint::Told;
use crate::harness::scenario::Scenario;

#[tokio::test(flavor = "multi_thread")]
async fn observe_writes_nothing_and_lists_the_calls_that_manage_would_make() {
    let scenario = Scenario::begin().await;
    scenario.apply(&json!({ "managementPolicy": "Observe" }));
    let found = scenario.until_condition("Ready", "False ChangesPending").await;
    assert_eq!(
        found.condition("Reconciling") + &found.condition("Stalled"),
        "",
        "nothing is in flight, nothing is wrong"
    );
    let calls: Vec<String> = found.told().plan.into_iter().map(|planned| planned.call).collect();
    assert!(calls.iter().any(|call| call.starts_with("lambda:CreateAlias")), "{calls:?}");
    scenario.until_checked_again().await;
    assert!(scenario.aws.written_since(0).is_empty(), "{:?}", scenario.aws.written_since(0));

    scenario.patch_spec(&json!({ "managementPolicy": "Manage" }));
    let managed = scenario.until_ready().await;
    assert!(managed.told().plan.is_empty(), "{:?}", managed.told().plan);
}

#[tokio::test(flavor = "multi_thread")]
async fn observe_names_each_link_that_differs_in_a_chain_that_is_nearly_right() {
    let mut scenario = Scenario::without_operator().await;
    scenario.aws.set_up_by_hand(2);
    scenario.start_operator();
    scenario.apply(&json!({ "managementPolicy": "Observe", "version": { "policy": "LatestPublished" } }));
    let found = scenario.until_condition("Ready", "False ChangesPending").await;
    let calls: Vec<String> = found.told().plan.into_iter().map(|planned| planned.call).collect();
    assert_eq!(calls.len(), 1, "{calls:?}");
    assert!(
        calls[0].starts_with("lambda:PutProvisionedConcurrencyConfig") && calls[0].contains('3'),
        "{calls:?}"
    );
    assert!(scenario.aws.written_since(0).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn observe_is_ready_when_nothing_differs() {
    let mut scenario = Scenario::without_operator().await;
    scenario.aws.set_up_by_hand(3);
    scenario.start_operator();
    scenario.apply(&json!({ "managementPolicy": "Observe", "version": { "policy": "LatestPublished" } }));
    let found = scenario.until_ready().await;
    assert!(found.told().plan.is_empty());
    assert!(scenario.aws.written_since(0).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_endpoint_is_neither_read_nor_written_until_it_is_resumed() {
    let scenario = Scenario::begin().await;
    scenario.apply(&json!({ "suspend": true }));
    scenario
        .until_endpoint("Suspended", |found| found.condition("Ready").ends_with(" Suspended"))
        .await;
    let functions = |entries: Vec<awssim::sim::Entry>| entries.into_iter().filter(|entry| entry.service != "sts").count();
    assert_eq!(functions(scenario.aws.reads_since(0)) + scenario.aws.written_since(0).len(), 0);
    scenario.patch_spec(&json!({ "suspend": false }));
    scenario.until_ready().await;
}
