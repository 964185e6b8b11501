//! What event sources cost: one list of the region for the whole fleet, and nothing written while nothing happens.

use std::time::Duration;

use serde_json::json;

use crate::event_source_move::orders;
use crate::harness::endpoint::Told;
use crate::harness::records::{ALIAS_ARN, FUNCTION_ARN, MAPPING, STREAM};
use crate::harness::scenario::Scenario;
use crate::harness::waiting::until;

const LIST: &str = "ListEventSourceMappings";

fn stream(n: usize) -> String {
    format!("arn:aws:kinesis:eu-west-1:111122223333:stream/s{n}")
}

fn uuid(n: usize) -> String {
    format!("0ccccccc-0000-4000-8000-{n:012}")
}

#[tokio::test(flavor = "multi_thread")]
async fn five_hundred_mappings_are_listed_by_five_calls_for_the_whole_fleet() {
    const ENDPOINTS: usize = 8;
    let mut scenario = Scenario::without_operator().await;
    for n in 0..500 {
        let ours = n < ENDPOINTS;
        let function = if ours {
            FUNCTION_ARN.to_owned()
        } else {
            format!("{FUNCTION_ARN}-{n}")
        };
        if ours {
            scenario.aws.make_stream(&stream(n));
        }
        scenario
            .aws
            .map(&uuid(n), &stream(n), &function, |mapping| mapping.disabled = !ours);
    }
    scenario.start_operator();
    for n in 0..ENDPOINTS {
        let trigger = json!({ "name": "records", "eventSource": { "arn": stream(n) } });
        let spec = json!({ "aliasName": format!("alias-{n}"), "provisionedConcurrency": null, "triggers": [trigger] });
        scenario.apply_named(&format!("endpoint-{n}"), &spec);
    }
    for n in 0..ENDPOINTS {
        scenario.until_named(&format!("endpoint-{n}"), "Ready", Told::is_ready).await;
    }
    let mark = scenario.aws.mark();
    let reads = until("three looks at each endpoint", async || {
        let reads = scenario.aws.reads_since(mark);
        let looks = reads.iter().filter(|entry| entry.operation == "GetAlias").count();
        if looks >= 3 * ENDPOINTS {
            Ok(reads)
        } else {
            Err(format!("{looks} looks"))
        }
    })
    .await;
    assert!(
        scenario.aws.written_since(mark).is_empty(),
        "{:?}",
        scenario.aws.written_since(mark)
    );
    let took = reads.last().expect("reads").wall_time - reads.first().expect("reads").wall_time;
    let lists = reads.iter().filter(|entry| entry.operation == LIST).count();
    // A list is kept for three seconds here: as long as an endpoint is left alone.
    let sweeps = usize::try_from(took / 3000).expect("a small number") + 2;
    assert!(
        0 < lists && lists <= 5 * sweeps,
        "{lists} lists in {took} ms, five for each of at most {sweeps} sweeps"
    );
    assert!(reads.iter().all(|entry| entry.operation != "GetEventSourceMapping"));
}

/// A mapping at rest on a warm alias.
async fn at_rest() -> Scenario {
    let mut scenario = Scenario::without_operator().await;
    scenario.aws.set_up_by_hand(3);
    scenario.aws.make_stream(STREAM);
    scenario.aws.map(MAPPING, STREAM, ALIAS_ARN, |_| ());
    scenario.start_operator();
    scenario.apply(&orders());
    scenario.until_ready().await;
    scenario
}

/// Lets ten simulated minutes pass, doing something every real twentieth of a second, and checks that nothing is written.
async fn stays_quiet(scenario: &Scenario, meanwhile: impl Fn(&Scenario)) {
    let version = scenario.endpoint().await.metadata.resource_version;
    let (mark, began) = (scenario.aws.mark(), scenario.aws.sim().now());
    until("ten simulated minutes", async || {
        meanwhile(scenario);
        let passed = scenario.aws.sim().now() - began;
        if u128::from(passed) >= Duration::from_mins(10).as_millis() {
            Ok(())
        } else {
            Err(format!("{passed} ms"))
        }
    })
    .await;
    assert!(
        scenario.aws.written_since(mark).is_empty(),
        "{:?}",
        scenario.aws.written_since(mark)
    );
    let after = scenario.endpoint().await;
    assert_eq!(
        after.metadata.resource_version, version,
        "the object was written: {:?}",
        after.status
    );
    let reads = scenario.aws.reads_since(mark);
    assert!(reads.iter().any(|entry| entry.operation == LIST), "the operator looked");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_whose_mapping_is_at_rest_writes_nothing_to_aws_or_kubernetes() {
    let scenario = at_rest().await;
    // The last thing that there is to say about it.
    scenario.until_condition("CapacityIdle", "True LowUtilization").await;
    scenario.until_checked_again().await;
    stays_quiet(&scenario, |_| ()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_stream_does_not_churn_the_status() {
    let scenario = at_rest().await;
    let write = |scenario: &Scenario| scenario.aws.write_records(4);
    until("the records to be seen", async || {
        write(&scenario);
        let found = scenario.endpoint().await;
        let seen = found.told().triggers[0].iterator_age_seconds.is_some() && found.condition("TrafficOnAlias").starts_with("True");
        if seen { Ok(()) } else { Err(format!("{:?}", found.status)) }
    })
    .await;
    let began = scenario.aws.sim().now();
    until("a full window", async || {
        write(&scenario);
        let passed = scenario.aws.sim().now() - began;
        if u128::from(passed) >= Duration::from_mins(12).as_millis() {
            Ok(())
        } else {
            Err(format!("{passed} ms"))
        }
    })
    .await;
    stays_quiet(&scenario, write).await;
}
