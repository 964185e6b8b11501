//! What a step on an HTTP API may be for, and what it may change.

use awssim::world::Region;
use awssim::world::http_api::HttpApi;
use warmlambda::plan::desired::Desired;
use warmlambda::plan::step::Step;

use crate::oracle::http_api::{called, calls_alias, deployment, integration, routes};

/// Whether the spec asks for what the step is about.
pub fn is_ours_to_make(desired: &Desired, step: &Step, before: &Region) -> bool {
    let triggers = |api_id: &str| {
        let all = desired.http_apis.iter().filter(move |t| t.api_id == api_id);
        all.collect::<Vec<_>>()
    };
    let meant = |api_id: &str, key: &str| {
        triggers(api_id)
            .iter()
            .any(|t| routes(desired, t, before).iter().any(|meant| meant == key))
    };
    let named = |api_id: &str, key: &str| triggers(api_id).iter().any(|t| t.routes.iter().any(|named| named == key));
    match step {
        Step::UpdateHttpIntegration {
            api_id, integration_id, ..
        } => {
            let api = &before.http_apis[api_id];
            let sharing: Vec<_> = sharing(api, integration_id);
            // Whoever shares it calls our function already, or is named as well.
            let stages = triggers(api_id).into_iter().filter_map(|t| api.stages.get(&t.stage));
            let mut ours = stages.map(|stage| called(&api.integrations[integration_id], &stage.stage_variables));
            let calls_us = ours.any(|target| target.is_some_and(|(name, _)| name == desired.function));
            sharing.iter().any(|key| meant(api_id, key)) && (calls_us || sharing.iter().all(|key| named(api_id, key)))
        }
        Step::CreateHttpIntegration { api_id, .. } => triggers(api_id).iter().any(|t| !t.routes.is_empty()),
        Step::DeleteHttpIntegration { api_id, integration_id } => {
            let api = &before.http_apis[api_id];
            let made_for_us = api.integrations[integration_id]
                .description
                .as_deref()
                .is_some_and(|d| d.ends_with(&desired.uid));
            made_for_us && sharing(api, integration_id).is_empty()
        }
        Step::UpdateRoute { api_id, route_key, .. } => named(api_id, route_key),
        Step::SetHttpStageVariables { api_id, stage, variables } => {
            let api = &before.http_apis[api_id];
            let old = &api.stages[stage].stage_variables;
            let current = api.routes.keys().filter_map(|key| integration(&api.integrations, &api.routes, key));
            let served = deployment(api, stage).into_iter();
            let served = served.flat_map(|d| d.routes.keys().filter_map(|key| integration(&d.integrations, &d.routes, key)));
            let mut all = current.chain(served);
            let of_trigger = triggers(api_id).iter().any(|t| t.stage == *stage);
            of_trigger && all.all(|i| called(i, variables) == called(i, old) || calls_alias(desired, i, variables))
        }
        Step::DeployHttpStage { api_id, stage } => {
            let by_hand = !before.http_apis[api_id].stages[stage].auto_deploy;
            by_hand && triggers(api_id).iter().any(|t| t.stage == *stage)
        }
        _ => true,
    }
}

/// Keys of the routes that share an integration.
fn sharing(api: &HttpApi, integration_id: &str) -> Vec<String> {
    let all = api
        .routes
        .iter()
        .filter(|(_, route)| route.integration_id() == Some(integration_id));
    all.map(|(key, _)| key.clone()).collect()
}

/// Blanks out what the step is for: of an integration its URI, of a route its target, of a stage the variables that point elsewhere.
pub fn mask(step: &Step, region: &mut Region, before: &Region) {
    let (Step::UpdateHttpIntegration { api_id, .. }
    | Step::CreateHttpIntegration { api_id, .. }
    | Step::DeleteHttpIntegration { api_id, .. }
    | Step::UpdateRoute { api_id, .. }
    | Step::SetHttpStageVariables { api_id, .. }
    | Step::DeployHttpStage { api_id, .. }) = step
    else {
        return;
    };
    let known = &before.http_apis[api_id];
    let Some(api) = region.http_apis.get_mut(api_id) else { return };
    for stage in api.stages.values_mut() {
        // A stage that deploys itself notes the change.
        stage.auto_deploy_at = None;
    }
    match step {
        Step::UpdateHttpIntegration { integration_id, .. } => {
            api.integrations.get_mut(integration_id).unwrap().integration_uri = None;
        }
        Step::CreateHttpIntegration { .. } => api.integrations.retain(|id, _| known.integrations.contains_key(id)),
        Step::DeleteHttpIntegration { integration_id, .. } => drop(api.integrations.remove(integration_id)),
        Step::UpdateRoute { route_key, .. } => api.routes.get_mut(route_key).unwrap().target = None,
        Step::SetHttpStageVariables { stage, variables, .. } => {
            let old = &known.stages[stage].stage_variables;
            let stage = api.stages.get_mut(stage).unwrap();
            stage.stage_variables.retain(|name, _| old.get(name) == variables.get(name));
            stage.last_updated = 0;
        }
        Step::DeployHttpStage { stage, .. } => {
            api.deployments.retain(|id, _| known.deployments.contains_key(id));
            let stage = api.stages.get_mut(stage).unwrap();
            stage.deployment_id = None;
            stage.last_updated = 0;
        }
        _ => {}
    }
}
