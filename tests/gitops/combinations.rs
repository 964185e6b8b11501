//! Every combination of generation, suspension, deletion and conditions in every order: kstatus and Argo CD agree but for the named
//! exceptions, and what Argo CD says in those stands here.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::{Value, json};

use crate::argo::{Health, agree, health};
use crate::kstatus::{Kstatus, judge};
use crate::table::{Exception, exception};

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
                let mut object = json!({
                    "apiVersion": "warmlambda.dev/v1alpha1",
                    "kind": "WarmLambdaEndpoint",
                    "metadata": {"name": "fir-api", "generation": GENERATION, "deletionTimestamp": deleted},
                    "spec": {"functionName": "fir-api", "suspend": suspend},
                    "status": {"observedGeneration": observed, "conditions": conditions},
                });
                // No API server shows a field that is null.
                for part in ["metadata", "spec", "status"] {
                    object[part]
                        .as_object_mut()
                        .expect("an object")
                        .retain(|_, member| !member.is_null());
                }
                objects.insert(object.to_string(), object);
            }
        }
    }
    objects
}

/// Every object with the verdicts of the port and the sandbox: thousands of Lua machines, so they are made once.
pub static JUDGED: LazyLock<Vec<(Value, Kstatus, Health)>> = LazyLock::new(|| {
    let objects = objects().into_values();
    objects.map(|object| (object.clone(), judge(&object), health(&object))).collect()
});

#[test]
fn kstatus_and_argo_cd_agree_on_every_combination_but_for_three_exceptions() {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for (object, kstatus, health) in JUDGED.iter() {
        let exception = exception(object);
        match exception {
            None => assert!(agree(*kstatus, health), "{kstatus:?} and {health:?} for {object}"),
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
