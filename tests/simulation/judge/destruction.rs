//! What takes something away is asked for by the object as it stands in Kubernetes, not as somebody saw it once.

use awssim::wire::Request as AwsRequest;
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
