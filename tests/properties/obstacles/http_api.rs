//! Why the routes of an HTTP API may rightly not call the alias.

use std::collections::BTreeSet;

use awssim::world::Region;
use awssim::world::http_api::{Deployment, DeploymentStatus, HttpApi, Integration, Stage};
use warmlambda::api::DeploymentPolicy;
use warmlambda::plan::desired::{Desired, DesiredHttpApi};

use crate::oracle::http_api::{called, deployment, integration, routes};

/// The reasons of one trigger.
pub fn real(desired: &Desired, trigger: &DesiredHttpApi, region: &Region, reasons: &mut BTreeSet<&'static str>) {
    let api = region.http_apis.get(&trigger.api_id);
    let Some((api, stage)) = api.and_then(|api| Some((api, api.stages.get(&trigger.stage)?))) else {
        reasons.insert("TriggerNotFound");
        return;
    };
    let meant = routes(desired, trigger, region);
    if meant.is_empty() || meant.iter().any(|key| !api.routes.contains_key(key)) {
        reasons.insert("TriggerNotFound");
    }
    if trigger.deployment == DeploymentPolicy::Never && !stage.auto_deploy {
        reasons.insert("DeploymentPending");
    }
    let says_failed = stage
        .last_deployment_status_message
        .as_deref()
        .is_some_and(|text| text.contains("failed"));
    let failed = |d: &Deployment| d.status == DeploymentStatus::Failed && d.stage_name.as_ref() == Some(&trigger.stage);
    if says_failed || api.deployments.values().any(failed) {
        reasons.insert("DeploymentFailed");
    }
    if shares_variables(desired, api, &trigger.stage) {
        reasons.insert("UnqualifiedTarget");
    }
    if stage.api_gateway_managed && has_variables(api, stage) {
        // A stage that quick create made cannot be updated.
        reasons.insert("InvalidRequest");
    }
}

fn has_variables(api: &HttpApi, stage: &Stage) -> bool {
    let deployed = stage.deployment_id.as_ref().and_then(|id| api.deployments.get(id));
    let all = api
        .integrations
        .values()
        .chain(deployed.into_iter().flat_map(|d| d.integrations.values()));
    let mut uris = all.filter_map(|i| i.integration_uri.as_deref());
    uris.any(|uri| uri.contains("${"))
}

/// Whether two routes of the stage, deployed or not, hold the same variable and one of them is not ours to move.
fn shares_variables(desired: &Desired, api: &HttpApi, stage: &str) -> bool {
    let variables = &api.stages[stage].stage_variables;
    let current = api.routes.keys().filter_map(|key| integration(&api.integrations, &api.routes, key));
    let deployed = deployment(api, stage).into_iter();
    let deployed = deployed.flat_map(|d| d.routes.keys().filter_map(|key| integration(&d.integrations, &d.routes, key)));
    let has_variable = |i: &&Integration| i.integration_uri.as_deref().is_some_and(|uri| uri.contains("${"));
    let with_variable: Vec<_> = current.chain(deployed).filter(has_variable).collect();
    let uris: BTreeSet<_> = with_variable.iter().filter_map(|i| i.integration_uri.as_deref()).collect();
    let foreign = |i: &&Integration| called(i, variables).is_none_or(|(name, _)| name != desired.function);
    uris.len() > 1 || with_variable.iter().any(foreign)
}
