//! Event source mappings: read for the whole region at once, looked at closely one by one, and written.
//!
//! One list of the region serves all endpoints (AWS-95). Where it does not show a trigger's mapping at rest on the alias, or is older
//! than a write of ours, the source is asked about on its own.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_sdk_lambda::types::{EndPointType, EventSourceMappingConfiguration, EventSourcePosition};
use futures::FutureExt;
use tokio::time::Instant;

use super::Look;
use super::call::{Operation, unreadable};
use super::clients::Region;
use super::throttle::Pool;
use crate::plan::desired::{Desired, DesiredEventSource, Source};
use crate::plan::event_source::{Found, calls_alias, candidates, concerns, is_settled};
use crate::plan::failure::Failure;
use crate::plan::observed::{Mapping, MappingState};

const LIST_MAPPINGS: Operation = Operation {
    name: "lambda:ListEventSourceMappings",
    pools: &[Pool::LambdaControl],
};
const GET_MAPPING: Operation = Operation {
    name: "lambda:GetEventSourceMapping",
    pools: &[Pool::LambdaControl],
};

/// Mappings by UUID.
pub(super) type Mappings = BTreeMap<String, Mapping>;

/// All mappings of a region, as one list showed them.
#[derive(Debug)]
pub(super) struct Sweep {
    pub begun: Instant,
    pub mappings: Mappings,
}

/// A closer look at some mappings.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Closer {
    /// Those of the source with this ARN.
    Source(String),
    /// Those of the function with this ARN, qualifier included.
    Function(String),
    /// This one, if it exists.
    Mapping(String),
}

/// What is known of mappings beyond the last list of the region.
#[derive(Debug, Default)]
pub(super) struct MappingNotes(Mutex<Notes>);

#[derive(Debug, Default)]
struct Notes {
    /// When something was last written, by UUID of the mapping, or for a new one by source.
    written: BTreeMap<String, Instant>,
    /// The mapping that AWS says a source has already, by source. Source: AWS-85.
    adopted: BTreeMap<String, String>,
}

impl MappingNotes {
    fn lock(&self) -> MutexGuard<'_, Notes> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that a write to a mapping, by its UUID or its source, began or ended.
    pub fn written(&self, key: &str) {
        self.lock().written.insert(key.into(), Instant::now());
    }

    /// Notes the mapping that the source has, whatever lists say.
    pub fn adopt(&self, source: &str, uuid: &str) {
        self.lock().adopted.insert(source.into(), uuid.into());
    }

    /// Whether anything of a trigger was written since then. What was written before that is of no interest any more.
    fn written_since(&self, begun: Instant, trigger: &DesiredEventSource, found: &[Found<'_>]) -> bool {
        let written = &mut self.lock().written;
        written.retain(|_, at| *at >= begun);
        written.contains_key(&note_key(&trigger.source)) || found.iter().any(|(uuid, _)| written.contains_key(*uuid))
    }

    fn adopted(&self, source: &str) -> Option<String> {
        self.lock().adopted.get(source).cloned()
    }
}

/// What the notes know a source by: its ARN, or else what AWS's calls name it by.
pub(super) fn note_key(source: &Source) -> String {
    match source {
        Source::Arn { arn, .. } => arn.clone(),
        other => other.to_string(),
    }
}

impl Region {
    /// The mappings of the function and of the triggers' sources, by UUID; `None` when nothing asks for them.
    pub async fn mappings(self: &Arc<Self>, desired: &Desired, look: Look) -> Result<Option<Mappings>, Failure> {
        if desired.event_sources.is_empty() && look == Look::Chain {
            return Ok(None);
        }
        let sweep = self.sweep().await?;
        let ours = sweep.mappings.iter().filter(|(uuid, mapping)| concerns(desired, uuid, mapping));
        let mut seen: Mappings = ours.map(|(uuid, mapping)| (uuid.clone(), mapping.clone())).collect();
        for trigger in &desired.event_sources {
            let found = candidates(desired, &seen, trigger);
            let outdated = self.mapping_notes.written_since(sweep.begun, trigger, &found);
            if outdated || !is_settled(desired, &found) {
                self.look_closer(desired, trigger, &mut seen).await?;
            }
        }
        if look == Look::EveryCaller {
            self.confirm_callers(desired, &mut seen).await?;
        }
        seen.retain(|uuid, mapping| concerns(desired, uuid, mapping));
        Ok(Some(seen))
    }

    /// Every mapping of the region, from a list that is at most as old as the settings allow.
    pub(super) async fn sweep(self: &Arc<Self>) -> Result<Arc<Sweep>, Failure> {
        let region = Arc::clone(self);
        let read = || {
            async move {
                let begun = Instant::now();
                let mappings = region.list_mappings(None, None).await?;
                Ok(Arc::new(Sweep { begun, mappings }))
            }
            .boxed()
        };
        self.sweeps.get((), read).await
    }

    /// Puts what AWS shows of the trigger's source now in the place of what the list of the region showed.
    async fn look_closer(self: &Arc<Self>, desired: &Desired, trigger: &DesiredEventSource, seen: &mut Mappings) -> Result<(), Failure> {
        let known: Vec<(String, Option<String>)> = candidates(desired, seen, trigger)
            .into_iter()
            .map(|(uuid, mapping)| (uuid.to_owned(), mapping.source_arn.clone()))
            .collect();
        let arn = match &trigger.source {
            Source::Arn { arn, .. } => Some(arn.clone()),
            _ => known.iter().find_map(|(_, arn)| arn.clone()),
        };
        match arn {
            Some(arn) => {
                seen.retain(|_, mapping| mapping.source_arn.as_ref() != Some(&arn));
                seen.extend(self.closer(Closer::Source(arn)).await?.as_ref().clone());
            }
            // No list of AWS takes brokers: what is known is asked for one by one, what is new is found on the alias.
            None => {
                for (uuid, _) in known {
                    self.look_at(uuid, seen).await?;
                }
                seen.extend(self.closer(Closer::Function(desired.alias_arn())).await?.as_ref().clone());
            }
        }
        let named = match &trigger.source {
            Source::Uuid(uuid) => Some(uuid.clone()),
            source => self.mapping_notes.adopted(&note_key(source)),
        };
        match named.filter(|uuid| !seen.contains_key(uuid)) {
            Some(uuid) => self.look_at(uuid, seen).await,
            None => Ok(()),
        }
    }

    /// Before something is taken away: who calls the alias now, not a minute ago.
    async fn confirm_callers(self: &Arc<Self>, desired: &Desired, seen: &mut Mappings) -> Result<(), Failure> {
        let calling = seen.iter().filter(|(_, mapping)| calls_alias(desired, mapping));
        let calling: Vec<_> = calling.map(|(uuid, _)| uuid.clone()).collect();
        for uuid in calling {
            self.look_at(uuid, seen).await?;
        }
        seen.extend(self.closer(Closer::Function(desired.alias_arn())).await?.as_ref().clone());
        Ok(())
    }

    async fn look_at(self: &Arc<Self>, uuid: String, seen: &mut Mappings) -> Result<(), Failure> {
        seen.remove(&uuid);
        seen.extend(self.closer(Closer::Mapping(uuid)).await?.as_ref().clone());
        Ok(())
    }

    async fn closer(self: &Arc<Self>, what: Closer) -> Result<Arc<Mappings>, Failure> {
        let (region, wanted) = (Arc::clone(self), what.clone());
        let read = || {
            async move {
                let mappings = match &wanted {
                    Closer::Source(arn) => region.list_mappings(Some(arn), None).await?,
                    Closer::Function(arn) => region.list_mappings(None, Some(arn)).await?,
                    Closer::Mapping(uuid) => region.get_mapping(uuid).await?.into_iter().collect(),
                };
                Ok(Arc::new(mappings))
            }
            .boxed()
        };
        self.closer_looks.get(what, read).await
    }

    /// To the last page. A function or a source that does not exist has none. Source: AWS-95.
    async fn list_mappings(&self, source: Option<&str>, function: Option<&str>) -> Result<Mappings, Failure> {
        let resource = source.or(function).unwrap_or(&self.gate.region);
        let (mut all, mut marker) = (BTreeMap::new(), None);
        loop {
            let call = || {
                let call = self.lambda.list_event_source_mappings().set_marker(marker.clone());
                let call = call.set_event_source_arn(source.map(str::to_owned));
                call.set_function_name(function.map(str::to_owned)).send()
            };
            // In a list, "not found" speaks of the filter, not of a mapping.
            let Some(page) = self.gate.find(LIST_MAPPINGS, resource, call).await? else {
                return Ok(BTreeMap::new());
            };
            for configuration in page.event_source_mappings.unwrap_or_default() {
                let found = mapping(configuration).ok_or_else(|| unreadable(LIST_MAPPINGS, resource, "a mapping without UUID"))?;
                all.extend([found]);
            }
            marker = page.next_marker.filter(|m| !m.is_empty());
            if marker.is_none() {
                return Ok(all);
            }
        }
    }

    async fn get_mapping(&self, uuid: &str) -> Result<Option<(String, Mapping)>, Failure> {
        let call = || self.lambda.get_event_source_mapping().uuid(uuid).send();
        let Some(output) = self.gate.find(GET_MAPPING, uuid, call).await? else {
            return Ok(None);
        };
        // The answer of a single read has the same members as an item of a list, and a type of its own.
        let configuration = EventSourceMappingConfiguration::builder()
            .set_uuid(output.uuid)
            .set_event_source_arn(output.event_source_arn)
            .set_self_managed_event_source(output.self_managed_event_source)
            .set_topics(output.topics)
            .set_queues(output.queues)
            .set_function_arn(output.function_arn)
            .set_state(output.state)
            .set_state_transition_reason(output.state_transition_reason)
            .set_last_processing_result(output.last_processing_result)
            .set_destination_config(output.destination_config);
        let found = mapping(configuration.build());
        found
            .map(Some)
            .ok_or_else(|| unreadable(GET_MAPPING, uuid, "a mapping without UUID"))
    }
}

/// UUID and mapping as the plan sees it; `None` when the UUID is missing.
fn mapping(configuration: EventSourceMappingConfiguration) -> Option<(String, Mapping)> {
    let endpoints = configuration
        .self_managed_event_source
        .and_then(|s| s.endpoints)
        .unwrap_or_default();
    let mut bootstrap_servers = endpoints.get(&EndPointType::KafkaBootstrapServers).cloned().unwrap_or_default();
    bootstrap_servers.sort();
    let on_failure = configuration.destination_config.and_then(|d| d.on_failure);
    let mapping = Mapping {
        source_arn: configuration.event_source_arn,
        bootstrap_servers,
        topics: configuration.topics.or(configuration.queues).unwrap_or_default(),
        function_arn: configuration.function_arn.unwrap_or_default(),
        state: match configuration.state.as_deref() {
            Some("Enabled") => MappingState::Enabled,
            Some("Disabled") => MappingState::Disabled,
            other => MappingState::Changing(other.unwrap_or_default().into()),
        },
        state_reason: configuration.state_transition_reason.unwrap_or_default(),
        last_result: configuration.last_processing_result.unwrap_or_default(),
        on_failure_arn: on_failure.and_then(|o| o.destination),
        starts_at_latest: configuration.starting_position == Some(EventSourcePosition::Latest),
    };
    Some((configuration.uuid?, mapping))
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_lambda::types::SelfManagedEventSource;

    #[test]
    fn brokers_are_sorted_and_an_unknown_state_is_one_that_passes() {
        let brokers = vec!["b2:9092".to_owned(), "b1:9092".to_owned()];
        let source = SelfManagedEventSource::builder().endpoints(EndPointType::KafkaBootstrapServers, brokers);
        let configuration = EventSourceMappingConfiguration::builder()
            .uuid("u")
            .self_managed_event_source(source.build());
        let (uuid, mapping) = mapping(configuration.state("Paused").build()).unwrap();
        assert_eq!(uuid, "u");
        assert_eq!(mapping.bootstrap_servers, ["b1:9092", "b2:9092"]);
        assert_eq!(mapping.state, MappingState::Changing("Paused".into()));
    }

    #[test]
    fn a_mapping_without_uuid_is_none() {
        assert_eq!(mapping(EventSourceMappingConfiguration::builder().build()), None);
    }
}
