//! What is deployed on a stage: reads an OpenAPI export. Source: AWS-47, AWS-107.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::plan::arn::function_arn_in;
use crate::plan::desired::MethodKey;
use crate::plan::observed::DeployedCall;

/// OpenAPI's methods. Everything else below a path is no method but a parameter list or an extension.
const METHODS: [&str; 7] = ["get", "put", "post", "delete", "options", "head", "patch"];

/// The extension that holds what a method or route calls.
const INTEGRATION: &str = "x-amazon-apigateway-integration";

/// What each method of a REST API calls, by an export with `extensions=integrations`; methods whose integration does not call a
/// function with POST are left out, because their requests reach none (AWS-42). `None` when it is no such export.
pub fn deployed_methods(body: &[u8]) -> Option<BTreeMap<MethodKey, DeployedCall>> {
    let document: Value = serde_json::from_slice(body).ok()?;
    let mut calls = BTreeMap::new();
    for (path, http_method, operation) in operations(&document)? {
        let integration = operation.get(INTEGRATION);
        let posts = |i: &&Value| is(i, "type", &["aws_proxy", "aws"]) && is(i, "httpMethod", &["POST"]);
        if let Some(call) = integration.filter(posts).and_then(call) {
            let path = path.to_owned();
            calls.insert(MethodKey { path, http_method }, call);
        }
    }
    Some(calls)
}

/// What each route of an HTTP API that calls a function calls, by its key. `None` when it is no export.
pub fn deployed_routes(body: &[u8]) -> Option<BTreeMap<String, DeployedCall>> {
    let document: Value = serde_json::from_slice(body).ok()?;
    let mut calls = BTreeMap::new();
    for (path, http_method, operation) in operations(&document)? {
        let is_default = operation.get("isDefaultRoute").and_then(Value::as_bool) == Some(true) || path == "/$default";
        let key = if is_default {
            "$default".to_owned()
        } else {
            format!("{http_method} {path}")
        };
        let integration = operation.get(INTEGRATION).map(|found| resolved(&document, found));
        let call = integration.filter(|i| is(i, "type", &["aws_proxy"])).and_then(call);
        if let Some(call) = call.filter(|call| function_arn_in(&call.uri).is_some()) {
            calls.insert(key, call);
        }
    }
    Some(calls)
}

/// Path, HTTP method and definition of everything that can be called; `None` when it is no OpenAPI document.
fn operations(document: &Value) -> Option<Vec<(&str, String, &Value)>> {
    document.get("openapi")?;
    let mut operations = Vec::new();
    // An API without methods is exported without paths.
    for (path, methods) in document.get("paths").and_then(Value::as_object).into_iter().flatten() {
        for (name, operation) in methods.as_object()? {
            let http_method = match name.as_str() {
                "x-amazon-apigateway-any-method" => "ANY".to_owned(),
                name if METHODS.contains(&name) => name.to_ascii_uppercase(),
                _ => continue,
            };
            operations.push((path.as_str(), http_method, operation));
        }
    }
    Some(operations)
}

/// Follows a reference to an integration that routes share.
fn resolved<'a>(document: &'a Value, integration: &'a Value) -> &'a Value {
    let pointer = integration.get("$ref").and_then(Value::as_str).and_then(|r| r.strip_prefix('#'));
    pointer.and_then(|pointer| document.pointer(pointer)).unwrap_or(integration)
}

fn is(integration: &Value, name: &str, wanted: &[&str]) -> bool {
    let found = integration.get(name).and_then(Value::as_str);
    found.is_some_and(|found| wanted.iter().any(|w| found.eq_ignore_ascii_case(w)))
}

fn call(integration: &Value) -> Option<DeployedCall> {
    let text = |name: &str| integration.get(name).and_then(Value::as_str).map(str::to_owned);
    Some(DeployedCall {
        uri: text("uri")?,
        credentials: text("credentials"),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_uri_of_each_method_is_found() {
        let integration = |uri: &str| json!({"x-amazon-apigateway-integration": {"type": "aws_proxy", "httpMethod": "POST", "uri": uri}});
        let export = json!({
            "openapi": "3.0.1",
            "servers": [{"url": "https://a1.execute-api.eu-west-1.amazonaws.com/{basePath}", "variables": {"basePath": {"default": "prod"}}}],
            "paths": {
                "/reviews": {"get": integration("u1"), "parameters": [{"name": "x"}], "post": {"responses": {}}},
                "/{proxy+}": {"x-amazon-apigateway-any-method": integration("u2")},
            },
        });
        let uris = deployed_methods(export.to_string().as_bytes()).unwrap();
        let found: Vec<_> = uris
            .iter()
            .map(|(key, call)| (key.path.as_str(), key.http_method.as_str(), call.uri.as_str()))
            .collect();
        assert_eq!(found, [("/reviews", "GET", "u1"), ("/{proxy+}", "ANY", "u2")]);
    }

    #[test]
    fn an_integration_that_does_not_call_a_function_with_post_is_left_out() {
        let method = |kind: &str, http_method: &str| json!({"x-amazon-apigateway-integration": {"type": kind, "httpMethod": http_method, "uri": "u"}});
        let export = json!({
            "openapi": "3.0.1",
            "paths": {"/r": {"get": method("aws_proxy", "GET"), "put": method("http_proxy", "POST"), "post": method("aws", "POST")}},
        });
        let uris = deployed_methods(export.to_string().as_bytes()).unwrap();
        let found: Vec<_> = uris.keys().map(|key| key.http_method.as_str()).collect();
        assert_eq!(found, ["POST"]);
    }

    #[test]
    fn the_role_of_a_deployed_integration_is_found() {
        let integration = json!({"type": "aws_proxy", "httpMethod": "POST", "uri": "u", "credentials": "arn:aws:iam::1:role/r"});
        let export = json!({"openapi": "3.0.1", "paths": {"/r": {"get": {(INTEGRATION): integration}}}});
        let calls = deployed_methods(export.to_string().as_bytes()).unwrap();
        assert_eq!(calls.values().next().unwrap().credentials.as_deref(), Some("arn:aws:iam::1:role/r"));
    }

    #[test]
    fn routes_of_an_http_api_are_found_by_their_keys_also_when_they_share_an_integration() {
        let arn = "arn:aws:lambda:eu-west-1:111122223333:function:fir-api:live";
        let function = json!({"type": "AWS_PROXY", "httpMethod": "POST", "uri": arn, "payloadFormatVersion": "2.0"});
        let shared = json!({(INTEGRATION): {"$ref": "#/components/x-amazon-apigateway-integrations/one"}});
        let queue = json!({(INTEGRATION): {"type": "AWS_PROXY", "integrationSubtype": "SQS-SendMessage"}});
        let export = json!({
            "openapi": "3.0.1",
            "paths": {
                "/reviews": {"post": shared, "get": {"responses": {}}, "put": queue},
                "/items/{id}": {"x-amazon-apigateway-any-method": shared},
                "/$default": {"x-amazon-apigateway-any-method": {"isDefaultRoute": true, (INTEGRATION): function}},
            },
            "components": {"x-amazon-apigateway-integrations": {"one": function}},
        });
        let calls = deployed_routes(export.to_string().as_bytes()).unwrap();
        let keys: Vec<_> = calls.keys().map(String::as_str).collect();
        assert_eq!(keys, ["$default", "ANY /items/{id}", "POST /reviews"]);
        assert!(calls.values().all(|call| call.uri == arn));
    }

    #[test]
    fn what_is_no_export_is_not_an_empty_stage() {
        assert_eq!(deployed_methods(b""), None);
        assert_eq!(deployed_methods(b"{}"), None);
        assert_eq!(deployed_methods(b"<html>"), None);
        assert_eq!(deployed_methods(br#"{"openapi": "3.0.1", "paths": {}}"#), Some(BTreeMap::new()));
    }

    #[test]
    fn a_default_route_is_known_by_its_flag_or_its_path() {
        let arn = "arn:aws:lambda:eu-west-1:111122223333:function:fir-api:live";
        let route = |flag: Value| json!({"x-amazon-apigateway-any-method": {"isDefaultRoute": flag, (INTEGRATION): {"type": "aws_proxy", "uri": arn}}});
        for (path, flag) in [("/$default", json!(null)), ("/other", json!(true))] {
            let export = json!({"openapi": "3.0.1", "paths": {path: route(flag)}});
            let calls = deployed_routes(export.to_string().as_bytes()).unwrap();
            assert_eq!(calls.into_keys().collect::<Vec<_>>(), ["$default"], "{path}");
        }
    }

    #[test]
    fn what_is_no_method_of_openapi_is_none_here_either() {
        let integration = json!({(INTEGRATION): {"type": "aws_proxy", "httpMethod": "POST", "uri": "u"}});
        let export = json!({"openapi": "3.0.1", "paths": {"/r": {"x-thing": integration, "get": integration}}});
        let calls = deployed_methods(export.to_string().as_bytes()).unwrap();
        assert_eq!(calls.into_keys().map(|key| key.http_method).collect::<Vec<_>>(), ["GET"]);
    }
}
