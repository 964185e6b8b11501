//! What a step must not touch: a world before and after it, with everything blanked out that the step is for.

mod http_api;
mod mapping;

use awssim::world::Region;
use warmlambda::plan::desired::{Desired, MethodKey};
use warmlambda::plan::step::Step;

use crate::oracle;

/// Nothing when the step left everything that is not ours byte for byte as it was.
pub fn survives(desired: &Desired, step: &Step, before: &Region, after: &Region) -> Result<(), String> {
    within_the_spec(desired, step, before)?;
    let (old, new) = (masked(desired, step, before, before), masked(desired, step, after, before));
    if old == new {
        return Ok(());
    }
    let (old, new) = (format!("{old:#?}"), format!("{new:#?}"));
    let lines = old.lines().zip(new.lines()).filter(|(a, b)| a != b).take(4);
    let lines: Vec<_> = lines.map(|(a, b)| format!("{} -> {}", a.trim(), b.trim())).collect();
    Err(format!("{step:?} changed what is not ours: {}", lines.join("; ")))
}

/// Whether the spec names what the step is about.
fn within_the_spec(desired: &Desired, step: &Step, before: &Region) -> Result<(), String> {
    let meant = |api_id: &str, key: &MethodKey| {
        let triggers = desired.rest_apis.iter().filter(|t| t.api_id == api_id);
        triggers.into_iter().any(|t| oracle::methods(desired, t, before).contains(key))
    };
    let of_trigger = |api_id: &str, stage: &str| desired.rest_apis.iter().any(|t| t.api_id == api_id && t.stage == stage);
    let allowed = match step {
        Step::UpdateIntegration { api_id, method, .. } => meant(api_id, method),
        Step::PutIntegration { api_id, method, .. } => {
            let named = |t: &&warmlambda::plan::desired::DesiredRestApi| t.api_id == *api_id && t.methods.contains(method);
            desired.rest_apis.iter().any(|t| named(&t))
        }
        Step::UpdateHttpIntegration { .. }
        | Step::CreateHttpIntegration { .. }
        | Step::DeleteHttpIntegration { .. }
        | Step::UpdateRoute { .. }
        | Step::SetHttpStageVariables { .. }
        | Step::DeployHttpStage { .. } => http_api::is_ours_to_make(desired, step, before),
        Step::UpdateMapping { .. } | Step::CreateMapping { .. } => mapping::is_ours_to_make(desired, step, before),
        Step::SetStageVariable { api_id, stage, .. } => of_trigger(api_id, stage) && others_keep_their_targets(desired, step, before),
        Step::DeployStage { api_id, stage } => {
            let canary = before.rest_apis[api_id].stages[stage].canary_settings.is_some();
            of_trigger(api_id, stage) && !canary
        }
        Step::RemovePermission { statement_id, .. } => statement_id.starts_with(&ours(desired)),
        Step::PutCapacity { .. } | Step::DeleteCapacity => {
            let scaled = before
                .scalable_targets
                .contains_key(&format!("function:{}:{}", desired.function, desired.alias));
            desired.capacity.is_some() && !scaled
        }
        Step::UpdateAlias { .. } => {
            let alias = &before.functions[&desired.function].aliases[&desired.alias];
            alias.canary.is_some() || alias.additional_version_weights.is_empty()
        }
        _ => true,
    };
    allowed
        .then_some(())
        .ok_or_else(|| format!("{step:?} is not the operator's to make"))
}

/// Whether a new value of a stage variable moves only integrations that come to call the alias by it.
fn others_keep_their_targets(desired: &Desired, step: &Step, before: &Region) -> bool {
    let Step::SetStageVariable {
        api_id,
        stage,
        name,
        value,
    } = step
    else {
        return true;
    };
    let api = &before.rest_apis[api_id];
    let old = &api.stages[stage];
    let mut variables = old.variables.clone();
    variables.insert(name.clone(), value.clone());
    let trees = [Some(&api.resources), api.deployments.get(&old.deployment_id).map(|d| &d.resources)];
    let keeps = |integration: &awssim::world::rest_api::Integration| {
        oracle::called(integration, &variables) == oracle::called(integration, &old.variables)
            || oracle::calls_alias(desired, integration, &variables)
    };
    let mut integrations = trees.into_iter().flatten().flat_map(|tree| {
        oracle::keys(tree)
            .into_iter()
            .filter_map(move |key| oracle::integration(tree, &key))
    });
    integrations.all(keeps)
}

/// What every statement id of the endpoint starts with.
fn ours(desired: &Desired) -> String {
    format!("warmlambda-{}-", &desired.uid[..8])
}

fn masked(desired: &Desired, step: &Step, region: &Region, before: &Region) -> Region {
    let mut masked = region.clone();
    (masked.ids, masked.now) = (0, 0);
    on_function(desired, step, &mut masked, before);
    on_api(step, &mut masked, before);
    http_api::mask(step, &mut masked, before);
    mapping::mask(step, &mut masked, before);
    masked
}

fn on_function(desired: &Desired, step: &Step, region: &mut Region, before: &Region) {
    let Some(function) = region.functions.get_mut(&desired.function) else {
        return;
    };
    let alias = &desired.alias;
    match step {
        Step::PublishVersion { .. } => {
            let last = before.functions[&desired.function].last_version;
            function.versions.retain(|number, _| *number <= last);
            function.last_version = 0;
            function.latest.revision_id.clear();
        }
        Step::CreateAlias { .. } | Step::UpdateAlias { .. } | Step::DeleteAlias => {
            function.aliases.remove(alias);
            function.provisioned_concurrency.remove(alias);
        }
        Step::PutCapacity { .. } | Step::DeleteCapacity => drop(function.provisioned_concurrency.remove(alias)),
        _ => {}
    }
    if matches!(step, Step::AddPermission { .. } | Step::RemovePermission { .. } | Step::DeleteAlias)
        && let Some(mut policy) = function.policies.remove(alias)
    {
        policy.statements.retain(|s| !s.sid.starts_with(&ours(desired)));
        policy.revision_id.clear();
        if !policy.statements.is_empty() {
            function.policies.insert(alias.clone(), policy);
        }
    }
}

fn on_api(step: &Step, region: &mut Region, before: &Region) {
    match step {
        Step::UpdateIntegration { api_id, method, .. } | Step::PutIntegration { api_id, method, .. } => {
            let resources = &mut region.rest_apis.get_mut(api_id).unwrap().resources;
            let found = resources
                .get_mut(&method.path)
                .unwrap()
                .methods
                .get_mut(&method.http_method)
                .unwrap();
            match (step, &mut found.integration) {
                (Step::UpdateIntegration { .. }, Some(integration)) => integration.uri = None,
                (_, integration) => *integration = None,
            }
        }
        Step::SetStageVariable { api_id, stage, name, .. } => {
            let stage = region.rest_apis.get_mut(api_id).unwrap().stages.get_mut(stage).unwrap();
            stage.variables.remove(name);
            stage.last_updated = 0;
        }
        Step::DeployStage { api_id, stage } => {
            let api = region.rest_apis.get_mut(api_id).unwrap();
            let known = &before.rest_apis[api_id].deployments;
            api.deployments.retain(|id, _| known.contains_key(id));
            let stage = api.stages.get_mut(stage).unwrap();
            stage.deployment_id.clear();
            stage.last_updated = 0;
        }
        _ => {}
    }
}
