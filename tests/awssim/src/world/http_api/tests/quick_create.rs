use super::*;
use crate::world::http_api::{HttpApiChange, NewHttpApi};

fn quick(region: &mut Region, target: &str) -> String {
    let new = NewHttpApi {
        name: "quick".into(),
        protocol_type: "HTTP".into(),
        target: Some(target.into()),
        ..NewHttpApi::default()
    };
    region.create_http_api(NOW, new).unwrap().id
}

/// AWS-104.
#[test]
fn a_quick_create_makes_an_integration_a_default_route_and_a_stage_that_deploys_by_itself() {
    let mut region = region();
    let id = quick(&mut region, &arn("fir-api:live"));
    let api = region.get_http_api(&id).unwrap().api;
    let (integration_id, integration) = api.integrations.first_key_value().unwrap();
    let route = &api.routes["$default"];
    assert_eq!(route.integration_id(), Some(integration_id.as_str()));
    assert_eq!(integration.payload_format_version.as_deref(), Some("2.0"));
    let stage = &api.stages["$default"];
    assert!(stage.auto_deploy && stage.deployment_id.is_none());
    assert!(integration.api_gateway_managed && route.api_gateway_managed && stage.api_gateway_managed);
    region.settle(NOW + 2_000);
    let stage = region.get_http_stage(&id, "$default").unwrap().stage;
    assert!(stage.deployment_id.is_some());
}

/// AWS-104.
#[test]
fn what_quick_create_made_is_updated_but_not_deleted() {
    let mut region = region();
    let id = quick(&mut region, &arn("fir-api"));
    let api = region.get_http_api(&id).unwrap().api;
    let integration = api.integrations.keys().next().unwrap().clone();
    region.update_http_integration(NOW, &id, &integration, to("fir-api:live")).unwrap();
    assert_eq!(text(region.delete_http_integration(&id, &integration)).0, 400);
    let key = RouteChange {
        route_key: Some("GET /".into()),
        ..RouteChange::default()
    };
    assert_eq!(
        text(region.update_http_route(NOW, &id, &api.routes["$default"].route_id, key)).0,
        400
    );
    assert_eq!(text(region.update_http_stage(NOW, &id, "$default", StageChange::default())).0, 400);
}

#[test]
fn the_target_of_an_api_is_updated_only_when_quick_create_made_it() {
    let mut region = region();
    let id = quick(&mut region, "https://example.com");
    let change = HttpApiChange {
        target: Some(arn("fir-api:live")),
        ..HttpApiChange::default()
    };
    let changed = region.update_http_api(NOW, &id, change.clone()).unwrap().api;
    let integration = changed.integrations.values().next().unwrap();
    assert_eq!(integration.integration_type, "AWS_PROXY");
    assert_eq!(text(region.update_http_api(NOW, API, change)).0, 400);
}
