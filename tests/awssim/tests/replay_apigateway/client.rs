//! Requests as an AWS SDK would send them.

use awssim::wire::{Caller, Request, Response, apigateway};
use awssim::world::Region;
use awssim::world::rest_api::Served;
use serde_json::{Value, json};

pub const LAMBDA_URI: &str =
    "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-west-1:111122223333:function:fir-api/invocations";

/// A client of an empty account with one REST API.
pub struct Client {
    region: Region,
    now: u64,
    pub api: String,
    pub root: String,
}

impl Client {
    pub fn new() -> Self {
        Self::with_api(&json!({"name": "replayed"}))
    }

    pub fn with_api(body: &Value) -> Self {
        let region = Region {
            account: "111122223333".into(),
            region: "eu-west-1".into(),
            ..Region::default()
        };
        let mut client = Self {
            region,
            now: 1_767_225_600_000,
            api: String::new(),
            root: String::new(),
        };
        let created = client.send("POST", "/restapis", body);
        let created: Value = serde_json::from_slice(&created.body).unwrap();
        client.api = created["id"].as_str().unwrap().into();
        client.root = created["rootResourceId"].as_str().unwrap().into();
        client
    }

    /// Sends a request; a query may follow the path.
    pub fn send(&mut self, method: &str, path: &str, body: &Value) -> Response {
        self.now += 1_000;
        let body = if body.is_null() {
            Vec::new()
        } else {
            body.to_string().into_bytes()
        };
        let request = Request::new(method, path, body);
        let operation = apigateway::recognise(&request).unwrap_or_else(|| panic!("{method} {path} is not recognised"));
        let caller = Caller {
            account: "111122223333".into(),
            region: "eu-west-1".into(),
            service: "apigateway".into(),
        };
        apigateway::carry_out(&mut self.region, &caller, &operation, &request, self.now)
    }

    /// Below `/restapis/API`.
    pub fn api(&mut self, method: &str, below: &str, body: &Value) -> Response {
        let path = format!("/restapis/{}{below}", self.api);
        self.send(method, &path, body)
    }

    /// Below a method of the root resource.
    pub fn root_method(&mut self, method: &str, below: &str, body: &Value) -> Response {
        let path = format!("/resources/{}/methods/{below}", self.root);
        self.api(method, &path, body)
    }

    /// `GetResources`.
    pub fn resources(&mut self) -> Response {
        self.api("GET", "/resources", &Value::Null)
    }

    /// `CreateResource`.
    pub fn create_resource(&mut self, parent: &str, part: &str) -> Response {
        self.api("POST", &format!("/resources/{parent}"), &json!({"pathPart": part}))
    }

    /// `PATCH` with one operation.
    pub fn patch(&mut self, below: &str, op: &str, path: &str, value: Option<&str>) -> Response {
        self.patches(below, &[json!({"op": op, "path": path, "value": value})])
    }

    /// `PATCH`.
    pub fn patches(&mut self, below: &str, operations: &[Value]) -> Response {
        self.api("PATCH", below, &json!({"patchOperations": operations}))
    }

    /// `PutMethod` on the root without authorization.
    pub fn put_root_method(&mut self, http_method: &str) -> Response {
        self.root_method("PUT", http_method, &json!({"authorizationType": "NONE"}))
    }

    /// `GET /` in front of a mock that answers 200, so that the API can be deployed.
    pub fn mock(&mut self) {
        self.put_root_method("GET");
        self.root_method("PUT", "GET/responses/200", &json!({}));
        self.root_method(
            "PUT",
            "GET/integration",
            &json!({"type": "MOCK", "requestTemplates": {"application/json": "{\"statusCode\": 200}"}}),
        );
        self.root_method("PUT", "GET/integration/responses/200", &json!({"selectionPattern": ""}));
    }

    /// What a user of the API gets through a stage.
    pub fn through_stage(&mut self, stage: &str, http_method: &str, path: &str) -> Served {
        self.region.call_stage(self.now, &self.api, stage, http_method, path)
    }

    /// `CreateDeployment`.
    pub fn deploy(&mut self, body: &Value) -> Response {
        self.api("POST", "/deployments", body)
    }
}

/// The `id` of an answer.
pub fn id(response: &Response) -> String {
    let body: Value = serde_json::from_slice(&response.body).unwrap();
    body["id"].as_str().unwrap_or_else(|| panic!("no id in {body}")).into()
}
