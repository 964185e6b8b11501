//! Stages of REST APIs of every kind that one finds.

use std::collections::BTreeMap;

use awssim::world::rest_api::{CanarySettings, Method};
use serde_json::json;

use crate::harness::aws::{ALIAS_URI, API, API_ARN, STAGE};
use crate::harness::endpoint::Told;
use crate::harness::scenario::Scenario;
use crate::harness::traffic::{Traffic, request};

const VARIABLE_URI: &str = "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-west-1:111122223333:function:\
     ${stageVariables.function}/invocations";

#[tokio::test(flavor = "multi_thread")]
async fn a_stage_variable_is_pointed_at_the_alias_without_a_deployment() {
    let mut scenario = Scenario::without_operator().await;
    scenario.aws.edit_uri(VARIABLE_URI);
    scenario.aws.deploy();
    scenario.aws.region(|region| {
        let stage = region
            .rest_apis
            .get_mut(API)
            .and_then(|api| api.stages.get_mut(STAGE))
            .expect("the stage");
        stage.variables = BTreeMap::from([("function".to_owned(), "fir-api".to_owned())]);
    });
    assert_eq!(request(scenario.aws.sim()).status, 200);
    let traffic = Traffic::start(scenario.aws.sim(), 20);
    scenario.start_operator();
    scenario.apply(&json!({}));
    scenario.until_ready().await;
    let variables = scenario.aws.region(|region| region.rest_apis[API].stages[STAGE].variables.clone());
    assert_eq!(variables["function"], "fir-api:live");
    assert_eq!(
        scenario.aws.edited_uri().as_deref(),
        Some(VARIABLE_URI),
        "the integration is as it was"
    );
    assert_eq!(scenario.aws.count_since(0, "UpdateStage"), 1);
    assert_eq!(scenario.aws.count_since(0, "CreateDeployment"), 0);
    let answers = traffic.stop().await;
    assert!(answers.failed().is_empty(), "{:?}", answers.failed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_method_that_the_spec_names_and_that_has_no_integration_gets_one() {
    let mut scenario = Scenario::without_operator().await;
    scenario.aws.region(|region| {
        let reviews = region
            .rest_apis
            .get_mut(API)
            .and_then(|api| api.resources.get_mut("/reviews"))
            .expect("/reviews");
        reviews.methods.insert("POST".into(), Method::default());
    });
    scenario.start_operator();
    let methods = json!([{ "path": "/reviews", "httpMethod": "GET" }, { "path": "/reviews", "httpMethod": "POST" }]);
    scenario.apply(&json!({ "triggers": [{ "name": "public", "restApi": { "apiId": API, "stageName": STAGE, "methods": methods } }] }));
    scenario.until_ready().await;
    assert_eq!(scenario.aws.count_since(0, "PutIntegration"), 1);
    assert_eq!(scenario.aws.count_since(0, "CreateDeployment"), 1);
    let posted = scenario
        .aws
        .region_at(|region, now| region.call_stage(now, API, STAGE, "POST", "/reviews"));
    assert_eq!((posted.status, posted.executed_version.as_deref()), (200, Some("40")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stage_with_an_active_canary_is_not_deployed_over() {
    let mut scenario = Scenario::without_operator().await;
    scenario.aws.region(|region| {
        let stage = region
            .rest_apis
            .get_mut(API)
            .and_then(|api| api.stages.get_mut(STAGE))
            .expect("the stage");
        stage.canary_settings = Some(CanarySettings {
            deployment_id: stage.deployment_id.clone(),
            percent_traffic: 10.0,
            ..CanarySettings::default()
        });
    });
    scenario.start_operator();
    scenario.apply(&json!({}));
    scenario.until_condition("TriggerReady", "False CanaryActive").await;
    assert_eq!(scenario.aws.count_since(0, "CreateDeployment"), 0);
    scenario.aws.region(|region| {
        let stage = region
            .rest_apis
            .get_mut(API)
            .and_then(|api| api.stages.get_mut(STAGE))
            .expect("the stage");
        stage.canary_settings = None;
    });
    scenario.until_checked_again().await;
    scenario.until_ready().await;
    assert_eq!(scenario.aws.deployed_uri().as_deref(), Some(ALIAS_URI));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_narrower_permission_is_added_before_the_wider_one_goes() {
    let scenario = Scenario::warm().await;
    assert_eq!(scenario.aws.statements()[0].source_arn.as_deref(), Some(API_ARN));
    let mark = scenario.aws.mark();
    let traffic = Traffic::start(scenario.aws.sim(), 20);
    let stage = json!({ "apiId": API, "stageName": STAGE, "permissionScope": "Stage" });
    scenario.patch_spec(&json!({ "triggers": [{ "name": "public", "restApi": stage }] }));
    scenario
        .until_aws("only the narrow statement", |aws| {
            let arns: Vec<_> = aws.statements().into_iter().filter_map(|statement| statement.source_arn).collect();
            (arns == ["arn:aws:execute-api:eu-west-1:111122223333:a1b2c3d4e5/prod/*"]).then_some(())
        })
        .await;
    scenario.until_ready().await;
    assert_eq!(scenario.aws.written_since(mark), ["AddPermission", "RemovePermission"]);
    let answers = traffic.stop().await;
    assert!(answers.failed().is_empty(), "{:?}", answers.failed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trigger_that_leaves_the_spec_is_left_as_it_is_while_it_is_used() {
    let scenario = Scenario::warm().await;
    let mark = scenario.aws.mark();
    scenario.patch_spec(&json!({ "triggers": [] }));
    let found = scenario.until_ready().await;
    assert_eq!(found.told().triggers.len(), 0);
    scenario.until_checked_again().await;
    assert_eq!(scenario.aws.deployed_uri().as_deref(), Some(ALIAS_URI));
    assert_eq!(scenario.aws.statements().len(), 1, "the API still calls the alias");
    assert!(
        scenario.aws.written_since(mark).is_empty(),
        "{:?}",
        scenario.aws.written_since(mark)
    );
    assert_eq!(request(scenario.aws.sim()).status, 200);
}
