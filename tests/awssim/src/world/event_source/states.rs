//! What becomes of mappings by themselves: states that pass, and Lambda's own disabling.

use super::super::{Millis, Region};
use super::mapping::{EventSourceMapping, MappingState, StartingPosition};
use super::roles::Problem;
use super::source::SourceKind;

impl SourceKind {
    /// What `StateTransitionReason` says after a call of the API (AWS-81).
    pub(super) fn user_reason(self) -> &'static str {
        if self.is_stream() { "User action" } else { "USER_INITIATED" }
    }
}

impl EventSourceMapping {
    /// Makes up what a world file may leave out.
    pub(super) fn complete(&mut self, uuid: &str) {
        let kind = self.kind();
        if self.batch_size == 0 {
            self.batch_size = kind.default_batch_size();
        }
        self.parallelization_factor = self.parallelization_factor.max(1);
        if matches!(self.state, MappingState::Disabled | MappingState::Disabling) {
            self.disabled = true;
        }
        self.state_transition_reason.get_or_insert_with(|| kind.user_reason().into());
        if kind != SourceKind::Sqs {
            self.last_processing_result.get_or_insert_with(|| "No records processed".into());
        }
        if kind.is_stream() || kind.is_kafka() {
            self.starting_position.get_or_insert(StartingPosition::TrimHorizon);
        }
        if kind.is_kafka() {
            self.consumer_group_id.get_or_insert_with(|| uuid.into());
        }
    }

    /// Forgets that it could not work.
    pub(super) fn mend(&mut self) {
        self.broken_since = None;
        self.result_due = None;
    }

    /// Ends a state that is due; false when the mapping itself ends.
    fn settle(&mut self, at: Millis) -> bool {
        if self.previous.as_ref().is_some_and(|previous| previous.until <= at) {
            self.previous = None;
        }
        if self.settles_at.is_none_or(|due| due > at) {
            return true;
        }
        self.settles_at = None;
        let settled = if self.disabled {
            MappingState::Disabled
        } else {
            MappingState::Enabled
        };
        let ends = self.state == MappingState::Deleting;
        self.state = settled;
        !ends
    }
}

impl Region {
    /// Makes up what a world file leaves out of its mappings, such as the ARN around a function's name.
    pub(in crate::world) fn complete_event_source_mappings(&mut self) {
        let incomplete = |mapping: &EventSourceMapping| mapping.batch_size == 0 || !mapping.function_arn.starts_with("arn:");
        let incomplete: Vec<String> = self
            .event_source_mappings
            .iter()
            .filter(|(_, mapping)| incomplete(mapping))
            .map(|(uuid, _)| uuid.clone())
            .collect();
        for uuid in incomplete {
            let Some(mut mapping) = self.event_source_mappings.remove(&uuid) else {
                continue;
            };
            if let Ok(target) = self.function_ref(&mapping.function_arn, None) {
                mapping.function_arn = self.function_arn(&target.name, target.qualifier.as_deref());
            }
            mapping.complete(&uuid);
            self.event_source_mappings.insert(uuid, mapping);
        }
    }

    /// When the next mapping changes by itself.
    pub(in crate::world) fn due_event_source_mappings(&self) -> Option<Millis> {
        let patience = self.settings.mapping_disable_after_ms;
        let mappings = self.event_source_mappings.values();
        mappings
            .flat_map(|mapping| {
                let gives_up = mapping.broken_since.map(|since| since + patience);
                let moved = mapping.previous.as_ref().map(|previous| previous.until);
                [mapping.settles_at, moved, mapping.result_due, gives_up]
            })
            .flatten()
            .min()
    }

    /// Lets everything happen that is due on mappings at `at`.
    pub(in crate::world) fn settle_event_source_mappings(&mut self, at: Millis) {
        if self.due_event_source_mappings().is_none_or(|due| due > at) {
            return;
        }
        self.event_source_mappings.retain(|_, mapping| mapping.settle(at));
        let patience = self.settings.mapping_disable_after_ms;
        let tells = |mapping: &EventSourceMapping| mapping.result_due.is_some_and(|due| due <= at);
        let ends = |mapping: &EventSourceMapping| mapping.broken_since.is_some_and(|since| since + patience <= at);
        let broken: Vec<_> = self
            .event_source_mappings
            .iter()
            .filter(|(_, mapping)| tells(mapping) || ends(mapping))
            .filter_map(|(uuid, mapping)| Some((uuid.clone(), self.problem_of(mapping)?, ends(mapping))))
            .collect();
        for (uuid, problem, ends) in broken {
            if let Some(mapping) = self.event_source_mappings.get_mut(&uuid) {
                mapping.result_due = None;
                if mapping.kind() != SourceKind::Sqs {
                    mapping.last_processing_result = Some(problem.last_processing_result());
                }
            }
            if ends {
                self.disable_event_source_mapping(&uuid, problem.state_transition_reason());
            }
        }
        self.find_broken_mappings(at);
    }

    /// Lambda switches a mapping off by itself (AWS-94); `reason` is what `StateTransitionReason` says. A missing one is no error.
    pub fn disable_event_source_mapping(&mut self, uuid: &str, reason: &str) {
        let now = self.now;
        if let Some(mapping) = self.event_source_mappings.get_mut(uuid) {
            mapping.state = MappingState::Disabled;
            mapping.disabled = true;
            mapping.settles_at = None;
            mapping.mend();
            mapping.state_transition_reason = Some(reason.into());
            mapping.last_modified = now;
        }
    }

    /// Notes on every polling mapping since when it cannot work; its last result says so a moment later (AWS-93).
    pub(in crate::world) fn find_broken_mappings(&mut self, at: Millis) {
        let changed: Vec<(String, bool)> = self
            .event_source_mappings
            .iter()
            .map(|(uuid, mapping)| {
                (
                    uuid,
                    mapping,
                    mapping.state == MappingState::Enabled && self.problem_of(mapping).is_some(),
                )
            })
            .filter(|(_, mapping, is_broken)| *is_broken != mapping.broken_since.is_some())
            .map(|(uuid, _, is_broken)| (uuid.clone(), is_broken))
            .collect();
        let result_due = at + self.settings.mapping_result_ms;
        for (uuid, is_broken) in changed {
            if let Some(mapping) = self.event_source_mappings.get_mut(&uuid) {
                mapping.broken_since = is_broken.then_some(at);
                mapping.result_due = is_broken.then_some(result_due);
            }
        }
    }

    fn problem_of(&self, mapping: &EventSourceMapping) -> Option<Problem> {
        self.mapping_problem(mapping.event_source_arn.as_deref(), &mapping.function_arn)
    }
}
