//! Which operation a method and a path mean.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;

use crate::wire::Request;

/// The parts of the path, decoded.
pub(super) fn segments(request: &Request) -> Vec<String> {
    let parts = request.path.split('/').filter(|part| !part.is_empty());
    parts
        .map(|part| percent_decode_str(part).decode_utf8_lossy().into_owned())
        .collect()
}

/// The query, decoded.
pub(super) fn query(request: &Request) -> BTreeMap<String, String> {
    form_urlencoded::parse(request.query.as_bytes()).into_owned().collect()
}

/// The media type that the answer shall have; empty when none is asked for.
pub(super) fn accept(request: &Request) -> &str {
    request.header("accept").unwrap_or_default()
}

/// AWS's name of the operation.
pub(super) fn operation_name(method: &str, segments: &[String]) -> Option<&'static str> {
    let parts: Vec<&str> = segments.iter().map(String::as_str).collect();
    let ["restapis", parts @ ..] = parts.as_slice() else { return None };
    match parts {
        [] | [_] => api(method, parts),
        [_, "resources", rest @ ..] => resource(method, rest),
        [_, "deployments", rest @ ..] => deployment(method, rest),
        [_, "stages", rest @ ..] => stage(method, rest),
        _ => None,
    }
}

fn api(method: &str, parts: &[&str]) -> Option<&'static str> {
    Some(match (method, parts) {
        ("POST", []) => "CreateRestApi",
        ("GET", []) => "GetRestApis",
        ("GET", [_]) => "GetRestApi",
        ("DELETE", [_]) => "DeleteRestApi",
        _ => return None,
    })
}

fn resource(method: &str, parts: &[&str]) -> Option<&'static str> {
    Some(match (method, parts) {
        ("GET", []) => "GetResources",
        ("POST", [_]) => "CreateResource",
        ("GET", [_]) => "GetResource",
        ("PATCH", [_]) => "UpdateResource",
        ("DELETE", [_]) => "DeleteResource",
        ("PUT", [_, "methods", _]) => "PutMethod",
        ("GET", [_, "methods", _]) => "GetMethod",
        ("DELETE", [_, "methods", _]) => "DeleteMethod",
        ("PUT", [_, "methods", _, "responses", _]) => "PutMethodResponse",
        ("GET", [_, "methods", _, "responses", _]) => "GetMethodResponse",
        ("DELETE", [_, "methods", _, "responses", _]) => "DeleteMethodResponse",
        ("PUT", [_, "methods", _, "integration"]) => "PutIntegration",
        ("GET", [_, "methods", _, "integration"]) => "GetIntegration",
        ("PATCH", [_, "methods", _, "integration"]) => "UpdateIntegration",
        ("DELETE", [_, "methods", _, "integration"]) => "DeleteIntegration",
        ("PUT", [_, "methods", _, "integration", "responses", _]) => "PutIntegrationResponse",
        ("GET", [_, "methods", _, "integration", "responses", _]) => "GetIntegrationResponse",
        ("DELETE", [_, "methods", _, "integration", "responses", _]) => "DeleteIntegrationResponse",
        _ => return None,
    })
}

fn deployment(method: &str, parts: &[&str]) -> Option<&'static str> {
    Some(match (method, parts) {
        ("POST", []) => "CreateDeployment",
        ("GET", []) => "GetDeployments",
        ("GET", [_]) => "GetDeployment",
        ("DELETE", [_]) => "DeleteDeployment",
        _ => return None,
    })
}

fn stage(method: &str, parts: &[&str]) -> Option<&'static str> {
    Some(match (method, parts) {
        ("POST", []) => "CreateStage",
        ("GET", []) => "GetStages",
        ("GET", [_]) => "GetStage",
        ("PATCH", [_]) => "UpdateStage",
        ("DELETE", [_]) => "DeleteStage",
        ("GET", [_, "exports", _]) => "GetExport",
        _ => return None,
    })
}
