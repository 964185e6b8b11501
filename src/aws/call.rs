//! One request to AWS: its turn, its time limit, its count, and what its error means.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_lambda::operation::RequestId;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use tokio::time::{Instant, sleep};
use tracing::field::Empty;
use tracing::{Instrument, Span};

use super::error::{Kind, failure};
use super::throttle::{Bucket, Permit, Pool, Throttle};
use crate::plan::failure::{Class, Effect, Failure};

/// Attempts of a read, the first included. A write is sent once: only an observation tells whether it was carried out.
const READ_ATTEMPTS: u32 = 3;
/// Longest pause before a read is sent again; doubled after the second attempt.
const READ_PAUSE: Duration = Duration::from_millis(500);
/// Longest wait of a write for its turn. The caller knew that it leads before this wait, and must not lose the lease in it.
const WRITE_PATIENCE: Duration = Duration::from_secs(10);

/// Is told of each request that was sent.
pub trait RequestObserver: Send + Sync {
    /// `service` and `operation` as in IAM and the API reference (`lambda`, `UpdateAlias`); `code` is `OK` or that of the
    /// failure; `retried` tells that it was not the first attempt, `throttled` that AWS refused it for its rate.
    fn request(&self, service: &'static str, operation: &'static str, code: &str, seconds: f64, retried: bool, throttled: bool);
}

/// Tells nobody.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unobserved;

impl RequestObserver for Unobserved {
    fn request(&self, _: &'static str, _: &'static str, _: &str, _: f64, _: bool, _: bool) {}
}

/// An operation of AWS and the quotas that it draws on, the narrowest first.
#[derive(Clone, Copy, Debug)]
pub(super) struct Operation {
    /// For instance `lambda:GetAlias`.
    pub name: &'static str,
    pub pools: &'static [Pool],
}

/// The gate that every request in one region passes.
pub(super) struct Gate {
    pub region: String,
    pub throttle: Arc<Throttle>,
    pub observer: Arc<dyn RequestObserver>,
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gate").field("region", &self.region).finish_non_exhaustive()
    }
}

/// The turn of one request.
#[must_use]
pub(super) struct Turn(Vec<(Arc<Bucket>, Permit)>);

impl Gate {
    /// Sends a read, and again after failures that pass, each time in its turn.
    pub async fn read<T, E, F>(&self, operation: Operation, resource: &str, send: impl Fn() -> F) -> Result<T, Failure>
    where
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
        T: RequestId,
        E: ProvideErrorMetadata + Error + 'static,
    {
        let mut attempt = 1;
        loop {
            let mut turn = Turn(Vec::new());
            for pool in operation.pools {
                let bucket = self.throttle.bucket(&self.region, *pool);
                let permit = bucket.take().await;
                turn.0.push((bucket, permit));
            }
            let failed = match self.attempt(Kind::Read, operation, resource, turn, attempt, send()).await {
                Ok(answer) => return Ok(answer),
                Err(failed) => failed,
            };
            match failed.class {
                _ if attempt == READ_ATTEMPTS => return Err(failed),
                // The whole pool pauses already.
                Class::Throttled(_) => {}
                Class::Transient => sleep(self.throttle.jittered(READ_PAUSE * attempt)).await,
                _ => return Err(failed),
            }
            attempt += 1;
        }
    }

    /// Sends a read of something that may not exist: then it is `None`.
    pub async fn find<T, E, F>(&self, operation: Operation, resource: &str, send: impl Fn() -> F) -> Result<Option<T>, Failure>
    where
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
        T: RequestId,
        E: ProvideErrorMetadata + Error + 'static,
    {
        match self.read(operation, resource, send).await {
            Ok(answer) => Ok(Some(answer)),
            Err(missing) if missing.class == Class::NotFound => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    /// Waits for the turn of a write. Nothing is sent yet.
    ///
    /// # Errors
    /// [`Class::Throttled`] when the turn is too far away for a write whose reasons were observed just now.
    pub async fn turn(&self, operation: Operation, resource: &str) -> Result<Turn, Failure> {
        let mut turn = Turn(Vec::new());
        let deadline = Instant::now() + WRITE_PATIENCE;
        for pool in operation.pools {
            let bucket = self.throttle.bucket(&self.region, *pool);
            let patience = deadline.saturating_duration_since(Instant::now());
            let permit = bucket.take_within(patience).await.map_err(|wait| Failure {
                class: Class::Throttled(Some(wait)),
                effect: Effect::NotApplied,
                operation: operation.name,
                resource: resource.into(),
                code: "OwnShareExceeded".into(),
                message: "held back by the operator's own share of the account's request quota".into(),
                request_id: None,
            })?;
            turn.0.push((bucket, permit));
        }
        Ok(turn)
    }

    /// Sends a write in its turn, once.
    pub async fn write<T, E, F>(&self, operation: Operation, resource: &str, turn: Turn, send: F) -> Result<T, Failure>
    where
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
        T: RequestId,
        E: ProvideErrorMetadata + Error + 'static,
    {
        self.attempt(Kind::Write, operation, resource, turn, 1, send).await
    }

    /// Sends a write that takes something away. What is gone already is success.
    pub async fn remove<T, E, F>(&self, operation: Operation, resource: &str, turn: Turn, send: F) -> Result<(), Failure>
    where
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
        T: RequestId,
        E: ProvideErrorMetadata + Error + 'static,
    {
        match self.write(operation, resource, turn, send).await {
            Err(failure) if failure.class != Class::NotFound => Err(failure),
            _ => Ok(()),
        }
    }

    async fn attempt<T, E, F>(
        &self,
        kind: Kind,
        operation: Operation,
        resource: &str,
        turn: Turn,
        attempt: u32,
        send: F,
    ) -> Result<T, Failure>
    where
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
        T: RequestId,
        E: ProvideErrorMetadata + Error + 'static,
    {
        let start = Instant::now();
        let span = span(operation, &self.region, attempt);
        let result = send.instrument(span.clone()).await;
        let result = result.map_err(|error| failure(kind, operation.name, resource, &error));
        let request_id = match &result {
            Ok(answer) => answer.request_id(),
            Err(failure) => failure.request_id.as_deref(),
        };
        span.record("aws.request_id", request_id);
        if let Err(failure) = &result {
            span.record("error.type", failure.code.as_str());
            // What is not there is an answer like any other.
            if failure.class != Class::NotFound {
                span.record("otel.status_code", "ERROR");
                span.record("otel.status_description", failure.message.as_str());
            }
        }
        let code = result.as_ref().map_or_else(|failure| failure.code.as_str(), |_| "OK");
        let throttled = matches!(
            &result,
            Err(Failure {
                class: Class::Throttled(_),
                ..
            })
        );
        let (service, name) = operation.name.split_once(':').unwrap_or(("", operation.name));
        self.observer
            .request(service, name, code, start.elapsed().as_secs_f64(), attempt > 1, throttled);
        tell(kind, operation, resource, code, attempt, request_id);
        match &result {
            // AWS does not say which quota was exceeded; the narrowest is the likely one.
            Err(Failure {
                class: Class::Throttled(after),
                ..
            }) => {
                if let Some((bucket, permit)) = turn.0.first() {
                    bucket.throttled(permit, *after);
                }
            }
            _ => turn.0.iter().for_each(|(bucket, permit)| bucket.accepted(permit)),
        }
        result
    }
}

/// A line for each request: a write changes AWS and so is worth one always, with what CloudTrail knows it by.
fn tell(kind: Kind, operation: Operation, resource: &str, code: &str, attempt: u32, aws_request_id: Option<&str>) {
    let operation = operation.name;
    match kind {
        Kind::Write => tracing::info!(operation, resource, code, aws_request_id, "wrote to AWS"),
        Kind::Read => tracing::debug!(operation, resource, code, attempt, aws_request_id, "asked AWS"),
    }
}

/// The span of one request, named by OpenTelemetry's conventions for AWS. At the level of errors, so that no log level takes it away.
fn span(operation: Operation, region: &str, attempt: u32) -> Span {
    let (service, method) = operation.name.split_once(':').unwrap_or(("", operation.name));
    let service = service_id(service);
    tracing::error_span!(
        "aws",
        otel.name = format!("{service}/{method}"),
        otel.kind = "client",
        rpc.system = "aws-api",
        rpc.service = service,
        rpc.method = method,
        cloud.region = region,
        http.request.resend_count = (attempt > 1).then(|| attempt - 1),
        aws.request_id = Empty,
        error.r#type = Empty,
        otel.status_code = Empty,
        otel.status_description = Empty,
    )
}

/// A service as the SDKs call it.
fn service_id(service: &str) -> &str {
    match service {
        "apigateway" => "API Gateway",
        "apigatewayv2" => "ApiGatewayV2",
        "application-autoscaling" => "Application Auto Scaling",
        "cloudwatch" => "CloudWatch",
        "lambda" => "Lambda",
        "sqs" => "SQS",
        "sts" => "STS",
        other => other,
    }
}

/// An answer that lacks what AWS's own model promises. It is no observation, so nothing is decided on it.
pub(super) fn unreadable(operation: Operation, resource: &str, what: &str) -> Failure {
    Failure {
        class: Class::Transient,
        effect: Effect::NotApplied,
        operation: operation.name,
        resource: resource.into(),
        code: "UnreadableAnswer".into(),
        message: what.into(),
        request_id: None,
    }
}

/// A write that was answered, but not in a way that shows what it did: only an observation tells.
pub(super) fn unconfirmed(operation: Operation, resource: &str, what: &str) -> Failure {
    Failure {
        effect: Effect::Unknown,
        ..unreadable(operation, resource, what)
    }
}
