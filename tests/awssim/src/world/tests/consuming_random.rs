//! Whatever is done to a mapping, its function and its alias: every record is processed at least once, and in order.

use std::collections::{BTreeMap, BTreeSet};

use super::super::event_source::{EventSourceMapping, MappingChange, Outcome};
use super::super::queue::Queue;
use super::super::stream::{NewRecord, Stream};
use super::super::{AliasChange, Millis, Region};
use super::random::Numbers;
use super::{MINUTE, SECOND, pass, publish, warm_region};

const STREAM: &str = "arn:aws:kinesis:eu-west-1:111122223333:stream/orders";
const QUEUE: &str = "arn:aws:sqs:eu-west-1:111122223333:orders";
const STREAMED: &str = "0a1b2c3d-0000-4000-8000-000000000001";
const QUEUED: &str = "0a1b2c3d-0000-4000-8000-000000000002";

/// Versions 1 and 2 work, 3 fails each call, 4 does not start.
fn begin() -> Region {
    let mut region = warm_region();
    for code in ["duration: 3000ms", "handler: fail", "init: fail"] {
        publish(&mut region, code);
    }
    region.update_function_code("fir-api", "duration: 5000ms", false, None).unwrap();
    region.put_stream(STREAM, Stream::with_shards(3));
    region.put_queue(QUEUE, Queue::default());
    for (uuid, source) in [(STREAMED, STREAM), (QUEUED, QUEUE)] {
        let mapping = EventSourceMapping {
            event_source_arn: Some(source.into()),
            function_arn: "fir-api".into(),
            ..EventSourceMapping::default()
        };
        region.event_source_mappings.insert(uuid.into(), mapping);
    }
    pass(&mut region, MINUTE);
    region
}

/// What was written: shard and key by sequence number, and how many messages.
#[derive(Default)]
struct Written {
    records: BTreeMap<u64, (String, String)>,
    messages: u64,
}

fn write(region: &mut Region, numbers: &mut Numbers, written: &mut Written) {
    let keys: Vec<String> = (0..numbers.below(60)).map(|_| format!("key-{}", numbers.below(12))).collect();
    let records = keys.iter().map(|key| NewRecord {
        key: key.clone(),
        ..NewRecord::default()
    });
    let places = region.put_records(STREAM, records.collect()).unwrap();
    for (place, key) in places.into_iter().zip(keys) {
        written.records.insert(place.sequence, (place.shard, key));
    }
    let messages = (0..numbers.below(40)).map(|number| number.to_string()).collect();
    written.messages = region
        .send_messages(QUEUE, messages)
        .unwrap()
        .last()
        .copied()
        .unwrap_or(written.messages);
}

/// Something that a person, the operator or bad luck does; much of it is refused in most states.
fn act(region: &mut Region, numbers: &mut Numbers, several: bool, written: &mut Written) {
    let uuid = [STREAMED, QUEUED][usize::try_from(numbers.below(2)).unwrap()];
    let target = ["fir-api", "fir-api:live", "fir-api:2", "fir-api:$LATEST"][usize::try_from(numbers.below(4)).unwrap()];
    let version = (1 + numbers.below(4)).to_string();
    match numbers.below(9) {
        0..=2 => write(region, numbers, written),
        3 => drop(region.update_event_source_mapping(uuid, &MappingChange::function(target))),
        4 => drop(region.update_event_source_mapping(uuid, &MappingChange::enabled(numbers.below(2) == 0))),
        5 => drop(region.update_alias("fir-api", "live", &AliasChange::version(&version))),
        6 => drop(region.put_function_concurrency("fir-api", u32::try_from(2 + numbers.below(3)).unwrap())),
        7 => drop(region.delete_function_concurrency("fir-api")),
        _ => {
            let change = MappingChange {
                batch_size: Some(i64::try_from(1 + numbers.below(30)).unwrap()),
                parallelization_factor: several.then(|| i64::try_from(1 + numbers.below(3)).unwrap()),
                bisect_batch_on_function_error: Some(numbers.below(2) == 0),
                ..MappingChange::default()
            };
            drop(region.update_event_source_mapping(STREAMED, &change));
        }
    }
}

/// Everything works again, for long enough.
fn heal(region: &mut Region) {
    region.delete_function_concurrency("fir-api").unwrap();
    pass(region, 30 * MINUTE);
    // A wedged alias goes back to the version it came from and nowhere else (AWS-32).
    for version in ["1", "2", "3", "1"] {
        drop(region.update_alias("fir-api", "live", &AliasChange::version(version).clearing_weights()));
        pass(region, 30 * MINUTE);
    }
    assert_eq!(region.get_alias("fir-api", "live").unwrap().function_version, "1");
    for uuid in [STREAMED, QUEUED] {
        region.update_event_source_mapping(uuid, &MappingChange::enabled(true)).unwrap();
    }
    pass(region, 30 * MINUTE);
}

/// Numbers in the order of their first processing.
fn processed(region: &Region, source: &str) -> Vec<u64> {
    let mut seen = BTreeSet::new();
    let taken = region
        .deliveries
        .since(0)
        .filter(|delivery| delivery.of.source == source && delivery.of.outcome == Outcome::Processed);
    taken
        .map(|delivery| delivery.sequence)
        .filter(|sequence| seen.insert(*sequence))
        .collect()
}

fn groups<'a>(order: &[u64], of: impl Fn(u64) -> &'a String) -> BTreeMap<&'a String, Vec<u64>> {
    let mut groups: BTreeMap<_, Vec<u64>> = BTreeMap::new();
    for sequence in order {
        groups.entry(of(*sequence)).or_default().push(*sequence);
    }
    groups
}

#[test]
fn every_record_is_processed_at_least_once_and_in_order_whatever_happens() {
    let (mut records, mut again, mut failed) = (0, 0, 0);
    for seed in 1..=60 {
        let several = seed % 2 == 0;
        let (mut region, mut numbers, mut written) = (begin(), Numbers::of(seed), Written::default());
        for _ in 0..40 {
            act(&mut region, &mut numbers, several, &mut written);
            let wait = numbers.below(25) * 997;
            pass(&mut region, wait);
        }
        heal(&mut region);
        let order = processed(&region, STREAM);
        assert_eq!(order.len(), written.records.len(), "AWS-88, seed {seed}: all records");
        assert_eq!(
            processed(&region, QUEUE).len() as u64,
            written.messages,
            "AWS-100, seed {seed}: all messages"
        );
        let keys = groups(&order, |sequence| &written.records[&sequence].1);
        assert!(keys.values().all(|key| key.is_sorted()), "AWS-88, seed {seed}: per key");
        let shards = groups(&order, |sequence| &written.records[&sequence].0);
        assert!(
            several || shards.values().all(|shard| shard.is_sorted()),
            "AWS-88, seed {seed}: per shard"
        );
        assert!(region.queues[QUEUE].messages.is_empty(), "AWS-100, seed {seed}");
        records += order.len();
        let deliveries = || region.deliveries.since(0).filter(|delivery| delivery.of.source == STREAM);
        failed += deliveries().filter(|delivery| delivery.of.outcome == Outcome::Failed).count();
        again += deliveries().filter(|delivery| delivery.of.outcome == Outcome::Processed).count() - order.len();
    }
    assert!(
        records > 10_000 && again > 20 && failed > 100,
        "the acts reach much: {records}, {again} and {failed}"
    );
}

#[test]
fn records_are_consumed_alike_in_many_steps_and_in_one() {
    for seed in 1..=30 {
        let (mut once, mut often, mut numbers) = (begin(), begin(), Numbers::of(seed));
        for _ in 0..30 {
            act(&mut often, &mut numbers.clone(), true, &mut Written::default());
            act(&mut once, &mut numbers, true, &mut Written::default());
            let wait: Millis = 1 + numbers.below(60);
            pass(&mut once, wait * SECOND);
            (0..wait * 4).for_each(|_| pass(&mut often, SECOND / 4));
            assert!(once == often, "seed {seed}");
        }
    }
}
