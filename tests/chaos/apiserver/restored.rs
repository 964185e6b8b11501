//! etcd is restored from a backup: objects are missing, or older than what the operator knows, and so is the Lease.
//!
//! What is promised: nothing is taken away, or made smaller, that the restored objects do not ask to be; what they do ask for is done,
//! and status says what is true. What is not promised: an object that is missing is not cleaned up, because nobody knows of it; and a
//! number or a version that was asked for before the backup is asked for again, because nobody knows better than the API server.

use std::time::Duration;

use awssim::sim::{Fault, Matching, Rule};
use serde_json::{Value, json};
use warmlambda::api::WarmLambdaEndpoint;

use super::fleet::{Fleet, REGIONS, name};
use super::pods::{Pods, Template};
use super::servers::Servers;
use crate::harness::aws::{ALIAS, FUNCTION};
use crate::harness::endpoint::Told;
use crate::harness::waiting::{until, until_within};

/// How long a fleet may take to settle after a restore: a lease to run out, and a pause for what the last leader may have sent.
const SETTLED: Duration = Duration::from_secs(60);

/// How an endpoint in the backup differs from what became of it.
pub struct View {
    /// In words.
    pub what: &'static str,
    /// The spec in the backup; `None` when it was made later.
    before: fn() -> Option<Value>,
    /// What happens after the backup was made.
    meanwhile: fn(&Fleet, usize),
    /// Whether that has happened.
    done: fn(&Fleet, usize, Option<&WarmLambdaEndpoint>) -> bool,
    /// What AWS may be asked for after the restore, and nothing else.
    asked: &'static [&'static str],
}

/// All of them.
pub const VIEWS: [View; 11] = [
    View {
        what: "nothing happened",
        before: || Some(json!({})),
        meanwhile: |_, _| (),
        done: |_, _, _| true,
        asked: &[],
    },
    View {
        what: "the number was raised later",
        before: || Some(json!({})),
        meanwhile: |fleet, place| fleet.apply(place, &json!({"provisionedConcurrency": 5})),
        done: |fleet, place, _| requested(fleet, place) == Some(5),
        asked: &["PutProvisionedConcurrencyConfig provisionedConcurrency=3"],
    },
    View {
        what: "the number was lowered later",
        before: || Some(json!({"provisionedConcurrency": 5})),
        meanwhile: |fleet, place| fleet.apply(place, &json!({})),
        done: |fleet, place, _| requested(fleet, place) == Some(3),
        asked: &["PutProvisionedConcurrencyConfig provisionedConcurrency=5"],
    },
    View {
        what: "another version was pinned later",
        before: || Some(json!({"version": {"policy": "Pinned", "pinned": "39"}})),
        meanwhile: |fleet, place| fleet.apply(place, &json!({"version": {"policy": "Pinned", "pinned": "40"}})),
        done: |fleet, place, _| fleet.alias(place).is_some_and(|alias| alias.function_version == "40"),
        asked: &["UpdateAlias functionVersion=39"],
    },
    View {
        what: "new code went out later",
        before: || Some(json!({})),
        meanwhile: |fleet, place| {
            let uploaded = fleet.region(place, |region| region.update_function_code(FUNCTION, "reviews 41", false, None));
            drop(uploaded.expect("the code can be updated"));
        },
        done: |fleet, place, found| {
            fleet.alias(place).is_some_and(|alias| alias.function_version == "41") && found.is_some_and(Told::is_ready)
        },
        // It makes nothing new of code that is published already.
        asked: &["PublishVersion"],
    },
    View {
        what: "it was made later",
        before: || None,
        meanwhile: |fleet, place| fleet.apply(place, &json!({"deletionPolicy": "Delete"})),
        done: |_, _, found| found.is_some_and(Told::is_ready),
        asked: &[],
    },
    View {
        what: "it was deleted later",
        before: || Some(json!({"deletionPolicy": "ReleaseCapacity"})),
        meanwhile: |fleet, place| fleet.delete(place),
        done: |fleet, place, found| found.is_none() && requested(fleet, place).is_none(),
        asked: &["PutProvisionedConcurrencyConfig provisionedConcurrency=3"],
    },
    View {
        what: "its deletion is under way",
        before: || Some(json!({"deletionPolicy": "ReleaseCapacity"})),
        meanwhile: |fleet, place| {
            refuse_to_delete_capacity(fleet, place);
            fleet.delete(place);
        },
        done: |fleet, place, _| was_asked_to_delete_capacity(fleet, place),
        asked: &[],
    },
    View {
        what: "its capacity is being given up",
        before: || Some(json!({})),
        meanwhile: |fleet, place| {
            refuse_to_delete_capacity(fleet, place);
            fleet.apply(place, &json!({"provisionedConcurrency": 0}));
        },
        done: |fleet, place, _| was_asked_to_delete_capacity(fleet, place),
        asked: &[],
    },
    View {
        what: "it was only observed, without a finalizer",
        before: || Some(json!({"managementPolicy": "Observe"})),
        meanwhile: |fleet, place| fleet.apply(place, &json!({"managementPolicy": "Manage"})),
        done: |_, _, found| found.is_some_and(Told::is_ready),
        asked: &[],
    },
    View {
        what: "another of the same name took its place",
        before: || Some(json!({"deletionPolicy": "Delete", "triggers": null})),
        meanwhile: |fleet, place| {
            fleet.delete(place);
            fleet
                .scenario
                .kubectl
                .succeeds(&["wait", "--for=delete", "wle", &name(place), "--timeout=60s"]);
            fleet.apply(place, &json!({"deletionPolicy": "Delete", "triggers": null}));
        },
        done: |_, _, found| found.is_some_and(|found| found.metadata.generation == Some(1) && found.is_ready()),
        asked: &[],
    },
];

fn requested(fleet: &Fleet, place: usize) -> Option<u32> {
    fleet.capacity(place).map(|capacity| capacity.requested)
}

const GIVE_UP: &str = "DeleteProvisionedConcurrencyConfig";

fn refuse_to_delete_capacity(fleet: &Fleet, place: usize) {
    let fault = Fault::Fail {
        status: 503,
        code: "ServiceException".into(),
        message: "not now".into(),
        retry_after_seconds: None,
        reason: None,
    };
    fleet.scenario.aws.sim().add_fault(Rule {
        matching: Matching {
            operation: Some(GIVE_UP.into()),
            region: Some(REGIONS[place].into()),
            ..Matching::default()
        },
        skip: 0,
        times: None,
        fault,
    });
}

fn was_asked_to_delete_capacity(fleet: &Fleet, place: usize) -> bool {
    fleet.writes(place, 0).iter().any(|entry| entry.operation == GIVE_UP)
}

/// What a round came to.
#[derive(Default)]
pub struct Round {
    /// What is wrong.
    pub violations: Vec<String>,
    /// From when the API server served again until the whole fleet had settled.
    pub settled: Duration,
}

/// One restore of a fleet with every view in it. With `failover` another process leads by the time of the restore than in the backup.
pub async fn round(servers: &Servers, failover: bool) -> Round {
    let fleet = Fleet::new(servers.plane, "restored", VIEWS.len()).await;
    let pods = Pods::start(template(&fleet), 2);
    for (place, view) in VIEWS.iter().enumerate() {
        (view.before)().iter().for_each(|spec| fleet.apply(place, spec));
    }
    for (place, view) in VIEWS.iter().enumerate() {
        if let Some(spec) = (view.before)() {
            fleet
                .until(place, &format!("{}: the state of the backup", view.what), |found| {
                    is_settled(&spec, found)
                })
                .await;
        }
    }
    servers.save("backup").await;
    if failover {
        pods.kill(pods.leader().expect("somebody leads"));
    }
    for (place, view) in VIEWS.iter().enumerate() {
        (view.meanwhile)(&fleet, place);
    }
    for (place, view) in VIEWS.iter().enumerate() {
        until(&format!("{}: what happens later", view.what), async || {
            let found = fleet.endpoint(place).await;
            if (view.done)(&fleet, place, found.as_ref()) {
                Ok(())
            } else {
                Err(fleet.scenario.aws.told())
            }
        })
        .await;
    }
    let at_restore: Vec<_> = fleet.places().map(|place| fleet.snapshot(place)).collect();
    servers.take_back("backup").await;
    let mark = fleet.scenario.aws.mark();
    fleet.scenario.aws.sim().clear_faults();
    servers.come_back().await;
    settled(&fleet, &pods, mark, &at_restore).await
}

fn template(fleet: &Fleet) -> Template {
    let flags = [
        "--watch-namespaces",
        &fleet.scenario.namespace,
        "--log-level",
        "info,warmlambda=debug",
    ];
    Template {
        account: fleet.scenario.account.clone(),
        aws: fleet.scenario.aws.url(),
        flags: flags.map(str::to_owned).to_vec(),
    }
}

/// Whether the operator has nothing more to do for an endpoint and says so.
fn is_settled(spec: &Value, found: Option<&WarmLambdaEndpoint>) -> bool {
    let Some(found) = found else { return false };
    if spec["managementPolicy"] == "Observe" {
        found.told().observed_generation == found.metadata.generation && !found.told().conditions.is_empty()
    } else {
        found.is_ready()
    }
}

/// Waits until the fleet has settled after a restore, and judges it.
async fn settled(fleet: &Fleet, pods: &Pods, mark: u64, at_restore: &[Value]) -> Round {
    let mut round = Round::default();
    let began = std::time::Instant::now();
    let stamp = format!("restored at {mark}");
    for place in fleet.places() {
        fleet.ask_for_a_look(place, &stamp).await;
    }
    for (place, view) in VIEWS.iter().enumerate() {
        let Some(spec) = (view.before)() else { continue };
        let what = format!("{}: a look at the restored endpoint", view.what);
        let looked = async || {
            let found = fleet.endpoint(place).await;
            let handled = found
                .as_ref()
                .is_some_and(|found| found.told().last_handled_reconcile_at.as_deref() == Some(&stamp));
            if handled && is_settled(&spec, found.as_ref()) && matches(fleet, place, found.as_ref()).is_ok() {
                Ok(())
            } else {
                Err(format!("{found:?}\n{:?}", matches(fleet, place, found.as_ref())))
            }
        };
        until_within(SETTLED, &what, looked).await;
    }
    round.settled = began.elapsed();
    for (place, view) in VIEWS.iter().enumerate() {
        let written: Vec<_> = fleet.writes(place, mark).iter().map(short).collect();
        let mut allowed = view.asked.iter();
        // Each at most once, in their order.
        if !written.iter().all(|write| allowed.any(|asked| asked == write)) {
            round.violations.push(format!(
                "{}: AWS was asked for {written:?} after the restore, {:?} would do",
                view.what, view.asked
            ));
        }
        if view.asked.is_empty() && fleet.snapshot(place) != at_restore[place] {
            round.violations.push(format!("{}: AWS changed after the restore", view.what));
        }
    }
    let panics = pods.lines("panicked at");
    round
        .violations
        .extend(panics.into_iter().map(|line| format!("an operator panicked: {line}")));
    round
}

/// The operation, and what it asks for.
fn short(entry: &awssim::sim::Entry) -> String {
    let asked = ["provisionedConcurrency", "functionVersion"]
        .iter()
        .filter_map(|name| Some(format!(" {name}={}", entry.parameters.get(*name)?)));
    entry.operation.clone() + &asked.collect::<String>()
}

/// Whether status says what AWS has.
fn matches(fleet: &Fleet, place: usize, found: Option<&WarmLambdaEndpoint>) -> Result<(), String> {
    let status = found.ok_or("it is gone")?.told();
    let said = (
        status.function_version,
        status.provisioned_concurrency.map(|capacity| capacity.requested.unsigned_abs()),
    );
    let has = (fleet.alias(place).map(|alias| alias.function_version), requested(fleet, place));
    if said == has {
        Ok(())
    } else {
        Err(format!("status says {said:?} of {ALIAS}, AWS has {has:?}"))
    }
}
