//! Whether AWS is as the spec asks, in plain terms and from the raw world alone: nothing here asks the plan.

pub mod http_api;
pub mod mapping;

use awssim::world::rest_api::{Integration, Method, Resource, Stage, Texts};
use awssim::world::{Function, Invoker, Region, Status, Version};
use warmlambda::api::PermissionScope;
use warmlambda::plan::desired::{Desired, DesiredRestApi, DesiredVersion, MethodKey};

use crate::scene::{ROUTES, execution_arn, function_arn, to_ask};

/// What is not as asked, in words; nothing when all is.
pub fn matches(desired: &Desired, region: &Region) -> Result<(), String> {
    let function = region.functions.get(&desired.function).ok_or("the function does not exist")?;
    version(desired, function)?;
    capacity(desired, region, function)?;
    let mut asked = to_ask(region);
    let mut rest = desired.rest_apis.iter();
    rest.try_for_each(|trigger| trigger_calls_alias(desired, trigger, region, &mut asked))?;
    let mut http = desired.http_apis.iter();
    http.try_for_each(|trigger| http_api::matches(desired, trigger, region, &mut asked))?;
    let mut sources = desired.event_sources.iter();
    sources.try_for_each(|trigger| mapping::matches(desired, trigger, region))
}

/// The number of the version that the alias names.
pub fn alias_version(desired: &Desired, function: &Function) -> Option<u64> {
    function.aliases.get(&desired.alias)?.function_version.parse().ok()
}

fn version(desired: &Desired, function: &Function) -> Result<(), String> {
    let alias = function.aliases.get(&desired.alias).ok_or("the alias does not exist")?;
    if alias.canary.is_some() || !alias.additional_version_weights.is_empty() {
        return Err("the alias has weights".into());
    }
    let number = alias_version(desired, function).ok_or("the alias is on $LATEST")?;
    match desired.version {
        DesiredVersion::Pinned(pinned) if number != pinned => Err(format!("the alias is on {number}, pinned is {pinned}")),
        DesiredVersion::LatestPublished if function.versions.keys().max() != Some(&number) => {
            Err(format!("the alias is on {number}, which is not the highest"))
        }
        DesiredVersion::PublishOnChange if !function.versions.get(&number).is_some_and(|v| same_content(v, &function.latest)) => {
            Err(format!("the alias is on {number}, which is not what $LATEST is"))
        }
        _ => Ok(()),
    }
}

/// Code and configuration, description excepted.
pub fn same_content(one: &Version, other: &Version) -> bool {
    let content = |v: &Version| {
        let environment = v.environment.clone().unwrap_or_default();
        (
            v.code.sha256(),
            v.runtime.clone(),
            v.handler.clone(),
            v.role.clone(),
            v.memory_size,
            v.timeout,
            environment,
            v.snap_start,
        )
    };
    content(one) == content(other)
}

fn capacity(desired: &Desired, region: &Region, function: &Function) -> Result<(), String> {
    let config = function.provisioned_concurrency.get(&desired.alias);
    if config.is_some_and(|c| c.status != Status::Ready) {
        return Err("the warm capacity is not READY".into());
    }
    let requested = config.map_or(0, |c| c.requested);
    if let Some(target) = region
        .scalable_targets
        .get(&format!("function:{}:{}", desired.function, desired.alias))
    {
        let within = target.min_capacity <= requested && requested <= target.max_capacity;
        return within
            .then_some(())
            .ok_or_else(|| format!("{requested} is out of the scalable target's bounds"));
    }
    match desired.capacity {
        Some(wanted) if wanted != requested => Err(format!("{requested} environments are asked for, not {wanted}")),
        _ => Ok(()),
    }
}

fn trigger_calls_alias(desired: &Desired, trigger: &DesiredRestApi, region: &Region, asked: &mut Region) -> Result<(), String> {
    let (api_id, stage_name) = (&trigger.api_id, &trigger.stage);
    let api = region.rest_apis.get(api_id).ok_or_else(|| format!("API {api_id} does not exist"))?;
    let stage = api
        .stages
        .get(stage_name)
        .ok_or_else(|| format!("{api_id} has no stage {stage_name}"))?;
    let keys = methods(desired, trigger, region);
    if keys.is_empty() {
        return Err(format!("no method of {api_id} is meant"));
    }
    let deployment = api.deployments.get(&stage.deployment_id).ok_or("the stage has no deployment")?;
    for key in keys {
        let name = format!("{} {} of {api_id}/{stage_name}", key.http_method, key.path);
        let edited = integration(&api.resources, &key).ok_or_else(|| format!("{name} has no integration"))?;
        let deployed = integration(&deployment.resources, &key).ok_or_else(|| format!("{name} is not deployed"))?;
        if !posts_to_alias(desired, edited, &stage.variables) {
            return Err(format!("the integration of {name} does not call the alias"));
        }
        if !posts_to_alias(desired, deployed, &stage.variables) {
            return Err(format!("what is deployed of {name} does not call the alias"));
        }
        if edited.credentials.is_none() || deployed.credentials.is_none() {
            lets_in(desired, api_id, &reach(trigger, &key), asked)?;
        }
        answered_by_alias(desired, trigger, &key, asked)?;
    }
    Ok(())
}

/// The methods that a trigger means: those it names, else those whose integration calls the function on the trigger's stage.
pub fn methods(desired: &Desired, trigger: &DesiredRestApi, region: &Region) -> Vec<MethodKey> {
    if !trigger.methods.is_empty() {
        return trigger.methods.clone();
    }
    let Some(api) = region.rest_apis.get(&trigger.api_id) else {
        return Vec::new();
    };
    let Some(stage) = api.stages.get(&trigger.stage) else {
        return Vec::new();
    };
    let calls_function = |key: &MethodKey| {
        let target = integration(&api.resources, key).and_then(|i| called(i, &stage.variables));
        target.is_some_and(|(name, _)| name == desired.function)
    };
    keys(&api.resources).into_iter().filter(calls_function).collect()
}

/// Every method of a tree of resources.
pub fn keys(resources: &std::collections::BTreeMap<String, Resource>) -> Vec<MethodKey> {
    let of = |(path, resource): (&String, &Resource)| {
        let key = |http_method: &String| MethodKey {
            path: path.clone(),
            http_method: http_method.clone(),
        };
        resource.methods.keys().map(key).collect::<Vec<_>>()
    };
    resources.iter().flat_map(of).collect()
}

/// A method in a tree of resources.
pub fn method<'a>(resources: &'a std::collections::BTreeMap<String, Resource>, key: &MethodKey) -> Option<&'a Method> {
    resources.get(&key.path)?.methods.get(&key.http_method)
}

/// Its integration.
pub fn integration<'a>(resources: &'a std::collections::BTreeMap<String, Resource>, key: &MethodKey) -> Option<&'a Integration> {
    method(resources, key)?.integration.as_ref()
}

/// A function and its qualifier.
pub type Target = (String, Option<String>);

/// A URI with the stage variables put in; those that are not set stay as they are.
fn resolved(uri: &str, variables: &Texts) -> String {
    let put = |uri: String, (name, value): (&String, &String)| uri.replace(&format!("${{stageVariables.{name}}}"), value);
    variables.iter().fold(uri.to_owned(), put)
}

/// The function that an ARN names.
pub fn function_named(arn: &str) -> Option<Target> {
    let function = arn.strip_prefix(&function_arn(""))?;
    let (name, qualifier) = function
        .split_once(':')
        .map_or((function, None), |(name, q)| (name, Some(q.to_owned())));
    let real = !name.is_empty() && !function.contains("${") && qualifier.as_deref() != Some("");
    real.then(|| (name.to_owned(), qualifier))
}

/// Function and qualifier that an integration calls with these stage variables.
pub fn called(integration: &Integration, variables: &Texts) -> Option<Target> {
    let uri = resolved(integration.uri.as_deref()?, variables);
    let (_, arn) = uri.split_once("/functions/")?;
    function_named(arn.strip_suffix("/invocations")?)
}

/// Whether an integration calls the alias.
pub fn calls_alias(desired: &Desired, integration: &Integration, variables: &Texts) -> bool {
    called(integration, variables) == Some((desired.function.clone(), Some(desired.alias.clone())))
}

fn posts_to_alias(desired: &Desired, integration: &Integration, variables: &Texts) -> bool {
    let lambda = ["AWS", "AWS_PROXY"].contains(&integration.kind.as_str()) && integration.http_method.as_deref() == Some("POST");
    lambda && calls_alias(desired, integration, variables)
}

/// A call that the scope of the permission has to let in and that no narrower statement would.
fn reach(trigger: &DesiredRestApi, key: &MethodKey) -> String {
    let parts: Vec<_> = key
        .path
        .split('/')
        .map(|part| if part.starts_with('{') { "*" } else { part })
        .collect();
    let http_method = if key.http_method == "ANY" { "HEAD" } else { &key.http_method };
    match trigger.scope {
        PermissionScope::Api => "any-stage/HEAD/any/path".to_owned(),
        PermissionScope::Stage => format!("{}/HEAD/any/path", trigger.stage),
        PermissionScope::Method => format!("{}/{http_method}{}", trigger.stage, parts.join("/")),
    }
}

/// Asks the world whether API Gateway may call the alias from there.
fn lets_in(desired: &Desired, api_id: &str, reach: &str, asked: &mut Region) -> Result<(), String> {
    let by = Invoker::Service {
        principal: "apigateway.amazonaws.com".into(),
        source_arn: execution_arn(api_id, reach),
    };
    match asked.invoke(asked.now, &desired.function, Some(&desired.alias), &by) {
        Err(refused) if refused.status == 403 => Err(format!("{reach} of {api_id} may not call the alias")),
        _ => Ok(()),
    }
}

/// Calls the stage. While a canary of the stage is active, part of the calls are not the spec's business.
fn answered_by_alias(desired: &Desired, trigger: &DesiredRestApi, key: &MethodKey, asked: &mut Region) -> Result<(), String> {
    let stage: &Stage = &asked.rest_apis[&trigger.api_id].stages[&trigger.stage];
    let route = ROUTES
        .iter()
        .find(|(path, http_method, _)| *path == key.path && *http_method == key.http_method);
    let (Some((_, http_method, path)), None) = (route, &stage.canary_settings) else {
        return Ok(());
    };
    let http_method = if *http_method == "ANY" { "PUT" } else { http_method };
    let served = asked.call_stage(asked.now, &trigger.api_id, &trigger.stage, http_method, path);
    let number = alias_version(desired, &asked.functions[&desired.function]).map(|n| n.to_string());
    // A function that fails was called all the same.
    if served.status == 502 || (served.status == 200 && served.executed_version == number) {
        return Ok(());
    }
    Err(format!("a call of {http_method} {path} gets {} {:?}", served.status, served.reason))
}
