//! A scenario without a fault, run twice: which calls there are, and how it ends.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::oracles::{end_state, summary};
use crate::proxy::ledger::Call;
use crate::run::Shown;

/// What a scenario is like without a fault.
pub struct Reference {
    /// The calls that both runs made before the end, in the order of the first.
    pub calls: Vec<Call>,
    /// By label, the operator's own milliseconds from a call to the end: the smaller number of the two runs.
    pub remainders: BTreeMap<String, u64>,
    /// AWS and the endpoint at the end.
    pub end: Value,
    /// Where the ends of the two runs differ.
    pub mask: BTreeSet<String>,
    /// How often each thing was written: the larger number of the two runs.
    pub summary: summary::Summary,
}

impl Reference {
    /// How many calls there are, and how many of them write.
    pub fn counts(&self) -> (usize, usize) {
        (self.calls.len(), self.calls.iter().filter(|call| call.write).count())
    }

    /// What two runs without a fault have in common.
    pub fn of(one: Shown, other: &Shown) -> Self {
        let again: BTreeSet<_> = other
            .calls
            .iter()
            .filter(|call| call.time <= other.ended)
            .map(Call::label)
            .collect();
        let mut summary: BTreeMap<_, _> = summary::of(&one.calls);
        for (what, times) in summary::of(&other.calls) {
            let known = summary.entry(what).or_default();
            *known = (*known).max(times);
        }
        let in_both = |call: &Call| call.time <= one.ended && again.contains(&call.label());
        let mut remainders = one.remainders;
        for (label, left) in &other.remainders {
            remainders.entry(label.clone()).and_modify(|known| *known = (*known).min(*left));
        }
        Self {
            remainders,
            mask: end_state::mask(&one.end, &other.end),
            calls: one.calls.into_iter().filter(in_both).collect(),
            end: one.end,
            summary,
        }
    }
}
