//! What stands in the container image beside the operator: the certificate authorities it trusts, and the list of everything in it.
//!
//! It runs when the image is built, and is not in it.

mod authorities;
mod bill;
mod inventory;

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use thiserror::Error;

use crate::bill::{Bill, Linked};
use crate::inventory::{Inventory, Source};

/// Makes what stands in the image beside the operator.
#[derive(Debug, Parser)]
#[command(name = "warmlambda-image", disable_version_flag = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Print the certificate authorities that Mozilla trusts for servers, as PEM.
    Authorities,
    /// Print the list of crates that goes into the binary's section .dep-v0.
    Inventory(Built),
    /// Print the bill of materials of the image, as CycloneDX.
    Bill(BillOf),
}

/// What Cargo said of the build.
#[derive(Debug, Args)]
struct Built {
    /// What `cargo build --message-format=json` printed.
    #[arg(long)]
    artifacts: PathBuf,
    /// What `cargo metadata --format-version=1` printed.
    #[arg(long)]
    metadata: PathBuf,
    /// Cargo.lock: the checksums of the crates.
    #[arg(long)]
    lock: PathBuf,
    /// The target that was built for.
    #[arg(long)]
    target: String,
}

#[derive(Debug, Args)]
struct BillOf {
    /// The binary.
    binary: PathBuf,
    #[command(flatten)]
    built: Built,
    /// When the source was committed, as in RFC 3339.
    #[arg(long)]
    created: String,
    /// What is linked in and is no crate: name, version, licence and package URL, separated by spaces. The licence has underscores
    /// for spaces.
    #[arg(long)]
    linked: Vec<Linked>,
}

/// Why there is no list.
#[derive(Debug, Error)]
enum Problem {
    #[error("{}: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error(transparent)]
    Unreadable(#[from] inventory::Unreadable),
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    #[error("standard output: {0}")]
    Write(#[from] io::Error),
}

fn main() -> ExitCode {
    let outcome = made(Cli::parse().command).and_then(|content| Ok(io::stdout().write_all(&content)?));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("warmlambda-image: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn made(command: Command) -> Result<Vec<u8>, Problem> {
    match command {
        Command::Authorities => Ok(authorities::pem().into_bytes()),
        Command::Inventory(built) => Ok(inventory(&built)?.embedded()?),
        Command::Bill(of) => {
            let bill = Bill::new(&inventory(&of.built)?, &read(&of.binary)?, &of.created, &of.linked);
            Ok((serde_json::to_string_pretty(&bill)? + "\n").into_bytes())
        }
    }
}

fn inventory(built: &Built) -> Result<Inventory, Problem> {
    let text = |path| Ok::<_, Problem>(String::from_utf8_lossy(&read(path)?).into_owned());
    Ok(Inventory::new(&Source {
        artifacts: &text(&built.artifacts)?,
        metadata: &text(&built.metadata)?,
        lock: &text(&built.lock)?,
        target: &built.target,
    })?)
}

fn read(path: &Path) -> Result<Vec<u8>, Problem> {
    fs::read(path).map_err(|source| Problem::Read {
        path: path.to_owned(),
        source,
    })
}
