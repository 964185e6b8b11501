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
    if name != "lambda:DeleteAlias" {
        return None;
    }
    let function = before.functions.get(&named(request, "functions")?)?;
    let alias = function.aliases.get(&named(request, "aliases")?)?;
    let made_by = &alias.description;
    (!made_by.contains("warmlambda")).then(|| format!("{name} of an alias that somebody else made: {made_by:?}"))
}

/// What stands behind a folder in the path of a request.
fn named(request: &AwsRequest, folder: &str) -> Option<String> {
    let mut segments = request.segments().into_iter().skip_while(|segment| segment != folder);
    segments.nth(1)
}

fn judge(name: &str, request: &AwsRequest, objects: &Objects) -> Result<(), String> {
    let function = named(request, "functions");
    let about = |object: &&Value| function.as_ref().is_some_and(|f| object["spec"]["functionName"] == f.as_str());
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
