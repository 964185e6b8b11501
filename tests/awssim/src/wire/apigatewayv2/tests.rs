use serde_json::{Value, json};

use super::*;

const NOW: u64 = 1_767_225_600_999;
const LAMBDA: &str = "arn:aws:lambda:eu-west-1:111122223333:function:fir-api:live";

struct Client(Region);

impl Client {
    fn new() -> Self {
        Self(Region {
            account: "111122223333".into(),
            region: "eu-west-1".into(),
            ..Region::default()
        })
    }

    fn response(&mut self, method: &str, target: &str, body: &Value) -> Response {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let request = Request::new(method, target, body);
        let caller = Caller {
            account: "111122223333".into(),
            region: "eu-west-1".into(),
            service: "apigateway".into(),
        };
        let operation = recognise(&request).unwrap();
        carry_out(&mut self.0, &caller, &operation, &request, NOW)
    }

    /// Status and body.
    fn send(&mut self, method: &str, target: &str, body: Value) -> (u16, Value) {
        let response = self.response(method, target, &body);
        (response.status, serde_json::from_slice(&response.body).unwrap_or_default())
    }

    fn created(&mut self, target: &str, body: Value, id: &str) -> String {
        let (status, made) = self.send("POST", target, body);
        assert_eq!(status, 201, "{made}");
        made[id].as_str().unwrap().to_owned()
    }

    /// An API with one route in front of a function; its path.
    fn api(&mut self) -> String {
        let id = self.created("/v2/apis", json!({"name": "reviews", "protocolType": "HTTP"}), "apiId");
        let api = format!("/v2/apis/{id}");
        let integration = json!({"integrationType": "AWS_PROXY", "integrationUri": LAMBDA, "payloadFormatVersion": "2.0"});
        let integration = self.created(&format!("{api}/integrations"), integration, "integrationId");
        let route = json!({"routeKey": "GET /reviews", "target": format!("integrations/{integration}")});
        self.created(&format!("{api}/routes"), route, "routeId");
        api
    }
}

#[test]
fn an_api_is_answered_as_aws_shows_it() {
    let mut client = Client::new();
    let api = client.api();
    let (_, found) = client.send("GET", &api, Value::Null);
    assert_eq!(found["createdDate"], "2026-01-01T00:00:00Z");
    assert_eq!(found["protocolType"], "HTTP");
    assert_eq!(
        found["apiEndpoint"],
        format!("https://{}.execute-api.eu-west-1.amazonaws.com", found["apiId"].as_str().unwrap())
    );
}

/// AWS-101.
#[test]
fn an_integration_has_the_members_recorded() {
    let mut client = Client::new();
    let integrations = format!("{}/integrations", client.api());
    let body = json!({"integrationType": "HTTP_PROXY", "integrationUri": "https://example.com", "integrationMethod": "GET", "payloadFormatVersion": "1.0"});
    let (status, mut made) = client.send("POST", &integrations, body);
    let id = made["integrationId"].take();
    assert_eq!((status, id.as_str().unwrap().len()), (201, 7));
    assert_eq!(
        made,
        json!({
            "connectionType": "INTERNET", "integrationId": null, "integrationMethod": "GET", "integrationType": "HTTP_PROXY",
            "integrationUri": "https://example.com", "payloadFormatVersion": "1.0", "timeoutInMillis": 30000,
        })
    );
}

#[test]
fn a_stage_has_the_members_recorded() {
    let mut client = Client::new();
    let stages = format!("{}/stages", client.api());
    let (status, made) = client.send("POST", &stages, json!({"stageName": "stage"}));
    assert_eq!(status, 201);
    let mut expected = json!({
        "createdDate": "2026-01-01T00:00:00Z", "defaultRouteSettings": {"detailedMetricsEnabled": false},
        "lastUpdatedDate": "2026-01-01T00:00:00Z", "routeSettings": {}, "stageName": "stage", "stageVariables": {}, "tags": {},
    });
    assert_eq!(made, expected);
    let (status, changed) = client.send("PATCH", &format!("{stages}/stage"), json!({"autoDeploy": true}));
    expected["autoDeploy"] = json!(true);
    assert_eq!((status, changed), (200, expected));
}

/// AWS-106.
#[test]
fn a_deployment_has_the_members_recorded_and_its_update_answers_201() {
    let mut client = Client::new();
    let deployments = format!("{}/deployments", client.api());
    let (status, mut made) = client.send("POST", &deployments, json!({}));
    let id = made["deploymentId"].take();
    assert_eq!(status, 201);
    assert_eq!(
        made,
        json!({"autoDeployed": false, "createdDate": "2026-01-01T00:00:00Z", "deploymentId": null, "deploymentStatus": "DEPLOYED"})
    );
    let one = format!("{deployments}/{}", id.as_str().unwrap());
    let (status, changed) = client.send("PATCH", &one, json!({"description": "d"}));
    assert_eq!((status, &changed["description"]), (201, &json!("d")));
    assert_eq!(client.send("DELETE", &one, Value::Null).0, 204);
}

/// AWS-102.
#[test]
fn an_update_of_an_integration_leaves_out_what_it_does_not_change() {
    let mut client = Client::new();
    let api = client.api();
    let (_, list) = client.send("GET", &format!("{api}/integrations"), Value::Null);
    let mut before = list["items"][0].clone();
    let one = format!("{api}/integrations/{}", before["integrationId"].as_str().unwrap());
    let (status, after) = client.send("PATCH", &one, json!({"integrationUri": format!("{LAMBDA}2")}));
    before["integrationUri"] = json!(format!("{LAMBDA}2"));
    assert_eq!((status, after), (200, before));
}

#[test]
fn a_stage_may_be_called_default() {
    let mut client = Client::new();
    let api = client.api();
    client.send("POST", &format!("{api}/stages"), json!({"stageName": "$default"}));
    let (status, found) = client.send("GET", &format!("{api}/stages/%24default"), Value::Null);
    assert_eq!((status, &found["stageName"]), (200, &json!("$default")));
}

/// AWS-109.
#[test]
fn a_page_says_where_the_next_begins() {
    let mut client = Client::new();
    let api = client.api();
    let (_, list) = client.send("GET", &format!("{api}/integrations"), Value::Null);
    let target = format!("integrations/{}", list["items"][0]["integrationId"].as_str().unwrap());
    client.send(
        "POST",
        &format!("{api}/routes"),
        json!({"routeKey": "POST /reviews", "target": target}),
    );
    let (_, first) = client.send("GET", &format!("{api}/routes?maxResults=1"), Value::Null);
    let token = first["nextToken"].as_str().unwrap();
    let (_, second) = client.send("GET", &format!("{api}/routes?maxResults=1&nextToken={token}"), Value::Null);
    assert_eq!(second["items"][0]["routeKey"], "POST /reviews");
    assert!(second.get("nextToken").is_none());
}

/// AWS-109.
#[test]
fn an_error_has_its_code_in_a_header_and_nothing_but_the_text_in_its_body() {
    let mut client = Client::new();
    let response = client.response("GET", "/v2/apis/nothing", &Value::Null);
    assert_eq!(response.status, 404);
    assert_eq!(response.header("x-amzn-errortype"), Some("NotFoundException"));
    assert_eq!(
        String::from_utf8(response.body).unwrap(),
        r#"{"message":"Invalid API identifier specified 111122223333:nothing"}"#
    );
}

/// AWS-107.
#[test]
fn an_export_is_the_document_itself() {
    let mut client = Client::new();
    let api = client.api();
    let (status, document) = client.send("GET", &format!("{api}/exports/OAS30?outputType=JSON"), Value::Null);
    assert_eq!(status, 200);
    let uri = &document["paths"]["/reviews"]["get"]["x-amazon-apigateway-integration"]["uri"];
    assert_eq!(uri, LAMBDA);
    let (_, bare) = client.send(
        "GET",
        &format!("{api}/exports/OAS30?outputType=JSON&includeExtensions=false"),
        Value::Null,
    );
    assert!(bare["paths"]["/reviews"]["get"].get("x-amazon-apigateway-integration").is_none());
}
