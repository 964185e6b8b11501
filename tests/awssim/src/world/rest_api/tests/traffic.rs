use super::*;

#[test]
fn a_call_reaches_the_version_behind_the_alias() {
    let served = call(&mut region(), "GET", "/reviews");
    assert_eq!(
        (served.status, served.executed_version.as_deref(), served.warm),
        (200, Some("41"), true)
    );
}

/// AWS-43.
#[test]
fn a_refused_invocation_is_an_internal_server_error() {
    let served = region().call_stage_with(NOW, (API, "prod"), ("GET", "/reviews"), |_, _| {
        Err(AwsError::new(403, "AccessDeniedException", "no permission"))
    });
    assert_eq!(
        (served.status, served.body.as_str()),
        (500, "{\"message\": \"Internal server error\"}")
    );
    assert!(served.reason.unwrap().contains("no permission"));
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
    let stage = region.call_stage_with(NOW, (API, "test"), ("GET", "/reviews"), |_, call| answer(call));
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
    assert_eq!(reached(&mut region, NOW), "fir-api:live");
    region
        .update_stage(NOW, API, "prod", &[PatchOperation::replace("/variables/alias", "next")])
        .unwrap();
    assert_eq!(reached(&mut region, NOW), "fir-api:next");
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
    assert_eq!(reached.iter().filter(|f| *f == "fir-api:next").count(), 20);
    region
        .update_stage(NOW, API, "prod", &[PatchOperation::remove("/canarySettings")])
        .unwrap();
    assert_eq!(super::reached(&mut region, NOW), "fir-api:live");
}

fn source_arn(region: &mut Region) -> Option<String> {
    let mut seen = None;
    region.call_stage_with(NOW, (API, "prod"), ("GET", "/reviews"), |_, call| {
        seen.clone_from(&call.source_arn);
        answer(call)
    });
    seen
}

/// AWS-50.
#[test]
fn the_policy_is_asked_about_the_execution_arn() {
    assert_eq!(
        source_arn(&mut region()).as_deref(),
        Some("arn:aws:execute-api:eu-west-1:111122223333:a1b2c3d4e5/prod/GET/reviews")
    );
}

/// AWS-51.
#[test]
fn an_integration_with_a_role_asks_no_policy() {
    let mut region = region();
    let api = region.rest_apis.get_mut(API).unwrap();
    let method = api.resources.get_mut("/reviews").unwrap().methods.get_mut("GET").unwrap();
    method.integration.as_mut().unwrap().credentials = Some("arn:aws:iam::111122223333:role/gateway".into());
    deploy(&mut region, NOW);
    assert_eq!(source_arn(&mut region), None);
}
