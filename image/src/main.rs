//! What stands in the container image beside the operator: the certificate authorities it trusts, and the list of everything in it.
//!
//! It runs when the image is built, and is not in it.

mod authorities;
mod bill;
mod inventory;

use std::fs;
use std::io;
use std::path::PathBuf;
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
    /// Print the bill of materials of a binary that `cargo auditable` built, as CycloneDX.
    Bill(BillOf),
}

#[derive(Debug, Args)]
struct BillOf {
    /// The binary.
    binary: PathBuf,
    /// What `cargo metadata --format-version=1` printed: the licences of the crates.
    #[arg(long)]
    metadata: PathBuf,
    /// Cargo.lock: the checksums of the crates.
    #[arg(long)]
    lock: PathBuf,
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
    #[error("{}: {source}; was it built with cargo auditable?", path.display())]
    NoInventory { path: PathBuf, source: auditable_info::Error },
    #[error(transparent)]
    Unreadable(#[from] inventory::Unreadable),
    #[error(transparent)]
    Json(#[from] serde_json::Error),
}

fn main() -> ExitCode {
    let printed = match Cli::parse().command {
        Command::Authorities => Ok(authorities::pem()),
        Command::Bill(of) => bill(&of),
    };
    match printed {
        Ok(text) => {
            print!("{text}");
            ExitCode::SUCCESS
        }
        Err(problem) => {
            eprintln!("warmlambda-image: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn bill(of: &BillOf) -> Result<String, Problem> {
    let read = |path: &PathBuf| {
        fs::read(path).map_err(|source| Problem::Read {
            path: path.clone(),
            source,
        })
    };
    let embedded =
        auditable_info::json_from_file(&of.binary, auditable_info::Limits::default()).map_err(|source| Problem::NoInventory {
            path: of.binary.clone(),
            source,
        })?;
    let inventory = Inventory::new(&Source {
        embedded: &embedded,
        metadata: &String::from_utf8_lossy(&read(&of.metadata)?),
        lock: &String::from_utf8_lossy(&read(&of.lock)?),
    })?;
    let bill = Bill::new(&inventory, &read(&of.binary)?, &of.created, &of.linked);
    Ok(serde_json::to_string_pretty(&bill)? + "\n")
}
