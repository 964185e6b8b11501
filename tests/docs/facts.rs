//! Facts about AWS: each has one number, a source, a status and a test, and each number that is cited is one of them.

use std::collections::BTreeSet;

use crate::pages::{page, pages};
use crate::sources::rust;
use crate::tests_by_name::Tests;

/// A row of docs/aws.md.
struct Fact {
    number: u32,
    status: String,
    held_by: String,
}

fn facts() -> Vec<Fact> {
    let page = page("docs/aws.md");
    let rows = page.text.lines().filter_map(|line| line.strip_prefix("| AWS-"));
    rows.map(|row| {
        let cells: Vec<_> = row.trim_end_matches('|').split(" | ").map(str::trim).collect();
        let [number, fact, source, status, held_by] = cells[..] else {
            panic!("not number, fact, source, status, held by: | AWS-{row}");
        };
        assert!(!fact.is_empty() && !source.is_empty(), "AWS-{number} has no text or no source");
        Fact {
            number: number.parse().unwrap_or_else(|_| panic!("AWS-{number} is no number")),
            status: status.into(),
            held_by: held_by.into(),
        }
    })
    .collect()
}

/// The numbers that a text cites: `AWS-3`, and all from 3 to 5 for `AWS-3 to AWS-5`.
fn cited(text: &str) -> BTreeSet<u32> {
    let number = |rest: &str| -> Option<u32> {
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().ok()
    };
    let mut cited = BTreeSet::new();
    let mut before: Option<(u32, &str)> = None;
    for (place, _) in text.match_indices("AWS-") {
        let Some(n) = number(&text[place + 4..]) else { continue };
        let from = match before {
            Some((from, rest)) if rest.starts_with(&format!("{from} to AWS-{n}")) => from,
            _ => n,
        };
        cited.extend(from..=n);
        before = Some((n, &text[place + 4..]));
    }
    cited
}

#[test]
fn a_range_of_facts_cites_all_of_them() {
    assert_eq!(cited("AWS-3 to AWS-5, AWS-9 (AWS-X)"), BTreeSet::from([3, 4, 5, 9]));
}

#[test]
fn each_fact_has_one_number_and_a_known_status() {
    let mut seen = BTreeSet::new();
    for fact in facts() {
        assert!(seen.insert(fact.number), "AWS-{} stands there twice", fact.number);
        let known = ["documented", "recorded", "reported", "assumed"].contains(&fact.status.as_str());
        assert!(known, "AWS-{} is {:?}", fact.number, fact.status);
    }
    assert!(seen.len() >= 80, "only {} facts were found", seen.len());
}

#[test]
fn each_fact_that_is_cited_exists() {
    let known: BTreeSet<_> = facts().iter().map(|fact| fact.number).collect();
    let documents = pages().into_iter().map(|page| (page.path, page.text));
    for (path, text) in rust().into_iter().chain(documents) {
        let unknown: Vec<_> = cited(&text).difference(&known).copied().collect();
        assert!(
            unknown.is_empty(),
            "{} cites facts that docs/aws.md does not have: {unknown:?}",
            path.display()
        );
    }
}

#[test]
fn each_fact_is_held_by_a_test_that_exists_or_says_that_there_is_none() {
    let tests = Tests::read();
    let mut unheld = Vec::new();
    for Fact { number, held_by, .. } in facts() {
        if held_by == "– no test" {
            unheld.push(number);
            continue;
        }
        for test in held_by.split("<br>") {
            let named = test.strip_prefix('`').and_then(|t| t.strip_suffix('`'));
            let named = named.unwrap_or_else(|| panic!("AWS-{number}: {test:?} is not `file::test`"));
            tests.expect(named, &format!("AWS-{number}"));
        }
    }
    assert_eq!(unheld, [20, 98, 80], "facts without a test");
}

#[test]
fn each_assumption_is_listed_with_the_choices_of_awssim() {
    let choices: String = pages()
        .into_iter()
        .filter(|page| page.path.to_str().is_some_and(|path| path.starts_with("docs/awssim")))
        .map(|page| page.text)
        .collect();
    let listed = cited(&choices);
    for fact in facts().iter().filter(|fact| fact.status == "assumed") {
        assert!(
            listed.contains(&fact.number),
            "AWS-{} is assumed, and awssim's pages do not say so",
            fact.number
        );
    }
}
