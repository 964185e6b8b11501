//! A mapping is moved to the alias while a thousand records wait in its stream.

use std::time::Duration;

use awssim::sim::Fault;
use awssim::world::queue::Queue;
use serde_json::{Value, json};

use crate::harness::aws::FUNCTION;
use crate::harness::endpoint::Told;
use crate::harness::records::{ALIAS_ARN, FUNCTION_ARN, MAPPING, STREAM};
use crate::harness::scenario::Scenario;

const RECORDS: usize = 1000;
const UPDATE: &str = "UpdateEventSourceMapping";

/// The spec of an endpoint with the stream as its only trigger.
pub fn orders() -> Value {
    json!({ "triggers": [{ "name": "orders", "eventSource": { "arn": STREAM } }] })
}

/// A warm alias beside a mapping on the bare function, an operator that has seen the endpoint and may not act yet, and then a
/// thousand records in four shards, which are handed over in batches of this size. Each takes nine seconds, so that most are
/// processed after the move.
async fn flood(batch: u32) -> Scenario {
    let mut scenario = Scenario::without_operator().await;
    scenario.aws.has_code("reviews 40, duration: 9000ms, init: 900ms");
    scenario.aws.set_up_by_hand(3);
    scenario.aws.make_stream(STREAM);
    scenario
        .aws
        .map(MAPPING, STREAM, FUNCTION_ARN, |mapping| mapping.batch_size = batch);
    scenario.start_operator();
    let mut spec = orders();
    spec["suspend"] = true.into();
    scenario.apply(&spec);
    scenario.until_condition("Ready", "False Suspended").await;
    scenario.aws.write_records(RECORDS);
    scenario
}

/// Lets the operator act, and judges the move by what became of the records.
async fn is_moved_without_loss(mut scenario: Scenario, disturb: impl AsyncFnOnce(&mut Scenario)) {
    scenario.patch_spec(&json!({ "suspend": false }));
    disturb(&mut scenario).await;
    let found = scenario.until_ready().await;
    let status = &found.told().triggers[0];
    assert_eq!((status.uuid.as_deref(), status.state.as_deref()), (Some(MAPPING), Some("Enabled")));
    assert!(status.qualified, "{status:?}");
    assert_eq!(scenario.aws.mappings_of(STREAM), [MAPPING], "the same mapping, and no other");

    let moves: Vec<_> = scenario
        .aws
        .writes_since(0)
        .into_iter()
        .filter(|w| w.operation == UPDATE && w.carried_out > 0)
        .collect();
    assert_eq!(moves.iter().map(|entry| entry.carried_out).sum::<u32>(), 1, "moved once");
    assert_eq!(
        scenario.aws.written_since(0).iter().filter(|w| *w != UPDATE).count(),
        0,
        "and nothing else is written"
    );
    scenario
        .until_aws("every record to be processed", |aws| {
            (aws.consumed().records() == RECORDS).then_some(())
        })
        .await;
    let consumed = scenario.aws.consumed();
    let before = consumed.before(moves[0].time);
    assert!(
        0 < before && before < RECORDS,
        "{before} of {RECORDS} records were processed before the move"
    );
    assert!(consumed.out_of_order().is_empty(), "{:?}", consumed.out_of_order());
    let again = consumed.again();
    println!("processed before the move: {before}; processed once more, by shard: {again:?}");
    let batch = usize::try_from(scenario.aws.mapping(MAPPING).expect("it is there").batch_size).expect("a small number");
    assert!(
        again.values().all(|count| *count <= batch),
        "at most one batch of each shard: {again:?}"
    );
    // The update takes ten seconds, and for ten more the old target may be called.
    let after = consumed.called_from(moves[0].time + 30_000);
    assert_eq!(after.into_iter().collect::<Vec<_>>(), [ALIAS_ARN]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mapping_moves_under_a_thousand_records_and_none_is_lost_or_out_of_order() {
    is_moved_without_loss(flood(5).await, async |_| ()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_move_whose_answer_is_lost_is_not_made_again() {
    let scenario = flood(5).await;
    scenario.aws.lose_answer(UPDATE);
    is_moved_without_loss(scenario, async |_| ()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_that_is_killed_in_the_middle_of_a_move_leaves_it_to_the_next() {
    let scenario = flood(5).await;
    scenario.aws.fault(UPDATE, Some(1), Fault::DelayAnswer { milliseconds: 60_000 });
    is_moved_without_loss(scenario, async |scenario: &mut Scenario| {
        scenario
            .until_aws("the move", |aws| (aws.count_since(0, UPDATE) > 0).then_some(()))
            .await;
        scenario.operators[0].kill();
        scenario.start_operator();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_storm_of_throttles_delays_a_move_and_does_not_repeat_it() {
    let scenario = flood(2).await;
    let throttle = Fault::Fail {
        status: 429,
        code: "TooManyRequestsException".into(),
        message: "Rate exceeded".into(),
        retry_after_seconds: None,
        reason: Some("CallerRateLimitExceeded".into()),
    };
    for operation in ["GetAlias", "ListEventSourceMappings", UPDATE] {
        scenario.aws.fault(operation, Some(1), throttle.clone());
    }
    is_moved_without_loss(scenario, async |_| ()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mapping_waits_until_the_new_alias_is_warm() {
    let mut scenario = Scenario::without_operator().await;
    scenario.aws.make_stream(STREAM);
    scenario.aws.map(MAPPING, STREAM, FUNCTION_ARN, |_| ());
    scenario.start_operator();
    scenario.apply(&orders());
    let found = scenario
        .until_endpoint("the trigger to wait for the alias", |found| {
            found.condition("TriggerReady") == "False Waiting"
        })
        .await;
    assert!(
        found.message("TriggerReady").contains("once the alias is warm"),
        "{}",
        found.message("TriggerReady")
    );
    scenario.until_ready().await;
    let moved = scenario
        .aws
        .writes_since(0)
        .into_iter()
        .find(|w| w.operation == UPDATE)
        .expect("a move")
        .time;
    let asked = scenario
        .aws
        .writes_since(0)
        .into_iter()
        .find(|w| w.operation.starts_with("PutProvisioned"))
        .expect("warm capacity")
        .time;
    let allocated = Duration::from_mins(2).as_millis();
    assert!(
        u128::from(moved - asked) >= allocated,
        "moved {} ms after the capacity was asked for",
        moved - asked
    );
    assert_eq!(
        scenario
            .aws
            .region(|region| region.functions[FUNCTION].policies.get("live").map(|p| p.statements.len())),
        None
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_source_is_recognised_and_its_mapping_moved_in_place() {
    const SITE: &str = "eu-west-1:111122223333";
    let mut scenario = Scenario::without_operator().await;
    scenario.aws.set_up_by_hand(3);
    let uuid = |n: usize| format!("0ddddddd-0000-4000-8000-{n:012}");
    let (kinesis, queue) = (
        format!("arn:aws:kinesis:{SITE}:stream/reviews"),
        format!("arn:aws:sqs:{SITE}:reviews"),
    );
    let (cluster, servers) = (format!("arn:aws:kafka:{SITE}:cluster/reviews/1"), ["b1:9092", "b2:9092"]);
    scenario.aws.make_stream(&kinesis);
    scenario.aws.map(&uuid(1), &kinesis, FUNCTION_ARN, |_| ());
    scenario.aws.region(|region| region.put_queue(&queue, Queue::default()));
    scenario.aws.map(&uuid(2), &queue, FUNCTION_ARN, |mapping| {
        mapping.starting_position = None;
        mapping.last_processing_result = None;
    });
    for (n, topic) in [(3, "reviews"), (4, "votes")] {
        scenario
            .aws
            .map(&uuid(n), &cluster, FUNCTION_ARN, |mapping| mapping.topics = vec![topic.into()]);
    }
    scenario.aws.map(&uuid(5), "", FUNCTION_ARN, |mapping| {
        mapping.event_source_arn = None;
        mapping.kafka_bootstrap_servers = servers.map(str::to_owned).to_vec();
        mapping.topics = vec!["reviews".into()];
    });
    scenario.start_operator();
    let trigger = |name: &str, source: Value| json!({ "name": name, "eventSource": source });
    let triggers = json!([
        trigger("kinesis", json!({ "arn": kinesis })),
        trigger("queue", json!({ "arn": queue })),
        trigger("kafka", json!({ "arn": cluster, "topic": "reviews" })),
        trigger(
            "brokers",
            json!({ "selfManagedKafka": { "bootstrapServers": [servers[1], servers[0]] }, "topic": "reviews" })
        ),
    ]);
    scenario.apply(&json!({ "triggers": triggers }));
    let found = scenario.until_ready().await;
    let told: Vec<_> = found
        .told()
        .triggers
        .into_iter()
        .map(|t| (t.name, t.uuid.unwrap_or_default(), t.qualified))
        .collect();
    let moved = [("kinesis", 1), ("queue", 2), ("kafka", 3), ("brokers", 5)].map(|(name, n)| (name.to_owned(), uuid(n), true));
    assert_eq!(told, moved);
    let target = |n| scenario.aws.mapping(&uuid(n)).map(|mapping| mapping.function_arn);
    assert_eq!([1, 2, 3, 5].map(target), [(); 4].map(|()| Some(ALIAS_ARN.to_owned())));
    assert_eq!(
        target(4).as_deref(),
        Some(FUNCTION_ARN),
        "a topic that no trigger names is left alone"
    );
    assert_eq!(scenario.aws.written_since(0), [UPDATE; 4]);
}
