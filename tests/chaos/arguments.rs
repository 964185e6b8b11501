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
    /// Runs of a sample
    #[arg(long, default_value_t = 12)]
    pub sample: usize,
    /// Runs at once
    #[arg(long, default_value_t = 12)]
    pub at_once: usize,
    /// Write the results into docs/reliability/
    #[arg(long)]
    pub write: bool,
    /// What cargo and the harness of Rust's tests pass on: names of tests to run, of which there are none here
    #[arg(hide = true)]
    pub filter: Vec<String>,
}

/// The date as a number: 20261122.
fn today() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let date = k8s_openapi::jiff::Timestamp::from_second(now.as_secs().cast_signed()).expect("a time of today");
    date.strftime("%Y%m%d").to_string().parse().expect("a date is a number")
}
