//! The operator needs the rights that the chart gives it, and each of them.

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
    scenario.apply(&json!({ "deletionPolicy": "Delete", "triggers": null }));
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

/// Waits until an operator was refused a right again and again, and said so where a person sees it.
async fn until_refused(scenario: &Scenario, server: &ControlPlane, grant: &Grant) {
    let missing = format!(
        "cannot {} resource \"{}\" in API group \"{}\"",
        grant.verb, grant.resource, grant.group
    );
    until(&format!("a warning: {missing}"), async || {
        let log = server.audit();
        let refused = requests(&log).filter(|request| request.operator == scenario.namespace && !request.allowed);
        let times = refused.filter(|request| request.needed == *grant).count();
        let log = scenario.operators[0].log();
        let said = log
            .lines()
            .any(|line| line.contains(&missing) && ["WARN", "ERROR"].iter().any(|level| line.contains(level)));
        if said && times >= 3 {
            Ok(())
        } else {
            Err(format!("refused {times} times; log:\n{log}"))
        }
    })
    .await;
}

/// A right, and what fails without it, as a row of a table.
async fn stuck_without(server: &'static ControlPlane, grant: Grant) -> String {
    let name = format!("{REFUSED}{}-{}", grant.verb, grant.resource.replace('/', "-"));
    let mut scenario = Scenario::with_release(server, &name, |namespace| {
        Release::of(Scope::Namespace, namespace, namespace).without(&grant)
    })
    .await;
    scenario.start_operator_with(&FLAGS);
    let stage = Stage::default();
    tokio::select! {
        () = live(&scenario, &stage) => panic!("an operator without the right to {grant} lacks nothing: take it out of the chart"),
        () = until_refused(&scenario, server, &grant) => {}
    }
    let stage = stage.into_inner().expect("no test panics while it notes a stage");
    format!("| `{grant}` | {stage} |")
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
    // On threads of their own, which kubectl may block.
    let runtime = Handle::current();
    let lives = grants.into_iter().map(|grant| {
        let runtime = runtime.clone();
        tokio::task::spawn_blocking(move || runtime.block_on(stuck_without(server, grant)))
    });
    let stuck: Vec<_> = join_all(lives)
        .await
        .into_iter()
        .map(|life| life.expect("what an operator lacks is seen"))
        .collect();
    let page = include_str!("../../docs/troubleshooting.md");
    let (_, section) = page.split_once("| right | without it |\n| --- | --- |\n").expect("the table");
    let rows: Vec<_> = section.lines().take_while(|line| line.starts_with('|')).collect();
    assert_eq!(rows, stuck, "docs/troubleshooting.md says what fails without which right");
}
