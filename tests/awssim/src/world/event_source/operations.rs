//! The operations on event source mappings.

use super::super::publish::Page;
use super::super::qualifier::{conflict, constraint, invalid, partition};
use super::super::{Answer, AwsError, Region};
use super::change::{MappingChange, NewMapping, unsupported};
use super::mapping::{EventSourceMapping, MappingState, PreviousTarget, StartingPosition};
use super::source::SourceKind;

/// Most mappings in a page (AWS-95).
pub const MAPPINGS_PAGE: usize = 100;

/// What the operations on mappings answer.
#[derive(Clone, Debug, PartialEq)]
pub struct EventSourceMappingConfiguration {
    /// The identifier; no name can be chosen.
    pub uuid: String,
    /// ARN of the mapping itself.
    pub event_source_mapping_arn: String,
    /// Everything else.
    pub mapping: EventSourceMapping,
}

impl Region {
    /// `CreateEventSourceMapping`: answers `Creating` (AWS-81).
    pub fn create_event_source_mapping(&mut self, new: &NewMapping) -> Answer<EventSourceMappingConfiguration> {
        let kind = new.check()?;
        let Some(function_name) = &new.settings.function_name else {
            let text = "1 validation error detected: Value null at 'functionName' failed to satisfy constraint: Member must not be null";
            return Err(AwsError::new(400, "ValidationException", text));
        };
        let function_arn = self.mapped_function(function_name)?;
        let starting_position = new.starting_position(kind)?;
        self.refuse_problem(new.event_source_arn.as_deref(), &function_arn)?;
        let mut mapping = EventSourceMapping {
            event_source_arn: new.event_source_arn.clone(),
            kafka_bootstrap_servers: new.kafka_bootstrap_servers.clone(),
            topics: new.topics.clone(),
            queues: new.queues.clone(),
            consumer_group_id: new.consumer_group_id.clone(),
            function_arn,
            state: MappingState::Creating,
            settles_at: Some(self.now + self.settings.mapping_create_ms),
            last_modified: self.now,
            starting_position,
            starting_position_timestamp: new.starting_position_timestamp,
            ..EventSourceMapping::default()
        };
        new.settings.put_into(&mut mapping);
        mapping.check_combination()?;
        self.refuse_duplicate(None, &mapping)?;
        let uuid = self.new_uuid();
        mapping.complete(&uuid);
        self.event_source_mappings.insert(uuid.clone(), mapping);
        self.get_event_source_mapping(&uuid)
    }

    /// `GetEventSourceMapping`.
    pub fn get_event_source_mapping(&self, uuid: &str) -> Answer<EventSourceMappingConfiguration> {
        let missing = || AwsError::new(404, "ResourceNotFoundException", "The resource you requested does not exist.");
        let mapping = self.event_source_mappings.get(uuid).ok_or_else(missing)?;
        Ok(self.mapping_configuration(uuid, mapping))
    }

    /// `ListEventSourceMappings`: all of the account and region, 100 a page; an unknown function or source gives an empty list (AWS-95).
    /// A function's bare name means the mappings of the function itself, not those of its versions and aliases.
    pub fn list_event_source_mappings(
        &self,
        event_source_arn: Option<&str>,
        function_name: Option<&str>,
        marker: Option<&str>,
        most: Option<usize>,
    ) -> Answer<Page<EventSourceMappingConfiguration>> {
        let function_arn = match function_name {
            Some(given) => {
                let target = self.function_ref(given, None)?;
                Some(self.function_arn(&target.name, target.qualifier.as_deref()))
            }
            None => None,
        };
        let size = most.unwrap_or(MAPPINGS_PAGE).clamp(1, MAPPINGS_PAGE);
        // From the marker on: what it names may be gone by now.
        let from = marker.unwrap_or_default().to_owned();
        let mut rest = self.event_source_mappings.range(from..).filter(|(_, mapping)| {
            event_source_arn.is_none_or(|arn| mapping.event_source_arn.as_deref() == Some(arn))
                && function_arn.as_ref().is_none_or(|arn| mapping.function_arn == *arn)
        });
        let items = rest
            .by_ref()
            .take(size)
            .map(|(uuid, mapping)| self.mapping_configuration(uuid, mapping))
            .collect();
        let next_marker = rest.next().map(|(uuid, _)| uuid.clone());
        Ok(Page { items, next_marker })
    }

    /// `UpdateEventSourceMapping`: changes what is given, keeps UUID and checkpoints (AWS-82, AWS-83).
    pub fn update_event_source_mapping(&mut self, uuid: &str, change: &MappingChange) -> Answer<EventSourceMappingConfiguration> {
        let old = self.get_event_source_mapping(uuid)?.mapping;
        change.check_bounds()?;
        change.check_support(old.kind())?;
        old.refuse_in_use("update")?;
        let mut mapping = old.clone();
        if let Some(function_name) = &change.function_name {
            mapping.function_arn = self.mapped_function(function_name)?;
        }
        change.put_into(&mut mapping);
        mapping.check_combination()?;
        if !mapping.disabled {
            self.refuse_problem(mapping.event_source_arn.as_deref(), &mapping.function_arn)?;
        }
        self.refuse_duplicate(Some(uuid), &mapping)?;
        mapping.state = match (old.disabled, mapping.disabled) {
            (true, false) => MappingState::Enabling,
            (false, true) => MappingState::Disabling,
            _ => MappingState::Updating,
        };
        let settles_at = self.now + self.settings.mapping_update_ms;
        if mapping.function_arn != old.function_arn && !mapping.disabled {
            // AWS-87: batches reach the old target until some time after the mapping is Enabled again.
            mapping.previous = Some(PreviousTarget {
                function_arn: old.function_arn,
                until: settles_at + self.settings.mapping_old_target_ms,
            });
        }
        mapping.settles_at = Some(settles_at);
        mapping.last_modified = self.now;
        mapping.mend();
        mapping.state_transition_reason = Some(mapping.kind().user_reason().into());
        self.event_source_mappings.insert(uuid.into(), mapping);
        self.get_event_source_mapping(uuid)
    }

    /// `DeleteEventSourceMapping`: answers `Deleting`; the mapping is gone a while later (AWS-81).
    pub fn delete_event_source_mapping(&mut self, uuid: &str) -> Answer<EventSourceMappingConfiguration> {
        self.get_event_source_mapping(uuid)?.mapping.refuse_in_use("delete")?;
        let settles_at = self.now + self.settings.mapping_delete_ms;
        if let Some(mapping) = self.event_source_mappings.get_mut(uuid) {
            mapping.state = MappingState::Deleting;
            mapping.settles_at = Some(settles_at);
            mapping.mend();
            mapping.state_transition_reason = Some(mapping.kind().user_reason().into());
        }
        self.get_event_source_mapping(uuid)
    }

    fn mapping_configuration(&self, uuid: &str, mapping: &EventSourceMapping) -> EventSourceMappingConfiguration {
        let (partition, region, account) = (partition(&self.region), &self.region, &self.account);
        EventSourceMappingConfiguration {
            uuid: uuid.into(),
            event_source_mapping_arn: format!("arn:{partition}:lambda:{region}:{account}:event-source-mapping:{uuid}"),
            mapping: mapping.clone(),
        }
    }

    /// The ARN of a function that exists, with the qualifier that was given (AWS-84, AWS-91).
    fn mapped_function(&self, function_name: &str) -> Answer<String> {
        let target = self.function_ref(function_name, None)?;
        let found = self.functions.get(&target.name);
        let exists = found.is_some_and(|function| target.qualifier.as_deref().is_none_or(|qualifier| function.has(qualifier)));
        if !exists {
            return Err(invalid("Function does not exist"));
        }
        Ok(self.function_arn(&target.name, target.qualifier.as_deref()))
    }

    /// AWS-85: one mapping for a source and a function. Whether the qualifier counts is not documented: a setting says so.
    fn refuse_duplicate(&self, own: Option<&str>, new: &EventSourceMapping) -> Answer<()> {
        let name = |arn: &str| self.function_ref(arn, None).map(|target| target.name).unwrap_or_default();
        let same_function = |other: &EventSourceMapping| {
            if self.settings.mappings_unique_per_qualifier {
                other.function_arn == new.function_arn
            } else {
                name(&other.function_arn) == name(&new.function_arn)
            }
        };
        let twin = self
            .event_source_mappings
            .iter()
            .find(|(uuid, other)| Some(uuid.as_str()) != own && other.reads_the_same(new) && same_function(other));
        let Some((uuid, _)) = twin else { return Ok(()) };
        let function = name(&new.function_arn);
        let source = new
            .event_source_arn
            .clone()
            .unwrap_or_else(|| new.kafka_bootstrap_servers.join(","));
        let advice = format!("Please update or delete the existing mapping with UUID {uuid}");
        Err(conflict(match new.kind() {
            SourceKind::Sqs => {
                format!("An event source mapping with SQS arn (\" {source} \") and function (\" {function} \") already exists. {advice}")
            }
            kind if kind.is_kafka() => format!(
                "An event source mapping with event source (\"{source}\"), function (\"{}\"), topics (\"{}\") already exists. {advice}",
                new.function_arn,
                new.topics.join(",")
            ),
            _ => {
                format!("The event source arn (\" {source} \") and function (\" {function} \") provided mapping already exists. {advice}")
            }
        }))
    }
}

impl NewMapping {
    /// Everything that is refused before AWS looks at the function (AWS-91, AWS-96).
    fn check(&self) -> Answer<SourceKind> {
        self.settings.check_bounds()?;
        let positions = ["LATEST", "AT_TIMESTAMP", "TRIM_HORIZON"];
        if let Some(position) = self.starting_position.as_deref().filter(|given| !positions.contains(given)) {
            let rule = format!("Member must satisfy enum value set: [{}]", positions.join(", "));
            return Err(constraint(position, "startingPosition", &rule));
        }
        let kind = match &self.event_source_arn {
            Some(arn) => SourceKind::of(arn),
            None if self.kafka_bootstrap_servers.is_empty() => SourceKind::Unknown,
            None => SourceKind::SelfManagedKafka,
        };
        if kind == SourceKind::Unknown {
            return Err(invalid("Unrecognized event source."));
        }
        if kind == SourceKind::SelfManagedKafka && self.settings.source_access_configurations.is_none() {
            return Err(invalid("Required 'sourceAccessConfigurations' parameter is missing."));
        }
        if kind.is_kafka() && self.topics.is_empty() {
            return Err(invalid("Required 'topics' parameter is missing."));
        }
        if !kind.is_kafka() && !self.topics.is_empty() {
            return Err(unsupported("topics"));
        }
        self.settings.check_support(kind)?;
        Ok(kind)
    }

    fn starting_position(&self, kind: SourceKind) -> Answer<Option<StartingPosition>> {
        let position = match self.starting_position.as_deref() {
            Some("LATEST") => Some(StartingPosition::Latest),
            Some("AT_TIMESTAMP") => Some(StartingPosition::AtTimestamp),
            Some(_) => Some(StartingPosition::TrimHorizon),
            None => None,
        };
        match position {
            Some(_) if kind == SourceKind::Sqs => Err(invalid("StartingPosition is not valid for SQS event sources.")),
            None if kind.is_stream() || kind.is_kafka() => {
                let text =
                    "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: Member must not be null.";
                Err(invalid(text))
            }
            Some(StartingPosition::AtTimestamp) if kind == SourceKind::DynamoDb => {
                let arn = self.event_source_arn.as_deref().unwrap_or_default();
                Err(invalid(format!("Unsupported starting position for arn type: {arn}")))
            }
            Some(StartingPosition::AtTimestamp) if self.starting_position_timestamp.is_none() => {
                let text = "1 validation error detected: Value null at 'startingPositionTimestamp' failed to satisfy constraint: Member must not be null.";
                Err(invalid(text))
            }
            position => Ok(position),
        }
    }
}

impl EventSourceMapping {
    /// Whether two mappings read the same records: the same stream or queue, or the same topic of clusters that share a broker.
    fn reads_the_same(&self, other: &Self) -> bool {
        let shares_broker = || {
            self.kafka_bootstrap_servers
                .iter()
                .any(|server| other.kafka_bootstrap_servers.contains(server))
        };
        let same_source = match (&self.event_source_arn, &other.event_source_arn) {
            (Some(own), Some(others)) => own == others,
            (None, None) => shares_broker(),
            _ => false,
        };
        same_source && self.topics == other.topics && self.queues == other.queues
    }

    /// AWS-86: nothing is written while AWS is still busy with the mapping.
    fn refuse_in_use(&self, verb: &str) -> Answer<()> {
        match self.state {
            MappingState::Enabled | MappingState::Disabled => Ok(()),
            _ => Err(AwsError::new(
                400,
                "ResourceInUseException",
                format!("Cannot {verb} the event source mapping because it is in use."),
            )),
        }
    }
}
