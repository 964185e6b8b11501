//! The command line of this test, which has no harness of Rust's.

use std::time::{SystemTime, UNIX_EPOCH};

use clap::Parser;

use crate::point::Point;

/// Crash points and lost answers, end to end.
#[derive(Debug, Parser)]
pub struct Arguments {
    /// Run everything, not a sample
    #[arg(long)]
    pub all: bool,
    /// Run one point, for instance 'create-rest/AddPermission#1/after-apply'
    #[arg(long)]
    pub replay: Option<Point>,
    /// Only this scenario
    #[arg(long)]
    pub scenario: Option<String>,
    /// Only this class of damage, or the classes whose names begin so
    #[arg(long)]
    pub class: Option<String>,
    /// Which sample; by default the date
    #[arg(long, default_value_t = today())]
    pub seed: u64,
    /// Runs at once
    #[arg(long, default_value_t = 16)]
    pub at_once: usize,
    /// Write the results into docs/reliability/; with `--class` the rows of these classes only
    #[arg(long, requires = "all", conflicts_with_all = ["replay", "scenario"])]
    pub write: bool,
    /// Write docs/reliability.md from what is in docs/reliability/, and run nothing
    #[arg(long)]
    pub page: bool,
    #[command(flatten)]
    libtest: Libtest,
}

/// What cargo passes on to every test binary, for Rust's own harness.
#[derive(Debug, clap::Args)]
struct Libtest {
    /// Names of tests
    #[arg(hide = true)]
    names: Vec<String>,
    #[arg(long, hide = true)]
    list: bool,
    #[arg(long, hide = true)]
    ignored: bool,
    #[arg(long, hide = true)]
    nocapture: bool,
    #[arg(long, hide = true)]
    exact: bool,
    #[arg(long, short, hide = true)]
    quiet: bool,
    #[arg(long, hide = true)]
    test_threads: Option<usize>,
}

impl Arguments {
    /// Whether only some runs are wanted, which change by date.
    pub fn is_sample(&self) -> bool {
        !self.all && self.replay.is_none() && self.class.is_none() && self.scenario.is_none()
    }

    /// Whether somebody asked cargo for tests of other names, or for a list.
    pub fn are_for_other_tests(&self) -> bool {
        let Libtest { names, list, ignored, .. } = &self.libtest;
        *list || *ignored || (!names.is_empty() && !names.iter().any(|name| "chaos".contains(name.as_str())))
    }
}

/// The date as a number: 20261122.
fn today() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let date = k8s_openapi::jiff::Timestamp::from_second(now.as_secs().cast_signed()).expect("a time of today");
    date.strftime("%Y%m%d").to_string().parse().expect("a date is a number")
}
