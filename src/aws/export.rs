//! What is deployed on a stage: reads an OpenAPI export. Source: AWS-47.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::plan::desired::MethodKey;

/// OpenAPI's methods. Everything else below a path is no method but a parameter list or an extension.
const METHODS: [&str; 7] = ["get", "put", "post", "delete", "options", "head", "patch"];

/// The integration URI of each method of an export with `extensions=integrations`; methods whose integration does not call a
/// function with POST are left out, because their requests reach none (AWS-42). `None` when it is no such export.
pub fn deployed_uris(body: &[u8]) -> Option<BTreeMap<MethodKey, String>> {
    let document: Value = serde_json::from_slice(body).ok()?;
    document.get("openapi")?;
    let mut uris = BTreeMap::new();
    // An API without methods is exported without paths.
    for (path, methods) in document.get("paths").and_then(Value::as_object).into_iter().flatten() {
        for (name, method) in methods.as_object()? {
            let http_method = match name.as_str() {
                "x-amazon-apigateway-any-method" => "ANY".to_owned(),
                name if METHODS.contains(&name) => name.to_ascii_uppercase(),
                _ => continue,
            };
            let integration = method.get("x-amazon-apigateway-integration");
            if let Some(uri) = integration.and_then(uri_called) {
                uris.insert(
                    MethodKey {
                        path: path.clone(),
                        http_method,
                    },
                    uri.to_owned(),
                );
            }
        }
    }
    Some(uris)
}

fn uri_called(integration: &Value) -> Option<&str> {
    let text = |name: &str| integration.get(name).and_then(Value::as_str);
    let is = |name: &str, wanted: &str| text(name).is_some_and(|found| found.eq_ignore_ascii_case(wanted));
    let calls = (is("type", "aws_proxy") || is("type", "aws")) && is("httpMethod", "POST");
    text("uri").filter(|_| calls)
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
        let uris = deployed_uris(export.to_string().as_bytes()).unwrap();
        let found: Vec<_> = uris
            .iter()
            .map(|(key, uri)| (key.path.as_str(), key.http_method.as_str(), uri.as_str()))
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
        let uris = deployed_uris(export.to_string().as_bytes()).unwrap();
        let found: Vec<_> = uris.keys().map(|key| key.http_method.as_str()).collect();
        assert_eq!(found, ["POST"]);
    }

    #[test]
    fn what_is_no_export_is_not_an_empty_stage() {
        assert_eq!(deployed_uris(b""), None);
        assert_eq!(deployed_uris(b"{}"), None);
        assert_eq!(deployed_uris(b"<html>"), None);
        assert_eq!(deployed_uris(br#"{"openapi": "3.0.1", "paths": {}}"#), Some(BTreeMap::new()));
    }
}
