//! `status`: what is true, as of the last fresh observation of AWS.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is true. Every field is a report. Three of them are also remembered from pass to pass: `published`, `rejectedVersions` and
/// `rollout`.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WarmLambdaEndpointStatus {
    /// `metadata.generation` of the spec that this status speaks of; -1 before the first visit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,

    /// Value of the annotation `warmlambda.dev/reconcile-requested-at` that was handled last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_handled_reconcile_at: Option<String>,

    /// AWS account in which the function was found, twelve digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,

    /// AWS region in which the function was found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,

    /// ARN of the function, without a qualifier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub function_arn: Option<String>,

    /// ARN of the alias: what callers shall use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alias_arn: Option<String>,

    /// The version that the alias serves now; while AWS warms a new one, still the old.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub function_version: Option<String>,

    /// The version that the alias is moving to; only while it moves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_function_version: Option<String>,

    /// Share of the alias's traffic that `functionVersion` gets, in percent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 100))]
    pub version_weight: Option<i32>,

    /// Warm capacity of the alias as AWS reports it; absent when there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provisioned_concurrency: Option<CapacityStatus>,

    /// How busy the warm capacity was lately; absent when CloudWatch has no data, which means unknown, not zero.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub utilization: Option<UtilizationStatus>,

    /// The triggers of the spec, by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".into()]))]
    pub triggers: Vec<TriggerStatus>,

    /// Triggers that reach the alias, of all, for instance `2/2`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub triggers_ready: Option<String>,

    /// The rollout in flight, and since when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollout: Option<RolloutStatus>,

    /// What was published last from which state of `$LATEST`: a hint that saves calls, never the reason for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published: Option<PublishedVersion>,

    /// Versions that were rolled back and are not tried again until the code, `spec.version` or `spec.rollout` changes, or a
    /// annotation `warmlambda.dev/retry-requested-at` does. At most 10, the oldest go.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rejected_versions: Vec<RejectedVersion>,

    /// With `managementPolicy: Observe`, the AWS calls that `Manage` would make now, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub plan: Vec<PlannedCall>,

    /// Label selector for the scale subresource; an HPA refuses to work without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selector: Option<String>,

    /// The state of each concern, `Ready` first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["type".into()]))]
    pub conditions: Vec<Condition>,
}

/// Warm capacity of the alias, counted in execution environments.
#[derive(JsonSchema, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CapacityStatus {
    /// Asked of AWS.
    pub requested: i32,
    /// Allocated by AWS.
    pub allocated: i32,
    /// Ready to take a request. Right after an alias move this still counts the old version's.
    pub available: i32,
    /// AWS's verdict on the allocation.
    pub status: CapacityState,
    /// AWS's reason for a failed allocation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// About what `requested` environments cost in a month, in whole US dollars at AWS's list price for the memory of the version;
    /// requests and their duration come on top. Absent where the price of the region is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub monthly_cost_dollars: Option<i64>,
}

/// AWS's verdict on an allocation of warm capacity.
#[derive(JsonSchema, Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CapacityState {
    /// Allocating, or warming a new version.
    InProgress,
    /// All requested environments are warm.
    Ready,
    /// The allocation failed; see the reason.
    Failed,
}

/// How busy the warm capacity was.
#[derive(JsonSchema, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UtilizationStatus {
    /// Busiest minute of the last window, in percent of the allocated environments, 0 to 100. Requests beyond them are told by
    /// the condition `CapacitySaturated`.
    pub percent: i32,
    /// The minute that the number speaks of.
    pub observed_time: Time,
}

/// What kind of caller a trigger is.
#[derive(JsonSchema, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum TriggerKind {
    /// A stage of a REST API (API Gateway v1).
    RestApi,
    /// A stage of an HTTP API (API Gateway v2).
    HttpApi,
    /// A stream, queue or Kafka topic with its event source mapping.
    EventSource,
}

/// State of one trigger.
#[derive(JsonSchema, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TriggerStatus {
    /// Name of the trigger in the spec.
    pub name: String,
    /// What kind of caller it is.
    pub kind: TriggerKind,
    /// What the caller invokes, as far as it is the same for all methods or routes; for a mapping the ARN of the function.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uri: Option<String>,
    /// Whether every method, route or mapping of the trigger calls the alias, and callers see that.
    pub qualified: bool,
    /// UUID of the event source mapping; the same before and after it was moved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uuid: Option<String>,
    /// State of the event source mapping in AWS's words: `Enabled`, `Updating`, `Disabled`, ...
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// AWS's word on the last batch, for instance `OK`, `No records processed`, `PROBLEM: Function call failed`; queues have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_processing_result: Option<String>,
    /// Streams: age of the newest record of the last batch in the busiest minute of the last window, in seconds; 0 for less than ten.
    /// Coarse, so that it does not churn; the exact number is a metric. CloudWatch tells it for the function, not for each mapping.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iterator_age_seconds: Option<i64>,
    /// Kafka: records that the consumer group has not read yet. Coarse.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset_lag: Option<i64>,
    /// Queues: age of the oldest message, in seconds; 0 for less than ten. Coarse.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue_age_seconds: Option<i64>,
    /// Messages in the queue that failed records go to, as far as it is known. Coarse.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed_messages: Option<i64>,
    /// Calls of the function that were throttled in the last window; absent when none. Coarse.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub throttles: Option<i64>,
    /// The statement on the alias that lets the caller in; a foreign one that grants the same is named as well.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub statement_ids: Vec<String>,
    /// What is missing, in words; empty when nothing is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// A rollout in flight.
#[derive(JsonSchema, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RolloutStatus {
    /// The version that serves meanwhile.
    pub from: String,
    /// The version that AWS is warming.
    pub to: String,
    /// When the move was first seen.
    pub start_time: Time,
}

/// What was published last.
#[derive(JsonSchema, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PublishedVersion {
    /// The version number.
    pub version: String,
    /// Fingerprint of the code and configuration of `$LATEST` that it was published from.
    pub fingerprint: String,
}

/// A version that was rolled back.
#[derive(JsonSchema, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RejectedVersion {
    /// The version number.
    pub version: String,
    /// Its code, as AWS hashes it.
    pub code_sha256: String,
    /// Why: AWS's reason, or `RolloutTimedOut`.
    pub reason: String,
    /// What it was tried for: a digest of `spec.version`, `spec.rollout` and the retry request of that time. When one of
    /// them changes, the version is tried once more.
    pub attempt: String,
}

/// A call to AWS that would be made.
#[derive(JsonSchema, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PlannedCall {
    /// The call and its arguments, for instance `lambda:CreateAlias fir-api:live FunctionVersion=40`.
    pub call: String,
    /// Why it is needed.
    pub why: String,
}
