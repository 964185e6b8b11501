//! What takes something away is asked for by the object as it stands in Kubernetes, not as somebody saw it once.

use awssim::wire::Request as AwsRequest;
use awssim::world::Region;
use serde_json::Value;

use crate::api_server::{ApiServer, Objects};

/// Whether an endpoint, as it stands, asks for it.
pub fn is_asked_for(name: &str, request: &AwsRequest, api: &ApiServer) -> Result<(), String> {
    if ![
        "lambda:DeleteAlias",
        "lambda:DeleteProvisionedConcurrencyConfig",
        "lambda:RemovePermission",
    ]
    .contains(&name)
    {
        return Ok(());
    }
    api.look(|objects| judge(name, request, objects))
}

/// Whether it deletes an alias that somebody else had made before the endpoint came: our mark is not in its description.
pub fn is_of_others(name: &str, request: &AwsRequest, before: &Region) -> Option<String> {
    let segments = request.segments();
    let after = |folder: &str| segments.iter().position(|s| s == folder).and_then(|n| segments.get(n + 1));
    if name != "lambda:DeleteAlias" {
        return None;
    }
    let alias = before.functions.get(after("functions")?)?.aliases.get(after("aliases")?)?;
    let made_by = &alias.description;
    (!made_by.contains("warmlambda")).then(|| format!("{name} of an alias that somebody else made: {made_by:?}"))
}

fn judge(name: &str, request: &AwsRequest, objects: &Objects) -> Result<(), String> {
    let segments = request.segments();
    let function = segments.iter().position(|s| s == "functions").and_then(|n| segments.get(n + 1));
    let about = |object: &&Value| function.is_some_and(|f| object["spec"]["functionName"] == f.as_str());
    let endpoints: Vec<_> = objects.of("warmlambdaendpoints").filter(about).collect();
    let dying = |object: &Value| !object["metadata"]["deletionTimestamp"].is_null() && object["spec"]["deletionPolicy"] != "Retain";
    let asked = match name {
        "lambda:DeleteAlias" => endpoints.iter().any(|o| dying(o) && o["spec"]["deletionPolicy"] == "Delete"),
        "lambda:DeleteProvisionedConcurrencyConfig" => endpoints.iter().any(|o| dying(o) || o["spec"]["provisionedConcurrency"] == 0),
        // A statement of an endpoint that lives goes when nobody needs it; the judge of traffic sees whether somebody did.
        _ => !endpoints.is_empty(),
    };
    if asked {
        return Ok(());
    }
    Err(format!(
        "{name} of {function:?}, which no endpoint asks for as it stands: {endpoints:?}"
    ))
}
