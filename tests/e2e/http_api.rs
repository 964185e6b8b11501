//! HTTP APIs: routes are pointed at the alias under traffic, and stay there.

use serde_json::json;
use warmlambda::api::TriggerKind;

use crate::harness::endpoint::Told;
use crate::harness::http_api::{ALIAS_ARN, ELSEWHERE, FUNCTION_ARN, HTTP_API, HTTP_API_ARN, POST, SHARED, edge, sharing};
use crate::harness::scenario::Scenario;
use crate::harness::traffic::{Traffic, request_at};

/// An API as described, an operator, and no endpoint yet.
pub async fn with(api: serde_json::Value) -> Scenario {
    let mut scenario = Scenario::without_operator().await;
    scenario.aws.has_http_api(api);
    scenario.start_operator();
    scenario
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shared_integration_is_moved_by_one_write_and_no_request_of_any_route_fails() {
    let scenario = with(sharing(FUNCTION_ARN)).await;
    let before = scenario.aws.http_integration(SHARED);
    let (posts, others) = (
        Traffic::start_at(scenario.aws.sim(), POST, 10),
        Traffic::start_at(scenario.aws.sim(), ELSEWHERE, 10),
    );
    scenario.apply(&edge(&json!({})));
    let status = scenario.until_ready().await.told();

    assert_eq!(status.triggers_ready.as_deref(), Some("1/1"));
    let trigger = &status.triggers[0];
    assert_eq!((trigger.kind, trigger.uri.as_deref()), (TriggerKind::HttpApi, Some(ALIAS_ARN)));
    assert!(trigger.qualified && trigger.statement_ids.len() == 1, "{trigger:?}");
    let mut writes = scenario.aws.written_since(0);
    writes.retain(|operation| operation != "PublishVersion");
    assert_eq!(
        writes,
        [
            "CreateAlias",
            "PutProvisionedConcurrencyConfig",
            "AddPermission",
            "UpdateIntegration"
        ],
        "each write once, traffic last; the stage deploys itself"
    );
    let mut moved = before;
    moved.integration_uri = Some(ALIAS_ARN.into());
    assert_eq!(scenario.aws.http_integration(SHARED), moved, "nothing but the URI has changed");
    assert_eq!(scenario.aws.deployed_on("$default").as_deref(), Some(ALIAS_ARN));
    assert_eq!(scenario.aws.statements()[0].source_arn.as_deref(), Some(HTTP_API_ARN));
    assert!(
        request_at(scenario.aws.sim(), POST).warm,
        "a request after Ready finds a warm environment"
    );
    for traffic in [posts, others] {
        let answers = traffic.stop().await;
        assert!(answers.failed().is_empty(), "{:?}", answers.failed());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn new_code_goes_out_through_an_http_api_without_a_failed_or_cold_request() {
    let scenario = with(sharing(FUNCTION_ARN)).await;
    scenario.apply(&edge(&json!({})));
    scenario.until_ready().await;
    let mark = scenario.aws.mark();
    let traffic = Traffic::start_at(scenario.aws.sim(), POST, 20);
    scenario.aws.upload("reviews 41, duration: 200ms");
    scenario
        .until_endpoint("Ready on version 41", |found| {
            found.is_ready() && found.told().function_version.as_deref() == Some("41")
        })
        .await;
    scenario
        .until_aws("a request served by version 41", |aws| {
            request_at(aws.sim(), POST).executed_version.filter(|v| v == "41")
        })
        .await;
    let answers = traffic.stop().await;
    assert!(answers.failed().is_empty(), "{:?}", answers.failed());
    assert_eq!(answers.cold(), 0, "of {}", answers.count());
    assert_eq!(answers.versions().into_iter().collect::<Vec<_>>(), ["40", "41"]);
    assert_eq!(scenario.aws.written_since(mark), ["PublishVersion", "UpdateAlias"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quiet_http_api_costs_three_reads_a_check_and_no_write() {
    let scenario = with(sharing(FUNCTION_ARN)).await;
    scenario.apply(&edge(&json!({})));
    scenario.until_ready().await;
    scenario.until_checked_again().await;
    let mark = scenario.aws.mark();
    for _ in 0..3 {
        scenario.until_checked_again().await;
    }
    let reads = scenario.aws.reads_since(mark);
    let count = |operation: &str| reads.iter().filter(|read| read.operation == operation).count();
    for of_api in ["GetIntegrations", "GetStages", "GetRoutes"] {
        assert!(
            count(of_api) <= count("GetAlias"),
            "{of_api}: {} of {}",
            count(of_api),
            count("GetAlias")
        );
    }
    for seldom in ["ExportApi", "GetDeployments", "GetResources"] {
        assert_eq!(count(seldom), 0, "{seldom}");
    }
    assert!(
        scenario.aws.written_since(mark).is_empty(),
        "{:?}",
        scenario.aws.written_since(mark)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_integration_that_somebody_points_elsewhere_comes_back() {
    let scenario = with(sharing(FUNCTION_ARN)).await;
    scenario.apply(&edge(&json!({})));
    scenario.until_ready().await;
    scenario.aws.edit_http(SHARED, &format!("{FUNCTION_ARN}:39"));
    scenario
        .until_aws("the integration at the alias", |aws| {
            (aws.http_integration(SHARED).integration_uri.as_deref() == Some(ALIAS_ARN)).then_some(())
        })
        .await;
    scenario.until_ready().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_route_is_let_in_by_itself_with_the_scope_method() {
    let scenario = with(sharing(FUNCTION_ARN)).await;
    let posts = Traffic::start_at(scenario.aws.sim(), POST, 10);
    scenario.apply(&edge(&json!({ "permissionScope": "Method" })));
    scenario.until_ready().await;
    let mut arns: Vec<_> = scenario.aws.statements().into_iter().filter_map(|s| s.source_arn).collect();
    arns.sort();
    let arn = |end: &str| format!("arn:aws:execute-api:eu-west-1:111122223333:{HTTP_API}/$default/{end}");
    assert_eq!(arns, [arn("$default"), arn("POST/reviews")]);
    for place in [POST, ELSEWHERE] {
        assert_eq!(request_at(scenario.aws.sim(), place).status, 200, "{place:?}");
    }
    let answers = posts.stop().await;
    assert!(answers.failed().is_empty(), "{:?}", answers.failed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trigger_that_leaves_the_spec_keeps_its_statement_while_a_route_calls_the_alias_and_no_longer() {
    let scenario = with(sharing(FUNCTION_ARN)).await;
    scenario.apply(&edge(&json!({})));
    scenario.until_ready().await;
    let mark = scenario.aws.mark();
    scenario.patch_spec(&json!({ "triggers": [] }));
    let found = scenario.until_ready().await;
    assert!(
        found.message("PermissionReady").contains("HTTP API h1i2j3k4l5"),
        "{}",
        found.message("PermissionReady")
    );
    scenario.until_checked_again().await;
    assert!(
        scenario.aws.written_since(mark).is_empty(),
        "{:?}",
        scenario.aws.written_since(mark)
    );
    assert_eq!(request_at(scenario.aws.sim(), POST).status, 200);

    scenario.aws.edit_http(SHARED, FUNCTION_ARN);
    scenario.aws.deploy_http("prod");
    scenario
        .until_aws("no statement on the alias", |aws| aws.statements().is_empty().then_some(()))
        .await;
    assert_eq!(request_at(scenario.aws.sim(), POST).status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_waits_while_a_route_calls_the_alias() {
    let scenario = with(sharing(FUNCTION_ARN)).await;
    let mut spec = edge(&json!({}));
    spec["deletionPolicy"] = "Delete".into();
    scenario.apply(&spec);
    scenario.until_ready().await;
    let traffic = Traffic::start_at(scenario.aws.sim(), POST, 20);
    scenario.delete();
    let blocked = scenario.until_condition("DeletionBlocked", "True StillInUse").await;
    let message = blocked.message("DeletionBlocked");
    assert!(message.contains("HTTP API h1i2j3k4l5/$default POST /reviews"), "{message}");
    assert!(scenario.aws.alias().is_some() && scenario.aws.statements().len() == 1);

    scenario.aws.edit_http(SHARED, FUNCTION_ARN);
    scenario.aws.deploy_http("prod");
    scenario.until_gone().await;
    assert!(scenario.aws.alias().is_none() && scenario.aws.statements().is_empty());
    let answers = traffic.stop().await;
    assert!(answers.failed().is_empty(), "{:?}", answers.failed());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_exist_is_named_with_the_next_step() {
    let scenario = with(sharing(FUNCTION_ARN)).await;
    for (fields, said) in [
        (json!({ "apiId": "nosuchapi1" }), "HTTP API nosuchapi1 does not exist in eu-west-1"),
        (json!({ "stageName": "none" }), "HTTP API h1i2j3k4l5 has no stage none"),
        (json!({ "routeKeys": ["GET /none"] }), "HTTP API h1i2j3k4l5 has no route GET /none"),
    ] {
        scenario.apply(&edge(&fields));
        let what = format!("{said:?} in TriggerReady");
        let found = scenario
            .until_endpoint(&what, |found| found.message("TriggerReady").starts_with(said))
            .await;
        assert_eq!(found.condition("TriggerReady"), "False TriggerNotFound");
        let trigger = &found.told().triggers[0];
        assert!(
            !trigger.qualified && trigger.message.as_deref().is_some_and(|m| m.starts_with(said)),
            "{trigger:?}"
        );
    }
}
