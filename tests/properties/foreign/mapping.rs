//! What a step on an event source mapping may be for, and what it may change: nothing but the function that is called.

use awssim::world::Region;
use awssim::world::event_source::{EventSourceMapping, MappingState};
use warmlambda::plan::desired::Desired;
use warmlambda::plan::step::Step;

use crate::oracle::mapping::{calls_alias, is_ours, meant, reads_the_same};

/// Whether the spec asks for what the step is about: the only mapping of a source on our function is moved while AWS is not at work
/// on it, and one is made where there is none.
pub fn is_ours_to_make(desired: &Desired, step: &Step, before: &Region) -> bool {
    let mut triggers = desired.event_sources.iter();
    match step {
        Step::UpdateMapping { uuid, .. } => {
            let Some(mapping) = before.event_source_mappings.get(uuid) else {
                return false;
            };
            let is_settled = matches!(mapping.state, MappingState::Enabled | MappingState::Disabled);
            // One that is disabled is no second consumer, unless the place on the alias is its.
            let counts = |m: &EventSourceMapping| match m.state {
                MappingState::Deleting => false,
                MappingState::Disabled => mapping.state == MappingState::Disabled || calls_alias(desired, m),
                _ => true,
            };
            let twin = |(other, m): (&String, &EventSourceMapping)| {
                other != uuid && counts(m) && is_ours(desired, m) && reads_the_same(m, mapping)
            };
            let is_only = !before.event_source_mappings.iter().any(twin);
            let is_meant = triggers.any(|t| meant(desired, t, before).iter().any(|(meant, _)| *meant == uuid));
            is_settled && is_only && is_meant && is_ours(desired, mapping)
        }
        Step::CreateMapping { source, .. } => triggers.any(|t| {
            let reads = |m: &EventSourceMapping| is_ours(desired, m) && crate::oracle::mapping::reads(t, before, m);
            t.source == *source && t.create.is_some() && !before.event_source_mappings.values().any(reads)
        }),
        _ => true,
    }
}

/// Blanks out the function of a mapping that is moved, and what AWS notes about the move; a new mapping altogether.
pub fn mask(step: &Step, region: &mut Region, before: &Region) {
    match step {
        Step::UpdateMapping { uuid, .. } => {
            let old = &before.event_source_mappings[uuid];
            let Some(mapping) = region.event_source_mappings.get_mut(uuid) else {
                return;
            };
            mapping.function_arn.clear();
            mapping.previous = None;
            mapping.settles_at = None;
            mapping.last_modified = 0;
            mapping.state_transition_reason = None;
            (mapping.broken_since, mapping.result_due) = (None, None);
            // Enabled stays enabled and disabled stays disabled.
            if mapping.state == MappingState::Updating {
                mapping.state = old.state;
            }
        }
        Step::CreateMapping { .. } => region
            .event_source_mappings
            .retain(|uuid, _| before.event_source_mappings.contains_key(uuid)),
        _ => {}
    }
}
