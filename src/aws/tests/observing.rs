//! Observing, against a scripted AWS.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use super::scripted::{Answer, Counted, LATENCY, Scripted, Seen};
use super::{ALIAS_ARN, SOURCE_ARN, desired, function, not_found, policy, statement};
use crate::aws::{Cloud, Look, Settings};
use crate::plan::desired::{Desired, DesiredVersion};
use crate::plan::failure::{Class, Effect};
use crate::plan::memory::{Memory, Published};
use crate::plan::observed::{AllocationState, CodeState};

fn integration() -> Value {
    let uri = format!("arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/{ALIAS_ARN}/invocations");
    json!({"type": "AWS_PROXY", "httpMethod": "POST", "uri": uri})
}

/// A quiet world: version 7 is published from `$LATEST`, warm, permitted and deployed.
pub(super) fn quiet(seen: &Seen) -> Answer {
    let is = |body| Answer::Is(200, body);
    match seen.call.as_str() {
        "GET /2015-03-31/functions/fir-api" if seen.query.is_empty() => is(json!({"Configuration": function("$LATEST", "abc=")})),
        "GET /2015-03-31/functions/fir-api" => is(json!({"Configuration": function("7", "abc=")})),
        "GET /2015-03-31/functions/fir-api/versions" => is(json!({"Versions": [function("$LATEST", "abc="), function("7", "abc=")]})),
        "GET /2015-03-31/functions/fir-api/aliases/live" => {
            is(json!({"FunctionVersion": "7", "RevisionId": "alias-1", "Description": "d"}))
        }
        "GET /2019-09-30/functions/fir-api/provisioned-concurrency" => is(json!({"RequestedProvisionedConcurrentExecutions": 3,
            "AllocatedProvisionedConcurrentExecutions": 3, "AvailableProvisionedConcurrentExecutions": 3, "Status": "READY"})),
        "GET /2015-03-31/functions/fir-api/policy" => policy(&[statement("theirs", SOURCE_ARN)]),
        "GET /restapis/a1/resources" => is(json!({"item": [{"id": "r1", "path": "/reviews",
            "resourceMethods": {"GET": {"httpMethod": "GET", "methodIntegration": integration()}}}]})),
        "GET /restapis/a1/stages" => is(
            json!({"item": [{"stageName": "prod", "deploymentId": "d1", "variables": {"x": "y"}},
            {"stageName": "beta", "deploymentId": "d0"}]}),
        ),
        "GET /restapis/a1/stages/prod" => is(json!({"stageName": "prod", "deploymentId": "d1"})),
        "GET /restapis/a1/stages/beta" => is(json!({"stageName": "beta", "deploymentId": "d0"})),
        "GET /restapis/a1/stages/prod/exports/oas30" | "GET /restapis/a1/stages/beta/exports/oas30" => {
            is(json!({"openapi": "3.0.1", "paths": {"/reviews": {"get": {"x-amazon-apigateway-integration": integration()}}}}))
        }
        "GET /2021-10-31/functions/fir-api/urls" => is(json!({"FunctionUrlConfigs": []})),
        "GET /2015-03-31/event-source-mappings" => is(json!({"EventSourceMappings": []})),
        "POST /" => is(json!({"ScalableTargets": []})),
        _ => Answer::Error(500, "ServiceException", "not in the script"),
    }
}

async fn remembering(aws: &impl Cloud) -> Memory {
    let first = aws.observe(&desired(), &Memory::default(), Look::Chain).await.unwrap();
    let fingerprint = first.function.unwrap().fingerprint;
    Memory {
        published: Some(Published { version: 7, fingerprint }),
        ..Memory::default()
    }
}

#[tokio::test(start_paused = true)]
async fn a_quiet_endpoint_costs_six_reads() {
    let scripted = Scripted::new(quiet);
    let aws = scripted.aws().await;
    let memory = remembering(&aws).await;
    tokio::time::advance(Duration::from_secs(10)).await;
    let before = scripted.seen().len();
    let observed = aws.observe(&desired(), &memory, Look::Chain).await.unwrap();
    let calls: Vec<_> = scripted.seen().split_off(before).into_iter().map(|seen| seen.call).collect();
    assert_eq!(calls.len(), 6, "{calls:#?}");
    assert_eq!(observed.versions, None, "the memory leaves no question");
    assert_eq!(observed.alias.unwrap().version, Some(7));
    assert_eq!(observed.capacity.unwrap().state, AllocationState::Ready);
    let api = &observed.rest_apis["a1"];
    assert_eq!(api.stages["prod"].deployed.as_ref().unwrap().len(), 1);
    assert_eq!(api.stages["beta"].deployed, None, "nobody asked about it");
}

#[tokio::test(start_paused = true)]
async fn every_stage_is_read_before_something_is_taken_away() {
    let scripted = Scripted::new(quiet);
    let aws = scripted.aws().await;
    let observed = aws.observe(&desired(), &Memory::default(), Look::EveryCaller).await.unwrap();
    assert!(observed.rest_apis["a1"].stages["beta"].deployed.is_some());
}

#[tokio::test(start_paused = true)]
async fn an_api_that_only_our_statement_names_is_observed_on_all_its_stages() {
    let ours = statement("warmlambda-0f1e2d3c-0000000000", SOURCE_ARN);
    let scripted = Scripted::new(move |seen| match seen.call.as_str() {
        "GET /2015-03-31/functions/fir-api/policy" => policy(std::slice::from_ref(&ours)),
        _ => quiet(seen),
    });
    let desired = Desired {
        rest_apis: Vec::new(),
        ..desired()
    };
    let observed = scripted
        .aws()
        .await
        .observe(&desired, &Memory::default(), Look::Chain)
        .await
        .unwrap();
    assert!(observed.rest_apis["a1"].stages.values().all(|stage| stage.deployed.is_some()));
}

#[tokio::test(start_paused = true)]
async fn many_endpoints_of_one_api_read_it_once() {
    let scripted = Scripted::new(quiet);
    let aws = scripted.aws().await;
    let (desired, memory) = (desired(), Memory::default());
    let all = (0..5).map(|_| aws.observe(&desired, &memory, Look::Chain));
    assert!(futures::future::join_all(all).await.iter().all(Result::is_ok));
    for read in ["/resources", "GET /restapis/a1/stages/prod/exports", "POST /"] {
        assert_eq!(scripted.count(read), 1, "{read}");
    }
    assert_eq!(scripted.count("/aliases/live"), 5);
}

#[tokio::test(start_paused = true)]
async fn a_stage_that_moves_while_it_is_exported_is_read_again() {
    let reads = AtomicU32::new(0);
    let scripted = Scripted::new(move |seen| match seen.call.as_str() {
        "GET /restapis/a1/stages/prod" if reads.fetch_add(1, Ordering::SeqCst) == 0 => {
            Answer::Is(200, json!({"stageName": "prod", "deploymentId": "d2"}))
        }
        _ => quiet(seen),
    });
    let aws = scripted.aws().await;
    let failure = aws.observe(&desired(), &Memory::default(), Look::Chain).await.unwrap_err();
    assert_eq!((failure.class, failure.code.as_str()), (Class::Conflict, "StageMoved"));
    assert!(aws.observe(&desired(), &Memory::default(), Look::Chain).await.is_ok());
    assert_eq!(
        scripted.count("GET /restapis/a1/stages/prod/exports"),
        2,
        "nothing was kept of the first"
    );
}

#[tokio::test(start_paused = true)]
async fn a_pinned_version_that_is_missing_is_told_from_a_missing_function() {
    let scripted = Scripted::new(|seen| match seen.call.as_str() {
        "GET /2015-03-31/functions/fir-api" if seen.query.contains("Qualifier=9") => not_found(),
        _ => quiet(seen),
    });
    let pinned = Desired {
        version: DesiredVersion::Pinned(9),
        ..desired()
    };
    let observed = scripted
        .aws()
        .await
        .observe(&pinned, &Memory::default(), Look::Chain)
        .await
        .unwrap();
    assert!(observed.function.is_some());
    assert_eq!(observed.version_states[&9], CodeState::Missing);

    let empty = Scripted::new(|seen| match seen.call.as_str() {
        "POST /" => quiet(seen),
        call if call.contains("restapis") => Answer::Error(404, "NotFoundException", "Invalid API identifier specified"),
        _ => not_found(),
    });
    let observed = empty.aws().await.observe(&pinned, &Memory::default(), Look::Chain).await.unwrap();
    assert_eq!(observed.function, None);
    assert_eq!(observed.alias, None);
    assert_eq!(observed.rest_apis["a1"].methods, None);
    assert_eq!(empty.count("/policy"), 0, "without an alias there is nothing on it");
}

#[tokio::test(start_paused = true)]
async fn versions_are_read_to_the_last_page_and_the_newest_is_looked_at() {
    let scripted = Scripted::new(|seen| match seen.call.as_str() {
        "GET /2015-03-31/functions/fir-api/versions" if seen.query.is_empty() => {
            Answer::Is(200, json!({"Versions": [function("$LATEST", "new=")], "NextMarker": "page2"}))
        }
        "GET /2015-03-31/functions/fir-api/versions" => {
            Answer::Is(200, json!({"Versions": [function("10", "abc="), function("9", "abc=")]}))
        }
        "GET /2015-03-31/functions/fir-api" => {
            let mut pending = function("10", "abc=");
            pending["State"] = json!("Pending");
            pending["StateReason"] = json!("The function is being created.");
            Answer::Is(200, json!({"Configuration": pending}))
        }
        _ => quiet(seen),
    });
    let desired = Desired {
        version: DesiredVersion::LatestPublished,
        ..desired()
    };
    let observed = scripted
        .aws()
        .await
        .observe(&desired, &Memory::default(), Look::Chain)
        .await
        .unwrap();
    assert_eq!(observed.versions.unwrap().into_keys().collect::<Vec<_>>(), [9, 10]);
    assert_eq!(
        observed.version_states[&10],
        CodeState::Pending("The function is being created.".into())
    );
    assert_eq!(observed.function.unwrap().code_sha256, "new=");
}

#[tokio::test(start_paused = true)]
async fn who_may_not_list_scalable_targets_observes_nothing() {
    let text = "User: arn:aws:sts::1:assumed-role/op/s is not authorized to perform: application-autoscaling:DescribeScalableTargets on x";
    let scripted = Scripted::new(move |seen| match seen.call.as_str() {
        "POST /" => Answer::Error(400, "AccessDeniedException", text),
        _ => quiet(seen),
    });
    let failure = scripted
        .aws()
        .await
        .observe(&desired(), &Memory::default(), Look::Chain)
        .await
        .unwrap_err();
    assert_eq!(
        failure.class,
        Class::Denied("application-autoscaling:DescribeScalableTargets".into())
    );
}

#[tokio::test(start_paused = true)]
async fn a_read_is_tried_again_a_few_times_and_each_time_is_counted() {
    let scripted = Scripted::new(|_| Answer::Lost);
    let counted = Arc::new(Counted::default());
    let aws = scripted.aws_with(Settings::default(), counted.clone()).await;
    let failure = aws.site("eu-west-1").await.unwrap_err();
    assert_eq!((failure.class, failure.effect), (Class::Transient, Effect::NotApplied));
    let expected = [(("sts:GetCallerIdentity".to_owned(), "NoAnswer".to_owned()), 3)];
    assert_eq!(counted.0.lock().unwrap().clone().into_iter().collect::<Vec<_>>(), expected);
}

#[tokio::test(start_paused = true)]
async fn a_throttled_read_waits_as_long_as_aws_asks() {
    let reads = AtomicU32::new(0);
    let scripted = Scripted::new(move |seen| match seen.call.as_str() {
        "GET /2015-03-31/functions/fir-api/aliases/live" if reads.fetch_add(1, Ordering::SeqCst) == 0 => Answer::Throttled(7),
        _ => quiet(seen),
    });
    let start = Instant::now();
    scripted
        .aws()
        .await
        .observe(&desired(), &Memory::default(), Look::Chain)
        .await
        .unwrap();
    assert!(start.elapsed() >= Duration::from_secs(7), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn warm_capacity_is_read_only_after_the_alias_was_answered() {
    let scripted = Scripted::new(quiet);
    scripted
        .aws()
        .await
        .observe(&desired(), &Memory::default(), Look::Chain)
        .await
        .unwrap();
    let seen = scripted.seen();
    let at = |call: &str| seen.iter().find(|s| s.call.contains(call)).unwrap().at;
    assert!(at("/provisioned-concurrency") >= at("/aliases/live") + LATENCY);
}

#[tokio::test(start_paused = true)]
async fn a_read_that_is_tried_again_waits_for_its_turn_again() {
    let scripted = Scripted::new(|_| Answer::Lost);
    // One call of STS in 20 s, and four at once.
    let settings = Settings {
        quota_share: 0.01,
        ..Settings::default()
    };
    let aws = scripted.aws_with(settings, Arc::new(Counted::default())).await;
    aws.site("eu-west-1").await.unwrap_err();
    let start = Instant::now();
    aws.site("eu-west-1").await.unwrap_err();
    assert!(start.elapsed() > Duration::from_secs(30), "{:?}", start.elapsed());
}
