//! Watches that break: what they show comes once more, or the newest comes first, or they end and cannot go on from where they were.

use super::Campaign;
use super::single::at_every_call;
use crate::fault::{Act, Fault, Kind};

const ACTS: [Act; 4] = [
    Act::Repeat(false),
    Act::Repeat(true),
    Act::DropWatches(false),
    Act::DropWatches(true),
];

#[test]
fn a_watch_may_repeat_itself_go_backwards_and_end_at_every_call() {
    // At the next call again: a watch that is broken breaks more than once.
    let cases = at_every_call(|_, k| {
        let once_and_twice = |act: &Act| {
            let fault = |k| Fault::call(k, Kind::Act(act.clone()));
            [vec![fault(k)], vec![fault(k), fault(k + 1)]]
        };
        ACTS.iter().flat_map(once_and_twice).collect()
    });
    let mut campaign = Campaign::new("watches that repeat themselves, go backwards, end", "R8");
    campaign.play_all(cases, 25);
    campaign.end();
}
