//! A real Prometheus scrapes two replicas while something happens: every question of the dashboard has an answer, and the rules are
//! evaluated without a failure.

use std::collections::BTreeSet;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use awssim::sim::Fault;
use serde_json::{Value, json};
use warmlambda::api::WarmLambdaEndpoint;

use crate::harness::aws::UNQUALIFIED_URI;
use crate::harness::endpoint::Told;
use crate::harness::records::{FUNCTION_ARN, MAPPING, STREAM};
use crate::harness::scenario::Scenario;
use crate::harness::traffic::Traffic;
use crate::harness::waiting::until;
use crate::walk::tool;

/// Panels that have something to say only when something is wrong that does not happen here.
const SILENT: [&str; 6] = [
    "Alerts that fired",
    "Endpoints that were not ready",
    "Not allocated yet",
    "Paid for and idle",
    "Functions that fail on records",
    "Refused or unanswered",
];

/// A running Prometheus.
struct Prometheus {
    process: Child,
    url: String,
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Prometheus {
    /// Scrapes these replicas and itself, each second, and evaluates our rules.
    fn start(name: &str, targets: &[String]) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("prometheus").join(name);
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).expect("a folder can be made");
        // A port that is free now: Prometheus does not tell which one it took.
        let port = TcpListener::bind("127.0.0.1:0")
            .and_then(|l| l.local_addr())
            .expect("a port is free")
            .port();
        let address = format!("127.0.0.1:{port}");
        let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("charts/warmlambda/files/alerts.yaml");
        let config = json!({
            "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
            "rule_files": [rules],
            "scrape_configs": [
                {"job_name": "warmlambda", "honor_labels": true, "static_configs": [{"targets": targets, "labels": {"namespace": "warmlambda"}}]},
                {"job_name": "prometheus", "static_configs": [{"targets": [address]}]},
            ],
        });
        std::fs::write(folder.join("prometheus.yml"), config.to_string()).expect("a file can be written");
        let process = Command::new(tool("prometheus"))
            .arg(format!("--config.file={}", folder.join("prometheus.yml").display()))
            .arg(format!("--storage.tsdb.path={}", folder.join("data").display()))
            .arg(format!("--web.listen-address={address}"))
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(folder.join("log")).expect("a file can be made"))
            .spawn()
            .expect("Prometheus starts");
        Self {
            process,
            url: format!("http://{address}"),
        }
    }

    /// The series with which it answers; none while it does not.
    fn answers(&self, expr: &str) -> Vec<Value> {
        let output = Command::new(tool("promtool"))
            .args(["query", "instant", "--format=json", &self.url, expr])
            .output()
            .expect("promtool runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() || !said.contains("parse error"), "{expr}: {said}");
        serde_json::from_slice(&output.stdout).unwrap_or_default()
    }

    async fn until_it_answers(&self, expr: &str) {
        until(expr, async || if self.answers(expr).is_empty() { Err("nothing") } else { Ok(()) }).await;
    }
}

/// Each question of the dashboard with its panel, with values instead of variables.
fn questions() -> BTreeSet<(String, String)> {
    let dashboard: Value = serde_json::from_str(&warmlambda::monitoring::dashboard().expect("it can be printed")).expect("JSON");
    let mut questions = BTreeSet::new();
    for panel in dashboard["panels"].as_array().expect("panels") {
        for target in panel["targets"].as_array().into_iter().flatten() {
            let mut expr = target["expr"].as_str().expect("a question").replace("$__rate_interval", "5m");
            for variable in ["cluster", "job", "namespace", "name"] {
                expr = expr.replace(&format!("\"${variable}\""), "\".*\"");
            }
            questions.insert((panel["title"].as_str().expect("a title").to_owned(), expr));
        }
    }
    questions
}

/// Two replicas that keep an API and a stream on one alias, under traffic.
async fn busy() -> (Scenario, Traffic) {
    let mut scenario = Scenario::without_operator().await;
    scenario.aws.make_stream(STREAM);
    scenario.aws.map(MAPPING, STREAM, FUNCTION_ARN, |_| ());
    scenario.start_operator();
    scenario.start_operator();
    let traffic = Traffic::start(scenario.aws.sim(), 20);
    scenario.apply(&json!({"triggers": [
        {"name": "public", "restApi": {"apiId": "a1b2c3d4e5", "stageName": "prod"}},
        {"name": "orders", "eventSource": {"arn": STREAM}},
    ]}));
    scenario.until_ready().await;
    (scenario, traffic)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_prometheus_answers_every_question_of_the_dashboard() {
    let (scenario, traffic) = busy().await;
    let mut targets = Vec::new();
    for operator in &scenario.operators {
        targets.push(operator.address("metrics").await);
    }
    let prometheus = Prometheus::start(&scenario.namespace, &targets);
    prometheus.until_it_answers("warmlambda_endpoint_drift_corrections_total").await;

    // Something for each row: a hand on the integration, a rollout, AWS that throttles and refuses, and below, records.
    scenario.aws.edit_uri(UNQUALIFIED_URI);
    prometheus
        .until_it_answers("increase(warmlambda_endpoint_drift_corrections_total[5m]) > 0")
        .await;
    scenario.aws.upload("reviews 41");
    let on_41 = |found: &WarmLambdaEndpoint| found.is_ready() && found.told().function_version.as_deref() == Some("41");
    scenario.until_endpoint("Ready on version 41", on_41).await;
    for (status, code) in [(429, "TooManyRequestsException"), (500, "ServiceException")] {
        let fault = Fault::Fail {
            status,
            code: code.into(),
            message: "later".into(),
            retry_after_seconds: None,
            reason: None,
        };
        // More than one: Prometheus sees the growth of a counter, not its birth.
        scenario.aws.fault("GetAlias", Some(5), fault);
    }

    let mut open = questions();
    open.retain(|(title, _)| !SILENT.contains(&title.as_str()));
    let number = open.len();
    until("an answer to every question of the dashboard", async || {
        scenario.aws.write_records(5);
        open.retain(|(_, expr)| prometheus.answers(expr).is_empty());
        if open.is_empty() {
            Ok(())
        } else {
            Err(format!("{} of {number} are open: {open:#?}", open.len()))
        }
    })
    .await;
    prometheus
        .until_it_answers("sum(prometheus_rule_evaluations_total) > 100 and sum(prometheus_rule_evaluation_failures_total) == 0")
        .await;
    traffic.stop().await;
}
