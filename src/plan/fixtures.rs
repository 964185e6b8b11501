//! A quiet chain to start tests from: version 40 behind alias `live`, 3 of 3 warm, one method of one REST API, all as desired.

use std::collections::BTreeMap;
use std::time::Duration;

use k8s_openapi::jiff::Timestamp;
use serde_json::json;

use super::arn::Site;
use super::assess::{Moment, Outcome, Pass, Verdict, assess};
use super::desired::{Desired, MethodKey};
use super::failure::{Class, Effect, Failure};
use super::memory::Memory;
use super::observed::{
    Alias, AliasPolicy, AllocationState, CodeState, Concurrency, DeployedCall, EnvironmentSize, HttpApi, HttpIntegration, HttpStage,
    Integration, LatestCode, Mapping, MappingState, Method, Observed, PublishedCode, RestApi, Route, Stage,
};
use super::policy::{Statement, statement_id};
use super::steps::{Plan, plan};
use super::usage::Usage;
use crate::api::{WarmLambdaEndpointSpec, WarmLambdaEndpointStatus};

pub const UID: &str = "7f3c1a2b-0000-4000-8000-000000000000";
pub const API: &str = "a1b2c3d4e5";
pub const STREAM: &str = "arn:aws:dynamodb:eu-west-1:111122223333:table/orders/stream/2026-01-01T00:00:00.000";
/// UUID of the mapping of the stream.
pub const ORDERS: &str = "0aaaaaaa-0000-4000-8000-000000000001";
pub const HTTP_API: &str = "f6g7h8i9j0";

pub fn desired_by(spec: serde_json::Value) -> Desired {
    let spec: WarmLambdaEndpointSpec = serde_json::from_value(spec).unwrap();
    let site = Site {
        partition: "aws".into(),
        account: "111122223333".into(),
        region: "eu-west-1".into(),
    };
    Desired::resolve(&spec, UID, 1, site).unwrap()
}

pub fn desired() -> Desired {
    let trigger = json!({"name": "public", "restApi": {"apiId": API, "stageName": "prod"}});
    desired_by(json!({"functionName": "fir-api", "provisionedConcurrency": 3, "triggers": [trigger]}))
}

/// The function with a stream instead of an API.
pub fn orders() -> Desired {
    orders_by(json!({"arn": STREAM}))
}

/// The same, with the source as the spec names it.
pub fn orders_by(source: serde_json::Value) -> Desired {
    let trigger = json!({"name": "orders", "eventSource": source});
    desired_by(json!({"functionName": "fir-api", "provisionedConcurrency": 3, "triggers": [trigger]}))
}

/// An enabled mapping of the stream on the function with this qualifier, which is empty or begins with a colon.
pub fn mapping(qualifier: &str) -> Mapping {
    mapping_of(STREAM, &format!("{}{qualifier}", desired().function_arn()))
}

/// An enabled mapping of a source on a function.
pub fn mapping_of(source_arn: &str, function_arn: &str) -> Mapping {
    Mapping {
        source_arn: Some(source_arn.into()),
        bootstrap_servers: Vec::new(),
        topics: Vec::new(),
        function_arn: function_arn.into(),
        state: MappingState::Enabled,
        state_reason: "User action".into(),
        last_result: "OK".into(),
        on_failure_arn: None,
        starts_at_latest: false,
    }
}

/// What AWS shows of [`orders`] when that is its only mapping.
pub fn mapped(qualifier: &str) -> Observed {
    Observed {
        mappings: Some(BTreeMap::from([(ORDERS.into(), mapping(qualifier))])),
        policy: None,
        rest_apis: BTreeMap::new(),
        ..quiet()
    }
}

pub fn reviews() -> MethodKey {
    MethodKey {
        path: "/reviews".into(),
        http_method: "GET".into(),
    }
}

pub fn proxy(uri: &str) -> Method {
    let integration = Integration {
        kind: "AWS_PROXY".into(),
        http_method: Some("POST".into()),
        uri: Some(uri.into()),
        credentials: None,
    };
    Method {
        resource_id: "res1".into(),
        integration: Some(integration),
    }
}

pub fn deployed(uri: &str) -> DeployedCall {
    DeployedCall {
        uri: uri.into(),
        credentials: None,
    }
}

pub fn statement(desired: &Desired, id: &str, source_arn: &str) -> Statement {
    let body = json!({"Sid": id, "Effect": "Allow", "Principal": {"Service": "apigateway.amazonaws.com"},
        "Action": "lambda:InvokeFunction", "Resource": desired.alias_arn(), "Condition": {"ArnLike": {"AWS:SourceArn": source_arn}}});
    Statement { id: id.into(), body }
}

pub fn capacity(requested: u32, state: AllocationState) -> Concurrency {
    Concurrency {
        requested,
        allocated: requested,
        available: requested,
        state,
        changed: None,
    }
}

/// What AWS shows when all is as [`desired`].
pub fn quiet() -> Observed {
    let desired = desired();
    let code = |fingerprint: &str| PublishedCode {
        code_sha256: format!("sha-{fingerprint}"),
        fingerprint: fingerprint.into(),
        size: EnvironmentSize::default(),
    };
    let source_arn = desired.site.execution_arn(API, "*/*");
    let stage = Stage {
        deployment_id: "dep1".into(),
        variables: BTreeMap::new(),
        canary: false,
        deployed: Some(BTreeMap::from([(reviews(), deployed(&desired.alias_uri()))])),
    };
    let api = RestApi {
        methods: Some(BTreeMap::from([(reviews(), proxy(&desired.alias_uri()))])),
        stages: BTreeMap::from([("prod".into(), stage)]),
    };
    Observed {
        function: Some(LatestCode {
            code_sha256: "sha-forty".into(),
            revision_id: "rev-latest".into(),
            fingerprint: "forty".into(),
            state: CodeState::Active,
            snap_start: false,
            size: EnvironmentSize::default(),
            role: "arn:aws:iam::111122223333:role/fir-api".into(),
        }),
        versions: Some(BTreeMap::from([(39, code("thirty-nine")), (40, code("forty"))])),
        version_states: BTreeMap::new(),
        alias: Some(Alias {
            version: Some(40),
            weights: BTreeMap::new(),
            revision_id: "rev-alias".into(),
            description: String::new(),
        }),
        capacity: Some(capacity(3, AllocationState::Ready)),
        policy: Some(AliasPolicy {
            revision_id: "rev-policy".into(),
            statements: vec![statement(&desired, &statement_id(&desired, &source_arn), &source_arn)],
            size: 400,
        }),
        scaling: None,
        rest_apis: BTreeMap::from([(API.into(), api)]),
        ..Observed::default()
    }
}

/// An endpoint whose one trigger is a stage of an HTTP API, with its fields besides the API.
pub fn desired_http(rest: serde_json::Value) -> Desired {
    let mut api = json!({"apiId": HTTP_API, "stageName": "prod"});
    api.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
    let trigger = json!({"name": "edge", "httpApi": api});
    desired_by(json!({"functionName": "fir-api", "provisionedConcurrency": 3, "triggers": [trigger]}))
}

/// A quiet chain behind an HTTP API: routes `POST /reviews` and `$default` share integration `int1`, which calls `uri` now and
/// as it is deployed on stage `prod`, which does not deploy itself.
pub fn quiet_http(uri: &str) -> Observed {
    let desired = desired();
    let mut observed = quiet();
    let route = |id: &str| Route {
        id: id.into(),
        integration_id: Some("int1".into()),
    };
    let routes = [("POST /reviews", "route1"), ("$default", "route2")];
    let stage = HttpStage {
        deployment_id: "dep1".into(),
        deployed: Some(routes.iter().map(|(key, _)| ((*key).to_owned(), deployed(uri))).collect()),
        ..HttpStage::default()
    };
    let api = HttpApi {
        routes: Some(routes.iter().map(|(key, id)| ((*key).to_owned(), route(id))).collect()),
        integrations: BTreeMap::from([("int1".into(), http_integration(uri))]),
        stages: BTreeMap::from([("prod".into(), stage)]),
    };
    let source_arn = desired.site.execution_arn(HTTP_API, "*/*");
    observed.policy.as_mut().unwrap().statements = vec![statement(&desired, &statement_id(&desired, &source_arn), &source_arn)];
    observed.rest_apis.clear();
    observed.http_apis.insert(HTTP_API.into(), api);
    observed
}

pub fn http_integration(uri: &str) -> HttpIntegration {
    HttpIntegration {
        kind: "AWS_PROXY".into(),
        uri: Some(uri.into()),
        credentials: None,
        payload_format: Some("1.0".into()),
        description: String::new(),
    }
}

pub fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).unwrap()
}

pub fn moment(seconds: i64) -> Moment {
    Moment {
        now: at(seconds),
        generation: 1,
        grace: Duration::from_mins(2),
        failures: 0,
    }
}

/// The calls that are due, without their reasons.
pub fn calls(desired: &Desired, observed: &Observed) -> Vec<String> {
    let plan = plan(desired, observed, &Memory::default(), at(0));
    plan.steps.iter().map(|s| s.step.describe(desired)).collect()
}

/// The actions of the calls that are due.
pub fn actions(desired: &Desired, observed: &Observed) -> Vec<&'static str> {
    planned(desired, observed).steps.iter().map(|s| s.step.action()).collect()
}

pub fn planned(desired: &Desired, observed: &Observed) -> Plan {
    plan(desired, observed, &Memory::default(), at(0))
}

/// The verdict of a pass that did `outcome` of what was due.
pub fn verdict(desired: &Desired, observed: &Observed, outcome: &Outcome, previous: &WarmLambdaEndpointStatus, seconds: i64) -> Verdict {
    told(None, desired, observed, outcome, previous, seconds)
}

/// The status of a quiet chain.
pub fn ready() -> WarmLambdaEndpointStatus {
    verdict(&desired(), &quiet(), &Outcome::default(), &WarmLambdaEndpointStatus::default(), 0).status
}

/// A call that failed and was not carried out.
pub fn failure(operation: &'static str, class: Class) -> Failure {
    Failure {
        class,
        effect: Effect::NotApplied,
        operation,
        resource: "fir-api:live".into(),
        code: "Code".into(),
        message: "text".into(),
        request_id: None,
    }
}

/// The verdict of a pass that did nothing and knew a sample of CloudWatch.
pub fn verdict_with(
    usage: Option<&Usage>,
    desired: &Desired,
    observed: &Observed,
    previous: &WarmLambdaEndpointStatus,
    seconds: i64,
) -> Verdict {
    told(usage, desired, observed, &Outcome::default(), previous, seconds)
}

fn told(
    usage: Option<&Usage>,
    desired: &Desired,
    observed: &Observed,
    outcome: &Outcome,
    previous: &WarmLambdaEndpointStatus,
    seconds: i64,
) -> Verdict {
    let memory = Memory::from(previous);
    let plan = plan(desired, observed, &memory, at(seconds));
    assess(&Pass {
        desired,
        observed,
        plan: &plan,
        outcome,
        previous,
        memory: &memory,
        usage,
        unsampled: None,
        moment: moment(seconds),
    })
}

/// Message of a condition; empty when it is absent.
pub fn message(status: &WarmLambdaEndpointStatus, kind: &str) -> String {
    let found = status.conditions.iter().find(|c| c.type_ == kind);
    found.map(|c| c.message.clone()).unwrap_or_default()
}

/// Status and reason of a condition, `None` when it is absent.
pub fn condition(status: &WarmLambdaEndpointStatus, kind: &str) -> Option<(String, String)> {
    let found = status.conditions.iter().find(|c| c.type_ == kind)?;
    Some((found.status.clone(), found.reason.clone()))
}
