//! Integrations and routes of HTTP APIs of every kind that one finds, and writes whose answers are lost.

use awssim::world::http_api::NewHttpApi;
use serde_json::{Value, json};

use crate::harness::aws::ALIAS_URI;
use crate::harness::endpoint::Told;
use crate::harness::http_api::{ALIAS_ARN, ELSEWHERE, FUNCTION_ARN, HTTP_API, POST, SHARED, edge, sharing, to};
use crate::harness::scenario::Scenario;
use crate::harness::traffic::{Place, Traffic, request_at};
use crate::http_api::with;

/// A function of somebody else.
const PINE: &str = "arn:aws:lambda:eu-west-1:111122223333:function:pine-api";
const VARIABLE: &str = "arn:aws:lambda:eu-west-1:111122223333:function:${stageVariables.function}";

/// The API with a route that has no integration beside one that has.
fn without_target() -> Value {
    let mut api = sharing(FUNCTION_ARN);
    api["routes"]["POST /reviews"] = json!({});
    api
}

/// The trigger names only the route for posts.
fn posts_only() -> Value {
    edge(&json!({ "routeKeys": ["POST /reviews"] }))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_form_of_a_uri_is_kept() {
    let invocation = ALIAS_URI.replace(":live/", "/");
    let scenario = with(sharing(&invocation)).await;
    scenario.apply(&edge(&json!({})));
    scenario.until_ready().await;
    assert_eq!(scenario.aws.http_integration(SHARED).integration_uri.as_deref(), Some(ALIAS_URI));
    assert_eq!(scenario.aws.deployed_on("$default").as_deref(), Some(ALIAS_URI));
    assert_eq!(scenario.aws.count_since(0, "UpdateIntegration"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_default_route_of_a_quick_create_is_moved() {
    let mut scenario = Scenario::without_operator().await;
    scenario.aws.has_http_api(sharing(PINE));
    let id = scenario
        .aws
        .region_at(|region, now| {
            region.create_http_api(
                now,
                NewHttpApi {
                    name: "quick".into(),
                    protocol_type: "HTTP".into(),
                    target: Some(FUNCTION_ARN.into()),
                    ..NewHttpApi::default()
                },
            )
        })
        .expect("quick create")
        .id;
    scenario.start_operator();
    scenario.apply(&edge(&json!({ "apiId": id })));
    scenario.until_ready().await;
    let api = scenario.aws.region(|region| region.http_apis[&id].clone());
    let integration = api.integrations.values().next().expect("one");
    assert!(integration.api_gateway_managed);
    assert_eq!(integration.integration_uri.as_deref(), Some(ALIAS_ARN));
    assert_eq!(integration.payload_format_version.as_deref(), Some("2.0"));
    let served = scenario
        .aws
        .region_at(|region, now| region.call_stage(now, &id, "$default", "GET", "/any/thing"));
    assert_eq!((served.status, served.executed_version.as_deref()), (200, Some("40")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stage_variable_is_pointed_at_the_alias_and_the_others_stay() {
    let mut api = sharing(VARIABLE);
    api["stages"]["prod"]["stageVariables"] = json!({ "function": "fir-api", "table": "orders" });
    let scenario = with(api).await;
    let at = Place { stage: "prod", ..POST };
    assert_eq!(request_at(scenario.aws.sim(), at).status, 200);
    let traffic = Traffic::start_at(scenario.aws.sim(), at, 20);
    scenario.apply(&edge(&json!({ "stageName": "prod" })));
    scenario.until_ready().await;
    let variables = scenario
        .aws
        .region(|region| region.http_apis[HTTP_API].stages["prod"].stage_variables.clone());
    assert_eq!(
        (variables["function"].as_str(), variables["table"].as_str()),
        ("fir-api:live", "orders")
    );
    assert_eq!(scenario.aws.http_integration(SHARED).integration_uri.as_deref(), Some(VARIABLE));
    assert_eq!(scenario.aws.count_since(0, "UpdateStage"), 1);
    assert_eq!(scenario.aws.count_since(0, "CreateDeployment"), 0);
    let answers = traffic.stop().await;
    assert!(answers.failed().is_empty(), "{:?}", answers.failed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_named_route_without_an_integration_gets_one_and_is_served() {
    let scenario = with(without_target()).await;
    scenario.apply(&posts_only());
    scenario.until_ready().await;
    assert_eq!(scenario.aws.http_integrations().len(), 2);
    assert_eq!(
        (
            scenario.aws.count_since(0, "CreateIntegration"),
            scenario.aws.count_since(0, "UpdateRoute")
        ),
        (1, 1)
    );
    let before = scenario.aws.http_integration(SHARED);
    assert_eq!(
        before.integration_uri.as_deref(),
        Some(FUNCTION_ARN),
        "a route that is not named is not moved"
    );
    let served = request_at(scenario.aws.sim(), POST);
    assert_eq!((served.status, served.executed_version.as_deref()), (200, Some("40")));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_integration_of_another_function_is_not_taken_from_a_route_that_is_not_named() {
    let scenario = with(sharing(PINE)).await;
    scenario.apply(&posts_only());
    scenario.until_ready().await;
    assert_eq!(scenario.aws.http_integration(SHARED).integration_uri.as_deref(), Some(PINE));
    assert_eq!(scenario.aws.route("$default").target.as_deref(), Some("integrations/int0001"));
    let target = scenario.aws.route("POST /reviews").target.expect("a target");
    let made = scenario
        .aws
        .http_integration(target.strip_prefix("integrations/").expect("an integration"));
    assert_eq!(made.integration_uri.as_deref(), Some(ALIAS_ARN));
    assert_eq!(
        made.payload_format_version.as_deref(),
        Some("1.0"),
        "the events of the route keep their shape"
    );
    assert_eq!(scenario.aws.count_since(0, "UpdateIntegration"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_named_route_goes_to_an_integration_that_calls_the_alias_already() {
    let mut api = without_target();
    api["integrations"]["int0002"] = to(ALIAS_ARN);
    let scenario = with(api).await;
    scenario.apply(&posts_only());
    scenario.until_ready().await;
    assert_eq!(scenario.aws.route("POST /reviews").target.as_deref(), Some("integrations/int0002"));
    assert_eq!(scenario.aws.count_since(0, "CreateIntegration"), 0);
}

/// Brings an endpoint up while the first answer of `operation` is lost; everything is there once.
async fn converges_without(operation: &str, api: Value, trigger: Value, integrations: usize) {
    let mut scenario = Scenario::without_operator().await;
    scenario.aws.has_http_api(api);
    let deployments = scenario.aws.http_deployments();
    scenario.aws.lose_answer(operation);
    scenario.start_operator();
    scenario.apply(&edge(&trigger));
    scenario.until_ready().await;
    let writes = scenario.aws.writes_since(0);
    let lost = writes.iter().filter(|entry| entry.fault.is_some()).count();
    assert_eq!(lost, 1, "{operation} was called, and its answer was lost");
    assert_eq!(scenario.aws.http_integrations().len(), integrations);
    assert_eq!(scenario.aws.count_since(0, operation), 1, "nothing was done twice");
    assert!(scenario.aws.count_since(0, "CreateDeployment") <= 1);
    assert!(scenario.aws.http_deployments() > deployments || operation == "UpdateStage");
    let at = Place { stage: "prod", ..POST };
    let served = request_at(scenario.aws.sim(), at);
    assert_eq!((served.status, served.executed_version.as_deref()), (200, Some("40")));
}

fn on_prod() -> Value {
    json!({ "stageName": "prod" })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_of_update_integration_moves_nothing_twice() {
    converges_without("UpdateIntegration", sharing(FUNCTION_ARN), on_prod(), 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_of_create_deployment_deploys_nothing_twice() {
    converges_without("CreateDeployment", sharing(FUNCTION_ARN), on_prod(), 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_of_update_stage_sets_nothing_twice() {
    let mut api = sharing(VARIABLE);
    api["stages"]["prod"]["stageVariables"] = json!({ "function": "fir-api" });
    converges_without("UpdateStage", api, on_prod(), 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_of_create_integration_makes_no_second_one() {
    let trigger = json!({ "stageName": "prod", "routeKeys": ["POST /reviews"] });
    converges_without("CreateIntegration", without_target(), trigger, 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_of_update_route_is_followed_by_a_new_observation() {
    let trigger = json!({ "stageName": "prod", "routeKeys": ["POST /reviews"] });
    converges_without("UpdateRoute", without_target(), trigger, 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rest_and_http_triggers_of_one_endpoint_stand_in_status_in_the_order_of_the_spec() {
    let scenario = with(sharing(FUNCTION_ARN)).await;
    let triggers = json!([
        { "name": "edge", "httpApi": { "apiId": HTTP_API } },
        { "name": "admin", "restApi": { "apiId": "a1b2c3d4e5", "stageName": "prod" } },
    ]);
    scenario.apply(&json!({ "triggers": triggers }));
    let status = scenario.until_ready().await.told();
    let names: Vec<_> = status.triggers.iter().map(|t| t.name.as_str()).collect();
    assert_eq!(names, ["edge", "admin"]);
    assert_eq!(status.triggers_ready.as_deref(), Some("2/2"));
    assert_eq!(scenario.aws.statements().len(), 2);
    assert_eq!(request_at(scenario.aws.sim(), ELSEWHERE).status, 200);
}
