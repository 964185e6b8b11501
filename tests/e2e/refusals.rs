//! What AWS refuses, and what a person reads about it.

use std::time::Duration;

use awssim::sim::Fault;
use awssim::world::Version;
use serde_json::json;

use crate::harness::aws::FUNCTION;
use crate::harness::control_plane::LATER_POLICY;
use crate::harness::endpoint::{Told, manifest};
use crate::harness::scenario::Scenario;

const DENIED: &str = "User: arn:aws:sts::111122223333:assumed-role/operator/pod is not authorized to perform: lambda:CreateAlias on resource: \
     arn:aws:lambda:eu-west-1:111122223333:function:fir-api because no identity-based policy allows the lambda:CreateAlias action";

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_right_is_named_and_its_arrival_is_noticed() {
    let scenario = Scenario::without_operator().await;
    let rule = scenario.aws.refuse("CreateAlias", 403, "AccessDeniedException", DENIED);
    let mut scenario = scenario;
    scenario.start_operator();
    scenario.apply(&json!({}));
    let found = scenario
        .until_endpoint("Ready to be False with reason AccessDenied", |found| {
            found.condition("Ready") == "False AccessDenied"
        })
        .await;
    assert!(
        found.message("Ready").contains("lambda:CreateAlias"),
        "the action is named: {}",
        found.message("Ready")
    );
    scenario.aws.sim().remove_fault(rule);
    scenario.until_ready().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_storm_of_throttles_is_waited_out() {
    let mut scenario = Scenario::without_operator().await;
    let throttle = Fault::Fail {
        status: 429,
        code: "TooManyRequestsException".into(),
        message: "Rate exceeded".into(),
        retry_after_seconds: None,
        reason: Some("CallerRateLimitExceeded".into()),
    };
    for operation in [
        "CreateAlias",
        "GetAlias",
        "PutProvisionedConcurrencyConfig",
        "AddPermission",
        "GetResources",
    ] {
        scenario.aws.fault(operation, Some(2), throttle.clone());
    }
    scenario.start_operator();
    scenario.apply(&json!({}));
    let found = scenario.until_ready().await;
    assert_eq!(found.condition("Stalled"), "");
    let applied = |operation: &str| {
        let writes = scenario.aws.writes_since(0);
        writes
            .iter()
            .filter(|entry| entry.operation == operation && entry.carried_out > 0)
            .count()
    };
    assert_eq!(
        (
            applied("CreateAlias"),
            applied("PutProvisionedConcurrencyConfig"),
            applied("AddPermission")
        ),
        (1, 1, 1)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_function_is_waited_for_then_reported_and_taken_up_when_it_appears() {
    let scenario = Scenario::begin().await;
    scenario.apply(&json!({ "functionName": "spruce-api", "triggers": null }));
    scenario.until_condition("Reconciling", "True DependencyNotReady").await;
    let stalled = scenario.until_within(Duration::from_secs(150), "Stalled FunctionNotFound", |found| {
        found.condition("Stalled") == "True FunctionNotFound"
    });
    let message = stalled.await.message("Stalled");
    assert!(
        message.contains("spruce-api") && message.contains("eu-west-1"),
        "function and place are named: {message}"
    );
    scenario
        .aws
        .region(|region| region.create_function("spruce-api", Version::of("reviews 1"), false))
        .expect("somebody creates the function");
    scenario.until_ready().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_version_is_named() {
    let scenario = Scenario::begin().await;
    scenario.apply(&json!({ "version": { "policy": "Pinned", "pinned": "99" } }));
    let found = scenario
        .until_endpoint("VersionNotFound", |found| found.condition("Ready") == "False VersionNotFound")
        .await;
    assert!(found.message("Ready").contains("99"), "{}", found.message("Ready"));
    assert!(scenario.aws.alias().is_none(), "no alias is made for it");
    scenario.patch_spec(&json!({ "version": { "pinned": "40" } }));
    scenario.until_ready().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_api_and_a_missing_stage_are_named() {
    let scenario = Scenario::begin().await;
    for (api, stage) in [("zzzzzzzzzz", "prod"), ("a1b2c3d4e5", "staging")] {
        scenario.apply(&json!({ "triggers": [{ "name": "public", "restApi": { "apiId": api, "stageName": stage } }] }));
        let named = if api == "zzzzzzzzzz" { api } else { stage };
        scenario
            .until_endpoint("TriggerNotFound", |found| {
                found.condition("TriggerReady").ends_with(" TriggerNotFound") && found.message("TriggerReady").contains(named)
            })
            .await;
    }
    scenario.apply(&json!({}));
    scenario.until_ready().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_endpoints_on_one_alias_the_older_owns_it_and_the_other_makes_no_write() {
    let scenario = Scenario::warm().await;
    let mark = scenario.aws.mark();
    scenario.apply_named("intruder", &json!({ "provisionedConcurrency": 7 }));
    let found = scenario
        .until_named("intruder", "Stalled AliasClaimed", |found| {
            found.condition("Stalled") == "True AliasClaimed"
        })
        .await;
    let message = found.message("Stalled");
    assert!(
        message.contains(&format!("{}/fir-api", scenario.namespace)),
        "the owner is named: {message}"
    );
    scenario.until_checked_again().await;
    assert!(
        scenario.aws.written_since(mark).is_empty(),
        "{:?}",
        scenario.aws.written_since(mark)
    );

    scenario.patch_spec(&json!({ "deletionPolicy": "Retain" }));
    scenario.delete();
    scenario.until_gone().await;
    scenario.until_named("intruder", "Ready with 7", Told::is_ready).await;
    assert_eq!(scenario.aws.capacity().expect("a configuration").requested, 7);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_that_cannot_be_decoded_does_not_stop_the_others() {
    let mut scenario = Scenario::without_operator().await;
    let later = manifest("undecodable", &json!({ "functionName": "other", "deletionPolicy": LATER_POLICY }));
    scenario.kubectl.applies(&later.to_string());
    scenario.start_operator();
    scenario.apply(&json!({}));
    scenario.until_ready().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_that_is_still_pending_is_waited_for() {
    let scenario = Scenario::warm().await;
    scenario.aws.region(|region| region.settings.version_pending_ms = 300_000);
    let mark = scenario.aws.mark();
    scenario.aws.upload("reviews 41");
    scenario
        .until_aws("version 41", |aws| aws.versions().contains(&41).then_some(()))
        .await;
    scenario.until_condition("AliasReady", "False VersionNotActive").await;
    assert_eq!(scenario.aws.count_since(mark, "UpdateAlias"), 0, "the alias waits");
    scenario
        .until_endpoint("Ready on version 41", |found| {
            found.is_ready() && found.told().function_version.as_deref() == Some("41")
        })
        .await;
    assert!(
        scenario
            .aws
            .region(|region| region.functions[FUNCTION].aliases["live"].function_version == "41")
    );
}
