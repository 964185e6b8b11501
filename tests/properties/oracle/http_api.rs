//! Whether the routes of an HTTP API call the alias, by the raw world.

use std::collections::BTreeMap;

use awssim::world::http_api::{Deployment, HttpApi, Integration, Route};
use awssim::world::{ById, Region};
use warmlambda::api::PermissionScope;
use warmlambda::plan::desired::{Desired, DesiredHttpApi};

use super::{Target, alias_version, function_named, lets_in, resolved};
use crate::scene::gateway::HTTP_ROUTES;

/// Function and qualifier that an integration calls with these stage variables, in either form of a URI.
pub fn called(integration: &Integration, variables: &BTreeMap<String, String>) -> Option<Target> {
    if integration.integration_type != "AWS_PROXY" || integration.integration_subtype.is_some() {
        return None;
    }
    let uri = resolved(integration.integration_uri.as_deref()?, variables);
    let arn = match uri.split_once("/functions/") {
        Some((_, invocations)) => invocations.strip_suffix("/invocations")?.to_owned(),
        None => uri,
    };
    function_named(&arn)
}

/// The integration of a route, among those of an API or of a deployment.
pub fn integration<'a>(integrations: &'a ById<Integration>, routes: &BTreeMap<String, Route>, key: &str) -> Option<&'a Integration> {
    integrations.get(routes.get(key)?.integration_id()?)
}

/// The routes that a trigger means: those it names, else those whose integration calls the function on the trigger's stage.
pub fn routes(desired: &Desired, trigger: &DesiredHttpApi, region: &Region) -> Vec<String> {
    if !trigger.routes.is_empty() {
        return trigger.routes.clone();
    }
    let Some(api) = region.http_apis.get(&trigger.api_id) else {
        return Vec::new();
    };
    let Some(stage) = api.stages.get(&trigger.stage) else {
        return Vec::new();
    };
    let calls_function = |key: &&String| {
        let target = integration(&api.integrations, &api.routes, key).and_then(|i| called(i, &stage.stage_variables));
        target.is_some_and(|(name, _)| name == desired.function)
    };
    api.routes.keys().filter(calls_function).cloned().collect()
}

/// What a stage serves.
pub fn deployment<'a>(api: &'a HttpApi, stage: &str) -> Option<&'a Deployment> {
    api.deployments.get(api.stages.get(stage)?.deployment_id.as_deref()?)
}

/// Whether an integration calls the alias.
pub fn calls_alias(desired: &Desired, integration: &Integration, variables: &BTreeMap<String, String>) -> bool {
    called(integration, variables) == Some((desired.function.clone(), Some(desired.alias.clone())))
}

/// What is not as a trigger asks; calls are made on a copy of the world.
pub fn matches(desired: &Desired, trigger: &DesiredHttpApi, region: &Region, asked: &mut Region) -> Result<(), String> {
    let (api_id, stage_name) = (&trigger.api_id, &trigger.stage);
    let api = region
        .http_apis
        .get(api_id)
        .ok_or_else(|| format!("HTTP API {api_id} does not exist"))?;
    let stage = api
        .stages
        .get(stage_name)
        .ok_or_else(|| format!("{api_id} has no stage {stage_name}"))?;
    let keys = routes(desired, trigger, region);
    if keys.is_empty() {
        return Err(format!("no route of {api_id} is meant"));
    }
    let served = deployment(api, stage_name).ok_or_else(|| format!("nothing is deployed on {api_id}/{stage_name}"))?;
    for key in keys {
        let name = format!("{key} of {api_id}/{stage_name}");
        let edited = integration(&api.integrations, &api.routes, &key).ok_or_else(|| format!("{name} has no integration"))?;
        let deployed = integration(&served.integrations, &served.routes, &key).ok_or_else(|| format!("{name} is not deployed"))?;
        if !calls_alias(desired, edited, &stage.stage_variables) {
            return Err(format!("the integration of {name} does not call the alias"));
        }
        if !calls_alias(desired, deployed, &stage.stage_variables) {
            return Err(format!("what is deployed of {name} does not call the alias"));
        }
        if edited.credentials_arn.is_none() || deployed.credentials_arn.is_none() {
            lets_in(desired, api_id, &reach(trigger, &key), asked)?;
        }
        answered_by_alias(desired, trigger, &key, asked)?;
    }
    Ok(())
}

/// A call that the scope of the permission has to let in and that no narrower statement would.
fn reach(trigger: &DesiredHttpApi, key: &str) -> String {
    match trigger.scope {
        PermissionScope::Api => "any-stage/HEAD/any/path".into(),
        PermissionScope::Stage => format!("{}/HEAD/any/path", trigger.stage),
        PermissionScope::Method => {
            let place = match key.split_once(' ') {
                // The path stands in the execution ARN as in the route's key.
                Some((method, path)) => format!("{}{path}", if method == "ANY" { "HEAD" } else { method }),
                None => key.into(),
            };
            format!("{}/{place}", trigger.stage)
        }
    }
}

/// Calls the stage.
fn answered_by_alias(desired: &Desired, trigger: &DesiredHttpApi, key: &str, asked: &mut Region) -> Result<(), String> {
    let Some((_, http_method, path)) = HTTP_ROUTES.iter().find(|(known, ..)| *known == key) else {
        return Ok(());
    };
    let served = asked.call_stage(asked.now, &trigger.api_id, &trigger.stage, http_method, path);
    let number = alias_version(desired, &asked.functions[&desired.function]).map(|n| n.to_string());
    // A function that fails was called all the same.
    if served.executed_version.is_some() && served.executed_version == number {
        return Ok(());
    }
    Err(format!("a call of {http_method} {path} gets {} {:?}", served.status, served.reason))
}
