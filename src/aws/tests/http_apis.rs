//! HTTP APIs, against awssim on a socket.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use awssim::server::Server;
use awssim::sim::Sim;
use awssim::sim::clock::Clock;
use awssim::sim::fault::{Fault, Loss, Matching, Rule};
use awssim::sim::ledger::{Entry, Filter};
use awssim::world::http_api::{HttpApi, Integration};
use awssim::world::{Version, World};
use serde_json::{Value, json};

use super::scripted::{Answer, Scripted};
use super::simulated::{ACCOUNT, REGION, aws_at, aws_with, observe};
use super::{desired, not_found};
use crate::aws::clients::{Aws, Settings};
use crate::aws::{Cloud, Look};
use crate::plan::desired::Desired;
use crate::plan::failure::{Class, Effect};
use crate::plan::memory::Memory;
use crate::plan::observed::{self, PendingDeployment};
use crate::plan::policy::statement_id;
use crate::plan::step::Step;

const API: &str = "h1i2j3k4l5";
const ALIAS: &str = "arn:aws:lambda:eu-west-1:111122223333:function:fir-api:live";

/// Thirty routes that share an integration of the bare function, stage `prod`, which is deployed by calls, and `auto`.
fn api() -> Value {
    let keys = (1..30).map(|n| format!("GET /reviews/{n}")).chain(["$default".to_owned()]);
    let routes: serde_json::Map<_, _> = keys.map(|key| (key, json!({"target": "integrations/int0001"}))).collect();
    json!({
        "name": "reviews",
        "integrations": {"int0001": {
            "integrationUri": desired().function_arn(),
            "payloadFormatVersion": "1.0",
            "timeoutInMillis": 5000,
        }},
        "routes": routes,
        "stages": {
            "prod": {"stageVariables": {"table": "orders", "alias": "blue"}},
            "auto": {"autoDeploy": true},
        },
    })
}

/// A function that was published once, with its alias, and the API.
async fn world(stage: &str) -> (Server, Aws, Desired) {
    let sim = Sim::new(World::default(), Clock::real());
    sim.with_region(ACCOUNT, REGION, |region, now| {
        region.create_function("fir-api", Version::of("one"), false).unwrap();
        region.settle(now + 60_000);
        region.publish_version("fir-api", None, None, None).unwrap();
        region.create_alias("fir-api", "live", "1", Default::default(), "").unwrap();
        let api: HttpApi = serde_json::from_value(api()).unwrap();
        region.http_apis.insert(API.into(), api);
        region.settle(now + 60_000);
    });
    let server = Server::start("127.0.0.1:0", sim).await.unwrap();
    let aws = aws_at(&server.url()).await;
    (server, aws, desired_on(stage))
}

fn desired_on(stage: &str) -> Desired {
    let spec = json!({
        "functionName": "fir-api",
        "triggers": [{"name": "edge", "httpApi": {"apiId": API, "stageName": stage}}],
    });
    let site = desired().site;
    Desired::resolve(&serde_json::from_value(spec).unwrap(), &desired().uid, 1, site).unwrap()
}

async fn seen(aws: &Aws, desired: &Desired) -> observed::HttpApi {
    observe(aws, desired).await.http_apis[API].clone()
}

fn integration(server: &Server) -> Integration {
    server
        .sim
        .with_region(ACCOUNT, REGION, |region, _| region.http_apis[API].integrations["int0001"].clone())
}

fn asked(server: &Server, operation: &str) -> Vec<Entry> {
    let filter = Filter {
        operation: Some(operation.into()),
        ..Filter::default()
    };
    server.sim.ledger(&filter)
}

fn move_integration() -> Step {
    Step::UpdateHttpIntegration {
        api_id: API.into(),
        integration_id: "int0001".into(),
        uri: ALIAS.into(),
    }
}

fn deploy() -> Step {
    Step::DeployHttpStage {
        api_id: API.into(),
        stage: "prod".into(),
    }
}

#[tokio::test]
async fn routes_integrations_and_stages_are_read_to_the_last_page() {
    let (server, aws, desired) = world("prod").await;
    let api = seen(&aws, &desired).await;
    let routes = api.routes.unwrap();
    assert_eq!((routes.len(), asked(&server, "GetRoutes").len()), (30, 2));
    assert!(routes.values().all(|route| route.integration_id.as_deref() == Some("int0001")));
    assert_eq!(api.integrations["int0001"].payload_format.as_deref(), Some("1.0"));
    assert_eq!((api.stages["auto"].auto_deploy, api.stages["prod"].auto_deploy), (true, false));
    assert_eq!(api.stages["auto"].deployed, None, "nobody asked");
    let deployed = api.stages["prod"].deployed.clone().unwrap();
    assert_eq!(deployed.len(), 30);
    assert!(deployed.values().all(|call| call.uri == desired.function_arn()));
    assert_eq!(deployed.keys().collect::<BTreeSet<_>>(), routes.keys().collect());
}

#[tokio::test]
async fn every_integration_and_stage_of_a_large_api_is_read() {
    let (server, aws, desired) = world("prod").await;
    server.sim.with_region(ACCOUNT, REGION, |region, _| {
        let api = region.http_apis.get_mut(API).unwrap();
        let (integration, stage) = (api.integrations["int0001"].clone(), api.stages["auto"].clone());
        api.integrations
            .extend((2..60).map(|n| (format!("int{n:04}"), integration.clone())));
        api.stages.extend((1..40).map(|n| (format!("stage{n}"), stage.clone())));
    });
    let api = seen(&aws, &desired).await;
    assert_eq!((api.integrations.len(), asked(&server, "GetIntegrations").len()), (59, 3));
    assert_eq!((api.stages.len(), asked(&server, "GetStages").len()), (41, 2));
}

#[tokio::test]
async fn an_export_is_asked_for_once_for_a_deployment() {
    let (server, aws, desired) = world("prod").await;
    for _ in 0..2 {
        seen(&aws, &desired).await;
    }
    assert_eq!(asked(&server, "ExportApi").len(), 1);
}

#[tokio::test]
async fn an_api_that_does_not_exist_has_no_routes() {
    let (server, aws, desired) = world("prod").await;
    server
        .sim
        .with_region(ACCOUNT, REGION, |region, _| region.delete_http_api(API).unwrap());
    assert_eq!(seen(&aws, &desired).await, observed::HttpApi::default());
}

#[tokio::test]
async fn an_integration_is_pointed_at_the_alias_and_the_rest_of_it_stays() {
    let (server, aws, desired) = world("prod").await;
    let before = integration(&server);
    aws.execute(&desired, &move_integration()).await.unwrap();
    let moved = Integration {
        integration_uri: Some(ALIAS.into()),
        ..before
    };
    assert_eq!(integration(&server), moved);
    let api = seen(&aws, &desired).await;
    assert_eq!(api.integrations["int0001"].uri.as_deref(), Some(ALIAS));
    let deployed = api.stages["prod"].deployed.clone().unwrap();
    assert!(
        deployed.values().all(|call| call.uri == desired.function_arn()),
        "nothing is deployed yet"
    );
    aws.execute(&desired, &deploy()).await.unwrap();
    let deployed = seen(&aws, &desired).await.stages["prod"].deployed.clone().unwrap();
    assert!(deployed.values().all(|call| call.uri == ALIAS));
}

#[tokio::test]
async fn a_stage_that_deploys_itself_shows_the_edit_a_moment_later() {
    let (server, aws, desired) = world("auto").await;
    aws.execute(&desired, &move_integration()).await.unwrap();
    server.sim.advance(Duration::from_secs(10));
    let stage = seen(&aws, &desired).await.stages["auto"].clone();
    assert!(stage.deployed.unwrap().values().all(|call| call.uri == ALIAS));
    assert_eq!(stage.deployment_failure, None);
}

#[tokio::test]
async fn a_failed_automatic_deployment_is_told_in_awss_words() {
    let (server, aws, desired) = world("auto").await;
    server.sim.with_region(ACCOUNT, REGION, |region, _| {
        region.settings.http_deployment_failure = Some("no luck".into());
    });
    aws.execute(&desired, &move_integration()).await.unwrap();
    server.sim.advance(Duration::from_secs(10));
    let stage = seen(&aws, &desired).await.stages["auto"].clone();
    assert_eq!(stage.deployment_failure.as_deref(), Some("Deployment attempt failed: no luck"));
}

#[tokio::test]
async fn how_far_a_deployment_is_is_asked_only_while_the_stage_waits_for_it() {
    let (server, _, desired) = world("prod").await;
    let unshared = Settings {
        api_kept: Duration::ZERO,
        ..Settings::default()
    };
    let aws = aws_with(&server.url(), unshared).await;
    server
        .sim
        .with_region(ACCOUNT, REGION, |region, _| region.settings.http_deployment_ms = 60_000);
    aws.execute(&desired, &move_integration()).await.unwrap();
    aws.execute(&desired, &deploy()).await.unwrap();
    let stage = seen(&aws, &desired).await.stages["prod"].clone();
    assert_eq!(stage.pending, Some(PendingDeployment::Pending));
    server.sim.advance(Duration::from_secs(120));
    let before = asked(&server, "GetDeployments").len();
    let stage = seen(&aws, &desired).await.stages["prod"].clone();
    assert!(stage.deployed.unwrap().values().all(|call| call.uri == ALIAS));
    assert_eq!((stage.pending, asked(&server, "GetDeployments").len()), (None, before));
}

/// Before the deployment is done: the stage serves `old`. Afterwards it serves `new`. It is done when the deployments are asked for.
fn done_meanwhile() -> Scripted {
    let done = AtomicBool::new(false);
    Scripted::new(move |request| {
        let is_new = done.load(Ordering::SeqCst);
        let id = if is_new { "new" } else { "old" };
        let path = request.call.split_once(API).map_or("", |(_, path)| path);
        let body = match path {
            "/routes" => json!({"items": [{"routeId": "r1", "routeKey": "$default", "target": "integrations/i1"}]}),
            "/integrations" => json!({"items": [{"integrationId": "i1", "integrationType": "AWS_PROXY", "integrationUri": ALIAS}]}),
            "/stages" => json!({"items": [{"stageName": "prod", "deploymentId": id}]}),
            "/stages/prod" => json!({"stageName": "prod", "deploymentId": id}),
            "/exports/OAS30" => {
                let uri = if is_new { ALIAS.to_owned() } else { desired().function_arn() };
                let integration = json!({"type": "aws_proxy", "uri": uri});
                let route = json!({"isDefaultRoute": true, "x-amazon-apigateway-integration": integration});
                json!({"openapi": "3.0.1", "paths": {"/$default": {"x-amazon-apigateway-any-method": route}}})
            }
            "/deployments" => {
                done.store(true, Ordering::SeqCst);
                json!({"items": [{"deploymentId": "new", "description": "warmlambda: prod", "deploymentStatus": "DEPLOYED"}]})
            }
            _ if request.call == "POST /" => json!({"ScalableTargets": []}),
            _ => return not_found(),
        };
        Answer::Is(200, body)
    })
}

#[tokio::test(start_paused = true)]
async fn a_deployment_that_is_done_between_two_reads_is_seen_and_not_made_again() {
    let scripted = done_meanwhile();
    let api = seen(&scripted.aws().await, &desired_on("prod")).await;
    let stage = &api.stages["prod"];
    assert_eq!((stage.deployment_id.as_str(), &stage.pending), ("new", &None));
    assert_eq!(stage.deployed.as_ref().unwrap()["$default"].uri, ALIAS);
}

#[tokio::test]
async fn a_deployment_that_failed_is_told_in_awss_words() {
    let (server, aws, desired) = world("prod").await;
    server.sim.with_region(ACCOUNT, REGION, |region, _| {
        region.settings.http_deployment_failure = Some("no luck".into());
    });
    aws.execute(&desired, &move_integration()).await.unwrap();
    aws.execute(&desired, &deploy()).await.unwrap();
    let stage = seen(&aws, &desired).await.stages["prod"].clone();
    let Some(PendingDeployment::Failed { message, created }) = stage.pending else {
        panic!("{:?}", stage.pending)
    };
    assert_eq!(message, "no luck");
    assert!(created.is_some());
}

#[tokio::test]
async fn an_integration_is_made_for_a_function_and_given_to_a_route_that_keeps_the_rest() {
    let (server, aws, desired) = world("prod").await;
    let make = Step::CreateHttpIntegration {
        api_id: API.into(),
        uri: ALIAS.into(),
        payload_format: "2.0".into(),
        description: "ours".into(),
    };
    aws.execute(&desired, &make).await.unwrap();
    let api = seen(&aws, &desired).await;
    let (id, made) = api.integrations.iter().find(|(id, _)| *id != "int0001").unwrap();
    assert_eq!(
        (
            made.kind.as_str(),
            made.uri.as_deref(),
            made.payload_format.as_deref(),
            made.description.as_str()
        ),
        ("AWS_PROXY", Some(ALIAS), Some("2.0"), "ours")
    );
    let route = |server: &Server| {
        server
            .sim
            .with_region(ACCOUNT, REGION, |region, _| region.http_apis[API].routes["$default"].clone())
    };
    let before = route(&server);
    let give = Step::UpdateRoute {
        api_id: API.into(),
        route_id: before.route_id.clone(),
        route_key: "$default".into(),
        integration_id: id.clone(),
    };
    aws.execute(&desired, &give).await.unwrap();
    let delete = Step::DeleteHttpIntegration {
        api_id: API.into(),
        integration_id: id.clone(),
    };
    let refused = aws.execute(&desired, &delete).await.unwrap_err();
    assert!(refused.message.contains("referenced"), "a route uses it: {refused}");
    let given = awssim::world::http_api::Route {
        target: Some(format!("integrations/{id}")),
        ..before
    };
    assert_eq!(route(&server), given);
}

#[tokio::test]
async fn an_integration_that_no_route_uses_is_deleted_and_to_delete_it_again_is_no_failure() {
    let (_server, aws, desired) = world("prod").await;
    let make = Step::CreateHttpIntegration {
        api_id: API.into(),
        uri: ALIAS.into(),
        payload_format: "2.0".into(),
        description: "ours".into(),
    };
    aws.execute(&desired, &make).await.unwrap();
    let before = seen(&aws, &desired).await.integrations;
    let (id, _) = before.iter().find(|(_, i)| i.description == "ours").unwrap();
    let delete = Step::DeleteHttpIntegration {
        api_id: API.into(),
        integration_id: id.clone(),
    };
    for _ in 0..2 {
        aws.execute(&desired, &delete).await.unwrap();
        assert!(!seen(&aws, &desired).await.integrations.contains_key(id));
    }
}

#[tokio::test]
async fn stage_variables_are_set_and_none_is_lost() {
    let (_server, aws, desired) = world("prod").await;
    let mut variables = seen(&aws, &desired).await.stages["prod"].variables.clone();
    variables.insert("alias".into(), "live".into());
    let set = Step::SetHttpStageVariables {
        api_id: API.into(),
        stage: "prod".into(),
        variables: variables.clone(),
    };
    aws.execute(&desired, &set).await.unwrap();
    assert_eq!(seen(&aws, &desired).await.stages["prod"].variables, variables);
    assert_eq!(variables["table"], "orders");
}

#[tokio::test]
async fn a_lost_answer_of_each_write_leaves_it_open_and_it_was_sent_once() {
    let steps = |route_id: String| {
        [
            move_integration(),
            Step::CreateHttpIntegration {
                api_id: API.into(),
                uri: ALIAS.into(),
                payload_format: "2.0".into(),
                description: String::new(),
            },
            Step::UpdateRoute {
                api_id: API.into(),
                route_id,
                route_key: "$default".into(),
                integration_id: "int0001".into(),
            },
            Step::SetHttpStageVariables {
                api_id: API.into(),
                stage: "prod".into(),
                variables: [("alias".to_owned(), "live".to_owned())].into(),
            },
            deploy(),
        ]
    };
    let (server, aws, desired) = world("prod").await;
    let route_id = seen(&aws, &desired).await.routes.unwrap()["$default"].id.clone();
    let matching = Matching {
        write: Some(true),
        ..Matching::default()
    };
    server.sim.add_fault(Rule {
        matching,
        skip: 0,
        times: None,
        fault: Fault::LoseAnswer { how: Loss::Close },
    });
    for step in steps(route_id) {
        let failure = aws.execute(&desired, &step).await.unwrap_err();
        assert_eq!((&failure.class, failure.effect), (&Class::Transient, Effect::Unknown), "{failure}");
        let operation = step.action().split_once(':').unwrap().1;
        let entries = asked(&server, operation);
        assert_eq!((entries.len(), entries[0].carried_out), (1, 1), "{operation}");
    }
}

#[tokio::test]
async fn an_api_that_left_the_spec_is_found_whatever_its_kind() {
    let (server, aws, desired) = world("prod").await;
    let source_arn = desired.site.execution_arn(API, "*/*");
    let permit = Step::AddPermission {
        statement_id: statement_id(&desired, &source_arn),
        source_arn,
        revision_id: None,
    };
    aws.execute(&desired, &permit).await.unwrap();
    let without = Desired {
        http_apis: Vec::new(),
        ..desired
    };
    let observed = aws.observe(&without, &Memory::default(), Look::Chain).await.unwrap();
    assert_eq!(observed.rest_apis[API].methods, None);
    let stages = &observed.http_apis[API].stages;
    assert!(
        stages.values().all(|stage| stage.deployed.is_some()),
        "every stage may have a caller"
    );
    assert_eq!(asked(&server, "ExportApi").len(), 2);
}
