//! Everything that people read: README.md and its like, charts/, examples/ and docs/, as Markdown.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::sources::{files, root};

/// A page.
pub struct Page {
    /// Relative to the root of the repository.
    pub path: PathBuf,
    /// Its text.
    pub text: String,
}

/// A fenced block of a page.
pub struct Block {
    /// What stands behind the fence, for instance `yaml`.
    pub language: String,
    /// What stands between the fences.
    pub text: String,
}

/// The pages in the root, and those below docs/, examples/ and charts/.
pub fn pages() -> Vec<Page> {
    let top = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"].map(PathBuf::from);
    let folders = ["docs", "examples", "charts"].into_iter().flat_map(|folder| files(folder, "md"));
    let all = top.into_iter().chain(folders);
    all.map(|path| Page {
        text: std::fs::read_to_string(root().join(&path)).expect("a page can be read"),
        path,
    })
    .collect()
}

/// One page.
pub fn page(path: &str) -> Page {
    let found = pages().into_iter().find(|p| p.path == Path::new(path));
    found.unwrap_or_else(|| panic!("there is no page {path}"))
}

impl Page {
    /// The lines outside of fenced blocks, with their numbers from 1.
    pub fn prose(&self) -> Vec<(usize, &str)> {
        let mut fenced = false;
        let mut prose = Vec::new();
        for (number, line) in self.text.lines().enumerate() {
            if line.trim_start().starts_with("```") {
                fenced = !fenced;
            } else if !fenced {
                prose.push((number + 1, line));
            }
        }
        prose
    }

    /// The fenced blocks.
    pub fn blocks(&self) -> Vec<Block> {
        let mut blocks = Vec::new();
        let mut open: Option<Block> = None;
        for line in self.text.lines() {
            match (line.strip_prefix("```"), open.take()) {
                (Some(_), Some(block)) => blocks.push(block),
                (Some(language), None) => {
                    open = Some(Block {
                        language: language.trim().into(),
                        text: String::new(),
                    });
                }
                (None, Some(mut block)) => {
                    block.text.push_str(line);
                    block.text.push('\n');
                    open = Some(block);
                }
                (None, None) => {}
            }
        }
        assert!(open.is_none(), "{}: a fence is not closed", self.path.display());
        blocks
    }

    /// The headings outside of fenced blocks.
    pub fn headings(&self) -> Vec<&str> {
        let lines = self.prose().into_iter().map(|(_, line)| line);
        lines
            .filter(|line| line.starts_with('#'))
            .map(|line| line.trim_start_matches('#').trim())
            .collect()
    }

    /// The anchors that its headings have on GitHub.
    pub fn anchors(&self) -> Vec<String> {
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        let mut anchors = Vec::new();
        for heading in self.headings() {
            let anchor = slug(heading);
            let times = seen.entry(anchor.clone()).or_default();
            anchors.push(if *times == 0 { anchor } else { format!("{anchor}-{times}") });
            *times += 1;
        }
        anchors
    }
}

/// What GitHub makes of a heading: lower case, letters, digits, `-` and `_` kept, blanks become `-`.
fn slug(heading: &str) -> String {
    let kept = heading.to_lowercase();
    let kept = kept.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

#[test]
fn a_heading_has_the_anchor_that_github_gives_it() {
    assert_eq!(slug("Spillover, HighUtilization"), "spillover-highutilization");
    assert_eq!(slug("What `AWS` does not say"), "what-aws-does-not-say");
}
