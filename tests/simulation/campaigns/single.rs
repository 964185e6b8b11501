//! Every single fault at every call.

use std::time::Duration;

use super::{Campaign, Case};
use crate::fault::{Fault, Kind, Loss};
use crate::run::play;
use crate::scenario::{Scenario, all};
use crate::wire::Call;

/// Time that a life takes without faults, with AWS's own times, which are seconds here.
const PROMPT: Duration = Duration::from_secs(60);

/// The calls of a run without faults that belong to its story: all until it was at rest.
pub fn story(scenario: &Scenario) -> Vec<Call> {
    let outcome = play(scenario, &[], 1);
    assert!(
        outcome.violations.is_empty(),
        "{} without a fault: {:#?}",
        scenario.name,
        outcome.violations
    );
    let end = outcome.calls.first().map_or(0, |first| first.at) + u64::try_from(outcome.settled.as_millis()).unwrap();
    outcome
        .calls
        .into_iter()
        .filter(|call| call.k.is_some() && call.at <= end)
        .collect()
}

/// What may happen to a call.
pub fn kinds(call: &Call) -> Vec<Kind> {
    let mut kinds = vec![
        Kind::Refused,
        Kind::Unavailable,
        Kind::Throttled,
        Kind::Denied,
        Kind::Expired,
        Kind::Lost(Loss::Reset),
        Kind::Lost(Loss::Half),
        Kind::Lost(Loss::Html),
        Kind::CrashBefore,
        Kind::CrashAfter,
        Kind::Slow(20_000),
    ];
    if call.write {
        kinds.extend([
            Kind::Conflict,
            Kind::Lost(Loss::InternalError),
            Kind::Lost(Loss::Hang),
            Kind::Late(3_000),
            Kind::Twice,
            Kind::Again(20_000),
            Kind::CrashLate(30_000),
        ]);
    }
    kinds
}

/// The cases that something makes of every call of every scenario, given the number of the call: a case is what goes wrong together.
pub fn at_every_call(of_call: impl Fn(&Call, usize) -> Vec<Vec<Fault>>) -> Vec<Case> {
    let mut cases = Vec::new();
    for scenario in all() {
        for call in story(&scenario) {
            let k = call.k.expect("the calls of a story are numbered");
            let of_call = of_call(&call, k).into_iter().map(|faults| Case {
                scenario: scenario.name.into(),
                faults,
            });
            cases.extend(of_call);
        }
    }
    cases
}

#[test]
fn every_scenario_ends_well_without_a_fault() {
    let mut campaign = Campaign::new("no fault", "R1");
    for scenario in all() {
        let case = Case {
            scenario: scenario.name.into(),
            faults: Vec::new(),
        };
        let settled = campaign.play(&case);
        if settled > PROMPT {
            campaign.accuse(format!("{} takes {settled:?} without a fault", scenario.name), &case.command());
        }
    }
    campaign.end();
}

#[test]
fn every_single_fault_at_every_call_is_survived() {
    let mut campaign = Campaign::new("every single fault at every call", "R1");
    let cases = at_every_call(|call, k| kinds(call).into_iter().map(|kind| vec![Fault::call(k, kind)]).collect());
    campaign.play_all(cases, 40);
    campaign.end();
}
