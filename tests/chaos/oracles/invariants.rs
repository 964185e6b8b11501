//! O3: what must hold at every moment, looked at after every write to AWS.

use awssim::world::Region;
use awssim::world::event_source::MappingState;
use serde_json::{Value, json};
use warmlambda::api::WarmLambdaEndpointSpec;

use super::truth::Claims;
use crate::harness::aws::{ALIAS, API, FUNCTION, STAGE};
use crate::harness::http_api::{HTTP_API, SHARED};
use crate::harness::records::STREAM;
use crate::oracle::{self, function_named};
use crate::scene::execution_arn;

/// What every statement id of the operator begins with.
const OURS: &str = "warmlambda-";

/// How things that are not the endpoint's are, and shall stay.
pub struct Invariants {
    foreign: Value,
}

impl Invariants {
    /// Takes AWS as it is for what shall stay, where it is not the endpoint's.
    pub fn of(region: &Region) -> Self {
        Self { foreign: foreign(region) }
    }

    /// What does not hold.
    pub fn broken_in(&self, region: &Region, claims: &Claims) -> Vec<String> {
        let mut broken = Vec::new();
        let mut lines = Vec::new();
        differences("", &self.foreign, &foreign(region), &mut lines);
        broken.extend(lines.into_iter().map(|line| format!("somebody else's thing changed: {line}")));
        broken.extend(too_broad(region, claims));
        broken.extend(dangling(region));
        broken.extend(twice(region));
        broken
    }
}

/// Everything in a region but what the scenarios are about and what changes by itself.
fn foreign(region: &Region) -> Value {
    let mut all = serde_json::to_value(region).expect("a region is JSON");
    for gone in ["now", "ids", "metrics", "streams", "queues"] {
        remove(&mut all, &[gone]);
    }
    for function in region.functions.keys() {
        for volatile in ["environments", "routed"] {
            remove(&mut all, &["functions", function, volatile]);
        }
    }
    for ours in [
        "aliases",
        "aliasesBefore",
        "provisionedConcurrency",
        "provisionedConcurrencyBefore",
        "policies",
        "policiesBefore",
    ] {
        remove(&mut all, &["functions", FUNCTION, ours, ALIAS]);
    }
    // Whoever uploads code changes these, and whoever publishes it makes a version of it.
    for latest in [
        "code",
        "revisionId",
        "lastModified",
        "lastVersion",
        "state",
        "lastUpdateStatus",
        "settlesAt",
    ] {
        remove(&mut all, &["functions", FUNCTION, latest]);
    }
    for version in region.functions[FUNCTION].versions.keys() {
        let number = version.to_string();
        // Lambda gives a version that becomes warm a new revision.
        remove(&mut all, &["functions", FUNCTION, "versions", &number, "revisionId"]);
        if *version > 40 {
            remove(&mut all, &["functions", FUNCTION, "versions", &number]);
        }
    }
    for (api, http) in region
        .rest_apis
        .keys()
        .map(|api| (api, false))
        .chain(region.http_apis.keys().map(|api| (api, true)))
    {
        if [API, HTTP_API].contains(&api.as_str()) {
            remove_our_part_of_api(&mut all, region, api, http);
        }
    }
    let mappings = region.event_source_mappings.iter();
    for (uuid, _) in mappings.filter(|(_, m)| m.event_source_arn.as_deref() == Some(STREAM) && is_on_function(m)) {
        remove(&mut all, &["eventSourceMappings", uuid]);
    }
    for uuid in region.event_source_mappings.keys() {
        for volatile in ["checkpoints", "polling", "lastProcessingResult", "resultDue"] {
            remove(&mut all, &["eventSourceMappings", uuid, volatile]);
        }
    }
    all
}

fn is_on_function(mapping: &awssim::world::event_source::EventSourceMapping) -> bool {
    function_named(&mapping.function_arn).is_some_and(|(name, _)| name == FUNCTION)
}

/// The integration that calls the function, the deployments, and which of them a stage serves.
fn remove_our_part_of_api(all: &mut Value, region: &Region, api: &str, http: bool) {
    if !http {
        remove(all, &["restApis", api, "deployments"]);
        for of_deployment in ["deploymentId", "deployedAt", "lastUpdated", "superseded"] {
            remove(all, &["restApis", api, "stages", STAGE, of_deployment]);
        }
        remove(
            all,
            &["restApis", api, "resources", "/reviews", "methods", "GET", "integration", "uri"],
        );
        return;
    }
    let found = &region.http_apis[api];
    for of_deployment in ["deployments", "editedAt"] {
        remove(all, &["httpApis", api, of_deployment]);
    }
    for stage in found.stages.keys() {
        for of_deployment in [
            "deploymentId",
            "lastUpdated",
            "superseded",
            "lastDeploymentStatusMessage",
            "autoDeployAt",
        ] {
            remove(all, &["httpApis", api, "stages", stage, of_deployment]);
        }
    }
    for integration in found.integrations.keys().filter(|id| *id != SHARED) {
        remove(all, &["httpApis", api, "integrations", integration]);
    }
    remove(all, &["httpApis", api, "routes", "POST /reviews", "target"]);
}

fn remove(value: &mut Value, path: &[&str]) {
    let Some((last, folders)) = path.split_last() else { return };
    let found = folders.iter().try_fold(value, |value, member| value.get_mut(member));
    if let Some(Value::Object(members)) = found {
        members.remove(*last);
    }
}

/// Where two values differ, a line each.
pub fn differences(path: &str, one: &Value, other: &Value, into: &mut Vec<String>) {
    match (one, other) {
        (Value::Object(a), Value::Object(b)) => {
            for name in a.keys().chain(b.keys().filter(|name| !a.contains_key(*name))) {
                let missing = json!("(nothing)");
                let (a, b) = (a.get(name).unwrap_or(&missing), b.get(name).unwrap_or(&missing));
                differences(&format!("{path}/{name}"), a, b, into);
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (place, (a, b)) in a.iter().zip(b).enumerate() {
                differences(&format!("{path}/{place}"), a, b, into);
            }
        }
        _ if one != other => into.push(format!("{path}: {one} -> {other}")),
        _ => {}
    }
}

/// Statements of ours that let in more than the spec asks for. No scenario asks for another scope than the default, the whole API.
fn too_broad(region: &Region, claims: &Claims) -> Vec<String> {
    let allowed: Vec<_> = claims.specs().flat_map(asked_sources).collect();
    let policies = region.functions[FUNCTION].policies.iter();
    let ours = policies.flat_map(|(qualifier, policy)| policy.statements.iter().map(move |statement| (qualifier, statement)));
    let broad = ours.filter(|(qualifier, statement)| {
        let source = statement.source_arn.as_deref().unwrap_or("*");
        let right = statement.principal == "apigateway.amazonaws.com" && qualifier.as_str() == ALIAS && allowed.iter().any(|a| a == source);
        statement.sid.starts_with(OURS) && !statement.sid.ends_with("decoy") && !right
    });
    broad
        .map(|(qualifier, statement)| format!("nobody asked for this on {qualifier}: {statement:?}"))
        .collect()
}

fn asked_sources(spec: &WarmLambdaEndpointSpec) -> Vec<String> {
    let spec = serde_json::to_value(spec).expect("a spec is JSON");
    let triggers = spec["triggers"].as_array().cloned().unwrap_or_default();
    let id = |trigger: &Value| {
        let api = trigger.get("restApi").or_else(|| trigger.get("httpApi"))?;
        Some(execution_arn(api["apiId"].as_str()?, "*/*"))
    };
    triggers.iter().filter_map(id).collect()
}

/// What callers are sent to and is not there.
fn dangling(region: &Region) -> Vec<String> {
    let function = &region.functions[FUNCTION];
    let mut called = Vec::new();
    if let Some(api) = region.rest_apis.get(API) {
        let deployed = api.deployments.get(&api.stages[STAGE].deployment_id);
        for tree in [Some(&api.resources), deployed.map(|d| &d.resources)].into_iter().flatten() {
            let integrations = oracle::keys(tree)
                .into_iter()
                .filter_map(|key| oracle::integration(tree, &key).cloned());
            called.extend(integrations.filter_map(|integration| oracle::called(&integration, &Default::default())));
        }
    }
    let mut dangling = Vec::new();
    if let Some(api) = region.http_apis.get(HTTP_API) {
        let deployed = api
            .stages
            .values()
            .filter_map(|stage| api.deployments.get(stage.deployment_id.as_deref()?));
        let sets = [(&api.routes, &api.integrations)]
            .into_iter()
            .chain(deployed.map(|d| (&d.routes, &d.integrations)));
        for (routes, integrations) in sets {
            for (key, route) in routes {
                let Some(id) = route.integration_id() else { continue };
                match integrations.get(id) {
                    Some(integration) => called.extend(oracle::http_api::called(integration, &Default::default())),
                    None => dangling.push(format!("route {key} leads to integration {id}, which does not exist")),
                }
            }
        }
    }
    called.extend(region.event_source_mappings.values().filter_map(oracle::mapping::called));
    let missing = called
        .into_iter()
        .filter_map(|(name, qualifier)| qualifier.filter(|q| name == FUNCTION && !function.has(q)));
    dangling.extend(missing.map(|qualifier| format!("callers are sent to {FUNCTION}:{qualifier}, which does not exist")));
    dangling
}

/// Two of what must be one.
fn twice(region: &Region) -> Vec<String> {
    let mut twice = Vec::new();
    if let Some(api) = region.http_apis.get(HTTP_API) {
        let on_alias = |integration: &&awssim::world::http_api::Integration| {
            oracle::http_api::called(integration, &Default::default()) == Some((FUNCTION.into(), Some(ALIAS.into())))
        };
        let count = api.integrations.values().filter(on_alias).count();
        if count > 1 {
            twice.push(format!("{count} integrations of {HTTP_API} call the alias"));
        }
    }
    let mappings = region.event_source_mappings.values();
    let reading =
        mappings.filter(|m| m.event_source_arn.as_deref() == Some(STREAM) && m.state != MappingState::Deleting && is_on_function(m));
    let count = reading.count();
    if count > 1 {
        twice.push(format!("{count} mappings read the stream for {FUNCTION}"));
    }
    twice
}
