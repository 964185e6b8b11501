//! How busy the warm environments are, from CloudWatch into status.

use serde_json::json;

use crate::harness::aws::{ACCOUNT, ALIAS, Aws, FUNCTION, REGION};
use crate::harness::endpoint::Told;
use crate::harness::scenario::Scenario;
use crate::harness::traffic::request;

/// An endpoint with three warm environments, whose requests take ten simulated minutes, which are six real seconds.
async fn with_long_requests() -> Scenario {
    let scenario = Scenario::without_operator().await;
    scenario.aws.region(|region| {
        let function = region.functions.get_mut(FUNCTION).expect("the function");
        let code = awssim::world::Code::from("duration: 600000ms");
        function.latest.code = code.clone();
        function.versions.get_mut(&40).expect("version 40").code = code;
    });
    let mut scenario = scenario;
    scenario.start_operator();
    scenario.apply(&json!({}));
    scenario.until_ready().await;
    scenario
}

/// How many of the warm environments serve a request.
fn busy(aws: &Aws) -> usize {
    aws.sim().with_region(ACCOUNT, REGION, |region, now| {
        let capacity = &region.functions[FUNCTION].provisioned_concurrency[ALIAS];
        capacity.busy_until.iter().filter(|until| **until > now).count()
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_three_busy_is_33_percent_three_are_100_and_a_fourth_request_is_spillover() {
    let scenario = with_long_requests().await;
    let utilization = async |percent: i32| {
        let what = format!("a utilization of {percent} percent");
        scenario
            .until_endpoint(&what, |found| found.told().utilization.is_some_and(|u| u.percent == percent))
            .await
    };
    assert!(request(scenario.aws.sim()).warm);
    utilization(33).await;
    // Requests end while an operator looks seldom: all three at once. A fourth would leave an on-demand environment behind, which
    // would serve later ones without a cold start.
    scenario
        .until_aws("three requests at once, all warm", |aws| {
            (busy(aws) == 0).then(|| (0..3).for_each(|_| assert!(request(aws.sim()).warm)))
        })
        .await;
    utilization(100).await;
    assert_eq!(
        scenario.endpoint().await.condition("Ready"),
        "True Warm",
        "advice does not move Ready"
    );

    scenario
        .until_aws("a cold request", |aws| (!request(aws.sim()).warm).then_some(()))
        .await;
    let found = scenario.until_condition("CapacitySaturated", "True Spillover").await;
    assert_eq!(found.condition("Ready"), "True Warm");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_traffic_utilization_is_unknown_and_not_zero() {
    let scenario = Scenario::warm().await;
    let found = scenario
        .until_endpoint("a word on metrics", |found| !found.condition("MetricsAvailable").is_empty())
        .await;
    assert_eq!(found.condition("MetricsAvailable"), "False NoTrafficYet");
    assert_eq!(found.told().utilization, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_that_may_not_ask_cloudwatch_says_so_and_stays_ready() {
    let mut scenario = Scenario::without_operator().await;
    let refused = scenario.aws.refuse("GetMetricData", 403, "AccessDenied", "not allowed");
    scenario.start_operator();
    scenario.apply(&json!({}));
    let found = scenario.until_condition("MetricsAvailable", "False AccessDenied").await;
    assert!(found.message("MetricsAvailable").contains("cloudwatch:GetMetricData"));
    scenario.until_ready().await;
    assert_eq!(scenario.endpoint().await.condition("TrafficOnAlias"), "Unknown Stale");

    scenario.aws.sim().remove_fault(refused);
    scenario.until_condition("TrafficOnAlias", "Unknown NoTrafficYet").await;
}
