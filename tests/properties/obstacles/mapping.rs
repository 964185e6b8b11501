//! Why the records of a source may rightly not be handed to the alias.

use std::collections::BTreeSet;

use awssim::world::Region;
use awssim::world::event_source::{MappingState, Problem};
use warmlambda::plan::desired::{Desired, DesiredEventSource, Source};

use crate::oracle::mapping::{calls_alias, is_ours, meant, reads_the_same, unreadable, working};

/// The reasons of one trigger.
pub fn real(desired: &Desired, trigger: &DesiredEventSource, region: &Region, reasons: &mut BTreeSet<&'static str>) {
    if let Source::Uuid(uuid) = &trigger.source {
        match region.event_source_mappings.get(uuid) {
            None => {
                reasons.insert("MappingNotFound");
                return;
            }
            Some(named) if !is_ours(desired, named) => {
                reasons.insert("InvalidSpec");
                return;
            }
            Some(_) => {}
        }
    }
    let all = meant(desired, trigger, region);
    let working = working(&all);
    let (_, mapping) = match (all.as_slice(), working.as_slice()) {
        ([], _) => return nothing(desired, trigger, region, reasons),
        ([only], _) => *only,
        // The other place on the alias is taken by one that is disabled.
        (_, [only]) if calls_alias(desired, only.1) || !all.iter().any(|(_, m)| calls_alias(desired, m)) => *only,
        ([(_, one), rest @ ..], _) => {
            let same = rest.iter().all(|(_, other)| reads_the_same(one, other));
            // Several topics, and the spec does not say which.
            reasons.insert(if same { "DuplicateMappings" } else { "InvalidSpec" });
            return;
        }
    };
    let by_a_person = mapping
        .state_transition_reason
        .as_deref()
        .is_some_and(|r| r.to_lowercase().starts_with("user"));
    if mapping.state == MappingState::Disabled {
        reasons.insert(if by_a_person {
            "MappingDisabled"
        } else {
            "MappingDisabledByLambda"
        });
    }
    if unreadable(mapping).is_some() {
        reasons.extend(["SourceAccessDenied", "RoleNotAssumable", "SourceNotFound"]);
    }
    if !calls_alias(desired, mapping) {
        refused(desired, mapping.event_source_arn.as_deref(), region, reasons);
    }
}

fn nothing(desired: &Desired, trigger: &DesiredEventSource, region: &Region, reasons: &mut BTreeSet<&'static str>) {
    let Some(create) = &trigger.create else {
        reasons.insert("MappingNotFound");
        return;
    };
    let arn = match &trigger.source {
        Source::Arn { arn, .. } => Some(arn.as_str()),
        Source::SelfManagedKafka { .. } => None,
        Source::Uuid(_) => return,
    };
    // The CRD has taken it, so that AWS refuses only what the CRD cannot tell.
    if create
        .filters
        .iter()
        .any(|filter| serde_json::from_str::<serde_json::Value>(filter).is_err())
    {
        reasons.extend(["InvalidRequest", "InvalidSpec"]);
    }
    refused(desired, arn, region, reasons);
}

/// What AWS refuses to create or to move, and why.
fn refused(desired: &Desired, source_arn: Option<&str>, region: &Region, reasons: &mut BTreeSet<&'static str>) {
    match region.mapping_problem(source_arn, &desired.alias_arn()) {
        Some(Problem::RoleNotAssumable) => drop(reasons.insert("RoleNotAssumable")),
        Some(Problem::SourceNotFound) => drop(reasons.insert("SourceNotFound")),
        Some(Problem::ActionMissing(_)) => drop(reasons.insert("SourceAccessDenied")),
        Some(Problem::FunctionNotFound) | None => {}
    }
}
