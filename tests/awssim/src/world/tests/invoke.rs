//! AWS-28, AWS-34 and AWS-56: who may invoke, what is warm, what spills over, what is counted.

use super::super::{AliasChange, ById, Invoker, Statement};
use super::{MINUTE, publish, region, warm_region};

fn api() -> Invoker {
    let source_arn = "arn:aws:execute-api:eu-west-1:111122223333:a1b2/prod/GET/reviews".into();
    Invoker::Service {
        principal: "apigateway.amazonaws.com".into(),
        source_arn,
    }
}

#[test]
fn a_statement_on_the_function_does_not_let_api_gateway_invoke_the_alias() {
    let mut region = region();
    let statement = Statement::for_api("s", "arn:aws:execute-api:eu-west-1:111122223333:a1b2/*/*");
    region.add_permission("fir-api", None, statement.clone(), None).unwrap();
    let now = region.now;
    assert!(region.invoke(now, "fir-api", None, &api()).is_ok(), "AWS-34");
    assert_eq!(
        region.invoke(now, "fir-api", Some("live"), &api()).unwrap_err().code,
        "AccessDeniedException",
        "AWS-34"
    );
    region.add_permission("fir-api", Some("live"), statement, None).unwrap();
    assert!(region.invoke(now, "fir-api", Some("live"), &api()).is_ok(), "AWS-34");
}

#[test]
fn requests_beyond_the_warm_environments_spill_over_and_are_counted() {
    let mut region = warm_region();
    let now = region.now;
    let served: Vec<_> = (0..3)
        .map(|_| region.invoke(now, "fir-api", Some("live"), &Invoker::Direct).unwrap())
        .collect();
    assert_eq!(
        served.iter().map(|each| (each.warm, each.spillover)).collect::<Vec<_>>(),
        [(true, false), (true, false), (false, true)],
        "AWS-28"
    );
    let dimensions = [("FunctionName", "fir-api"), ("Resource", "fir-api:live")];
    let metric = |name: &str| region.metrics.minute(now, "AWS/Lambda", name, &dimensions).unwrap();
    assert_eq!(metric("Invocations").sum, 3.0, "AWS-56");
    assert_eq!(metric("ProvisionedConcurrencyInvocations").sum, 2.0, "AWS-56");
    assert_eq!(metric("ProvisionedConcurrencySpilloverInvocations").sum, 1.0, "AWS-56");
    assert_eq!(metric("ProvisionedConcurrencyUtilization").max, 1.0, "AWS-56");
    assert!(
        region
            .metrics
            .minute(now + MINUTE, "AWS/Lambda", "Invocations", &dimensions)
            .is_none(),
        "AWS-56: none without traffic"
    );
}

#[test]
fn the_function_counts_the_requests_of_all_qualifiers_and_a_resource_only_its_own() {
    let mut region = warm_region();
    let now = region.now;
    for qualifier in [None, Some("$LATEST"), Some("1"), Some("live"), Some("live")] {
        region.invoke(now, "fir-api", qualifier, &Invoker::Direct).unwrap();
    }
    let sum = |name: &str, dimensions: &[(&str, &str)]| region.metrics.minute(now, "AWS/Lambda", name, dimensions).map(|point| point.sum);
    assert_eq!(sum("Invocations", &[("FunctionName", "fir-api")]), Some(5.0), "AWS-112");
    for (resource, count) in [
        ("fir-api", 1.0),
        ("fir-api:$LATEST", 1.0),
        ("fir-api:1", 1.0),
        ("fir-api:live", 2.0),
    ] {
        let dimensions = [("FunctionName", "fir-api"), ("Resource", resource)];
        assert_eq!(sum("Invocations", &dimensions), Some(count), "AWS-112: {resource}");
    }
    let warm = sum("ProvisionedConcurrencyInvocations", &[("FunctionName", "fir-api")]);
    assert_eq!(warm, Some(2.0), "AWS-113: two warm environments, three requests for their version");
}

#[test]
fn a_warm_environment_is_free_again_when_its_request_ends() {
    let mut region = warm_region();
    let now = region.now;
    for offset in [0, 0, 50, 50, 100, 100] {
        let served = region.invoke(now + offset, "fir-api", Some("live"), &Invoker::Direct).unwrap();
        assert!(served.provisioned && served.duration_ms == 50);
    }
}

#[test]
fn a_version_that_is_invoked_by_number_uses_the_environments_of_its_alias() {
    let mut region = warm_region();
    let served = region.invoke(region.now, "fir-api", Some("1"), &Invoker::Direct).unwrap();
    assert!(served.provisioned);
}

#[test]
fn when_all_that_is_reserved_is_warm_capacity_latest_is_throttled() {
    let mut region = warm_region();
    region.put_function_concurrency("fir-api", 2).unwrap();
    let error = region.invoke(region.now, "fir-api", None, &Invoker::Direct).unwrap_err();
    assert_eq!(
        (error.status, error.code.as_str(), error.message.as_str()),
        (429, "TooManyRequestsException", "Rate Exceeded."),
        "AWS-54"
    );
    assert_eq!(
        error.reason.as_deref(),
        Some("ReservedFunctionConcurrentInvocationLimitExceeded"),
        "AWS-54"
    );
}

#[test]
fn weights_share_requests_out() {
    let mut region = region();
    publish(&mut region, "two");
    let change = AliasChange {
        additional_version_weights: Some(ById::from([("2".to_owned(), 0.25)])),
        ..AliasChange::default()
    };
    region.update_alias("fir-api", "live", &change).unwrap();
    let now = region.now;
    let second = (0..400)
        .filter(|n| {
            region
                .invoke(now + n * 100, "fir-api", Some("live"), &Invoker::Direct)
                .unwrap()
                .executed_version
                == "2"
        })
        .count();
    assert!((95..=105).contains(&second), "AWS-18: {second}");
}

#[test]
fn code_that_cannot_initialise_answers_with_a_function_error() {
    let mut region = region();
    let two = publish(&mut region, "init: fail");
    let served = region.invoke(region.now, "fir-api", Some(&two), &Invoker::Direct).unwrap();
    assert_eq!(served.function_error.as_deref(), Some("Unhandled"));
}
