//! Event source mappings, and other ways to the function, as the operator reads and writes them.

use std::collections::BTreeMap;

use awssim::world::event_source::{
    DestinationConfig, EventSourceMapping, MappingChange, MappingState as State, NewMapping, ProvisionedPollerConfig, ScalingConfig,
    SourceAccess,
};
use awssim::world::{AwsError, Region};
use warmlambda::api::{EventSourceCreate, StartingPosition};
use warmlambda::plan::desired::{Desired, Source};
use warmlambda::plan::event_source::concerns;
use warmlambda::plan::observed::{Mapping, MappingState};
use warmlambda::plan::step::Step;

/// All mappings that concern the endpoint, from every page.
pub fn observe(region: &Region, desired: &Desired) -> BTreeMap<String, Mapping> {
    let mut all = BTreeMap::new();
    let mut marker = None;
    loop {
        let page = region.list_event_source_mappings(None, None, marker.as_deref(), Some(3)).unwrap();
        all.extend(page.items.into_iter().map(|found| (found.uuid, seen(found.mapping))));
        marker = page.next_marker;
        if marker.is_none() {
            break;
        }
    }
    all.retain(|uuid, mapping| concerns(desired, uuid, mapping));
    all
}

fn seen(mapping: EventSourceMapping) -> Mapping {
    let mut bootstrap_servers = mapping.kafka_bootstrap_servers;
    bootstrap_servers.sort();
    Mapping {
        source_arn: mapping.event_source_arn,
        bootstrap_servers,
        topics: mapping.topics,
        function_arn: mapping.function_arn,
        state: match mapping.state {
            State::Enabled => MappingState::Enabled,
            State::Disabled => MappingState::Disabled,
            other => MappingState::Changing(format!("{other:?}")),
        },
        state_reason: mapping.state_transition_reason.unwrap_or_default(),
        last_result: mapping.last_processing_result.unwrap_or_default(),
        on_failure_arn: mapping.on_failure_destination,
        starts_at_latest: mapping.starting_position == Some(awssim::world::event_source::StartingPosition::Latest),
    }
}

/// Makes one write to a mapping.
///
/// # Errors
/// What AWS refuses.
pub fn execute(region: &mut Region, desired: &Desired, step: &Step) -> Result<(), AwsError> {
    match step {
        Step::UpdateMapping { uuid, .. } => {
            let change = MappingChange::function(&desired.alias_arn());
            region.update_event_source_mapping(uuid, &change).map(drop)
        }
        Step::CreateMapping { source, create } => region.create_event_source_mapping(&new(desired, source, create)).map(drop),
        _ => Ok(()),
    }
}

fn new(desired: &Desired, source: &Source, create: &EventSourceCreate) -> NewMapping {
    let (event_source_arn, kafka_bootstrap_servers, topic) = match source {
        Source::Arn { arn, topic } => (Some(arn.clone()), Vec::new(), topic),
        Source::SelfManagedKafka { bootstrap_servers, topic } => (None, bootstrap_servers.clone(), topic),
        Source::Uuid(_) => (None, Vec::new(), &None),
    };
    NewMapping {
        event_source_arn,
        kafka_bootstrap_servers,
        topics: topic.clone().into_iter().collect(),
        consumer_group_id: create.consumer_group_id.clone(),
        starting_position: create.starting_position.map(|position| {
            let word = match position {
                StartingPosition::TrimHorizon => "TRIM_HORIZON",
                StartingPosition::Latest => "LATEST",
                StartingPosition::AtTimestamp => "AT_TIMESTAMP",
            };
            word.into()
        }),
        starting_position_timestamp: create
            .starting_position_timestamp
            .as_ref()
            .map(|time| u64::try_from(time.0.as_millisecond()).unwrap()),
        settings: settings(desired, create),
        ..NewMapping::default()
    }
}

fn settings(desired: &Desired, create: &EventSourceCreate) -> MappingChange {
    let pollers = create.provisioned_pollers.as_ref();
    let access = create.source_access.iter().map(|access| SourceAccess {
        kind: access.kind.clone(),
        uri: access.uri.clone(),
    });
    MappingChange {
        function_name: Some(desired.alias_arn()),
        batch_size: create.batch_size.map(i64::from),
        maximum_batching_window_in_seconds: create.maximum_batching_window_seconds.map(i64::from),
        parallelization_factor: create.parallelization_factor.map(i64::from),
        bisect_batch_on_function_error: create.bisect_batch_on_function_error,
        maximum_retry_attempts: create.maximum_retry_attempts.map(i64::from),
        maximum_record_age_in_seconds: create.maximum_record_age_seconds.map(i64::from),
        tumbling_window_in_seconds: create.tumbling_window_seconds.map(i64::from),
        filter_criteria: (!create.filters.is_empty()).then(|| create.filters.clone()),
        destination_config: create.on_failure_destination_arn.as_ref().map(|arn| DestinationConfig {
            on_failure: Some(arn.clone()),
            ..DestinationConfig::default()
        }),
        function_response_types: create
            .report_batch_item_failures
            .filter(|on| *on)
            .map(|_| vec!["ReportBatchItemFailures".into()]),
        scaling_config: create.maximum_concurrency.map(|most| ScalingConfig {
            maximum_concurrency: Some(most.into()),
        }),
        provisioned_poller_config: pollers.map(|pollers| ProvisionedPollerConfig {
            minimum_pollers: pollers.minimum.map(i64::from),
            maximum_pollers: pollers.maximum.map(i64::from),
            poller_group_name: pollers.group_name.clone(),
        }),
        source_access_configurations: (!create.source_access.is_empty()).then(|| access.collect()),
        ..MappingChange::default()
    }
}
