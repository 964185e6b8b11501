//! The place where the properties play: two functions, two REST APIs and two HTTP APIs with two stages each, streams and queues;
//! everything made by calls of AWS.

pub mod gateway;
pub mod sources;

use awssim::world::rest_api::{NewDeployment, NewIntegration, NewMethod, NewRestApi};
use awssim::world::{ById, Millis, Region, Statement, Version};
use warmlambda::plan::arn::Site;

/// The account that everything is in.
pub const ACCOUNT: &str = "111122223333";
/// The region that everything is in.
pub const REGION: &str = "eu-west-1";
/// The endpoint's function.
pub const FUNCTION: &str = "fir-api";
/// The endpoint's alias.
pub const ALIAS: &str = "live";
/// A second alias of the endpoint's function, which is somebody else's.
pub const NEXT: &str = "next";
/// A function that the endpoint has nothing to do with.
pub const OTHER: &str = "other";
/// `metadata.uid` of the endpoint.
pub const UID: &str = "0a1b2c3d-0000-4000-8000-000000000001";
/// What every statement id of the endpoint starts with.
pub const OURS: &str = "warmlambda-0a1b2c3d-";
/// The stages of each API.
pub const STAGES: [&str; 2] = ["prod", "test"];
/// The methods of each API: path, HTTP method, and a path to call it by.
pub const ROUTES: [(&str, &str, &str); 3] = [
    ("/reviews", "GET", "/reviews"),
    ("/reviews", "POST", "/reviews"),
    ("/items/{id}", "ANY", "/items/7"),
];

/// When everything begins.
pub const START: Millis = 1_767_225_600_000;
/// In milliseconds.
pub const SECOND: Millis = 1000;
/// In milliseconds.
pub const MINUTE: Millis = 60 * SECOND;

/// A region and the ids that AWS gave to its APIs.
#[derive(Clone, Debug)]
pub struct Scene {
    /// The world.
    pub region: Region,
    /// Ids of the two REST APIs.
    pub apis: [String; 2],
    /// Ids of the two HTTP APIs.
    pub http_apis: [String; 2],
}

/// Account and region as the plan knows them.
pub fn site() -> Site {
    Site {
        partition: "aws".into(),
        account: ACCOUNT.into(),
        region: REGION.into(),
    }
}

/// The ARN of `function`, which may carry a qualifier.
pub fn function_arn(function: &str) -> String {
    format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{function}")
}

/// The URI of an integration that calls `function`, which may carry a qualifier or a stage variable.
pub fn uri(function: &str) -> String {
    let arn = function_arn(function);
    format!("arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{arn}/invocations")
}

/// An execution ARN.
pub fn execution_arn(api: &str, rest: &str) -> String {
    format!("arn:aws:execute-api:{REGION}:{ACCOUNT}:{api}/{rest}")
}

/// Lets time pass.
pub fn advance(region: &mut Region, duration: Millis) {
    region.settle(region.now + duration);
}

/// What requests need of a region, to be asked on a copy: functions and APIs, not what was measured and delivered, nor who polls.
pub fn to_ask(region: &Region) -> Region {
    Region {
        account: region.account.clone(),
        region: region.region.clone(),
        ids: region.ids,
        now: region.now,
        settings: region.settings.clone(),
        functions: region.functions.clone(),
        rest_apis: region.rest_apis.clone(),
        http_apis: region.http_apis.clone(),
        deployment_propagation_ms: region.deployment_propagation_ms,
        ..Region::default()
    }
}

impl Scene {
    /// Version 1 of both functions; the first API calls the endpoint's function without a qualifier, the second the other function.
    pub fn new() -> Self {
        let mut region = Region {
            account: ACCOUNT.into(),
            region: REGION.into(),
            ..Region::default()
        };
        region.settle(START);
        for function in [FUNCTION, OTHER] {
            let version = Version {
                role: sources::ROLE.into(),
                ..Version::of("code 0")
            };
            region.create_function(function, version, false).unwrap();
        }
        advance(&mut region, MINUTE);
        for function in [FUNCTION, OTHER] {
            region.publish_version(function, None, None, None).unwrap();
        }
        region.create_alias(OTHER, ALIAS, "1", ById::new(), "").unwrap();
        region.put_provisioned_concurrency_config(OTHER, ALIAS, 1).unwrap();
        let apis = [api(&mut region, FUNCTION), api(&mut region, &format!("{OTHER}:{ALIAS}"))];
        let http_apis = [gateway::shared(&mut region), gateway::quick(&mut region)];
        for (function, qualifier) in [(FUNCTION, None), (OTHER, Some(ALIAS))] {
            for (sid, api) in ["first", "second", "third", "fourth"].iter().zip(apis.iter().chain(&http_apis)) {
                let statement = Statement::for_api(sid, &execution_arn(api, "*/*"));
                region.add_permission(function, qualifier, statement, None).unwrap();
            }
        }
        sources::make(&mut region);
        advance(&mut region, 10 * MINUTE);
        Self { region, apis, http_apis }
    }
}

/// An API all of whose methods call `function`, deployed on both stages.
fn api(region: &mut Region, function: &str) -> String {
    let new = NewRestApi {
        name: "reviews".into(),
        ..NewRestApi::default()
    };
    let made = region.create_rest_api(region.now, new).unwrap();
    let (api, root) = (made.id, made.root_resource_id);
    let reviews = region.create_resource(&api, &root, "reviews").unwrap().id;
    let items = region.create_resource(&api, &root, "items").unwrap().id;
    let item = region.create_resource(&api, &items, "{id}").unwrap().id;
    for ((_, http_method, _), resource) in ROUTES.iter().zip([&reviews, &reviews, &item]) {
        let method = NewMethod {
            authorization_type: "NONE".into(),
            ..NewMethod::default()
        };
        region.put_method(&api, resource, http_method, method).unwrap();
        region.put_integration(&api, resource, http_method, proxy(&uri(function))).unwrap();
    }
    for stage in STAGES {
        deploy(region, &api, stage).unwrap();
    }
    api
}

/// A Lambda proxy integration.
pub fn proxy(uri: &str) -> NewIntegration {
    NewIntegration {
        kind: "AWS_PROXY".into(),
        http_method: Some("POST".into()),
        uri: Some(uri.into()),
        ..NewIntegration::default()
    }
}

/// Deploys an API to a stage.
pub fn deploy(region: &mut Region, api: &str, stage: &str) -> awssim::world::Answer<()> {
    let new = NewDeployment {
        stage_name: Some(stage.into()),
        ..NewDeployment::default()
    };
    region.create_deployment(region.now, api, new).map(drop)
}
