//! `/metrics` of the running binary, as Prometheus gets it.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::json;
use warmlambda::metrics::ALL;

use crate::harness::endpoint::Told;
use crate::harness::http::{get, send};
use crate::harness::scenario::Scenario;
use crate::harness::traffic::request;
use crate::harness::waiting::until;

/// What promtool has to say about a scrape: nothing when all is well.
fn objections(text: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let found = Command::new(root.join("scripts/tools.sh")).arg("promtool").output();
    let found = found.expect("scripts/tools.sh runs");
    assert!(found.status.success(), "{}", String::from_utf8_lossy(&found.stderr));
    let promtool = String::from_utf8(found.stdout).expect("a path");
    let mut child = Command::new(promtool.trim())
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("promtool runs");
    let mut stdin = child.stdin.take().expect("stdin is piped");
    stdin.write_all(text.as_bytes()).expect("promtool reads the metrics");
    drop(stdin);
    let output = child.wait_with_output().expect("promtool ends");
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    if output.status.success() {
        said
    } else {
        format!("{} {said}", output.status)
    }
}

fn value(text: &str, series: &str) -> Option<f64> {
    let line = text.lines().find(|line| line.starts_with(series))?;
    line.rsplit_once(' ')?.1.parse().ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scrape_shows_every_metric_and_promtool_has_nothing_to_say() {
    let scenario = Scenario::warm().await;
    let metrics = scenario.operators[0].address("metrics").await;
    // Only an endpoint with event sources has these.
    let of_sources = ["warmlambda_endpoint_iterator_age_seconds", "warmlambda_endpoint_throttles"];
    let text = until("every metric", async || {
        request(scenario.aws.sim());
        let text = get(&metrics, "/metrics");
        let told = |name: &str| text.contains(&format!("\n# TYPE {name} ")) || text.starts_with(&format!("# TYPE {name} "));
        let names = ALL.iter().map(|metric| metric.name);
        let missing: Vec<_> = names.filter(|name| !of_sources.contains(name) && !told(name)).collect();
        if missing.is_empty() {
            Ok(text)
        } else {
            Err(format!("{missing:?} are not in\n{text}"))
        }
    })
    .await;
    assert_eq!(objections(&text), "", "\n{text}");
    assert!(
        objections("# TYPE x_milliseconds counter\nx_milliseconds 1\n").contains("exit status: 3"),
        "it does look"
    );

    let mine = format!(r#"namespace="{}",name="fir-api""#, scenario.namespace);
    for (series, least) in [
        ("workqueue_adds_total{name=\"warmlambdaendpoint\"}".to_owned(), 3.0),
        (
            "workqueue_queue_duration_seconds_count{name=\"warmlambdaendpoint\"}".to_owned(),
            3.0,
        ),
        (
            "controller_runtime_reconcile_total{controller=\"warmlambdaendpoint\",result=\"requeue_after\"}".to_owned(),
            3.0,
        ),
        (
            "rest_client_requests_total{code=\"200\",method=\"PATCH\",host=\"127.0.0.1:".to_owned(),
            1.0,
        ),
        ("warmlambda_endpoint_allocation_duration_seconds_count".to_owned(), 1.0),
        (
            "warmlambda_account_concurrency_limit{account=\"111122223333\",region=\"eu-west-1\"}".to_owned(),
            1000.0,
        ),
        (
            format!("warmlambda_endpoint_status_condition{{{mine},condition=\"Ready\",status=\"True\"}}"),
            1.0,
        ),
    ] {
        let found = value(&text, &series);
        assert!(found.is_some_and(|found| found >= least), "{series} is {found:?} in\n{text}");
    }
    let waited = value(&text, "workqueue_queue_duration_seconds_sum{name=\"warmlambdaendpoint\"}");
    assert!(waited.is_some_and(|seconds| seconds < 5.0), "places were free: {waited:?}");
    let accounts = scenario
        .aws
        .reads_since(0)
        .into_iter()
        .filter(|entry| entry.operation == "GetAccountSettings");
    assert_eq!(accounts.count(), 1, "once in five minutes");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alias_that_somebody_moved_is_a_corrected_drift_and_a_deleted_endpoint_has_no_series() {
    let scenario = Scenario::warm().await;
    let metrics = scenario.operators[0].address("metrics").await;
    let drift = format!(
        r#"warmlambda_endpoint_drift_corrections_total{{namespace="{}",name="fir-api",resource="alias"}}"#,
        scenario.namespace
    );
    scenario.until_checked_again().await;
    assert_eq!(value(&get(&metrics, "/metrics"), &drift), Some(0.0));
    let older = scenario.aws.versions()[0].to_string();
    scenario.aws.move_alias(&older);
    until("a corrected drift", async || {
        let text = get(&metrics, "/metrics");
        if value(&text, &drift) == Some(1.0) { Ok(()) } else { Err(text) }
    })
    .await;
    scenario.until_ready().await;
    scenario.delete();
    scenario.until_gone().await;
    until("no series of the endpoint", async || {
        let text = get(&metrics, "/metrics");
        if text.contains("fir-api") { Err(text) } else { Ok(()) }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pass_that_leaves_an_endpoint_stalled_is_terminal_and_no_error() {
    let scenario = Scenario::warm().await;
    scenario.apply_named("second", &json!({}));
    scenario
        .until_named("second", "Stalled", |found| found.condition("Stalled") == "True AliasClaimed")
        .await;
    let metrics = scenario.operators[0].address("metrics").await;
    let count = |text: &str, metric: &str| value(text, &format!("{metric}{{controller=\"warmlambdaendpoint\"}}"));
    let text = until("a terminal pass", async || {
        let text = get(&metrics, "/metrics");
        let terminal = count(&text, "controller_runtime_terminal_reconcile_errors_total");
        if terminal >= Some(1.0) { Ok(text) } else { Err(text) }
    })
    .await;
    assert_eq!(count(&text, "controller_runtime_reconcile_errors_total"), Some(0.0), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_for_openmetrics_gets_the_text_format_as_well() {
    let mut scenario = Scenario::without_operator().await;
    scenario.start_operator();
    let metrics = scenario.operators[0].address("metrics").await;
    let accept = "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.2";
    let (status, head, body) = send(&metrics, "GET", "/metrics", &[("Accept", accept)], "");
    assert_eq!(status, 200);
    assert!(head.contains("content-type: text/plain; version=0.0.4; charset=utf-8"), "{head}");
    assert_eq!(objections(&body), "");
}
