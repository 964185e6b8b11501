//! Runs a target on inputs, and keeps what fails.

use std::any::Any;
use std::cell::Cell;
use std::collections::BTreeSet;
use std::fs;
use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Once;
use std::time::{Duration, Instant};

use serde_json::json;
use sha2::{Digest, Sha256};

use crate::change::change;
use crate::random::Random;

/// Something that is read from outside.
#[derive(Clone, Copy)]
pub struct Target {
    /// Also of its test and of its folder in the corpus.
    pub name: &'static str,
    /// Words that it may know, to change inputs with.
    pub words: &'static [&'static str],
    /// Executions in `make test`.
    pub executions: u32,
    /// Reads an input and panics when what was read is wrong; else says in a few words what it was, so that inputs of a new kind are
    /// kept to be changed further.
    pub judge: fn(&[u8]) -> String,
}

/// How long a target is run.
#[derive(Clone, Copy, Debug)]
pub enum Budget {
    Executions(u32),
    Time(Duration),
}

impl Budget {
    pub const fn of_each(seconds: u64) -> Self {
        Self::Time(Duration::from_secs(seconds))
    }

    fn is_spent(self, executions: u64, since: Instant) -> bool {
        match self {
            Self::Executions(most) => executions >= u64::from(most),
            Self::Time(most) => since.elapsed() >= most,
        }
    }
}

/// What a run came to.
struct Outcome {
    executions: u64,
    seconds: f64,
    kinds: usize,
    failures: Vec<PathBuf>,
}

/// The part of `make test`: the same inputs in each run. `FUZZ_INPUT` names a file that is run instead.
pub fn bounded(target: &Target) {
    if let Some(file) = std::env::var_os("FUZZ_INPUT") {
        let input = fs::read(&file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        println!("{}: {}", target.name, (target.judge)(&input));
        return;
    }
    let outcome = fuzz(target, Budget::Executions(target.executions), 1);
    report(target, &outcome);
    assert!(outcome.failures.is_empty(), "see above");
}

/// All targets for a time each.
pub fn for_a_time(targets: &[&Target], budget: Budget, seed: u64) {
    let outcomes: Vec<_> = targets.iter().map(|target| (*target, fuzz(target, budget, seed))).collect();
    for (target, outcome) in &outcomes {
        report(target, outcome);
    }
    if std::env::var_os("WRITE").is_some() {
        write_rows(&outcomes, seed);
    }
    assert!(outcomes.iter().all(|(_, outcome)| outcome.failures.is_empty()), "see above");
}

fn report(target: &Target, outcome: &Outcome) {
    let rate = outcome.executions as f64 / outcome.seconds.max(0.001);
    println!(
        "{}: {} executions in {:.1} s ({rate:.0}/s), {} kinds of outcome, {} failures",
        target.name,
        outcome.executions,
        outcome.seconds,
        outcome.kinds,
        outcome.failures.len()
    );
}

fn fuzz(target: &Target, budget: Budget, seed: u64) -> Outcome {
    print_only_what_is_not_caught();
    let mut pool = corpus(target.name);
    let mut kinds = BTreeSet::new();
    let (mut executions, mut failures) = (0, Vec::new());
    let start = Instant::now();
    for (file, input) in &pool {
        executions += 1;
        match outcome(target, input) {
            Ok(kind) => drop(kinds.insert(kind)),
            Err(panic) => {
                tell(target, file, &panic);
                failures.push(file.clone());
            }
        }
    }
    let mut random = Random::new(seed);
    // After a first failure of a run most others are the same one.
    while failures.is_empty() && !budget.is_spent(executions, start) {
        let (input, other) = (random.below(pool.len()), random.below(pool.len()));
        let input = change(&mut random, &pool[input].1, &pool[other].1, target.words);
        executions += 1;
        match outcome(target, &input) {
            Ok(kind) => {
                if kinds.insert(kind) {
                    pool.push((PathBuf::new(), input));
                }
            }
            Err(_) => {
                let least = smaller(target, input);
                let file = keep(target, &least);
                tell(target, &file, &outcome(target, &least).err().unwrap_or_default());
                failures.push(file);
            }
        }
    }
    Outcome {
        executions,
        seconds: start.elapsed().as_secs_f64(),
        kinds: kinds.len(),
        failures,
    }
}

/// What the target says, or what it panicked with.
fn outcome(target: &Target, input: &[u8]) -> Result<String, String> {
    QUIET.set(true);
    let outcome = catch_unwind(AssertUnwindSafe(|| (target.judge)(input)));
    QUIET.set(false);
    outcome.map_err(|panic| text(panic.as_ref()))
}

thread_local! {
    /// Whether a panic of this thread is caught and told by [`tell`], so that it is not printed with its stack each time.
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

fn print_only_what_is_not_caught() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let print = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !QUIET.get() {
                print(info);
            }
        }));
    });
}

fn text(panic: &(dyn Any + Send)) -> String {
    let owned = panic.downcast_ref::<String>().cloned();
    owned
        .or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string))
        .unwrap_or_default()
}

/// The input without all parts that it fails without, too.
fn smaller(target: &Target, mut input: Vec<u8>) -> Vec<u8> {
    let mut part = input.len() / 2;
    while part > 0 {
        let mut at = 0;
        while at < input.len() {
            let mut less = input.clone();
            less.drain(at..(at + part).min(input.len()));
            if outcome(target, &less).is_err() {
                input = less;
            } else {
                at += part;
            }
        }
        part /= 2;
    }
    input
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus").join(name)
}

/// The files of a corpus, by name.
fn corpus(name: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = folder(name);
    let entries = fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty(), "{} is empty", folder.display());
    files.into_iter().map(|file| (file.clone(), fs::read(file).unwrap())).collect()
}

/// Writes a failing input into the corpus, from where every later run begins.
fn keep(target: &Target, input: &[u8]) -> PathBuf {
    let digest = Sha256::digest(input);
    let name: String = digest.iter().take(4).map(|b| format!("{b:02x}")).collect();
    let file = folder(target.name).join(format!("failed-{name}"));
    fs::write(&file, input).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    file
}

fn tell(target: &Target, file: &Path, panic: &str) {
    let file = file.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap_or(file).display();
    println!(
        "{} failed: {panic}\n  FUZZ_INPUT={file} cargo test --locked --test fuzz {} -- --exact --nocapture",
        target.name, target.name
    );
}

fn write_rows(outcomes: &[(&Target, Outcome)], seed: u64) {
    let sum = |of: fn(&Outcome) -> f64| outcomes.iter().map(|(_, outcome)| of(outcome)).sum::<f64>();
    let notes: Vec<_> = outcomes
        .iter()
        .map(|(target, o)| format!("{}: {} executions, {} kinds of outcome", target.name, o.executions, o.kinds))
        .collect();
    let row = |row: &str, what: &str, of: &dyn Fn(&str) -> bool, notes: &[String]| {
        let counted = outcomes.iter().filter(|(target, _)| of(target.name));
        json!({
            "row": row,
            "what": what,
            "cases": counted.clone().map(|(_, o)| o.executions).sum::<u64>(),
            "failures": counted.map(|(_, o)| o.failures.len()).sum::<usize>(),
            "unit": "executions",
            "seconds": (sum(|o| o.seconds) * 10.0).round() / 10.0,
            "seed": seed.to_string(),
            "command": format!("make fuzz FUZZ_SECONDS={:.0} FUZZ_SEED={seed}", sum(|o| o.seconds)),
            "notes": notes,
            "date": k8s_openapi::jiff::Timestamp::now().strftime("%Y-%m-%d").to_string(),
            "versions": {"warmlambda": crate::revision::tested(env!("CARGO_MANIFEST_DIR"))},
        })
    };
    let rows = json!({
        "rows": [
            row("X15", "Everything that is parsed from outside", &|_| true, &notes),
            row("X9", "Objects that no API server checked: no panic, and no write from one that is invalid", &|name| name == "objects", &[]),
        ],
    });
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reliability/fuzz.json");
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(&file, format!("{}\n", serde_json::to_string_pretty(&rows).unwrap())).unwrap();
}
