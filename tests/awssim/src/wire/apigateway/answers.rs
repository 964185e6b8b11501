//! Answers as JSON: names and absences as recorded, moments as whole seconds since the epoch.

use serde_json::{Map, Value, json};

use crate::wire::Response;
use crate::world::Millis;
use crate::world::rest_api::{
    DeploymentSummary, Integration, IntegrationResponse, Method, MethodResponse, Paged, ResourceSummary, RestApiSummary, StageSummary,
};

/// A list; `items` is called `item` on the wire.
pub(super) fn list<T>(paged: Paged<T>, form: impl Fn(&T) -> Value) -> Response {
    let mut body = json!({"item": paged.items.iter().map(form).collect::<Vec<_>>()});
    put(&mut body, "position", paged.position);
    Response::json(200, &body)
}

fn put(body: &mut Value, name: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        body[name] = value.into();
    }
}

fn seconds(at: Millis) -> u64 {
    at / 1_000
}

pub(super) fn rest_api(api: &RestApiSummary) -> Value {
    let mut body = json!({
        "id": api.id,
        "name": api.name,
        "createdDate": seconds(api.created),
        "apiKeySource": "HEADER",
        "endpointConfiguration": {"types": ["EDGE"], "ipAddressType": "ipv4"},
        "disableExecuteApiEndpoint": false,
        "rootResourceId": api.root_resource_id,
    });
    put(&mut body, "description", api.description.clone());
    put(&mut body, "version", api.version.clone());
    put(
        &mut body,
        "binaryMediaTypes",
        Some(api.binary_media_types.clone()).filter(|types| !types.is_empty()),
    );
    body
}

/// A resource; its methods whole with `embed=methods`, else their names only (AWS-45).
pub(super) fn resource(resource: &ResourceSummary, embed: bool) -> Value {
    let mut body = json!({"id": resource.id, "path": resource.path});
    put(&mut body, "parentId", resource.parent_id.clone());
    put(&mut body, "pathPart", resource.path_part.clone());
    let methods = resource
        .methods
        .iter()
        .map(|(name, m)| (name.clone(), if embed { method(name, m) } else { json!({}) }));
    put(
        &mut body,
        "resourceMethods",
        Some(methods.collect::<Map<_, _>>()).filter(|methods| !methods.is_empty()),
    );
    body
}

pub(super) fn method(http_method: &str, method: &Method) -> Value {
    let mut body = json!({
        "httpMethod": http_method,
        "authorizationType": method.authorization_type,
        "apiKeyRequired": method.api_key_required,
    });
    put(&mut body, "operationName", method.operation_name.clone());
    if !method.request_parameters.is_empty() {
        body["requestParameters"] = json!(method.request_parameters);
    }
    if !method.request_models.is_empty() {
        body["requestModels"] = json!(method.request_models);
    }
    if !method.method_responses.is_empty() {
        let responses = method
            .method_responses
            .iter()
            .map(|(status, response)| (status.clone(), method_response(status, response)));
        body["methodResponses"] = Value::Object(responses.collect());
    }
    put(&mut body, "methodIntegration", method.integration.as_ref().map(integration));
    body
}

pub(super) fn method_response(status: &str, response: &MethodResponse) -> Value {
    let mut body = json!(response);
    body["statusCode"] = json!(status);
    body
}

pub(super) fn integration(integration: &Integration) -> Value {
    let mut body = json!(integration);
    if !integration.integration_responses.is_empty() {
        let responses = integration.integration_responses.iter();
        let responses = responses.map(|(status, response)| (status.clone(), integration_response(status, response)));
        body["integrationResponses"] = Value::Object(responses.collect());
    }
    body
}

pub(super) fn integration_response(status: &str, response: &IntegrationResponse) -> Value {
    let mut body = json!(response);
    body["statusCode"] = json!(status);
    body
}

/// A deployment; with `embed=apisummary` what it holds, which names no URI.
pub(super) fn deployment(deployment: &DeploymentSummary, embed: bool) -> Value {
    let mut body = json!({"id": deployment.id, "createdDate": seconds(deployment.created)});
    put(&mut body, "description", deployment.description.clone());
    if embed {
        let paths = deployment.methods.iter().map(|(path, methods)| {
            let methods = methods
                .iter()
                .map(|(name, (authorization, key))| (name.clone(), json!({"authorizationType": authorization, "apiKeyRequired": key})));
            (path.clone(), Value::Object(methods.collect()))
        });
        body["apiSummary"] = Value::Object(paths.collect());
    }
    body
}

pub(super) fn stage(summary: &StageSummary) -> Value {
    let stage = &summary.stage;
    let mut body = json!({
        "stageName": summary.name,
        "deploymentId": stage.deployment_id,
        "cacheClusterEnabled": stage.cache_cluster_enabled,
        "cacheClusterStatus": "NOT_AVAILABLE",
        "methodSettings": stage.method_settings,
        "tracingEnabled": stage.tracing_enabled,
        "createdDate": seconds(stage.created),
        "lastUpdatedDate": seconds(stage.last_updated),
    });
    put(&mut body, "description", stage.description.clone());
    put(&mut body, "cacheClusterSize", stage.cache_cluster_size.clone());
    put(&mut body, "clientCertificateId", stage.client_certificate_id.clone());
    put(
        &mut body,
        "canarySettings",
        stage.canary_settings.as_ref().map(|canary| json!(canary)),
    );
    put(
        &mut body,
        "accessLogSettings",
        stage.access_log_settings.as_ref().map(|settings| json!(settings)),
    );
    if !stage.variables.is_empty() {
        body["variables"] = json!(stage.variables);
    }
    body
}
