//! What arrives late, or twice: every write to AWS and Kubernetes, up to the end of the time in which a request may arrive.

use super::single::story;
use super::{Campaign, Case};
use crate::fault::{Fault, Kind};
use crate::scenario::all;

/// Milliseconds, the last just within the window that the operator takes for possible (6 minutes).
const DELAYS: [u64; 6] = [1_000, 10_000, 45_000, 120_000, 290_000, 355_000];

#[test]
fn a_write_that_arrives_late_or_twice_harms_nobody() {
    let mut cases = Vec::new();
    for scenario in all() {
        for call in story(&scenario).iter().filter(|call| call.write && !call.name.ends_with("events")) {
            for delay in DELAYS {
                for kind in [Kind::Late(delay), Kind::CrashLate(delay), Kind::Again(delay)] {
                    cases.push(Case {
                        scenario: scenario.name.into(),
                        faults: vec![Fault::call(call.k.unwrap(), kind)],
                    });
                }
            }
        }
    }
    let mut campaign = Campaign::new("late and repeated arrival of every write", "R3");
    campaign.play_all(cases, 25);
    campaign.end();
}
