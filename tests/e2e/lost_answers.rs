//! A write that was carried out although no answer came is not made twice.

use serde_json::json;

use crate::harness::aws::{ALIAS_URI, UNQUALIFIED_URI};
use crate::harness::endpoint::Told;
use crate::harness::scenario::Scenario;

/// Brings an endpoint up while the first answer of `operation` is lost, and checks that AWS has everything once.
async fn converges_without(operation: &str) {
    let mut scenario = Scenario::without_operator().await;
    scenario.aws.lose_answer(operation);
    scenario.start_operator();
    scenario.apply(&json!({}));
    scenario.until_ready().await;
    // Code that is new, so that PublishVersion and UpdateAlias have something to do.
    scenario.aws.upload("reviews 41");
    scenario
        .until_endpoint("Ready on version 41", |found| {
            found.is_ready() && found.told().function_version.as_deref() == Some("41")
        })
        .await;
    let lost = scenario
        .aws
        .writes_since(0)
        .into_iter()
        .filter(|entry| entry.fault.is_some())
        .count();
    assert_eq!(lost, 1, "{operation} was called, and its answer was lost");
    assert_eq!(scenario.aws.versions(), [39, 40, 41]);
    assert_eq!(scenario.aws.statements().len(), 1);
    assert_eq!(scenario.aws.capacity().expect("a configuration").requested, 3);
    assert_eq!(scenario.aws.deployed_uri().as_deref(), Some(ALIAS_URI));
    let deployments = scenario.aws.region(|region| region.rest_apis["a1b2c3d4e5"].deployments.len());
    assert_eq!(deployments, 2, "the one of the demo world and one of ours");
}

/// Deletes everything while the first answer of `operation` is lost.
async fn goes_without(operation: &str) {
    let scenario = Scenario::begin().await;
    scenario.apply(&json!({ "deletionPolicy": "Delete" }));
    scenario.until_ready().await;
    scenario.aws.edit_uri(UNQUALIFIED_URI);
    scenario.aws.deploy();
    scenario.aws.lose_answer(operation);
    scenario.delete();
    scenario.until_gone().await;
    let lost = scenario
        .aws
        .writes_since(0)
        .into_iter()
        .filter(|entry| entry.fault.is_some())
        .count();
    assert_eq!(lost, 1, "{operation} was called, and its answer was lost");
    assert!(scenario.aws.alias().is_none() && scenario.aws.capacity().is_none() && scenario.aws.statements().is_empty());
}

macro_rules! lost {
    ($check:ident $($name:ident: $operation:literal,)+) => {
        $(#[tokio::test(flavor = "multi_thread")]
        async fn $name() {
            $check($operation).await;
        })+
    };
}

lost! {
    converges_without
    a_lost_answer_of_publish_version_publishes_nothing_twice: "PublishVersion",
    a_lost_answer_of_create_alias_is_followed_by_a_new_observation: "CreateAlias",
    a_lost_answer_of_update_alias_moves_nothing_twice: "UpdateAlias",
    a_lost_answer_of_put_capacity_is_followed_by_a_new_observation: "PutProvisionedConcurrencyConfig",
    a_lost_answer_of_add_permission_makes_no_second_statement: "AddPermission",
    a_lost_answer_of_update_integration_is_followed_by_a_new_observation: "UpdateIntegration",
    a_lost_answer_of_create_deployment_makes_no_second_deployment: "CreateDeployment",
}

lost! {
    goes_without
    a_lost_answer_of_delete_capacity_does_not_hold_up_the_deletion: "DeleteProvisionedConcurrencyConfig",
    a_lost_answer_of_remove_permission_does_not_hold_up_the_deletion: "RemovePermission",
    a_lost_answer_of_delete_alias_does_not_hold_up_the_deletion: "DeleteAlias",
}
