//! The table of cases, judged by kstatus and by Argo CD.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::{Map, Value, json};
use warmlambda::api::{Reason, WarmLambdaEndpoint};

use crate::argo::{Health, agree, health, text};
use crate::kstatus::{Kstatus, judge};
use crate::sandbox::lines_run;

/// Why kstatus and Argo CD may disagree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub enum Exception {
    /// Argo CD has a word for it, kstatus has none.
    Suspended,
    /// Status says of no generation; the schema's default prevents that.
    Unobserved,
    /// The generation is observed, and nothing is said about it: kstatus takes that for well.
    WithoutReady,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Case {
    name: String,
    #[serde(default)]
    metadata: Map<String, Value>,
    #[serde(default)]
    spec: Map<String, Value>,
    observed_generation: Option<i64>,
    #[serde(default)]
    conditions: Vec<Map<String, Value>>,
    kstatus: Kstatus,
    argo: Health,
    exception: Option<Exception>,
}

#[derive(Deserialize)]
struct Table {
    cases: Vec<Case>,
}

impl Case {
    fn object(&self) -> Value {
        let mut object = json!({
            "apiVersion": "warmlambda.dev/v1alpha1",
            "kind": "WarmLambdaEndpoint",
            "metadata": {"name": "fir-api", "namespace": "shop", "generation": 1},
            "spec": {"functionName": "fir-api"},
        });
        for (part, replaced) in [("metadata", &self.metadata), ("spec", &self.spec)] {
            for (name, value) in replaced {
                object[part][name] = value.clone();
            }
        }
        if let Some(observed) = self.observed_generation {
            object["status"]["observedGeneration"] = observed.into();
        }
        for condition in &self.conditions {
            let mut condition = condition.clone();
            condition.insert("lastTransitionTime".into(), json!("2026-11-22T05:00:00Z"));
            condition.extend(
                self.observed_generation
                    .map(|observed| ("observedGeneration".into(), observed.into())),
            );
            if object["status"]["conditions"].is_null() {
                object["status"]["conditions"] = json!([]);
            }
            object["status"]["conditions"]
                .as_array_mut()
                .expect("a list")
                .push(condition.into());
        }
        object
    }
}

fn cases() -> Vec<Case> {
    let Table { cases } = serde_saphyr::from_str(include_str!("cases.yaml")).expect("cases.yaml is a table of cases");
    cases
}

/// The objects of the table.
pub fn objects() -> Vec<Value> {
    cases().iter().map(Case::object).collect()
}

/// The exception that an object falls under, if any.
pub fn exception(object: &Value) -> Option<Exception> {
    let status = &object["status"];
    let listed = |kind: &str| {
        let mut all = status["conditions"].as_array().into_iter().flatten();
        all.any(|condition| condition["type"] == kind && (kind == "Ready" || condition["status"] == "True"))
    };
    if object["metadata"]["deletionTimestamp"].is_string() {
        None
    } else if object["spec"]["suspend"] == true {
        Some(Exception::Suspended)
    } else if status["observedGeneration"].is_null() {
        Some(Exception::Unobserved)
    } else {
        let said = ["Ready", "Reconciling", "Stalled"].into_iter().any(listed);
        (status["observedGeneration"] == object["metadata"]["generation"] && !said).then_some(Exception::WithoutReady)
    }
}

#[test]
fn kstatus_and_argo_cd_come_to_the_verdicts_of_the_table() {
    for case in cases() {
        let object = case.object();
        assert_eq!(judge(&object), case.kstatus, "{}", case.name);
        assert_eq!(health(&object), case.argo, "{}", case.name);
    }
}

#[test]
fn the_verdicts_of_the_table_agree_but_for_its_exceptions() {
    for case in cases() {
        assert_eq!(exception(&case.object()), case.exception, "{}", case.name);
        assert!(agree(case.kstatus, &case.argo) || case.exception.is_some(), "{}", case.name);
    }
}

#[test]
fn each_case_is_an_endpoint_and_has_a_name_of_its_own() {
    let names: BTreeSet<_> = cases().into_iter().map(|case| case.name).collect();
    assert_eq!(names.len(), cases().len());
    for case in cases() {
        let read: Result<WarmLambdaEndpoint, _> = serde_json::from_value(case.object());
        assert!(read.is_ok(), "{}: {read:?}", case.name);
    }
}

/// Reasons that stand only on conditions of one link, or on advice: they never decide.
const OF_LINKS: [&str; 14] = [
    "ExternallyOwned",
    "FunctionFailing",
    "HighUtilization",
    "LowUtilization",
    "NoTrafficYet",
    "NotRequired",
    "PermissionMissing",
    "PointsAtOtherAlias",
    "ProcessingProblem",
    "Qualified",
    "Spillover",
    "Stale",
    "Succeeded",
    "TrafficBypassesAlias",
];

#[test]
fn each_reason_that_can_decide_has_a_case_and_no_other_decides() {
    let cases = cases();
    let decisive = cases.iter().flat_map(|case| &case.conditions).filter(|condition| {
        let kind = condition["type"].as_str().unwrap_or_default();
        ["Ready", "Reconciling", "Stalled"].contains(&kind) && condition["status"] != "False" || kind == "Ready"
    });
    let seen: BTreeSet<_> = decisive.filter_map(|condition| condition["reason"].as_str()).collect();
    let all: BTreeSet<_> = Reason::ALL.iter().map(|(reason, _)| reason.as_str()).collect();
    let links = BTreeSet::from(OF_LINKS);
    assert_eq!(all.difference(&links).copied().collect::<BTreeSet<_>>(), seen);
}

#[test]
fn each_line_of_health_lua_that_answers_is_reached_by_a_case() {
    let script = text("health.lua");
    let answers: BTreeSet<_> = (1..)
        .zip(script.lines())
        .filter(|(_, line)| line.trim().starts_with("return "))
        .map(|(n, _)| n)
        .collect();
    let mut reached = BTreeSet::new();
    for case in cases() {
        reached.extend(lines_run(&script, &case.object()).expect("health.lua runs"));
    }
    let untested: Vec<_> = answers.difference(&reached).collect();
    assert!(untested.is_empty(), "no case reaches lines {untested:?} of health.lua");
}
