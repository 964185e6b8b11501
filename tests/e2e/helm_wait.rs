//! The table of status cases (tests/gitops/cases.yaml), judged by what Helm 4's wait makes of them on a real API server. A port of
//! kstatus and Argo CD's health check judge the same table in tests/gitops.

use std::path::PathBuf;
use std::time::Duration;

use futures::future::join_all;
use kube::Api;
use kube::api::{Patch, PatchParams, PostParams};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use warmlambda::api::WarmLambdaEndpoint;

use crate::harness::command::Ended;
use crate::harness::control_plane::control_plane;
use crate::harness::endpoint::Told;
use crate::harness::helm::{Helm, Version};
use crate::harness::scenario::Scenario;
use crate::judges::kstatus::Kstatus;

/// What of a case a real API server can be brought to: generation, spec and status.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Case {
    name: String,
    #[serde(default)]
    metadata: Map<String, Value>,
    #[serde(default)]
    spec: Map<String, Value>,
    observed_generation: Option<i64>,
    #[serde(default)]
    conditions: Vec<Map<String, Value>>,
    kstatus: Kstatus,
}

#[derive(Deserialize)]
struct Table {
    cases: Vec<Case>,
}

/// The cases of a verdict, with the names of their objects.
fn cases(verdict: Kstatus) -> Vec<(String, Case)> {
    let Table { cases } = serde_saphyr::from_str(include_str!("../gitops/cases.yaml")).expect("cases.yaml is a table of cases");
    // The default of the schema is there for these: on a real API server no status is without a generation.
    let possible = cases.into_iter().filter(|case| case.observed_generation.is_some());
    let found: Vec<_> = possible
        .filter(|case| case.kstatus == verdict)
        .enumerate()
        .map(|(n, case)| (format!("case-{n}"), case))
        .collect();
    assert!(found.len() > 3, "only {} cases are {verdict:?}", found.len());
    found
}

impl Case {
    fn generation(&self) -> i64 {
        self.metadata.get("generation").and_then(Value::as_i64).unwrap_or(1)
    }

    fn object(&self, name: &str) -> Value {
        let mut spec = json!({"functionName": "fir-api"});
        for (field, value) in &self.spec {
            spec[field] = value.clone();
        }
        json!({"apiVersion": "warmlambda.dev/v1alpha1", "kind": "WarmLambdaEndpoint", "metadata": {"name": name}, "spec": spec})
    }

    fn status(&self) -> Value {
        let stamped = |condition: &Map<String, Value>| {
            let mut condition = condition.clone();
            condition.insert("lastTransitionTime".into(), json!("2026-11-22T05:00:00Z"));
            condition.insert("observedGeneration".into(), json!(self.observed_generation));
            condition
        };
        let conditions: Vec<_> = self.conditions.iter().map(stamped).collect();
        json!({"status": {"observedGeneration": self.observed_generation, "conditions": conditions}})
    }

    /// The message of the condition that says that a person is needed.
    fn stalled(&self) -> &str {
        let mut stalled = self
            .conditions
            .iter()
            .filter(|condition| condition["type"] == "Stalled" && condition["status"] == "True");
        stalled
            .next()
            .and_then(|condition| condition["message"].as_str())
            .unwrap_or_default()
    }
}

/// Brings an object to the state of a case: created once, changed until its generation is the case's, and its status written.
async fn establish(api: &Api<WarmLambdaEndpoint>, name: &str, case: &Case) {
    let wanted: WarmLambdaEndpoint = serde_json::from_value(case.object(name)).expect("an endpoint");
    let mut object = wanted.clone();
    object.spec.rollout.timeout_seconds += i32::try_from(case.generation()).expect("a small number") - 1;
    let mut object = api.create(&PostParams::default(), &object).await.expect("it can be created");
    while object.spec.rollout != wanted.spec.rollout {
        object.spec.rollout.timeout_seconds -= 1;
        object = api.replace(name, &PostParams::default(), &object).await.expect("it can be changed");
    }
    let written = api.patch_status(name, &PatchParams::default(), &Patch::Merge(case.status())).await;
    let written = written.unwrap_or_else(|error| panic!("{}: {error}", case.name));
    assert_eq!(written.metadata.generation, Some(case.generation()), "{}", case.name);
    assert_eq!(written.told().observed_generation, case.observed_generation, "{}", case.name);
}

/// A release of endpoints that are there already, each in the state of its case.
async fn release(scenario: &Scenario, cases: &[(String, Case)]) -> PathBuf {
    let api: Api<WarmLambdaEndpoint> = Api::namespaced(scenario.client.clone(), &scenario.namespace);
    join_all(cases.iter().map(|(name, case)| establish(&api, name, case))).await;
    let chart = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(&scenario.namespace);
    std::fs::create_dir_all(chart.join("templates")).expect("a folder can be made");
    std::fs::write(chart.join("Chart.yaml"), "apiVersion: v2\nname: cases\nversion: 1.0.0\n").expect("a file can be written");
    let objects: Vec<_> = cases.iter().map(|(name, case)| case.object(name).to_string()).collect();
    std::fs::write(chart.join("templates/all.yaml"), objects.join("\n---\n")).expect("a file can be written");
    chart
}

async fn install(scenario: &Scenario, cases: &[(String, Case)], timeout: &str) -> Ended {
    let chart = release(scenario, cases).await;
    let helm = Helm::new(Version::Helm4, control_plane().kubeconfig(), &scenario.namespace);
    let chart = chart.to_str().expect("a path in UTF-8");
    helm.run(&[
        "install",
        "cases",
        chart,
        "--take-ownership",
        "--wait",
        &format!("--timeout={timeout}"),
    ])
}

/// How Helm names an endpoint that is not as it waits for.
fn named(scenario: &Scenario, name: &str) -> String {
    format!("resource WarmLambdaEndpoint/{}/{name} not ready. status: ", scenario.namespace)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_kstatus_calls_current_ends_the_wait_well() {
    let scenario = Scenario::without_operator().await;
    let cases = cases(Kstatus::Current);
    let ended = install(&scenario, &cases, "60s").await;
    assert_eq!(ended.code, 0, "{}", ended.told());
    assert!(ended.took < Duration::from_secs(30), "{}", ended.told());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_kstatus_calls_in_progress_is_waited_for_until_the_timeout() {
    let scenario = Scenario::without_operator().await;
    let cases = cases(Kstatus::InProgress);
    let ended = install(&scenario, &cases, "3s").await;
    assert!(ended.took >= Duration::from_secs(3), "{}", ended.told());
    for (name, case) in &cases {
        assert!(
            ended.err.contains(&format!("{}InProgress, message: ", named(&scenario, name))),
            "{}: {}",
            case.name,
            ended.told()
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_kstatus_calls_failed_ends_the_wait_at_once_with_the_message_of_stalled() {
    let scenario = Scenario::without_operator().await;
    let cases = cases(Kstatus::Failed);
    let ended = install(&scenario, &cases, "60s").await;
    for (name, case) in &cases {
        let expected = format!("{}Failed, message: {}", named(&scenario, name), case.stalled());
        assert!(ended.err.contains(&expected), "{}: {expected}\n{}", case.name, ended.told());
    }
    assert!(ended.took < Duration::from_secs(30), "{}", ended.told());
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_failed_does_not_end_the_wait_while_another_is_in_progress() {
    let scenario = Scenario::without_operator().await;
    let mut pair = vec![cases(Kstatus::Failed).remove(0), cases(Kstatus::InProgress).remove(0)];
    pair[1].0 = "slow".into();
    let ended = install(&scenario, &pair, "3s").await;
    assert!(ended.took >= Duration::from_secs(3), "{}", ended.told());
    assert!(
        ended.err.contains(&format!("{}Failed", named(&scenario, &pair[0].0))),
        "{}",
        ended.told()
    );
    assert!(
        ended.err.contains(&format!("{}InProgress", named(&scenario, "slow"))),
        "{}",
        ended.told()
    );
}
