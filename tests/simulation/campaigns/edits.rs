//! Somebody does something at every call: edits, a deletion, other code, a watch that breaks, a clock that steps.

use std::collections::BTreeMap;
use std::time::Duration;

use super::single::at_every_call;
use super::{Campaign, Lot, is_long, seed};
use crate::fault::{Act, Fault, Kind, Loss};
use crate::run::play;
use crate::scenario::all;

/// Time that an edit of an endpoint may take, with AWS's own times: capacity that is allocated anew, and two looks at it.
const FOLLOWED: Duration = Duration::from_secs(45);

/// What happens just before a call arrives.
fn acts() -> Vec<Act> {
    vec![
        Act::Capacity(3),
        Act::Capacity(0),
        Act::Code("edited".into()),
        Act::MoveAlias,
        Act::DropCapacity,
        Act::Uri,
        Act::Request("edited".into()),
        Act::DropWatches(false),
        Act::DropWatches(true),
    ]
}

#[test]
fn an_edit_at_every_call_is_followed() {
    let usual: BTreeMap<_, _> = all()
        .iter()
        .map(|scenario| (scenario.name.to_owned(), play(scenario, &[], 1).settled))
        .collect();
    let mut cases = at_every_call(|_, k| acts().into_iter().map(|act| vec![Fault::call(k, Kind::Act(act))]).collect());
    let mut campaign = Campaign::new("edit and drift at every call", "R11");
    let whole = cases.len();
    if !is_long() {
        cases = Lot::new(seed()).some(cases, 25);
    }
    let mut longest = Duration::ZERO;
    for case in &cases {
        let settled = campaign.play(case);
        // What is edited in Kubernetes is seen at once; what is changed in AWS is seen at the next look.
        if matches!(case.faults[0].kind, Kind::Act(Act::Capacity(_))) {
            let longer = settled.saturating_sub(usual[&case.scenario]);
            longest = longest.max(longer);
            if longer > FOLLOWED {
                campaign.accuse(format!("an edit takes {longer:?}"), &case.command());
            }
        }
    }
    campaign.note(format!(
        "{} of {whole}; an edit of the endpoint takes at most {longest:.0?} more",
        cases.len()
    ));
    campaign.end();
}

/// Who deletes it points its callers elsewhere and makes it again, so that each run ends with an endpoint that serves, and nothing of
/// the first one.
#[test]
fn a_deletion_at_every_call_leaves_nothing_and_takes_nothing_of_others() {
    let cases = at_every_call(|_, k| {
        let delete = Fault::call(k, Kind::Act(Act::Delete));
        // The operator dies over it, or what it asks next is refused or lost.
        let kinds = [Kind::CrashBefore, Kind::CrashAfter, Kind::Denied, Kind::Lost(Loss::Reset)];
        let with = kinds.map(|kind| vec![delete.clone(), Fault::call(k + 1, kind)]);
        [vec![delete]].into_iter().chain(with).collect()
    });
    let mut campaign = Campaign::new("deletion at every call, alone and with a fault", "R10");
    campaign.play_all(cases, 25);
    campaign.end();
}

#[test]
fn a_clock_that_steps_ten_minutes_and_back_is_survived() {
    let cases = at_every_call(|_, k| {
        let step = |k, seconds| Fault::call(k, Kind::Act(Act::ClockOff(seconds)));
        // AWS refuses signatures that are ten minutes off: then nothing goes on until the clock is right again.
        let there_and_back = |seconds| vec![step(k, seconds), step(k + 2, 0)];
        [-600, -240, 240, 600].map(there_and_back).into()
    });
    let mut campaign = Campaign::new("steps of the operator's clock", "R19");
    campaign.play_all(cases, 12);
    campaign.end();
}
