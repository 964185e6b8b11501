//! The two writes to event source mappings: moving one, and making one.

use std::sync::Arc;

use aws_sdk_lambda::operation::create_event_source_mapping::builders::CreateEventSourceMappingFluentBuilder as Create;
use aws_sdk_lambda::primitives::DateTime;
use aws_sdk_lambda::types::{
    AmazonManagedKafkaEventSourceConfig, DestinationConfig, EndPointType, EventSourcePosition, Filter, FilterCriteria,
    FunctionResponseType, OnFailure, ProvisionedPollerConfig, ScalingConfig, SelfManagedEventSource, SelfManagedKafkaEventSourceConfig,
    SourceAccessConfiguration, SourceAccessType,
};

use super::call::Operation;
use super::clients::Region;
use super::event_sources::{Closer, note_key};
use super::throttle::Pool;
use crate::api::{EventSourceCreate, StartingPosition};
use crate::plan::desired::{Desired, Source};
use crate::plan::failure::{Class, Failure};
use crate::plan::step::Step;

const UPDATE_MAPPING: Operation = Operation {
    name: "lambda:UpdateEventSourceMapping",
    pools: &[Pool::LambdaControl],
};
const CREATE_MAPPING: Operation = Operation {
    name: "lambda:CreateEventSourceMapping",
    pools: &[Pool::LambdaControl],
};

impl Region {
    /// Makes one write to a mapping. What was read of its source before or during the write is forgotten.
    pub async fn execute_mapping(self: &Arc<Self>, desired: &Desired, step: &Step) -> Result<(), Failure> {
        let alias_arn = desired.alias_arn();
        let _of_alias = self.closer_looks.forget(Closer::Function(alias_arn.clone()));
        match step {
            Step::UpdateMapping { uuid, source_arn } => self.move_mapping(uuid, source_arn.as_deref(), &alias_arn).await,
            Step::CreateMapping { source, create } => self.create_mapping(source, create, &alias_arn).await,
            _ => Ok(()),
        }
    }

    /// Names the alias and nothing else: what an update leaves out stays as it is. Source: AWS-82, AWS-83.
    async fn move_mapping(&self, uuid: &str, source_arn: Option<&str>, alias_arn: &str) -> Result<(), Failure> {
        // A refusal is about the source, so that is what a person has to know.
        let resource = source_arn.unwrap_or(uuid);
        let turn = self.gate.turn(UPDATE_MAPPING, resource).await?;
        let _of_mapping = self.closer_looks.forget(Closer::Mapping(uuid.into()));
        let _of_source = source_arn.map(|arn| self.closer_looks.forget(Closer::Source(arn.into())));
        self.mapping_notes.written(uuid);
        let call = self.lambda.update_event_source_mapping().uuid(uuid).function_name(alias_arn);
        let written = self.gate.write(UPDATE_MAPPING, resource, turn, call.send()).await.map(drop);
        self.mapping_notes.written(uuid);
        written
    }

    /// Makes the mapping. When AWS says that there is one already, that one is looked at next. Source: AWS-85.
    async fn create_mapping(&self, source: &Source, create: &EventSourceCreate, alias_arn: &str) -> Result<(), Failure> {
        let key = note_key(source);
        let turn = self.gate.turn(CREATE_MAPPING, &key).await?;
        let _of_source = self.closer_looks.forget(Closer::Source(key.clone()));
        self.mapping_notes.written(&key);
        let call = self.lambda.create_event_source_mapping().function_name(alias_arn);
        let call = with_filters_and_destination(with_numbers(with_source(call, source, create), create), create);
        let written = self.gate.write(CREATE_MAPPING, &key, turn, call.send()).await.map(drop);
        self.mapping_notes.written(&key);
        if let Err(failure) = &written
            && failure.class == Class::Conflict
            && let Some(uuid) = uuid_in(&failure.message)
        {
            self.mapping_notes.adopt(&key, uuid);
        }
        written
    }
}

fn with_source(call: Create, source: &Source, create: &EventSourceCreate) -> Create {
    let group = create.consumer_group_id.clone();
    let (call, topic) = match source {
        Source::Arn { arn, topic } => {
            let group = group.map(|id| AmazonManagedKafkaEventSourceConfig::builder().consumer_group_id(id).build());
            let call = call.event_source_arn(arn).set_amazon_managed_kafka_event_source_config(group);
            (call, topic.clone())
        }
        Source::SelfManagedKafka { bootstrap_servers, topic } => {
            let cluster = SelfManagedEventSource::builder().endpoints(EndPointType::KafkaBootstrapServers, bootstrap_servers.clone());
            let group = group.map(|id| SelfManagedKafkaEventSourceConfig::builder().consumer_group_id(id).build());
            let call = call.self_managed_event_source(cluster.build());
            (call.set_self_managed_kafka_event_source_config(group), topic.clone())
        }
        Source::Uuid(_) => (call, None),
    };
    let access = create.source_access.iter().map(|access| {
        let kind = SourceAccessType::from(access.kind.as_str());
        SourceAccessConfiguration::builder().r#type(kind).uri(access.uri.clone()).build()
    });
    let access: Vec<_> = access.collect();
    let position = create.starting_position.map(|position| match position {
        StartingPosition::TrimHorizon => EventSourcePosition::TrimHorizon,
        StartingPosition::Latest => EventSourcePosition::Latest,
        StartingPosition::AtTimestamp => EventSourcePosition::AtTimestamp,
    });
    let time = create
        .starting_position_timestamp
        .as_ref()
        .map(|time| DateTime::from_secs(time.0.as_second()));
    call.set_topics(topic.map(|topic| vec![topic]))
        .set_source_access_configurations(some_unless_empty(access))
        .set_starting_position(position)
        .set_starting_position_timestamp(time)
}

fn with_numbers(call: Create, create: &EventSourceCreate) -> Create {
    let scaling = create
        .maximum_concurrency
        .map(|n| ScalingConfig::builder().maximum_concurrency(n).build());
    let pollers = create.provisioned_pollers.as_ref().map(|pollers| {
        ProvisionedPollerConfig::builder()
            .set_minimum_pollers(pollers.minimum)
            .set_maximum_pollers(pollers.maximum)
            .set_poller_group_name(pollers.group_name.clone())
            .build()
    });
    call.set_batch_size(create.batch_size)
        .set_maximum_batching_window_in_seconds(create.maximum_batching_window_seconds)
        .set_parallelization_factor(create.parallelization_factor)
        .set_bisect_batch_on_function_error(create.bisect_batch_on_function_error)
        .set_maximum_retry_attempts(create.maximum_retry_attempts)
        .set_maximum_record_age_in_seconds(create.maximum_record_age_seconds)
        .set_tumbling_window_in_seconds(create.tumbling_window_seconds)
        .set_scaling_config(scaling)
        .set_provisioned_poller_config(pollers)
}

fn with_filters_and_destination(call: Create, create: &EventSourceCreate) -> Create {
    let filters = create.filters.iter().map(|pattern| Filter::builder().pattern(pattern).build());
    let filters = some_unless_empty(filters.collect());
    let filters = filters.map(|filters| FilterCriteria::builder().set_filters(Some(filters)).build());
    let destination = create.on_failure_destination_arn.as_ref().map(|arn| {
        let on_failure = OnFailure::builder().destination(arn).build();
        DestinationConfig::builder().on_failure(on_failure).build()
    });
    let report = create.report_batch_item_failures.unwrap_or_default();
    let responses = report.then(|| vec![FunctionResponseType::ReportBatchItemFailures]);
    call.set_filter_criteria(filters)
        .set_destination_config(destination)
        .set_function_response_types(responses)
}

fn some_unless_empty<T>(list: Vec<T>) -> Option<Vec<T>> {
    (!list.is_empty()).then_some(list)
}

/// The UUID in "... the existing mapping with UUID x". Source: AWS-85.
fn uuid_in(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("mapping with UUID ")?;
    let end = rest.find(|c: char| !c.is_ascii_hexdigit() && c != '-').unwrap_or(rest.len());
    Some(&rest[..end]).filter(|uuid| uuid.len() == 36)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_uuid_of_the_mapping_that_exists_is_read_out_of_the_refusal() {
        let uuid = "6e2b6d39-5f0f-4a0a-9f0e-2a1d6c1b8a77";
        for text in [
            format!("... already exists. Please update or delete the existing mapping with UUID {uuid}"),
            format!("... provided mapping already exists. Please update or delete the existing mapping with UUID {uuid}."),
        ] {
            assert_eq!(uuid_in(&text), Some(uuid));
        }
        for text in ["", "mapping with UUID ", "mapping with UUID 6e2b6d39"] {
            assert_eq!(uuid_in(text), None, "{text}");
        }
    }
}
