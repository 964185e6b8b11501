//! Answers of AWS on the wire: whatever comes, a write is sent once, its outcome is only called certain when it is, and nothing of the
//! answer that is not fit for status gets there.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_lambda::config::{Credentials, SharedCredentialsProvider};
use aws_smithy_runtime_api::client::http::{HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use serde_json::json;
use warmlambda::aws::{Aws, Cloud, Look, Settings, Unobserved};
use warmlambda::plan::desired::Desired;
use warmlambda::plan::failure::{Class, Effect, Failure};
use warmlambda::plan::memory::Memory;
use warmlambda::plan::step::{MovePurpose, Step};
use warmlambda::plan::subject::Subject;

use super::desired;
use crate::run::Target;

pub const TARGET: Target = Target {
    name: "answers",
    words: &[
        "200",
        "400",
        "403",
        "404",
        "408",
        "409",
        "412",
        "413",
        "429",
        "500",
        "503",
        "999",
        "retry-after: 5\n",
        "retry-after: -1\n",
        "x-amzn-errortype: ",
        "x-amzn-requestid: r\n",
        "content-type: application/json\n",
        "content-type: application/cbor\n",
        "smithy-protocol: rpc-v2-cbor\n",
        "\n\n",
        "\n",
        "__type",
        "message",
        "Message",
        "code",
        "ResourceConflictException",
        "InvalidParameterValueException",
        "TooManyRequestsException",
        "LimitExceededException",
        "AccessDeniedException",
        "ExpiredTokenException",
        "ResourceNotFoundException",
        "PreconditionFailedException",
        "Rate exceeded",
        "update is in progress",
        "AKIAIOSFODNN7EXAMPLE",
        "https://b.s3.amazonaws.com/k?X-Amz-Signature=deadbeef",
        "is not authorized to perform: lambda:UpdateAlias on resource: arn",
        "Encoded authorization failure message: abc",
        "<html>",
        "null",
        "{}",
        "[]",
        "FunctionVersion",
        "Version",
        "Policy",
        "RevisionId",
        "Aliases",
        "Versions",
        "NextMarker",
        "item",
        "items",
        "uri",
        "\u{7f}",
        "ü",
    ],
    executions: 500,
    judge,
};

/// Which call is made: the first byte of the input.
const CALLS: &[u8] = b"apihmorqs";

fn judge(input: &[u8]) -> String {
    let Some((call, answer)) = input.split_first().filter(|(call, _)| CALLS.contains(call)) else {
        return "no call".into();
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    let wire = Wire::new(Answer::read(answer));
    let aws = wire.aws();
    let limit = Duration::from_hours(1);
    let done = runtime.block_on(async { tokio::time::timeout(limit, make(&aws, *call)).await });
    let Ok(result) = done else {
        panic!("no end after an hour, with {} requests", wire.requests())
    };
    let said = result.as_ref().err().map(|failure| (&failure.class, failure.effect));
    if let Err(failure) = &result {
        fit_for_status(failure);
        judge_effect(failure, &wire, is_write(*call));
    }
    if is_write(*call) {
        assert_eq!(wire.requests(), 1, "a write is sent once");
        // Certain only by a 2xx, which the SDK took.
        assert!(
            result.is_err() || (200..300).contains(&wire.answer.status),
            "{} is success",
            wire.answer.status
        );
    }
    format!("{} {said:?}", char::from(*call)).chars().take(90).collect()
}

const fn is_write(call: u8) -> bool {
    matches!(call, b'a' | b'p' | b'i' | b'h' | b'm')
}

async fn make(aws: &Aws, call: u8) -> Result<(), Failure> {
    let desired = desired(&json!([{"name": "t", "restApi": {"apiId": "a1b2c3d4e5", "stageName": "prod"}}]));
    let (api_id, uri) = ("a1b2c3d4e5".to_owned(), desired.alias_uri());
    let step = match call {
        b'a' => Step::UpdateAlias {
            version: 2,
            revision_id: "r".into(),
            purpose: MovePurpose::Rollout,
        },
        b'p' => Step::PutCapacity { requested: 3 },
        b'i' => Step::DeployStage {
            api_id,
            stage: "prod".into(),
        },
        b'h' => Step::CreateHttpIntegration {
            api_id,
            uri,
            payload_format: "2.0".into(),
            description: "d".into(),
        },
        b'm' => Step::UpdateMapping {
            uuid: "0aaaaaaa-0000-4000-8000-000000000001".into(),
            source_arn: None,
        },
        _ => return read(aws, &desired, call).await,
    };
    aws.execute(&desired, &step).await.map(drop)
}

async fn read(aws: &Aws, desired: &Desired, call: u8) -> Result<(), Failure> {
    let region = "eu-west-1";
    match call {
        b'o' => aws.observe(desired, &Memory::default(), Look::EveryCaller).await.map(drop),
        b'r' => aws.site(region).await.map(drop),
        b's' => aws.account_concurrency(region).await.map(drop),
        _ => {
            let spec = serde_json::from_value(json!({"functionName": "fir-api", "provisionedConcurrency": 1})).unwrap();
            aws.usage(region, &[Subject::of(&spec, &[].into())]).await.map(drop)
        }
    }
}

/// One line, not long, and nothing in it that opens a door.
fn fit_for_status(failure: &Failure) {
    let text = failure.to_string();
    assert!(
        failure.message.chars().count() <= 300,
        "{} characters",
        failure.message.chars().count()
    );
    assert!(!failure.message.contains('\n'), "{text:?} is more than a line");
    for secret in ["AKIAIOSFODNN7EXAMPLE", "X-Amz-Signature", "Encoded authorization failure message"] {
        assert!(!failure.message.contains(secret), "{text:?} has {secret}");
    }
}

/// A refusal changes nothing. Whatever else is no success may have changed something, also an answer that cannot be read.
fn judge_effect(failure: &Failure, wire: &Wire, write: bool) {
    let status = wire.answer.status;
    let refusal = (400..500).contains(&status) && status != 408;
    let expected = if write && !refusal { Effect::Unknown } else { Effect::NotApplied };
    // An answer that cannot be read may not even have the status that it seems to have.
    let unread = write && failure.code == "NoAnswer" && failure.effect == Effect::Unknown;
    assert!(failure.effect == expected || unread, "{status}: {failure:?}");
    if let Class::Throttled(Some(time)) = failure.class {
        assert_eq!(Some(time.as_secs()), wire.answer.retry_after(), "{failure:?}");
    }
}

/// What every request is answered with.
#[derive(Clone, Debug)]
struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Answer {
    /// Status, headers a line, an empty line, body; what is no header is not sent.
    fn read(text: &[u8]) -> Self {
        let end = text.windows(2).position(|two| two == b"\n\n");
        let (head, body) = end.map_or((text, &b""[..]), |end| (&text[..end], &text[end + 2..]));
        let head = String::from_utf8_lossy(head);
        let mut lines = head.lines();
        let status = lines
            .next()
            .and_then(|line| line.trim().parse().ok())
            .filter(|status| (200..=599).contains(status));
        let allowed = |text: &str| text.chars().all(|c| c.is_ascii_graphic() || c == ' ');
        let headers = lines.filter_map(|line| line.split_once(": "));
        let name = |name: &str| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        let headers = headers.filter(|(key, value)| name(key) && allowed(value));
        Self {
            status: status.unwrap_or(200),
            headers: headers.map(|(key, value)| (key.to_lowercase(), value.to_owned())).collect(),
            body: body.to_vec(),
        }
    }

    /// The first header of the name, in whole seconds.
    fn retry_after(&self) -> Option<u64> {
        let mut found = self.headers.iter().filter(|(name, _)| name == "retry-after");
        found.next_back().and_then(|(_, value)| value.parse().ok())
    }
}

/// AWS in memory, which always gives the same answer.
#[derive(Clone)]
struct Wire {
    answer: Answer,
    requests: Arc<AtomicUsize>,
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Wire")
    }
}

impl Wire {
    fn new(answer: Answer) -> Self {
        Self {
            answer,
            requests: Arc::default(),
        }
    }

    fn requests(&self) -> usize {
        self.requests.load(Ordering::Relaxed)
    }

    fn aws(&self) -> Aws {
        let credentials = Credentials::new("id", "secret", None, None, "test");
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(aws_config::Region::new("eu-west-1"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .retry_config(RetryConfig::disabled())
            .http_client(self.clone());
        Aws::with_config(config.build(), Settings::default(), Arc::new(Unobserved))
    }
}

impl HttpClient for Wire {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Wire {
    fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
        // An answer that always names a next page would go on for ever; AWS ends some time, too.
        let pages = self.requests.fetch_add(1, Ordering::Relaxed);
        let status = if pages > 40 { 500 } else { self.answer.status };
        let mut response = HttpResponse::new(StatusCode::try_from(status).unwrap(), SdkBody::from(self.answer.body.clone()));
        for (name, value) in &self.answer.headers {
            response.headers_mut().insert(name.clone(), value.clone());
        }
        HttpConnectorFuture::ready(Ok(response))
    }
}
