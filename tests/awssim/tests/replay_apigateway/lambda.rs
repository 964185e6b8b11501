use serde_json::{Value, json};

use super::client::{Client, LAMBDA_URI};
use super::recording::Recording;

const ROLE: &str = "arn:aws:iam::111122223333:role/gateway";

fn open(test: &str) -> Option<Recording> {
    Recording::open("apigateway_lambda.json", test)
}

#[test]
fn put_integration_aws_proxy_uri() {
    let Some(mut recorded) = open("test_put_integration_aws_proxy_uri") else {
        return;
    };
    let mut client = Client::new();
    client.put_root_method("GET");
    let mut put = |uri: &str| {
        let body = json!({"type": "AWS_PROXY", "httpMethod": "POST", "uri": uri});
        client.root_method("PUT", "GET/integration", &body)
    };
    recorded.check(
        "put-integration-lambda-uri",
        &put("arn:aws:lambda:eu-west-1:111122223333:function:fir-api"),
    );
    recorded.check("put-integration-wrong-arn", &put("fir-api"));
    recorded.check("put-integration-wrong-type", &put(&LAMBDA_URI.replace(":path/", ":test/")));
    recorded.check(
        "put-integration-wrong-firehose",
        &put("arn:aws:apigateway:eu-west-1:firehose:path/Records"),
    );
    recorded.check(
        "put-integration-bad-lambda-arn",
        &put(&LAMBDA_URI.replace("arn:aws:lambda:", "lambda:")),
    );
    recorded.matches();
}

#[test]
fn lambda_aws_integration() {
    let Some(mut recorded) = open("test_lambda_aws_integration") else {
        return;
    };
    let mut client = Client::new();
    recorded.check("put-method", &client.put_root_method("POST"));
    let integration = json!({"type": "AWS", "integrationHttpMethod": "POST", "uri": LAMBDA_URI, "credentials": ROLE});
    recorded.check("put-integration", &client.root_method("PUT", "POST/integration", &integration));
    let response = client.root_method("PUT", "POST/integration/responses/200", &json!({}));
    recorded.check("put-integration-response", &response);
    recorded.check("put-method-response", &client.root_method("PUT", "POST/responses/200", &json!({})));
    recorded.matches_except(&[], &["lambda-aws-integration"]);
}

#[test]
fn lambda_aws_integration_with_request_template() {
    let Some(mut recorded) = open("test_lambda_aws_integration_with_request_template") else {
        return;
    };
    let mut client = Client::new();
    let method = json!({"authorizationType": "NONE", "requestParameters": {"method.request.querystring.param1": false}});
    recorded.check("put-method", &client.root_method("PUT", "GET", &method));
    recorded.check("put-method-response", &client.root_method("PUT", "GET/responses/200", &json!({})));
    let template = json!({"application/json": "{\"param1\": \"$input.params('param1')\"}"});
    let integration =
        json!({"type": "AWS", "integrationHttpMethod": "POST", "uri": LAMBDA_URI, "credentials": ROLE, "requestTemplates": template});
    recorded.check("put-integration", &client.root_method("PUT", "GET/integration", &integration));
    let response = client.root_method("PUT", "GET/integration/responses/200", &json!({"selectionPattern": ""}));
    recorded.check("put-integration-response", &response);
    recorded.check("delete-integration", &client.root_method("DELETE", "GET/integration", &Value::Null));
    recorded.check(
        "get-integration-after-delete",
        &client.root_method("GET", "GET/integration", &Value::Null),
    );
    recorded.matches_except(&[], &["lambda-aws-integration-1", "lambda-aws-integration-2"]);
}

#[test]
fn lambda_aws_proxy_integration_non_post_method() {
    let Some(mut recorded) = open("test_lambda_aws_proxy_integration_non_post_method") else {
        return;
    };
    let mut client = Client::new();
    client.put_root_method("GET");
    let integration = json!({"type": "AWS_PROXY", "integrationHttpMethod": "GET", "uri": LAMBDA_URI, "credentials": ROLE});
    client.root_method("PUT", "GET/integration", &integration);
    client.deploy(&json!({"stageName": "dev"}));
    let served = client.through_stage("dev", "GET", "/");
    assert_eq!(served.status, 500);
    let body: Value = serde_json::from_str(&served.body).unwrap();
    recorded.check_value("invocation-payload-with-get-proxy-method", &body);
    recorded.matches();
}
