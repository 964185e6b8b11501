//! Whatever comes from outside: nothing panics, nothing hangs, and what is read means what was written.
//!
//! An input is text. Each target reads it with the operator's own code and judges the result by an oracle of its own. Inputs come from
//! `corpus/`, changed by [`change`]: bytes at random, or the tree of a JSON document. [`run`] keeps those that show a behaviour that was
//! not seen before, which leads it where blind changes do not come, and makes a failing one small. `README.md` says why so.
// A test fails by panicking, with a message that says what was expected.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod change;
mod iam;
mod random;
#[path = "../revision/mod.rs"]
mod revision;
mod run;
mod schema;
mod targets;

use run::{Budget, Target};

/// All targets, each with a test of its name below.
const TARGETS: [Target; 7] = [
    targets::policies::TARGET,
    targets::functions::TARGET,
    targets::variables::TARGET,
    targets::answers::TARGET,
    targets::objects::TARGET,
    targets::exports::TARGET,
    targets::flags::TARGET,
];

#[test]
fn policies() {
    run::bounded(&targets::policies::TARGET);
}

#[test]
fn functions() {
    run::bounded(&targets::functions::TARGET);
}

#[test]
fn variables() {
    run::bounded(&targets::variables::TARGET);
}

#[test]
fn answers() {
    run::bounded(&targets::answers::TARGET);
}

#[test]
fn objects() {
    run::bounded(&targets::objects::TARGET);
}

#[test]
fn exports() {
    run::bounded(&targets::exports::TARGET);
}

#[test]
fn flags() {
    run::bounded(&targets::flags::TARGET);
}

/// `make fuzz`: `FUZZ_SECONDS` of all targets in turn, or of `FUZZ_TARGET`, from `FUZZ_SEED`; `WRITE=1` records the figures.
#[test]
#[ignore = "runs for as long as it is told to: make fuzz"]
fn for_a_given_time() {
    let seconds = |name| {
        std::env::var(name)
            .ok()
            .map(|text| text.parse().unwrap_or_else(|e| panic!("{name}={text}: {e}")))
    };
    let one = std::env::var("FUZZ_TARGET").ok().filter(|name| !name.is_empty());
    let targets: Vec<_> = TARGETS
        .iter()
        .filter(|target| one.as_ref().is_none_or(|name| target.name == name))
        .collect();
    assert!(!targets.is_empty(), "FUZZ_TARGET={one:?} is none of them");
    let budget = Budget::of_each(seconds("FUZZ_SECONDS").unwrap_or(70) / targets.len() as u64);
    run::for_a_time(&targets, budget, seconds("FUZZ_SEED").unwrap_or(1));
}
