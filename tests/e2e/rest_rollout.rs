//! From nothing to Ready, and from one version to the next, under traffic.

use std::time::Duration;

use serde_json::json;
use warmlambda::api::CapacityState;

use crate::harness::aws::{ALIAS_URI, FUNCTION};
use crate::harness::endpoint::Told;
use crate::harness::scenario::{NAME, Scenario};
use crate::harness::traffic::{Traffic, request};
use crate::harness::waiting::until_within;

#[tokio::test(flavor = "multi_thread")]
async fn a_new_endpoint_becomes_ready_and_no_request_fails_meanwhile() {
    let scenario = Scenario::begin().await;
    let traffic = Traffic::start(scenario.aws.sim(), 20);
    scenario.apply(&json!({}));
    let status = scenario.until_ready().await.told();

    assert_eq!(status.function_version.as_deref(), Some("40"));
    assert_eq!(status.version_weight, Some(100));
    let capacity = status.provisioned_concurrency.expect("capacity is reported");
    assert_eq!((capacity.requested, capacity.allocated, capacity.available), (3, 3, 3));
    assert_eq!(capacity.status, CapacityState::Ready);
    assert_eq!(status.account.as_deref(), Some("111122223333"));
    assert_eq!(
        status.alias_arn.as_deref(),
        Some("arn:aws:lambda:eu-west-1:111122223333:function:fir-api:live")
    );
    assert_eq!(status.triggers_ready.as_deref(), Some("1/1"));
    assert!(status.triggers[0].qualified, "{:?}", status.triggers);
    assert_eq!(status.conditions[0].type_, "Ready", "Ready comes first");
    assert_eq!(scenario.endpoint().await.condition("Ready"), "True Warm");

    assert_eq!(scenario.aws.deployed_uri().as_deref(), Some(ALIAS_URI));
    assert_eq!(scenario.aws.versions(), [39, 40], "$LATEST is what version 40 was published from");
    assert!(request(scenario.aws.sim()).warm, "a request after Ready finds a warm environment");
    let answers = traffic.stop().await;
    assert!(answers.failed().is_empty(), "{:?}", answers.failed());
    let mut writes = scenario.aws.written_since(0);
    writes.retain(|operation| operation != "PublishVersion");
    assert_eq!(
        writes,
        [
            "CreateAlias",
            "PutProvisionedConcurrencyConfig",
            "AddPermission",
            "UpdateIntegration",
            "CreateDeployment"
        ],
        "each write once, traffic last"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn new_code_goes_out_through_the_hidden_canary_without_a_failed_or_cold_request() {
    let scenario = Scenario::warm().await;
    let mark = scenario.aws.mark();
    let traffic = Traffic::start(scenario.aws.sim(), 20);
    scenario.aws.upload("reviews 41, duration: 200ms");

    let moving = scenario.until_condition("Reconciling", "True WarmingNewVersion").await.told();
    assert_eq!(moving.function_version.as_deref(), Some("40"), "the old version serves");
    assert_eq!(moving.target_function_version.as_deref(), Some("41"));
    let done = scenario
        .until_endpoint("Ready on version 41", |found| {
            found.is_ready() && found.told().function_version.as_deref() == Some("41")
        })
        .await
        .told();
    assert_eq!((done.target_function_version, done.version_weight), (None, Some(100)));
    scenario
        .until_aws("a request served by version 41", |aws| {
            request(aws.sim()).executed_version.filter(|v| v == "41")
        })
        .await;

    let answers = traffic.stop().await;
    assert!(answers.failed().is_empty(), "{:?}", answers.failed());
    assert_eq!(answers.cold(), 0, "of {}", answers.count());
    assert_eq!(answers.versions().into_iter().collect::<Vec<_>>(), ["40", "41"]);
    assert!(answers.count() >= 40, "the traffic went on: {}", answers.count());
    assert_eq!(scenario.aws.count_since(mark, "UpdateAlias"), 1);
    assert_eq!(scenario.aws.versions(), [39, 40, 41]);
    let refused: Vec<_> = scenario
        .aws
        .writes_since(mark)
        .into_iter()
        .filter(|entry| entry.status >= Some(400))
        .collect();
    assert!(refused.is_empty(), "nothing was tried that AWS refuses: {refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn code_that_cannot_initialise_is_rolled_back_by_one_call_and_not_tried_again() {
    let scenario = Scenario::warm().await;
    let mark = scenario.aws.mark();
    let traffic = Traffic::start(scenario.aws.sim(), 20);
    scenario.aws.upload("init: fail");

    let rejected = scenario
        .until_endpoint("version 41 rejected and version 40 warm", |found| {
            found.told().rejected_versions.iter().any(|rejected| rejected.version == "41")
                && found.condition("CapacityReady").starts_with("True ")
        })
        .await;
    assert_eq!(rejected.told().function_version.as_deref(), Some("40"));
    assert_eq!(rejected.told().rejected_versions[0].reason, "FUNCTION_ERROR_INIT_FAILURE");
    let moves = scenario.aws.count_since(mark, "UpdateAlias");
    assert_eq!(moves, 2, "one move forth, one back");
    for _ in 0..3 {
        scenario.until_checked_again().await;
    }
    assert_eq!(scenario.aws.count_since(mark, "UpdateAlias"), moves, "it is not tried again");
    let answers = traffic.stop().await;
    assert!(answers.failed().is_empty(), "{:?}", answers.failed());
    assert_eq!(answers.cold(), 0);

    scenario.aws.upload("reviews 42, duration: 200ms");
    scenario
        .until_endpoint("Ready on version 42", |found| {
            found.is_ready() && found.told().function_version.as_deref() == Some("42")
        })
        .await;
    assert_eq!(scenario.aws.count_since(mark, "UpdateAlias"), moves + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rejected_version_is_tried_again_when_somebody_asks_and_not_when_the_number_changes() {
    let scenario = Scenario::warm().await;
    let mark = scenario.aws.mark();
    scenario.aws.upload("init: fail");
    let rolled_back = scenario
        .until_aws("the alias back on 40", |aws| {
            (aws.count_since(mark, "UpdateAlias") == 2).then(|| aws.count_since(mark, "UpdateAlias"))
        })
        .await;

    scenario.patch_spec(&json!({ "provisionedConcurrency": 2 }));
    scenario
        .until_endpoint("2 warm on version 40", |found| {
            let told = found.told();
            told.provisioned_concurrency.as_ref().is_some_and(|c| c.requested == 2) && found.condition("CapacityReady").starts_with("True ")
        })
        .await;
    scenario.until_checked_again().await;
    assert_eq!(
        scenario.aws.count_since(mark, "UpdateAlias"),
        rolled_back,
        "an autoscaler brings no broken version back"
    );

    let request = "warmlambda.dev/retry-requested-at=2026-11-22T07:00:00Z";
    scenario.kubectl.succeeds(&["annotate", "wle/fir-api", request]);
    scenario
        .until_aws("the rejected version tried once more", |aws| {
            (aws.count_since(mark, "UpdateAlias") > rolled_back).then_some(())
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_hold_a_failed_rollout_is_left_for_a_person_who_is_told_the_command() {
    let scenario = Scenario::begin().await;
    scenario.apply(&json!({ "rollout": { "onFailure": "Hold" } }));
    scenario.until_ready().await;
    let mark = scenario.aws.mark();
    scenario.aws.upload("init: fail");
    let held = scenario.until_condition("Stalled", "True AllocationFailed").await;
    let message = held.message("Stalled");
    assert!(
        message.contains("update-alias") && message.contains("40"),
        "the message names the command: {message}"
    );
    scenario.until_checked_again().await;
    assert_eq!(scenario.aws.count_since(mark, "UpdateAlias"), 1, "only the move forth");
    assert_eq!(request(scenario.aws.sim()).executed_version.as_deref(), Some("40"));

    scenario.patch_spec(&json!({ "rollout": { "onFailure": "RollBack" } }));
    scenario
        .until_aws("the alias back on 40", |aws| {
            (aws.alias_version().as_deref() == Some("40")).then_some(())
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_that_does_not_become_warm_in_time_is_rolled_back() {
    let scenario = Scenario::begin().await;
    scenario.apply(&json!({ "rollout": { "timeoutSeconds": 60 } }));
    scenario.until_ready().await;
    // The operator's patience is in real time: here warming takes hours of it.
    scenario.aws.region(|region| region.settings.canary_extra_ms = 1_000_000_000);
    scenario.aws.upload("reviews 41");
    scenario.until_condition("Reconciling", "True WarmingNewVersion").await;
    until_within(Duration::from_secs(120), "the alias back on version 40", async || {
        let alias = scenario.aws.alias().expect("the alias");
        let back = alias.function_version == "40" && alias.additional_version_weights.is_empty();
        if back { Ok(()) } else { Err(format!("{alias:?}")) }
    })
    .await;
    let told = scenario
        .until_endpoint("version 41 rejected", |found| !found.told().rejected_versions.is_empty())
        .await
        .told();
    assert_eq!(told.rejected_versions[0].reason, "RolloutTimedOut");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pinned_version_is_served_and_a_changed_pin_moves_the_alias() {
    let scenario = Scenario::begin().await;
    scenario.apply(&json!({ "version": { "policy": "Pinned", "pinned": "39" } }));
    assert_eq!(scenario.until_ready().await.told().function_version.as_deref(), Some("39"));
    assert_eq!(scenario.aws.count_since(0, "PublishVersion"), 0, "publishing is somebody else's");
    scenario.patch_spec(&json!({ "version": { "pinned": "40" } }));
    scenario
        .until_endpoint("Ready on version 40", |found| {
            found.is_ready() && found.told().function_version.as_deref() == Some("40")
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_latest_published_version_is_followed_when_somebody_publishes() {
    let scenario = Scenario::begin().await;
    scenario.apply(&json!({ "version": { "policy": "LatestPublished" } }));
    scenario.until_ready().await;
    scenario.aws.upload("reviews 41");
    scenario
        .until_aws("version 41", |aws| {
            aws.region(|region| region.publish_version(FUNCTION, None, None, None).ok())
        })
        .await;
    scenario
        .until_endpoint("Ready on version 41", |found| {
            found.is_ready() && found.told().function_version.as_deref() == Some("41")
        })
        .await;
    assert_eq!(scenario.aws.count_since(0, "PublishVersion"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn kubectl_wait_sees_the_endpoint_become_ready() {
    let scenario = Scenario::begin().await;
    scenario.apply(&json!({}));
    let endpoint = format!("wle/{NAME}");
    scenario
        .kubectl
        .succeeds(&["wait", "--for=condition=Ready", "--timeout=60s", &endpoint]);
    let version = "--for=jsonpath={.status.functionVersion}=40";
    scenario.kubectl.succeeds(&["wait", version, "--timeout=10s", &endpoint]);
}
