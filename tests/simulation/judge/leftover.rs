//! What is there twice, and what is left of an endpoint that is gone.

use awssim::world::Region;
use warmlambda::api::DeletionPolicy;
use warmlambda::plan::desired::Desired;

use crate::oracle;

/// Integrations that were made for an alias, or mappings of one source: never two.
pub fn two_of_one(ours: &[Desired], region: &Region, base: &Region) -> Option<String> {
    for desired in ours {
        for trigger in &desired.http_apis {
            let (Some(api), Some(known)) = (region.http_apis.get(&trigger.api_id), base.http_apis.get(&trigger.api_id)) else {
                continue;
            };
            let made = api.integrations.iter().filter(|(id, _)| !known.integrations.contains_key(*id));
            let made: Vec<_> = made.map(|(id, _)| id).collect();
            if made.len() > 1 {
                return Some(format!("integrations {made:?} of {} were made for one route", trigger.api_id));
            }
        }
        for trigger in &desired.event_sources {
            let (now, before) = (
                oracle::mapping::meant(desired, trigger, region).len(),
                oracle::mapping::meant(desired, trigger, base).len(),
            );
            if now > before.max(1) {
                return Some(format!("{now} mappings of {}", trigger.source));
            }
        }
    }
    None
}

/// What the deletion policy names and is still there.
pub fn of(desired: &Desired, region: &Region) -> Option<String> {
    let function = region.functions.get(&desired.function)?;
    if desired.deletion == DeletionPolicy::Retain {
        return None;
    }
    let alias = function.aliases.get(&desired.alias);
    // Another endpoint, or somebody else, may have it by now.
    let ours = alias.is_none_or(|alias| alias.description.contains(&desired.uid));
    if ours && desired.capacity.is_some() && function.provisioned_concurrency.contains_key(&desired.alias) {
        return Some(format!("the warm capacity of {} is left", desired.uid));
    }
    if desired.deletion != DeletionPolicy::Delete {
        return None;
    }
    let prefix = format!("warmlambda-{}-", &desired.uid[..8]);
    let mut statements = function.policies.get(&desired.alias).into_iter().flat_map(|p| &p.statements);
    if let Some(statement) = statements.find(|statement| statement.sid.starts_with(&prefix)) {
        return Some(format!("statement {} is left", statement.sid));
    }
    alias
        .filter(|alias| alias.description.contains(&desired.uid))
        .map(|_| format!("the alias of {} is left", desired.uid))
}
