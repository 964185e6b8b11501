//! Operators that die, end or are replaced in the middle of things.

use serde_json::json;

use crate::harness::endpoint::Told;
use crate::harness::scenario::Scenario;
use crate::harness::traffic::Traffic;

async fn until_on_41(scenario: &Scenario) {
    scenario
        .until_endpoint("Ready on version 41", |found| {
            found.is_ready() && found.told().function_version.as_deref() == Some("41")
        })
        .await;
}

/// Long enough for an operator to die in the middle of it: 20 real seconds.
fn slow_canary(scenario: &Scenario) {
    scenario.aws.region(|region| region.settings.canary_extra_ms = 2_000_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_operator_is_replaced_and_the_rollout_ends_without_a_second_move() {
    let mut scenario = Scenario::warm().await;
    slow_canary(&scenario);
    let mark = scenario.aws.mark();
    let traffic = Traffic::start(scenario.aws.sim(), 20);
    scenario.aws.upload("reviews 41");
    scenario.until_condition("Reconciling", "True WarmingNewVersion").await;
    scenario.operators[0].kill();
    scenario.start_operator();
    until_on_41(&scenario).await;
    assert_eq!(scenario.aws.count_since(mark, "UpdateAlias"), 1);
    assert_eq!(scenario.aws.versions(), [39, 40, 41], "nothing was published twice");
    let answers = traffic.stop().await;
    assert!(answers.failed().is_empty(), "{:?}", answers.failed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_replica_waits_and_takes_over_when_the_first_is_killed() {
    let mut scenario = Scenario::warm().await;
    scenario.start_operator();
    scenario.operators[0].kill();
    scenario.aws.upload("reviews 41");
    until_on_41(&scenario).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_that_is_asked_to_end_hands_over_at_once() {
    let mut scenario = Scenario::warm().await;
    scenario.start_operator();
    assert!(scenario.operators[0].terminate(), "it ends well");
    scenario.patch_spec(&json!({ "provisionedConcurrency": 5 }));
    scenario
        .until_endpoint("five warm environments", |found| {
            found.is_ready() && found.told().provisioned_concurrency.is_some_and(|capacity| capacity.available == 5)
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_that_starts_with_lost_status_finds_its_way_from_aws_alone() {
    let mut scenario = Scenario::warm().await;
    let mark = scenario.aws.mark();
    scenario.operators[0].kill();
    let wipe = json!({ "status": null }).to_string();
    scenario
        .kubectl
        .succeeds(&["patch", "wle", "fir-api", "--subresource=status", "--type=merge", "-p", &wipe]);
    scenario.start_operator();
    scenario.until_ready().await;
    let written = scenario.aws.written_since(mark);
    assert!(
        written.iter().all(|operation| operation == "PublishVersion") && written.len() <= 1,
        "{written:?}"
    );
    assert_eq!(scenario.aws.versions(), [39, 40]);
}
