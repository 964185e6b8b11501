//! The words of conditions, fields and metrics that the pages use are the program's.

use std::collections::BTreeSet;

use warmlambda::api::{ConditionType, Reason};

use crate::pages::{Page, page, pages};
use crate::sources::rust;

/// What stands between backticks, with the line's number.
fn quoted(page: &Page) -> Vec<(usize, String)> {
    let lines = page.prose().into_iter();
    lines
        .flat_map(|(number, line)| line.split('`').skip(1).step_by(2).map(move |word| (number, word.to_owned())))
        .collect()
}

/// A capital and at least one small letter, letters only: how Kubernetes and AWS write reasons, kinds and operations.
fn is_camel_case(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_uppercase())
        && word.chars().all(|c| c.is_ascii_alphanumeric())
        && word.chars().any(|c| c.is_ascii_lowercase())
}

fn reasons() -> BTreeSet<&'static str> {
    Reason::ALL.iter().map(|(reason, _)| reason.as_str()).collect()
}

fn types() -> BTreeSet<&'static str> {
    ConditionType::ALL.iter().map(|(kind, _)| kind.as_str()).collect()
}

#[test]
fn a_condition_with_a_status_is_one_of_the_program() {
    let mut found = 0;
    for page in pages() {
        for (number, word) in quoted(&page) {
            let Some((kind, status)) = word.split_once('=') else { continue };
            if ["True", "False", "Unknown"].contains(&status) && is_camel_case(kind) {
                assert!(
                    types().contains(kind),
                    "{}:{number}: there is no condition {kind}",
                    page.path.display()
                );
                found += 1;
            }
        }
    }
    assert!(found > 5, "only {found} were found");
}

#[test]
fn troubleshooting_has_a_heading_for_each_reason_that_somebody_may_want_gone() {
    let page = page("docs/troubleshooting.md");
    let headings: BTreeSet<_> = page
        .headings()
        .into_iter()
        .flat_map(|heading| heading.split('`').skip(1).step_by(2))
        .filter(|word| is_camel_case(word) && !types().contains(word))
        .collect();
    let fine = BTreeSet::from(["Warm", "InPlace", "Succeeded", "NotRequired", "ExternallyOwned", "Qualified"]);
    let wanted: BTreeSet<_> = reasons().difference(&fine).copied().collect();
    assert_eq!(headings, wanted);
}

#[test]
fn each_word_in_camel_case_is_one_that_the_code_knows() {
    let mut known: BTreeSet<String> = BTreeSet::new();
    for (_, text) in rust() {
        let words = text.split(|c: char| !c.is_ascii_alphanumeric());
        known.extend(words.filter(|word| is_camel_case(word)).map(str::to_owned));
    }
    // The pages of awssim name what it does not have, too.
    let others = pages()
        .into_iter()
        .filter(|page| !page.path.starts_with("docs/awssim.md") && !page.path.starts_with("docs/awssim-apigateway.md"));
    let unknown: Vec<_> = others
        .flat_map(|page| {
            quoted(&page)
                .into_iter()
                .map(move |(number, word)| (page.path.display().to_string(), number, word))
        })
        .filter(|(_, _, word)| is_camel_case(word) && !known.contains(word))
        .collect();
    assert!(unknown.is_empty(), "no such word in the code: {unknown:#?}");
}

#[test]
fn each_field_that_a_page_names_is_one_of_the_resource() {
    let reference = warmlambda::reference::crd();
    let fields: BTreeSet<_> = reference
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
        .collect();
    let mut found = 0;
    for page in pages() {
        for (number, word) in quoted(&page) {
            if !word.starts_with("spec.") && !word.starts_with("status.") {
                continue;
            }
            let field = word.split([':', ' ', '=']).next().unwrap_or_default();
            // The scale subresource and metadata have fields of their own; a list may be named by an index.
            let known = fields.contains(field) || fields.contains(field.replace("[0]", "[]").as_str());
            assert!(known, "{}:{number}: there is no field {field}", page.path.display());
            found += 1;
        }
    }
    assert!(found > 20, "only {found} were found");
}

#[test]
fn each_metric_that_a_page_names_is_one_of_the_program() {
    let known: BTreeSet<_> = warmlambda::metrics::ALL.iter().map(|metric| metric.name).collect();
    for page in pages() {
        for (number, word) in quoted(&page) {
            let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
            let words = word
                .split(|c: char| !is_name(c))
                .filter(|w| w.starts_with("warmlambda_"))
                .map(str::to_owned);
            for name in words.collect::<Vec<_>>() {
                let part = name.trim_end_matches("_bucket").trim_end_matches("_sum").trim_end_matches("_count");
                assert!(known.contains(part), "{}:{number}: there is no metric {name}", page.path.display());
            }
        }
    }
}
