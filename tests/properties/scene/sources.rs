//! What functions read from: a DynamoDB stream and a queue that are mapped to the endpoint's function, a Kinesis stream that nobody
//! reads, and a Kafka cluster.

use awssim::world::event_source::{MappingChange, NewMapping, SourceAccess};
use awssim::world::queue::Queue;
use awssim::world::stream::{NewRecord, Stream};
use awssim::world::{ById, Region};

use super::{FUNCTION, OTHER};

/// Execution role of all functions.
pub const ROLE: &str = "arn:aws:iam::111122223333:role/functions";
/// Brokers of the Kafka cluster.
pub const BROKERS: [&str; 2] = ["b-1.example.com:9092", "b-2.example.com:9092"];
/// Topics of the Kafka cluster.
pub const TOPICS: [&str; 2] = ["events", "audit"];

/// A source by its place in the scene.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// A DynamoDB stream with two shards.
    Orders,
    /// A Kinesis stream with two shards.
    Clicks,
    /// An SQS queue.
    Jobs,
    /// A topic of a Kafka cluster that AWS does not manage.
    Kafka(usize),
}

impl Place {
    /// Its ARN; none for Kafka.
    pub fn arn(self) -> Option<&'static str> {
        match self {
            Self::Orders => Some("arn:aws:dynamodb:eu-west-1:111122223333:table/orders/stream/2026-01-01T00:00:00.000"),
            Self::Clicks => Some("arn:aws:kinesis:eu-west-1:111122223333:stream/clicks"),
            Self::Jobs => Some("arn:aws:sqs:eu-west-1:111122223333:jobs"),
            Self::Kafka(_) => None,
        }
    }

    /// Its Kafka topic.
    pub fn topic(self) -> Option<&'static str> {
        match self {
            Self::Kafka(n) => Some(TOPICS[n]),
            _ => None,
        }
    }

    /// What the region calls it.
    pub fn key(self) -> String {
        self.arn().map_or_else(|| BROKERS.join(","), str::to_owned)
    }

    /// What makes a mapping of it.
    pub fn mapping(self, function: &str) -> NewMapping {
        let settings = MappingChange {
            function_name: Some(function.into()),
            batch_size: (self != Self::Jobs).then_some(20),
            source_access_configurations: self.arn().is_none().then(|| {
                vec![SourceAccess {
                    kind: "BASIC_AUTH".into(),
                    uri: "arn:aws:secretsmanager:eu-west-1:111122223333:secret:kafka".into(),
                }]
            }),
            ..MappingChange::default()
        };
        NewMapping {
            event_source_arn: self.arn().map(str::to_owned),
            kafka_bootstrap_servers: self.arn().map_or_else(|| BROKERS.map(str::to_owned).to_vec(), |_| Vec::new()),
            topics: self.topic().map(str::to_owned).into_iter().collect(),
            starting_position: (self != Self::Jobs).then(|| "TRIM_HORIZON".into()),
            settings,
            ..NewMapping::default()
        }
    }

    /// Makes it, empty.
    pub fn make(self, region: &mut Region) {
        match self {
            Self::Jobs => region.put_queue(&self.key(), Queue::default()),
            Self::Kafka(_) => {
                let topics: ById<u32> = TOPICS.iter().map(|topic| ((*topic).to_owned(), 2)).collect();
                let stream = Stream {
                    topics,
                    ..Stream::default()
                };
                region.put_stream(&self.key(), stream);
            }
            _ => region.put_stream(&self.key(), Stream::with_shards(2)),
        }
    }

    /// Writes so many records or messages and answers their numbers; nothing when it is not there.
    pub fn write(self, region: &mut Region, count: u8) -> Vec<u64> {
        if self == Self::Jobs {
            let bodies = (0..count).map(|n| n.to_string()).collect();
            return region.send_messages(&self.key(), bodies).unwrap_or_default();
        }
        // Of a cluster the topic is what is written to.
        let partitions = region
            .streams
            .get(&self.key())
            .map(|s| s.shards.keys().cloned().collect::<Vec<_>>());
        let topic = self.topic().map(|topic| format!("{topic}-"));
        let partitions: Vec<_> = partitions
            .into_iter()
            .flatten()
            .filter(|id| topic.as_ref().is_some_and(|t| id.starts_with(t)))
            .collect();
        let record = |n: u8| NewRecord {
            key: format!("key-{n}"),
            shard: partitions.get(usize::from(n) % partitions.len().max(1)).cloned(),
            ..NewRecord::default()
        };
        let written = region.put_records(&self.key(), (0..count).map(record).collect());
        written.unwrap_or_default().into_iter().map(|place| place.sequence).collect()
    }
}

/// Makes the sources and their mappings.
pub fn make(region: &mut Region) {
    for source in [Place::Orders, Place::Clicks, Place::Jobs, Place::Kafka(0)] {
        source.make(region);
    }
    for (source, function) in [
        (Place::Orders, FUNCTION),
        (Place::Orders, OTHER),
        (Place::Jobs, FUNCTION),
        (Place::Kafka(0), FUNCTION),
    ] {
        region.create_event_source_mapping(&source.mapping(function)).unwrap();
    }
}
