//! Crash points and lost answers: the real binary, an API server and awssim with a network in between that lets calls go wrong.
//!
//! Without arguments a sample runs that changes by date; `--all` runs everything; `--replay POINT` one point, which a failure names.
// A test harness fails by panicking, with a message that says what was expected.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod apiserver;
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
mod page;
mod point;
mod proxy;
mod reference;
mod report;
mod results;
#[path = "../revision/mod.rs"]
mod revision;
mod run;
mod runs;
mod sample;
mod scenarios;
mod scene;
mod stage;
mod tally;

use std::process::ExitCode;

use arguments::Arguments;
use clap::Parser;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if arguments.are_for_other_tests() {
        return ExitCode::SUCCESS;
    }
    if arguments.page {
        results::write_page();
        return ExitCode::SUCCESS;
    }
    if arguments.is_sample() {
        println!(
            "sample {}; again with: cargo test --test chaos -- --seed {}",
            arguments.seed, arguments.seed
        );
    }
    let well = if arguments.is_sample() {
        let (runs, apiserver) = futures::future::join(runs::all(&arguments), apiserver::all(&arguments)).await;
        runs && apiserver
    } else {
        // One after the other: both are measured.
        let runs = apiserver::alone(&arguments) || runs::all(&arguments).await;
        apiserver::all(&arguments).await && runs
    };
    if well { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
