use super::*;
use crate::world::rest_api::{CanarySettings, ExportRequest, NewIntegration, NewMethod};

/// AWS-46.
#[test]
fn an_edit_is_invisible_until_it_is_deployed() {
    let mut region = region();
    retarget(&mut region, "fir-api:next");
    assert_eq!(reached(&mut region, NOW), "1");
    deploy(&mut region, NOW);
    assert_eq!(reached(&mut region, NOW), "2");
}

/// AWS-46.
#[test]
fn a_deployment_publishes_edits_that_others_left() {
    let mut region = region();
    let root = region.get_rest_api(API).unwrap().root_resource_id;
    let others = region.create_resource(API, &root, "others").unwrap().id;
    let method = NewMethod {
        authorization_type: "NONE".into(),
        ..NewMethod::default()
    };
    region.put_method(API, &others, "GET", method).unwrap();
    let mock = NewIntegration {
        kind: "MOCK".into(),
        ..NewIntegration::default()
    };
    region.put_integration(API, &others, "GET", mock).unwrap();
    assert_eq!(call(&mut region, "GET", "/others").status, 403);
    retarget(&mut region, "fir-api:next");
    deploy(&mut region, NOW);
    assert_eq!(call(&mut region, "GET", "/others").status, 200);
}

/// AWS-46: a deployment without a stage moves nothing.
#[test]
fn a_deployment_without_a_stage_waits_for_one() {
    let mut region = region();
    retarget(&mut region, "fir-api:next");
    let made = region.create_deployment(NOW, API, NewDeployment::default()).unwrap().id;
    assert_eq!(reached(&mut region, NOW), "1");
    region
        .update_stage(NOW, API, "prod", &[PatchOperation::replace("/deploymentId", &made)])
        .unwrap();
    assert_eq!(reached(&mut region, NOW), "2");
}

#[test]
fn callers_see_the_old_deployment_until_the_new_one_has_spread() {
    let mut region = region();
    region.deployment_propagation_ms = 10_000;
    retarget(&mut region, "fir-api:next");
    deploy(&mut region, NOW);
    retarget(&mut region, "fir-api:last");
    deploy(&mut region, NOW + 5_000);
    assert_eq!(reached(&mut region, NOW + 9_999), "1");
    assert_eq!(reached(&mut region, NOW + 10_000), "2");
    assert_eq!(reached(&mut region, NOW + 15_000), "3");
}

fn exported_uri(region: &Region, export_type: &str) -> String {
    let request = ExportRequest {
        stage_name: "prod".into(),
        export_type: export_type.into(),
        extensions: Some("integrations".into()),
        yaml: false,
    };
    let body: serde_json::Value = serde_json::from_str(&region.get_export(API, &request).unwrap().body).unwrap();
    body["paths"]["/reviews"]["get"]["x-amazon-apigateway-integration"]["uri"]
        .as_str()
        .unwrap()
        .to_owned()
}

/// AWS-47.
#[test]
fn an_export_shows_what_is_deployed_and_not_what_was_edited() {
    let mut region = region();
    retarget(&mut region, "fir-api:next");
    assert_eq!(exported_uri(&region, "oas30"), uri("fir-api:live"));
    deploy(&mut region, NOW);
    assert_eq!(exported_uri(&region, "oas30"), uri("fir-api:next"));
    assert_eq!(exported_uri(&region, "swagger"), uri("fir-api:next"));
}

/// AWS-47.
#[test]
fn an_export_without_extensions_shows_no_integration() {
    let request = ExportRequest {
        stage_name: "prod".into(),
        export_type: "oas30".into(),
        ..ExportRequest::default()
    };
    assert!(
        !region()
            .get_export(API, &request)
            .unwrap()
            .body
            .contains("x-amazon-apigateway-integration")
    );
}

#[test]
fn a_deployment_that_a_stage_serves_cannot_be_deleted() {
    let mut region = region();
    let served = region.get_stage(API, "prod").unwrap().stage.deployment_id;
    let (status, code, message) = text(region.delete_deployment(API, &served));
    assert_eq!((status, code.as_str()), (400, "BadRequestException"));
    assert_eq!(message, "Active stages pointing to this deployment must be moved or deleted");
    deploy(&mut region, NOW);
    region.delete_deployment(API, &served).unwrap();
}

/// AWS-49.
#[test]
fn a_canary_deployment_leaves_the_stage_on_its_own() {
    let mut region = region();
    let own = region.get_stage(API, "prod").unwrap().stage.deployment_id;
    let canary = CanarySettings {
        percent_traffic: 25.0,
        ..CanarySettings::default()
    };
    let new = NewDeployment {
        stage_name: Some("prod".into()),
        canary_settings: Some(canary),
        ..NewDeployment::default()
    };
    let made = region.create_deployment(NOW, API, new).unwrap().id;
    let stage = region.get_stage(API, "prod").unwrap().stage;
    assert_eq!(stage.deployment_id, own);
    assert_eq!(stage.canary_settings.unwrap().deployment_id, made);
}

#[test]
fn resources_come_in_pages_of_25_and_at_most_500() {
    let mut region = region();
    let root = region.get_rest_api(API).unwrap().root_resource_id;
    for n in 0..30 {
        region.create_resource(API, &root, &format!("part{n}")).unwrap();
    }
    let first = region.get_resources(API, &super::super::Page::default()).unwrap();
    assert_eq!(first.items.len(), 25);
    let second = region
        .get_resources(
            API,
            &super::super::Page {
                position: first.position,
                limit: None,
            },
        )
        .unwrap();
    assert_eq!((second.items.len(), second.position), (7, None));
}
