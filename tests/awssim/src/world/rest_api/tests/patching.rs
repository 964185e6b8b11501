use super::*;
use crate::world::rest_api::IntegrationResponse;

fn patch_stage(region: &mut Region, op: &str, path: &str, value: &str) -> Answer<Stage> {
    let operation = PatchOperation {
        op: op.into(),
        path: path.into(),
        value: Some(value.into()),
        from: None,
    };
    region.update_stage(NOW, API, "prod", &[operation]).map(|summary| summary.stage)
}

/// AWS-44.
#[test]
fn replacing_the_uri_touches_nothing_else() {
    let mut region = region();
    let new = IntegrationResponse {
        selection_pattern: Some(String::new()),
        ..IntegrationResponse::default()
    };
    region.put_integration_response(API, REVIEWS, "GET", "200", new).unwrap();
    let before = region.get_integration(API, REVIEWS, "GET").unwrap();
    retarget(&mut region, "fir-api:next");
    let after = region.get_integration(API, REVIEWS, "GET").unwrap();
    assert_eq!(
        after,
        Integration {
            uri: Some(uri("fir-api:next")),
            ..before
        }
    );
}

/// AWS-44.
#[test]
fn the_type_of_an_integration_cannot_be_patched() {
    let refused = region().update_integration(API, REVIEWS, "GET", &[PatchOperation::replace("/type", "MOCK")]);
    assert_eq!(
        text(refused),
        (400, "BadRequestException".into(), "Invalid patch path /type".into())
    );
}

#[test]
fn a_slash_inside_a_key_is_escaped() {
    let mut region = region();
    let operation = PatchOperation::replace("/requestTemplates/application~1json", "{}");
    let changed = region.update_integration(API, REVIEWS, "GET", &[operation]).unwrap();
    assert_eq!(changed.request_templates["application/json"].as_deref(), Some("{}"));
}

#[test]
fn one_wrong_operation_undoes_all() {
    let mut region = region();
    let operations = [
        PatchOperation::replace("/variables/alias", "live"),
        PatchOperation::replace("/nothing", "x"),
    ];
    assert_eq!(region.update_stage(NOW, API, "prod", &operations).unwrap_err().status, 400);
    assert!(region.get_stage(API, "prod").unwrap().stage.variables.is_empty());
}

/// AWS-49.
#[test]
fn a_stage_takes_no_unknown_deployment() {
    let refused = patch_stage(&mut region(), "replace", "/deploymentId", "nothere");
    assert_eq!(
        text(refused),
        (400, "BadRequestException".into(), "Deployment id does not exist".into())
    );
}

/// AWS-49.
#[test]
fn a_canary_is_made_by_replacing_and_never_by_adding() {
    let mut region = region();
    let (_, _, message) = text(patch_stage(&mut region, "add", "/canarySettings/percentTraffic", "50"));
    assert_eq!(message, "Invalid add operation with path: /canarySettings/percentTraffic");
    let stage = patch_stage(&mut region, "replace", "/canarySettings/percentTraffic", "50").unwrap();
    let canary = stage.canary_settings.unwrap();
    assert_eq!((canary.deployment_id, canary.percent_traffic), (stage.deployment_id, 50.0));
}

/// AWS-49.
#[test]
fn a_canary_is_promoted_by_copying() {
    let mut region = region();
    retarget(&mut region, "fir-api:next");
    let next = region.create_deployment(NOW, API, NewDeployment::default()).unwrap().id;
    patch_stage(&mut region, "replace", "/canarySettings/deploymentId", &next).unwrap();
    let copy = PatchOperation {
        op: "copy".into(),
        path: "/deploymentId".into(),
        value: None,
        from: Some("/canarySettings/deploymentId".into()),
    };
    region.update_stage(NOW, API, "prod", &[copy]).unwrap();
    assert_eq!(reached(&mut region, NOW), "2");
}

#[test]
fn an_access_log_path_that_is_none_is_refused_in_its_own_words() {
    let (_, _, message) = text(patch_stage(&mut region(), "replace", "/accessLogSettings/level", "x"));
    assert_eq!(
        message,
        "Invalid accessLogSettings path. Must be one of : [/accessLogSettings/destinationArn, /accessLogSettings/format]"
    );
}

#[test]
fn a_method_setting_is_kept_by_path_and_method() {
    let stage = patch_stage(&mut region(), "replace", "/*/*/throttling/rateLimit", "10").unwrap();
    assert_eq!(stage.method_settings["*/*"]["throttlingRateLimit"], serde_json::json!(10.0));
    let stage = patch_stage(&mut region(), "replace", "/~1reviews/GET/metrics/enabled", "true").unwrap();
    assert_eq!(stage.method_settings["reviews/GET"]["metricsEnabled"], serde_json::json!(true));
}
