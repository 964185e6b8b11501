//! The way to a collector of traces: HTTP by the client that AWS is called with, so there is no second one in the program.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_runtime_api::client::http::HttpConnector;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use tokio::runtime::Handle;
use tokio::time::timeout;

/// Sends batches of spans. They come from a thread of their own, on which nothing waits but they.
pub(super) struct Collector {
    connector: Arc<Connector>,
    runtime: Handle,
    /// Longest request.
    patience: Duration,
    /// Whether the last batch was not taken: only the turn is worth a line.
    failing: AtomicBool,
}

impl fmt::Debug for Collector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Collector")
            .field("patience", &self.patience)
            .finish_non_exhaustive()
    }
}

impl Collector {
    /// Trusts the system's authorities, and that of a PEM file when there is one.
    ///
    /// # Errors
    /// When the PEM holds no certificate.
    pub fn new(runtime: Handle, patience: Duration, authority: Option<Vec<u8>>) -> Result<Self, HttpError> {
        let roots = TrustStore::default();
        let roots = authority.map_or_else(|| roots.clone(), |pem| roots.clone().with_pem_certificate(pem));
        let tls = TlsContext::builder().with_trust_store(roots).build()?;
        let connector = Connector::builder().tls_provider(Provider::Rustls(CryptoMode::AwsLc));
        Ok(Self {
            connector: Arc::new(connector.tls_context(tls).build()),
            runtime,
            patience,
            failing: AtomicBool::new(false),
        })
    }

    /// Says when batches begin to be lost, and when they arrive again.
    fn note(&self, outcome: &Result<Response<Bytes>, HttpError>) {
        let wrong = match outcome {
            Ok(answer) if answer.status().is_success() => None,
            Ok(answer) => Some(format!("HTTP status {}", answer.status())),
            Err(error) => Some(error.to_string()),
        };
        match (wrong, self.failing.load(Ordering::Relaxed)) {
            (Some(error), false) => tracing::warn!(error, "traces are not delivered and get lost; the operator works on"),
            (None, true) => tracing::info!("traces are delivered again"),
            (Some(_), true) | (None, false) => {}
        }
        self.failing
            .store(!matches!(outcome, Ok(answer) if answer.status().is_success()), Ordering::Relaxed);
    }
}

#[async_trait]
impl HttpClient for Collector {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let (connector, patience) = (Arc::clone(&self.connector), self.patience);
        // The thread of the batches has no reactor: timers and sockets live on the runtime.
        let sent = self
            .runtime
            .spawn(async move { timeout(patience, send(&connector, request)).await });
        let outcome = match sent.await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) => Err(format!("no answer within {patience:?}").into()),
            Err(stopped) => Err(stopped.into()),
        };
        self.note(&outcome);
        outcome
    }
}

async fn send(connector: &Connector, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
    let (parts, body) = request.into_parts();
    let mut converted = HttpRequest::new(SdkBody::from(body));
    converted.set_method(parts.method.as_str())?;
    converted.set_uri(parts.uri.to_string())?;
    for (name, value) in &parts.headers {
        converted
            .headers_mut()
            .try_append(name.as_str().to_owned(), value.to_str()?.to_owned())?;
    }
    let answer = connector
        .call(converted)
        .await
        .map_err(|error| HttpError::from(error.to_string()))?;
    let mut response = Response::builder().status(answer.status().as_u16());
    for (name, value) in answer.headers() {
        response = response.header(name, value);
    }
    let body = ByteStream::new(answer.into_body()).collect().await?.into_bytes();
    Ok(response.body(body)?)
}
