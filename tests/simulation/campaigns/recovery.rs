//! From any world, without faults: as asked within twelve passes, and quiet from then on.

use awssim::world::{AliasChange, Region, Statement};
use serde_json::{Value, json};

use super::{Campaign, Lot, is_long, seed};
use crate::api_server::{ApiServer, Objects};
use crate::people::{FOLDER, NAME};
use crate::run::{found, interrupted};
use crate::scenario::{End, Scenario, all};
use crate::scene::{ALIAS, FUNCTION, SECOND, advance, execution_arn};

/// Passes until it is as asked.
const PASSES: usize = 12;
/// Looks while it waits for what a leader that vanished may have sent: six minutes, every half minute.
const LOOKS: usize = 14;

/// Does something to AWS that the operator can mend.
fn corrupt_aws(region: &mut Region, lot: &mut Lot) {
    let now = region.now;
    match lot.below(9) {
        0 => drop(region.update_alias(FUNCTION, ALIAS, &AliasChange::version("1"))),
        1 => drop(region.delete_alias(FUNCTION, ALIAS)),
        2 => drop(region.delete_provisioned_concurrency_config(FUNCTION, ALIAS)),
        3 => drop(region.put_provisioned_concurrency_config(FUNCTION, ALIAS, 1 + lot.below(5) as i64)),
        4 => drop(region.update_function_code(FUNCTION, format!("code {}", lot.below(3)).as_str(), false, None)),
        5 => drop(region.publish_version(FUNCTION, None, None, None)),
        6 => {
            // As the endpoint of the scenarios names its own.
            let statement = Statement::for_api(
                &format!("warmlambda-0a1b0001-garbage{}", lot.below(3)),
                &execution_arn("gone", "*/*"),
            );
            drop(region.add_permission(FUNCTION, Some(ALIAS), statement, None));
        }
        7 => {
            let policy = region.functions[FUNCTION].policies.get(ALIAS).cloned();
            let sid = policy.and_then(|policy| policy.statements.first().map(|statement| statement.sid.clone()));
            drop(sid.map(|sid| region.remove_permission(FUNCTION, Some(ALIAS), &sid, None)));
        }
        _ => crate::people::callers_away(region),
    }
    region.settle(now);
}

/// Writes nonsense into the endpoint and the lease, which may hold the operator back for a while and must not lead it astray.
fn corrupt_kubernetes(api: &ApiServer, lot: &mut Lot) {
    let endpoint = format!("{FOLDER}/{NAME}");
    match lot.below(6) {
        0 => api.corrupt(&endpoint, |object| object["status"] = json!({"observedGeneration": -1})),
        1 => api.corrupt(&endpoint, forge_ready),
        2 => api.corrupt(&endpoint, |object| object["metadata"]["finalizers"] = Value::Null),
        3 => api.corrupt(&endpoint, |object| {
            object["status"]["published"] = json!({"version": "7", "fingerprint": "forged"})
        }),
        4 => api.corrupt(&endpoint, |object| {
            object["status"]["rollout"] = json!({"from": "3", "to": "9", "startTime": "2020-01-01T00:00:00Z"});
        }),
        _ => api.corrupt("/apis/coordination.k8s.io/v1/namespaces/warmlambda/leases/warmlambda", |object| {
            object["spec"]["holderIdentity"] = "somebody".into();
            object["spec"]["leaseDurationSeconds"] = json!(-5);
        }),
    }
}

fn forge_ready(object: &mut Value) {
    let generation = object["metadata"]["generation"].clone();
    object["status"] = json!({"observedGeneration": generation, "functionVersion": "99", "conditions": [
        {"type": "Ready", "status": "True", "reason": "Warm", "message": "forged", "lastTransitionTime": "2020-01-01T00:00:00Z", "observedGeneration": generation},
    ]});
}

/// A world that a run left behind when its operator died, with nonsense in it.
fn world(scenario: &Scenario, lot: &mut Lot) -> (Region, Objects) {
    let (mut region, objects) = interrupted(scenario, lot.below(60));
    for _ in 0..lot.below(4) {
        corrupt_aws(&mut region, lot);
    }
    // Nobody leads until the lease of the dead one has run out. What AWS is doing meanwhile is nobody's write.
    advance(&mut region, 10 * SECOND);
    let api = ApiServer::with(objects);
    for _ in 0..lot.below(3) {
        corrupt_kubernetes(&api, lot);
    }
    (region, api.objects())
}

#[test]
fn from_any_world_it_is_as_asked_within_twelve_passes_and_then_quiet() {
    let scenarios: Vec<_> = all().into_iter().filter(|scenario| scenario.end == End::Ready).collect();
    let mut campaign = Campaign::new("from random reachable and corrupted worlds to the desired state", "R6");
    let (mut most, first) = (0, seed() * 1_000_000);
    for n in 0..if is_long() { 10_000 } else { 20 } {
        let replay = format!(
            "WORLD={} cargo test --test simulation replays_a_world -- --ignored --nocapture",
            first + n
        );
        let (outcome, passes) = from(first + n, &scenarios);
        let passes = passes.saturating_sub(if outcome.waited { LOOKS } else { 0 });
        most = most.max(passes);
        if passes > PASSES {
            campaign.accuse(format!("{passes} passes"), &replay);
        }
        campaign.take(outcome, &replay);
    }
    campaign.note(format!("at most {most} passes, looks while nothing may be done not counted"));
    campaign.end();
}

fn from(seed: u64, scenarios: &[Scenario]) -> (crate::run::Outcome, usize) {
    let mut lot = Lot::new(seed);
    let scenario = lot.one(scenarios).clone();
    let (region, objects) = world(&scenario, &mut lot);
    found(region, objects, &scenario)
}

/// Chance as it is when the scenario was drawn.
fn after_one(seed: u64, scenarios: usize) -> Lot {
    let mut lot = Lot::new(seed);
    lot.below(scenarios);
    lot
}

#[test]
#[ignore = "replays the world of the variable WORLD"]
fn replays_a_world() {
    super::log();
    let seed = std::env::var("WORLD")
        .expect("WORLD is a number")
        .parse()
        .expect("WORLD is a number");
    let scenarios: Vec<_> = all().into_iter().filter(|scenario| scenario.end == End::Ready).collect();
    let (_, objects) = world(Lot::new(seed).one(&scenarios), &mut after_one(seed, scenarios.len()));
    objects
        .of("warmlambdaendpoints")
        .chain(objects.of("leases"))
        .for_each(|object| println!("{object:#}"));
    let (outcome, passes) = from(seed, &scenarios);
    super::tell(&outcome);
    println!("{passes} passes");
    assert!(outcome.violations.is_empty(), "{:#?}", outcome.violations);
}
