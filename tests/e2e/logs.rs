//! The log of the binary, as a machine reads it.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::harness::http::{get, send};
use crate::harness::scenario::Scenario;
use crate::harness::waiting::until;

fn lines(log: &str) -> Vec<Value> {
    let line = |line: &str| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    log.lines().map(line).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_is_an_object_with_the_ids_of_its_pass_and_of_the_request_that_failed() {
    let mut scenario = Scenario::without_operator().await;
    let refused = scenario
        .aws
        .refuse("CreateAlias", 400, "InvalidParameterValueException", "not like this");
    scenario.start_operator_with(&["--log-format", "json", "--log-level", "info"]);
    scenario.apply(&json!({}));
    scenario.until_condition("Stalled", "True InvalidRequest").await;
    let warned = |log: &str| {
        lines(log)
            .into_iter()
            .find(|line| line["level"] == "warn" && line["reason"] == "Stalled")
    };
    let line = until("a warning", async || {
        let log = scenario.operators[0].log();
        warned(&log).ok_or(log)
    })
    .await;
    for (key, value) in [
        ("controller", json!("warmlambdaendpoint")),
        ("namespace", json!(scenario.namespace)),
        ("name", json!("fir-api")),
        ("generation", json!(1)),
    ] {
        assert_eq!(line[key], value, "{line}");
    }
    for key in ["ts", "level", "msg", "reconcile_id", "aws_request_id"] {
        assert!(line[key].as_str().is_some_and(|text| !text.is_empty()), "{key} of {line}");
    }
    assert!(line.get("trace_id").is_none(), "there are no traces: {line}");

    scenario.aws.sim().remove_fault(refused);
    scenario.until_checked_again().await;
    scenario.until_ready().await;
    let log = scenario.operators[0].log();
    let of_passes = lines(&log).into_iter().filter(|line| line["name"] == "fir-api");
    let ids: BTreeSet<_> = of_passes.map(|line| line["reconcile_id"].to_string()).collect();
    assert!(ids.len() >= 2, "each pass has its own: {log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_on_which_nothing_happens_is_not_spoken_of() {
    let mut scenario = Scenario::without_operator().await;
    scenario.start_operator_with(&["--log-format", "json", "--log-level", "info"]);
    scenario.apply(&json!({}));
    scenario.until_ready().await;
    scenario.until_checked_again().await;
    let before = scenario.operators[0].log();
    for _ in 0..3 {
        scenario.until_checked_again().await;
    }
    assert_eq!(scenario.operators[0].log(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_line_at_any_level_holds_a_secret() {
    let mut scenario = Scenario::without_operator().await;
    let credentials = [
        ("AWS_SECRET_ACCESS_KEY", "secret-key-of-the-operator"),
        ("AWS_SESSION_TOKEN", "session-token-of-the-operator"),
    ];
    scenario.aws.region(|region| {
        let function = region.functions.get_mut(crate::harness::aws::FUNCTION).expect("the function");
        let variables = function.latest.environment.get_or_insert_default();
        variables.insert("DATABASE_PASSWORD".into(), "password-of-the-function".into());
    });
    scenario.start_operator_in(&["--log-format", "json", "--log-level", "trace"], &credentials);
    scenario.apply(&json!({}));
    scenario.until_ready().await;
    let (log, kubeconfig) = (
        scenario.operators[0].log(),
        std::fs::read_to_string(&scenario.account.kubeconfig).expect("the kubeconfig can be read"),
    );
    let token = kubeconfig.split("token:").nth(1).expect("it has a token").trim().trim_matches('"');
    let token = token.lines().next().expect("a line").trim_matches(['"', ' ']);
    assert!(token.len() > 100, "{token}");
    for secret in [credentials[0].1, credentials[1].1, "password-of-the-function", token] {
        let line = log.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "holds {secret}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_level_is_changed_while_the_operator_runs() {
    let mut scenario = Scenario::without_operator().await;
    scenario.start_operator_with(&["--log-format", "json", "--log-level", "info"]);
    scenario.apply(&json!({}));
    scenario.until_ready().await;
    let admin = scenario.operators[0].address("admin").await;
    assert_eq!(get(&admin, "/log-level"), "info\n");
    let asked = |log: &str| log.matches(r#""msg":"asked AWS""#).count();
    assert_eq!(asked(&scenario.operators[0].log()), 0);

    let (status, _, body) = send(&admin, "PUT", "/log-level", &[], "loud");
    assert_eq!(status, 400);
    assert!(body.contains("write off, error, warn, info, debug or trace"), "{body}");

    let (status, _, body) = send(&admin, "PUT", "/log-level?for=10m", &[], "info,warmlambda::aws=debug");
    assert_eq!((status, body.as_str()), (200, "info,warmlambda::aws=debug\n"));
    let line = until("a line about a request to AWS", async || {
        let log = scenario.operators[0].log();
        lines(&log).into_iter().find(|line| line["msg"] == "asked AWS").ok_or(log)
    })
    .await;
    assert!(line["aws_request_id"].is_string() && line["operation"].is_string(), "{line}");

    assert_eq!(send(&admin, "PUT", "/log-level", &[], "error").0, 200);
    scenario.until_checked_again().await;
    let quiet = asked(&scenario.operators[0].log());
    scenario.until_checked_again().await;
    assert_eq!(asked(&scenario.operators[0].log()), quiet);
    for public in ["metrics", "health"] {
        let address = scenario.operators[0].address(public).await;
        assert_eq!(send(&address, "GET", "/log-level", &[], "").0, 404, "not where others reach it");
    }
}
