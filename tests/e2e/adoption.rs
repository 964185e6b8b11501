//! What somebody else set up is taken over as it is.

use serde_json::json;

use crate::harness::aws::{ALIAS, API_ARN, FUNCTION, UNQUALIFIED_URI};
use crate::harness::endpoint::Told;
use crate::harness::scenario::Scenario;

#[tokio::test(flavor = "multi_thread")]
async fn a_chain_that_is_right_is_adopted_without_a_write() {
    let mut scenario = Scenario::without_operator().await;
    scenario.aws.set_up_by_hand(3);
    scenario.start_operator();
    scenario.apply(&json!({ "version": { "policy": "LatestPublished" } }));
    let status = scenario.until_ready().await.told();
    assert_eq!(status.triggers[0].statement_ids, ["by-hand"], "the foreign statement is named");
    scenario.until_checked_again().await;
    assert!(scenario.aws.written_since(0).is_empty(), "{:?}", scenario.aws.written_since(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn with_publish_on_change_adoption_publishes_nothing_new() {
    let mut scenario = Scenario::without_operator().await;
    scenario.aws.set_up_by_hand(3);
    let before = scenario.aws.sim().world();
    scenario.start_operator();
    scenario.apply(&json!({}));
    scenario.until_ready().await;
    let functions = |world: &awssim::world::World| world.regions[0].functions.clone();
    assert_eq!(functions(&scenario.aws.sim().world()), functions(&before), "AWS is as it was");
    assert_eq!(
        scenario
            .aws
            .written_since(0)
            .iter()
            .filter(|operation| *operation != "PublishVersion")
            .count(),
        0
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_chain_that_is_partly_right_only_what_is_missing_is_written() {
    let mut scenario = Scenario::without_operator().await;
    scenario.aws.set_up_by_hand(3);
    scenario
        .aws
        .region(|region| region.remove_permission(FUNCTION, Some(ALIAS), "by-hand", None))
        .expect("the statement is there");
    scenario.start_operator();
    scenario.apply(&json!({ "version": { "policy": "LatestPublished" } }));
    scenario.until_ready().await;
    assert_eq!(scenario.aws.written_since(0), ["AddPermission"]);
    assert_eq!(scenario.aws.statements()[0].source_arn.as_deref(), Some(API_ARN));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_integration_that_is_missing_the_alias_is_all_that_is_changed() {
    let mut scenario = Scenario::without_operator().await;
    scenario.aws.set_up_by_hand(3);
    scenario.aws.edit_uri(UNQUALIFIED_URI);
    scenario.aws.deploy();
    scenario.start_operator();
    scenario.apply(&json!({ "version": { "policy": "LatestPublished" } }));
    scenario.until_ready().await;
    assert_eq!(scenario.aws.written_since(0), ["UpdateIntegration", "CreateDeployment"]);
}
