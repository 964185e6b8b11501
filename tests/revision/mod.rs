//! Which code a result is of, for the rows of `docs/reliability`.

use std::process::Command;

/// Version and commit of the repository that holds `folder`, and whether the code was changed since; only the version where git does not tell.
pub fn tested(folder: &str) -> String {
    let version = env!("CARGO_PKG_VERSION");
    let Some(commit) = git(folder, &["rev-parse", "--short=9", "HEAD"]) else {
        return version.into();
    };
    // The results themselves are written while the runs go on.
    let changed = git(folder, &["status", "--porcelain", "--", ":/src", ":/tests", ":/Cargo.lock"]);
    match changed.as_deref() {
        Some("") => format!("{version} ({commit})"),
        _ => format!("{version} ({commit}, with changes)"),
    }
}

fn git(folder: &str, words: &[&str]) -> Option<String> {
    let output = Command::new("git").current_dir(folder).args(words).output().ok()?;
    let said = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    output.status.success().then_some(said)
}
