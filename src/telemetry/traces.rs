//! Traces over OTLP, for those who ask for them in OpenTelemetry's own environment variables.

use std::fmt;
use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::trace::TracerProvider;
use opentelemetry_http::HttpError;
use opentelemetry_otlp::{ExporterBuildError, Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::resource::{EnvResourceDetector, TelemetryResourceDetector};
use opentelemetry_sdk::trace::SdkTracerProvider;
use thiserror::Error;
use tokio::runtime::Handle;
use tracing::Level;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::FilterFn;
use tracing_subscriber::{Layer, Registry};

use super::collector::Collector;

/// How long the last batch may take when the process ends.
const LAST_BATCH: Duration = Duration::from_secs(2);

/// Longest request to the collector when the environment says nothing else: OpenTelemetry's default.
const PATIENCE: Duration = Duration::from_secs(10);

/// Samplers that the SDK knows.
const SAMPLERS: &[&str] = &[
    "always_on",
    "always_off",
    "traceidratio",
    "parentbased_always_on",
    "parentbased_always_off",
    "parentbased_traceidratio",
];

/// Why there are no traces although a collector is named.
#[derive(Debug, Error)]
pub enum TracesError {
    /// A protocol that is not spoken here.
    #[error("OTEL_EXPORTER_OTLP_PROTOCOL is {0:?}, and only http/protobuf is spoken; collectors listen for it on port 4318")]
    Protocol(String),
    /// A sampler that does not exist here.
    #[error("OTEL_TRACES_SAMPLER is {0:?}, which is none of {known}", known = SAMPLERS.join(", "))]
    Sampler(String),
    /// The certificate cannot be read.
    #[error("OTEL_EXPORTER_OTLP_CERTIFICATE {0}: {1}")]
    Certificate(String, #[source] std::io::Error),
    /// No client for the collector.
    #[error("no client for the collector: {0}")]
    Client(#[source] HttpError),
    /// Another setting is wrong.
    #[error(transparent)]
    Exporter(#[from] ExporterBuildError),
}

/// Spans on their way to a collector.
pub struct Traces(SdkTracerProvider);

impl fmt::Debug for Traces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Traces").finish_non_exhaustive()
    }
}

impl Traces {
    /// What turns our spans into traces, which stand at the level of errors. The spans of libraries say the same in other words, and
    /// log lines stay in the log.
    pub(super) fn layer(&self) -> Box<dyn Layer<Registry> + Send + Sync> {
        let ours = FilterFn::new(|metadata| {
            let whole = metadata.is_span() && *metadata.level() == Level::ERROR;
            whole && metadata.target().starts_with(env!("CARGO_PKG_NAME"))
        });
        let layer = tracing_opentelemetry::layer().with_tracer(self.0.tracer(env!("CARGO_PKG_NAME")));
        let layer = layer
            .with_location(false)
            .with_threads(false)
            .with_target(false)
            .with_tracked_inactivity(false);
        layer.with_filter(ours.with_max_level_hint(LevelFilter::ERROR)).boxed()
    }

    /// Sends what has not been sent yet, and waits a moment for it.
    pub async fn finish(self) {
        let sending = tokio::task::spawn_blocking(move || self.0.shutdown_with_timeout(LAST_BATCH));
        // What does not arrive in time is lost, as the log says.
        let _ = sending.await;
    }
}

/// Traces when the environment names a collector.
///
/// # Errors
/// See [`TracesError`].
pub(super) fn from_environment(runtime: &Handle) -> Result<Option<Traces>, TracesError> {
    if otlp("ENDPOINT").is_none() || is("OTEL_SDK_DISABLED", "true") || is("OTEL_TRACES_EXPORTER", "none") {
        return Ok(None);
    }
    if let Some(other) = otlp("PROTOCOL").filter(|protocol| protocol != "http/protobuf") {
        return Err(TracesError::Protocol(other));
    }
    if let Some(other) = variable("OTEL_TRACES_SAMPLER").filter(|sampler| !SAMPLERS.contains(&sampler.as_str())) {
        return Err(TracesError::Sampler(other));
    }
    let read = |path: String| std::fs::read(&path).map_err(|error| TracesError::Certificate(path, error));
    let authority = otlp("CERTIFICATE").map(read).transpose()?;
    let patience = otlp("TIMEOUT")
        .and_then(|millis| millis.parse().ok())
        .map_or(PATIENCE, Duration::from_millis);
    let collector = Collector::new(runtime.clone(), patience, authority).map_err(TracesError::Client)?;
    let exporter = SpanExporter::builder()
        .with_http()
        .with_protocol(Protocol::HttpBinary)
        .with_http_client(collector)
        .build()?;
    // A queue with a bound and a thread of its own: when the collector is slow or gone, spans are dropped and nobody waits.
    let provider = SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource());
    Ok(Some(Traces(provider.build())))
}

/// Who we are; the environment has the last word.
fn resource() -> Resource {
    let resource = Resource::builder_empty()
        .with_service_name(env!("CARGO_PKG_NAME"))
        .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
        .with_detector(Box::new(TelemetryResourceDetector))
        .with_detector(Box::new(EnvResourceDetector::new()));
    match variable("OTEL_SERVICE_NAME") {
        Some(name) => resource.with_service_name(name).build(),
        None => resource.build(),
    }
}

/// `OTEL_EXPORTER_OTLP_TRACES_...`, or what is set for all signals.
fn otlp(name: &str) -> Option<String> {
    variable(&format!("OTEL_EXPORTER_OTLP_TRACES_{name}")).or_else(|| variable(&format!("OTEL_EXPORTER_OTLP_{name}")))
}

fn is(name: &str, value: &str) -> bool {
    variable(name).is_some_and(|is| is.eq_ignore_ascii_case(value))
}

/// An empty variable counts as none, as OpenTelemetry has it.
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
