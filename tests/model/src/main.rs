//! The long run: every setting, or those that are named, to the end. `--bounded` takes the small bounds of the tests; `WRITE=1` writes
//! what came of it for the page of the results. `--variants` takes one rule off after the other instead, or those that are named, and says
//! whether what is expected of each breaks.

// A harness fails by panicking.
#![allow(clippy::expect_used)]

#[path = "../../revision/mod.rs"]
mod revision;

use std::process::ExitCode;
use std::time::Instant;

use serde_json::json;
use stateright::{Checker, HasDiscoveries, Model};
use warmlambda_model::model::Operators;
use warmlambda_model::rules::Rules;
use warmlambda_model::setting::Setting;
use warmlambda_model::story;
use warmlambda_model::variants::{VARIANTS, Variant};

/// What a walk through one setting came to.
struct Walked {
    states: usize,
    transitions: usize,
    violations: usize,
    line: String,
}

fn main() -> ExitCode {
    let (flags, named): (Vec<_>, Vec<_>) = std::env::args().skip(1).partition(|argument| argument.starts_with("--"));
    let bounded = flags.iter().any(|flag| flag == "--bounded");
    if flags.iter().any(|flag| flag == "--variants") {
        let chosen = VARIANTS
            .iter()
            .filter(|v| named.is_empty() || named.iter().any(|name| name == v.name));
        let wrong = chosen.filter(|variant| !is_as_expected(variant)).count();
        return if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    }
    let begun = Instant::now();
    let settings = Setting::all();
    let chosen = settings
        .into_iter()
        .filter(|s| named.is_empty() || named.iter().any(|name| *name == s.name));
    let all: Vec<_> = chosen.map(|setting| walk(setting, bounded)).collect();
    let sum = |count: fn(&Walked) -> usize| all.iter().map(count).sum::<usize>();
    let (states, transitions, violations) = (sum(|w| w.states), sum(|w| w.transitions), sum(|w| w.violations));
    let seconds = begun.elapsed().as_secs_f64();
    println!("all: {states} states, {transitions} transitions, {violations} violations, {seconds:.0} s");
    if std::env::var_os("WRITE").is_some() {
        write(&all, (transitions, violations, seconds));
    }
    if violations == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Walks with a rule off, and prints what broke.
fn is_as_expected(variant: &Variant) -> bool {
    let begun = Instant::now();
    let found = variant.broken();
    let laws: Vec<_> = found.iter().map(|(setting, law, _)| format!("{law} in {setting}")).collect();
    let verdict = if found.is_empty() == variant.caught.is_none() {
        "as expected"
    } else {
        "UNEXPECTED"
    };
    let seconds = begun.elapsed().as_secs_f64();
    println!("{}: {}: {laws:?}, {verdict}, {seconds:.0} s", variant.name, variant.what);
    verdict == "as expected"
}

fn walk(setting: Setting, bounded: bool) -> Walked {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let left = if bounded { setting.bounded } else { setting.long };
    let (begun, name) = (Instant::now(), setting.name);
    let model = Operators::new(setting, Rules::SHIPPING, left);
    let checker = model.checker().threads(threads).finish_when(HasDiscoveries::Any).spawn_bfs().join();
    let seconds = begun.elapsed().as_secs_f64();
    let (states, transitions) = (checker.unique_state_count(), checker.state_count());
    let broken = story::discoveries(&checker);
    let violations = broken.len();
    let depth = checker.max_depth();
    let line = format!("{name}: {states} states, {transitions} transitions, depth {depth}, {violations} violations, {seconds:.0} s");
    println!("{line}");
    for (law, story) in broken {
        println!("BROKEN {law}\n{story}");
    }
    Walked {
        states,
        transitions,
        violations,
        line,
    }
}

/// The row of the page.
fn write(all: &[Walked], (transitions, violations, seconds): (usize, usize, f64)) {
    let date = std::process::Command::new("date").arg("+%F").output().expect("date runs");
    let row = json!({
        "row": "R5", "what": "Every state of two operators with the shipping plan: nothing foreign changed, recovery from each state, traffic never broken, nothing left of what is gone, nothing twice",
        "cases": transitions, "failures": violations, "unit": "transitions", "seconds": (seconds * 10.0).round() / 10.0, "seed": "none: all states within bounds",
        "command": "make check-model", "notes": all.iter().map(|walked| walked.line.clone()).collect::<Vec<_>>(),
        "date": String::from_utf8_lossy(&date.stdout).trim(), "versions": {"stateright": "0.31", "warmlambda": revision::tested(env!("CARGO_MANIFEST_DIR"))},
    });
    let assumes = [
        "R5: after a take-over a removal of a statement that the vanished operator sent may still arrive; the next look puts the statement back.",
    ];
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reliability");
    std::fs::create_dir_all(folder).expect("the folder can be made");
    let text = serde_json::to_string_pretty(&json!({"rows": [row], "assumes": assumes})).expect("it is JSON");
    std::fs::write(format!("{folder}/model.json"), text + "\n").expect("the file can be written");
}
