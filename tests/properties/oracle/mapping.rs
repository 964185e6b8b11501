//! Whether the records of a source are handed to the alias, by the raw world.

use awssim::world::Region;
use awssim::world::event_source::{EventSourceMapping, MappingState};
use warmlambda::plan::desired::{Desired, DesiredEventSource, Source};

use super::{Target, function_named};

/// A mapping with its UUID.
pub type Found<'a> = (&'a String, &'a EventSourceMapping);

/// Function and qualifier that a mapping calls.
pub fn called(mapping: &EventSourceMapping) -> Option<Target> {
    function_named(&mapping.function_arn)
}

/// Whether a mapping is on the endpoint's function, whatever the qualifier.
pub fn is_ours(desired: &Desired, mapping: &EventSourceMapping) -> bool {
    called(mapping).is_some_and(|(name, _)| name == desired.function)
}

/// Whether a mapping hands its records to the alias.
pub fn calls_alias(desired: &Desired, mapping: &EventSourceMapping) -> bool {
    called(mapping) == Some((desired.function.clone(), Some(desired.alias.clone())))
}

fn brokers(mapping: &EventSourceMapping) -> Vec<&String> {
    let mut sorted: Vec<_> = mapping.kafka_bootstrap_servers.iter().collect();
    sorted.sort();
    sorted
}

/// Whether two mappings read the same records.
pub fn reads_the_same(one: &EventSourceMapping, other: &EventSourceMapping) -> bool {
    let same_source = one.event_source_arn == other.event_source_arn && brokers(one) == brokers(other);
    same_source && (one.topics.is_empty() || one.topics.iter().any(|topic| other.topics.contains(topic)))
}

/// Whether a mapping reads what a trigger names.
pub fn reads(trigger: &DesiredEventSource, region: &Region, mapping: &EventSourceMapping) -> bool {
    let has = |topic: &Option<String>| topic.as_ref().is_none_or(|topic| mapping.topics.contains(topic));
    match &trigger.source {
        Source::Arn { arn, topic } => mapping.event_source_arn.as_ref() == Some(arn) && has(topic),
        Source::Uuid(uuid) => region
            .event_source_mappings
            .get(uuid)
            .is_some_and(|named| reads_the_same(named, mapping)),
        Source::SelfManagedKafka { bootstrap_servers, topic } => {
            mapping.event_source_arn.is_none() && brokers(mapping) == bootstrap_servers.iter().collect::<Vec<_>>() && has(topic)
        }
    }
}

/// The mappings of a trigger on the endpoint's function, whatever the qualifier; without those that are being deleted.
pub fn meant<'a>(desired: &Desired, trigger: &DesiredEventSource, region: &'a Region) -> Vec<Found<'a>> {
    let all = region.event_source_mappings.iter();
    all.filter(|(_, m)| is_ours(desired, m) && m.state != MappingState::Deleting && reads(trigger, region, m))
        .collect()
}

/// Those that hand records over, or are about to: a disabled one beside them is no second consumer.
pub fn working<'a>(all: &[Found<'a>]) -> Vec<Found<'a>> {
    let works = |(_, m): &&Found<'_>| m.state != MappingState::Disabled;
    all.iter().filter(works).copied().collect()
}

/// What AWS says about a mapping's last batch, when that is that it cannot read its source.
pub fn unreadable(mapping: &EventSourceMapping) -> Option<&str> {
    let result = mapping.last_processing_result.as_deref()?;
    let of_function = ["PROBLEM: Function call failed", "PROBLEM: Function not found"].contains(&result);
    (result.starts_with("PROBLEM") && !of_function).then_some(result)
}

/// What is not as a trigger asks.
pub fn matches(desired: &Desired, trigger: &DesiredEventSource, region: &Region) -> Result<(), String> {
    if let Source::Uuid(uuid) = &trigger.source {
        let named = region
            .event_source_mappings
            .get(uuid)
            .ok_or_else(|| format!("mapping {uuid} does not exist"))?;
        if !is_ours(desired, named) {
            return Err(format!("mapping {uuid} is of another function"));
        }
    }
    let all = meant(desired, trigger, region);
    let (uuid, mapping) = match (all.len(), working(&all).as_slice()) {
        (0, _) => return Err(format!("{} has no mapping", trigger.source)),
        (_, []) => return Err(format!("the mapping of {} is disabled", trigger.source)),
        (_, [only]) => *only,
        (_, several) => return Err(format!("{} has {} mappings that work", trigger.source, several.len())),
    };
    if !calls_alias(desired, mapping) {
        return Err(format!("mapping {uuid} calls {}", mapping.function_arn));
    }
    if mapping.state != MappingState::Enabled {
        return Err(format!("mapping {uuid} is {:?}", mapping.state));
    }
    match unreadable(mapping) {
        Some(problem) => Err(format!("mapping {uuid} cannot read: {problem}")),
        None => Ok(()),
    }
}
