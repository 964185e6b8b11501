//! Tests that pages name as `file::test` exist.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::pages::pages;
use crate::sources::rust;

/// The names of the tests of each Rust file, by its path.
pub struct Tests(BTreeMap<String, BTreeSet<String>>);

impl Tests {
    /// Reads all Rust files. A property is a test as well: proptest's macro has the same attribute in it.
    pub fn read() -> Self {
        let all = rust().into_iter();
        Self(
            all.map(|(path, text)| (path.to_str().expect("paths are text").to_owned(), in_file(&text)))
                .collect(),
        )
    }

    /// Fails unless there is the test `file::test`, where `file` is the end of one path and of no other.
    pub fn expect(&self, named: &str, place: &str) {
        let (file, name) = named
            .split_once("::")
            .unwrap_or_else(|| panic!("{place}: {named:?} is not `file::test`"));
        let files: Vec<_> = self.0.iter().filter(|(path, _)| Path::new(path).ends_with(file)).collect();
        let [(_, names)] = files[..] else {
            panic!("{place}: {file} is the end of {} paths, not of one", files.len());
        };
        assert!(names.contains(name), "{place}: {file} has no test {name}");
    }
}

fn in_file(text: &str) -> BTreeSet<String> {
    let lines: Vec<_> = text.lines().map(str::trim).collect();
    let attributes = lines
        .iter()
        .enumerate()
        .filter(|(_, line)| line.starts_with("#[test]") || line.starts_with("#[tokio::test"));
    attributes
        .filter_map(|(n, _)| {
            lines[n + 1..]
                .iter()
                .find(|line| !line.starts_with("#[") && !line.starts_with("//"))
        })
        .filter_map(|line| Some(line.split_once("fn ")?.1.split(['(', '<']).next()?.trim().to_owned()))
        .collect()
}

#[test]
fn each_test_that_a_page_names_exists() {
    let tests = Tests::read();
    let mut found = 0;
    for page in pages() {
        for (number, line) in page.prose() {
            for word in line.split('`').skip(1).step_by(2).filter(|word| word.contains(".rs::")) {
                tests.expect(word, &format!("{}:{number}", page.path.display()));
                found += 1;
            }
        }
    }
    assert!(found > 100, "only {found} were found");
}
