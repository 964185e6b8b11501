//! Other tools that write the same things over and over: each look at AWS answers once, and what has another owner is left to it.

use super::Campaign;
use crate::fault::Act;
use crate::run::{Outcome, play};
use crate::scenario::{Scenario, named};
use crate::scene::SECOND;

/// How often the others write, in seconds.
const EVERY: u64 = 30;
/// For how long.
const UNTIL: u64 = 600;
/// The least time between two looks at what nobody asked to look at, with its jitter.
const LOOKS: u64 = 240;
const REPLAY: &str = "cargo test --test simulation campaigns::rivals -- --nocapture";

/// Besides the acts of the scenario: one of `rivals` each time, in turn. After the last somebody asks for a look.
fn beside(scenario: &Scenario, rivals: &[Act]) -> Scenario {
    let times = (1..=UNTIL / EVERY).map(|n| n * EVERY);
    let acts = times.zip(rivals.iter().cycle().cloned());
    let look = Act::Request("after".into());
    Scenario {
        acts: scenario.acts.iter().cloned().chain(acts).chain([(UNTIL + 1, look)]).collect(),
        ..scenario.clone()
    }
}

/// How often a call was carried out while the others were at work.
fn carried_out(outcome: &Outcome, name: &str) -> usize {
    let begin = outcome.calls.first().map_or(0, |call| call.at);
    let meanwhile = outcome
        .calls
        .iter()
        .filter(|call| call.changed && (EVERY * SECOND..=UNTIL * SECOND).contains(&(call.at - begin)));
    meanwhile.filter(|call| call.name == name).count()
}

#[test]
fn other_tools_are_neither_fought_nor_given_in_to() {
    let mut campaign = Campaign::new("others write the same things every half minute", "R12");
    let begun = named("new-version");
    let tools: [(&[Act], &str); 4] = [
        (&[Act::MoveAlias], "lambda:UpdateAlias"),
        (&[Act::DropCapacity], "lambda:PutProvisionedConcurrencyConfig"),
        (&[Act::Uri], "apigateway:UpdateIntegration"),
        (&[Act::MoveAlias, Act::DropCapacity, Act::Uri], "lambda:UpdateAlias"),
    ];
    for (rivals, answer) in tools {
        let outcome = play(&beside(&begun, rivals), &[], 1);
        let count = carried_out(&outcome, answer);
        if count == 0 || count as u64 > UNTIL / LOOKS + 1 {
            campaign.accuse(format!("{answer} {count} times in ten minutes against {rivals:?}"), REPLAY);
        }
        campaign.take(outcome, REPLAY);
    }
    let outcome = play(&beside(&begun, &[2, 3, 4, 5, 1].map(Act::Scale)), &[], 1);
    for name in [
        "lambda:PutProvisionedConcurrencyConfig",
        "lambda:DeleteProvisionedConcurrencyConfig",
    ] {
        let count = carried_out(&outcome, name);
        if count > 0 {
            campaign.accuse(format!("{name} {count} times against Application Auto Scaling"), REPLAY);
        }
    }
    campaign.take(outcome, REPLAY);
    campaign.end();
}
