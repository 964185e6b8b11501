//! `ExportApi`: what is deployed on a stage, or what the API is now, as OpenAPI 3 (AWS-107).

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::world::gateway::utc::utc;
use crate::world::{Answer, ById, Region};

use super::apis::DEFAULT;
use super::errors::{bad_request, no_deployment, no_stage};
use super::model::{HttpApi, Integration, Route};

/// What `ExportApi` is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExportApiRequest {
    /// `OAS30`.
    pub specification: String,
    /// `JSON` or `YAML`.
    pub output_type: String,
    /// The stage whose deployment is exported; none for what the API is now.
    pub stage_name: Option<String>,
    /// Whether integrations are left out.
    pub without_extensions: bool,
}

impl Region {
    /// `ExportApi`: with a stage what is deployed there, else the latest edits (AWS-107). Stage variables stay unresolved.
    ///
    /// # Errors
    /// 404 for an unknown API or stage and for a stage without a deployment, 400 for another specification or output.
    pub fn export_http_api(&self, api_id: &str, request: &ExportApiRequest) -> Answer<String> {
        let api = self.http_api(api_id)?;
        if request.specification != "OAS30" {
            return Err(bad_request(format!("Invalid specification {}", request.specification)));
        }
        let (routes, integrations) = match &request.stage_name {
            None => (&api.routes, &api.integrations),
            Some(name) => {
                let stage = api.stages.get(name).ok_or_else(no_stage)?;
                let id = stage.deployment_id.as_deref().unwrap_or_default();
                let deployment = api.deployments.get(id).ok_or_else(no_deployment)?;
                (&deployment.routes, &deployment.integrations)
            }
        };
        let known = integrations;
        let integrations = Some(known).filter(|_| !request.without_extensions);
        let mut document = self.open_api_head(api_id, api, request.stage_name.as_deref());
        document["paths"] = paths(routes, integrations);
        document["components"] = json!({});
        if integrations.is_some() {
            if let Some(cors) = &api.cors_configuration {
                document["x-amazon-apigateway-cors"] = cors.clone();
            }
            document["x-amazon-apigateway-importexport-version"] = json!("1.0");
        }
        match request.output_type.as_str() {
            "JSON" => Ok(document.to_string()),
            "YAML" => serde_saphyr::to_string(&document).map_err(|error| bad_request(error.to_string())),
            other => Err(bad_request(format!("Invalid output type {other}"))),
        }
    }

    fn open_api_head(&self, api_id: &str, api: &HttpApi, stage_name: Option<&str>) -> Value {
        let created = || utc(api.created).replace('T', " ").replace('Z', "UTC");
        let version = api.version.clone().unwrap_or_else(created);
        let mut info = json!({"title": api.name, "version": version});
        if let Some(description) = &api.description {
            info["description"] = json!(description);
        }
        let base = stage_name.filter(|name| *name != DEFAULT).unwrap_or_default();
        json!({
            "openapi": "3.0.1",
            "info": info,
            "servers": [{
                "url": format!("https://{api_id}.execute-api.{}.amazonaws.com/{{basePath}}", self.region),
                "variables": {"basePath": {"default": base}},
            }],
        })
    }
}

fn paths(routes: &BTreeMap<String, Route>, integrations: Option<&ById<Integration>>) -> Value {
    let mut paths = Map::new();
    for (key, route) in routes {
        let (method, path) = key.split_once(' ').unwrap_or(("ANY", "/$default"));
        let name = match method {
            "ANY" => "x-amazon-apigateway-any-method".to_owned(),
            method => method.to_ascii_lowercase(),
        };
        let operation = operation(key, route, integrations);
        let methods = paths.entry(path).or_insert_with(|| json!({}));
        methods[name] = operation;
        let parameters = parameters(path);
        if !parameters.is_empty() {
            methods["parameters"] = json!(parameters);
        }
    }
    Value::Object(paths)
}

/// The variables of a path.
fn parameters(path: &str) -> Vec<Value> {
    let names = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let form = |name: &str| json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}});
    names.map(form).collect()
}

fn operation(key: &str, route: &Route, integrations: Option<&ById<Integration>>) -> Value {
    let mut operation = json!({"responses": {"default": {"description": format!("Default response for {key}")}}});
    if let Some(name) = &route.operation_name {
        operation["operationId"] = json!(name);
    }
    if key == DEFAULT {
        operation["isDefaultRoute"] = json!(true);
    }
    let integration = integrations.and_then(|all| all.get(route.integration_id()?));
    if let Some(integration) = integration {
        operation["x-amazon-apigateway-integration"] = extension(integration);
    }
    operation
}

/// `x-amazon-apigateway-integration`: the URI as it was given, the type in lower case.
fn extension(integration: &Integration) -> Value {
    let mut extension = json!({
        "type": integration.integration_type.to_ascii_lowercase(),
        "connectionType": integration.connection_type,
        "timeoutInMillis": integration.timeout_in_millis,
    });
    let texts = [
        ("uri", &integration.integration_uri),
        ("httpMethod", &integration.integration_method),
        ("payloadFormatVersion", &integration.payload_format_version),
        ("credentials", &integration.credentials_arn),
        ("connectionId", &integration.connection_id),
        ("integrationSubtype", &integration.integration_subtype),
    ];
    for (name, text) in texts {
        if let Some(text) = text {
            extension[name] = json!(text);
        }
    }
    if let Some(parameters) = &integration.request_parameters {
        extension["requestParameters"] = json!(parameters);
    }
    if let Some(parameters) = &integration.response_parameters {
        extension["responseParameters"] = json!(parameters);
    }
    extension
}
