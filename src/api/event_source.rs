//! `spec.triggers[].eventSource`: a stream, queue or Kafka topic, and the event source mapping that hands its records over.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::event_source_rules as rules;

/// A source whose event source mapping shall call the alias. Exactly one of `arn`, `uuid` and `selfManagedKafka` names it.
#[derive(KubeSchema, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("[has(self.arn), has(self.uuid), has(self.selfManagedKafka)].exists_one(x, x)")
    .message("a source is named in exactly one way: set one of arn, uuid and selfManagedKafka"))]
#[x_kube(validation = Rule::new("!(has(self.uuid) && has(self.create))")
    .message("create makes a mapping for a source; with uuid the mapping exists already: remove create, or name the source by arn"))]
#[x_kube(validation = rules::table_is_no_stream())]
#[x_kube(validation = rules::topic_is_kafkas())]
#[x_kube(validation = rules::known_source())]
#[x_kube(validation = rules::position_is_needed())]
#[x_kube(validation = rules::queue_has_no_position())]
#[x_kube(validation = rules::timestamp_goes_with_its_position())]
#[x_kube(validation = rules::dynamodb_has_no_timestamp())]
#[x_kube(validation = rules::shards_are_streams())]
#[x_kube(validation = rules::queue_retries_by_itself())]
#[x_kube(validation = rules::record_age_is_never_or_a_minute())]
#[x_kube(validation = rules::concurrency_is_a_queues())]
#[x_kube(validation = rules::pollers_or_concurrency())]
#[x_kube(validation = rules::pollers_are_for_queues_and_kafka())]
#[x_kube(validation = rules::queue_pollers())]
#[x_kube(validation = rules::kafka_alone_has_groups())]
#[x_kube(validation = rules::kafka_needs_a_topic())]
#[x_kube(validation = rules::brokers_need_access())]
#[x_kube(validation = rules::large_batches_of_a_queue())]
#[x_kube(validation = rules::fifo_has_no_window())]
pub struct EventSourceTrigger {
    /// ARN of the source: a DynamoDB stream, a Kinesis stream, an SQS queue or an MSK cluster.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(min = 1, max = 1024),
        regex(pattern = r"^arn:[a-zA-Z0-9-]+:[a-z0-9-]+:[a-z0-9-]*:[0-9]*:.+$")
    )]
    pub arn: Option<String>,

    /// UUID of the event source mapping, for a source that has no ARN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(min = 36, max = 36),
        regex(pattern = r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")
    )]
    pub uuid: Option<String>,

    /// A Kafka cluster that is not MSK.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub self_managed_kafka: Option<SelfManagedKafka>,

    /// Kafka topic; needed when the cluster has mappings for several topics, and to create one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 249))]
    pub topic: Option<String>,

    /// How to create the mapping when there is none. Without it a missing mapping is reported. Read at the creation only: a mapping
    /// that exists is pointed at the alias, and nothing else of it is changed, whatever stands here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub create: Option<EventSourceCreate>,
}

/// A Kafka cluster that is not MSK.
#[derive(KubeSchema, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SelfManagedKafka {
    /// Its brokers, each `host:port`; in any order.
    #[schemars(length(min = 1, max = 10), inner(length(min = 1, max = 300)))]
    pub bootstrap_servers: Vec<String>,
}

/// What a new event source mapping is like. What is left out is what AWS takes by default for the kind of source. Source: AWS-96.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EventSourceCreate {
    /// Where to start reading: needed for streams and Kafka, not allowed for queues. `Latest` may miss records that arrive
    /// while the mapping is being made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub starting_position: Option<StartingPosition>,
    /// With `AtTimestamp` (Kinesis and Kafka): the time to start from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub starting_position_timestamp: Option<Time>,
    /// Most records in one call, 1 to 10000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 10000))]
    pub batch_size: Option<i32>,
    /// Longest time to gather records for a call, in seconds, 0 to 300.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 300))]
    pub maximum_batching_window_seconds: Option<i32>,
    /// Streams: calls at a time for each shard, 1 to 10; records with one key stay in order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 10))]
    pub parallelization_factor: Option<i32>,
    /// Streams and Kafka: cut a batch in two when the function fails on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bisect_batch_on_function_error: Option<bool>,
    /// Streams and Kafka: how often a batch is tried again, -1 (for ever) to 10000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = -1, max = 10000))]
    pub maximum_retry_attempts: Option<i32>,
    /// Streams and Kafka: age from which on a record is given up, in seconds; -1 (never), or 60 to 604800.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = -1, max = 604800))]
    pub maximum_record_age_seconds: Option<i32>,
    /// Streams: length of a tumbling window, in seconds, 0 to 900.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 900))]
    pub tumbling_window_seconds: Option<i32>,
    /// Event patterns, each a JSON document; a record is handed over when one of them matches. At most 10.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 10), inner(length(min = 1, max = 4096), regex(pattern = r"^\s*\{")))]
    pub filters: Vec<String>,
    /// ARN of the queue, topic, bucket or Kafka cluster that records go to that were given up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 1024))]
    pub on_failure_destination_arn: Option<String>,
    /// Whether the function answers with the records of a batch that failed, so that only those are tried again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report_batch_item_failures: Option<bool>,
    /// Queues: most calls at a time, 2 to 1000. Not together with `provisionedPollers`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 2, max = 1000))]
    pub maximum_concurrency: Option<i32>,
    /// Queues and Kafka: pollers that are kept ready; they cost money.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provisioned_pollers: Option<ProvisionedPollers>,
    /// Kafka: the consumer group; AWS takes the mapping's UUID by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 200))]
    pub consumer_group_id: Option<String>,
    /// Kafka: how the brokers are reached and who reads.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 22))]
    pub source_access: Vec<SourceAccess>,
}

/// Where a new mapping starts to read.
#[derive(JsonSchema, Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StartingPosition {
    /// At the oldest record that the source still has: nothing is missed.
    TrimHorizon,
    /// At new records only.
    Latest,
    /// At a time; Kinesis and Kafka.
    AtTimestamp,
}

/// Pollers that are kept ready for a queue or Kafka.
#[derive(KubeSchema, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = rules::pollers_in_order())]
pub struct ProvisionedPollers {
    /// Least number of pollers: 1 to 200, for queues 2 to 200.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 200))]
    pub minimum: Option<i32>,
    /// Most pollers: 1 to 2000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 2000))]
    pub maximum: Option<i32>,
    /// Kafka: mappings with one group name share pollers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 128))]
    pub group_name: Option<String>,
}

/// One way of access to Kafka brokers.
#[derive(KubeSchema, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SourceAccess {
    /// AWS's word for it, for instance `SASL_SCRAM_512_AUTH`, `VPC_SUBNET`.
    #[serde(rename = "type")]
    #[schemars(regex(pattern = r"^[A-Z0-9_]+$"))]
    pub kind: String,
    /// What it points to, for instance the ARN of a secret, or `subnet:subnet-0a1b2c3d`.
    #[schemars(length(min = 1, max = 200))]
    pub uri: String,
}
