//! Each alert fires when it should, with the labels and words that it should have, and is silent otherwise.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::promtool::{in_parallel, promtool, root};
use crate::rules::{CASES, RULES, cases, name, rules, trial};

#[test]
fn prometheus_takes_the_rules() {
    let path = root().join(RULES);
    let said = promtool(&["check", "rules", path.to_str().unwrap()]).unwrap_or_else(|said| panic!("{said}"));
    assert!(said.contains(&format!("{} rules found", rules().len())), "{said}");
}

#[test]
fn each_alert_fires_and_is_silent_as_its_cases_say() {
    let failed: Vec<_> = in_parallel(&rules(), |rule| {
        let alert = name(rule);
        trial(&format!("as-it-is-{alert}"), alert, rule).err()
    });
    let failed: Vec<_> = failed.into_iter().flatten().collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn each_alert_has_a_case_in_which_it_fires_and_one_in_which_it_never_does() {
    for rule in rules() {
        let alert = name(&rule);
        let file: Value = serde_saphyr::from_str(&cases(alert)).unwrap_or_else(|e| panic!("the cases of {alert}: {e}"));
        let fires = |case: &Value| {
            let looks = case["alert_rule_test"].as_array().expect("a case looks at alerts");
            for look in looks {
                assert_eq!(look["alertname"], alert, "a case in the file of {alert}");
            }
            looks
                .iter()
                .any(|look| look["exp_alerts"].as_array().is_some_and(|alerts| !alerts.is_empty()))
        };
        let (firing, silent): (Vec<_>, Vec<_>) = file["tests"].as_array().unwrap().iter().partition(|case| fires(case));
        assert!(!firing.is_empty(), "{alert} fires in no case");
        assert!(!silent.is_empty(), "{alert} is silent in no case");
    }
}

#[test]
fn each_file_of_cases_is_about_an_alert() {
    let files = std::fs::read_dir(root().join(CASES)).expect("the cases can be read");
    let files: BTreeSet<_> = files.map(|f| f.unwrap().file_name().into_string().unwrap()).collect();
    let alerts: BTreeSet<_> = rules().iter().map(|rule| format!("{}.yaml", name(rule))).collect();
    assert_eq!(files, alerts);
}

#[test]
fn each_alert_says_who_is_woken_what_it_means_and_what_to_do() {
    for rule in rules() {
        let alert = name(&rule);
        let [labels, words] = ["labels", "annotations"].map(|part| rule[part].as_object().unwrap());
        let keys: Vec<_> = labels.keys().map(String::as_str).collect();
        let expected = [
            "kubernetes_operator_component",
            "kubernetes_operator_part_of",
            "operator_health_impact",
            "severity",
        ];
        assert_eq!(keys, expected, "{alert}");
        let keys: Vec<_> = words.keys().map(String::as_str).collect();
        assert_eq!(keys, ["description", "runbook_url", "summary"], "{alert}");
        let (summary, description) = (words["summary"].as_str().unwrap(), words["description"].as_str().unwrap());
        assert!(
            summary.len() < 130 && !summary.ends_with('.'),
            "{alert}: a summary is one short line: {summary}"
        );
        assert!(description.contains("first"), "{alert}: what to do first? {description}");
        let runbook = words["runbook_url"].as_str().unwrap();
        assert!(runbook.ends_with(&format!("/docs/runbooks/{alert}.html")), "{alert}: {runbook}");
    }
}
