//! A rule that is changed in one place fails its cases: else nobody would notice when somebody changes it.

use serde_json::Value;

use crate::promtool::in_parallel;
use crate::rules::{cases, name, rules, trial};

/// A rule with one change.
struct Mutant {
    alert: String,
    change: String,
    rule: Value,
}

/// Rules that differ from this one in one place each.
fn mutants(rule: &Value) -> Vec<Mutant> {
    let alert = name(rule);
    let expr = rule["expr"].as_str().unwrap();
    let exprs = numbers(expr)
        .into_iter()
        .chain(without_lines(expr))
        .chain(other_values(expr))
        .chain(windows(alert, expr));
    let mut mutants: Vec<_> = exprs.map(|(change, expr)| (change, vec!["expr"], expr)).collect();
    let pending = rule["for"].as_str().unwrap();
    mutants.extend(neighbours(pending).map(|time| (format!("for {time}"), vec!["for"], time)));
    for label in ["severity", "operator_health_impact"] {
        mutants.push((format!("another {label}"), vec!["labels", label], "other".into()));
    }
    let changed = mutants.into_iter().map(|(change, path, value)| {
        let mut rule = rule.clone();
        let mut place = &mut rule;
        for key in path {
            place = &mut place[key];
        }
        *place = value.into();
        Mutant {
            alert: alert.into(),
            change,
            rule,
        }
    });
    changed.collect()
}

/// One unit less, and one more.
fn neighbours(time: &str) -> [String; 2] {
    let (number, unit) = time.split_at(time.len() - 1);
    let number: u32 = number.parse().unwrap_or_else(|e| panic!("{time}: {e}"));
    [number - 1, number + 1].map(|n| format!("{n}{unit}"))
}

/// Each number that something is compared with, or that is taken off: a tenth less, and a tenth more.
fn numbers(expr: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for operator in [" > ", " < ", " == ", " >= ", " <= ", " - "] {
        for (place, _) in expr.match_indices(operator) {
            let from = place + operator.len();
            let rest = &expr[from..];
            let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
            let Ok(number) = rest[..end].parse::<f64>() else { continue };
            let others = if number == 0.0 { [-1.0, 1.0] } else { [number * 0.9, number * 1.1] };
            for other in others {
                let changed = format!("{}{other}{}", &expr[..from], &rest[end..]);
                found.push((format!("{}{other} instead of {number}", operator.trim_start()), changed));
            }
        }
    }
    found
}

/// Each line that narrows the rule, left out.
fn without_lines(expr: &str) -> Vec<(String, String)> {
    let lines: Vec<_> = expr.lines().collect();
    let narrows = |line: &str| line.starts_with("and ") || line.starts_with("unless ");
    let places = (0..lines.len()).filter(|n| narrows(lines[*n].trim_start()));
    let without = |n: usize| [&lines[..n], &lines[n + 1..]].concat().join("\n");
    places.map(|n| (format!("without {}", lines[n]), without(n))).collect()
}

/// Each value of a label, replaced wherever it stands.
fn other_values(expr: &str) -> Vec<(String, String)> {
    let mut values: Vec<_> = expr.split('"').skip(1).step_by(2).collect();
    values.sort_unstable();
    values.dedup();
    let other = |value: &&str| (format!("not {value:?}"), expr.replace(&format!("\"{value}\""), "\"other\""));
    values.iter().map(other).collect()
}

/// The time that is bridged between two leaders, for the alerts that have cases of it.
fn windows(alert: &str, expr: &str) -> Vec<(String, String)> {
    if !cases(alert).contains("a new leader goes on where the old one stopped") {
        return Vec::new();
    }
    let window = |time: &str| (format!("bridges {time}"), expr.replace("[5m]", time));
    ["[1m]", "[20m]"].map(window).into()
}

#[test]
fn a_rule_that_is_changed_in_one_place_fails_its_cases() {
    let mutants: Vec<_> = rules().iter().flat_map(mutants).enumerate().collect();
    assert!(mutants.len() > 150, "only {} were made", mutants.len());
    let survivors = in_parallel(&mutants, |(n, mutant)| {
        let survives = trial(&format!("mutant-{n}"), &mutant.alert, &mutant.rule).is_ok();
        survives.then(|| format!("{}: {}", mutant.alert, mutant.change))
    });
    let survivors: Vec<_> = survivors.into_iter().flatten().collect();
    assert!(
        survivors.is_empty(),
        "{} of {} changes are noticed by no case:\n{}",
        survivors.len(),
        mutants.len(),
        survivors.join("\n")
    );
}
