//! Streams of the simulated AWS, their event source mappings, and what became of their records.

use std::collections::{BTreeMap, BTreeSet};

use awssim::world::event_source::{Delivery, EventSourceMapping, Outcome};
use awssim::world::stream::{NewRecord, Stream};
use awssim::world::{Code, Millis};

use super::aws::{Aws, FUNCTION};

/// A stream that nothing reads in the demo world.
pub const STREAM: &str = "arn:aws:dynamodb:eu-west-1:111122223333:table/reviews/stream/2026-01-01T00:00:00.000";
/// UUID of its mapping.
pub const MAPPING: &str = "0aaaaaaa-0000-4000-8000-000000000001";
/// The function without a qualifier.
pub const FUNCTION_ARN: &str = "arn:aws:lambda:eu-west-1:111122223333:function:fir-api";
/// The alias.
pub const ALIAS_ARN: &str = "arn:aws:lambda:eu-west-1:111122223333:function:fir-api:live";
/// The function's execution role.
pub const ROLE: &str = "arn:aws:iam::111122223333:role/fir-api";

/// Streams and mappings.
impl Aws {
    /// Somebody makes a stream of four shards.
    pub fn make_stream(&self, arn: &str) {
        self.region(|region| region.put_stream(arn, Stream::with_shards(4)));
    }

    /// There is a mapping, as made long ago, with five records a batch; `change` makes it a special one.
    pub fn map(&self, uuid: &str, source: &str, function_arn: &str, change: impl FnOnce(&mut EventSourceMapping)) {
        let mut mapping = EventSourceMapping {
            event_source_arn: Some(source.into()),
            function_arn: function_arn.into(),
            state_transition_reason: Some("User action".into()),
            last_processing_result: Some("No records processed".into()),
            batch_size: 5,
            parallelization_factor: 1,
            starting_position: Some(awssim::world::event_source::StartingPosition::TrimHorizon),
            ..EventSourceMapping::default()
        };
        change(&mut mapping);
        self.region(|region| region.event_source_mappings.insert(uuid.into(), mapping));
    }

    /// The mapping as it stands.
    pub fn mapping(&self, uuid: &str) -> Option<EventSourceMapping> {
        self.region(|region| region.event_source_mappings.get(uuid).cloned())
    }

    /// UUIDs of the mappings of a source.
    pub fn mappings_of(&self, source: &str) -> Vec<String> {
        self.region(|region| {
            let all = region.event_source_mappings.iter();
            let of_source = all.filter(|(_, mapping)| mapping.event_source_arn.as_deref() == Some(source));
            of_source.map(|(uuid, _)| uuid.clone()).collect()
        })
    }

    /// Somebody writes records, each with a key of its own, so that they spread over the shards.
    pub fn write_records(&self, count: usize) {
        let records = (0..count).map(|n| NewRecord {
            key: format!("order-{n}"),
            data: format!(r#"{{"order": {n}}}"#),
            ..NewRecord::default()
        });
        self.region(|region| region.put_records(STREAM, records.collect()))
            .expect("the stream is there");
    }

    /// The code of the function, published or not, is this one, and was so all the time.
    pub fn has_code(&self, text: &str) {
        self.region(|region| {
            let function = region.functions.get_mut(FUNCTION).expect("the function");
            for version in function.versions.values_mut().chain([&mut function.latest]) {
                version.code = Code::Text(text.into());
            }
        });
    }

    /// What became of the records so far.
    pub fn consumed(&self) -> Consumed {
        Consumed(self.region(|region| region.deliveries.since(0).collect()))
    }
}

/// Every delivery of every record, in their order.
pub struct Consumed(Vec<Delivery>);

impl Consumed {
    fn processed(&self) -> impl Iterator<Item = &Delivery> {
        self.0.iter().filter(|delivery| delivery.of.outcome == Outcome::Processed)
    }

    /// How many records were processed at least once.
    pub fn records(&self) -> usize {
        let distinct: BTreeSet<_> = self.processed().map(|delivery| delivery.sequence).collect();
        distinct.len()
    }

    /// How many were processed before a time.
    pub fn before(&self, time: Millis) -> usize {
        self.processed().filter(|delivery| delivery.of.time < time).count()
    }

    /// By shard, how often records were processed once more.
    pub fn again(&self) -> BTreeMap<&str, usize> {
        let (mut seen, mut again) = (BTreeSet::new(), BTreeMap::new());
        for delivery in self.processed() {
            if !seen.insert(delivery.sequence) {
                *again.entry(delivery.of.shard.as_str()).or_default() += 1;
            }
        }
        again
    }

    /// Records that a shard handed over for the first time after a later one.
    pub fn out_of_order(&self) -> Vec<&Delivery> {
        let (mut newest, mut seen) = (BTreeMap::new(), BTreeSet::new());
        let mut wrong = Vec::new();
        for delivery in self.processed() {
            let newest = newest.entry(delivery.of.shard.as_str()).or_insert(0);
            if seen.insert(delivery.sequence) && delivery.sequence < *newest {
                wrong.push(delivery);
            }
            *newest = (*newest).max(delivery.sequence);
        }
        wrong
    }

    /// ARNs of what was called from a time on.
    pub fn called_from(&self, time: Millis) -> BTreeSet<&str> {
        let later = self.0.iter().filter(|delivery| delivery.of.time >= time);
        later.map(|delivery| delivery.of.target.as_str()).collect()
    }
}
