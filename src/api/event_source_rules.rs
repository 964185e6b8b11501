//! The rules of `spec.triggers[].eventSource` that need no outside data: what goes with which kind of source. Source: AWS-91, AWS-96,
//! AWS-99.

use kube::core::Rule;

/// What the ARN says about the kind of source.
const STREAM: &str = "(has(self.arn) && self.arn.matches('^arn:[^:]+:(dynamodb|kinesis):'))";
const DYNAMODB: &str = "(has(self.arn) && self.arn.matches('^arn:[^:]+:dynamodb:'))";
const QUEUE: &str = "(has(self.arn) && self.arn.matches('^arn:[^:]+:sqs:'))";
const KAFKA: &str = "(has(self.selfManagedKafka) || (has(self.arn) && self.arn.matches('^arn:[^:]+:kafka:')))";

fn rule(holds: String, message: &str) -> Rule {
    Rule::new(holds).message(message)
}

/// `holds` has to hold when there is a create block and `when` holds.
fn on_create(when: &str, holds: &str, message: &str) -> Rule {
    rule(format!("!has(self.create) || !({when}) || ({holds})"), message)
}

/// None of these fields may stand in the create block when `when` holds.
fn not_in_create(when: &str, fields: &[&str], message: &str) -> Rule {
    let absent: Vec<_> = fields.iter().map(|field| format!("!has(self.create.{field})")).collect();
    on_create(when, &absent.join(" && "), message)
}

pub fn table_is_no_stream() -> Rule {
    rule(
        format!("!{DYNAMODB} || self.arn.contains('/stream/')"),
        "eventSource.arn is that of a DynamoDB table: use the ARN of its stream, which describe-table shows as LatestStreamArn",
    )
}

pub fn topic_is_kafkas() -> Rule {
    rule(
        format!("!has(self.topic) || {KAFKA}"),
        "eventSource.topic names a Kafka topic, and this source is not Kafka: remove topic",
    )
}

pub fn known_source() -> Rule {
    on_create(
        "has(self.arn)",
        "self.arn.matches('^arn:[^:]+:(dynamodb|kinesis|sqs|kafka):')",
        "eventSource.create makes mappings of DynamoDB streams, Kinesis streams, SQS queues and MSK clusters, and eventSource.arn is none \
         of these: make the mapping yourself, and remove create",
    )
}

pub fn position_is_needed() -> Rule {
    on_create(
        &format!("{STREAM} || {KAFKA}"),
        "has(self.create.startingPosition)",
        "eventSource.create.startingPosition is needed for streams and Kafka: TrimHorizon misses nothing, Latest begins with new records",
    )
}

pub fn queue_has_no_position() -> Rule {
    not_in_create(
        QUEUE,
        &["startingPosition", "startingPositionTimestamp"],
        "eventSource.create.startingPosition is for streams and Kafka, and this source is a queue: remove it",
    )
}

pub fn timestamp_goes_with_its_position() -> Rule {
    on_create(
        "true",
        "has(self.create.startingPositionTimestamp) == (has(self.create.startingPosition) && self.create.startingPosition == 'AtTimestamp')",
        "eventSource.create.startingPositionTimestamp is needed with startingPosition AtTimestamp, and only allowed with it",
    )
}

pub fn dynamodb_has_no_timestamp() -> Rule {
    on_create(
        DYNAMODB,
        "!has(self.create.startingPosition) || self.create.startingPosition != 'AtTimestamp'",
        "eventSource.create.startingPosition AtTimestamp is for Kinesis and Kafka, and this source is a DynamoDB stream: use TrimHorizon or \
         Latest",
    )
}

pub fn shards_are_streams() -> Rule {
    not_in_create(
        &format!("!{STREAM}"),
        &["parallelizationFactor", "tumblingWindowSeconds"],
        "eventSource.create.parallelizationFactor and tumblingWindowSeconds are for DynamoDB and Kinesis streams: remove them",
    )
}

pub fn queue_retries_by_itself() -> Rule {
    not_in_create(
        QUEUE,
        &[
            "bisectBatchOnFunctionError",
            "maximumRetryAttempts",
            "maximumRecordAgeSeconds",
            "onFailureDestinationArn",
        ],
        "eventSource.create.bisectBatchOnFunctionError, maximumRetryAttempts, maximumRecordAgeSeconds and onFailureDestinationArn are for \
         streams and Kafka, and this source is a queue: remove them, and give the queue a redrive policy",
    )
}

pub fn record_age_is_never_or_a_minute() -> Rule {
    on_create(
        "has(self.create.maximumRecordAgeSeconds)",
        "self.create.maximumRecordAgeSeconds == -1 || self.create.maximumRecordAgeSeconds >= 60",
        "eventSource.create.maximumRecordAgeSeconds is between -1 and 60: use -1 for never, or 60 and more",
    )
}

pub fn concurrency_is_a_queues() -> Rule {
    not_in_create(
        &format!("!{QUEUE}"),
        &["maximumConcurrency"],
        "eventSource.create.maximumConcurrency is for queues: remove it",
    )
}

pub fn pollers_or_concurrency() -> Rule {
    not_in_create(
        "has(self.create.maximumConcurrency)",
        &["provisionedPollers"],
        "eventSource.create has maximumConcurrency and provisionedPollers, which exclude each other: remove one",
    )
}

pub fn pollers_are_for_queues_and_kafka() -> Rule {
    not_in_create(
        &format!("!{QUEUE} && !{KAFKA}"),
        &["provisionedPollers"],
        "eventSource.create.provisionedPollers is for queues and Kafka: remove it",
    )
}

pub fn queue_pollers() -> Rule {
    on_create(
        &format!("{QUEUE} && has(self.create.provisionedPollers)"),
        "(!has(self.create.provisionedPollers.minimum) || self.create.provisionedPollers.minimum >= 2) \
         && !has(self.create.provisionedPollers.groupName)",
        "eventSource.create.provisionedPollers of a queue has a minimum of 2 or more, and no groupName",
    )
}

pub fn kafka_alone_has_groups() -> Rule {
    not_in_create(
        &format!("!{KAFKA}"),
        &["consumerGroupId", "sourceAccess"],
        "eventSource.create.consumerGroupId and sourceAccess are for Kafka: remove them",
    )
}

pub fn kafka_needs_a_topic() -> Rule {
    on_create(
        KAFKA,
        "has(self.topic)",
        "eventSource.topic is needed to create a mapping of Kafka: name the topic",
    )
}

pub fn brokers_need_access() -> Rule {
    on_create(
        "has(self.selfManagedKafka)",
        "has(self.create.sourceAccess) && self.create.sourceAccess.size() > 0",
        "eventSource.create.sourceAccess is needed for selfManagedKafka: say how the brokers are reached, for instance by a secret or subnets",
    )
}

pub fn large_batches_of_a_queue() -> Rule {
    on_create(
        &format!("{QUEUE} && has(self.create.batchSize) && self.create.batchSize > 10"),
        "!self.arn.endsWith('.fifo') && has(self.create.maximumBatchingWindowSeconds) && self.create.maximumBatchingWindowSeconds > 0",
        "eventSource.create.batchSize of a queue above 10 needs maximumBatchingWindowSeconds of 1 or more, and a FIFO queue takes 10 at most",
    )
}

pub fn fifo_has_no_window() -> Rule {
    on_create(
        &format!("{QUEUE} && has(self.create.maximumBatchingWindowSeconds) && self.create.maximumBatchingWindowSeconds > 0"),
        "!self.arn.endsWith('.fifo')",
        "eventSource.create.maximumBatchingWindowSeconds is not for FIFO queues: remove it",
    )
}

pub fn pollers_in_order() -> Rule {
    rule(
        "!has(self.minimum) || !has(self.maximum) || self.minimum <= self.maximum".into(),
        "provisionedPollers.minimum is above maximum: lower it",
    )
}
