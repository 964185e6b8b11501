//! `warmlambda release`, `reconcile`, `suspend` and `resume`, and the program as a plugin of kubectl.

use std::os::unix::fs::symlink;
use std::process::Command;

use serde_json::json;

use crate::harness::command::{Ended, in_scenario};
use crate::harness::control_plane::control_plane;
use crate::harness::endpoint::Told;
use crate::harness::scenario::{NAME, Scenario};

const FOREIGN: &str = "example.com/backup";

fn run(scenario: &Scenario, arguments: &[&str]) -> Ended {
    Ended::of(&mut in_scenario(scenario, arguments))
}

/// An endpoint that is warm, is being deleted, and whose operator is gone.
async fn orphan() -> Scenario {
    let mut scenario = Scenario::warm().await;
    scenario.operators[0].kill();
    scenario.delete();
    scenario
}

fn finalizers(scenario: &Scenario, name: &str) -> String {
    scenario
        .kubectl
        .succeeds(&["get", "wle", name, "-o", "jsonpath={.metadata.finalizers}"])
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_whose_operator_is_gone_is_let_go_and_aws_is_left_as_it_is() {
    let scenario = orphan().await;
    let mark = scenario.aws.mark();
    let ended = run(&scenario, &["release", NAME]).with_code(0);
    scenario.until_gone().await;
    let expected = format!(
        "✔ {}/{NAME}: finalizer warmlambda.dev/cleanup removed\n  AWS is left as it is: alias arn:aws:lambda:eu-west-1:111122223333:function:fir-api:live \
         and its 3 warm environments, which go on costing\n",
        scenario.namespace
    );
    assert!(ended.err.contains(&expected), "{}", ended.told());
    assert!(
        scenario.aws.writes_since(mark).is_empty() && scenario.aws.reads_since(mark).is_empty(),
        "AWS was not asked"
    );
    assert_eq!(scenario.aws.capacity().expect("it is still there").requested, 3);
    run(&scenario, &["release", NAME]).with_code(2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_finalizer_of_somebody_else_stays() {
    let scenario = Scenario::without_operator().await;
    scenario.apply(&json!({}));
    let patch = json!({"metadata": {"finalizers": [FOREIGN, "warmlambda.dev/cleanup"]}}).to_string();
    scenario.kubectl.succeeds(&["patch", "wle", NAME, "--type=merge", "-p", &patch]);
    scenario.delete();
    let ended = run(&scenario, &["release", "--all"]).with_code(0);
    assert!(
        ended.err.contains(&format!("it stays until the owners of {FOREIGN} are done")),
        "{}",
        ended.told()
    );
    assert_eq!(finalizers(&scenario, NAME), format!("[\"{FOREIGN}\"]"));
    let again = run(&scenario, &["release", NAME]).with_code(0);
    assert!(again.err.contains("nothing was changed"), "{}", again.told());
    scenario
        .kubectl
        .succeeds(&["patch", "wle", NAME, "--type=merge", "-p", r#"{"metadata": {"finalizers": null}}"#]);
    scenario.until_gone().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_is_not_being_deleted_is_released_by_force_alone() {
    let mut scenario = Scenario::warm().await;
    scenario.operators[0].kill();
    let ended = run(&scenario, &["release", NAME]).with_code(2);
    assert!(
        ended.err.contains("is not being deleted; delete it first, or say --force"),
        "{}",
        ended.told()
    );
    let ended = run(&scenario, &["release", "--all"]).with_code(0);
    assert!(ended.err.contains("no WarmLambdaEndpoint to release"), "{}", ended.told());
    assert_eq!(finalizers(&scenario, NAME), "[\"warmlambda.dev/cleanup\"]");

    run(&scenario, &["release", NAME, "--force"]).with_code(0);
    assert_eq!(finalizers(&scenario, NAME), "");
    let found = scenario.endpoint().await;
    assert!(found.is_ready(), "nothing else of it changed: {:?}", found.status);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_that_still_runs_is_warned_of() {
    let scenario = Scenario::warm().await;
    let ended = run(&scenario, &["release", "--all"]).with_code(0);
    let lease = format!("renewed Lease {}/{} ", scenario.namespace, scenario.account.release.lease_name());
    assert!(
        ended.err.contains("‼ an operator runs: ") && ended.err.contains(&lease),
        "{}",
        ended.told()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_asks_for_a_look_suspends_and_resumes_and_waits_for_the_operator() {
    let scenario = Scenario::warm().await;
    let ended = run(&scenario, &["reconcile", NAME, "--wait", "--timeout=60s"]).with_code(0);
    assert!(ended.err.contains(": Ready=True Warm: "), "{}", ended.told());
    let found = scenario.endpoint().await;
    let annotations = found.metadata.annotations.clone().unwrap_or_default();
    assert_eq!(
        found.told().last_handled_reconcile_at.as_ref(),
        annotations.get("warmlambda.dev/reconcile-requested-at")
    );

    let ended = run(&scenario, &["suspend", NAME, "--wait", "--timeout=60s"]).with_code(0);
    assert!(ended.err.contains(": Ready=False Suspended: "), "{}", ended.told());
    assert_eq!(scenario.endpoint().await.condition("Ready"), "False Suspended");
    run(&scenario, &["resume", NAME, "--wait", "--timeout=60s"]).with_code(0);
    scenario.until_ready().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_that_does_not_answer_is_waited_for_no_longer_than_asked() {
    let scenario = Scenario::without_operator().await;
    scenario.apply(&json!({}));
    let ended = run(&scenario, &["reconcile", NAME, "--wait", "--timeout=1s"]).with_code(1);
    assert!(
        ended
            .err
            .contains("the operator did not handle it within 1s; last it said: nothing yet"),
        "{}",
        ended.told()
    );
    let ended = run(&scenario, &["reconcile", "oak-api"]).with_code(2);
    assert!(ended.err.contains("\"oak-api\" not found"), "{}", ended.told());
}

#[tokio::test(flavor = "multi_thread")]
async fn kubectl_finds_the_program_as_a_plugin_and_its_usage_has_that_name() {
    let scenario = Scenario::without_operator().await;
    let folder = control_plane().kubeconfig().with_file_name("plugin");
    scenario.kubectl.settle(&folder);
    let bin = folder.join(".bin");
    symlink(env!("CARGO_BIN_EXE_warmlambda"), bin.join("kubectl-warm_lambda")).expect("a link can be made");
    let kubectl = |arguments: &[&str]| {
        let mut command = Command::new(bin.join("kubectl"));
        command
            .env_clear()
            .env("PATH", &bin)
            .env("KUBECONFIG", folder.join(".kubeconfig"))
            .env("HOME", &folder);
        Ended::of(command.arg("warm-lambda").args(arguments))
    };
    let refused = kubectl(&["release"]);
    assert!(
        refused.err.contains("Usage: kubectl warm-lambda release <NAMES>..."),
        "{}",
        refused.told()
    );
    let done = kubectl(&["release", "--all"]).with_code(0);
    let expected = format!("no WarmLambdaEndpoint to release in namespace {}", scenario.namespace);
    assert!(done.err.contains(&expected), "the namespace of the context: {}", done.told());
}
