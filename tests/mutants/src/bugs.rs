//! The bugs: each is a patch, and each must be noticed by one of its tests.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::Deserialize;
use serde_json::json;
use thiserror::Error;

use crate::cargo::{self, Ended};
use crate::patch::{Misfit, Patch};
use crate::{row, tree};

/// Longest time for one test, building excepted.
const LIMIT: Duration = Duration::from_secs(300);

/// Why nothing can be said.
#[derive(Debug, Error)]
pub enum Error {
    /// A file, or a program that cannot be started.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The table.
    #[error("bugs.yaml: {0}")]
    Table(String),
    /// A patch.
    #[error("bug {0}: the patch does not fit any more: {1}")]
    Patch(u32, Misfit),
    /// Something else that was read.
    #[error("{0}")]
    Other(String),
}

/// One bug.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Bug {
    /// Its number in the list of seeded bugs; its patch is `NN-*.patch`.
    pub number: u32,
    /// What is wrong.
    pub title: String,
    /// Whose bug it was.
    pub origin: String,
    /// What stands for it here, and why, where it has no literal counterpart.
    #[serde(default)]
    pub here: Option<String>,
    /// Tests of which each must notice it, as words of `cargo test`; the cheapest first.
    pub tests: Vec<String>,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("bugs")
}

/// All bugs, by number.
///
/// # Errors
/// [`Error::Table`].
pub fn all() -> Result<Vec<Bug>, Error> {
    let text = fs::read_to_string(folder().join("bugs.yaml"))?;
    serde_saphyr::from_str(&text).map_err(|error| Error::Table(error.to_string()))
}

impl Bug {
    /// Number, title, whose it was, and what stands for it here.
    fn name(&self) -> String {
        let here = self.here.as_ref().map(|here| format!("; here: {here}")).unwrap_or_default();
        format!("{:02} {} ({}{here})", self.number, self.title, self.origin)
    }

    /// Files of a tree that it changes, with their texts.
    ///
    /// # Errors
    /// [`Error::Patch`] when the patch does not fit any more.
    pub fn changed(&self, tree: &Path) -> Result<BTreeMap<String, String>, Error> {
        let prefix = format!("{:02}-", self.number);
        let entries = fs::read_dir(folder())?.collect::<Result<Vec<_>, _>>()?;
        let mut files = entries.iter().map(fs::DirEntry::path).filter(|file| {
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with(&prefix) && name.ends_with(".patch")
        });
        let (Some(file), None) = (files.next(), files.next()) else {
            return Err(Error::Table(format!("bug {} has not one patch {prefix}*.patch", self.number)));
        };
        let patch = Patch::read(&fs::read_to_string(file)?);
        let changed = patch.and_then(|patch| patch.apply(|name| fs::read_to_string(tree.join(name)).ok()));
        changed.map_err(|misfit| Error::Patch(self.number, misfit))
    }

    /// What the tests say to the tree with the bug in it. The tree is as it was afterwards.
    fn judged(&self, tree: &Path, sound: &BTreeMap<String, Ended>) -> Result<String, Error> {
        let mut before = BTreeMap::new();
        for (file, text) in self.changed(tree)? {
            let file = tree.join(file);
            before.insert(file.clone(), fs::read_to_string(&file)?);
            fs::write(file, text)?;
        }
        let verdict = judge(self, tree, sound);
        for (file, text) in before {
            fs::write(file, text)?;
        }
        verdict
    }
}

/// Puts in each bug in turn and says which test notices it. `Ok(false)` when one lives on, or cannot be judged.
///
/// # Errors
/// [`Error`].
pub fn run(numbers: &[u32], write: bool) -> Result<bool, Error> {
    let bugs: Vec<_> = all()?
        .into_iter()
        .filter(|bug| numbers.is_empty() || numbers.contains(&bug.number))
        .collect();
    let copy = tree::root().join("target/mutants/tree");
    tree::mirror(&tree::root(), &copy)?;
    let start = Instant::now();
    let mut sound = BTreeMap::new();
    for test in bugs.iter().flat_map(|bug| &bug.tests) {
        if !sound.contains_key(test) {
            sound.insert(test.clone(), cargo::test(&copy, test, LIMIT)?);
        }
    }
    let mut verdicts = Vec::new();
    for bug in &bugs {
        let verdict = bug.judged(&copy, &sound)?;
        println!("{}: {verdict}", bug.name());
        io::stdout().flush()?;
        verdicts.push(verdict);
    }
    let lived = verdicts.iter().filter(|verdict| !verdict.starts_with("caught")).count();
    println!(
        "{} of {} bugs caught in {:.0} s",
        bugs.len() - lived,
        bugs.len(),
        start.elapsed().as_secs_f64()
    );
    if write && numbers.is_empty() {
        let notes: Vec<_> = bugs
            .iter()
            .zip(&verdicts)
            .map(|(bug, verdict)| format!("{}: {verdict}", bug.name()))
            .collect();
        row::write(&json!({
            "row": "R26",
            "what": "Bugs that other operators had, put into this one",
            "cases": bugs.len(),
            "failures": lived,
            "unit": "bugs",
            "seconds": (start.elapsed().as_secs_f64() * 10.0).round() / 10.0,
            "command": "make mutants",
            "notes": notes,
        }))?;
    }
    Ok(lived == 0)
}

/// What the tests say to the broken tree.
fn judge(bug: &Bug, copy: &Path, sound: &BTreeMap<String, Ended>) -> Result<String, Error> {
    if bug.tests.is_empty() {
        return Ok("NO TEST is named".into());
    }
    let mut caught = Vec::new();
    for test in &bug.tests {
        if let Some(before) = sound.get(test).filter(|ended| **ended != Ended::Green) {
            return Ok(format!("NOT JUDGED: {test} is {before:?} without it"));
        }
        let start = Instant::now();
        match cargo::test(copy, test, LIMIT)? {
            Ended::Red => caught.push(format!("{test} in {:.0} s", start.elapsed().as_secs_f64())),
            Ended::Green => return Ok(format!("LIVES ON: {test} is green")),
            Ended::NoSuchTest => return Ok(format!("NOT JUDGED: there is no {test}")),
            Ended::NotBuilt(why) => return Ok(format!("NOT BUILT:\n{why}")),
        }
    }
    Ok(format!("caught by {}", caught.join(" and ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_bug_still_fits_into_the_code() {
        let misfits: Vec<_> = all()
            .unwrap()
            .iter()
            .filter_map(|bug| bug.changed(&tree::root()).err())
            .map(|e| e.to_string())
            .collect();
        assert!(misfits.is_empty(), "{}", misfits.join("\n"));
    }

    #[test]
    fn the_table_has_each_of_the_25_bugs_once_with_a_test_that_must_notice_it() {
        let bugs = all().unwrap();
        let numbers: BTreeSet<_> = bugs.iter().map(|bug| bug.number).collect();
        assert_eq!(numbers, (1..=25).collect());
        assert_eq!(bugs.len(), 25);
        assert!(
            bugs.iter()
                .all(|bug| !bug.tests.is_empty() && !bug.title.is_empty() && !bug.origin.is_empty())
        );
    }
}
