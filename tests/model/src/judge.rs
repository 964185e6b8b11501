//! The laws, as far as they are about AWS alone.

use awssim::world::Region;

use crate::cloud;
use crate::foreign;
use crate::oracle;
use crate::plan::alias::mark;
use crate::plan::desired::Desired;
use crate::plan::policy::statement_prefix;
use crate::scene::{ALIAS, MINUTE, advance};
use crate::state::Broken;
use crate::tables::Write;
use crate::traffic::{Cause, Requests};

/// What a write broke that AWS carried out.
pub fn write(written: &Write, before: &Region, after: &Region) -> Broken {
    let (foreign, traffic) = complaints(written, before, after);
    Broken {
        foreign: foreign.is_some(),
        traffic: traffic.is_some(),
    }
}

/// The same in words: what is not ours, and somebody's requests.
pub fn complaints(written: &Write, before: &Region, after: &Region) -> (Option<String>, Option<String>) {
    if before == after {
        return (None, None);
    }
    let (desired, step) = (&written.desired, &written.step);
    let mut requests = Requests::anew(desired, before, None);
    let foreign = foreign::survives(desired, step, before, after);
    (foreign.err(), requests.again(desired, after, Cause::Step(step)).err())
}

/// Whether something in AWS is the object's own, which must be gone with it.
pub fn is_owned(desired: &Desired, region: &Region) -> bool {
    let Some(function) = region.functions.get(&desired.function) else {
        return false;
    };
    let alias = function.aliases.get(&desired.alias);
    let prefix = statement_prefix(&desired.uid);
    let policy = function.policies.get(&desired.alias);
    alias.is_some_and(|a| a.description == mark(desired)) || policy.is_some_and(|p| p.statements.iter().any(|s| s.sid.starts_with(&prefix)))
}

/// Whether there is warm capacity on the alias that nobody else looks after.
pub fn keeps_capacity(desired: &Desired, region: &Region) -> bool {
    let scaled = region
        .scalable_targets
        .contains_key(&format!("function:{}:{}", desired.function, desired.alias));
    keeps_any(desired, region) && !scaled
}

/// Whether there are two of what must be one: integrations that call an alias, or mappings of one source.
pub fn has_twins(region: &Region) -> bool {
    let at_alias = |uri: &Option<String>| uri.as_ref().is_some_and(|uri| uri.ends_with(&format!(":fir-api:{ALIAS}")));
    let integrations = region.http_apis.values();
    let twins = integrations.map(|api| api.integrations.values().filter(|i| at_alias(&i.integration_uri)).count());
    let mappings: Vec<_> = region
        .event_source_mappings
        .values()
        .filter(|m| m.state != awssim::world::event_source::MappingState::Deleting)
        .collect();
    let two = mappings
        .iter()
        .any(|one| mappings.iter().filter(|other| oracle::mapping::reads_the_same(one, other)).count() > 1);
    twins.into_iter().any(|count| count > 1) || two
}

/// Whether AWS is as asked: the oracle of the properties, which never asks the plan. An autoscaler that has put no capacity on the alias
/// yet does so sooner or later; awssim has it do so only when it registers (AWS-59).
pub fn is_as_asked(desired: &Desired, region: &Region) -> bool {
    let mut scaled = region.clone();
    let target = scaled
        .scalable_targets
        .get(&format!("function:{}:{}", desired.function, desired.alias));
    if let Some(minimum) = target.map(|target| target.min_capacity).filter(|_| !keeps_any(desired, region)) {
        drop(scaled.put_provisioned_concurrency_config(&desired.function, &desired.alias, minimum.into()));
        advance(&mut scaled, 60 * MINUTE);
    }
    oracle::matches(desired, &scaled).is_ok()
}

fn keeps_any(desired: &Desired, region: &Region) -> bool {
    let function = region.functions.get(&desired.function);
    function.is_some_and(|f| f.provisioned_concurrency.contains_key(&desired.alias))
}

/// Whether a deletion is held back by what still calls the alias: only a person can end that.
pub fn is_in_use(desired: &Desired, region: &Region) -> bool {
    let mut seen = region.clone();
    let look = cloud::Look {
        every_caller: true,
        gap: 0,
    };
    let observed = cloud::observe(&mut seen, desired, &crate::plan::memory::Memory::default(), look);
    !crate::plan::cleanup::cleanup(desired, &observed).in_use_by.is_empty()
}
