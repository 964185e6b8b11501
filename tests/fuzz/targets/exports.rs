//! Exports of APIs. What is no export is not taken for a stage that calls nothing, and nothing is found that does not stand there.

use std::collections::BTreeMap;

use serde_json::Value;
use warmlambda::aws::export::{deployed_methods, deployed_routes};
use warmlambda::plan::arn::function_arn_in;
use warmlambda::plan::observed::DeployedCall;

use crate::run::Target;

pub const TARGET: Target = Target {
    name: "exports",
    words: &[
        "openapi",
        "3.0.1",
        "paths",
        "/reviews",
        "/$default",
        "/{proxy+}",
        "get",
        "post",
        "parameters",
        "x-amazon-apigateway-any-method",
        "x-amazon-apigateway-integration",
        "x-amazon-apigateway-integrations",
        "components",
        "$ref",
        "#/components/x-amazon-apigateway-integrations/one",
        "#",
        "#/",
        "type",
        "aws_proxy",
        "AWS",
        "http_proxy",
        "httpMethod",
        "POST",
        "GET",
        "uri",
        "credentials",
        "isDefaultRoute",
        "arn:aws:lambda:eu-west-1:111122223333:function:fir-api:live",
        "",
    ],
    executions: 8_000,
    judge,
};

fn judge(input: &[u8]) -> String {
    let document = serde_json::from_slice::<Value>(input).ok();
    let (methods, routes) = (deployed_methods(input), deployed_routes(input));
    let is_export = document.as_ref().is_some_and(|d| d.get("openapi").is_some());
    assert!(is_export || (methods.is_none() && routes.is_none()), "no export, and yet a stage");
    let Some(document) = document else { return "no document".into() };
    let texts = texts(&document);
    let stands_there = |call: &DeployedCall| texts.contains(&call.uri) && call.credentials.as_ref().is_none_or(|c| texts.contains(c));
    for (key, call) in methods.iter().flatten() {
        assert!(stands_there(call), "{key:?} calls {call:?}, which stands nowhere");
        assert!(document["paths"].get(&key.path).is_some(), "{key:?} is of no path");
        assert_eq!(key.http_method.to_ascii_uppercase(), key.http_method);
    }
    for (key, call) in routes.iter().flatten() {
        assert!(stands_there(call), "{key} calls {call:?}, which stands nowhere");
        assert!(function_arn_in(&call.uri).is_some(), "{key} calls {call:?}, which is no function");
        let path = key.split_once(' ').map_or(key.as_str(), |(_, path)| path);
        assert!(key == "$default" || document["paths"].get(path).is_some(), "{key} is of no path");
    }
    let with_role = |calls: usize, roles: usize| (calls.min(3), roles.min(2));
    let count = |calls: Vec<&DeployedCall>| with_role(calls.len(), calls.iter().filter(|c| c.credentials.is_some()).count());
    let values = |calls: Option<&BTreeMap<_, _>>| calls.map(|calls| count(calls.values().collect()));
    format!(
        "{:?} {:?}",
        methods.as_ref().map(|m| count(m.values().collect())),
        values(routes.as_ref())
    )
}

/// Every text of a document.
fn texts(document: &Value) -> Vec<String> {
    match document {
        Value::String(text) => vec![text.clone()],
        Value::Array(list) => list.iter().flat_map(texts).collect(),
        Value::Object(map) => map.values().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}
