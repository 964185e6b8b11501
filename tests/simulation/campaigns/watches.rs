//! Watches that break: what they show comes once more, or the newest comes first, or they end and cannot go on from where they were.

use super::single::story;
use super::{Campaign, Case};
use crate::fault::{Act, Fault, Kind};
use crate::scenario::all;

const ACTS: [Act; 4] = [
    Act::Repeat(false),
    Act::Repeat(true),
    Act::DropWatches(false),
    Act::DropWatches(true),
];

#[test]
fn a_watch_may_repeat_itself_go_backwards_and_end_at_every_call() {
    let mut cases = Vec::new();
    for scenario in all() {
        for call in story(&scenario) {
            for act in ACTS {
                // At the next call again: a watch that is broken breaks more than once.
                for more in [None, call.k.map(|k| k + 1)] {
                    let at = call.k.into_iter().chain(more);
                    cases.push(Case {
                        scenario: scenario.name.into(),
                        faults: at.map(|k| Fault::call(k, Kind::Act(act.clone()))).collect(),
                    });
                }
            }
        }
    }
    let mut campaign = Campaign::new("watches that repeat themselves, go backwards, end", "R8");
    campaign.play_all(cases, 25);
    campaign.end();
}
