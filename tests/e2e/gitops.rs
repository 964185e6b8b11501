//! An endpoint that lives in Git: what Argo CD and Flux apply, compare, wait for and see over its whole life.

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::aws::really;
use crate::harness::control_plane::control_plane;
use crate::harness::endpoint::{Told, manifest};
use crate::harness::record::Record;
use crate::harness::scenario::{NAME, Scenario};
use crate::harness::traffic::Traffic;
use crate::harness::waiting::until;
use crate::judges::argo::{agree, folder, health, text};
use crate::judges::kstatus::{Kstatus, judge};
use crate::judges::sandbox::run;

/// The field managers of Argo CD and of Flux's kustomize-controller.
const MANAGERS: [&str; 2] = ["argocd-controller", "kustomize-controller"];

/// Applies the endpoint as a tool does that keeps it in Git, first by asking and then by force; the second time changes nothing.
fn sync(scenario: &Scenario, manager: &str, overrides: &Value) {
    let (manifest, manager) = (manifest(NAME, overrides).to_string(), format!("--field-manager={manager}"));
    let apply = ["apply", "--server-side", &manager, "-f", "-"];
    scenario.kubectl.succeeds_with(&apply, &manifest);
    let forced = [&apply[..], &["--force-conflicts"]].concat();
    scenario.kubectl.succeeds_with(&forced, &manifest);
}

/// What a comparison with Git says; empty when there is no difference. kubectl reads the object and then asks what would become of it: a
/// status that is written in between is a difference of the two answers and not one from Git, so it is compared anew.
fn diff(scenario: &Scenario, manager: &str, overrides: &Value) -> String {
    let manager = format!("--field-manager={manager}");
    let manifest = manifest(NAME, overrides).to_string();
    let version = || {
        let path = "jsonpath={.metadata.resourceVersion}";
        scenario.kubectl.succeeds(&["get", "wle", NAME, "-o", path])
    };
    let mut before = version();
    for _ in 0..50 {
        let said = scenario.kubectl.run(&["diff", "--server-side", &manager, "-f", "-"], &manifest);
        assert_eq!(said.success, said.out.is_empty(), "{}{}", said.out, said.err);
        let after = version();
        if after == before {
            return said.out;
        }
        before = after;
    }
    panic!("the endpoint does not come to rest");
}

/// The managers of fields of the endpoint's spec and annotations.
fn managers_of_spec(scenario: &Scenario) -> Vec<String> {
    let object = scenario
        .kubectl
        .succeeds(&["get", "wle", NAME, "-o", "json", "--show-managed-fields"]);
    let object: Value = serde_json::from_str(&object).expect("JSON");
    let entries = object["metadata"]["managedFields"].as_array().expect("managed fields").iter();
    let mut names: Vec<_> = entries
        .filter(|entry| entry["fieldsV1"]["f:spec"].is_object() || entry["fieldsV1"]["f:metadata"]["f:annotations"].is_object())
        .map(|entry| entry["manager"].as_str().unwrap_or_default().to_owned())
        .collect();
    names.dedup();
    names
}

async fn a_life_in_git(manager: &str) {
    let scenario = Scenario::begin().await;
    let ready_with = async |number: i32, what: &str| {
        let is = |found: &warmlambda::api::WarmLambdaEndpoint| {
            found.is_ready()
                && found
                    .told()
                    .provisioned_concurrency
                    .is_some_and(|capacity| capacity.available == number)
        };
        scenario.until_endpoint(what, is).await
    };
    let step = |overrides: &Value| sync(&scenario, manager, overrides);

    step(&json!({}));
    ready_with(3, "Ready after it was created").await;
    assert_eq!(diff(&scenario, manager, &json!({})), "", "a diff after Ready is empty");

    // A rollout: Git says nothing new, and is applied all the same while AWS warms the version.
    scenario.aws.upload("reviews 41");
    scenario.until_condition("Reconciling", "True WarmingNewVersion").await;
    step(&json!({}));
    ready_with(3, "Ready after a rollout").await;

    let pinned = json!({"version": {"policy": "Pinned", "pinned": "40"}});
    step(&pinned);
    ready_with(3, "Ready on the version that Git pins").await;
    assert_eq!(scenario.aws.alias_version().as_deref(), Some("40"));

    let scaled = json!({"version": {"policy": "Pinned", "pinned": "40"}, "provisionedConcurrency": 5});
    step(&scaled);
    ready_with(5, "Ready with five environments").await;
    assert_eq!(diff(&scenario, manager, &scaled), "");

    let mut suspended = scaled.clone();
    suspended["suspend"] = json!(true);
    step(&suspended);
    scenario.until_condition("Ready", "False Suspended").await;
    assert_eq!(diff(&scenario, manager, &suspended), "");
    step(&scaled);
    ready_with(5, "Ready after it was resumed").await;
    assert_eq!(diff(&scenario, manager, &scaled), "");

    // A difference is one: the comparison is not empty by nature.
    assert!(diff(&scenario, manager, &json!({"provisionedConcurrency": 7})).contains("provisionedConcurrency"));
    assert_eq!(managers_of_spec(&scenario), [manager], "the operator owns nothing of what Git owns");
}

#[tokio::test(flavor = "multi_thread")]
async fn argo_cd_applies_through_a_whole_life_without_a_conflict_and_a_diff_is_empty() {
    a_life_in_git(MANAGERS[0]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn flux_applies_through_a_whole_life_without_a_conflict_and_a_diff_is_empty() {
    a_life_in_git(MANAGERS[1]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_somebody_scaled_stays_when_git_does_not_name_it_and_conflicts_when_it_does() {
    let scenario = Scenario::warm().await;
    for manager in MANAGERS {
        let unnamed = json!({"provisionedConcurrency": null});
        scenario.kubectl.succeeds(&["scale", "wle", NAME, "--replicas=4"]);
        sync(&scenario, manager, &unnamed);
        assert_eq!(scenario.endpoint().await.spec.provisioned_concurrency, Some(4));
        assert_eq!(diff(&scenario, manager, &unnamed), "");

        let manager = format!("--field-manager={manager}");
        let apply = ["apply", "--server-side", &manager, "-f", "-"];
        let said = scenario.kubectl.run(&apply, &manifest(NAME, &json!({})).to_string());
        assert!(!said.success && said.err.contains("conflict"), "{}", said.err);
        assert!(said.err.contains(".spec.provisionedConcurrency"), "{}", said.err);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_action_of_argo_cd_does_what_it_says_on_the_live_object() {
    let scenario = Scenario::warm().await;
    let act = |action: &str| {
        let live = scenario.kubectl.succeeds(&["get", "wle", NAME, "-o", "json"]);
        let live: Value = serde_json::from_str(&live).expect("JSON");
        let found = run(&text("actions/discovery.lua"), &live).expect("discovery.lua runs");
        assert_eq!(found[action]["disabled"], false, "{action} of {live}");
        let script = text(&format!("actions/{action}/action.lua"));
        let changed = run(&script, &live).expect("the action runs");
        scenario.kubectl.succeeds_with(&["replace", "-f", "-"], &changed.to_string());
        changed
    };
    let asked = act("reconcile")["metadata"]["annotations"]["warmlambda.dev/reconcile-requested-at"].clone();
    scenario
        .until_endpoint("the request to be echoed", |found| {
            found.told().last_handled_reconcile_at.as_deref() == asked.as_str()
        })
        .await;
    act("suspend");
    scenario.until_condition("Ready", "False Suspended").await;
    // Self-healing undoes what Git names, and nothing else.
    assert_eq!(diff(&scenario, MANAGERS[0], &json!({})), "");
    let heal = [
        "apply",
        "--server-side",
        "--force-conflicts",
        "--dry-run=server",
        "-o",
        "json",
        "-f",
        "-",
    ];
    let healed = scenario
        .kubectl
        .succeeds_with(&heal, &manifest(NAME, &json!({"suspend": false})).to_string());
    let healed: Value = serde_json::from_str(&healed).expect("JSON");
    assert_eq!(healed["spec"]["suspend"], false);
    act("resume");
    scenario.until_ready().await;
}

/// The healths that Argo CD shows over a row of states, each once in a row.
fn healths(states: &[Value]) -> Vec<String> {
    let mut healths: Vec<_> = states.iter().map(|state| health(state).status).collect();
    healths.dedup();
    healths
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rollout_is_progressing_once_then_healthy_and_takes_few_writes_of_status() {
    let scenario = Scenario::warm().await;
    let record = Record::start(control_plane().client().await, &scenario.namespace).await;
    scenario.aws.upload("reviews 41");
    let states = record
        .until("version 41 to be served", |state| {
            state["status"]["functionVersion"] == "41" && judge(state) == Kstatus::Current
        })
        .await;
    assert_eq!(healths(&states), ["Progressing", "Healthy"]);
    let writes = states.len();
    println!("status writes of a rollout: {writes}");
    assert!(writes <= ROLLOUT_WRITES, "{writes} writes of status: {states:#?}");
}

/// Writes of status that a rollout may take: published, moved, and each number of environments that AWS allocates on its way.
const ROLLOUT_WRITES: usize = 8;

/// Waits for so many simulated checks at a resync of five minutes; answers how many there were.
async fn checks(scenario: &Scenario, minutes: u64) -> usize {
    let (mark, began) = (scenario.aws.mark(), scenario.aws.sim().now());
    until("simulated minutes to pass", async || {
        let passed = scenario.aws.sim().now() - began;
        let enough = u128::from(passed) >= Duration::from_mins(minutes).as_millis();
        if enough { Ok(()) } else { Err(format!("{passed} ms")) }
    })
    .await;
    let reads = scenario.aws.reads_since(mark);
    reads.iter().filter(|entry| entry.operation.starts_with("GetFunction")).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quiet_endpoint_is_never_written_and_a_busy_one_rarely() {
    let scenario = Scenario::warm().await;
    scenario.until_checked_again().await;
    let record = Record::start(control_plane().client().await, &scenario.namespace).await;
    let quiet = checks(&scenario, 15).await;
    assert!(quiet >= 2, "{quiet} checks in {:?}", really(Duration::from_mins(15)));
    assert_eq!(record.states(), Vec::<Value>::new(), "nothing happened, and status was written");

    let mut busy = 0;
    for _ in 0..3 {
        let traffic = Traffic::start(scenario.aws.sim(), 40);
        busy += checks(&scenario, 5).await;
        assert!(traffic.stop().await.failed().is_empty());
        busy += checks(&scenario, 5).await;
    }
    let states = record.states();
    println!("writes of a busy endpoint: {} in {busy} checks", states.len());
    assert!(!states.is_empty(), "traffic came, and nothing is said of it");
    assert!(states.len() <= BUSY_WRITES, "{} writes in {busy} checks: {states:#?}", states.len());
    assert!(healths(&states).iter().all(|health| health == "Healthy"), "{states:#?}");
}

/// Writes of status that half an hour of traffic that comes and goes may take: one each time that a band or a verdict changes.
const BUSY_WRITES: usize = 6;

/// Takes an endpoint through what may become of it; `saw` is told each state by a name.
async fn through_a_life(saw: &mut impl FnMut(&str, &Value)) -> Vec<Value> {
    let mut scenario = Scenario::without_operator().await;
    let record = Record::start(control_plane().client().await, &scenario.namespace).await;
    let reason = |state: &Value, kind: &str| {
        let conditions = state["status"]["conditions"].as_array().cloned().unwrap_or_default();
        let found = conditions.into_iter().find(|condition| condition["type"] == kind);
        found
            .map(|condition| condition["reason"].as_str().unwrap_or_default().to_owned())
            .unwrap_or_default()
    };
    let mut until = async |name: &str, is: &(dyn Fn(&Value) -> bool + Sync)| {
        let states = record.until(name, is).await;
        saw(name, states.last().expect("a state"));
    };
    scenario.apply(&json!({}));
    until("created", &|_| true).await;
    scenario.start_operator();
    until("allocating", &|state| reason(state, "Ready") == "AllocationInProgress").await;
    until("warm", &|state| judge(state) == Kstatus::Current).await;
    scenario.aws.upload("reviews 41");
    until("warming-new-version", &|state| reason(state, "Reconciling") == "WarmingNewVersion").await;
    until("rolled-out", &|state| {
        judge(state) == Kstatus::Current && state["status"]["functionVersion"] == "41"
    })
    .await;
    scenario.patch_spec(&json!({"suspend": true}));
    until("suspended", &|state| reason(state, "Ready") == "Suspended").await;
    scenario.patch_spec(&json!({"suspend": false, "provisionedConcurrency": 5}));
    until("changed", &|state| state["metadata"]["generation"] == 3).await;
    scenario.aws.upload("init: fail");
    until("rolled-back", &|state| reason(state, "Stalled") == "AllocationFailed").await;
    scenario.aws.refuse("GetFunction", 503, "ServiceException", "not now");
    scenario.aws.refuse("GetFunctionConfiguration", 503, "ServiceException", "not now");
    until("unreachable", &|state| reason(state, "Ready") == "AwsUnavailable").await;
    scenario.delete();
    until("deleted", &|state| reason(state, "DeletionBlocked") == "AwsUnavailable").await;
    record.states()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_state_of_a_life_is_judged_alike_by_kstatus_and_argo_cd() {
    let mut seen = Vec::new();
    let states = through_a_life(&mut |name, state| seen.push((name.to_owned(), health(state).status))).await;
    let seen: Vec<_> = seen.iter().map(|(name, health)| (name.as_str(), health.as_str())).collect();
    let expected = [
        ("created", "Progressing"),
        ("allocating", "Progressing"),
        ("warm", "Healthy"),
        ("warming-new-version", "Progressing"),
        ("rolled-out", "Healthy"),
        ("suspended", "Suspended"),
        ("changed", "Progressing"),
        ("rolled-back", "Degraded"),
        ("unreachable", "Progressing"),
        ("deleted", "Progressing"),
    ];
    assert_eq!(seen, expected);
    for state in &states {
        let (kstatus, health) = (judge(state), health(state));
        let suspended = state["spec"]["suspend"] == true && health.status == "Suspended";
        assert!(agree(kstatus, &health) || suspended, "{kstatus:?} and {health:?} for {state:#}");
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "writes the test data of health.lua anew"]
async fn the_test_data_of_health_lua_comes_from_a_life() {
    let write = |name: &str, state: &Value| {
        let mut state = state.clone();
        state["metadata"].as_object_mut().expect("metadata").remove("managedFields");
        state["metadata"]["namespace"] = json!("shop");
        let yaml = serde_saphyr::to_string(&state).expect("an object is YAML");
        std::fs::write(folder().join(format!("testdata/{name}.yaml")), yaml).expect("test data can be written");
    };
    through_a_life(&mut |name, state| write(name, state)).await;
}

#[test]
fn the_test_data_of_health_lua_are_endpoints_to_the_api_server() {
    let kubectl = control_plane().kubectl("default");
    let read = |part: &str| std::fs::read_dir(folder().join(part)).expect("test data can be read");
    assert!(read("testdata").count() > 5);
    for entry in read("testdata").chain(read("actions/testdata")) {
        let path = entry.expect("an entry").path();
        accepts(&path, &|text| {
            kubectl.succeeds_with(&["create", "--dry-run=server", "--validate=strict", "-o", "json", "-f", "-"], text)
        });
    }
}

/// Fails unless the API server takes an object as one that it could have printed: no field is unknown to it.
fn accepts(path: &Path, create: &dyn Fn(&str) -> String) {
    let text = std::fs::read_to_string(path).expect("test data can be read");
    let mut object: Value = serde_saphyr::from_str(&text).expect("test data is YAML");
    let metadata = object["metadata"].as_object_mut().expect("metadata");
    metadata.insert("namespace".into(), json!("default"));
    for given in [
        "resourceVersion",
        "uid",
        "creationTimestamp",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
        "generation",
    ] {
        metadata.remove(given);
    }
    create(&object.to_string());
}
