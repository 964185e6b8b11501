//! Links lead somewhere.

use std::path::{Component, Path, PathBuf};

use crate::pages::{page, pages};
use crate::sources::root;

/// The targets of the links of a line: what stands in `](...)`, but not between backticks.
pub fn targets(line: &str) -> Vec<String> {
    let text: String = line.split('`').step_by(2).collect::<Vec<_>>().join("code");
    let behind = text.split("](").skip(1);
    behind.filter_map(|rest| Some(rest.split_once(')')?.0.to_owned())).collect()
}

/// A path without `.` and `..`; fails when it leads out of the repository.
pub fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => assert!(normal.pop(), "{} leads out of the repository", path.display()),
            Component::CurDir => {}
            part => normal.push(part),
        }
    }
    normal
}

#[test]
fn every_relative_link_leads_to_a_file_and_to_a_heading_of_it() {
    let mut links = 0;
    for from in pages() {
        let folder = from.path.parent().unwrap_or(Path::new(""));
        for (number, line) in from.prose() {
            for target in targets(line).into_iter().filter(|t| !t.contains("://")) {
                let place = format!("{}:{number}: {target}", from.path.display());
                let (path, anchor) = target.split_once('#').map_or((target.as_str(), None), |(p, a)| (p, Some(a)));
                let to = if path.is_empty() {
                    from.path.clone()
                } else {
                    normal(&folder.join(path))
                };
                assert!(root().join(&to).exists(), "{place} does not exist");
                if let Some(anchor) = anchor {
                    let anchors = page(to.to_str().expect("paths are text")).anchors();
                    assert!(
                        anchors.iter().any(|a| a == anchor),
                        "{place}: no such heading; there are {anchors:?}"
                    );
                }
                links += 1;
            }
        }
    }
    assert!(links > 30, "only {links} links were found");
}

#[test]
fn every_page_is_reached_from_the_readme() {
    let mut reached = vec![PathBuf::from("README.md")];
    let mut next = 0;
    while let Some(from) = reached.get(next).cloned() {
        next += 1;
        let folder = from.parent().unwrap_or(Path::new("")).to_owned();
        for (_, line) in page(from.to_str().expect("paths are text")).prose() {
            let links: Vec<_> = targets(line).into_iter().filter(|t| !t.contains("://")).collect();
            for target in links.iter().map(|t| normal(&folder.join(t.split('#').next().unwrap_or_default()))) {
                let is_page = target.extension().is_some_and(|e| e == "md");
                if is_page && !reached.contains(&target) {
                    reached.push(target);
                }
            }
        }
    }
    let lost: Vec<_> = pages().into_iter().map(|p| p.path).filter(|p| !reached.contains(p)).collect();
    assert!(lost.is_empty(), "no link leads to {lost:?}");
}
