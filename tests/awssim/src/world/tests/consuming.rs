//! AWS-87 to AWS-90, AWS-97 and AWS-100: what becomes of the records of streams and queues.

use std::collections::{BTreeMap, BTreeSet};

use super::super::event_source::{Delivery, EventSourceMapping, MappingChange, MappingState, Outcome, StartingPosition};
use super::super::metrics::Window;
use super::super::queue::{Queue, Redrive};
use super::super::stream::{NewRecord, Stream};
use super::super::{Millis, Region};
use super::{MINUTE, SECOND, move_live, pass, publish, region, warm_region};

const STREAM: &str = "arn:aws:dynamodb:eu-west-1:111122223333:table/orders/stream/2026-01-01T00:00:00.000";
const QUEUE: &str = "arn:aws:sqs:eu-west-1:111122223333:orders";
const DEAD: &str = "arn:aws:sqs:eu-west-1:111122223333:orders-dead";
const UUID: &str = "0a1b2c3d-0000-4000-8000-000000000001";
const HOUR: Millis = 60 * MINUTE;

/// A mapping of the stream on something of `fir-api`, which polls.
fn mapping(target: &str) -> EventSourceMapping {
    EventSourceMapping {
        event_source_arn: Some(STREAM.into()),
        function_arn: target.into(),
        ..EventSourceMapping::default()
    }
}

/// A stream of four shards and a mapping of it.
fn mapped(mut region: Region, mapping: EventSourceMapping) -> Region {
    region.put_stream(STREAM, Stream::with_shards(4));
    region.event_source_mappings.insert(UUID.into(), mapping);
    pass(&mut region, SECOND);
    region
}

fn put(region: &mut Region, count: usize, data: &str) {
    let record = |number: usize| NewRecord {
        key: format!("key-{number}"),
        data: data.into(),
        ..NewRecord::default()
    };
    region.put_records(STREAM, (0..count).map(record).collect()).unwrap();
}

fn log(region: &Region) -> Vec<Delivery> {
    region.deliveries.since(0).collect()
}

fn with(region: &Region, outcome: Outcome) -> Vec<u64> {
    log(region)
        .iter()
        .filter(|delivery| delivery.of.outcome == outcome)
        .map(|delivery| delivery.sequence)
        .collect()
}

/// Sequence numbers by shard in the order in which they were first processed.
fn first_processed(region: &Region) -> BTreeMap<String, Vec<u64>> {
    let mut seen: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for delivery in log(region).into_iter().filter(|delivery| delivery.of.outcome == Outcome::Processed) {
        let shard = seen.entry(delivery.of.shard).or_default();
        if !shard.contains(&delivery.sequence) {
            shard.push(delivery.sequence);
        }
    }
    seen
}

fn is_complete_and_in_order(region: &Region, count: usize) {
    let processed = first_processed(region);
    assert!(processed.values().all(|shard| shard.is_sorted()), "AWS-88: {processed:?}");
    assert_eq!(processed.values().map(Vec::len).sum::<usize>(), count, "no record is lost");
}

fn result(region: &Region) -> String {
    region.event_source_mappings[UUID].last_processing_result.clone().unwrap()
}

#[test]
fn records_are_processed_in_batches_and_in_the_order_of_their_shards() {
    let mut region = mapped(region(), mapping("fir-api:live"));
    assert_eq!(result(&region), "No records processed", "AWS-93");
    put(&mut region, 1000, "{}");
    pass(&mut region, 10 * SECOND);
    is_complete_and_in_order(&region, 1000);
    assert_eq!(log(&region).len(), 1000, "and none comes twice");
    assert_eq!(result(&region), "OK", "AWS-93");
    let invocations = region.metrics.minute(
        region.now,
        "AWS/Lambda",
        "Invocations",
        &[("FunctionName", "fir-api"), ("Resource", "fir-api:live")],
    );
    let batches: usize = region.streams[STREAM]
        .shards
        .values()
        .map(|shard| shard.records.len().div_ceil(100))
        .sum();
    assert_eq!(invocations.unwrap().sum, f64::from(u32::try_from(batches).unwrap()), "AWS-112");
}

#[test]
fn a_move_loses_no_record_keeps_the_order_and_redelivers_one_batch_per_shard_at_most() {
    let mut mapping = mapping("fir-api");
    mapping.batch_size = 20;
    let mut region = mapped(warm_region(), mapping);
    put(&mut region, 1000, "{}");
    pass(&mut region, SECOND + 100);
    region
        .update_event_source_mapping(UUID, &MappingChange::function("fir-api:live"))
        .unwrap();
    put(&mut region, 400, "{}");
    pass(&mut region, MINUTE);
    is_complete_and_in_order(&region, 1400);
    let mut again: BTreeMap<String, u32> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for delivery in log(&region) {
        if !seen.insert(delivery.sequence) {
            *again.entry(delivery.of.shard).or_default() += 1;
        }
    }
    assert_eq!(again.len(), 4, "AWS-88: what was in flight comes again");
    assert!(again.values().all(|count| *count <= 20), "AWS-88: {again:?}");
    assert_eq!(
        region.get_event_source_mapping(UUID).unwrap().mapping.function_arn,
        region.function_arn("fir-api", Some("live"))
    );
}

#[test]
fn the_old_target_gets_batches_for_some_seconds_after_the_mapping_is_enabled_again() {
    let mut region = mapped(region(), mapping("fir-api"));
    region
        .update_event_source_mapping(UUID, &MappingChange::function("fir-api:live"))
        .unwrap();
    let enabled = region.now + region.settings.mapping_update_ms;
    for _ in 0..60 {
        put(&mut region, 20, "{}");
        pass(&mut region, SECOND);
    }
    pass(&mut region, MINUTE);
    is_complete_and_in_order(&region, 1200);
    let (old, new) = (region.function_arn("fir-api", None), region.function_arn("fir-api", Some("live")));
    let times = |target: &str| {
        log(&region)
            .iter()
            .filter(|d| d.of.target == target)
            .map(|d| d.of.time)
            .collect::<Vec<_>>()
    };
    let (old, new) = (times(&old), times(&new));
    assert!(old.first().unwrap() >= &enabled, "AWS-89: nothing is polled during the update");
    assert!(
        *old.last().unwrap() > enabled + 5 * SECOND && *old.last().unwrap() < enabled + 10 * SECOND,
        "AWS-87"
    );
    assert!(
        new.first().unwrap() < old.last().unwrap(),
        "AWS-87: shards change over one after the other"
    );
}

#[test]
fn a_disabled_mapping_goes_on_where_it_was_and_what_is_too_old_by_then_is_lost() {
    let mut region = mapped(region(), mapping("fir-api"));
    put(&mut region, 10, "{}");
    pass(&mut region, MINUTE);
    region.update_event_source_mapping(UUID, &MappingChange::enabled(false)).unwrap();
    pass(&mut region, MINUTE);
    put(&mut region, 10, "{}");
    pass(&mut region, 23 * HOUR);
    assert_eq!(log(&region).len(), 10, "AWS-90: it reads nothing");
    assert_eq!(
        region
            .metrics
            .minute(region.now, "AWS/Lambda", "IteratorAge", &[("FunctionName", "fir-api")]),
        None,
        "AWS-97"
    );
    put(&mut region, 10, "{}");
    pass(&mut region, 2 * HOUR);
    region.update_event_source_mapping(UUID, &MappingChange::enabled(true)).unwrap();
    pass(&mut region, MINUTE);
    let processed: usize = first_processed(&region).values().map(Vec::len).sum();
    assert_eq!(processed, 20, "AWS-90: those of 25 hours ago are lost, no other");
    assert_eq!(log(&region).len(), 20, "AWS-90: nothing from before the checkpoint comes again");
}

#[test]
fn latest_misses_what_is_written_before_polling_begins() {
    let mut region = region();
    region.put_stream(STREAM, Stream::with_shards(1));
    put(&mut region, 1, "old");
    let latest = EventSourceMapping {
        starting_position: Some(StartingPosition::Latest),
        state: MappingState::Creating,
        settles_at: Some(region.now + 20 * SECOND),
        ..mapping("fir-api")
    };
    region.event_source_mappings.insert(UUID.into(), latest);
    pass(&mut region, 10 * SECOND);
    put(&mut region, 1, "while it is being made");
    pass(&mut region, 30 * SECOND);
    put(&mut region, 1, "new");
    pass(&mut region, 5 * SECOND);
    assert_eq!(with(&region, Outcome::Processed), [3], "AWS-89");
}

#[test]
fn a_batch_that_fails_blocks_its_shard_and_is_retried_until_it_is_given_up() {
    let mut region = region();
    publish(&mut region, "poison: bad");
    region.put_queue(DEAD, Queue::default());
    let mut mapping = mapping("fir-api");
    mapping.maximum_retry_attempts = Some(2);
    mapping.on_failure_destination = Some(DEAD.into());
    let mut region = mapped(region, mapping);
    let record = |data: &str| NewRecord {
        shard: Some("shardId-000000000000".into()),
        data: data.into(),
        ..NewRecord::default()
    };
    region.put_records(STREAM, vec![record("good"), record("bad")]).unwrap();
    pass(&mut region, 2 * SECOND);
    region.put_records(STREAM, vec![record("later")]).unwrap();
    assert_eq!(result(&region), "PROBLEM: Function call failed", "AWS-93");
    pass(&mut region, MINUTE);
    assert_eq!(
        with(&region, Outcome::Failed),
        [1, 2, 1, 2, 1, 2],
        "AWS-88: the batch as a whole, three times"
    );
    assert_eq!(with(&region, Outcome::Discarded), [1, 2], "AWS-88");
    assert_eq!(with(&region, Outcome::Processed), [3], "AWS-88: then the shard goes on");
    let message: serde_json::Value = serde_json::from_str(&region.queues[DEAD].messages[0].body).unwrap();
    assert_eq!(message["requestContext"]["condition"], "RetryAttemptsExhausted", "AWS-88");
    assert_eq!(message["DDBStreamBatchInfo"]["endSequenceNumber"], "2", "AWS-88");
}

#[test]
fn halving_leaves_only_the_poisonous_record_behind() {
    let mut region = region();
    publish(&mut region, "poison: bad");
    let mut mapping = mapping("fir-api");
    mapping.maximum_retry_attempts = Some(0);
    mapping.bisect_batch_on_function_error = true;
    let mut region = mapped(region, mapping);
    let record = |number: usize| NewRecord {
        shard: Some("shardId-000000000000".into()),
        data: if number == 5 { "bad".into() } else { "good".into() },
        ..NewRecord::default()
    };
    region.put_records(STREAM, (1..=16).map(record).collect()).unwrap();
    pass(&mut region, MINUTE);
    assert_eq!(with(&region, Outcome::Discarded), [5], "AWS-88");
    let expected: Vec<u64> = (1..=16).filter(|sequence| *sequence != 5).collect();
    assert_eq!(with(&region, Outcome::Processed), expected, "AWS-88: in order, each once");
}

#[test]
fn records_that_are_too_old_are_given_up_unseen() {
    let mut region = region();
    region.put_queue(DEAD, Queue::default());
    let mut mapping = mapping("fir-api");
    mapping.maximum_record_age_in_seconds = Some(60);
    mapping.on_failure_destination = Some(DEAD.into());
    let mut region = mapped(region, mapping);
    region.update_event_source_mapping(UUID, &MappingChange::enabled(false)).unwrap();
    pass(&mut region, MINUTE);
    put(&mut region, 4, "{}");
    pass(&mut region, MINUTE);
    region.update_event_source_mapping(UUID, &MappingChange::enabled(true)).unwrap();
    pass(&mut region, MINUTE);
    put(&mut region, 4, "{}");
    pass(&mut region, MINUTE);
    assert_eq!(with(&region, Outcome::Discarded).len(), 4, "AWS-88");
    assert_eq!(with(&region, Outcome::Processed).len(), 4, "AWS-88");
    assert!(region.queues[DEAD].messages[0].body.contains("RecordAgeExceeded"), "AWS-88");
}

#[test]
fn throttles_delay_records_and_are_counted() {
    let mut region = warm_region();
    region.put_function_concurrency("fir-api", 2).unwrap();
    let mut region = mapped(region, mapping("fir-api"));
    put(&mut region, 100, "{}");
    pass(&mut region, MINUTE);
    assert_eq!(
        log(&region)
            .iter()
            .filter(|delivery| delivery.of.outcome != Outcome::Throttled)
            .count(),
        0
    );
    let window = Window {
        start: region.now - 2 * MINUTE,
        end: region.now,
    };
    let read = |name: &str| {
        let points = region
            .metrics
            .read(region.now, "AWS/Lambda", name, &[("FunctionName", "fir-api")], window, HOUR);
        points.into_iter().map(|(_, point)| point).next().unwrap()
    };
    assert_eq!(read("Throttles").sum, 24.0, "AWS-112: four shards, six times each within a minute");
    assert_eq!(read("IteratorAge").max, 32_000.0, "AWS-97");
    region.delete_function_concurrency("fir-api").unwrap();
    pass(&mut region, 2 * MINUTE);
    is_complete_and_in_order(&region, 100);
}

#[test]
fn the_age_of_the_newest_record_of_a_batch_is_reported_for_the_function_and_for_what_is_called() {
    let mut region = mapped(region(), mapping("fir-api:live"));
    region.update_event_source_mapping(UUID, &MappingChange::enabled(false)).unwrap();
    pass(&mut region, MINUTE);
    put(&mut region, 4, "{}");
    pass(&mut region, HOUR);
    region.update_event_source_mapping(UUID, &MappingChange::enabled(true)).unwrap();
    pass(&mut region, 20 * SECOND);
    for dimensions in [
        vec![("FunctionName", "fir-api")],
        vec![("FunctionName", "fir-api"), ("Resource", "fir-api:live")],
    ] {
        let age = region
            .metrics
            .minute(region.now, "AWS/Lambda", "IteratorAge", &dimensions)
            .unwrap()
            .max;
        assert_eq!(age, 3_612_000.0, "AWS-97");
    }
}

#[test]
fn a_mapping_on_an_alias_uses_its_warm_environments_and_one_on_the_function_does_not() {
    for (target, provisioned) in [("fir-api:live", true), ("fir-api", false)] {
        let mut region = mapped(warm_region(), mapping(target));
        region.put_records(STREAM, vec![NewRecord::default()]).unwrap();
        pass(&mut region, 5 * SECOND);
        assert_eq!(log(&region)[0].of.provisioned, provisioned, "AWS-113: {target}");
        let warm = region.metrics.minute(
            region.now,
            "AWS/Lambda",
            "ProvisionedConcurrencyInvocations",
            &[("FunctionName", "fir-api")],
        );
        assert_eq!(warm.is_some_and(|point| point.sum > 0.0), provisioned, "AWS-113: {target}");
    }
}

#[test]
fn an_alias_that_moves_is_followed_without_a_lost_record() {
    let mut region = mapped(region(), mapping("fir-api:live"));
    let two = publish(&mut region, "two");
    put(&mut region, 100, "{}");
    pass(&mut region, 5 * SECOND);
    move_live(&mut region, &two);
    put(&mut region, 100, "{}");
    pass(&mut region, 5 * SECOND);
    is_complete_and_in_order(&region, 200);
    let versions: BTreeSet<_> = log(&region).into_iter().map(|delivery| delivery.of.version).collect();
    assert_eq!(versions.into_iter().collect::<Vec<_>>(), ["1", "2"]);
}

#[test]
fn several_batches_of_a_shard_at_once_keep_the_order_of_each_key() {
    let mut region = region();
    publish(&mut region, "duration: 300ms");
    let mut mapping = mapping("fir-api");
    mapping.parallelization_factor = 4;
    mapping.batch_size = 5;
    let mut region = mapped(region, mapping);
    let records = (0..400).map(|number| NewRecord {
        key: format!("key-{}", number % 10),
        data: number.to_string(),
        shard: Some("shardId-000000000000".into()),
    });
    region.put_records(STREAM, records.collect()).unwrap();
    pass(&mut region, MINUTE);
    let key = |sequence: u64| (sequence - 1) % 10;
    let order: Vec<u64> = with(&region, Outcome::Processed);
    assert_eq!(order.len(), 400);
    assert!(!order.is_sorted(), "batches overtake each other");
    for wanted in 0..10 {
        assert!(
            order.iter().filter(|sequence| key(**sequence) == wanted).is_sorted(),
            "AWS-88: key {wanted}"
        );
    }
    assert_eq!(region.event_source_mappings[UUID].checkpoints["shardId-000000000000"], "400");
}

#[test]
fn another_parallelisation_waits_for_the_batch_that_is_in_flight() {
    let mut region = region();
    publish(&mut region, "duration: 30000ms");
    let mut region = mapped(region, mapping("fir-api"));
    region.put_records(STREAM, vec![NewRecord::default()]).unwrap();
    pass(&mut region, 2 * SECOND);
    let change = MappingChange {
        parallelization_factor: Some(2),
        ..MappingChange::default()
    };
    region.update_event_source_mapping(UUID, &change).unwrap();
    pass(&mut region, 2 * MINUTE);
    let times: Vec<_> = log(&region).iter().map(|delivery| delivery.of.time).collect();
    assert_eq!(times.len(), 2, "AWS-88: nobody heard the answer, the record comes again");
    assert!(times[1] >= times[0] + 30 * SECOND, "AWS-88: but not while it is being processed");
}

#[test]
fn only_what_the_filter_takes_reaches_the_function() {
    let mut mapping = mapping("fir-api");
    mapping.filter_patterns = vec![r#"{"kind": ["order"]}"#.into()];
    let mut region = mapped(region(), mapping);
    put(&mut region, 10, r#"{"kind": "order"}"#);
    put(&mut region, 10, r#"{"kind": "test"}"#);
    pass(&mut region, MINUTE);
    let processed: BTreeSet<u64> = with(&region, Outcome::Processed).into_iter().collect();
    assert_eq!(processed, (1..=10).collect());
    assert!(
        region.event_source_mappings[UUID]
            .checkpoints
            .values()
            .any(|last| last.parse::<u64>().unwrap() > 10)
    );
}

#[test]
fn a_batch_waits_for_its_window_unless_it_is_full() {
    let mut mapping = mapping("fir-api");
    (mapping.batch_size, mapping.maximum_batching_window_in_seconds) = (10, 60);
    let mut region = mapped(region(), mapping);
    let record = || NewRecord {
        shard: Some("shardId-000000000000".into()),
        ..NewRecord::default()
    };
    region.put_records(STREAM, vec![record(); 9]).unwrap();
    pass(&mut region, 30 * SECOND);
    assert_eq!(log(&region).len(), 0);
    region.put_records(STREAM, vec![record()]).unwrap();
    pass(&mut region, 2 * SECOND);
    assert_eq!(log(&region).len(), 10);
    region.put_records(STREAM, vec![record()]).unwrap();
    pass(&mut region, 62 * SECOND);
    assert_eq!(log(&region).len(), 11);
}

#[test]
fn a_source_that_is_gone_and_a_role_that_cannot_read_stop_the_mapping_and_then_disable_it() {
    let mut region = mapped(region(), mapping("fir-api"));
    region.delete_stream(STREAM);
    pass(&mut region, 5 * SECOND);
    assert!(result(&region).starts_with("PROBLEM: "), "AWS-93");
    pass(&mut region, HOUR);
    assert_eq!(region.event_source_mappings[UUID].state, MappingState::Disabled, "AWS-94");
}

fn queue_region(code: &str) -> Region {
    let mut region = region();
    publish(&mut region, code);
    let redrive = Redrive {
        dead_letter_target_arn: DEAD.into(),
        max_receive_count: 3,
    };
    region.put_queue(
        QUEUE,
        Queue {
            redrive: Some(redrive),
            ..Queue::default()
        },
    );
    region.put_queue(DEAD, Queue::default());
    let mapping = EventSourceMapping {
        event_source_arn: Some(QUEUE.into()),
        function_arn: "fir-api".into(),
        ..EventSourceMapping::default()
    };
    region.event_source_mappings.insert(UUID.into(), mapping);
    pass(&mut region, SECOND);
    region
}

#[test]
fn messages_are_deleted_when_the_function_took_them_and_moves_lose_none() {
    let mut region = queue_region("fine");
    region.send_messages(QUEUE, (0..500).map(|n| n.to_string()).collect()).unwrap();
    pass(&mut region, 200);
    region
        .update_event_source_mapping(UUID, &MappingChange::function("fir-api:live"))
        .unwrap();
    region.send_messages(QUEUE, (0..500).map(|n| n.to_string()).collect()).unwrap();
    pass(&mut region, 2 * MINUTE);
    let processed: BTreeSet<_> = with(&region, Outcome::Processed).into_iter().collect();
    assert_eq!(processed.len(), 1000, "AWS-100");
    assert!(region.queues[QUEUE].messages.is_empty(), "AWS-100");
    let targets: BTreeSet<_> = log(&region).into_iter().map(|delivery| delivery.of.target).collect();
    assert_eq!(targets.len(), 2, "AWS-87");
}

#[test]
fn a_message_that_keeps_failing_comes_back_after_the_visibility_time_out_and_ends_in_the_dead_letter_queue() {
    let mut region = queue_region("poison: bad");
    region.send_messages(QUEUE, vec!["bad".into()]).unwrap();
    pass(&mut region, SECOND);
    region.send_messages(QUEUE, vec!["good".into()]).unwrap();
    pass(&mut region, 3 * MINUTE);
    assert_eq!(with(&region, Outcome::Failed), [1, 1, 1], "AWS-100");
    assert_eq!(with(&region, Outcome::Processed), [2], "AWS-100: the queue is not blocked");
    assert!(region.queues[QUEUE].messages.is_empty());
    assert_eq!(region.queues[DEAD].messages[0].body, "bad", "AWS-100");
}

#[test]
fn a_queue_is_worked_on_by_as_many_calls_as_the_mapping_allows() {
    let mut region = queue_region("duration: 1000ms");
    region.event_source_mappings.get_mut(UUID).unwrap().maximum_concurrency = Some(2);
    region.send_messages(QUEUE, (0..100).map(|n| n.to_string()).collect()).unwrap();
    pass(&mut region, 500);
    assert_eq!(log(&region).len(), 20);
    pass(&mut region, MINUTE);
    assert_eq!(with(&region, Outcome::Processed).len(), 100);
}

#[test]
fn a_cluster_is_read_by_topic_from_where_its_consumer_group_is() {
    let cluster = "arn:aws:kafka:eu-west-1:111122223333:cluster/orders/1a2b";
    let mut region = region();
    let topics = [("orders".to_owned(), 2), ("refunds".to_owned(), 1)].into();
    region.put_stream(
        cluster,
        Stream {
            topics,
            ..Stream::default()
        },
    );
    let kafka = EventSourceMapping {
        event_source_arn: Some(cluster.into()),
        topics: vec!["orders".into()],
        consumer_group_id: Some("shop".into()),
        ..mapping("fir-api")
    };
    region.event_source_mappings.insert(UUID.into(), kafka.clone());
    let record = |shard: &str| NewRecord {
        shard: Some(shard.into()),
        ..NewRecord::default()
    };
    let all = || vec![record("orders-0"), record("orders-1"), record("refunds-0"), record("orders-0")];
    region.put_records(cluster, all()).unwrap();
    pass(&mut region, 5 * SECOND);
    assert_eq!(with(&region, Outcome::Processed), [1, 4, 2], "AWS-99");
    let lag = region
        .metrics
        .minute(region.now, "AWS/Lambda", "OffsetLag", &[("FunctionName", "fir-api")]);
    assert_eq!(lag.unwrap().max, 2.0, "AWS-97");
    region.event_source_mappings.clear();
    region.event_source_mappings.insert(UUID.into(), kafka);
    region.put_records(cluster, all()).unwrap();
    pass(&mut region, 5 * SECOND);
    assert_eq!(
        with(&region, Outcome::Processed),
        [1, 4, 2, 5, 8, 6],
        "AWS-99: a new mapping goes on where the group was"
    );
}

#[test]
fn a_thousand_records_and_hours_of_nothing_settle_at_once_among_five_hundred_mappings() {
    let mut region = mapped(region(), mapping("fir-api:live"));
    for number in 1..500 {
        let source = format!("arn:aws:kinesis:eu-west-1:111122223333:stream/idle-{number}");
        region.put_stream(&source, Stream::with_shards(4));
        let idle = EventSourceMapping {
            event_source_arn: Some(source),
            ..mapping("fir-api")
        };
        region
            .event_source_mappings
            .insert(format!("0a1b2c3d-0000-4000-8000-{number:012}0"), idle);
    }
    pass(&mut region, SECOND);
    assert_eq!(region.due(), None, "idle mappings have nothing to do");
    put(&mut region, 1000, "{}");
    let begun = std::time::Instant::now();
    pass(&mut region, 10 * SECOND);
    let consumed = begun.elapsed();
    is_complete_and_in_order(&region, 1000);
    let begun = std::time::Instant::now();
    pass(&mut region, 12 * HOUR);
    let idle = begun.elapsed();
    // A hundred times what an unloaded machine takes: only a loop over every simulated second would be slower.
    assert!(consumed.as_secs() < 5 && idle.as_millis() < 1000, "{consumed:?} and {idle:?}");
}
