//! Writing, against a scripted AWS.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use super::scripted::{Answer, Scripted};
use super::{SOURCE_ARN, desired, function, not_found, policy, statement};
use crate::aws::Cloud;
use crate::plan::failure::{Class, Effect};
use crate::plan::step::{MovePurpose, Step};

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
    let throttled = Class::Throttled(Some(Duration::from_secs(2)));
    let cases = [
        (Answer::Lost, Effect::Unknown, Class::Transient),
        (Answer::Silence, Effect::Unknown, Class::Transient),
        (Answer::Error(503, "ServiceUnavailable", ""), Effect::Unknown, Class::Transient),
        (Answer::Is(200, Value::String("{".into())), Effect::Unknown, Class::Transient),
        (Answer::Throttled(2), Effect::NotApplied, throttled),
    ];
    for (answer, effect, class) in cases {
        let scripted = Scripted::new(move |_| answer.clone());
        let failure = scripted.aws().await.execute(&desired(), &update_alias()).await.unwrap_err();
        assert_eq!((failure.effect, &failure.class), (effect, &class), "{failure}");
        assert_eq!(scripted.seen().len(), 1, "{failure}");
    }
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
