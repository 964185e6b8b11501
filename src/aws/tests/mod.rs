//! The shell against a scripted AWS, and against awssim on a socket.

mod bypass;
mod event_sources;
mod evidence;
mod http_apis;
mod observing;
mod scripted;
mod simulated;
mod writing;

use serde_json::{Value, json};

use crate::plan::arn::Site;
use crate::plan::desired::Desired;
use scripted::Answer;

pub(super) const ALIAS_ARN: &str = "arn:aws:lambda:eu-west-1:111122223333:function:fir-api:live";
pub(super) const SOURCE_ARN: &str = "arn:aws:execute-api:eu-west-1:111122223333:a1/*/*";

pub(super) fn desired() -> Desired {
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

pub(super) fn function(version: &str, code: &str) -> Value {
    json!({"FunctionName": "fir-api", "Version": version, "CodeSha256": code, "RevisionId": format!("rev-{version}"), "State": "Active",
        "LastUpdateStatus": "Successful", "Runtime": "python3.13", "Handler": "app.h", "MemorySize": 128, "Timeout": 3})
}

pub(super) fn not_found() -> Answer {
    Answer::Error(404, "ResourceNotFoundException", "The resource you requested does not exist.")
}

pub(super) fn statement(id: &str, source: &str) -> Value {
    json!({"Sid": id, "Effect": "Allow", "Principal": {"Service": "apigateway.amazonaws.com"}, "Action": "lambda:InvokeFunction",
        "Resource": ALIAS_ARN, "Condition": {"ArnLike": {"AWS:SourceArn": source}}})
}

pub(super) fn policy(statements: &[Value]) -> Answer {
    let document = json!({"Version": "2012-10-17", "Id": "default", "Statement": statements});
    Answer::Is(200, json!({"Policy": document.to_string(), "RevisionId": "policy-1"}))
}
