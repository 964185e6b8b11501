//! Many runs: each campaign prints one line, and each violation the one command that replays it.

mod edits;
mod late;
mod outage;
mod pairs;
mod recovery;
mod report;
mod rivals;
mod sequences;
mod single;
pub mod specs;
mod watches;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::fault::{At, Fault, Kind};
use crate::judge::{Law, Violation};
use crate::run::{Outcome, play};
use crate::scenario::named;

/// Violations that are printed.
const TOLD: usize = 5;

/// Whether all cases are asked for, which takes minutes; else a sample that changes by date.
pub fn is_long() -> bool {
    std::env::var("SIMULATE").is_ok_and(|how| how == "long")
}

/// What chance begins with: the date, or `SEED`.
pub fn seed() -> u64 {
    if let Ok(seed) = std::env::var("SEED") {
        return seed.parse().expect("SEED is a number");
    }
    let days = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_secs()
        / 86_400;
    20_000_000 + days
}

/// A run by its data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Case {
    /// Name of the scenario.
    pub scenario: String,
    /// What goes wrong.
    pub faults: Vec<Fault>,
}

impl Case {
    /// Plays it.
    pub fn play(&self) -> Outcome {
        play(&named(&self.scenario), &self.faults, 1)
    }

    /// The command that plays it again.
    pub fn command(&self) -> String {
        let text = serde_json::to_string(self).unwrap();
        format!("CASE='{text}' cargo test --test simulation replays_a_case -- --ignored --nocapture")
    }
}

/// A campaign in progress.
pub struct Campaign {
    name: &'static str,
    row: &'static str,
    /// What a case is, where it is no run in virtual time.
    cases_are: Option<&'static str>,
    began: Instant,
    cases: u64,
    samples: u64,
    ready: u64,
    granted: u64,
    virtually: Duration,
    /// The longest time until a case was at rest.
    longest: Duration,
    /// What was broken, and how to see it again.
    broken: Vec<(Violation, String)>,
    notes: Vec<String>,
}

impl Campaign {
    /// Begins one; `row` is its row of the table of results.
    pub fn new(name: &'static str, row: &'static str) -> Self {
        Self {
            name,
            row,
            cases_are: None,
            began: Instant::now(),
            cases: 0,
            samples: 0,
            ready: 0,
            granted: 0,
            virtually: Duration::ZERO,
            longest: Duration::ZERO,
            broken: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// Real time so far.
    pub fn took(&self) -> Duration {
        self.began.elapsed()
    }

    /// Runs so far.
    pub fn cases(&self) -> u64 {
        self.cases
    }

    /// Begins one whose cases are no runs in virtual time.
    pub fn of(cases_are: &'static str, name: &'static str, row: &'static str) -> Self {
        Self {
            cases_are: Some(cases_are),
            ..Self::new(name, row)
        }
    }

    /// Counts a case that was no run.
    pub fn count(&mut self) {
        self.cases += 1;
    }

    /// Takes a run in.
    pub fn take(&mut self, outcome: Outcome, replay: &str) {
        self.cases += 1;
        self.samples += outcome.samples;
        self.ready += outcome.ready;
        self.granted += outcome.granted;
        self.virtually += outcome.virtually;
        self.broken
            .extend(outcome.violations.into_iter().map(|violation| (violation, replay.to_owned())));
    }

    /// Plays a case and takes it in; the answer is how long it took until it was at rest.
    pub fn play(&mut self, case: &Case) -> Duration {
        let mut outcome = case.play();
        outcome.violations.extend(amplified(case, &outcome));
        let settled = outcome.settled;
        self.longest = self.longest.max(settled);
        self.take(outcome, &case.command());
        settled
    }

    /// Plays all cases, or a sample of so many that changes by date, and notes how many of how many.
    pub fn play_all(&mut self, mut cases: Vec<Case>, sample: usize) {
        let whole = cases.len();
        if !is_long() {
            cases = Lot::new(seed()).some(cases, sample);
        }
        for case in &cases {
            self.play(case);
        }
        self.note(format!("{} of {whole}", cases.len()));
    }

    /// Notes that something took too long or too much.
    pub fn accuse(&mut self, text: String, replay: &str) {
        let violation = Violation {
            law: Law::Recovery,
            at: Duration::ZERO,
            text,
        };
        self.broken.push((violation, replay.to_owned()));
    }

    /// Says something in the row.
    pub fn note(&mut self, text: String) {
        self.notes.push(text);
    }

    /// Prints its line, writes its row when it is asked to, and fails when a law was broken.
    pub fn end(self) {
        let seconds = self.took().as_secs_f64();
        println!(
            "simulation {} {}: {} cases, {} violations, {} status samples ({} said Ready), {:.1} virtual hours in {seconds:.1} s, {:.1} cases/s, at rest after at most {:.0?}, seed {}{}",
            self.row,
            self.name,
            self.cases,
            self.broken.len(),
            self.samples,
            self.ready,
            self.virtually.as_secs_f64() / 3600.0,
            self.cases as f64 / seconds,
            self.longest,
            seed(),
            self.notes.iter().map(|note| format!("; {note}")).collect::<String>(),
        );
        report::note(&self);
        let told: Vec<_> = self
            .broken
            .iter()
            .take(TOLD)
            .map(|(v, replay)| format!("{:?} at {:?}: {}\n  {replay}", v.law, v.at, v.text))
            .collect();
        assert!(
            self.broken.is_empty(),
            "{} broken laws, the first of them:\n{}",
            self.broken.len(),
            told.join("\n")
        );
    }
}

/// What makes or takes away something is carried out no more often than without faults, and once more for each fault after which
/// nobody can know what became of it.
fn amplified(case: &Case, outcome: &Outcome) -> Option<Violation> {
    thread_local! {
        static USUAL: RefCell<BTreeMap<String, BTreeMap<String, usize>>> = const { RefCell::new(BTreeMap::new()) };
    }
    let of_one_call = |fault: &Fault| matches!(fault.at, At::Call(_)) && !matches!(fault.kind, Kind::Act(_));
    // Who deletes, edits or breaks something asks for more.
    if case.faults.is_empty() || !case.faults.iter().all(of_one_call) {
        return None;
    }
    let known = USUAL.with_borrow(|usual| usual.get(&case.scenario).cloned());
    let usual = known.unwrap_or_else(|| {
        let usual = carried_out(&play(&named(&case.scenario), &[], 1));
        USUAL.with_borrow_mut(|all| all.insert(case.scenario.clone(), usual.clone()));
        usual
    });
    let more = case.faults.iter().filter(|fault| fault.kind.is_ambiguous()).count();
    let now = carried_out(outcome);
    let (name, count) = now.iter().find(|(name, count)| **count > usual.get(*name).unwrap_or(&0) + more)?;
    Some(Violation {
        law: Law::Amplification,
        at: outcome.virtually,
        text: format!("{name} was carried out {count} times, {:?} without faults", usual.get(name)),
    })
}

/// How often AWS carried out each call that makes or takes away something.
fn carried_out(outcome: &Outcome) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    let made = |name: &str| {
        ["Create", "Delete", "Add", "Remove"]
            .iter()
            .any(|verb| name.contains(&format!(":{verb}")))
    };
    for call in outcome
        .calls
        .iter()
        .filter(|call| made(&call.name) && call.code.is_some_and(|code| code < 300))
    {
        *counts.entry(call.name.clone()).or_default() += 1;
    }
    counts
}

/// Prints what the operator logs, as RUST_LOG says.
fn log() {
    let filter = tracing_subscriber::EnvFilter::from_default_env();
    tracing_subscriber::fmt().with_env_filter(filter).with_test_writer().init();
}

#[test]
#[ignore = "replays what the variable CASE says"]
fn replays_a_case() {
    log();
    let text = std::env::var("CASE").expect("CASE is the JSON of a case");
    let case: Case = serde_json::from_str(&text).expect("CASE is the JSON of a case");
    let outcome = case.play();
    tell(&outcome);
    assert!(outcome.violations.is_empty(), "{:#?}", outcome.violations);
}

/// Prints the story of a run.
fn tell(outcome: &Outcome) {
    for call in outcome.calls.iter().filter(|call| !call.name.ends_with("leases")) {
        let k = call.k.map_or_else(String::new, |k| k.to_string());
        let fault = call.fault.as_ref().map(|fault| format!("{fault:?}")).unwrap_or_default();
        println!("{k:>5} {:>14} {:?} {} {fault}", call.at, call.code, call.name);
    }
}

/// Chance that a seed begins.
pub struct Lot(u64);

impl Lot {
    /// Begins.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % end.max(1) as u64).unwrap()
    }

    /// One of these.
    pub fn one<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }

    /// So many of these, each at most once.
    pub fn some<T>(&mut self, mut of: Vec<T>, count: usize) -> Vec<T> {
        let mut taken = Vec::new();
        while taken.len() < count && !of.is_empty() {
            let n = self.below(of.len());
            taken.push(of.swap_remove(n));
        }
        taken
    }
}
