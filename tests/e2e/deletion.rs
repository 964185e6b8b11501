//! What becomes of AWS when the object goes.

use serde_json::json;

use crate::harness::aws::{ALIAS, ALIAS_URI, FUNCTION, UNQUALIFIED_URI};
use crate::harness::endpoint::Told;
use crate::harness::scenario::{NAME, Scenario};
use crate::harness::traffic::{Traffic, request};

async fn warm_with(policy: &str) -> Scenario {
    let scenario = Scenario::begin().await;
    scenario.apply(&json!({ "deletionPolicy": policy }));
    scenario.until_ready().await;
    scenario
}

#[tokio::test(flavor = "multi_thread")]
async fn release_capacity_stops_the_cost_and_leaves_what_carries_traffic() {
    let scenario = warm_with("ReleaseCapacity").await;
    let mark = scenario.aws.mark();
    let traffic = Traffic::start(scenario.aws.sim(), 20);
    scenario.delete();
    scenario.until_gone().await;
    assert!(scenario.aws.capacity().is_none());
    assert_eq!(scenario.aws.written_since(mark), ["DeleteProvisionedConcurrencyConfig"]);
    assert_eq!(scenario.aws.deployed_uri().as_deref(), Some(ALIAS_URI));
    assert_eq!(request(scenario.aws.sim()).status, 200);
    let answers = traffic.stop().await;
    assert!(answers.failed().is_empty(), "{:?}", answers.failed());
}

#[tokio::test(flavor = "multi_thread")]
async fn retain_touches_nothing() {
    let scenario = warm_with("Retain").await;
    let mark = scenario.aws.mark();
    scenario.delete();
    scenario.until_gone().await;
    assert!(
        scenario.aws.written_since(mark).is_empty(),
        "{:?}",
        scenario.aws.written_since(mark)
    );
    assert_eq!(scenario.aws.capacity().expect("it is still there").requested, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn delete_waits_while_the_alias_is_called_and_then_takes_all_that_is_ours() {
    let scenario = warm_with("Delete").await;
    let traffic = Traffic::start(scenario.aws.sim(), 20);
    scenario.delete();
    let blocked = scenario.until_condition("DeletionBlocked", "True StillInUse").await;
    let message = blocked.message("DeletionBlocked");
    assert!(message.contains("a1b2c3d4e5"), "the caller is named: {message}");
    assert!(
        scenario.aws.alias().is_some() && scenario.aws.statements().len() == 1,
        "nothing is taken from under traffic"
    );

    scenario.aws.edit_uri(UNQUALIFIED_URI);
    scenario.aws.deploy();
    scenario.until_gone().await;
    assert!(scenario.aws.alias().is_none());
    assert!(scenario.aws.capacity().is_none());
    assert!(scenario.aws.statements().is_empty());
    let answers = traffic.stop().await;
    assert!(answers.failed().is_empty(), "{:?}", answers.failed());
}

#[tokio::test(flavor = "multi_thread")]
async fn delete_keeps_an_alias_and_a_statement_that_somebody_else_made() {
    let mut scenario = Scenario::without_operator().await;
    scenario.aws.set_up_by_hand(3);
    scenario.start_operator();
    scenario.apply(&json!({ "deletionPolicy": "Delete" }));
    scenario.until_ready().await;
    scenario.aws.edit_uri(UNQUALIFIED_URI);
    scenario.aws.deploy();
    scenario.delete();
    scenario.until_gone().await;
    assert!(scenario.aws.alias().is_some(), "the alias stays");
    assert_eq!(scenario.aws.statements()[0].sid, "by-hand");
    assert!(scenario.aws.capacity().is_none(), "the capacity goes: it was this object's to set");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_whose_function_is_gone_goes_as_well() {
    let scenario = warm_with("Delete").await;
    scenario
        .aws
        .region(|region| region.delete_function("fir-api", None))
        .expect("somebody deletes the function");
    scenario.delete();
    scenario.until_gone().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_cannot_be_cleaned_up_is_released_by_annotation() {
    let scenario = warm_with("ReleaseCapacity").await;
    scenario.aws.refuse(
        "DeleteProvisionedConcurrencyConfig",
        403,
        "AccessDeniedException",
        "User: arn:aws:iam::111122223333:role/operator is not authorized to perform: lambda:DeleteProvisionedConcurrencyConfig on resource: fir-api",
    );
    scenario.delete();
    scenario
        .until_endpoint("the missing action in a message", |found| {
            let conditions = found.told().conditions;
            conditions
                .iter()
                .any(|c| c.message.contains("lambda:DeleteProvisionedConcurrencyConfig"))
        })
        .await;
    scenario.kubectl.succeeds(&["annotate", "wle", NAME, "warmlambda.dev/release=true"]);
    scenario.until_gone().await;
    assert_eq!(scenario.aws.capacity().expect("it is still there").requested, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn delete_waits_while_a_function_url_calls_the_alias() {
    let scenario = Scenario::begin().await;
    scenario.apply(&json!({"triggers": null, "deletionPolicy": "Delete"}));
    scenario.until_ready().await;
    let url = scenario.aws.region(|region| {
        let made = region.create_function_url_config(FUNCTION, Some(ALIAS), "NONE", None);
        made.expect("function URL").function_url
    });
    scenario.delete();
    let found = scenario.until_condition("DeletionBlocked", "True StillInUse").await;
    let message = found.message("DeletionBlocked");
    assert!(message.contains(&format!("function URL {url} of fir-api:live")), "{message}");
    assert!(scenario.aws.alias().is_some(), "nothing is taken from under its users");

    let gone = scenario
        .aws
        .region(|region| region.delete_function_url_config(FUNCTION, Some(ALIAS)));
    gone.expect("the URL can be deleted");
    scenario.until_gone().await;
    assert_eq!(scenario.aws.alias(), None);
}
