//! What mappings read from.

use super::super::Region;

/// The service behind an event source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceKind {
    /// A DynamoDB stream.
    DynamoDb,
    /// A Kinesis stream or a consumer of one.
    Kinesis,
    /// An SQS queue.
    Sqs,
    /// Amazon MSK.
    Msk,
    /// A Kafka cluster that AWS does not manage.
    SelfManagedKafka,
    /// An Amazon MQ broker.
    Mq,
    /// A DocumentDB cluster.
    DocumentDb,
    /// No service that Lambda reads from.
    Unknown,
}

/// Whether an event source is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceLookup {
    /// It is.
    Found,
    /// It is not, or not any more.
    Missing,
    /// awssim does not simulate it and takes it as being there.
    NotSimulated,
}

impl SourceKind {
    /// By ARN.
    pub fn of(arn: &str) -> Self {
        match arn.split(':').nth(2) {
            Some("dynamodb") => Self::DynamoDb,
            Some("kinesis") => Self::Kinesis,
            Some("sqs") => Self::Sqs,
            Some("kafka") => Self::Msk,
            Some("mq") => Self::Mq,
            Some("rds") => Self::DocumentDb,
            _ => Self::Unknown,
        }
    }

    /// Shards with sequence numbers, as DynamoDB and Kinesis have.
    pub fn is_stream(self) -> bool {
        matches!(self, Self::DynamoDb | Self::Kinesis)
    }

    /// Kafka, whoever manages it.
    pub fn is_kafka(self) -> bool {
        matches!(self, Self::Msk | Self::SelfManagedKafka)
    }

    /// Records in a batch when nobody says otherwise (AWS-96).
    pub fn default_batch_size(self) -> u32 {
        if self == Self::Sqs { 10 } else { 100 }
    }
}

impl Region {
    /// Whether the source of a mapping is there.
    pub fn source_exists(&self, arn: &str) -> SourceLookup {
        match SourceKind::of(arn) {
            SourceKind::DynamoDb | SourceKind::Kinesis => lookup(self.streams.contains_key(arn)),
            SourceKind::Sqs => lookup(self.queues.contains_key(arn)),
            _ => SourceLookup::NotSimulated,
        }
    }
}

fn lookup(there: bool) -> SourceLookup {
    if there { SourceLookup::Found } else { SourceLookup::Missing }
}
