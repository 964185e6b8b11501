//! Somebody does something at every call: edits, deletes, other code, a watch that breaks, a clock that steps.

use super::single::story;
use super::{Campaign, Case, Lot, is_long, seed};
use crate::fault::{Act, Fault, Kind};
use crate::scenario::all;

/// What happens just before a call arrives.
fn acts() -> Vec<Act> {
    vec![
        Act::Capacity(3),
        Act::Capacity(0),
        Act::Code("edited".into()),
        Act::MoveAlias,
        Act::DropCapacity,
        Act::Uri,
        Act::Delete,
        Act::Request("edited".into()),
        Act::DropWatches(false),
        Act::DropWatches(true),
    ]
}

#[test]
fn an_edit_at_every_call_is_followed() {
    let mut cases = Vec::new();
    for scenario in all() {
        for call in story(&scenario) {
            for act in acts() {
                cases.push(Case {
                    scenario: scenario.name.into(),
                    faults: vec![Fault::call(call.k.unwrap(), Kind::Act(act))],
                });
            }
        }
    }
    let mut campaign = Campaign::new("edit, delete and drift at every call", "R11");
    let whole = cases.len();
    if !is_long() {
        cases = Lot::new(seed()).some(cases, 25);
    }
    for case in &cases {
        campaign.play(case);
    }
    campaign.note(format!("{} of {whole}", cases.len()));
    campaign.end();
}

#[test]
fn a_clock_that_steps_ten_minutes_and_back_is_survived() {
    let mut cases = Vec::new();
    for scenario in all() {
        for call in story(&scenario) {
            for seconds in [-600, -240, 240, 600] {
                let k = call.k.unwrap();
                let step = |k, seconds| Fault::call(k, Kind::Act(Act::ClockOff(seconds)));
                // AWS refuses signatures that are ten minutes off: then nothing goes on until the clock is right again.
                cases.push(Case {
                    scenario: scenario.name.into(),
                    faults: vec![step(k, seconds), step(k + 2, 0)],
                });
            }
        }
    }
    let mut campaign = Campaign::new("steps of the operator's clock", "R19");
    let whole = cases.len();
    if !is_long() {
        cases = Lot::new(seed()).some(cases, 12);
    }
    for case in &cases {
        campaign.play(case);
    }
    campaign.note(format!("{} of {whole}", cases.len()));
    campaign.end();
}
