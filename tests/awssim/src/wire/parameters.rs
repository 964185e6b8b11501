//! What a request is about, for the ledger and for faults: names read from path, query and body.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Request, cbor, error, form};

/// A path segment and the name of the segment that follows it.
const IN_PATH: [(&str, &str); 15] = [
    ("functions", "function"),
    ("aliases", "alias"),
    ("policy", "statement"),
    ("restapis", "api"),
    ("apis", "api"),
    ("integrations", "integration"),
    ("routes", "route"),
    ("resources", "resource"),
    ("methods", "method"),
    ("deployments", "deployment"),
    ("stages", "stage"),
    ("exports", "export"),
    ("responses", "response"),
    ("tags", "resourceArn"),
    ("event-source-mappings", "uuid"),
];

/// Members of the body and of the query that tell calls apart, and what they are called here.
const NAMED: [(&str, &str); 22] = [
    ("Qualifier", "qualifier"),
    ("FunctionName", "function"),
    ("Name", "alias"),
    ("FunctionVersion", "functionVersion"),
    ("RevisionId", "revisionId"),
    ("StatementId", "statement"),
    ("Principal", "principal"),
    ("SourceArn", "sourceArn"),
    ("EventSourceArn", "eventSourceArn"),
    ("CodeSha256", "codeSha256"),
    ("ProvisionedConcurrentExecutions", "provisionedConcurrency"),
    ("ResourceId", "resourceId"),
    ("MinCapacity", "minCapacity"),
    ("MaxCapacity", "maxCapacity"),
    ("stageName", "stage"),
    ("uri", "uri"),
    ("QueueName", "queue"),
    ("QueueUrl", "queueUrl"),
    ("integrationUri", "uri"),
    ("routeKey", "routeKey"),
    ("target", "target"),
    ("deploymentId", "deployment"),
];

/// Everything of it that the request names.
pub fn of(request: &Request) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for pair in request.segments().windows(2) {
        if let Some((_, name)) = IN_PATH.iter().find(|(segment, _)| *segment == pair[0]) {
            found.entry((*name).to_owned()).or_insert_with(|| pair[1].clone());
        }
    }
    for (member, name) in NAMED {
        if let Some(value) = request.parameter(member) {
            found.insert(name.into(), value);
        }
    }
    let body = body(request);
    for (member, name) in NAMED {
        if let Some(value) = body.get(member).and_then(plain) {
            found.entry(name.into()).or_insert(value);
        }
    }
    // A PATCH of API Gateway: what is set where.
    for patch in body["patchOperations"].as_array().map(Vec::as_slice).unwrap_or_default() {
        if let (Some(path), Some(value)) = (patch["path"].as_str(), plain(&patch["value"])) {
            found.insert(path.to_owned(), value);
        }
    }
    found
}

fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn body(request: &Request) -> Value {
    match error::Protocol::of(request) {
        error::Protocol::Cbor => cbor::to_json(&request.body).unwrap_or_default(),
        error::Protocol::Query => form::to_json(&request.body),
        _ => serde_json::from_slice(&request.body).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(request: &Request) -> Vec<(String, String)> {
        of(request).into_iter().collect()
    }

    #[test]
    fn an_alias_update_names_function_alias_and_version() {
        let request = Request::new(
            "PUT",
            "/2015-03-31/functions/fir-api/aliases/live",
            r#"{"FunctionVersion":"42","Description":"x"}"#,
        );
        let expected = [("alias", "live"), ("function", "fir-api"), ("functionVersion", "42")];
        assert_eq!(pairs(&request), expected.map(|(k, v)| (k.to_owned(), v.to_owned())));
    }

    #[test]
    fn a_patch_names_what_it_sets() {
        let body = r#"{"patchOperations":[{"op":"replace","path":"/uri","value":"arn"}]}"#;
        let request = Request::new("PATCH", "/restapis/a1/resources/r1/methods/GET/integration", body);
        let expected = [("/uri", "arn"), ("api", "a1"), ("method", "GET"), ("resource", "r1")];
        assert_eq!(pairs(&request), expected.map(|(k, v)| (k.to_owned(), v.to_owned())));
    }

    #[test]
    fn an_update_of_an_http_apis_integration_names_the_uri() {
        let request = Request::new("PATCH", "/v2/apis/a1/integrations/i1", r#"{"integrationUri":"arn"}"#);
        let expected = [("api", "a1"), ("integration", "i1"), ("uri", "arn")];
        assert_eq!(pairs(&request), expected.map(|(k, v)| (k.to_owned(), v.to_owned())));
    }
}
