use serde_json::{Value, json};

use super::*;
use crate::world::http_api::ExportApiRequest;

const EXTENSION: &str = "x-amazon-apigateway-integration";

fn request(stage: Option<&str>) -> ExportApiRequest {
    ExportApiRequest {
        specification: "OAS30".into(),
        output_type: "JSON".into(),
        stage_name: stage.map(str::to_owned),
        without_extensions: false,
    }
}

fn exported(region: &Region, stage: Option<&str>) -> Value {
    serde_json::from_str(&region.export_http_api(API, &request(stage)).unwrap()).unwrap()
}

fn uri(region: &Region, stage: Option<&str>) -> String {
    exported(region, stage)["paths"]["/reviews"]["get"][EXTENSION]["uri"]
        .as_str()
        .unwrap()
        .to_owned()
}

/// AWS-107.
#[test]
fn an_export_shows_what_is_deployed_on_the_stage_and_without_one_what_was_edited() {
    let mut region = region();
    retarget(&mut region, "fir-api:next");
    assert_eq!(uri(&region, Some("prod")), arn("fir-api:live"));
    assert_eq!(uri(&region, None), arn("fir-api:next"));
    deploy(&mut region);
    assert_eq!(uri(&region, Some("prod")), arn("fir-api:next"));
}

/// AWS-107.
#[test]
fn an_export_says_all_that_matters_of_an_integration() {
    let mut region = region();
    let change = IntegrationChange {
        credentials_arn: Some("arn:aws:iam::111122223333:role/gateway".into()),
        ..IntegrationChange::default()
    };
    region.update_http_integration(NOW, API, LAMBDA, change).unwrap();
    let document = exported(&region, None);
    assert_eq!(
        document["paths"]["/reviews/{id}"]["get"][EXTENSION],
        json!({
            "type": "aws_proxy", "httpMethod": "POST", "uri": arn("fir-api:live"), "payloadFormatVersion": "2.0",
            "connectionType": "INTERNET", "timeoutInMillis": 30000, "credentials": "arn:aws:iam::111122223333:role/gateway",
        })
    );
}

/// AWS-107.
#[test]
fn the_default_route_and_any_method_have_names_of_their_own() {
    let mut region = region();
    for key in ["$default", "ANY /all"] {
        region.create_http_route(NOW, API, new_route(key, LAMBDA)).unwrap();
    }
    let paths = &exported(&region, None)["paths"];
    let any = "x-amazon-apigateway-any-method";
    assert_eq!(paths["/$default"][any]["isDefaultRoute"], true);
    assert_eq!(paths["/$default"][any][EXTENSION]["uri"], arn("fir-api:live"));
    assert!(paths["/all"][any][EXTENSION].is_object());
}

#[test]
fn an_export_without_extensions_shows_no_integration() {
    let bare = ExportApiRequest {
        without_extensions: true,
        ..request(Some("prod"))
    };
    assert!(!region().export_http_api(API, &bare).unwrap().contains("x-amazon"));
}

#[test]
fn a_stage_that_is_not_there_and_another_specification_are_refused() {
    let region = region();
    assert_eq!(text(region.export_http_api(API, &request(Some("nothing")))).0, 404);
    let swagger = ExportApiRequest {
        specification: "SWAGGER".into(),
        ..request(None)
    };
    assert_eq!(text(region.export_http_api(API, &swagger)).0, 400);
}
