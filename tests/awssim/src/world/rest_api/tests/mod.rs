//! A small API in front of the function `fir-api`, and what callers of it get.

mod deploying;
mod patching;
mod traffic;
mod world_file;

use crate::world::{Answer, AwsError, Function, Region};

use super::{Integration, Method, NewDeployment, PatchOperation, Resource, RestApi, Served, Stage};

/// The API's id.
const API: &str = "a1b2c3d4e5";
/// The id of its resource `/reviews`.
const REVIEWS: &str = "rev001";
/// Any moment.
const NOW: u64 = 1_767_225_600_000;

fn uri(function: &str) -> String {
    format!(
        "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-west-1:111122223333:function:{function}/invocations"
    )
}

fn lambda(function: &str) -> Method {
    let integration = Integration {
        http_method: Some("POST".into()),
        uri: Some(uri(function)),
        ..Integration::default()
    };
    Method {
        integration: Some(integration),
        ..Method::default()
    }
}

/// Version 1 behind `live`, 2 behind `next` and 3 behind `last`, which the API may call; it may not call `stranger` and `elsewhere`.
const FUNCTION: &str = r#"
versions:
  1: {code: {text: one}}
  2: {code: {text: two}}
  3: {code: {text: three}}
  4: {code: {text: "init: fail"}}
aliases:
  live: {functionVersion: "1"}
  next: {functionVersion: "2"}
  last: {functionVersion: "3"}
  broken: {functionVersion: "4"}
  stranger: {functionVersion: "1"}
  elsewhere: {functionVersion: "1"}
policies:
  live: {statements: [{sid: api, sourceArn: "arn:aws:execute-api:eu-west-1:111122223333:a1b2c3d4e5/*/*"}]}
  next: {statements: [{sid: api, sourceArn: "arn:aws:execute-api:eu-west-1:111122223333:a1b2c3d4e5/prod/GET/reviews"}]}
  last: {statements: [{sid: api, sourceArn: "arn:aws:execute-api:eu-west-1:111122223333:a1b2c3d4e5/*"}]}
  broken: {statements: [{sid: api, sourceArn: "arn:aws:execute-api:eu-west-1:111122223333:a1b2c3d4e5/*"}]}
  elsewhere: {statements: [{sid: api, sourceArn: "arn:aws:execute-api:eu-west-1:111122223333:a1b2c3d4e5/test/GET/reviews"}]}
"#;

/// A region with one API: `GET /reviews` in front of `fir-api:live`, deployed on the stage `prod`.
fn region() -> Region {
    let reviews = Resource {
        id: REVIEWS.into(),
        methods: [("GET".to_owned(), lambda("fir-api:live"))].into(),
    };
    with_api(RestApi {
        name: "reviews".into(),
        resources: [("/reviews".to_owned(), reviews)].into(),
        stages: [("prod".to_owned(), Stage::default())].into(),
        ..RestApi::default()
    })
}

/// A region with the function and that API.
fn with_api(api: RestApi) -> Region {
    let function: Function = serde_saphyr::from_str(FUNCTION).unwrap();
    let mut region = Region {
        account: "111122223333".into(),
        region: "eu-west-1".into(),
        functions: [("fir-api".to_owned(), function)].into(),
        rest_apis: [(API.to_owned(), api)].into(),
        ..Region::default()
    };
    region.settle(NOW);
    region
}

fn retarget(region: &mut Region, function: &str) {
    region
        .update_integration(API, REVIEWS, "GET", &[PatchOperation::replace("/uri", &uri(function))])
        .unwrap();
}

fn deploy(region: &mut Region, now: u64) -> String {
    let new = NewDeployment {
        stage_name: Some("prod".into()),
        ..NewDeployment::default()
    };
    region.create_deployment(now, API, new).unwrap().id
}

fn call(region: &mut Region, http_method: &str, path: &str) -> Served {
    region.call_stage(region.now, API, "prod", http_method, path)
}

/// Which version a caller of `GET /reviews` reaches at that moment; empty when none.
fn reached(region: &mut Region, now: u64) -> String {
    let served = region.call_stage(now, API, "prod", "GET", "/reviews");
    served.executed_version.unwrap_or_default()
}

fn text<T: std::fmt::Debug>(refused: Answer<T>) -> (u16, String, String) {
    let AwsError { status, code, message, .. } = refused.unwrap_err();
    (status, code, message)
}
