//! Logs and traces. A log line tells a change of state, as JSON with flat keys or as text for people; the level can be changed while
//! the operator runs. A trace tells how long which request took, and is made only where a collector is named.

mod collector;
mod json_lines;
mod level;
mod traces;

use opentelemetry::trace::TraceContextExt;
use thiserror::Error;
use tokio::runtime::Handle;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::{SubscriberInitExt, TryInitError};
use tracing_subscriber::{Registry, fmt};

pub use level::{LevelError, LogLevel};
pub use traces::Traces;

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// One JSON object per line.
    Json,
    /// For people at a terminal.
    Text,
}

/// Why there is no log.
#[derive(Debug, Error)]
pub enum LogError {
    /// The level cannot be read.
    #[error(transparent)]
    Level(#[from] LevelError),
    /// Somebody else has set up logging already.
    #[error(transparent)]
    Init(#[from] TryInitError),
}

/// What was started.
#[derive(Debug)]
pub struct Telemetry {
    /// What is logged, for those who want to change it.
    pub level: LogLevel,
    /// Ends with the process; `None` when no collector is named.
    pub traces: Option<Traces>,
}

/// Logs to standard error from now on, and traces when the environment names a collector; requests to it are made on `runtime`.
/// `directives` are a level, or several of them as in `RUST_LOG`.
///
/// # Errors
/// See [`LogError`]. Traces that cannot be sent are no reason not to start: the log says why.
pub fn start(format: Format, directives: &str, runtime: &Handle) -> Result<Telemetry, LogError> {
    let (level, filter) = LogLevel::new(directives)?;
    let traces = traces::from_environment(runtime);
    let tracing = traces.as_ref().ok().and_then(|traces| traces.as_ref().map(Traces::layer));
    let lines = match format {
        Format::Json => json_lines::JsonLines::new(std::io::stderr).with_filter(filter).boxed(),
        Format::Text => {
            let lines = fmt::layer().with_writer(std::io::stderr).with_target(false);
            lines.with_filter(filter).boxed()
        }
    };
    let layers: Vec<_> = tracing.into_iter().chain([lines]).collect();
    Registry::default().with(layers).try_init()?;
    if let Err(error) = &traces {
        tracing::warn!(%error, "there are no traces");
    }
    Ok(Telemetry {
        level,
        traces: traces.ok().flatten(),
    })
}

/// The id of the trace that a span belongs to; `None` when there are no traces.
pub fn trace_id(span: &Span) -> Option<String> {
    let context = span.context();
    let known = context.span().span_context().clone();
    known.is_valid().then(|| known.trace_id().to_string())
}
