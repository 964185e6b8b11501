//! Who sets the number of warm environments, and what follows.

use awssim::world::autoscaling::{ScalableTarget, Suspended};
use serde_json::{Value, json};

use crate::harness::endpoint::Told;
use crate::harness::scenario::{NAME, Scenario};

async fn until_warm(scenario: &Scenario, environments: i32) {
    let what = format!("{environments} warm environments");
    scenario
        .until_endpoint(&what, |found| {
            let capacity = found.told().provisioned_concurrency;
            found.is_ready() && capacity.is_some_and(|c| (c.requested, c.available) == (environments, environments))
        })
        .await;
    assert_eq!(scenario.aws.capacity().expect("a configuration").requested, environments as u32);
}

#[tokio::test(flavor = "multi_thread")]
async fn kubectl_scale_moves_the_number_up_down_and_to_none() {
    let scenario = Scenario::warm().await;
    let endpoint = format!("wle/{NAME}");
    for (replicas, environments) in [("--replicas=5", 5), ("--replicas=2", 2)] {
        let mark = scenario.aws.mark();
        scenario.kubectl.succeeds(&["scale", &endpoint, replicas]);
        until_warm(&scenario, environments).await;
        assert_eq!(scenario.aws.written_since(mark), ["PutProvisionedConcurrencyConfig"]);
    }
    let mark = scenario.aws.mark();
    scenario.kubectl.succeeds(&["scale", &endpoint, "--replicas=0"]);
    let found = scenario.until_condition("Ready", "True InPlace").await;
    assert_eq!(found.told().provisioned_concurrency, None);
    assert!(scenario.aws.capacity().is_none());
    assert_eq!(scenario.aws.written_since(mark), ["DeleteProvisionedConcurrencyConfig"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_leaves_the_spec_is_left_alone_whatever_becomes_of_it() {
    let scenario = Scenario::warm().await;
    let mark = scenario.aws.mark();
    scenario.patch_spec(&json!({ "provisionedConcurrency": Value::Null }));
    scenario.until_ready().await;
    assert_eq!(scenario.aws.capacity().expect("it is still there").requested, 3);
    scenario
        .aws
        .region(|region| region.put_provisioned_concurrency_config("fir-api", "live", 7))
        .expect("somebody sets 7");
    until_warm(&scenario, 7).await;
    assert_eq!(scenario.endpoint().await.condition("CapacityReady"), "True ExternallyOwned");
    assert!(
        scenario.aws.written_since(mark).is_empty(),
        "{:?}",
        scenario.aws.written_since(mark)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn within_the_bounds_of_application_auto_scaling_any_number_is_right() {
    let scenario = Scenario::without_operator().await;
    scenario.aws.region(|region| {
        let target = ScalableTarget {
            min_capacity: 1,
            max_capacity: 10,
            creation_time: 0,
            suspended: Suspended::default(),
        };
        region.scalable_targets.insert("function:fir-api:live".into(), target);
    });
    scenario.aws.set_up_by_hand(7);
    let mut scenario = scenario;
    scenario.start_operator();
    scenario.apply(&json!({ "provisionedConcurrency": 3 }));
    let found = scenario.until_ready().await;
    assert_eq!(found.condition("CapacityReady"), "True ExternallyOwned");
    assert_eq!(scenario.aws.capacity().expect("a configuration").requested, 7);
    assert_eq!(scenario.aws.count_since(0, "PutProvisionedConcurrencyConfig"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_beyond_the_accounts_limit_stalls_and_a_smaller_one_goes_through() {
    let scenario = Scenario::begin().await;
    scenario.apply(&json!({ "provisionedConcurrency": 5000 }));
    let found = scenario.until_condition("Stalled", "True QuotaExceeded").await;
    assert!(
        found.message("Stalled").contains("unreserved concurrency"),
        "{}",
        found.message("Stalled")
    );
    scenario.patch_spec(&json!({ "provisionedConcurrency": 3 }));
    until_warm(&scenario, 3).await;
}
