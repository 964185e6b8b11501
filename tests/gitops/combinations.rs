//! Every combination of generation, suspension, deletion and conditions in every order: kstatus and Argo CD agree but for the named
//! exceptions, and what Argo CD says in those stands here.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::argo::health;
use crate::kstatus::judge;
use crate::table::{Exception, agree, exception};

const GENERATION: i64 = 3;

/// The orders of the three conditions that decide, and one that does not.
const ORDERS: [[&str; 4]; 8] = [
    ["Ready", "Reconciling", "Stalled", "AliasReady"],
    ["Ready", "Stalled", "Reconciling", "AliasReady"],
    ["Reconciling", "Ready", "AliasReady", "Stalled"],
    ["Reconciling", "Stalled", "Ready", "AliasReady"],
    ["Stalled", "Ready", "Reconciling", "AliasReady"],
    ["Stalled", "AliasReady", "Reconciling", "Ready"],
    ["AliasReady", "Reconciling", "Stalled", "Ready"],
    ["AliasReady", "Stalled", "Ready", "Reconciling"],
];

/// All that stands in an object and decides, each once.
fn objects() -> BTreeMap<String, Value> {
    let mut statuses = BTreeMap::new();
    let says = [None, Some("True"), Some("False"), Some("Unknown")];
    for order in ORDERS {
        for n in 0..says.len().pow(3) {
            let said = |kind: &str| match kind {
                "Ready" => says[n % 4],
                "Reconciling" => says[n / 4 % 4],
                "Stalled" => says[n / 16],
                _ => Some("False"),
            };
            let conditions = order.into_iter().filter_map(|kind| {
                let status = said(kind)?;
                Some(json!({"type": kind, "status": status, "reason": "Pending", "message": "as it is"}))
            });
            let conditions = Value::Array(conditions.collect());
            statuses.insert(conditions.to_string(), conditions);
        }
    }
    let mut objects = BTreeMap::new();
    for conditions in statuses.values() {
        for observed in [
            json!(null),
            json!(-1),
            json!(0),
            json!(GENERATION - 1),
            json!(GENERATION),
            json!(GENERATION + 1),
        ] {
            for (suspend, deleted) in [
                (None, None),
                (Some(false), None),
                (Some(true), None),
                (None, Some("2026-11-22T05:00:00Z")),
            ] {
                let object = json!({
                    "metadata": {"name": "fir-api", "generation": GENERATION, "deletionTimestamp": deleted},
                    "spec": {"functionName": "fir-api", "suspend": suspend},
                    "status": {"observedGeneration": observed, "conditions": conditions},
                });
                objects.insert(object.to_string(), object);
            }
        }
    }
    objects
}

#[test]
fn kstatus_and_argo_cd_agree_on_every_combination_but_for_three_exceptions() {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for object in objects().values() {
        let (kstatus, health) = (judge(object), health(object));
        let exception = exception(object);
        match exception {
            None => assert!(agree(kstatus, &health), "{kstatus:?} and {health:?} for {object}"),
            Some(Exception::Suspended) => assert_eq!(health.status, "Suspended", "{object}"),
            Some(Exception::Unobserved | Exception::WithoutReady) => assert_eq!(health.status, "Progressing", "{object}"),
        }
        let key = exception.map_or_else(|| format!("{kstatus:?}"), |exception| format!("{exception:?}"));
        *counts.entry(key).or_default() += 1;
    }
    // None of them is empty, or the test would say nothing about it.
    for key in [
        "Current",
        "InProgress",
        "Failed",
        "Terminating",
        "Suspended",
        "Unobserved",
        "WithoutReady",
    ] {
        assert!(counts.get(key).is_some_and(|count| *count >= 50), "{key} in {counts:?}");
    }
    assert!(counts.values().sum::<usize>() > 5_000, "{counts:?}");
}
