//! What arrives late, or twice: every write to AWS and Kubernetes, up to the end of the time in which a request may arrive.

use super::Campaign;
use super::single::at_every_call;
use crate::fault::{Fault, Kind};

/// Milliseconds, the last just within the window that the operator takes for possible (6 minutes).
const DELAYS: [u64; 6] = [1_000, 10_000, 45_000, 120_000, 290_000, 355_000];

#[test]
fn a_write_that_arrives_late_or_twice_harms_nobody() {
    let cases = at_every_call(|call, k| {
        if !call.write || call.name.ends_with("events") {
            return Vec::new();
        }
        let kinds = |delay: u64| [Kind::Late(delay), Kind::CrashLate(delay), Kind::Again(delay)];
        DELAYS.into_iter().flat_map(kinds).map(|kind| vec![Fault::call(k, kind)]).collect()
    });
    let mut campaign = Campaign::new("late and repeated arrival of every write", "R3");
    campaign.play_all(cases, 25);
    campaign.end();
}
