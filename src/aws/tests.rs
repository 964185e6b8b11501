//! The shell against a scripted AWS.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use super::scripted::{Answer, Counted, Scripted, Seen};
use super::{Cloud, Look};
use crate::plan::arn::Site;
use crate::plan::desired::{Desired, DesiredVersion};
use crate::plan::failure::{Class, Effect};
use crate::plan::memory::{Memory, Published};
use crate::plan::observed::{AllocationState, CodeState};
use crate::plan::step::{MovePurpose, Step};

const ALIAS_ARN: &str = "arn:aws:lambda:eu-west-1:111122223333:function:fir-api:live";
const SOURCE_ARN: &str = "arn:aws:execute-api:eu-west-1:111122223333:a1/*/*";

fn desired() -> Desired {
    let spec = json!({
        "functionName": "fir-api",
        "version": {"policy": "PublishOnChange"},
        "provisionedConcurrency": 3,
        "triggers": [{"name": "public", "restApi": {"apiId": "a1", "stageName": "prod"}}],
    });
    let site = Site {
        partition: "aws".into(),
        account: "111122223333".into(),
        region: "eu-west-1".into(),
    };
    let spec = serde_json::from_value(spec).unwrap();
    Desired::resolve(&spec, "0f1e2d3c-0000", 1, site).unwrap()
}

fn function(version: &str, code: &str) -> Value {
    json!({"FunctionName": "fir-api", "Version": version, "CodeSha256": code, "RevisionId": format!("rev-{version}"), "State": "Active",
        "LastUpdateStatus": "Successful", "Runtime": "python3.13", "Handler": "app.h", "MemorySize": 128, "Timeout": 3})
}

fn not_found() -> Answer {
    Answer::Error(404, "ResourceNotFoundException", "The resource you requested does not exist.")
}

fn statement(id: &str, source: &str) -> Value {
    json!({"Sid": id, "Effect": "Allow", "Principal": {"Service": "apigateway.amazonaws.com"}, "Action": "lambda:InvokeFunction",
        "Resource": ALIAS_ARN, "Condition": {"ArnLike": {"AWS:SourceArn": source}}})
}

fn policy(statements: &[Value]) -> Answer {
    let document = json!({"Version": "2012-10-17", "Id": "default", "Statement": statements});
    Answer::Is(200, json!({"Policy": document.to_string(), "RevisionId": "policy-1"}))
}

fn integration() -> Value {
    let uri = format!("arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/{ALIAS_ARN}/invocations");
    json!({"type": "AWS_PROXY", "httpMethod": "POST", "uri": uri})
}

/// A quiet world: version 7 is published from `$LATEST`, warm, permitted and deployed.
fn quiet(seen: &Seen) -> Answer {
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

fn update_alias() -> Step {
    Step::UpdateAlias {
        version: 8,
        revision_id: "alias-1".into(),
        purpose: MovePurpose::Rollout,
    }
}

#[tokio::test(start_paused = true)]
async fn moving_the_alias_always_clears_its_weights_and_names_the_revision() {
    let scripted = Scripted::new(|_| Answer::Is(200, json!({"FunctionVersion": "8"})));
    scripted.aws().await.execute(&desired(), &update_alias()).await.unwrap();
    let seen = scripted.seen();
    assert_eq!(seen[0].call, "PUT /2015-03-31/functions/fir-api/aliases/live");
    let sent = json!({"FunctionVersion": "8", "RevisionId": "alias-1", "RoutingConfig": {"AdditionalVersionWeights": {}}});
    assert_eq!(seen[0].body, sent);
    assert!(seen[0].user_agent.contains("app/warmlambda"), "{}", seen[0].user_agent);
}

#[tokio::test(start_paused = true)]
async fn a_write_is_sent_once_and_a_missing_answer_leaves_it_open() {
    let cases: [(fn() -> Answer, Effect, Class); 5] = [
        (|| Answer::Lost, Effect::Unknown, Class::Transient),
        (|| Answer::Silence, Effect::Unknown, Class::Transient),
        (|| Answer::Error(503, "ServiceUnavailable", ""), Effect::Unknown, Class::Transient),
        (|| Answer::Is(200, Value::String("{".into())), Effect::Unknown, Class::Transient),
        (
            || Answer::Throttled(2),
            Effect::NotApplied,
            Class::Throttled(Some(Duration::from_secs(2))),
        ),
    ];
    for (answer, effect, class) in cases {
        let scripted = Scripted::new(move |_| answer());
        let failure = scripted.aws().await.execute(&desired(), &update_alias()).await.unwrap_err();
        assert_eq!((failure.effect, &failure.class), (effect, &class), "{failure}");
        assert_eq!(scripted.seen().len(), 1, "{failure}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_read_is_tried_again_a_few_times_and_each_time_is_counted() {
    let scripted = Scripted::new(|_| Answer::Lost);
    let counted = Arc::new(Counted::default());
    let aws = scripted.aws_observed_by(counted.clone()).await;
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
async fn a_write_that_would_wait_too_long_for_its_turn_is_not_sent() {
    let scripted = Scripted::new(|_| Answer::Throttled(50));
    let aws = scripted.aws().await;
    aws.execute(&desired(), &update_alias()).await.unwrap_err();
    let held = aws.execute(&desired(), &Step::PutCapacity { requested: 1 }).await.unwrap_err();
    assert!(
        matches!(held.class, Class::Throttled(Some(wait)) if wait > Duration::from_secs(40)),
        "{held:?}"
    );
    assert_eq!(held.effect, Effect::NotApplied);
    assert_eq!(scripted.seen().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_is_gone_already_is_removed() {
    let scripted = Scripted::new(|_| not_found());
    let aws = scripted.aws().await;
    let remove = Step::RemovePermission {
        statement_id: "warmlambda-1".into(),
        revision_id: "policy-1".into(),
    };
    for step in [Step::DeleteCapacity, Step::DeleteAlias, remove] {
        aws.execute(&desired(), &step).await.unwrap();
    }
}

fn add_permission() -> Step {
    Step::AddPermission {
        statement_id: "ours".into(),
        source_arn: SOURCE_ARN.into(),
        revision_id: None,
    }
}

#[tokio::test(start_paused = true)]
async fn an_existing_statement_is_right_only_with_the_same_content() {
    for (source, right) in [(SOURCE_ARN, true), ("arn:aws:execute-api:eu-west-1:111122223333:other/*/*", false)] {
        let scripted = Scripted::new(move |seen| match seen.call.split(' ').next() {
            Some("POST") => Answer::Error(409, "ResourceConflictException", "The statement id (ours) provided already exists."),
            _ => policy(&[statement("ours", source)]),
        });
        let result = scripted.aws().await.execute(&desired(), &add_permission()).await;
        assert_eq!(result.is_ok(), right);
        assert!(right || matches!(result, Err(f) if f.class == Class::Conflict));
    }
}

#[tokio::test(start_paused = true)]
async fn a_statement_that_does_not_show_after_it_was_added_was_lost() {
    let scripted = Scripted::new(|seen| match seen.call.split(' ').next() {
        Some("POST") => Answer::Is(201, json!({"Statement": "{}"})),
        _ => policy(&[statement("another", SOURCE_ARN)]),
    });
    let failure = scripted.aws().await.execute(&desired(), &add_permission()).await.unwrap_err();
    assert_eq!((failure.class, failure.effect), (Class::Conflict, Effect::Unknown));
    assert_eq!(scripted.seen()[0].body["Principal"], "apigateway.amazonaws.com");
}

#[tokio::test(start_paused = true)]
async fn statements_of_one_function_are_written_one_after_the_other() {
    let running = Arc::new(AtomicU32::new(0));
    let counter = Arc::clone(&running);
    let scripted = Scripted::new(move |seen| match seen.call.split(' ').next() {
        Some("POST") => {
            assert_eq!(counter.fetch_add(1, Ordering::SeqCst), 0, "two at once");
            Answer::Is(201, json!({"Statement": "{}"}))
        }
        _ => {
            counter.fetch_sub(1, Ordering::SeqCst);
            policy(&[statement("ours", SOURCE_ARN)])
        }
    });
    let aws = scripted.aws().await;
    let (desired, step) = (desired(), add_permission());
    let all = (0..3).map(|_| aws.execute(&desired, &step));
    assert!(futures::future::join_all(all).await.iter().all(Result::is_ok));
}

#[tokio::test(start_paused = true)]
async fn deployments_of_one_stage_are_made_once_and_never_shared_after_they_were_sent() {
    let scripted = Scripted::new(|_| Answer::Is(201, json!({"id": "d2"})));
    let aws = scripted.aws().await;
    let (desired, step) = (
        desired(),
        Step::DeployStage {
            api_id: "a1".into(),
            stage: "prod".into(),
        },
    );
    // The first is sent at once; those that come while it is under way need a newer one, and share it.
    let all = (0..6).map(|_| aws.execute(&desired, &step));
    assert!(futures::future::join_all(all).await.iter().all(Result::is_ok));
    assert_eq!(scripted.count("POST /restapis/a1/deployments"), 2);
}

#[tokio::test(start_paused = true)]
async fn integrations_are_patched_or_made_for_lambda() {
    let scripted = Scripted::new(|_| Answer::Is(200, json!({})));
    let aws = scripted.aws().await;
    let method = crate::plan::desired::MethodKey {
        path: "/reviews".into(),
        http_method: "GET".into(),
    };
    let (api_id, resource_id, uri) = (String::from("a1"), String::from("r1"), String::from("arn:u"));
    let update = Step::UpdateIntegration {
        api_id: api_id.clone(),
        resource_id: resource_id.clone(),
        method: method.clone(),
        uri: uri.clone(),
    };
    let put = Step::PutIntegration {
        api_id: api_id.clone(),
        resource_id,
        method,
        uri,
    };
    let variable = Step::SetStageVariable {
        api_id,
        stage: "prod".into(),
        name: "alias".into(),
        value: "live".into(),
    };
    for step in [update, put, variable] {
        aws.execute(&desired(), &step).await.unwrap();
    }
    let seen = scripted.seen();
    assert_eq!(seen[0].call, "PATCH /restapis/a1/resources/r1/methods/GET/integration");
    assert_eq!(
        seen[0].body,
        json!({"patchOperations": [{"op": "replace", "path": "/uri", "value": "arn:u"}]})
    );
    assert_eq!(seen[1].body, json!({"type": "AWS_PROXY", "httpMethod": "POST", "uri": "arn:u"}));
    assert_eq!(
        seen[2].body,
        json!({"patchOperations": [{"op": "replace", "path": "/variables/alias", "value": "live"}]})
    );
}

#[tokio::test(start_paused = true)]
async fn a_published_version_comes_back_with_its_number() {
    let scripted = Scripted::new(|_| Answer::Is(201, function("8", "abc=")));
    let step = Step::PublishVersion {
        code_sha256: "abc=".into(),
        revision_id: "rev-$LATEST".into(),
        fingerprint: "f".into(),
    };
    let applied = scripted.aws().await.execute(&desired(), &step).await.unwrap();
    assert_eq!(applied.version, Some(8));
    assert_eq!(scripted.seen()[0].body, json!({"CodeSha256": "abc=", "RevisionId": "rev-$LATEST"}));
}
