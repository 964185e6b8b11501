//! The operator needs the rights that the chart gives it, and each of them.

use std::collections::BTreeMap;
use std::sync::Mutex;

use futures::future::join_all;
use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::api::events::v1::Event;
use kube::Api;
use kube::api::ListParams;
use serde_json::json;
use tokio::runtime::Handle;

use crate::harness::audit::{REFUSED, requests};
use crate::harness::chart::{Grant, Release, Scope};
use crate::harness::control_plane::{ControlPlane, control_plane};
use crate::harness::operator::Operator;
use crate::harness::scenario::Scenario;
use crate::harness::waiting::until;

/// As a pod logs by default: what is wrong must show there.
const FLAGS: [&str; 2] = ["--log-level", "info"];

/// What is missing as long as a life is at this point.
type Stage = Mutex<&'static str>;

/// All that an operator needs rights for, one after the other.
async fn live(scenario: &Scenario, stage: &Stage) {
    let without = |what| *stage.lock().expect("no test panics while it notes a stage") = what;
    without("nobody leads");
    until("the lease to be renewed", async || renewed(scenario).await).await;
    without("no endpoint becomes Ready");
    // Nothing is to be done then but to look, and there is one event to tell.
    scenario.aws.set_up_by_hand(3);
    scenario.apply(&json!({}));
    scenario.until_ready().await;
    without("no event is written");
    until("an event", async || told(scenario, |_| true).await).await;
    without("an event that repeats is not counted");
    until("an event that is counted", async || {
        told(scenario, |event| event.series.is_some()).await
    })
    .await;
    without("no endpoint goes when it is deleted");
    scenario.delete();
    scenario.until_gone().await;
}

async fn renewed(scenario: &Scenario) -> Result<(), String> {
    let leases: Api<Lease> = Api::namespaced(scenario.client.clone(), &scenario.namespace);
    let lease = leases
        .get_opt(scenario.account.release.lease_name())
        .await
        .map_err(|error| error.to_string())?;
    let spec = lease.and_then(|lease| lease.spec).unwrap_or_default();
    if spec.renew_time.is_some() && spec.renew_time > spec.acquire_time {
        Ok(())
    } else {
        Err(format!("{spec:?}"))
    }
}

/// Whether there is such an event. If not, the endpoint is suspended and resumed, after which there is more to tell.
async fn told(scenario: &Scenario, is: impl Fn(&Event) -> bool) -> Result<(), String> {
    let events: Api<Event> = Api::namespaced(scenario.client.clone(), &scenario.namespace);
    let events = events.list(&ListParams::default()).await.map_err(|error| error.to_string())?;
    if events.iter().any(is) {
        return Ok(());
    }
    scenario.patch_spec(&json!({ "suspend": true }));
    scenario.until_condition("Ready", "False Suspended").await;
    scenario.patch_spec(&json!({ "suspend": false }));
    scenario.until_ready().await;
    Err(format!("{} events", events.items.len()))
}

/// Starts an operator, and the next one when one has ended, as a kubelet does. Answers what all of them logged.
fn keep_running(scenario: &Scenario, operators: &mut Vec<Operator>) -> String {
    if operators.last_mut().is_none_or(Operator::has_ended) {
        let flags = [&["--watch-namespaces", &scenario.namespace], &FLAGS[..]].concat();
        operators.push(Operator::start(&scenario.namespace, &scenario.account, &scenario.aws.url(), &flags));
    }
    operators.iter().map(Operator::log).collect::<Vec<_>>().join("\n")
}

/// Waits until a life is at a stage, an operator is refused a right again and again there, and says so where a person sees it.
async fn until_refused(scenario: &Scenario, server: &ControlPlane, grant: &Grant, stage: &Stage, expected: &str) {
    let missing = format!(
        "cannot {} resource \"{}\" in API group \"{}\"",
        grant.verb, grant.resource, grant.group
    );
    let (mut before, mut operators) = (None, Vec::new());
    until(&format!("a life where {expected}, and a warning: {missing}"), async || {
        let log = server.audit();
        let refused = requests(&log).filter(|request| request.operator == scenario.namespace && !request.allowed);
        let times = refused.filter(|request| request.needed == *grant).count();
        let now = *stage.lock().expect("no test panics while it notes a stage");
        if now == expected {
            before.get_or_insert(times);
        }
        let log = keep_running(scenario, &mut operators);
        let said = log
            .lines()
            .any(|line| line.contains(&missing) && ["WARN", "ERROR"].iter().any(|level| line.contains(level)));
        if said && now == expected && before.is_some_and(|before| times >= before + 3) {
            Ok(())
        } else {
            Err(format!("{now}; refused {times} times; log:\n{log}"))
        }
    })
    .await;
}

/// What fails without which right, as docs/troubleshooting.md says it.
fn documented() -> BTreeMap<&'static str, &'static str> {
    let page = include_str!("../../docs/troubleshooting.md");
    let (_, table) = page.split_once("| right | without it |\n| --- | --- |\n").expect("the table");
    let rows = table
        .lines()
        .map_while(|line| line.strip_prefix("| `")?.strip_suffix(" |")?.split_once("` | "));
    rows.collect()
}

/// An operator without a right is stuck at a stage.
async fn is_stuck(server: &'static ControlPlane, grant: Grant, expected: &str) {
    let name = format!("{REFUSED}{}-{}", grant.verb, grant.resource.replace('/', "-"));
    let lacking = |namespace: &str| Release::of(Scope::Namespace, namespace, namespace).without(&grant);
    let scenario = Scenario::with_release(server, &name, lacking).await;
    let stage = Stage::default();
    tokio::select! {
        () = live(&scenario, &stage) => panic!("an operator without the right to {grant} lacks nothing: take it out of the chart"),
        () = until_refused(&scenario, server, &grant, &stage, expected) => {}
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn with_the_rights_of_the_chart_an_operator_lacks_nothing() {
    let mut scenario = Scenario::without_operator().await;
    scenario.start_operator_with(&FLAGS);
    live(&scenario, &Stage::default()).await;
    let log = scenario.operators[0].log();
    assert!(!log.contains("forbidden"), "Kubernetes refused something:\n{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_any_one_of_its_rights_an_operator_is_stuck_and_says_which_is_missing() {
    let server = tokio::task::spawn_blocking(control_plane).await.expect("the control plane starts");
    let grants = Release::of(Scope::Namespace, "x", "x").grants();
    assert_eq!(
        grants,
        Release::of(Scope::Cluster, "x", "x").grants(),
        "the scope changes where rights hold, not which"
    );
    let documented = documented();
    assert_eq!(
        documented.len(),
        grants.len(),
        "docs/troubleshooting.md says what fails without which right"
    );
    // On threads of their own, which kubectl may block.
    let runtime = Handle::current();
    let lives = grants.into_iter().map(|grant| {
        let expected = documented.get(grant.to_string().as_str());
        let expected = *expected.unwrap_or_else(|| panic!("docs/troubleshooting.md does not say what fails without the right to {grant}"));
        let runtime = runtime.clone();
        tokio::task::spawn_blocking(move || runtime.block_on(is_stuck(server, grant, expected)))
    });
    for life in join_all(lives).await {
        life.expect("what an operator lacks is seen");
    }
}
