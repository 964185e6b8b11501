//! The operator itself: the shipping controller with the shipping clients of AWS and Kubernetes, on transports in memory.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_lambda::config::{Credentials, IdentityCache, ProvideCredentials};
use aws_smithy_runtime_api::client::http::{HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use awssim::wire::{Request as AwsRequest, Response};
use axum::body::Body as HttpBody;
use axum::http::{Request as HttpMessage, Response as HttpAnswer};
use futures::FutureExt;
use kube::Client;
use kube::client::Body;
use serde_json::Value;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tower::{BoxError, Service};
use warmlambda::aws::{Aws, Settings as AwsSettings, Unobserved, loader};
use warmlambda::controller::intervals::Intervals;
use warmlambda::controller::leader::Election;
use warmlambda::controller::run::{Clients, LEASE_READ_TIMEOUT, Operator, READ_TIMEOUT, RunError, Settings};

use crate::api_server::{Answer, Request};
use crate::clock;
use crate::scene::{ACCOUNT, REGION};
use crate::wire::{AwsReply, KubernetesReply, Wire};

/// Namespace of the Lease.
pub const HOME: &str = "warmlambda";

/// What can be chosen about an operator.
#[derive(Clone, Debug)]
pub struct Choices {
    /// When to look again.
    pub intervals: Intervals,
    /// Passes at once.
    pub concurrency: u16,
    /// Share of the quotas.
    pub quota_share: f64,
}

impl Default for Choices {
    fn default() -> Self {
        let intervals = Intervals {
            // What CloudWatch says moves nothing that is judged here.
            usage: Duration::ZERO,
            ..Intervals::default()
        };
        Self {
            intervals,
            concurrency: 8,
            quota_share: 0.6,
        }
    }
}

/// A process of the operator.
pub struct Process {
    stop: watch::Sender<bool>,
    running: JoinHandle<Result<(), RunError>>,
}

impl Process {
    /// Starts one.
    pub async fn start(wire: &Wire, choices: &Choices) -> Self {
        let life = wire.next_life();
        let (stop, stopped) = watch::channel(false);
        let settings = AwsSettings {
            quota_share: choices.quota_share,
            jitter: clock::jitter,
            ..AwsSettings::default()
        };
        let connector = Connector { wire: wire.clone(), life };
        let config = configuration().await;
        let config = config
            .to_builder()
            .http_client(connector)
            .identity_cache(IdentityCache::lazy().build())
            .build();
        let cloud = Aws::with_config(config, settings, Arc::new(Unobserved));
        let client = |patience| {
            let wire = wire.clone();
            Client::new(Kubernetes { wire, life, patience }, HOME)
        };
        let clients = Clients {
            writes: client(Some(READ_TIMEOUT)),
            watch: client(None),
            lease: client(Some(LEASE_READ_TIMEOUT)),
        };
        let identity = format!("operator-{life}");
        let election = Election {
            name: "warmlambda".into(),
            identity: identity.clone(),
            lease_duration: Duration::from_secs(15),
            renew_deadline: Duration::from_secs(10),
            retry_period: Duration::from_secs(2),
            request_timeout: Duration::from_secs(10),
        };
        let settings = Settings {
            namespaces: Vec::new(),
            default_region: Some(REGION.into()),
            intervals: Intervals {
                quota_share: choices.quota_share,
                ..choices.intervals.clone()
            },
            concurrency: choices.concurrency,
            election: Some(election),
            lease_namespace: HOME.into(),
            instance: identity,
        };
        let operator = Operator::with(cloud, clients, settings, Arc::default(), stopped, clock::operators);
        Self {
            stop,
            running: tokio::spawn(operator.run()),
        }
    }

    /// Ends it at once.
    pub fn kill(self) {
        self.running.abort();
    }

    /// Tells it to stop and waits until it has.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        self.running.await.unwrap().unwrap();
    }

    /// Whether it ended by itself.
    pub fn has_ended(&self) -> bool {
        self.running.is_finished()
    }
}

/// The SDK's configuration as the binary has it, but for the transport; read once, because it is read from files.
async fn configuration() -> SdkConfig {
    static READ: std::sync::OnceLock<SdkConfig> = std::sync::OnceLock::new();
    if let Some(config) = READ.get() {
        return config.clone();
    }
    let config = loader(NoTransport)
        .credentials_provider(Role)
        .time_source(clock::Signing)
        .endpoint_url("http://aws.internal")
        .region(aws_config::Region::new(REGION))
        .load()
        .await;
    READ.get_or_init(|| config).clone()
}

/// Credentials of a role, as a pod has them.
#[derive(Debug)]
struct Role;

impl ProvideCredentials for Role {
    fn provide_credentials<'a>(&'a self) -> aws_credential_types::provider::future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        let credentials = Credentials::new(ACCOUNT, "secret", None, None, "simulation");
        aws_credential_types::provider::future::ProvideCredentials::ready(Ok(credentials))
    }
}

/// Stands in the configuration until there is a wire.
#[derive(Debug)]
struct NoTransport;

impl HttpClient for NoTransport {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(Self)
    }
}

impl HttpConnector for NoTransport {
    fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::ready(Err(ConnectorError::other("no transport".into(), None)))
    }
}

/// The SDK's way to the wire.
#[derive(Clone, Debug)]
struct Connector {
    wire: Wire,
    life: u32,
}

impl HttpClient for Connector {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let this = self.clone();
        HttpConnectorFuture::new(async move {
            match this.wire.aws(this.life, received(&request)).await {
                AwsReply::Answer(answer) => Ok(answered(answer)),
                // hyper's words.
                AwsReply::Refused => Err(ConnectorError::io("client error (Connect): Connection refused".into())),
                AwsReply::Broken => Err(ConnectorError::io("connection closed before message completed".into())),
            }
        })
    }
}

fn received(request: &HttpRequest) -> AwsRequest {
    let target = request.uri().strip_prefix("http://aws.internal").unwrap_or(request.uri());
    let mut received = AwsRequest::new(request.method(), target, request.body().bytes().unwrap_or_default());
    let headers = request.headers().iter();
    received.headers = headers.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect();
    received
}

fn answered(answer: Response) -> HttpResponse {
    let mut response = HttpResponse::new(StatusCode::try_from(answer.status).unwrap(), SdkBody::from(answer.body));
    for (name, value) in answer.headers {
        response.headers_mut().append(name, value);
    }
    response
}

/// kube's way to the wire, with the time limit that its connections have.
#[derive(Clone)]
struct Kubernetes {
    wire: Wire,
    life: u32,
    patience: Option<Duration>,
}

impl Service<HttpMessage<Body>> for Kubernetes {
    type Response = HttpAnswer<HttpBody>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, message: HttpMessage<Body>) -> Self::Future {
        let this = self.clone();
        async move {
            let request = asked(message).await?;
            let answer = this.wire.kubernetes(this.life, request);
            let answer = match this.patience {
                Some(patience) => timeout(patience, answer).await?,
                None => answer.await,
            };
            match answer {
                KubernetesReply::Answer(Answer::Object(code, object)) => Ok(json(code, object.to_string().into_bytes())),
                KubernetesReply::Answer(Answer::Watch(lines)) => Ok(HttpAnswer::new(HttpBody::from_stream(lines))),
                KubernetesReply::Garbage(code, body) => Ok(json(code, body)),
                KubernetesReply::Broken => Err("the connection broke".into()),
            }
        }
        .boxed()
    }
}

async fn asked(message: HttpMessage<Body>) -> Result<Request, BoxError> {
    let (parts, body) = message.into_parts();
    let header = |name: &str| {
        parts
            .headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
            .to_owned()
    };
    let body = body.collect_bytes().await?;
    let query = parts
        .uri
        .query()
        .unwrap_or_default()
        .split('&')
        .filter_map(|pair| pair.split_once('='));
    Ok(Request {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query: query.map(|(name, value)| (name.to_owned(), value.replace("%2F", "/"))).collect(),
        content_type: header("content-type"),
        metadata_only: header("accept").contains("as=PartialObjectMetadata"),
        body: serde_json::from_slice(&body).unwrap_or(Value::Null),
    })
}

fn json(code: u16, body: Vec<u8>) -> HttpAnswer<HttpBody> {
    let answer = HttpAnswer::builder().status(code).header("content-type", "application/json");
    answer.body(HttpBody::from(body)).unwrap()
}
