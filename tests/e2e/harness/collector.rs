//! A collector of traces: it takes OTLP over HTTP and keeps what it got.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use prost::Message;
use tokio::net::TcpListener;

/// One span, with what a test asks about it.
#[derive(Clone, Debug)]
pub struct Span {
    /// Its name.
    pub name: String,
    /// Hexadecimal.
    pub trace_id: String,
    /// Hexadecimal.
    pub id: String,
    /// Hexadecimal; empty for a root.
    pub parent: String,
    /// As in the protocol: 1 internal, 3 client.
    pub kind: i32,
    /// As in the protocol: 0 unset, 2 error.
    pub status: i32,
    /// Nanoseconds.
    pub lasted: u64,
    /// All as text.
    pub attributes: BTreeMap<String, String>,
}

/// What a collector got.
#[derive(Clone, Debug, Default)]
pub struct Got {
    /// All spans, in the order in which they came.
    pub spans: Vec<Span>,
    /// Attributes of the resource of the last batch.
    pub resource: BTreeMap<String, String>,
    /// Headers of the last request.
    pub headers: BTreeMap<String, String>,
}

/// A collector that runs.
pub struct Collector {
    url: String,
    got: Arc<Mutex<Got>>,
}

impl Collector {
    /// On a free port.
    pub async fn start() -> Self {
        let got = Arc::new(Mutex::new(Got::default()));
        let kept = Arc::clone(&got);
        let take = move |headers: HeaderMap, body: Bytes| {
            keep(&mut kept.lock().expect("no panic while a batch is kept"), &headers, &body);
            async { StatusCode::OK }
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let url = format!("http://{}", listener.local_addr().expect("it has an address"));
        let router = Router::new().route("/v1/traces", post(take));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, got }
    }

    /// Its base URL.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What it got so far.
    pub fn got(&self) -> Got {
        self.got.lock().expect("no panic while a batch is kept").clone()
    }
}

fn keep(got: &mut Got, headers: &HeaderMap, body: &[u8]) {
    let batch = ExportTraceServiceRequest::decode(body).expect("an OTLP message");
    let text = |value: &axum::http::HeaderValue| value.to_str().unwrap_or_default().to_owned();
    got.headers = headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect();
    for resource_spans in batch.resource_spans {
        got.resource = attributes(resource_spans.resource.unwrap_or_default().attributes);
        for span in resource_spans.scope_spans.into_iter().flat_map(|scope| scope.spans) {
            got.spans.push(Span {
                trace_id: hex(&span.trace_id),
                id: hex(&span.span_id),
                parent: hex(&span.parent_span_id),
                kind: span.kind,
                status: span.status.unwrap_or_default().code,
                lasted: span.end_time_unix_nano - span.start_time_unix_nano,
                attributes: attributes(span.attributes),
                name: span.name,
            });
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn attributes(list: Vec<KeyValue>) -> BTreeMap<String, String> {
    let text = |value: Option<Value>| match value {
        Some(Value::StringValue(text)) => text,
        Some(Value::IntValue(number)) => number.to_string(),
        Some(Value::BoolValue(flag)) => flag.to_string(),
        other => format!("{other:?}"),
    };
    let pair = |attribute: KeyValue| (attribute.key, text(attribute.value.and_then(|value| value.value)));
    list.into_iter().map(pair).collect()
}
