//! What somebody changes behind the operator's back comes back.

use serde_json::json;

use crate::harness::aws::{ALIAS, ALIAS_URI, FUNCTION, UNQUALIFIED_URI};
use crate::harness::scenario::Scenario;
use crate::harness::traffic::request;

#[tokio::test(flavor = "multi_thread")]
async fn an_alias_that_was_moved_comes_back() {
    let scenario = Scenario::warm().await;
    let mark = scenario.aws.mark();
    scenario.aws.move_alias("39");
    scenario
        .until_aws("the alias on version 40", |aws| {
            let alias = aws.alias()?;
            (alias.function_version == "40" && alias.additional_version_weights.is_empty()).then_some(())
        })
        .await;
    scenario.until_ready().await;
    assert_eq!(scenario.aws.count_since(mark, "UpdateAlias"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_alias_comes_back_with_capacity_and_permission() {
    let scenario = Scenario::warm().await;
    scenario
        .aws
        .region(|region| region.delete_alias(FUNCTION, ALIAS))
        .expect("somebody deletes the alias");
    assert_eq!(request(scenario.aws.sim()).status, 500, "users notice");
    scenario
        .until_aws("a warm request", |aws| request(aws.sim()).warm.then_some(()))
        .await;
    scenario.until_ready().await;
    assert_eq!(scenario.aws.capacity().expect("a configuration").requested, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn deleted_capacity_comes_back() {
    let scenario = Scenario::warm().await;
    let mark = scenario.aws.mark();
    scenario
        .aws
        .region(|region| region.delete_provisioned_concurrency_config(FUNCTION, ALIAS))
        .expect("somebody deletes the capacity");
    scenario
        .until_aws("three environments", |aws| aws.capacity().filter(|capacity| capacity.warm == 3))
        .await;
    assert_eq!(scenario.aws.written_since(mark), ["PutProvisionedConcurrencyConfig"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn changed_capacity_comes_back() {
    let scenario = Scenario::warm().await;
    let mark = scenario.aws.mark();
    scenario
        .aws
        .region(|region| region.put_provisioned_concurrency_config(FUNCTION, ALIAS, 9))
        .expect("somebody sets 9");
    scenario
        .until_aws("three environments", |aws| {
            aws.capacity().filter(|capacity| capacity.requested == 3)
        })
        .await;
    assert_eq!(scenario.aws.written_since(mark), ["PutProvisionedConcurrencyConfig"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_permission_comes_back() {
    let scenario = Scenario::warm().await;
    let mark = scenario.aws.mark();
    let sid = scenario.aws.statements().remove(0).sid;
    scenario
        .aws
        .region(|region| region.remove_permission(FUNCTION, Some(ALIAS), &sid, None))
        .expect("somebody removes the statement");
    assert_eq!(request(scenario.aws.sim()).status, 500, "users notice");
    scenario
        .until_aws("a served request", |aws| (request(aws.sim()).status == 200).then_some(()))
        .await;
    assert_eq!(scenario.aws.written_since(mark), ["AddPermission"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_integration_that_was_pointed_elsewhere_comes_back_before_anybody_deploys_it() {
    let scenario = Scenario::warm().await;
    scenario.aws.edit_uri(UNQUALIFIED_URI);
    scenario
        .until_aws("the alias in the integration", |aws| {
            aws.edited_uri().filter(|uri| uri == ALIAS_URI)
        })
        .await;
    scenario.until_ready().await;
    assert_eq!(scenario.aws.deployed_uri().as_deref(), Some(ALIAS_URI));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stage_that_serves_an_older_deployment_is_deployed_again() {
    let scenario = Scenario::warm().await;
    scenario.aws.edit_uri(UNQUALIFIED_URI);
    scenario.aws.deploy();
    scenario.aws.edit_uri(ALIAS_URI);
    let mark = scenario.aws.mark();
    scenario
        .until_aws("the alias in the deployment", |aws| {
            aws.deployed_uri().filter(|uri| uri == ALIAS_URI)
        })
        .await;
    scenario.until_ready().await;
    assert_eq!(scenario.aws.written_since(mark), ["CreateDeployment"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stage_that_somebody_else_deploys_is_reported_and_left_alone() {
    let scenario = Scenario::begin().await;
    let trigger = json!([{ "name": "public", "restApi": { "apiId": "a1b2c3d4e5", "stageName": "prod", "deployment": "Never" } }]);
    scenario.apply(&json!({ "triggers": trigger }));
    scenario.until_condition("TriggerReady", "False DeploymentPending").await;
    assert_eq!(scenario.aws.edited_uri().as_deref(), Some(ALIAS_URI));
    assert_eq!(scenario.aws.count_since(0, "CreateDeployment"), 0);
    scenario.aws.deploy();
    scenario.until_ready().await;
}
