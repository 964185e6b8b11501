//! An HTTP API of the simulated AWS in front of the function of the demo world.

use awssim::world::Statement;
use awssim::world::http_api::{HttpApi, Integration, IntegrationChange, Route};
use serde_json::{Value, json};

use super::aws::{Aws, FUNCTION};
use super::traffic::Place;

/// Id of the API.
pub const HTTP_API: &str = "h1i2j3k4l5";
/// The execution ARN of the whole API.
pub const HTTP_API_ARN: &str = "arn:aws:execute-api:eu-west-1:111122223333:h1i2j3k4l5/*/*";
/// Its integration, which its routes share.
pub const SHARED: &str = "int0001";
/// The function without a qualifier.
pub const FUNCTION_ARN: &str = "arn:aws:lambda:eu-west-1:111122223333:function:fir-api";
/// The alias.
pub const ALIAS_ARN: &str = "arn:aws:lambda:eu-west-1:111122223333:function:fir-api:live";

/// A route by its key.
pub const POST: Place = Place {
    api: HTTP_API,
    stage: "$default",
    method: "POST",
    path: "/reviews",
};
/// What no other route takes.
pub const ELSEWHERE: Place = Place {
    path: "/nowhere/else",
    ..POST
};

/// An integration as nobody would make it again by chance: whoever changes more than the URI is found out.
pub fn to(uri: &str) -> Value {
    json!({ "integrationUri": uri, "payloadFormatVersion": "1.0", "timeoutInMillis": 4321, "description": "by hand" })
}

/// Two routes that share an integration which calls `uri`; stage `$default` deploys itself, stage `prod` does not.
pub fn sharing(uri: &str) -> Value {
    let target = format!("integrations/{SHARED}");
    json!({
        "name": "reviews",
        "integrations": { SHARED: to(uri) },
        "routes": { "POST /reviews": { "target": target }, "$default": { "target": target } },
        "stages": { "$default": { "autoDeploy": true }, "prod": {} },
    })
}

/// The spec of an endpoint with the API as its only trigger, with fields of the trigger.
pub fn edge(fields: &Value) -> Value {
    let mut api = json!({ "apiId": HTTP_API });
    api.as_object_mut()
        .expect("an object")
        .extend(fields.as_object().expect("an object").clone());
    json!({ "triggers": [{ "name": "edge", "httpApi": api }] })
}

impl Aws {
    /// There is an HTTP API that may call the function without a qualifier.
    pub fn has_http_api(&self, api: Value) {
        let api: HttpApi = serde_json::from_value(api).expect("an HTTP API");
        self.region_at(|region, now| {
            region.http_apis.insert(HTTP_API.into(), api);
            region.settle(now);
            region
                .add_permission(FUNCTION, None, Statement::for_api("http-unqualified", HTTP_API_ARN), None)
                .expect("statement");
        });
    }

    /// An integration as it stands, deployed or not.
    pub fn http_integration(&self, id: &str) -> Integration {
        self.region(|region| region.http_apis[HTTP_API].integrations[id].clone())
    }

    /// All integrations by their ids.
    pub fn http_integrations(&self) -> Vec<String> {
        self.region(|region| region.http_apis[HTTP_API].integrations.keys().cloned().collect())
    }

    /// A route as it stands, deployed or not.
    pub fn route(&self, key: &str) -> Route {
        self.region(|region| region.http_apis[HTTP_API].routes[key].clone())
    }

    /// What the routes of a stage call as they are deployed, the same for all.
    pub fn deployed_on(&self, stage: &str) -> Option<String> {
        self.region(|region| {
            let api = &region.http_apis[HTTP_API];
            let deployment = &api.deployments[api.stages[stage].deployment_id.as_ref()?];
            let uris = deployment.routes.values().map(|route| {
                let integration = &deployment.integrations[route.target.as_deref()?.strip_prefix("integrations/")?];
                integration.integration_uri.clone()
            });
            let mut uris: Vec<_> = uris.collect();
            uris.dedup();
            uris.pop().flatten().filter(|_| uris.is_empty())
        })
    }

    /// How many deployments the API has, of all stages.
    pub fn http_deployments(&self) -> usize {
        self.region(|region| region.http_apis[HTTP_API].deployments.len())
    }

    /// Somebody points an integration elsewhere.
    pub fn edit_http(&self, id: &str, uri: &str) {
        let change = IntegrationChange {
            integration_uri: Some(uri.into()),
            ..IntegrationChange::default()
        };
        self.region_at(|region, now| region.update_http_integration(now, HTTP_API, id, change))
            .expect("the integration can be changed");
    }

    /// Somebody deploys a stage.
    pub fn deploy_http(&self, stage: &str) {
        self.region_at(|region, now| region.create_http_deployment(now, HTTP_API, Some(stage.into()), None))
            .expect("the stage can be deployed");
    }

    /// Deployments end failed with this text, or succeed again.
    pub fn http_deployments_fail(&self, text: Option<&str>) {
        self.region(|region| region.settings.http_deployment_failure = text.map(str::to_owned));
    }
}
