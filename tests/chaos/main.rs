//! Crash points and lost answers: the real binary, an API server and awssim with a network in between that lets calls go wrong.
//!
//! Without arguments a sample runs that changes by date; `--all` runs everything; `--replay POINT` one point, which a failure names.
// A test harness fails by panicking, with a message that says what was expected.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod arguments;
mod classes;
#[allow(dead_code)]
#[path = "../e2e/harness/mod.rs"]
mod harness;
mod kubelet;
mod leaders;
#[allow(dead_code)]
#[path = "../properties/oracle/mod.rs"]
mod oracle;
mod oracles;
mod point;
mod proxy;
mod reference;
mod report;
mod run;
mod runs;
mod scenarios;
mod scene;
mod stage;

use std::process::ExitCode;

use arguments::Arguments;
use clap::Parser;

#[tokio::main]
async fn main() -> ExitCode {
    if runs::all(&Arguments::parse()).await {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
