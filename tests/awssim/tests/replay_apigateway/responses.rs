use serde_json::{Value, json};

use super::client::Client;
use super::recording::Recording;

fn open(test: &str) -> Option<Recording> {
    Recording::open("apigateway_api.json", &format!("TestApigatewayIntegrationResponse::{test}"))
}

/// `GET /` with a mock behind it.
fn mocked() -> Client {
    let mut client = Client::new();
    client.put_root_method("GET");
    client.root_method(
        "PUT",
        "GET/integration",
        &json!({"type": "MOCK", "requestTemplates": {"application/json": "{\"statusCode\": 200}"}}),
    );
    client
}

fn created() -> Value {
    json!({"selectionPattern": "", "responseTemplates": {"application/json": "\"created\""}})
}

/// `UpdateIntegrationResponse` is not simulated, so its step is left out.
#[test]
fn lifecycle_integration_response() {
    let Some(mut recorded) = open("test_lifecycle_integration_response") else {
        return;
    };
    let mut client = mocked();
    recorded.check(
        "put-integration-response",
        &client.root_method("PUT", "GET/integration/responses/200", &created()),
    );
    recorded.check(
        "get-integration-response",
        &client.root_method("GET", "GET/integration/responses/200", &Value::Null),
    );
    let overwrite = json!({"selectionPattern": "overwrite-pattern", "responseTemplates": {"application/json": "overwrite"}});
    recorded.check(
        "overwrite-integration-response",
        &client.root_method("PUT", "GET/integration/responses/200", &overwrite),
    );
    recorded.check("get-method", &client.root_method("GET", "GET", &Value::Null));
    recorded.check(
        "delete-integration-response",
        &client.root_method("DELETE", "GET/integration/responses/200", &Value::Null),
    );
    recorded.matches_except(&[], &["update-integration-response"]);
}

/// Puts and gets a response somewhere where it cannot be.
fn wrong(test: &str, what: &str, path: impl Fn(&Client) -> String) {
    let Some(mut recorded) = open(test) else { return };
    let mut client = mocked();
    let path = path(&client);
    recorded.check(&format!("put-integration-response-{what}"), &client.send("PUT", &path, &created()));
    recorded.check(
        &format!("get-integration-response-{what}"),
        &client.send("GET", &path, &Value::Null),
    );
    recorded.matches();
}

#[test]
fn integration_response_wrong_api() {
    let path = |c: &Client| format!("/restapis/nothing/resources/{}/methods/GET/integration/responses/200", c.root);
    wrong("test_integration_response_wrong_api", "wrong-api", path);
}

#[test]
fn integration_response_wrong_resource() {
    let path = |c: &Client| format!("/restapis/{}/resources/nothing/methods/GET/integration/responses/200", c.api);
    wrong("test_integration_response_wrong_resource", "wrong-resource", path);
}

#[test]
fn integration_response_wrong_method() {
    let path = |c: &Client| format!("/restapis/{}/resources/{}/methods/POST/integration/responses/200", c.api, c.root);
    wrong("test_integration_response_wrong_method", "wrong-method", path);
}

#[test]
fn integration_response_invalid_status_code() {
    let path = |c: &Client| format!("/restapis/{}/resources/{}/methods/GET/integration/responses/wrong", c.api, c.root);
    wrong("test_integration_response_invalid_statuscode", "invalid-statusCode", path);
}

#[test]
fn integration_response_invalid_templates() {
    let Some(mut recorded) = open("test_integration_response_invalid_responsetemplates") else {
        return;
    };
    let mut client = mocked();
    let mut put = |templates: Value| client.root_method("PUT", "GET/integration/responses/200", &json!({"responseTemplates": templates}));
    recorded.check(
        "put-integration-response-invalid-responseTemplates-1",
        &put(json!({"application/json": 123})),
    );
    recorded.check("put-integration-response-invalid-responseTemplates-2", &put(json!({"123": "text"})));
    recorded.matches();
}

#[test]
fn integration_response_that_is_not_there() {
    let Some(mut recorded) = open("test_integration_response_invalid_integration") else {
        return;
    };
    let mut client = Client::new();
    client.put_root_method("GET");
    let got = client.root_method("GET", "GET/integration/responses/200", &Value::Null);
    recorded.check("get-integration-response-without-integration", &got);
    recorded.matches();
    let Some(mut recorded) = open("test_integration_response_wrong_status_code") else {
        return;
    };
    let got = mocked().root_method("GET", "GET/integration/responses/200", &Value::Null);
    recorded.check("get-integration-response-wrong-status-code", &got);
    recorded.matches();
}

#[test]
fn delete_integration_response_errors() {
    let Some(mut recorded) = open("test_delete_integration_response_errors") else {
        return;
    };
    let mut client = mocked();
    recorded.check(
        "put-integration-response",
        &client.root_method("PUT", "GET/integration/responses/200", &created()),
    );
    let (api, root) = (client.api.clone(), client.root.clone());
    let mut delete = |api: &str, resource: &str, method: &str, status: &str| {
        let path = format!("/restapis/{api}/resources/{resource}/methods/{method}/integration/responses/{status}");
        client.send("DELETE", &path, &Value::Null)
    };
    recorded.check("non-existent-resource", &delete(&api, "nothing", "GET", "200"));
    recorded.check("non-existent-api-id", &delete("nothing", &root, "GET", "200"));
    recorded.check("non-existent-method", &delete(&api, &root, "POST", "200"));
    recorded.check("non-existent-status-code", &delete(&api, &root, "GET", "201"));
    recorded.check("bad-method", &delete(&api, &root, "BAD", "200"));
    recorded.matches();
}
