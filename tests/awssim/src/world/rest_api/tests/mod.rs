//! A small API in front of the function `fir-api`, and what callers of it get.

mod deploying;
mod patching;
mod traffic;
mod world_file;

use crate::world::{Answer, AwsError, Region};

use super::traffic::{Answered, Call};
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

/// A region with one API: `GET /reviews` in front of `fir-api:live`, deployed on the stage `prod`.
fn region() -> Region {
    let reviews = Resource {
        id: REVIEWS.into(),
        methods: [("GET".to_owned(), lambda("fir-api:live"))].into(),
    };
    let api = RestApi {
        name: "reviews".into(),
        resources: [("/reviews".to_owned(), reviews)].into(),
        stages: [("prod".to_owned(), Stage::default())].into(),
        ..RestApi::default()
    };
    let mut region = Region {
        account: "111122223333".into(),
        region: "eu-west-1".into(),
        ..Region::default()
    };
    region.rest_apis.insert(API.into(), api);
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

/// Which function and alias a caller of `GET /reviews` reaches.
fn reached(region: &mut Region, now: u64) -> String {
    let mut seen = String::new();
    region.call_stage_with(now, (API, "prod"), ("GET", "/reviews"), |_, call| {
        seen = format!("{}:{}", call.function_name, call.qualifier.clone().unwrap_or_default());
        answer(call)
    });
    seen
}

#[expect(clippy::unnecessary_wraps, reason = "stands for the world's invoke")]
fn answer(_: &Call) -> Answer<Answered> {
    Ok(Answered {
        executed_version: "41".into(),
        warm: true,
    })
}

fn call(region: &mut Region, http_method: &str, path: &str) -> Served {
    region.call_stage_with(NOW, (API, "prod"), (http_method, path), |_, call| answer(call))
}

fn text<T: std::fmt::Debug>(refused: Answer<T>) -> (u16, String, String) {
    let AwsError { status, code, message, .. } = refused.unwrap_err();
    (status, code, message)
}
