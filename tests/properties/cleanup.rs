//! When the object goes: what the policy names goes with it, nothing else does, and nobody is cut off.

use awssim::world::event_source::{EventSourceMapping, MappingChange};
use awssim::world::http_api::{IntegrationChange, StageChange};
use awssim::world::{Region, Statement};
use proptest::prelude::*;
use warmlambda::api::DeletionPolicy;
use warmlambda::plan::cleanup::{Cleanup, cleanup};
use warmlambda::plan::desired::Desired;
use warmlambda::plan::memory::Memory;

use crate::callers::{Caller, FromSource, OnStage};
use crate::cloud::{self, Look};
use crate::driver::{Endpoint, Law};
use crate::life::{End, Life, faulty};
use crate::scene::sources::Place;
use crate::scene::{MINUTE, OURS, advance};
use crate::{oracle, settings};

/// Looks and writes as the controller does, until nothing is left, something is in use, or an hour has passed.
fn clean_up(endpoint: &mut Endpoint, region: &mut Region) -> Cleanup {
    let look = Look {
        every_caller: true,
        gap: 0,
    };
    let mut due = Cleanup::default();
    for _ in 0..24 {
        let observed = cloud::observe(region, &endpoint.desired, &Memory::default(), look);
        due = cleanup(&endpoint.desired, &observed);
        endpoint.story.push(format!("      {due:?}"));
        if due.steps.is_empty() && due.waiting.is_none() {
            break;
        }
        for planned in &due.steps {
            endpoint.begin(region);
            let before = region.clone();
            match cloud::execute(region, &endpoint.desired, &planned.step) {
                Ok(_) => endpoint.judge_step(&planned.step, &before, region),
                Err(error) => endpoint.story.push(format!("      {error}")),
            }
        }
        if due.steps.is_empty() {
            endpoint.wait(region, 5 * MINUTE);
        }
    }
    due
}

/// What still names the alias: integrations, deployed or not, of any stage; mappings; function URLs; and for an alias that would go,
/// what others hung on it.
fn in_use(desired: &Desired, region: &Region) -> bool {
    let function = &region.functions[&desired.function];
    let statements = function
        .policies
        .get(&desired.alias)
        .map(|p| p.statements.clone())
        .unwrap_or_default();
    let theirs = statements.iter().any(|s| !s.sid.starts_with(OURS));
    let scaled = region
        .scalable_targets
        .contains_key(&format!("function:{}:{}", desired.function, desired.alias));
    let mapped = region
        .event_source_mappings
        .values()
        .any(|m| oracle::mapping::calls_alias(desired, m));
    let by_url = function.urls.contains_key(&desired.alias);
    called_by_apis(desired, region, &statements) || mapped || by_url || (is_marked(desired, region) && (theirs || scaled))
}

/// Only APIs count that a trigger or a statement of ours names.
fn called_by_apis(desired: &Desired, region: &Region, statements: &[Statement]) -> bool {
    let let_in = |id: &str| {
        statements
            .iter()
            .any(|s| s.sid.starts_with(OURS) && s.source_arn.as_ref().is_some_and(|arn| arn.contains(id)))
    };
    let by_rest = desired.rest_apis.iter().map(|t| &t.api_id);
    let named: Vec<_> = by_rest.chain(desired.http_apis.iter().map(|t| &t.api_id)).collect();
    let known = |id: &String| named.contains(&id) || let_in(id);
    let mut rest = region.rest_apis.iter().filter(|(id, _)| known(id));
    let mut http = region.http_apis.iter().filter(|(id, _)| known(id));
    rest.any(|(_, api)| {
        api.stages.values().any(|stage| {
            let deployed = api.deployments.get(&stage.deployment_id).map(|d| &d.resources);
            let mut trees = [Some(&api.resources), deployed].into_iter().flatten();
            let canary = stage.canary_settings.is_some();
            canary || trees.any(|tree| calls(desired, tree, &stage.variables))
        })
    }) || http.any(|(_, api)| {
        let mut stages = api.stages.iter();
        stages.any(|(name, stage)| {
            let served = oracle::http_api::deployment(api, name);
            let served = served.into_iter().flat_map(|d| d.integrations.values());
            let mut all = served.chain(api.integrations.values());
            all.any(|i| oracle::http_api::calls_alias(desired, i, &stage.stage_variables))
        })
    })
}

type Resources = std::collections::BTreeMap<String, awssim::world::rest_api::Resource>;

fn calls(desired: &Desired, tree: &Resources, variables: &awssim::world::rest_api::Texts) -> bool {
    let keys = oracle::keys(tree);
    let mut integrations = keys.iter().filter_map(|key| oracle::integration(tree, key));
    integrations.any(|i| oracle::calls_alias(desired, i, variables))
}

/// Whether the alias says that this endpoint made it.
fn is_marked(desired: &Desired, region: &Region) -> bool {
    let alias = region.functions[&desired.function].aliases.get(&desired.alias);
    alias.is_some_and(|a| a.description.contains("warmlambda") && a.description.contains(&desired.uid))
}

/// What the policy names and is still there.
fn left_behind(desired: &Desired, region: &Region, was_marked: bool) -> Result<(), String> {
    let Some(function) = region.functions.get(&desired.function) else {
        return Ok(());
    };
    let scaled = region
        .scalable_targets
        .contains_key(&format!("function:{}:{}", desired.function, desired.alias));
    let capacity = function.provisioned_concurrency.contains_key(&desired.alias);
    if capacity && !scaled && desired.capacity.is_some() {
        return Err("the warm capacity is left".into());
    }
    if desired.deletion == DeletionPolicy::ReleaseCapacity {
        return Ok(());
    }
    let statements = function
        .policies
        .get(&desired.alias)
        .map(|p| p.statements.clone())
        .unwrap_or_default();
    if statements.iter().any(|s| s.sid.starts_with(OURS)) {
        return Err("a statement of ours is left".into());
    }
    if was_marked && function.aliases.contains_key(&desired.alias) {
        return Err("the alias that the operator made is left".into());
    }
    Ok(())
}

/// The same but for what belongs to time itself.
fn timeless(region: &Region) -> Region {
    Region {
        now: 0,
        ids: 0,
        ..region.clone()
    }
}

/// What was done between the last pass and the deletion.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Before {
    Nothing,
    /// All that called the alias calls the function itself.
    Elsewhere,
    /// That, and then the alias got a function URL.
    OnlyUrl,
}

fn check(life: &Life, done: Before) -> Result<(), String> {
    let End { mut endpoint, mut region } = life.live();
    if done != Before::Nothing {
        point_elsewhere(&endpoint.desired, &mut region);
        let Desired { function, alias, .. } = &endpoint.desired;
        if done == Before::OnlyUrl {
            drop(region.create_function_url_config(function, Some(alias), "NONE", None));
        }
        endpoint.disturbed(format!("{done:?}"));
    }
    endpoint.broken.clear();
    let before = region.clone();
    let was_marked = region.functions.contains_key(&endpoint.desired.function) && is_marked(&endpoint.desired, &region);
    let due = clean_up(&mut endpoint, &mut region);
    endpoint.kept(Law::Foreign)?;
    endpoint.kept(Law::Traffic)?;
    let story = endpoint.story.join("\n");
    let desired = &endpoint.desired;
    if desired.deletion == DeletionPolicy::Retain {
        return (timeless(&before) == timeless(&region))
            .then_some(())
            .ok_or(format!("Retain changed something\n{story}"));
    }
    if !due.in_use_by.is_empty() {
        return in_use(desired, &region)
            .then_some(())
            .ok_or(format!("nothing uses the alias\n{story}"));
    }
    let weights = |r: &Region| {
        r.functions[&desired.function]
            .aliases
            .get(&desired.alias)
            .is_some_and(|a| !a.weights_in_force().is_empty())
    };
    if due.waiting.is_some() {
        return weights(&region).then_some(()).ok_or(format!("nothing to wait for\n{story}"));
    }
    left_behind(desired, &region, was_marked).map_err(|text| format!("{text}\n{story}"))?;
    let there = |r: &Region| {
        r.functions
            .get(&desired.function)
            .is_some_and(|f| f.aliases.contains_key(&desired.alias))
    };
    let gone = there(&before) && !there(&region);
    if gone && in_use(desired, &before) {
        return Err(format!("the alias went from under its callers\n{story}"));
    }
    Ok(())
}

/// Points every method that calls the alias at the function itself, and deploys.
fn point_elsewhere(desired: &Desired, region: &mut Region) {
    let apis: Vec<_> = region.rest_apis.keys().cloned().collect();
    for api in apis {
        let stages: Vec<_> = region.rest_apis[&api].stages.clone().into_iter().collect();
        for key in oracle::keys(&region.rest_apis[&api].resources) {
            let resources = &region.rest_apis[&api].resources;
            let calls = |(_, stage): &(String, awssim::world::rest_api::Stage)| {
                oracle::integration(resources, &key).is_some_and(|i| oracle::calls_alias(desired, i, &stage.variables))
            };
            if stages.iter().any(calls) {
                let id = resources[&key.path].id.clone();
                let new = crate::scene::proxy(&crate::scene::uri(&desired.function));
                region.put_integration(&api, &id, &key.http_method, new).unwrap();
            }
        }
        for (stage, _) in stages {
            drop(crate::scene::deploy(region, &api, &stage));
        }
    }
    http_elsewhere(desired, region);
    let mapped = |(_, m): &(&String, &EventSourceMapping)| oracle::mapping::calls_alias(desired, m);
    let mappings: Vec<_> = region
        .event_source_mappings
        .iter()
        .filter(mapped)
        .map(|(uuid, _)| uuid.clone())
        .collect();
    for uuid in mappings {
        drop(region.update_event_source_mapping(&uuid, &MappingChange::function(&desired.function)));
    }
    drop(region.delete_function_url_config(&desired.function, Some(&desired.alias)));
    advance(region, MINUTE);
}

/// The same for HTTP APIs.
fn http_elsewhere(desired: &Desired, region: &mut Region) {
    let apis: Vec<_> = region.http_apis.iter().map(|(id, api)| (id.clone(), api.clone())).collect();
    region.settings.http_deployment_failure = None;
    let now = region.now;
    for (id, api) in apis {
        for (integration_id, integration) in &api.integrations {
            let variables = api.stages.values().map(|stage| &stage.stage_variables);
            if variables
                .into_iter()
                .any(|v| oracle::http_api::calls_alias(desired, integration, v))
            {
                let change = IntegrationChange {
                    integration_uri: Some(crate::scene::function_arn(&desired.function)),
                    ..IntegrationChange::default()
                };
                region.update_http_integration(now, &id, integration_id, change).unwrap();
            }
        }
        for (name, stage) in &api.stages {
            let change = StageChange {
                stage_variables: Some(stage.stage_variables.keys().map(|key| (key.clone(), String::new())).collect()),
                ..StageChange::default()
            };
            drop(region.update_http_stage(now, &id, name, change));
            drop(crate::scene::gateway::deploy_http(region, &id, name));
        }
    }
}

proptest! {
    #![proptest_config(settings(5, 60))]

    #[test]
    fn a_deletion_takes_what_its_policy_names_and_nothing_that_is_used(life in about_to_go(), done in done()) {
        prop_assert_eq!(check(&life, done), Ok(()));
    }
}

fn done() -> impl Strategy<Value = Before> {
    prop_oneof![3 => Just(Before::Nothing), 2 => Just(Before::Elsewhere), 1 => Just(Before::OnlyUrl)]
}

/// Mostly with the policy that takes most, and with something that may be in the way.
fn about_to_go() -> impl Strategy<Value = Life> {
    let more = prop_oneof![
        2 => Just(None),
        2 => Just(Some(Caller::Http(OnStage::first("$default")))),
        1 => Just(Some(Caller::Rest(OnStage::first("prod")))),
        1 => Just(Some(Caller::Source(FromSource::of(Place::Orders)))),
    ];
    (faulty(), proptest::bool::weighted(0.5), more).prop_map(|(mut life, delete, more)| {
        if delete {
            life.spec.deletion = DeletionPolicy::Delete;
        }
        // Alone it shows whether it is seen by itself.
        life.spec.triggers = more.map_or_else(|| std::mem::take(&mut life.spec.triggers), |caller| vec![caller]);
        life
    })
}
