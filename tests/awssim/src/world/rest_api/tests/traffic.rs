use super::*;

const INTERNAL_SERVER_ERROR: &str = "{\"message\": \"Internal server error\"}";

/// Which version answers, or why none, when the API is deployed in front of that function.
fn in_front_of(function: &str) -> Served {
    let mut region = region();
    retarget(&mut region, function);
    deploy(&mut region, NOW);
    call(&mut region, "GET", "/reviews")
}

#[test]
fn a_call_reaches_the_version_behind_the_alias() {
    let mut region = region();
    let first = call(&mut region, "GET", "/reviews");
    assert_eq!(
        (first.status, first.executed_version.as_deref(), first.warm),
        (200, Some("1"), false)
    );
    region.settle(NOW + 1_000);
    assert!(call(&mut region, "GET", "/reviews").warm);
}

/// AWS-43.
#[test]
fn a_missing_permission_function_or_alias_is_an_internal_server_error() {
    for function in ["fir-api:stranger", "fir-api:nothing", "fir-api", "nothing:live"] {
        let served = in_front_of(function);
        assert_eq!((served.status, served.body.as_str()), (500, INTERNAL_SERVER_ERROR), "{function}");
        assert!(served.reason.is_some() && served.executed_version.is_none(), "{function}");
    }
}

/// AWS-50.
#[test]
fn the_policy_is_asked_about_stage_method_and_path() {
    assert_eq!(in_front_of("fir-api:next").executed_version.as_deref(), Some("2"));
    assert_eq!(in_front_of("fir-api:elsewhere").status, 500);
}

/// AWS-51.
#[test]
fn an_integration_with_a_role_asks_no_policy() {
    let mut region = region();
    retarget(&mut region, "fir-api:stranger");
    let api = region.rest_apis.get_mut(API).unwrap();
    let method = api.resources.get_mut("/reviews").unwrap().methods.get_mut("GET").unwrap();
    method.integration.as_mut().unwrap().credentials = Some("arn:aws:iam::111122223333:role/gateway".into());
    deploy(&mut region, NOW);
    assert_eq!(reached(&mut region, NOW), "1");
}

#[test]
fn a_function_that_fails_is_a_bad_gateway() {
    let served = in_front_of("fir-api:broken");
    assert_eq!((served.status, served.body.as_str()), (502, INTERNAL_SERVER_ERROR));
    assert_eq!(served.executed_version.as_deref(), Some("4"));
}

/// AWS-42.
#[test]
fn an_integration_that_does_not_post_is_an_internal_server_error() {
    let mut region = region();
    region
        .update_integration(API, REVIEWS, "GET", &[PatchOperation::replace("/httpMethod", "GET")])
        .unwrap();
    deploy(&mut region, NOW);
    assert_eq!(call(&mut region, "GET", "/reviews").status, 500);
}

#[test]
fn an_unknown_route_asks_for_a_token_and_an_unknown_stage_is_forbidden() {
    let mut region = region();
    let route = call(&mut region, "GET", "/nothing");
    assert_eq!(
        (route.status, route.body.as_str()),
        (403, "{\"message\": \"Missing Authentication Token\"}")
    );
    let stage = region.call_stage(NOW, API, "test", "GET", "/reviews");
    assert_eq!((stage.status, stage.body.as_str()), (403, "{\"message\": \"Forbidden\"}"));
}

/// AWS-48.
#[test]
fn a_stage_variable_acts_without_a_deployment() {
    let mut region = region();
    retarget(&mut region, "fir-api:${stageVariables.alias}");
    deploy(&mut region, NOW);
    assert_eq!(reached(&mut region, NOW), "");
    region
        .update_stage(NOW, API, "prod", &[PatchOperation::replace("/variables/alias", "live")])
        .unwrap();
    assert_eq!(reached(&mut region, NOW), "1");
    region
        .update_stage(NOW, API, "prod", &[PatchOperation::replace("/variables/alias", "next")])
        .unwrap();
    assert_eq!(reached(&mut region, NOW), "2");
}

/// AWS-49.
#[test]
fn a_canary_gets_its_percent_of_the_calls() {
    let mut region = region();
    retarget(&mut region, "fir-api:next");
    let next = region.create_deployment(NOW, API, NewDeployment::default()).unwrap().id;
    let operations = [
        PatchOperation::replace("/canarySettings/deploymentId", &next),
        PatchOperation::replace("/canarySettings/percentTraffic", "20"),
    ];
    region.update_stage(NOW, API, "prod", &operations).unwrap();
    let reached: Vec<String> = (0..100).map(|_| reached(&mut region, NOW)).collect();
    assert_eq!(reached.iter().filter(|version| *version == "2").count(), 20);
    region
        .update_stage(NOW, API, "prod", &[PatchOperation::remove("/canarySettings")])
        .unwrap();
    assert_eq!(super::reached(&mut region, NOW), "1");
}
