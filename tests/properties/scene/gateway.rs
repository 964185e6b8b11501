//! The HTTP APIs: one whose routes share an integration, and one that quick create made.

use awssim::world::http_api::{IntegrationChange, NewHttpApi, RouteChange, StageChange};
use awssim::world::{Answer, Region};

use super::{ALIAS, FUNCTION, OTHER, function_arn, uri};

/// The stages of the first HTTP API; the first of them deploys itself.
pub const HTTP_STAGES: [&str; 2] = ["$default", "prod"];
/// The routes of the first HTTP API: key, and HTTP method and path to call it by. The first two share an integration, the last calls
/// the other function.
pub const HTTP_ROUTES: [(&str, &str, &str); 4] = [
    ("GET /reviews", "GET", "/reviews"),
    ("POST /reviews", "POST", "/reviews"),
    ("ANY /items/{id}", "PUT", "/items/7"),
    ("$default", "GET", "/elsewhere"),
];

/// An API that calls the endpoint's function without a qualifier, in both forms of a URI, and once the other function.
pub fn shared(region: &mut Region) -> String {
    let new = NewHttpApi {
        name: "reviews".into(),
        protocol_type: "HTTP".into(),
        ..NewHttpApi::default()
    };
    let api = region.create_http_api(region.now, new).unwrap().id;
    let shared = proxy(&function_arn(FUNCTION));
    let single = IntegrationChange {
        payload_format_version: Some("1.0".into()),
        timeout_in_millis: Some(7000),
        ..proxy(&uri(FUNCTION))
    };
    let other = proxy(&function_arn(&format!("{OTHER}:{ALIAS}")));
    let ids = [shared, single, other].map(|new| region.create_http_integration(&api, new).unwrap().id);
    for ((key, ..), integration) in HTTP_ROUTES.iter().zip([0, 0, 1, 2]) {
        let route = RouteChange {
            route_key: Some((*key).into()),
            target: Some(format!("integrations/{}", ids[integration])),
            ..RouteChange::default()
        };
        region.create_http_route(region.now, &api, route).unwrap();
    }
    for stage in HTTP_STAGES {
        let new = StageChange {
            auto_deploy: Some(stage == HTTP_STAGES[0]),
            ..StageChange::default()
        };
        region.create_http_stage(region.now, &api, stage, new).unwrap();
    }
    deploy_http(region, &api, HTTP_STAGES[1]).unwrap();
    api
}

/// An API that quick create made for the other function.
pub fn quick(region: &mut Region) -> String {
    let new = NewHttpApi {
        name: "quick".into(),
        protocol_type: "HTTP".into(),
        target: Some(function_arn(&format!("{OTHER}:{ALIAS}"))),
        ..NewHttpApi::default()
    };
    region.create_http_api(region.now, new).unwrap().id
}

/// An integration that calls a function in format 2.0.
pub fn proxy(uri: &str) -> IntegrationChange {
    IntegrationChange {
        integration_type: Some("AWS_PROXY".into()),
        integration_uri: Some(uri.into()),
        payload_format_version: Some("2.0".into()),
        ..IntegrationChange::default()
    }
}

/// Deploys an HTTP API to a stage.
pub fn deploy_http(region: &mut Region, api: &str, stage: &str) -> Answer<()> {
    let now = region.now;
    region.create_http_deployment(now, api, Some(stage.into()), None).map(drop)
}
