//! Unified diffs, applied by what they say and not by line numbers: a patch fits as long as the lines that it is about stand in the
//! file once.

use std::collections::BTreeMap;

use thiserror::Error;

/// Why a patch does not fit any more.
#[derive(Debug, Error)]
pub enum Misfit {
    /// The text is no unified diff.
    #[error("line {0} is no part of a unified diff")]
    NoDiff(usize),
    /// A file is gone.
    #[error("{0} does not exist")]
    NoFile(String),
    /// What is to be changed stands there not once.
    #[error("{file} has {count} places like this, and not one:\n{wanted}")]
    Place {
        /// The file.
        file: String,
        /// How many places there are.
        count: usize,
        /// The lines that were looked for.
        wanted: String,
    },
}

/// One change: these lines become those.
#[derive(Debug, Default, PartialEq, Eq)]
struct Hunk {
    before: String,
    after: String,
}

/// Changes by file.
#[derive(Debug, PartialEq, Eq)]
pub struct Patch(BTreeMap<String, Vec<Hunk>>);

impl Patch {
    /// Reads a unified diff.
    ///
    /// # Errors
    /// [`Misfit::NoDiff`].
    pub fn read(text: &str) -> Result<Self, Misfit> {
        let mut files: BTreeMap<String, Vec<Hunk>> = BTreeMap::new();
        let mut hunks = None;
        for (n, line) in text.lines().enumerate() {
            let no_diff = || Misfit::NoDiff(n + 1);
            if let Some(name) = line.strip_prefix("+++ b/") {
                hunks = Some(files.entry(name.to_owned()).or_default());
            } else if line.starts_with("@@") {
                hunks.as_mut().ok_or_else(no_diff)?.push(Hunk::default());
            } else if line.starts_with("--- ") || line.starts_with("diff ") || line.starts_with("index ") {
                hunks = None;
            } else if let Some(hunk) = hunks.as_mut().and_then(|hunks| hunks.last_mut()) {
                let (sign, rest) = line.split_at_checked(1).unwrap_or((" ", ""));
                let rest = format!("{rest}\n");
                if matches!(sign, " " | "-") {
                    hunk.before.push_str(&rest);
                }
                if matches!(sign, " " | "+") {
                    hunk.after.push_str(&rest);
                }
                if !matches!(sign, " " | "-" | "+") {
                    return Err(no_diff());
                }
            }
        }
        let is_empty = files.values().flatten().next().is_none();
        if is_empty { Err(Misfit::NoDiff(1)) } else { Ok(Self(files)) }
    }

    /// The changed files, with `read` for the text of a file.
    ///
    /// # Errors
    /// [`Misfit`] when a hunk fits nowhere, or in more places than one.
    pub fn apply(&self, read: impl Fn(&str) -> Option<String>) -> Result<BTreeMap<String, String>, Misfit> {
        let changed = self.0.iter().map(|(file, hunks)| {
            let mut text = read(file).ok_or_else(|| Misfit::NoFile(file.clone()))?;
            for hunk in hunks {
                let count = places(&text, &hunk.before);
                if count != 1 {
                    let (file, wanted) = (file.clone(), hunk.before.clone());
                    return Err(Misfit::Place { file, count, wanted });
                }
                text = text.replacen(&hunk.before, &hunk.after, 1);
            }
            Ok((file.clone(), text))
        });
        changed.collect()
    }
}

/// How often whole lines stand in a text.
fn places(text: &str, lines: &str) -> usize {
    let starts_a_line = |at: &usize| *at == 0 || text.as_bytes()[at - 1] == b'\n';
    text.match_indices(lines).filter(|(at, _)| starts_a_line(at)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATCH: &str = "--- a/f.rs\n+++ b/f.rs\n@@ -10,3 +10,3 @@\n a\n-b\n+c\n d\n";

    fn applied(text: &str) -> Result<String, Misfit> {
        let patch = Patch::read(PATCH).unwrap();
        patch.apply(|_| Some(text.into())).map(|files| files["f.rs"].clone())
    }

    #[test]
    fn a_patch_fits_wherever_its_lines_stand() {
        assert_eq!(applied("x\na\nb\nd\ny\n").unwrap(), "x\na\nc\nd\ny\n");
    }

    #[test]
    fn a_patch_whose_lines_are_gone_or_stand_twice_does_not_fit() {
        assert!(matches!(applied("a\nd\n"), Err(Misfit::Place { count: 0, .. })));
        assert!(matches!(applied("a\nb\nd\na\nb\nd\n"), Err(Misfit::Place { count: 2, .. })));
    }

    #[test]
    fn a_file_that_is_gone_is_named() {
        let gone = Patch::read(PATCH).unwrap().apply(|_| None);
        assert!(matches!(gone, Err(Misfit::NoFile(file)) if file == "f.rs"));
    }

    #[test]
    fn what_is_no_diff_is_refused() {
        assert!(Patch::read("").is_err());
        assert!(Patch::read("--- a/f\n+++ b/f\n@@ @@\nno sign\n").is_err());
    }
}
