//! Properties of the plan, judged by an oracle that never asks the plan, over the world of awssim.
//!
//! [`worlds`] and [`specs`] generate what may be met, [`life`] lives one endpoint through it as the controller would, and the files
//! after them state what must hold. `README.md` says how the properties were tried against a broken plan.
// A test fails by panicking, with a message that says what was expected.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod advice;
mod callers;
mod cleanup;
mod cloud;
mod driver;
mod elders;
mod foreign;
mod life;
mod management;
mod obstacles;
mod oracle;
mod readiness;
mod records;
mod refusal;
mod rollback;
mod routing;
mod scene;
mod specs;
mod survival;
mod traffic;
mod worlds;

use proptest::test_runner::{Config, RngSeed};

/// The same cases in every run, so that a failure is the change's; `PROPTEST_CASES` and `PROPTEST_RNG_SEED` ask for more and others.
fn settings(seed: u64, cases: u32) -> Config {
    let asked = Config::default();
    let seed = match asked.rng_seed {
        RngSeed::Random => RngSeed::Fixed(seed),
        fixed => fixed,
    };
    Config {
        cases: if std::env::var_os("PROPTEST_CASES").is_some() {
            asked.cases
        } else {
            cases
        },
        rng_seed: seed,
        failure_persistence: None,
        max_shrink_iters: 1000,
        ..asked
    }
}
