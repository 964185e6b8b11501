//! Ways past the alias, against a scripted AWS.

use serde_json::json;

use super::observing::quiet;
use super::scripted::{Answer, Scripted, Seen};
use super::{desired, statement};
use crate::aws::{Cloud, Look};
use crate::plan::memory::Memory;
use crate::plan::observed::Bypass;

const FUNCTION_ARN: &str = "arn:aws:lambda:eu-west-1:111122223333:function:fir-api";

/// Two pages of function URLs, and a policy on the function itself.
fn with_bypass(seen: &Seen) -> Answer {
    let page = |arn: &str, marker: Option<&str>| {
        let url = json!({"FunctionArn": arn, "FunctionUrl": format!("https://{}/", arn.len()), "AuthType": "NONE",
            "CreationTime": "2026-01-01T00:00:00Z", "LastModifiedTime": "2026-01-01T00:00:00Z"});
        Answer::Is(200, json!({"FunctionUrlConfigs": [url], "NextMarker": marker}))
    };
    match seen.call.as_str() {
        "GET /2021-10-31/functions/fir-api/urls" if seen.query.contains("Marker=m1") => page(&format!("{FUNCTION_ARN}:live"), None),
        "GET /2021-10-31/functions/fir-api/urls" => page(FUNCTION_ARN, Some("m1")),
        "GET /2015-03-31/functions/fir-api/policy" if seen.query.is_empty() => {
            super::policy(&[statement("s3-notify", "arn:aws:s3:::uploads")])
        }
        _ => quiet(seen),
    }
}

fn denied(_: &Seen) -> Answer {
    Answer::Error(403, "AccessDeniedException", "no")
}

async fn seen_by(look: Look, scripted: &Scripted) -> Option<Bypass> {
    let aws = scripted.aws().await;
    aws.observe(&desired(), &Memory::default(), look).await.unwrap().bypass
}

#[tokio::test(start_paused = true)]
async fn nobody_looks_past_the_alias_without_a_reason() {
    let scripted = Scripted::new(with_bypass);
    assert_eq!(seen_by(Look::Chain, &scripted).await, None);
    assert_eq!(scripted.count("/urls"), 0);
}

#[tokio::test(start_paused = true)]
async fn every_url_and_the_functions_own_policy_are_read() {
    let bypass = seen_by(Look::Bypass, &Scripted::new(with_bypass)).await.unwrap();
    let qualifiers: Vec<_> = bypass.urls.iter().map(|url| url.qualifier.as_deref()).collect();
    assert_eq!(qualifiers, [None, Some("live")]);
    let ids: Vec<_> = bypass.statements.iter().map(|s| s.id.as_str()).collect();
    assert_eq!(ids, ["s3-notify"]);
    assert!(bypass.denied.is_empty());
}

#[tokio::test(start_paused = true)]
async fn every_stage_is_read_when_requests_go_past_the_alias() {
    let aws = Scripted::new(with_bypass).aws().await;
    let observed = aws.observe(&desired(), &Memory::default(), Look::Bypass).await.unwrap();
    assert!(observed.rest_apis["a1"].stages.values().all(|stage| stage.deployed.is_some()));
}

#[tokio::test(start_paused = true)]
async fn what_is_denied_is_named_and_fails_nothing() {
    let scripted = Scripted::new(|seen| match seen.call.as_str() {
        "GET /2021-10-31/functions/fir-api/urls" => denied(seen),
        "GET /2015-03-31/functions/fir-api/policy" if seen.query.is_empty() => denied(seen),
        _ => quiet(seen),
    });
    let bypass = seen_by(Look::Bypass, &scripted).await.unwrap();
    assert_eq!(bypass.denied, ["lambda:ListFunctionUrlConfigs", "lambda:GetPolicy"]);
}

#[tokio::test(start_paused = true)]
async fn before_something_is_taken_away_the_urls_are_read_and_no_more() {
    let scripted = Scripted::new(with_bypass);
    let bypass = seen_by(Look::EveryCaller, &scripted).await.unwrap();
    assert_eq!((bypass.urls.len(), bypass.statements.len()), (2, 0));
    assert_eq!(scripted.count("/policy"), 1, "that of the alias");
}
