//! `cargo-mutants` over the files that decide: first against their unit tests, then what is left against the properties.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use serde_json::json;

use crate::bugs::Error;
use crate::{row, tree};

/// From the repository into the workspace of the deciding part.
const COPIES: [(&str, &str); 13] = [
    ("Cargo.lock", "Cargo.lock"),
    ("src/api", "api/src/api"),
    ("src/aws/error", "src/aws/error"),
    ("src/aws/error.rs", "src/aws/error.rs"),
    ("src/aws/export.rs", "src/aws/export.rs"),
    ("src/aws/iam.rs", "src/aws/iam.rs"),
    ("src/controller/leader/decide.rs", "src/controller/leader/decide.rs"),
    ("src/plan", "src/plan"),
    ("tests/mutants/deciding/api.rs", "api/src/lib.rs"),
    ("tests/mutants/deciding/api.toml", "api/Cargo.toml"),
    ("tests/mutants/deciding/lib.rs", "src/lib.rs"),
    ("tests/mutants/deciding/workspace.toml", "Cargo.toml"),
    ("tests/properties", "tests/properties"),
];

/// Of 1000 changes this many must be noticed.
const WANTED: usize = 950;

/// Where the lists of all passes are kept, so that a later run goes on from them.
const TOTAL: &str = "total";

/// Runs both passes; `again` leaves out what was caught before. `Ok(false)` when too many live on.
///
/// # Errors
/// [`Error`].
pub fn run(again: bool, write: bool) -> Result<bool, Error> {
    let root = tree::root();
    let place = root.join("target/mutants/deciding");
    for (from, to) in COPIES {
        let (from, to) = (root.join(from), place.join(to));
        if from.is_dir() {
            tree::mirror(&from, &to)?;
        } else {
            tree::write(&to, &fs::read_to_string(from)?)?;
        }
    }
    let start = Instant::now();
    let known = known(&place)?;
    let mut total = if again {
        Lists::read(&place.join(TOTAL))?
    } else {
        Lists::default()
    };
    total.pass(&place, again, &["--cargo-arg=--lib"], &known)?;
    if !total.missed.is_empty() {
        total.pass(&place, true, &["--cargo-arg=--test", "--cargo-arg=properties"], &known)?;
    }
    let (caught, missed) = (total.caught.len() + total.timeout.len(), total.missed.len());
    for mutant in &total.missed {
        println!("lives on: {mutant}");
    }
    let viable = (caught + missed).max(1);
    println!(
        "{caught} of {viable} caught ({:.1} %), {} of them only after a time out, {} not built",
        caught as f64 * 100.0 / viable as f64,
        total.timeout.len(),
        total.unviable.len()
    );
    if write {
        row::write(&json!({
            "row": "R26",
            "what": "Every small change that cargo-mutants knows to the files that decide",
            "cases": viable,
            "failures": missed,
            "unit": "mutants",
            "seconds": start.elapsed().as_secs_f64().round(),
            "command": "make mutants-deciding",
            "notes": [
                format!("{} of them are caught by a time out, {} more are not built", total.timeout.len(), total.unviable.len()),
            ],
        }))?;
    }
    Ok(caught * 1000 >= WANTED * viable)
}

/// `cargo-mutants` on the workspace.
fn tool(place: &Path) -> Result<Command, Error> {
    let tool = Command::new(tree::root().join("scripts/tools.sh")).arg("cargo-mutants").output()?;
    let mut run = Command::new(String::from_utf8_lossy(&tool.stdout).trim());
    run.args(["mutants", "--package", "warmlambda", "--no-shuffle"]);
    run.arg("--config").arg(tree::root().join("tests/mutants/deciding/mutants.toml"));
    run.current_dir(place);
    Ok(run)
}

/// The names of all changes to the code as it is: what an earlier run knew of code that has changed since does not count.
fn known(place: &Path) -> Result<BTreeSet<String>, Error> {
    let list = tool(place)?.arg("--list").output()?;
    Ok(String::from_utf8_lossy(&list.stdout).lines().map(str::to_owned).collect())
}

/// One pass over the workspace, which is changed in its place.
fn mutate(place: &Path, again: bool, arguments: &[&str]) -> Result<(), Error> {
    let mut run = tool(place)?;
    run.args(["--in-place", "--minimum-test-timeout=60"]);
    if again {
        run.arg("--iterate");
    }
    let status = run.args(arguments).env("CARGO_TARGET_DIR", place.join("target")).status()?;
    match status.code() {
        // Some live on, some timed out: that is counted.
        Some(0 | 2 | 3) => Ok(()),
        code => Err(Error::Other(format!(
            "cargo-mutants ended with {code:?}: the tests are red without a change, or it was stopped"
        ))),
    }
}

/// What became of the changes, by their names.
#[derive(Debug, Default)]
struct Lists {
    caught: BTreeSet<String>,
    missed: BTreeSet<String>,
    timeout: BTreeSet<String>,
    unviable: BTreeSet<String>,
}

impl Lists {
    fn read(folder: &Path) -> Result<Self, Error> {
        let list = |name: &str| -> Result<BTreeSet<String>, Error> {
            let text = fs::read_to_string(folder.join(name))?;
            Ok(text.lines().map(str::to_owned).collect())
        };
        Ok(Self {
            caught: list("caught.txt")?,
            missed: list("missed.txt")?,
            timeout: list("timeout.txt")?,
            unviable: list("unviable.txt")?,
        })
    }

    /// One pass, added to those before it and written down; `again` leaves out what was caught by them.
    fn pass(&mut self, place: &Path, again: bool, tests: &[&str], known: &BTreeSet<String>) -> Result<(), Error> {
        mutate(place, again, tests)?;
        let later = Self::read(&place.join("mutants.out"))?;
        self.missed = later.missed;
        self.caught.extend(later.caught);
        self.timeout.extend(later.timeout);
        self.unviable.extend(later.unviable);
        for list in [&mut self.caught, &mut self.missed, &mut self.timeout, &mut self.unviable] {
            list.retain(|name| known.contains(name));
        }
        Ok(self.write(&place.join(TOTAL))?)
    }

    fn write(&self, folder: &Path) -> std::io::Result<()> {
        for (name, list) in [
            ("caught.txt", &self.caught),
            ("missed.txt", &self.missed),
            ("timeout.txt", &self.timeout),
            ("unviable.txt", &self.unviable),
        ] {
            let lines: String = list.iter().map(|name| format!("{name}\n")).collect();
            tree::write(&folder.join(name), &lines)?;
        }
        Ok(())
    }
}
