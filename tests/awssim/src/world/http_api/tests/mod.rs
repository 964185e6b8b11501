//! A small HTTP API in front of the function `fir-api`, and what callers of it get.

mod auto_deploying;
mod deploying;
mod editing;
mod exporting;
mod quick_create;
mod traffic;
mod world_file;

use crate::world::{Answer, AwsError, Function, Region, Served};

use super::{HttpApi, IntegrationChange, RouteChange, StageChange};

/// The API's id.
const API: &str = "h1i2j3k4l5";
/// The id of its integration.
const LAMBDA: &str = "int0001";
/// Any moment.
const NOW: u64 = 1_767_225_600_000;

/// Two routes that share an integration in front of the bare function; `prod` is deployed by calls, `auto` by itself.
const FILE: &str = r#"
name: reviews
integrations:
  int0001: {integrationUri: "arn:aws:lambda:eu-west-1:111122223333:function:fir-api:live"}
routes:
  GET /reviews: {target: integrations/int0001}
  GET /reviews/{id}: {target: integrations/int0001}
stages:
  prod: {}
  auto: {autoDeploy: true}
"#;

/// Version 1 behind `live` and 2 behind `next`, which the API may call; what else it may call says its name.
const FUNCTION: &str = r#"
versions:
  1: {code: {text: one}}
  2: {code: {text: two}}
  3: {code: {text: "init: fail"}}
aliases:
  live: {functionVersion: "1"}
  next: {functionVersion: "2"}
  broken: {functionVersion: "3"}
  stranger: {functionVersion: "1"}
  narrow: {functionVersion: "1"}
  default: {functionVersion: "1"}
policies:
  live: {statements: [{sid: api, sourceArn: "arn:aws:execute-api:eu-west-1:111122223333:h1i2j3k4l5/*/*"}]}
  next: {statements: [{sid: api, sourceArn: "arn:aws:execute-api:eu-west-1:111122223333:h1i2j3k4l5/*"}]}
  broken: {statements: [{sid: api, sourceArn: "arn:aws:execute-api:eu-west-1:111122223333:h1i2j3k4l5/*"}]}
  narrow: {statements: [{sid: api, sourceArn: "arn:aws:execute-api:eu-west-1:111122223333:h1i2j3k4l5/prod/GET/reviews/*"}]}
  default: {statements: [{sid: api, sourceArn: "arn:aws:execute-api:eu-west-1:111122223333:h1i2j3k4l5/prod/$default"}]}
"#;

fn arn(function: &str) -> String {
    format!("arn:aws:lambda:eu-west-1:111122223333:function:{function}")
}

fn with_api(file: &str) -> Region {
    let function: Function = serde_saphyr::from_str(FUNCTION).unwrap();
    let api: HttpApi = serde_saphyr::from_str(file).unwrap();
    let mut region = Region {
        account: "111122223333".into(),
        region: "eu-west-1".into(),
        functions: [("fir-api".to_owned(), function)].into(),
        http_apis: [(API.to_owned(), api)].into(),
        ..Region::default()
    };
    region.settle(NOW);
    region
}

fn region() -> Region {
    with_api(FILE)
}

/// A change of nothing but the URI.
fn to(function: &str) -> IntegrationChange {
    IntegrationChange {
        integration_uri: Some(arn(function)),
        ..IntegrationChange::default()
    }
}

fn retarget(region: &mut Region, function: &str) {
    region.update_http_integration(region.now, API, LAMBDA, to(function)).unwrap();
}

fn new_route(key: &str, integration: &str) -> RouteChange {
    RouteChange {
        route_key: Some(key.into()),
        target: Some(format!("integrations/{integration}")),
        ..RouteChange::default()
    }
}

fn auto() -> StageChange {
    StageChange {
        auto_deploy: Some(true),
        ..StageChange::default()
    }
}

fn deploy(region: &mut Region) -> String {
    region
        .create_http_deployment(region.now, API, Some("prod".into()), None)
        .unwrap()
        .id
}

fn call(region: &mut Region, stage: &str, http_method: &str, path: &str) -> Served {
    region.call_stage(region.now, API, stage, http_method, path)
}

/// Which version callers of `GET /reviews` on that stage reach at that moment; empty when none.
fn reached(region: &mut Region, stage: &str, now: u64) -> String {
    let served = region.call_stage(now, API, stage, "GET", "/reviews");
    served.executed_version.unwrap_or_default()
}

fn text<T: std::fmt::Debug>(refused: Answer<T>) -> (u16, String, String) {
    let AwsError { status, code, message, .. } = refused.unwrap_err();
    (status, code, message)
}
