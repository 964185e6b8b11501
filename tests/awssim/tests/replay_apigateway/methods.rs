use serde_json::{Value, json};

use super::client::Client;
use super::recording::Recording;

fn open(test: &str) -> Option<Recording> {
    Recording::open("apigateway_api.json", &format!("TestApiGatewayApiMethod::{test}"))
}

#[test]
fn method_lifecycle() {
    let Some(mut recorded) = open("test_method_lifecycle") else {
        return;
    };
    let mut client = Client::new();
    recorded.check("put-base-method-response", &client.put_root_method("ANY"));
    recorded.check("get-base-method-response", &client.root_method("GET", "ANY", &Value::Null));
    recorded.check("del-base-method-response", &client.root_method("DELETE", "ANY", &Value::Null));
    recorded.check("get-deleted-method-response", &client.root_method("GET", "ANY", &Value::Null));
    recorded.check("delete-deleted-method-response", &client.root_method("DELETE", "ANY", &Value::Null));
    recorded.matches();
}

#[test]
fn method_request_parameters() {
    let Some(mut recorded) = open("test_method_request_parameters") else {
        return;
    };
    let mut client = Client::new();
    let parameters = json!({
        "method.request.querystring.q_optional": false, "method.request.querystring.q_required": true,
        "method.request.header.h_optional": false, "method.request.header.h_required": true,
    });
    let put = client.root_method("PUT", "ANY", &json!({"authorizationType": "NONE", "requestParameters": parameters}));
    recorded.check("put-method-request-params-response", &put);
    recorded.check(
        "get-method-request-params-response",
        &client.root_method("GET", "ANY", &Value::Null),
    );
    let same = json!({"method.request.querystring.optional": false, "method.request.header.optional": false});
    let put = client.root_method("PUT", "GET", &json!({"authorizationType": "NONE", "requestParameters": same}));
    recorded.check("req-params-same-name", &put);
    recorded.matches();
}

#[test]
fn put_method_validation() {
    let Some(mut recorded) = open("test_put_method_validation") else {
        return;
    };
    let mut client = Client::new();
    let plain = json!({"authorizationType": "NONE"});
    let wrong_api = format!("/restapis/nothing/resources/{}/methods/WRONG", client.root);
    recorded.check("wrong-api", &client.send("PUT", &wrong_api, &plain));
    recorded.check("wrong-resource", &client.api("PUT", "/resources/nothing/methods/WRONG", &plain));
    recorded.check("wrong-method", &client.put_root_method("WRONG"));
    recorded.check(
        "missing-authorizer-id",
        &client.root_method("PUT", "ANY", &json!({"authorizationType": "CUSTOM"})),
    );
    let validator = json!({"authorizationType": "NONE", "requestValidatorId": "nothing"});
    recorded.check("invalid-request-validator", &client.root_method("PUT", "ANY", &validator));
    let model = json!({"authorizationType": "NONE", "requestModels": {"application/json": "petModel"}});
    recorded.check("invalid-model-name", &client.root_method("PUT", "ANY", &model));
    recorded.matches();
}

/// What `UpdateMethodResponse` would change is put anew instead, so those steps are left out.
#[test]
fn method_response_lifecycle() {
    let Some(mut recorded) = Recording::open(
        "apigateway_api.json",
        "TestApigatewayMethodResponse::test_lifecycle_method_response",
    ) else {
        return;
    };
    let mut client = Client::new();
    client.put_root_method("GET");
    client.root_method(
        "PUT",
        "GET/integration",
        &json!({"type": "MOCK", "requestTemplates": {"application/json": "{\"statusCode\": 200}"}}),
    );
    let empty = json!({"responseModels": {}, "responseParameters": {}});
    recorded.check("put-method-response", &client.root_method("PUT", "GET/responses/200", &empty));
    recorded.check(
        "get-integration-response",
        &client.root_method("GET", "GET/responses/200", &Value::Null),
    );
    client.root_method("DELETE", "GET/responses/200", &Value::Null);
    let full = json!({"responseModels": {"application/json": "Empty"}, "responseParameters": {"method.response.header.my-header": true}});
    client.root_method("PUT", "GET/responses/200", &full);
    recorded.check("get-method", &client.root_method("GET", "GET", &Value::Null));
    recorded.check(
        "delete-method-response",
        &client.root_method("DELETE", "GET/responses/200", &Value::Null),
    );
    recorded.matches_except(&[], &["add-method-responses", "update-method-responses"]);
}
