//! Deployments of HTTP APIs: by the operator, by the stage itself, by others, and those that fail.

use serde_json::json;

use crate::harness::endpoint::Told;
use crate::harness::http_api::{ALIAS_ARN, FUNCTION_ARN, POST, SHARED, edge, sharing};
use crate::harness::traffic::{Place, Traffic};
use crate::http_api::with;

const PROD: Place = Place { stage: "prod", ..POST };

#[tokio::test(flavor = "multi_thread")]
async fn a_stage_that_does_not_deploy_itself_is_deployed_once_and_awaited() {
    let scenario = with(sharing(FUNCTION_ARN)).await;
    scenario.aws.region(|region| region.settings.http_deployment_ms = 200_000);
    let traffic = Traffic::start_at(scenario.aws.sim(), PROD, 20);
    scenario.apply(&edge(&json!({ "stageName": "prod" })));
    scenario.until_condition("TriggerReady", "False DeploymentPending").await;
    scenario.until_ready().await;
    assert_eq!(scenario.aws.count_since(0, "CreateDeployment"), 1);
    assert_eq!(scenario.aws.deployed_on("prod").as_deref(), Some(ALIAS_ARN));
    let answers = traffic.stop().await;
    assert!(answers.failed().is_empty(), "{:?}", answers.failed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_that_fails_is_reported_in_awss_words_and_not_repeated_at_once() {
    let scenario = with(sharing(FUNCTION_ARN)).await;
    scenario.aws.http_deployments_fail(Some("the authorizer is broken"));
    scenario.apply(&edge(&json!({ "stageName": "prod" })));
    let found = scenario.until_condition("Stalled", "True DeploymentFailed").await;
    assert!(
        found.message("TriggerReady").contains("the authorizer is broken"),
        "{}",
        found.message("TriggerReady")
    );
    let mark = scenario.aws.mark();
    scenario.until_checked_again().await;
    assert!(
        scenario.aws.written_since(mark).is_empty(),
        "{:?}",
        scenario.aws.written_since(mark)
    );
    scenario.aws.http_deployments_fail(None);
    scenario.aws.deploy_http("prod");
    scenario.until_ready().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_automatic_deployment_that_fails_is_reported_in_awss_words() {
    let scenario = with(sharing(FUNCTION_ARN)).await;
    scenario.aws.http_deployments_fail(Some("the authorizer is broken"));
    scenario.apply(&edge(&json!({})));
    let found = scenario.until_condition("TriggerReady", "False DeploymentFailed").await;
    assert!(
        found.message("TriggerReady").contains("the authorizer is broken"),
        "{}",
        found.message("TriggerReady")
    );
    scenario.aws.http_deployments_fail(None);
    // Whoever corrects the API changes it, and with that the stage deploys it.
    scenario.aws.edit_http(SHARED, ALIAS_ARN);
    scenario.until_ready().await;
    assert_eq!(scenario.aws.count_since(0, "CreateDeployment"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_deployment_never_the_integration_is_moved_and_somebody_else_deploys() {
    let scenario = with(sharing(FUNCTION_ARN)).await;
    scenario.apply(&edge(&json!({ "stageName": "prod", "deployment": "Never" })));
    let found = scenario.until_condition("TriggerReady", "False DeploymentPending").await;
    let message = found.message("TriggerReady");
    assert!(message.contains("deploy HTTP API h1i2j3k4l5 to stage prod"), "{message}");
    assert_eq!(scenario.aws.count_since(0, "CreateDeployment"), 0);
    scenario.aws.deploy_http("prod");
    scenario.until_ready().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stage_that_serves_an_older_deployment_is_deployed_again() {
    let scenario = with(sharing(FUNCTION_ARN)).await;
    let old = scenario
        .aws
        .region(|region| region.http_apis["h1i2j3k4l5"].stages["prod"].deployment_id.clone());
    scenario.apply(&edge(&json!({ "stageName": "prod" })));
    scenario.until_ready().await;
    let mark = scenario.aws.mark();
    let back = awssim::world::http_api::StageChange {
        deployment_id: old,
        ..Default::default()
    };
    scenario
        .aws
        .region_at(|region, now| region.update_http_stage(now, "h1i2j3k4l5", "prod", back))
        .expect("somebody takes the stage back");
    scenario
        .until_aws("the stage deployed again", |aws| {
            (aws.deployed_on("prod").as_deref() == Some(ALIAS_ARN)).then_some(())
        })
        .await;
    scenario.until_ready().await;
    assert_eq!(scenario.aws.written_since(mark), ["CreateDeployment"]);
}
