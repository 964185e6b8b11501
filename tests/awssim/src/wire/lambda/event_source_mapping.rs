//! Event source mappings.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::world::event_source::{
    DestinationConfig, EventSourceMapping, EventSourceMappingConfiguration, MappingChange, NewMapping, ProvisionedPollerConfig,
    ScalingConfig, SourceAccess, SourceKind,
};
use crate::world::{Answer, ById, Millis, Region};

use super::call::Call;
use super::shape::{Reply, listing};

/// The members that creating and updating share; others, such as the source in an update, are ignored (AWS-83).
#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Settings {
    function_name: Option<String>,
    enabled: Option<bool>,
    batch_size: Option<i64>,
    filter_criteria: Option<FilterCriteria>,
    maximum_batching_window_in_seconds: Option<i64>,
    parallelization_factor: Option<i64>,
    destination_config: Option<Destinations>,
    maximum_record_age_in_seconds: Option<i64>,
    bisect_batch_on_function_error: Option<bool>,
    maximum_retry_attempts: Option<i64>,
    tumbling_window_in_seconds: Option<i64>,
    source_access_configurations: Option<Vec<Access>>,
    function_response_types: Option<Vec<String>>,
    scaling_config: Option<Scaling>,
    #[serde(rename = "KMSKeyArn")]
    kms_key_arn: Option<String>,
    metrics_config: Option<MetricsConfig>,
    provisioned_poller_config: Option<Pollers>,
}

/// What only creating takes.
#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Create {
    event_source_arn: Option<String>,
    self_managed_event_source: Option<SelfManaged>,
    topics: Vec<String>,
    queues: Vec<String>,
    starting_position: Option<String>,
    starting_position_timestamp: Option<f64>,
    amazon_managed_kafka_event_source_config: Option<Kafka>,
    self_managed_kafka_event_source_config: Option<Kafka>,
    #[serde(flatten)]
    settings: Settings,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct FilterCriteria {
    filters: Vec<Filter>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Filter {
    pattern: String,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Destinations {
    on_success: Option<Destination>,
    on_failure: Option<Destination>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Destination {
    destination: Option<String>,
}

#[derive(Deserialize)]
struct Access {
    #[serde(rename = "Type")]
    kind: String,
    #[serde(rename = "URI")]
    uri: String,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Scaling {
    maximum_concurrency: Option<i64>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct MetricsConfig {
    metrics: Vec<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Pollers {
    minimum_pollers: Option<i64>,
    maximum_pollers: Option<i64>,
    poller_group_name: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct SelfManaged {
    endpoints: ById<Vec<String>>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Kafka {
    consumer_group_id: Option<String>,
}

impl From<Settings> for MappingChange {
    fn from(given: Settings) -> Self {
        let destination = |destination: Option<Destination>| destination.and_then(|destination| destination.destination);
        let access = |access: Access| SourceAccess {
            kind: access.kind,
            uri: access.uri,
        };
        Self {
            function_name: given.function_name,
            enabled: given.enabled,
            batch_size: given.batch_size,
            maximum_batching_window_in_seconds: given.maximum_batching_window_in_seconds,
            parallelization_factor: given.parallelization_factor,
            bisect_batch_on_function_error: given.bisect_batch_on_function_error,
            maximum_retry_attempts: given.maximum_retry_attempts,
            maximum_record_age_in_seconds: given.maximum_record_age_in_seconds,
            tumbling_window_in_seconds: given.tumbling_window_in_seconds,
            filter_criteria: given
                .filter_criteria
                .map(|criteria| criteria.filters.into_iter().map(|filter| filter.pattern).collect()),
            destination_config: given.destination_config.map(|config| DestinationConfig {
                on_success: destination(config.on_success),
                on_failure: destination(config.on_failure),
            }),
            function_response_types: given.function_response_types,
            scaling_config: given.scaling_config.map(|scaling| ScalingConfig {
                maximum_concurrency: scaling.maximum_concurrency,
            }),
            provisioned_poller_config: given.provisioned_poller_config.map(|pollers| ProvisionedPollerConfig {
                minimum_pollers: pollers.minimum_pollers,
                maximum_pollers: pollers.maximum_pollers,
                poller_group_name: pollers.poller_group_name,
            }),
            source_access_configurations: given.source_access_configurations.map(|all| all.into_iter().map(access).collect()),
            metrics: given.metrics_config.map(|config| config.metrics),
            kms_key_arn: given.kms_key_arn,
        }
    }
}

/// `CreateEventSourceMapping`.
pub fn create(region: &mut Region, call: &Call) -> Answer<Reply> {
    let given: Create = call.body()?;
    let servers = given
        .self_managed_event_source
        .and_then(|mut source| source.endpoints.remove("KAFKA_BOOTSTRAP_SERVERS"));
    let kafka = given
        .amazon_managed_kafka_event_source_config
        .or(given.self_managed_kafka_event_source_config);
    let new = NewMapping {
        event_source_arn: given.event_source_arn,
        kafka_bootstrap_servers: servers.unwrap_or_default(),
        topics: given.topics,
        queues: given.queues,
        consumer_group_id: kafka.and_then(|kafka| kafka.consumer_group_id),
        starting_position: given.starting_position,
        starting_position_timestamp: given.starting_position_timestamp.map(millis),
        settings: given.settings.into(),
    };
    Ok(shape(&region.create_event_source_mapping(&new)?).into())
}

/// `GetEventSourceMapping`.
pub fn get(region: &mut Region, call: &Call) -> Answer<Reply> {
    Ok(shape(&region.get_event_source_mapping(&call.extra)?).into())
}

/// `ListEventSourceMappings`.
pub fn list(region: &mut Region, call: &Call) -> Answer<Reply> {
    let page = region.list_event_source_mappings(
        call.query("EventSourceArn").as_deref(),
        call.query("FunctionName").as_deref(),
        call.query("Marker").as_deref(),
        call.max_items(),
    )?;
    Ok(listing("EventSourceMappings", &page, shape))
}

/// `UpdateEventSourceMapping`.
pub fn update(region: &mut Region, call: &Call) -> Answer<Reply> {
    let given: Settings = call.body()?;
    Ok(shape(&region.update_event_source_mapping(&call.extra, &given.into())?).into())
}

/// `DeleteEventSourceMapping`.
pub fn delete(region: &mut Region, call: &Call) -> Answer<Reply> {
    Ok(shape(&region.delete_event_source_mapping(&call.extra)?).into())
}

/// Seconds since the epoch with a fraction, as the protocol sends points in time.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a time after 1970 in milliseconds"
)]
fn millis(seconds: f64) -> Millis {
    (seconds.max(0.0) * 1000.0).round() as Millis
}

/// The inverse of [`millis`]; without a fraction when there is none.
fn seconds(at: Millis) -> Value {
    if at.is_multiple_of(1000) {
        return json!(at / 1000);
    }
    let text = format!("{}.{:03}", at / 1000, at % 1000);
    text.parse::<f64>().map_or_else(|_| json!(at / 1000), |seconds| json!(seconds))
}

/// `EventSourceMappingConfiguration`: each kind of source shows members of its own, as recorded.
fn shape(answer: &EventSourceMappingConfiguration) -> Value {
    let mapping = &answer.mapping;
    let kind = mapping.kind();
    let mut shape = json!({
        "UUID": answer.uuid,
        "EventSourceMappingArn": answer.event_source_mapping_arn,
        "FunctionArn": mapping.function_arn,
        "BatchSize": mapping.batch_size,
        "LastModified": seconds(mapping.last_modified),
        "State": mapping.state,
        "StateTransitionReason": mapping.state_transition_reason,
    });
    if !kind.is_kafka() || mapping.maximum_batching_window_in_seconds > 0 {
        shape["MaximumBatchingWindowInSeconds"] = json!(mapping.maximum_batching_window_in_seconds);
    }
    if !kind.is_kafka() || !mapping.function_response_types.is_empty() {
        shape["FunctionResponseTypes"] = json!(mapping.function_response_types);
    }
    for (member, value) in [
        ("EventSourceArn", mapping.event_source_arn.as_ref()),
        ("KMSKeyArn", mapping.kms_key_arn.as_ref()),
        // AWS-93: queues have none.
        (
            "LastProcessingResult",
            mapping.last_processing_result.as_ref().filter(|_| kind != SourceKind::Sqs),
        ),
    ] {
        if let Some(value) = value {
            shape[member] = json!(value);
        }
    }
    if let Some(position) = mapping.starting_position {
        shape["StartingPosition"] = json!(position);
    }
    if let Some(at) = mapping.starting_position_timestamp {
        shape["StartingPositionTimestamp"] = seconds(at);
    }
    put_stream_settings(&mut shape, mapping);
    put_broker_settings(&mut shape, mapping);
    put_scaling(&mut shape, mapping);
    if !mapping.filter_patterns.is_empty() {
        let filters: Vec<Value> = mapping.filter_patterns.iter().map(|pattern| json!({"Pattern": pattern})).collect();
        shape["FilterCriteria"] = json!({"Filters": filters});
    }
    if !mapping.metrics.is_empty() {
        shape["MetricsConfig"] = json!({"Metrics": mapping.metrics});
    }
    shape
}

/// What only streams have; -1 stands for no bound.
fn put_stream_settings(shape: &mut Value, mapping: &EventSourceMapping) {
    let on_failure = match &mapping.on_failure_destination {
        Some(destination) => json!({"Destination": destination}),
        None => json!({}),
    };
    let is_stream = mapping.kind().is_stream();
    if is_stream || mapping.on_failure_destination.is_some() {
        shape["DestinationConfig"] = json!({"OnFailure": on_failure});
    }
    if is_stream {
        shape["BisectBatchOnFunctionError"] = json!(mapping.bisect_batch_on_function_error);
        shape["MaximumRecordAgeInSeconds"] = json!(mapping.maximum_record_age_in_seconds.map_or(-1, i64::from));
        shape["MaximumRetryAttempts"] = json!(mapping.maximum_retry_attempts.map_or(-1, i64::from));
        shape["ParallelizationFactor"] = json!(mapping.parallelization_factor);
        shape["TumblingWindowInSeconds"] = json!(mapping.tumbling_window_in_seconds);
    }
}

/// What only Kafka and brokers have.
fn put_broker_settings(shape: &mut Value, mapping: &EventSourceMapping) {
    for (member, values) in [("Topics", &mapping.topics), ("Queues", &mapping.queues)] {
        if !values.is_empty() {
            shape[member] = json!(values);
        }
    }
    if !mapping.kafka_bootstrap_servers.is_empty() {
        shape["SelfManagedEventSource"] = json!({"Endpoints": {"KAFKA_BOOTSTRAP_SERVERS": mapping.kafka_bootstrap_servers}});
    }
    if !mapping.source_access_configurations.is_empty() {
        let access = mapping.source_access_configurations.iter();
        let access: Vec<Value> = access.map(|access| json!({"Type": access.kind, "URI": access.uri})).collect();
        shape["SourceAccessConfigurations"] = json!(access);
    }
    let config = match mapping.kind() {
        SourceKind::Msk => "AmazonManagedKafkaEventSourceConfig",
        SourceKind::SelfManagedKafka => "SelfManagedKafkaEventSourceConfig",
        _ => return,
    };
    shape[config] = json!({"ConsumerGroupId": mapping.consumer_group_id});
}

fn put_scaling(shape: &mut Value, mapping: &EventSourceMapping) {
    if let Some(most) = mapping.maximum_concurrency {
        shape["ScalingConfig"] = json!({"MaximumConcurrency": most});
    }
    if let Some(pollers) = &mapping.provisioned_pollers {
        let mut config = Map::new();
        for (member, value) in [("MinimumPollers", pollers.minimum), ("MaximumPollers", pollers.maximum)] {
            if let Some(value) = value {
                config.insert(member.into(), json!(value));
            }
        }
        if let Some(group) = &pollers.group {
            config.insert("PollerGroupName".into(), json!(group));
        }
        shape["ProvisionedPollerConfig"] = Value::Object(config);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::lambda::{carry_out, recognise};
    use crate::wire::{Caller, DEFAULT_ACCOUNT, Request, Response};
    use crate::world::Version;
    use crate::world::queue::Queue;

    const QUEUE: &str = "arn:aws:sqs:eu-west-1:111122223333:orders";
    const PATH: &str = "/2015-03-31/event-source-mappings";

    fn region() -> Region {
        let mut region = Region {
            account: DEFAULT_ACCOUNT.into(),
            region: "eu-west-1".into(),
            ..Region::default()
        };
        region.settle(1_700_000_000_500);
        region.create_function("fir-api", Version::of("one"), false).unwrap();
        region.queues.insert(QUEUE.into(), Queue::default());
        region
    }

    fn send(region: &mut Region, method: &str, path: &str, body: &Value) -> Response {
        let request = Request::new(method, path, body.to_string());
        let caller = Caller {
            account: DEFAULT_ACCOUNT.into(),
            region: "eu-west-1".into(),
            service: "lambda".into(),
        };
        let now = region.now;
        carry_out(region, &caller, &recognise(&request).unwrap(), &request, now)
    }

    fn body(response: &Response) -> Value {
        serde_json::from_slice(&response.body).unwrap()
    }

    #[test]
    fn an_update_ignores_what_only_creation_takes() {
        let mut region = region();
        let created = body(&send(
            &mut region,
            "POST",
            PATH,
            &json!({"FunctionName": "fir-api", "EventSourceArn": QUEUE}),
        ));
        assert_eq!(created["LastModified"], 1_700_000_000.5);
        let path = format!("{PATH}/{}", created["UUID"].as_str().unwrap());
        region.settle(region.now + 60_000);
        let change = json!({"EventSourceArn": "arn:aws:sqs:eu-west-1:111122223333:other", "StartingPosition": "LATEST", "BatchSize": 3});
        let updated = send(&mut region, "PUT", &path, &change);
        assert_eq!(updated.status, 202, "AWS-83");
        let updated = body(&updated);
        assert_eq!(
            (&updated["EventSourceArn"], &updated["StartingPosition"], &updated["BatchSize"]),
            (&json!(QUEUE), &Value::Null, &json!(3)),
            "AWS-83"
        );
    }

    #[test]
    fn a_busy_mapping_says_so_with_a_capital_message() {
        let mut region = region();
        let created = body(&send(
            &mut region,
            "POST",
            PATH,
            &json!({"FunctionName": "fir-api", "EventSourceArn": QUEUE}),
        ));
        let path = format!("{PATH}/{}", created["UUID"].as_str().unwrap());
        let refused = send(&mut region, "PUT", &path, &json!({"Enabled": false}));
        assert_eq!(refused.error_code().as_deref(), Some("ResourceInUseException"), "AWS-86");
        let expected = json!({"Type": "User", "Message": "Cannot update the event source mapping because it is in use."});
        assert_eq!(body(&refused), expected, "AWS-86");
    }
}
