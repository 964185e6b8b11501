//! An event source mapping as data.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::super::Millis;
use super::polling::Polling;
use super::source::SourceKind;

/// Where a mapping stands; all but `Enabled` and `Disabled` pass by themselves (AWS-81).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum MappingState {
    /// Being made.
    Creating,
    /// Being switched on.
    Enabling,
    /// Polls its source.
    #[default]
    Enabled,
    /// Being switched off.
    Disabling,
    /// Paused by a person, or by Lambda: the reason says by whom.
    Disabled,
    /// Takes an update over.
    Updating,
    /// Going away.
    Deleting,
}

/// Where a mapping that has no checkpoint of a shard begins to read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum StartingPosition {
    /// The oldest record that is still there.
    TrimHorizon,
    /// What is written after polling began.
    Latest,
    /// The first record at or after a time; not for DynamoDB.
    AtTimestamp,
}

/// How an event source is read and a function called: what `CreateEventSourceMapping` made. The UUID is its key in the region.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct EventSourceMapping {
    /// ARN of a stream, queue, broker or cluster; absent for a Kafka cluster that AWS does not manage.
    pub event_source_arn: Option<String>,
    /// `host:port` of the brokers of a Kafka cluster that AWS does not manage.
    pub kafka_bootstrap_servers: Vec<String>,
    /// Kafka topics; set on creation only (AWS-99).
    pub topics: Vec<String>,
    /// Queues of an Amazon MQ broker.
    pub queues: Vec<String>,
    /// Kafka consumer group; set on creation only (AWS-99).
    pub consumer_group_id: Option<String>,
    /// Credentials and networks for brokers.
    pub source_access_configurations: Vec<SourceAccess>,
    /// ARN of the function, with the qualifier that was given (AWS-84). A world file may give a name instead.
    pub function_arn: String,
    /// Where it stands.
    pub state: MappingState,
    /// Who asked for the state: a person or Lambda (AWS-81, AWS-94).
    pub state_transition_reason: Option<String>,
    /// When the state passes by itself; absent for `Enabled` and `Disabled`.
    pub settles_at: Option<Millis>,
    /// What the last batch came to (AWS-93); never shown for queues.
    pub last_processing_result: Option<String>,
    /// When it was last written.
    pub last_modified: Millis,
    /// Whether it is to poll once its state has settled. In a world file `state: Disabled` is enough.
    pub disabled: bool,
    /// Where shards without a checkpoint begin; absent for queues.
    pub starting_position: Option<StartingPosition>,
    /// With `AT_TIMESTAMP`.
    pub starting_position_timestamp: Option<Millis>,
    /// Most records in a batch; 0 in a world file stands for the default of the source.
    pub batch_size: u32,
    /// How long a batch that is not full waits.
    pub maximum_batching_window_in_seconds: u32,
    /// Batches of one shard at once, 1 to 10; 0 stands for 1.
    pub parallelization_factor: u32,
    /// Whether a failed batch is halved.
    pub bisect_batch_on_function_error: bool,
    /// Retries of a failed batch; absent: as often as the record lives.
    pub maximum_retry_attempts: Option<u32>,
    /// Older records are dropped; absent: never.
    pub maximum_record_age_in_seconds: Option<u32>,
    /// Length of a tumbling window; 0: none.
    pub tumbling_window_in_seconds: u32,
    /// Patterns, one of which a record must match; empty: every record is taken.
    pub filter_patterns: Vec<String>,
    /// ARN where descriptions of batches go that were given up (AWS-88).
    pub on_failure_destination: Option<String>,
    /// `ReportBatchItemFailures` or nothing.
    pub function_response_types: Vec<String>,
    /// Most invocations at once, queues only.
    pub maximum_concurrency: Option<u32>,
    /// Pollers that are kept ready.
    pub provisioned_pollers: Option<ProvisionedPollers>,
    /// `EventCount` and others, when metrics were asked for.
    pub metrics: Vec<String>,
    /// Key that the filter is encrypted with.
    pub kms_key_arn: Option<String>,
    /// Last sequence number that was processed, by shard; kept over updates and while disabled (AWS-82, AWS-90).
    pub checkpoints: BTreeMap<String, String>,
    /// Whom batches still reach for a while after a move (AWS-87).
    pub previous: Option<PreviousTarget>,
    /// Since when it cannot read its source or call its function: Lambda disables it after a while (AWS-94).
    pub broken_since: Option<Millis>,
    /// When the last result will say so.
    pub result_due: Option<Millis>,
    /// How far its pollers are.
    #[serde(skip_serializing_if = "Polling::is_new")]
    pub polling: Polling,
}

/// One `SourceAccessConfiguration`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct SourceAccess {
    /// For instance `BASIC_AUTH`.
    #[serde(rename = "type")]
    pub kind: String,
    /// ARN of a secret, or a subnet or security group.
    pub uri: String,
}

/// `ProvisionedPollerConfig`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct ProvisionedPollers {
    /// Kept ready.
    pub minimum: Option<u32>,
    /// At most.
    pub maximum: Option<u32>,
    /// Mappings that share pollers.
    pub group: Option<String>,
}

/// The function that a mapping called before it was moved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct PreviousTarget {
    /// ARN with qualifier.
    pub function_arn: String,
    /// No batch reaches it from then on.
    pub until: Millis,
}

impl EventSourceMapping {
    /// What kind of source it reads.
    pub fn kind(&self) -> SourceKind {
        self.event_source_arn
            .as_deref()
            .map_or(SourceKind::SelfManagedKafka, SourceKind::of)
    }
}
