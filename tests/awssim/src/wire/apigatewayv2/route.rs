//! Which operation a method and a path mean.

/// AWS's name of the operation.
pub(super) fn operation_name(method: &str, segments: &[String]) -> Option<&'static str> {
    let parts: Vec<&str> = segments.iter().map(String::as_str).collect();
    let ["v2", "apis", parts @ ..] = parts.as_slice() else {
        return None;
    };
    match parts {
        [] | [_] => api(method, parts),
        [_, "integrations", rest @ ..] => integration(method, rest),
        [_, "routes", rest @ ..] => route(method, rest),
        [_, "stages", rest @ ..] => stage(method, rest),
        [_, "deployments", rest @ ..] => deployment(method, rest),
        [_, "exports", _] if method == "GET" => Some("ExportApi"),
        _ => None,
    }
}

fn api(method: &str, parts: &[&str]) -> Option<&'static str> {
    Some(match (method, parts) {
        ("POST", []) => "CreateApi",
        ("GET", []) => "GetApis",
        ("GET", [_]) => "GetApi",
        ("PATCH", [_]) => "UpdateApi",
        ("DELETE", [_]) => "DeleteApi",
        _ => return None,
    })
}

fn integration(method: &str, parts: &[&str]) -> Option<&'static str> {
    Some(match (method, parts) {
        ("POST", []) => "CreateIntegration",
        ("GET", []) => "GetIntegrations",
        ("GET", [_]) => "GetIntegration",
        ("PATCH", [_]) => "UpdateIntegration",
        ("DELETE", [_]) => "DeleteIntegration",
        _ => return None,
    })
}

fn route(method: &str, parts: &[&str]) -> Option<&'static str> {
    Some(match (method, parts) {
        ("POST", []) => "CreateRoute",
        ("GET", []) => "GetRoutes",
        ("GET", [_]) => "GetRoute",
        ("PATCH", [_]) => "UpdateRoute",
        ("DELETE", [_]) => "DeleteRoute",
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
        _ => return None,
    })
}

fn deployment(method: &str, parts: &[&str]) -> Option<&'static str> {
    Some(match (method, parts) {
        ("POST", []) => "CreateDeployment",
        ("GET", []) => "GetDeployments",
        ("GET", [_]) => "GetDeployment",
        ("PATCH", [_]) => "UpdateDeployment",
        ("DELETE", [_]) => "DeleteDeployment",
        _ => return None,
    })
}
