//! Warm capacity that nobody uses, and the money.

use serde_json::json;

use crate::harness::aws::FUNCTION;
use crate::harness::endpoint::Told;
use crate::harness::scenario::Scenario;
use crate::harness::traffic::request;

/// Twenty-five environments that somebody set up long ago, and no operator yet.
async fn twenty_five_environments() -> Scenario {
    let scenario = Scenario::without_operator().await;
    scenario.aws.set_up_by_hand(25);
    scenario.apply(&json!({"provisionedConcurrency": 25}));
    scenario
}

/// Waits until CloudWatch was asked about the last hours of a known capacity, and status told what it said. Each sample is one call,
/// and the hours are a further one, within the first sample after status has the capacity.
async fn until_hours_were_asked_for(scenario: &Scenario) {
    let mark = scenario.aws.mark();
    scenario
        .until_aws("three samples of CloudWatch", |aws| {
            let calls = aws
                .reads_since(mark)
                .into_iter()
                .filter(|read| read.service == "cloudwatch")
                .count();
            (calls >= 4).then_some(())
        })
        .await;
    scenario.until_checked_again().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn capacity_that_nobody_uses_is_named_with_what_it_costs_and_ready_stays_true() {
    let mut scenario = twenty_five_environments().await;
    scenario.start_operator();
    let found = scenario.until_condition("CapacityIdle", "True LowUtilization").await;
    let message = found.message("CapacityIdle");
    let words = "25 environments of 512 MB cost about $153 a month, and for hours no request used any of them";
    assert!(message.starts_with(words), "{message}");
    assert!(message.contains("lower spec.provisionedConcurrency"), "{message}");
    assert_eq!(found.condition("Ready"), "True Warm");
    let capacity = found.told().provisioned_concurrency.expect("there is capacity");
    assert_eq!(capacity.monthly_cost_dollars, Some(153));
    assert!(scenario.aws.written_since(0).is_empty(), "advice writes nothing to AWS");
}

#[tokio::test(flavor = "multi_thread")]
async fn capacity_that_was_busy_once_in_the_last_hours_is_not_idle() {
    let mut scenario = twenty_five_environments().await;
    scenario.aws.has_code("reviews 40, duration: 60000ms");
    // Three of twenty-five at once, and then nobody any more.
    let served: Vec<_> = (0..3).map(|_| request(scenario.aws.sim())).collect();
    assert!(served.iter().all(|served| served.warm), "{served:?}");
    scenario.start_operator();
    scenario.until_ready().await;
    until_hours_were_asked_for(&scenario).await;
    assert_eq!(scenario.endpoint().await.condition("CapacityIdle"), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn new_capacity_is_not_called_idle() {
    let scenario = Scenario::warm().await;
    until_hours_were_asked_for(&scenario).await;
    assert_eq!(scenario.endpoint().await.condition("CapacityIdle"), "");
    let changed = scenario.aws.capacity().expect("there is capacity").last_modified;
    assert!(changed > 0, "{FUNCTION} was given capacity just now");
}
