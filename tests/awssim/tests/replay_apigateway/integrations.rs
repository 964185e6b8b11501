use serde_json::{Value, json};

use super::client::Client;
use super::recording::Recording;

fn open(test: &str) -> Option<Recording> {
    Recording::open("apigateway_api.json", &format!("TestApigatewayIntegration::{test}"))
}

#[test]
fn put_integration_wrong_type() {
    let Some(mut recorded) = open("test_put_integration_wrong_type") else {
        return;
    };
    let mut client = Client::new();
    client.put_root_method("GET");
    let put = client.root_method(
        "PUT",
        "GET/integration",
        &json!({"type": "HTTPS_PROXY", "uri": "http://a.b", "httpMethod": "POST"}),
    );
    recorded.check("put-integration-wrong-type", &put);
    recorded.matches();
}

#[test]
fn put_integration_where_it_cannot_be() {
    let Some(mut recorded) = open("test_put_integration_response_validation") else {
        return;
    };
    let mut client = Client::new();
    client.put_root_method("GET");
    let mock = json!({"type": "MOCK"});
    recorded.check(
        "put-integration-wrong-method",
        &client.root_method("PUT", "POST/integration", &mock),
    );
    recorded.check(
        "put-integration-wrong-resource",
        &client.api("PUT", "/resources/nothing/methods/GET/integration", &mock),
    );
    let response = client.root_method("PUT", "POST/integration/responses/200", &json!({}));
    recorded.check("put-integration-response-wrong-method", &response);
    let response = client.api("PUT", "/resources/nothing/methods/GET/integration/responses/200", &json!({}));
    recorded.check("put-integration-response-wrong-resource", &response);
    recorded.matches();
}

#[test]
fn put_integration_request_parameter_types() {
    let Some(mut recorded) = open("test_put_integration_request_parameter_bool_type") else {
        return;
    };
    let mut client = Client::new();
    let parameters = json!({"authorizationType": "NONE", "requestParameters": {"method.request.path.testPath": true}});
    recorded.check("bool-method", &client.root_method("PUT", "GET", &parameters));
    let mut put = |parameters: Value| {
        let body = json!({"type": "HTTP", "httpMethod": "GET", "uri": "http://a.b", "requestParameters": parameters});
        client.root_method("PUT", "GET/integration", &body)
    };
    recorded.check(
        "put-method-request-param-wrong-type",
        &put(json!({"integration.request.path.testPath": "true"})),
    );
    recorded.check(
        "put-integration-request-param-wrong-type",
        &put(json!({"integration.request.path.testPath": true})),
    );
    recorded.check(
        "put-integration-request-param-bool-value",
        &put(json!({"integration.request.path.testPath": false})),
    );
    recorded.matches();
}

#[test]
fn get_integration_non_existent() {
    let Some(mut recorded) = open("test_get_integration_non_existent") else {
        return;
    };
    let mut client = Client::new();
    client.put_root_method("GET");
    let elsewhere = format!("/restapis/nothing/resources/{}/methods/GET/integration", client.root);
    recorded.check("get-integration-no-api", &client.send("GET", &elsewhere, &Value::Null));
    recorded.check(
        "get-integration-no-resource",
        &client.api("GET", "/resources/nothing/methods/GET/integration", &Value::Null),
    );
    recorded.check(
        "get-integration-no-method",
        &client.root_method("GET", "POST/integration", &Value::Null),
    );
    recorded.check(
        "get-integration-no-integration",
        &client.root_method("GET", "GET/integration", &Value::Null),
    );
    recorded.matches();
}

#[test]
fn put_integration_response_templates() {
    let Some(mut recorded) = open("test_put_integration_response_templates") else {
        return;
    };
    let mut client = Client::new();
    client.mock();
    let mut put = |body: Value| client.root_method("PUT", "GET/integration/responses/200", &body);
    let none = json!({"selectionPattern": "", "responseTemplates": {"application/json": null}});
    recorded.check("put-integration-response-template-none", &put(none));
    let empty = json!({"selectionPattern": "", "responseTemplates": {"application/json": ""}});
    recorded.check("put-integration-response-template-empty", &put(empty));
    recorded.check("put-integration-no-response-template", &put(json!({"selectionPattern": ""})));
    recorded.matches();
}

#[test]
fn integration_with_vpc_link() {
    let Some(mut recorded) = open("test_create_integration_with_vpc_link") else {
        return;
    };
    let mut client = Client::new();
    client.put_root_method("GET");
    let put = json!({
        "type": "HTTP_PROXY", "httpMethod": "GET", "connectionType": "VPC_LINK", "connectionId": "${stageVariables.vpcLinkId}",
        "uri": "http://my-vpclink-test-nlb-1234567890abcdef.eu-west-1.amazonaws.com",
    });
    recorded.check("put-integration-vpc-link", &client.root_method("PUT", "GET/integration", &put));
    recorded.check(
        "get-integration-vpc-link",
        &client.root_method("GET", "GET/integration", &Value::Null),
    );
    let path = format!("/resources/{}/methods/GET/integration", client.root);
    let patched = client.patch(&path, "replace", "/connectionId", Some("${stageVariables.vpcLinkIdBeta}"));
    recorded.check("update-integration-vpc-link", &patched);
    recorded.check(
        "get-integration-update-vpc-link",
        &client.root_method("GET", "GET/integration", &Value::Null),
    );
    recorded.matches();
}
