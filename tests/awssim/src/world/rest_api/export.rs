//! `GetExport`: what is deployed on a stage, as OpenAPI 3 or Swagger 2 (AWS-47). The shapes are recorded.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::world::gateway::utc::utc;
use crate::world::{Answer, Region};

use super::errors::{bad_request, no_stage, no_such_deployment};
use super::model::{Integration, Method, MethodResponse, Resource, RestApi};

/// What `GetExport` is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExportRequest {
    /// The stage whose deployment is exported.
    pub stage_name: String,
    /// `oas30` or `swagger`.
    pub export_type: String,
    /// The query parameter `extensions`: `integrations`, `apigateway`, several separated by commas.
    pub extensions: Option<String>,
    /// YAML instead of JSON.
    pub yaml: bool,
}

/// The exported document as it goes over the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Export {
    /// The document.
    pub body: String,
    /// Names the file.
    pub content_disposition: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Dialect {
    OpenApi3,
    Swagger2,
}

impl Region {
    /// `GetExport`: of the deployment that the stage points to, whatever was edited since (AWS-47).
    ///
    /// # Errors
    /// 404 for an unknown API or stage, 400 for an unknown type.
    pub fn get_export(&self, api_id: &str, request: &ExportRequest) -> Answer<Export> {
        let api = self.rest_api(api_id)?;
        let stage = api.stages.get(&request.stage_name).ok_or_else(no_stage)?;
        let dialect = match request.export_type.as_str() {
            "oas30" => Dialect::OpenApi3,
            "swagger" => Dialect::Swagger2,
            other => {
                return Err(bad_request(format!(
                    "Invalid export type {other}. Valid options are [swagger, oas30]"
                )));
            }
        };
        let deployment = api.deployments.get(&stage.deployment_id).ok_or_else(no_such_deployment)?;
        let asked = |name: &str| {
            request
                .extensions
                .as_deref()
                .unwrap_or_default()
                .split(',')
                .any(|e| e.trim() == name)
        };
        let integrations = asked("integrations") || asked("apigateway");
        let mut document = self.head(api_id, api, &request.stage_name, dialect);
        document.insert("paths".into(), paths(&deployment.resources, dialect, integrations));
        if dialect == Dialect::OpenApi3 {
            document.insert("components".into(), json!({}));
        }
        if asked("apigateway") && !api.binary_media_types.is_empty() {
            document.insert("x-amazon-apigateway-binary-media-types".into(), json!(api.binary_media_types));
        }
        let (body, ending) = if request.yaml {
            (serde_saphyr::to_string(&document).map_err(|e| bad_request(e.to_string()))?, "yaml")
        } else {
            (Value::Object(document).to_string(), "json")
        };
        let file = format!("{}_{}.{ending}", request.export_type, version(api));
        Ok(Export {
            body,
            content_disposition: format!("attachment; filename=\"{file}\""),
        })
    }

    fn head(&self, api_id: &str, api: &RestApi, stage: &str, dialect: Dialect) -> Map<String, Value> {
        let host = format!("{api_id}.execute-api.{}.amazonaws.com", self.region);
        let mut info = json!({"title": api.name, "version": version(api)});
        if let Some(description) = &api.description {
            info["description"] = json!(description);
        }
        let head = match dialect {
            Dialect::OpenApi3 => json!({
                "openapi": "3.0.1",
                "info": info,
                "servers": [{"url": format!("https://{host}/{{basePath}}"), "variables": {"basePath": {"default": stage}}}],
            }),
            Dialect::Swagger2 => {
                json!({"swagger": "2.0", "info": info, "host": host, "basePath": format!("/{stage}"), "schemes": ["https"]})
            }
        };
        if let Value::Object(head) = head { head } else { Map::new() }
    }
}

/// An API that was never imported has its creation as version.
fn version(api: &RestApi) -> String {
    api.version.clone().unwrap_or_else(|| utc(api.created))
}

fn paths(resources: &BTreeMap<String, Resource>, dialect: Dialect, integrations: bool) -> Value {
    let served = resources.iter().filter(|(_, resource)| !resource.methods.is_empty());
    let paths = served.map(|(path, resource)| {
        let methods = resource.methods.iter().map(|(name, method)| {
            let key = if name == "ANY" {
                "x-amazon-apigateway-any-method".to_owned()
            } else {
                name.to_ascii_lowercase()
            };
            (key, operation(method, dialect, integrations))
        });
        (path.clone(), Value::Object(methods.collect()))
    });
    Value::Object(paths.collect())
}

fn operation(method: &Method, dialect: Dialect, integrations: bool) -> Value {
    let mut operation = Map::new();
    if let Some(name) = &method.operation_name {
        operation.insert("operationId".into(), json!(name));
    }
    let parameters: Vec<Value> = method
        .request_parameters
        .iter()
        .filter_map(|(name, required)| parameter(name, *required, dialect))
        .collect();
    if !parameters.is_empty() {
        operation.insert("parameters".into(), json!(parameters));
    }
    let responses = method
        .method_responses
        .iter()
        .map(|(status, declared)| (status.clone(), response(status, declared, dialect)));
    let responses: Map<String, Value> = responses.collect();
    if !responses.is_empty() || dialect == Dialect::Swagger2 {
        operation.insert("responses".into(), Value::Object(responses));
    }
    if let Some(behind) = method.integration.as_ref().filter(|_| integrations) {
        operation.insert("x-amazon-apigateway-integration".into(), extension(behind));
    }
    Value::Object(operation)
}

/// `method.request.path.id` and its like.
fn parameter(name: &str, required: bool, dialect: Dialect) -> Option<Value> {
    let (place, name) = name.strip_prefix("method.request.")?.split_once('.')?;
    let place = if place == "querystring" { "query" } else { place };
    let mut parameter = json!({"name": name, "in": place});
    if required || place == "path" {
        parameter["required"] = json!(true);
    } else if dialect == Dialect::Swagger2 {
        parameter["required"] = json!(false);
    }
    match dialect {
        Dialect::OpenApi3 => parameter["schema"] = json!({"type": "string"}),
        Dialect::Swagger2 => parameter["type"] = json!("string"),
    }
    Some(parameter)
}

fn response(status: &str, declared: &MethodResponse, dialect: Dialect) -> Value {
    let mut response = json!({"description": format!("{status} response")});
    let headers = declared
        .response_parameters
        .iter()
        .flatten()
        .filter_map(|(name, _)| name.strip_prefix("method.response.header."));
    let kind = if dialect == Dialect::OpenApi3 {
        json!({"schema": {"type": "string"}})
    } else {
        json!({"type": "string"})
    };
    let headers: Map<String, Value> = headers.map(|name| (name.to_owned(), kind.clone())).collect();
    if !headers.is_empty() {
        response["headers"] = Value::Object(headers);
    }
    if dialect == Dialect::OpenApi3 {
        response["content"] = json!({});
    }
    response
}

/// `x-amazon-apigateway-integration`; names as in the API, enumerations in lower case.
fn extension(integration: &Integration) -> Value {
    let mut extension = json!({
        "type": integration.kind.to_ascii_lowercase(),
        "passthroughBehavior": integration.passthrough_behavior.to_ascii_lowercase(),
    });
    let texts = [
        ("httpMethod", &integration.http_method),
        ("uri", &integration.uri),
        ("credentials", &integration.credentials),
        ("contentHandling", &integration.content_handling),
        ("connectionType", &integration.connection_type),
        ("connectionId", &integration.connection_id),
    ];
    for (name, text) in texts {
        if let Some(text) = text {
            extension[name] = json!(text);
        }
    }
    if integration.timeout_in_millis != Integration::default().timeout_in_millis {
        extension["timeoutInMillis"] = json!(integration.timeout_in_millis);
    }
    if !integration.request_parameters.is_empty() {
        extension["requestParameters"] = json!(integration.request_parameters);
    }
    if !integration.request_templates.is_empty() {
        extension["requestTemplates"] = json!(integration.request_templates);
    }
    if !integration.cache_key_parameters.is_empty() {
        extension["cacheKeyParameters"] = json!(integration.cache_key_parameters);
    }
    let responses = integration.integration_responses.iter().map(|(status, answer)| {
        let pattern = answer
            .selection_pattern
            .clone()
            .filter(|p| !p.is_empty())
            .unwrap_or_else(|| "default".into());
        let mut response = json!({"statusCode": status});
        if !answer.response_parameters.is_empty() {
            response["responseParameters"] = json!(answer.response_parameters);
        }
        if !answer.response_templates.is_empty() {
            response["responseTemplates"] = json!(answer.response_templates);
        }
        (pattern, response)
    });
    let responses: Map<String, Value> = responses.collect();
    if !responses.is_empty() {
        extension["responses"] = Value::Object(responses);
    }
    extension
}
