//! The power of the tests: bugs that other operators had are put into this one, one by one, and `cargo-mutants` breaks the deciding
//! part everywhere. What no test notices is a failure. `README.md` says how to read the output.

mod bugs;
mod cargo;
mod deciding;
mod patch;
#[path = "../../revision/mod.rs"]
mod revision;
mod row;
mod tree;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Breaks the operator on purpose and says which test notices.
#[derive(Debug, Parser)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// Record the figures in docs/reliability/mutants.json.
    #[arg(long, global = true, env = "WRITE", num_args = 0..=1, default_missing_value = "1", value_parser = clap::builder::BoolishValueParser::new(), default_value = "0")]
    write: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// The bugs of bugs/bugs.yaml.
    Bugs {
        /// Only these.
        numbers: Vec<u32>,
    },
    /// Every small change that cargo-mutants knows to the files that decide.
    Deciding {
        /// Go on from the last run: only what was not caught.
        #[arg(long)]
        again: bool,
    },
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = match cli.command {
        Command::Bugs { numbers } => bugs::run(&numbers, cli.write),
        Command::Deciding { again } => deciding::run(again, cli.write),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("mutants: {error}");
            ExitCode::FAILURE
        }
    }
}
