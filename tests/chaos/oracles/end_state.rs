//! O1 and O6: what is left at the end is what the run without a fault leaves.

use std::collections::BTreeSet;

use awssim::world::Region;
use kube::ResourceExt;
use serde_json::{Map, Value, json};
use warmlambda::api::WarmLambdaEndpoint;

use super::invariants::differences;

/// Members that say when something happened, or which number it had.
const OF_ONE_RUN: [&str; 29] = [
    "now",
    "ids",
    "metrics",
    "routed",
    "environments",
    "busyUntil",
    "revisionId",
    "lastModified",
    "lastUpdated",
    "created",
    "createdDate",
    "createdAt",
    "deployedAt",
    "editedAt",
    "since",
    "due",
    "settlesAt",
    "checkpoints",
    "polling",
    "lastProcessingResult",
    "resultDue",
    "previous",
    "superseded",
    "lastDeploymentStatusMessage",
    "streams",
    "queues",
    "resourceVersion",
    "managedFields",
    "creationTimestamp",
];

/// The same of the object in Kubernetes. What id AWS gives a mapping depends on how often it was asked for other things before.
const OF_ONE_OBJECT: [&str; 9] = [
    "uid",
    "uuid",
    "namespace",
    "generation",
    "lastTransitionTime",
    "lastHandledReconcileAt",
    "observedGeneration",
    "lastChanged",
    "usage",
];

/// Conditions that tell what CloudWatch said. Nobody asks it in these runs.
const FROM_CLOUDWATCH: [&str; 2] = ["TrafficOnAlias", "MetricsAvailable"];

/// AWS and the object, without what is different in every run.
pub fn shown(region: &Region, endpoint: Option<&WarmLambdaEndpoint>) -> Value {
    let mut aws = serde_json::to_value(region).expect("a region is JSON");
    served_instead_of_ids(&mut aws);
    let mut object = serde_json::to_value(endpoint).expect("an endpoint is JSON");
    if let Some(conditions) = object["status"]["conditions"].as_array_mut() {
        conditions.retain(|condition| !FROM_CLOUDWATCH.iter().any(|kind| condition["type"] == *kind));
    }
    forget(&mut object, &OF_ONE_OBJECT);
    let mut shown = json!({ "aws": aws, "endpoint": object });
    forget(&mut shown, &OF_ONE_RUN);
    let uid = endpoint.and_then(ResourceExt::uid).unwrap_or_default();
    let text = shown.to_string();
    let text = match uid.get(..8) {
        Some(short) => text.replace(&uid, "UID").replace(short, "UID8"),
        None => text,
    };
    serde_json::from_str(&text).expect("it was JSON before")
}

/// What a stage serves stands in the place of the number of its deployment, and an integration in the place of its id: a deployment
/// more or less is for the summary of the ledger.
fn served_instead_of_ids(aws: &mut Value) {
    for kind in ["restApis", "httpApis"] {
        for api in members(&mut aws[kind]).values_mut() {
            let deployments = api["deployments"].take();
            for stage in members(&mut api["stages"]).values_mut() {
                let served = stage["deploymentId"].as_str().map(|id| deployments[id].clone());
                stage["deploymentId"] = served.unwrap_or_default();
                if kind == "httpApis" {
                    targets_instead_of_ids(&mut stage["deploymentId"]);
                }
            }
            if kind == "httpApis" {
                targets_instead_of_ids(api);
            }
        }
    }
    let mappings = members(&mut aws["eventSourceMappings"]).clone();
    let mut by_content: Vec<_> = mappings.into_values().collect();
    by_content.sort_by_key(|mapping| format!("{} {}", mapping["eventSourceArn"], mapping["functionArn"]));
    aws["eventSourceMappings"] = by_content.into();
}

/// Routes with their integrations instead of the ids of these; integrations as a list in the order of their content.
fn targets_instead_of_ids(api: &mut Value) {
    let integrations = members(&mut api["integrations"]).clone();
    for route in members(&mut api["routes"]).values_mut() {
        let target = route["target"].as_str().and_then(|target| target.strip_prefix("integrations/"));
        let found = target.and_then(|id| integrations.get(id)).cloned();
        route["target"] = found.unwrap_or_default();
    }
    let mut by_content: Vec<_> = integrations.into_values().collect();
    by_content.sort_by_key(Value::to_string);
    api["integrations"] = by_content.into();
}

fn members(value: &mut Value) -> &mut Map<String, Value> {
    if !value.is_object() {
        *value = json!({});
    }
    value.as_object_mut().expect("it is an object now")
}

fn forget(value: &mut Value, names: &[&str]) {
    match value {
        Value::Object(members) => {
            members.retain(|name, _| !names.contains(&name.as_str()));
            members.values_mut().for_each(|value| forget(value, names));
        }
        Value::Array(items) => items.iter_mut().for_each(|value| forget(value, names)),
        _ => {}
    }
}

/// Places in which two runs without a fault differ: nobody is blamed for a difference there.
pub fn mask(one: &Value, other: &Value) -> BTreeSet<String> {
    let mut lines = Vec::new();
    differences("", one, other, &mut lines);
    lines
        .into_iter()
        .filter_map(|line| Some(line.split_once(": ")?.0.to_owned()))
        .collect()
}

/// Where the end is not that of the run without a fault.
pub fn wrong(reference: &Value, mask: &BTreeSet<String>, end: &Value) -> Vec<String> {
    let mut lines = Vec::new();
    differences("", reference, end, &mut lines);
    let masked = |line: &String| line.split_once(": ").is_some_and(|(place, _)| mask.contains(place));
    lines.retain(|line| !masked(line));
    lines
        .into_iter()
        .map(|line| format!("the end differs from the run without a fault: {line}"))
        .collect()
}
