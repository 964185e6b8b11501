//! What callers say about a mapping, and what of it AWS takes.

use super::super::qualifier::{constraint, invalid};
use super::super::{Answer, Millis};
use super::mapping::{EventSourceMapping, ProvisionedPollers, SourceAccess};
use super::source::SourceKind;

/// What `CreateEventSourceMapping` and `UpdateEventSourceMapping` both take; absent members stay as they are (AWS-83).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MappingChange {
    /// Name or ARN, with or without a qualifier.
    pub function_name: Option<String>,
    /// Whether it polls.
    pub enabled: Option<bool>,
    /// Most records in a batch.
    pub batch_size: Option<i64>,
    /// How long a batch that is not full waits.
    pub maximum_batching_window_in_seconds: Option<i64>,
    /// Batches of one shard at once.
    pub parallelization_factor: Option<i64>,
    /// Whether a failed batch is halved.
    pub bisect_batch_on_function_error: Option<bool>,
    /// -1: as often as the record lives.
    pub maximum_retry_attempts: Option<i64>,
    /// -1: however old.
    pub maximum_record_age_in_seconds: Option<i64>,
    /// 0: none.
    pub tumbling_window_in_seconds: Option<i64>,
    /// Patterns; an empty list clears them.
    pub filter_criteria: Option<Vec<String>>,
    /// Where records go; given without any, they go nowhere.
    pub destination_config: Option<DestinationConfig>,
    /// `ReportBatchItemFailures` or nothing.
    pub function_response_types: Option<Vec<String>>,
    /// Given without a number, it clears the bound.
    pub scaling_config: Option<ScalingConfig>,
    /// Given without any number, it ends the provisioned mode.
    pub provisioned_poller_config: Option<ProvisionedPollerConfig>,
    /// Credentials and networks for brokers.
    pub source_access_configurations: Option<Vec<SourceAccess>>,
    /// An empty list switches them off.
    pub metrics: Option<Vec<String>>,
    /// An empty text takes the key away.
    pub kms_key_arn: Option<String>,
}

/// What only `CreateEventSourceMapping` takes (AWS-83, AWS-99).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NewMapping {
    /// ARN of the source; absent for a Kafka cluster that AWS does not manage.
    pub event_source_arn: Option<String>,
    /// Brokers of such a cluster.
    pub kafka_bootstrap_servers: Vec<String>,
    /// Kafka topics.
    pub topics: Vec<String>,
    /// Queues of a broker.
    pub queues: Vec<String>,
    /// Kafka consumer group.
    pub consumer_group_id: Option<String>,
    /// Where to begin.
    pub starting_position: Option<String>,
    /// With `AT_TIMESTAMP`.
    pub starting_position_timestamp: Option<Millis>,
    /// Everything that may be changed later.
    pub settings: MappingChange,
}

/// `DestinationConfig`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DestinationConfig {
    /// Not for mappings.
    pub on_success: Option<String>,
    /// ARN of a queue, topic, bucket or Kafka topic.
    pub on_failure: Option<String>,
}

/// `ScalingConfig`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ScalingConfig {
    /// Most invocations at once.
    pub maximum_concurrency: Option<i64>,
}

/// `ProvisionedPollerConfig`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProvisionedPollerConfig {
    /// Kept ready.
    pub minimum_pollers: Option<i64>,
    /// At most.
    pub maximum_pollers: Option<i64>,
    /// Mappings that share pollers.
    pub poller_group_name: Option<String>,
}

impl MappingChange {
    /// Only the function, as a move makes it (AWS-82).
    pub fn function(name: &str) -> Self {
        Self {
            function_name: Some(name.into()),
            ..Self::default()
        }
    }

    /// Only whether it polls.
    pub fn enabled(enabled: bool) -> Self {
        Self {
            enabled: Some(enabled),
            ..Self::default()
        }
    }

    /// What the service's front door refuses whatever the source (AWS-96).
    pub(super) fn check_bounds(&self) -> Answer<()> {
        let scaling = self.scaling_config.unwrap_or_default();
        let pollers = self.provisioned_poller_config.clone().unwrap_or_default();
        for (member, value, least, most) in [
            ("batchSize", self.batch_size, 1, 10_000),
            ("maximumBatchingWindowInSeconds", self.maximum_batching_window_in_seconds, 0, 300),
            ("parallelizationFactor", self.parallelization_factor, 1, 10),
            ("maximumRetryAttempts", self.maximum_retry_attempts, -1, 10_000),
            ("maximumRecordAgeInSeconds", self.maximum_record_age_in_seconds, -1, 604_800),
            ("tumblingWindowInSeconds", self.tumbling_window_in_seconds, 0, 900),
            ("scalingConfig.maximumConcurrency", scaling.maximum_concurrency, 2, 1000),
            ("provisionedPollerConfig.minimumPollers", pollers.minimum_pollers, 1, 200),
            ("provisionedPollerConfig.maximumPollers", pollers.maximum_pollers, 1, 2000),
        ] {
            within(member, value, least, most)?;
        }
        if let Some(age @ 0..60) = self.maximum_record_age_in_seconds {
            let rule = "Member must be -1 or have value greater than or equal to 60";
            return Err(constraint(&age.to_string(), "maximumRecordAgeInSeconds", rule));
        }
        let types = self.function_response_types.iter().flatten();
        if let Some(unknown) = types.into_iter().find(|name| *name != "ReportBatchItemFailures") {
            let rule = "Member must satisfy enum value set: [ReportBatchItemFailures]";
            return Err(constraint(&format!("[{unknown}]"), "functionResponseTypes", rule));
        }
        Ok(())
    }

    /// What does not go with the kind of source (AWS-96).
    pub(super) fn check_support(&self, kind: SourceKind) -> Answer<()> {
        let destination = self.destination_config.clone().unwrap_or_default();
        let has_failure_destination = kind.is_stream() || kind.is_kafka();
        if destination.on_success.is_some() || (destination.on_failure.is_some() && !has_failure_destination) {
            return Err(invalid(
                "Unsupported DestinationConfig parameter for given event source mapping type.",
            ));
        }
        let scales = self.scaling_config.is_some_and(|scaling| scaling.maximum_concurrency.is_some());
        let polls = self.provisioned_poller_config.is_some();
        for (member, given, supported) in [
            ("parallelizationFactor", self.parallelization_factor.is_some(), kind.is_stream()),
            (
                "bisectBatchOnFunctionError",
                self.bisect_batch_on_function_error.is_some(),
                kind.is_stream() || kind.is_kafka(),
            ),
            (
                "maximumRetryAttempts",
                self.maximum_retry_attempts.is_some(),
                kind.is_stream() || kind.is_kafka(),
            ),
            (
                "maximumRecordAgeInSeconds",
                self.maximum_record_age_in_seconds.is_some(),
                kind.is_stream() || kind.is_kafka(),
            ),
            (
                "tumblingWindowInSeconds",
                self.tumbling_window_in_seconds.is_some(),
                kind.is_stream(),
            ),
            ("scalingConfig", scales, kind == SourceKind::Sqs),
            ("provisionedPollerConfig", polls, kind == SourceKind::Sqs || kind.is_kafka()),
        ] {
            if given && !supported {
                return Err(unsupported(member));
            }
        }
        let mut patterns = self.filter_criteria.iter().flatten();
        if patterns.any(|pattern| !is_pattern(pattern)) {
            return Err(invalid("Invalid filter pattern definition."));
        }
        Ok(())
    }

    /// Puts what is given into a mapping; function and state are the caller's.
    pub(super) fn put_into(&self, mapping: &mut EventSourceMapping) {
        let put = |target: &mut u32, value: Option<i64>| *target = value.map_or(*target, natural);
        put(&mut mapping.batch_size, self.batch_size);
        put(
            &mut mapping.maximum_batching_window_in_seconds,
            self.maximum_batching_window_in_seconds,
        );
        put(&mut mapping.parallelization_factor, self.parallelization_factor);
        put(&mut mapping.tumbling_window_in_seconds, self.tumbling_window_in_seconds);
        if let Some(attempts) = self.maximum_retry_attempts {
            mapping.maximum_retry_attempts = u32::try_from(attempts).ok();
        }
        if let Some(age) = self.maximum_record_age_in_seconds {
            mapping.maximum_record_age_in_seconds = u32::try_from(age).ok();
        }
        if let Some(bisect) = self.bisect_batch_on_function_error {
            mapping.bisect_batch_on_function_error = bisect;
        }
        if let Some(enabled) = self.enabled {
            mapping.disabled = !enabled;
        }
        if let Some(scaling) = self.scaling_config {
            mapping.maximum_concurrency = scaling.maximum_concurrency.map(natural);
        }
        if let Some(destination) = &self.destination_config {
            mapping.on_failure_destination.clone_from(&destination.on_failure);
        }
        if let Some(pollers) = &self.provisioned_poller_config {
            mapping.provisioned_pollers = pollers.put();
        }
        if let Some(key) = &self.kms_key_arn {
            mapping.kms_key_arn = Some(key.clone()).filter(|key| !key.is_empty());
        }
        let put = |target: &mut Vec<String>, value: &Option<Vec<String>>| {
            if let Some(value) = value {
                target.clone_from(value);
            }
        };
        put(&mut mapping.filter_patterns, &self.filter_criteria);
        put(&mut mapping.function_response_types, &self.function_response_types);
        put(&mut mapping.metrics, &self.metrics);
        if let Some(access) = &self.source_access_configurations {
            mapping.source_access_configurations.clone_from(access);
        }
    }
}

impl ProvisionedPollerConfig {
    fn put(&self) -> Option<ProvisionedPollers> {
        (*self != Self::default()).then(|| ProvisionedPollers {
            minimum: self.minimum_pollers.map(natural),
            maximum: self.maximum_pollers.map(natural),
            group: self.poller_group_name.clone(),
        })
    }
}

impl EventSourceMapping {
    /// What does not go together, once a change is in (AWS-96).
    pub(super) fn check_combination(&self) -> Answer<()> {
        let is_fifo = self.kind() == SourceKind::Sqs && self.event_source_arn.as_deref().is_some_and(|arn| arn.ends_with(".fifo"));
        if is_fifo && self.batch_size > 10 {
            return Err(invalid("Batch size must not exceed 10 for FIFO queues"));
        }
        if is_fifo && self.maximum_batching_window_in_seconds > 0 {
            return Err(invalid("Batching window is not supported for FIFO queues"));
        }
        if self.kind() == SourceKind::Sqs && self.batch_size > 10 && self.maximum_batching_window_in_seconds == 0 {
            let text = "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10";
            return Err(invalid(text));
        }
        let pollers = self.provisioned_pollers.clone().unwrap_or_default();
        if self.provisioned_pollers.is_some() && self.maximum_concurrency.is_some() {
            return Err(invalid(
                "ScalingConfig and ProvisionedPollerConfig cannot be used at the same time.",
            ));
        }
        let least = if self.kind() == SourceKind::Sqs { 2 } else { 1 };
        let too_few = [pollers.minimum, pollers.maximum]
            .into_iter()
            .flatten()
            .any(|pollers| pollers < least);
        let crossed = pollers
            .minimum
            .zip(pollers.maximum)
            .is_some_and(|(minimum, maximum)| minimum > maximum);
        if too_few || crossed {
            return Err(invalid("Invalid ProvisionedPollerConfig: MinimumPollers and MaximumPollers."));
        }
        Ok(())
    }
}

pub(super) fn unsupported(member: &str) -> super::super::AwsError {
    invalid(format!("Unsupported '{member}' parameter for given event source mapping type."))
}

fn within(member: &str, value: Option<i64>, least: i64, most: i64) -> Answer<()> {
    match value {
        Some(value) if value < least => {
            let rule = format!("Member must have value greater than or equal to {least}");
            Err(constraint(&value.to_string(), member, &rule))
        }
        Some(value) if value > most => {
            let rule = format!("Member must have value less than or equal to {most}");
            Err(constraint(&value.to_string(), member, &rule))
        }
        _ => Ok(()),
    }
}

/// A number whose bounds were checked.
fn natural(value: i64) -> u32 {
    u32::try_from(value).unwrap_or_default()
}

fn is_pattern(text: &str) -> bool {
    serde_json::from_str::<serde_json::Value>(text).is_ok_and(|value| value.is_object())
}
