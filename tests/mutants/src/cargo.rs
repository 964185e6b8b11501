//! One test, built and run.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::bugs::Error;
use crate::tree;

/// How a test ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// It passed.
    Green,
    /// It failed, or did not end in time.
    Red,
    /// It was not built.
    NotBuilt(String),
    /// There is no such test.
    NoSuchTest,
}

/// Runs one test of the tree: words of `cargo test`, of which the last one is the test's whole name, as in
/// `--test e2e drift::an_alias_that_was_moved_comes_back`.
///
/// # Errors
/// [`Error::Io`].
pub fn test(tree: &Path, words: &str, limit: Duration) -> Result<Ended, Error> {
    let mut words: Vec<_> = words.split_whitespace().collect();
    let name = words.pop().unwrap_or_default();
    let built = cargo(tree)
        .args(["test", "--locked", "--quiet", "--no-run"])
        .args(&words)
        .output()?;
    if !built.status.success() {
        return Ok(Ended::NotBuilt(String::from_utf8_lossy(&built.stderr).into_owned()));
    }
    let mut run = Command::new("timeout");
    run.args([
        "--kill-after=10",
        &limit.as_secs().to_string(),
        "cargo",
        "test",
        "--locked",
        "--quiet",
    ]);
    run.args(&words).args(["--", "--exact", "--include-ignored", name]);
    let ran = prepared(&mut run, tree).output()?;
    let said = String::from_utf8_lossy(&ran.stdout);
    let none = !said.contains("running 1 test");
    Ok(match (ran.status.success(), none) {
        (_, true) => Ended::NoSuchTest,
        (true, false) => Ended::Green,
        (false, false) => Ended::Red,
    })
}

fn cargo(tree: &Path) -> Command {
    let mut cargo = Command::new("cargo");
    prepared(&mut cargo, tree);
    cargo
}

/// In the tree, and with what was built for the repository, so that dependencies are not built again.
fn prepared<'a>(command: &'a mut Command, tree: &Path) -> &'a mut Command {
    if std::env::var_os("CARGO_TARGET_DIR").is_none() {
        command.env("CARGO_TARGET_DIR", tree::root().join("target"));
    }
    command.current_dir(tree).env_remove("WRITE").stdin(Stdio::null())
}
