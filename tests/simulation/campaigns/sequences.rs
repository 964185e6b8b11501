//! Any spec after any other: what a sequence of edits ends in is what its last spec comes to at once, however far each one got.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Campaign, Lot, is_long, seed, specs};
use crate::fault::Act;
use crate::judge::{Law, Violation};
use crate::run::play;
use crate::scenario::{End, Scenario};
use crate::scene::Scene;

/// Edits of one sequence.
const EDITS: usize = 8;

fn of(spec: &Value, acts: Vec<(u64, Act)>, adopts: bool) -> Scenario {
    Scenario {
        name: "sequence",
        spec: spec.clone(),
        begins_ready: false,
        adopts,
        acts,
        end: End::Ready,
    }
}

/// What an endpoint says of itself, without numbers and times; nor of what was measured, which is of the time that went by.
fn said(endpoint: Option<&Value>) -> BTreeMap<String, String> {
    let status = endpoint.map_or(&Value::Null, |endpoint| &endpoint["status"]);
    let measured = |c: &&Value| c["type"] == "MetricsAvailable" || c["type"] == "TrafficOnAlias";
    let conditions = status["conditions"].as_array().into_iter().flatten().filter(|c| !measured(c));
    let conditions = conditions.map(|c| (c["type"].to_string(), format!("{} {}", c["status"], c["reason"])));
    let triggers = status["triggers"].as_array().into_iter().flatten();
    let triggers = triggers.map(|t| (t["name"].to_string(), format!("{} {}", t["kind"], t["qualified"])));
    conditions.chain(triggers).collect()
}

#[test]
fn a_sequence_of_specs_ends_where_its_last_one_would_have_begun() {
    let scene = Scene::new();
    let mut campaign = Campaign::new("sequences of specs, against the last one alone", "R21");
    let sequences = if is_long() { 300 } else { 6 };
    for seed in seed()..seed() + sequences {
        let mut lot = Lot::new(seed);
        let (first, last) = (specs::any(&mut lot, &scene), specs::kept(&mut lot, &scene));
        let mut second = 0;
        let mut acts = Vec::new();
        for edit in 1..=EDITS {
            second += lot.below(25) as u64;
            let spec = if edit == EDITS {
                last.clone()
            } else {
                specs::any(&mut lot, &scene)
            };
            acts.push((second, Act::Spec(spec)));
        }
        let replay = format!("SEED={seed} cargo test --test simulation campaigns::sequences -- --nocapture");
        let mut outcome = play(&of(&first, acts, lot.below(2) == 0), &[], 1);
        let alone = play(&of(&last, Vec::new(), false), &[], 1);
        let (ends, would) = (said(outcome.endpoint.as_ref()), said(alone.endpoint.as_ref()));
        if ends != would {
            let text = format!("it says {}, and alone it would say {}", json!(ends), json!(would));
            let (law, at) = (Law::Truth, outcome.virtually);
            outcome.violations.push(Violation { law, at, text });
        }
        campaign.take(outcome, &replay);
        campaign.take(alone, &replay);
    }
    campaign.note(format!(
        "{} edits in {sequences} sequences, each to a whole other spec",
        sequences as usize * EDITS
    ));
    campaign.end();
}
