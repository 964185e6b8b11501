//! A permission lets in what the object names, as it stands in Kubernetes, and nobody else.

use awssim::wire::Request as AwsRequest;
use serde_json::Value;

use crate::api_server::ApiServer;
use crate::scene::{ALIAS, execution_arn};

/// Whether an endpoint asks for it: API Gateway, from just as much of one API as a trigger's scope says.
pub fn is_asked_for(request: &AwsRequest, api: &ApiServer) -> Result<(), String> {
    let body: Value = serde_json::from_slice(&request.body).map_err(|e| format!("AddPermission: {e}"))?;
    if body["Principal"] != "apigateway.amazonaws.com" || body["Action"] != "lambda:InvokeFunction" {
        return Err(format!("somebody else than API Gateway may do something: {body}"));
    }
    if !request.query.split('&').any(|part| part == format!("Qualifier={ALIAS}")) {
        return Err(format!("a permission that is not on the alias: {}?{}", request.path, request.query));
    }
    let source = body["SourceArn"].as_str().unwrap_or_default();
    let asked = api.look(|objects| {
        let triggers = objects
            .of("warmlambdaendpoints")
            .flat_map(|object| object["spec"]["triggers"].as_array());
        triggers.flatten().any(|trigger| is_of(trigger, source))
    });
    asked
        .then_some(())
        .ok_or_else(|| format!("{source} may call, which no trigger names: {body}"))
}

/// Whether a source is what a trigger of that scope names: the whole API, one stage of it, or one method or route on that. An edit of an
/// HTTP API may go out on other stages, too, which deploy themselves.
fn is_of(trigger: &Value, source: &str) -> bool {
    let is_rest = trigger["restApi"].is_object();
    let api = &trigger[if is_rest { "restApi" } else { "httpApi" }];
    let (Some(id), Some(stage)) = (api["apiId"].as_str(), api["stageName"].as_str()) else {
        return false;
    };
    let Some((on, called)) = source.strip_prefix(&execution_arn(id, "")).and_then(|rest| rest.split_once('/')) else {
        return false;
    };
    let one_stage = !on.contains('*') && (on == stage || !is_rest);
    match api["permissionScope"].as_str() {
        Some("Stage") => one_stage && called == "*",
        Some("Method") => one_stage && (called == "$default" || called.split_once('/').is_some_and(|(_, path)| !path.is_empty())),
        _ => source == execution_arn(id, "*/*"),
    }
}
