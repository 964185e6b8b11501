//! Two faults in one run.

use std::time::Duration;

use super::single::{kinds, story};
use super::{Campaign, Case, Lot, is_long, seed};
use crate::fault::Fault;
use crate::scenario::all;

/// Real time that pairs may take.
const LONG: Duration = Duration::from_mins(8);

#[test]
fn any_two_faults_are_survived() {
    let stories: Vec<_> = all().into_iter().map(|scenario| (scenario.name, story(&scenario))).collect();
    let single: usize = stories
        .iter()
        .map(|(_, story)| story.iter().map(|call| kinds(call).len()).sum::<usize>().pow(2) / 2)
        .sum();
    let mut campaign = Campaign::new("pairs of faults", "R4");
    let mut lot = Lot::new(seed());
    let enough = |campaign: &Campaign| {
        if is_long() {
            campaign.took() > LONG
        } else {
            campaign.cases() >= 25
        }
    };
    while !enough(&campaign) {
        let (name, story) = lot.one(&stories);
        let mut fault = |from: usize| {
            let call = &story[from + lot.below(story.len() - from)];
            let kinds = kinds(call);
            Fault::call(call.k.unwrap(), lot.one(&kinds).clone())
        };
        let first = fault(0);
        // The second is counted in the run that the first has changed.
        let second = fault(0);
        campaign.play(&Case {
            scenario: (*name).into(),
            faults: vec![first, second],
        });
    }
    campaign.note(format!("drawn from {single} pairs"));
    campaign.end();
}
