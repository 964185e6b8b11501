//! Answers as JSON: names and absences as recorded, moments as ISO 8601 with whole seconds.

use serde_json::{Value, json};

use crate::wire::{Response, time};
use crate::world::Millis;
use crate::world::http_api::{DeploymentSummary, HttpApiSummary, IntegrationSummary, Paged, RouteSummary, StageSummary};

/// One page of a list.
pub(super) fn list<T>(paged: Paged<T>, form: impl Fn(&T) -> Value) -> Response {
    let mut body = json!({"items": paged.items.iter().map(form).collect::<Vec<_>>()});
    put(&mut body, "nextToken", paged.next_token);
    Response::json(200, &body)
}

fn put(body: &mut Value, name: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        body[name] = value.into();
    }
}

fn date(at: Millis) -> String {
    time::iso(at / 1_000 * 1_000)
}

pub(super) fn api(summary: &HttpApiSummary, region: &str) -> Value {
    let (id, api) = (&summary.id, &summary.api);
    let mut body = json!({
        "apiEndpoint": format!("https://{id}.execute-api.{region}.amazonaws.com"),
        "apiId": id,
        "apiKeySelectionExpression": "$request.header.x-api-key",
        "createdDate": date(api.created),
        "disableExecuteApiEndpoint": api.disable_execute_api_endpoint,
        "ipAddressType": "ipv4",
        "name": api.name,
        "protocolType": "HTTP",
        "routeSelectionExpression": "$request.method $request.path",
        "tags": api.tags,
    });
    put(&mut body, "description", api.description.clone());
    put(&mut body, "version", api.version.clone());
    put(&mut body, "corsConfiguration", api.cors_configuration.clone());
    body
}

pub(super) fn integration(summary: &IntegrationSummary) -> Value {
    let mut body = json!(summary.integration);
    body["integrationId"] = json!(summary.id);
    body
}

pub(super) fn route(summary: &RouteSummary) -> Value {
    let mut body = json!(summary.route);
    body["routeKey"] = json!(summary.key);
    body
}

pub(super) fn stage(summary: &StageSummary) -> Value {
    let stage = &summary.stage;
    let settings = stage.default_route_settings.clone();
    let mut body = json!({
        "createdDate": date(stage.created),
        "defaultRouteSettings": settings.unwrap_or_else(|| json!({"detailedMetricsEnabled": false})),
        "lastUpdatedDate": date(stage.last_updated),
        "routeSettings": stage.route_settings,
        "stageName": summary.name,
        "stageVariables": stage.stage_variables,
        "tags": stage.tags,
    });
    put(&mut body, "autoDeploy", Some(true).filter(|_| stage.auto_deploy));
    put(&mut body, "apiGatewayManaged", Some(true).filter(|_| stage.api_gateway_managed));
    put(&mut body, "deploymentId", stage.deployment_id.clone());
    put(&mut body, "description", stage.description.clone());
    put(&mut body, "accessLogSettings", stage.access_log_settings.clone());
    // Only a stage that deploys by itself says how that went.
    let message = stage.last_deployment_status_message.clone().filter(|_| stage.auto_deploy);
    put(&mut body, "lastDeploymentStatusMessage", message);
    body
}

pub(super) fn deployment(deployment: &DeploymentSummary) -> Value {
    let mut body = json!({
        "autoDeployed": deployment.auto_deployed,
        "createdDate": date(deployment.created),
        "deploymentId": deployment.id,
        "deploymentStatus": deployment.status,
    });
    put(&mut body, "description", deployment.description.clone());
    put(&mut body, "deploymentStatusMessage", deployment.status_message.clone());
    body
}
