//! Traces, as a collector gets them.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::net::TcpListener;

use crate::harness::collector::{Collector, Span};
use crate::harness::scenario::Scenario;
use crate::harness::waiting::until;

/// OpenTelemetry sends a batch every five seconds; a test has less patience.
const QUICKLY: (&str, &str) = ("OTEL_BSP_SCHEDULE_DELAY", "100");

#[tokio::test(flavor = "multi_thread")]
async fn a_pass_is_a_trace_with_a_span_for_each_request_to_aws() {
    let (collector, mut scenario) = (Collector::start().await, Scenario::without_operator().await);
    let variables = [
        QUICKLY,
        ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url()),
        ("OTEL_EXPORTER_OTLP_HEADERS", "x-tenant=shop"),
        ("OTEL_SERVICE_NAME", "warm"),
        ("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment=test"),
    ];
    // At this level not one line is written, and the spans are there all the same.
    scenario.start_operator_in(&["--log-level", "off"], &variables);
    scenario.apply(&json!({}));
    scenario.until_ready().await;
    let is_move = |span: &&Span| span.name == "Lambda/PutProvisionedConcurrencyConfig";
    let got = until("a span of the request for capacity, and of its pass", async || {
        let got = collector.got();
        let asked = got.spans.iter().find(is_move);
        let whole = asked.is_some_and(|asked| got.spans.iter().any(|span| span.id == asked.parent));
        if whole { Ok(got) } else { Err(format!("{got:#?}")) }
    })
    .await;

    let asked = got.spans.iter().find(is_move).expect("it was found");
    let attribute = |span: &Span, name: &str| span.attributes.get(name).cloned().unwrap_or_default();
    for (name, value) in [
        ("rpc.system", "aws-api"),
        ("rpc.service", "Lambda"),
        ("rpc.method", "PutProvisionedConcurrencyConfig"),
        ("cloud.region", "eu-west-1"),
    ] {
        assert_eq!(attribute(asked, name), value, "{asked:#?}");
    }
    assert!(!attribute(asked, "aws.request_id").is_empty(), "{asked:#?}");
    assert_eq!((asked.kind, asked.status), (3, 0));

    let pass = got.spans.iter().find(|span| span.id == asked.parent).expect("it was found");
    assert_eq!((pass.name.as_str(), pass.parent.as_str(), pass.kind), ("reconcile", "", 1));
    assert_eq!(pass.trace_id, asked.trace_id);
    assert!(pass.lasted >= asked.lasted);
    for (name, value) in [
        ("namespace", scenario.namespace.as_str()),
        ("name", "fir-api"),
        ("generation", "1"),
        ("result", "requeue_after"),
    ] {
        assert_eq!(attribute(pass, name), value, "{pass:#?}");
    }
    let of_libraries: BTreeSet<_> = got
        .spans
        .iter()
        .map(|span| &span.name)
        .filter(|name| name.starts_with("HTTP"))
        .collect();
    assert!(of_libraries.is_empty(), "{of_libraries:?}");

    assert_eq!(got.resource.get("service.name").map(String::as_str), Some("warm"));
    assert_eq!(
        got.resource.get("service.version").map(String::as_str),
        Some(env!("CARGO_PKG_VERSION"))
    );
    assert_eq!(got.resource.get("deployment.environment").map(String::as_str), Some("test"));
    assert_eq!(got.headers.get("x-tenant").map(String::as_str), Some("shop"));
    assert_eq!(got.headers.get("content-type").map(String::as_str), Some("application/x-protobuf"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_aws_refuses_is_a_span_in_error_and_its_ids_stand_in_the_log() {
    let (collector, mut scenario) = (Collector::start().await, Scenario::without_operator().await);
    scenario
        .aws
        .refuse("CreateAlias", 400, "InvalidParameterValueException", "not like this");
    let endpoint = format!("{}/v1/traces", collector.url());
    let variables = [QUICKLY, ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", endpoint.as_str())];
    scenario.start_operator_in(&["--log-format", "json"], &variables);
    scenario.apply(&json!({}));
    let refused = until("a span in error", async || {
        let got = collector.got();
        let refused = got.spans.iter().find(|span| span.name == "Lambda/CreateAlias").cloned();
        refused.ok_or_else(|| format!("{got:#?}"))
    })
    .await;
    assert_eq!(refused.status, 2, "{refused:#?}");
    assert_eq!(
        refused.attributes.get("error.type").map(String::as_str),
        Some("InvalidParameterValueException")
    );
    until("a line with the ids of the trace and of the request", async || {
        let log = scenario.operators[0].log();
        let trace = format!(r#""trace_id":"{}""#, refused.trace_id);
        let request = format!(r#""aws_request_id":"{}""#, refused.attributes["aws.request_id"]);
        let told = log.lines().any(|line| line.contains(&trace) && line.contains(&request));
        if told { Ok(()) } else { Err(log) }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sampler_is_honoured_and_no_endpoint_means_no_traces() {
    let (collector, mut scenario) = (Collector::start().await, Scenario::without_operator().await);
    let never = [
        QUICKLY,
        ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url()),
        ("OTEL_TRACES_SAMPLER", "always_off"),
    ];
    scenario.start_operator_in(&["--log-format", "json"], &never);
    scenario.apply(&json!({}));
    scenario.until_ready().await;
    assert!(scenario.operators[0].terminate());
    assert_eq!(collector.got().spans.len(), 0, "what is left is sent at the end");

    scenario.start_operator_in(&["--log-format", "json"], &[QUICKLY]);
    scenario.until_checked_again().await;
    assert!(!scenario.operators[1].log().contains("trace_id"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_never_answers_holds_nobody_up() {
    // It takes connections and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let endpoint = format!("http://{}", silent.local_addr().expect("it has an address"));
    let mut scenario = Scenario::without_operator().await;
    let variables = [
        QUICKLY,
        ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "1000"),
        ("OTEL_BSP_MAX_QUEUE_SIZE", "4"),
    ];
    scenario.start_operator_in(&["--log-level", "info"], &variables);
    scenario.apply(&json!({}));
    scenario.until_ready().await;
    until("a line that tells of it", async || {
        let log = scenario.operators[0].log();
        if log.contains("traces are not delivered") {
            Ok(())
        } else {
            Err(log)
        }
    })
    .await;
    scenario.until_checked_again().await;
    let told = scenario.operators[0].log().matches("traces are not delivered").count();
    assert_eq!(told, 1, "once, not for each batch");
    let asked = Instant::now();
    assert!(scenario.operators[0].terminate());
    assert!(asked.elapsed() < Duration::from_secs(10), "it ended after {:?}", asked.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_setting_that_cannot_be_met_is_named_and_the_operator_works() {
    let mut scenario = Scenario::without_operator().await;
    let variables = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4317"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
    ];
    scenario.start_operator_in(&["--log-level", "info"], &variables);
    scenario.apply(&json!({}));
    scenario.until_ready().await;
    let log = scenario.operators[0].log();
    assert!(log.contains("OTEL_EXPORTER_OTLP_PROTOCOL") && log.contains("port 4318"), "{log}");
}
