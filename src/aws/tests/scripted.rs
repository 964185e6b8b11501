//! AWS as a script, in memory: each request is answered by a function of the test, in paused time.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sdk_lambda::config::Credentials;
use aws_smithy_runtime_api::client::http::{HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::aws::call::RequestObserver;
use crate::aws::clients::{Aws, Settings, loader};

/// How long each answer takes.
pub const LATENCY: Duration = Duration::from_millis(50);

/// A request that came.
#[derive(Clone, Debug)]
pub struct Seen {
    pub at: Instant,
    /// Method and path without the query, for instance `GET /restapis/a1/stages`.
    pub call: String,
    pub query: String,
    pub user_agent: String,
    pub body: Value,
}

/// What is answered.
#[derive(Clone)]
pub enum Answer {
    /// 200 or what the operation answers on success.
    Is(u16, Value),
    /// Status, code, text.
    Error(u16, &'static str, &'static str),
    /// As before, with `Retry-After` in seconds.
    Throttled(u64),
    /// The connection breaks after the request was sent.
    Lost,
    /// Nothing ever comes.
    Silence,
}

type Script = dyn Fn(&Seen) -> Answer + Send + Sync;

#[derive(Clone)]
pub struct Scripted {
    seen: Arc<Mutex<Vec<Seen>>>,
    script: Arc<Script>,
}

impl fmt::Debug for Scripted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Scripted")
    }
}

/// Counts what the observer is told: operation and code.
#[derive(Debug, Default)]
pub struct Counted(pub Mutex<BTreeMap<(String, String), u32>>);

impl RequestObserver for Counted {
    fn request(&self, service: &'static str, operation: &'static str, code: &str, _: f64, _: bool, _: bool) {
        let key = (format!("{service}:{operation}"), code.to_owned());
        *self.0.lock().unwrap().entry(key).or_default() += 1;
    }
}

impl Scripted {
    pub fn new(script: impl Fn(&Seen) -> Answer + Send + Sync + 'static) -> Self {
        Self {
            seen: Arc::default(),
            script: Arc::new(script),
        }
    }

    /// The operator's clients, talking to this.
    pub async fn aws(&self) -> Aws {
        self.aws_with(Settings::default(), Arc::new(Counted::default())).await
    }

    pub async fn aws_with(&self, settings: Settings, observer: Arc<dyn RequestObserver>) -> Aws {
        let credentials = Credentials::new("id", "secret", None, None, "test");
        let region = aws_config::Region::new("eu-west-1");
        let config = loader(self.clone()).credentials_provider(credentials).region(region).load().await;
        Aws::with_config(config, settings, observer)
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// How many requests came whose method and path hold this text.
    pub fn count(&self, text: &str) -> usize {
        self.seen().iter().filter(|seen| seen.call.contains(text)).count()
    }
}

impl HttpClient for Scripted {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Scripted {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let uri = request.uri().split_once("amazonaws.com").map_or("", |(_, path)| path);
        let (path, query) = uri.split_once('?').unwrap_or((uri, ""));
        let seen = Seen {
            at: Instant::now(),
            call: format!("{} {path}", request.method()),
            query: query.into(),
            user_agent: request.headers().get("user-agent").unwrap_or_default().into(),
            body: serde_json::from_slice(request.body().bytes().unwrap_or_default()).unwrap_or_default(),
        };
        let answer = (self.script)(&seen);
        self.seen.lock().unwrap().push(seen);
        HttpConnectorFuture::new(async move {
            sleep(LATENCY).await;
            let error = |status: u16, code: &str, text: &str| {
                let mut response = response(status, &json!({"message": text}));
                response.headers_mut().insert("x-amzn-errortype", code.to_owned());
                response.headers_mut().insert("x-amzn-requestid", "r-1");
                response
            };
            match answer {
                Answer::Is(status, body) => Ok(response(status, &body)),
                Answer::Error(status, code, text) => Ok(error(status, code, text)),
                Answer::Throttled(seconds) => {
                    let mut response = error(429, "TooManyRequestsException", "Rate exceeded");
                    response.headers_mut().insert("retry-after", seconds.to_string());
                    Ok(response)
                }
                Answer::Lost => Err(ConnectorError::io("connection closed before message completed".into())),
                Answer::Silence => std::future::pending().await,
            }
        })
    }
}

fn response(status: u16, body: &Value) -> HttpResponse {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let mut response = HttpResponse::new(StatusCode::try_from(status).unwrap(), SdkBody::from(body));
    response.headers_mut().insert("content-type", "application/json");
    response
}
