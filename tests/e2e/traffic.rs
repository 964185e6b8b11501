//! Whether requests come through the alias, by CloudWatch's evidence, and who calls the function otherwise.

use awssim::world::{Invoker, Statement};

use crate::harness::aws::{Aws, FUNCTION};
use crate::harness::endpoint::Told;
use crate::harness::records::{FUNCTION_ARN, STREAM};
use crate::harness::scenario::{NAME, Scenario};
use crate::harness::traffic::request;

const CONDITION: &str = "TrafficOnAlias";
const THROUGH: &str = "True Succeeded";
const PAST: &str = "False TrafficBypassesAlias";
/// UUID of a mapping that no trigger names.
const FORGOTTEN: &str = "0ccccccc-0000-4000-8000-000000000003";

/// Somebody with rights of his own invokes the function without a qualifier.
fn invoke_directly(aws: &Aws) {
    let invoked = aws.region_at(|region, now| region.invoke(now, FUNCTION, None, &Invoker::Direct));
    invoked.expect("the function answers");
}

/// Waits for a verdict while requests are made.
async fn until_traffic_is(scenario: &Scenario, expected: &str, requests: impl Fn(&Aws)) {
    let what = format!("condition {CONDITION} to be {expected}");
    let is = |found: &warmlambda::api::WarmLambdaEndpoint| {
        requests(&scenario.aws);
        found.condition(CONDITION) == expected
    };
    let found = scenario.until_endpoint(&what, is).await;
    assert_eq!(found.condition("Ready"), "True Warm", "advice does not move Ready");
}

/// A warm endpoint whose users come through the alias, and are said to.
async fn with_users() -> Scenario {
    let scenario = Scenario::warm().await;
    until_traffic_is(&scenario, THROUGH, |aws| drop(request(aws.sim()))).await;
    scenario
}

/// A function URL, a mapping and a bucket that lead past the alias.
fn lead_past_the_alias(aws: &Aws) -> String {
    aws.map(FORGOTTEN, STREAM, &format!("{FUNCTION_ARN}:$LATEST"), |_| ());
    aws.region(|region| {
        let bucket = Statement {
            sid: "s3-notify".into(),
            principal: "s3.amazonaws.com".into(),
            source_arn: Some("arn:aws:s3:::uploads".into()),
            ..Statement::default()
        };
        region.add_permission(FUNCTION, None, bucket, None).expect("statement");
        let url = region.create_function_url_config(FUNCTION, None, "NONE", None);
        url.expect("function URL").function_url
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn who_calls_past_the_alias_is_named_and_ready_stays_true_and_it_ends_when_they_stop() {
    let scenario = with_users().await;
    let found = scenario.endpoint().await;
    assert_eq!(found.condition("RoutedToAlias"), "True Qualified");
    assert_eq!(
        found.message(CONDITION),
        "the requests of fir-api come through alias live, nearly all of them on warm environments"
    );

    let url = lead_past_the_alias(&scenario.aws);
    until_traffic_is(&scenario, PAST, |aws| {
        invoke_directly(aws);
        request(aws.sim());
    })
    .await;
    let message = scenario.endpoint().await.message(CONDITION);
    for named in [
        "not all requests of fir-api come through alias live",
        &format!("event source mapping {FORGOTTEN} of {STREAM} (fir-api:$LATEST)"),
        &format!("function URL {url}"),
        "s3.amazonaws.com from arn:aws:s3:::uploads by statement s3-notify on the function",
        "point callers at arn:aws:lambda:eu-west-1:111122223333:function:fir-api:live",
    ] {
        assert!(message.contains(named), "{named} is not in {message}");
    }
    let events = scenario
        .kubectl
        .succeeds(&["get", "events.events.k8s.io", "-o", "jsonpath={.items[*].reason}"]);
    let told = events.split(' ').filter(|reason| *reason == "TrafficBypassesAlias").count();
    assert_eq!(told, 1, "{events}");

    until_traffic_is(&scenario, THROUGH, |aws| drop(request(aws.sim()))).await;
    assert_eq!(
        scenario
            .aws
            .written_since(0)
            .iter()
            .filter(|w| *w == "UpdateEventSourceMapping")
            .count(),
        0,
        "nobody was asked to move it"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_that_may_not_look_names_the_missing_action_and_stays_ready() {
    let scenario = with_users().await;
    for operation in ["ListFunctionUrlConfigs", "ListEventSourceMappings"] {
        scenario.aws.refuse(operation, 403, "AccessDeniedException", "not allowed");
    }
    until_traffic_is(&scenario, PAST, invoke_directly).await;
    let message = scenario.endpoint().await.message(CONDITION);
    let denied = "not looked at, because AWS denies it: lambda:ListFunctionUrlConfigs, lambda:ListEventSourceMappings";
    assert!(message.contains(denied), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_looks_past_an_alias_that_has_the_traffic() {
    let scenario = with_users().await;
    let mark = scenario.aws.mark();
    for _ in 0..2 {
        request(scenario.aws.sim());
        scenario.until_checked_again().await;
    }
    let looked: Vec<_> = scenario
        .aws
        .reads_since(mark)
        .into_iter()
        .filter(|read| {
            ["ListFunctionUrlConfigs", "ListEventSourceMappings"]
                .iter()
                .any(|name| read.operation.starts_with(name))
        })
        .collect();
    assert!(looked.is_empty(), "{looked:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_only_watches_says_what_bypasses_the_alias_and_writes_nothing() {
    let mut scenario = Scenario::without_operator().await;
    scenario.start_operator();
    scenario.apply(&serde_json::json!({"managementPolicy": "Observe"}));
    let found = scenario.until_condition("RoutedToAlias", "False UnqualifiedTarget").await;
    let message = found.message("RoutedToAlias");
    assert!(
        message.starts_with("trigger public: REST API a1b2c3d4e5/prod GET /reviews calls fir-api without a qualifier"),
        "{message}"
    );
    let what = format!("condition {CONDITION} to be {PAST}");
    scenario
        .until_endpoint(&what, |found| {
            request(scenario.aws.sim());
            found.condition(CONDITION) == PAST
        })
        .await;
    let message = scenario.endpoint().await.message(CONDITION);
    assert!(message.contains("past it call: REST API a1b2c3d4e5/prod GET /reviews"), "{message}");
    assert!(scenario.aws.written_since(0).is_empty(), "{NAME} was written for");
}
