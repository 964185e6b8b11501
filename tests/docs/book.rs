//! The pages as a site: mdbook builds it without a warning, every page is in it, and what it links to is there.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use crate::links::{normal, targets};
use crate::pages::pages;
use crate::sources::{below, root};

/// The site, and what mdbook said while it built it.
static SITE: LazyLock<(PathBuf, String)> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("book");
    let _ = std::fs::remove_dir_all(&folder);
    let output = Command::new(tool("mdbook"))
        .arg("build")
        .arg("--dest-dir")
        .arg(&folder)
        .arg(root())
        .output()
        .expect("mdbook runs");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    (folder, said)
});

/// A tool, installed when it is missing.
fn tool(name: &str) -> PathBuf {
    let output = Command::new(root().join("scripts/tools.sh"))
        .arg(name)
        .output()
        .expect("scripts/tools.sh runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    PathBuf::from(String::from_utf8(output.stdout).expect("a path").trim())
}

/// The values of an attribute in a text of HTML, as mdbook writes it: between double quotes, with `&` escaped.
fn attributes<'a>(html: &'a str, name: &str) -> Vec<&'a str> {
    let start = format!(" {name}=\"");
    html.match_indices(&start)
        .filter_map(|(place, _)| html[place + start.len()..].split('"').next())
        .collect()
}

/// The part of a page that is its own: not the frame, whose scripts and styles have attributes in them.
fn content(html: &str) -> &str {
    let behind = html.split_once("<main>").map_or("", |(_, behind)| behind);
    behind.split_once("</main>").map_or(behind, |(content, _)| content)
}

/// Path and text of each page of the site, relative to it; forwardings are none.
fn html() -> BTreeMap<PathBuf, String> {
    let (site, _) = &*SITE;
    let all = below(site).into_iter().filter(|path| path.extension().is_some_and(|e| e == "html"));
    all.map(|path| {
        let text = std::fs::read_to_string(&path).expect("a page of the site can be read");
        (path.strip_prefix(site).expect("it is in the site").to_owned(), text)
    })
    .filter(|(_, text)| text.contains("<main>"))
    .collect()
}

#[test]
fn the_site_is_built_without_a_warning() {
    let (_, said) = &*SITE;
    let warnings: Vec<_> = said.lines().filter(|line| !line.trim_start().starts_with("INFO")).collect();
    assert!(warnings.is_empty(), "mdbook said {warnings:#?}");
}

#[test]
fn the_table_of_contents_has_every_page_once() {
    let summary = std::fs::read_to_string(root().join("book/SUMMARY.md")).expect("book/SUMMARY.md can be read");
    let listed: Vec<_> = summary.lines().flat_map(targets).map(PathBuf::from).collect();
    let once: BTreeSet<_> = listed.iter().cloned().collect();
    assert_eq!(listed.len(), once.len(), "a page is listed twice in book/SUMMARY.md");
    let all: BTreeSet<_> = pages().into_iter().map(|page| page.path).collect();
    let missing: Vec<_> = all.difference(&once).collect();
    let unknown: Vec<_> = once.difference(&all).collect();
    assert!(missing.is_empty(), "book/SUMMARY.md does not list {missing:?}");
    assert!(unknown.is_empty(), "book/SUMMARY.md lists what is no page: {unknown:?}");
}

#[test]
fn every_link_of_the_site_leads_to_a_file_of_it_and_to_a_place_in_that() {
    let (site, _) = &*SITE;
    let pages = html();
    let mut links = 0;
    for (from, text) in &pages {
        let folder = from.parent().unwrap_or(Path::new(""));
        for target in attributes(content(text), "href").into_iter().filter(|t| !t.contains("://")) {
            let place = format!("{}: {target}", from.display());
            let (path, anchor) = target.split_once('#').map_or((target, None), |(p, a)| (p, Some(a)));
            let to = if path.is_empty() {
                from.clone()
            } else {
                normal(&folder.join(path))
            };
            assert!(site.join(&to).is_file(), "{place} is not in the site");
            if let Some(anchor) = anchor {
                let page = pages.get(&to).unwrap_or_else(|| panic!("{place} is no page"));
                let ids = attributes(content(page), "id");
                assert!(ids.contains(&anchor), "{place}: no such heading; there are {ids:?}");
            }
            links += 1;
        }
    }
    assert!(links > 100, "only {links} links were found");
}

#[test]
fn the_site_loads_nothing_from_elsewhere() {
    let mut addresses = 0;
    for (path, text) in html() {
        let tags = text.split("<link").skip(1).filter_map(|rest| rest.split('>').next());
        let styles = tags.flat_map(|tag| attributes(tag, "href"));
        for address in attributes(&text, "src").into_iter().chain(styles) {
            assert!(!address.contains("//"), "{}: {address}", path.display());
            addresses += 1;
        }
    }
    assert!(addresses > 100, "only {addresses} addresses were found");
}
