//! O2: nothing is made, changed or taken away more often than in the run without a fault, but for what a fault leaves open.

use std::collections::BTreeMap;

use crate::proxy::ledger::{Call, Side};

/// To publish the same code again makes nothing new (AWS-2); versions are counted in the end state.
const WITHOUT_EFFECT: &str = "PublishVersion";

/// How often each thing was written with success.
pub type Summary = BTreeMap<(String, String), u32>;

/// Counts what AWS carried out. `uid` is part of names and different in each run.
pub fn of(calls: &[Call]) -> Summary {
    let mut summary = Summary::new();
    let written = calls
        .iter()
        .filter(|call| call.side == Side::Aws && call.may_have_changed() && call.name != WITHOUT_EFFECT);
    for call in written {
        // What is written is in the body; what it is written to stands in the first words.
        let kept = [
            "function=",
            "qualifier=",
            "alias=",
            "api=",
            "stage=",
            "principal=",
            "sourceArn=",
            "method=",
        ];
        let target: Vec<_> = call
            .target
            .split(' ')
            .filter(|word| kept.iter().any(|kept| word.starts_with(kept)))
            .collect();
        *summary.entry((call.name.clone(), target.join(" "))).or_default() += call.delivered;
    }
    summary
}

/// What was written more often than the reference and the ambiguous faults allow.
pub fn excess(reference: &Summary, ambiguous: u32, found: &Summary) -> Vec<String> {
    let more = found.iter().filter_map(|(what, times)| {
        let usual = reference.get(what).copied().unwrap_or_default();
        (*times > usual + ambiguous).then(|| format!("{} {} was written {times} times, {usual} times without a fault", what.0, what.1))
    });
    more.collect()
}
