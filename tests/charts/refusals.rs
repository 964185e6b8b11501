//! What the charts refuse, with a message that says what to do.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::helm::{CRDS, Helm, OPERATOR, text};
use crate::values_file::{self, Key};

/// Values with an unknown key in every fixed map, each named after its map, and these names.
fn surprises(keys: &[Key], path: &str, names: &mut Vec<String>) -> Value {
    names.push(format!("surprise{path}"));
    let fixed = keys.iter().filter(|key| key.is_fixed());
    let mut values: Map<_, _> = fixed
        .map(|key| (key.name.clone(), surprises(&key.keys, &format!("{path}_{}", key.name), names)))
        .collect();
    values.insert(format!("surprise{path}"), 1.into());
    values.into()
}

#[test]
fn an_unknown_key_is_refused_in_every_fixed_map() {
    for (chart, fixed) in [(OPERATOR, 19), (CRDS, 2)] {
        let keys = values_file::read(&text(&format!("{chart}/values.yaml")));
        let mut names = Vec::new();
        let values = surprises(&keys, "", &mut names).to_string();
        assert_eq!(names.len(), fixed, "{chart}: {names:?}");
        for helm in Helm::BOTH {
            let why = helm.refusal(chart, &values);
            let words: BTreeSet<_> = why.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
            let passed: Vec<_> = names.iter().filter(|name| !words.contains(name.as_str())).collect();
            assert!(passed.is_empty(), "{helm:?} takes {passed:?}: {why}");
        }
    }
}

#[test]
fn a_value_of_the_wrong_kind_or_out_of_range_is_refused_by_its_name() {
    let kinds = concat!(
        "{replicaCount: two, settings: {resyncSeconds: 5m, maxConcurrentReconciles: 0, awsQuotaShare: 0, watchNamespaces: shop},",
        " image: {pullPolicy: Sometimes, digest: sha256:abc}, aws: {region: Ireland}, log: {format: xml}, metrics: {port: 8081,",
        " serviceMonitor: {renderMode: never}, prometheusRule: {overrides: {WarmLambdaOperatorDown: {four: 5m}}}},",
        " admissionPolicy: {validationActions: [], perNamespace: {shop: many}}, podDisruptionBudget: {maxUnavailable: 0},",
        " serviceAccount: {annotations: {a: 1}}}",
    );
    let ranges = "{replicaCount: 1.5, settings: {awsQuotaShare: 1.1, watchNamespaces: [Shop]}, podDisruptionBudget: {maxUnavailable: all}}";
    for (values, named) in [
        (
            kinds,
            &[
                "replicaCount",
                "resyncSeconds",
                "maxConcurrentReconciles",
                "awsQuotaShare",
                "watchNamespaces",
                "pullPolicy",
                "digest",
                "region",
                "format",
                "port",
                "renderMode",
                "four",
                "validationActions",
                "perNamespace",
                "maxUnavailable",
                "annotations",
            ][..],
        ),
        (ranges, &["replicaCount", "awsQuotaShare", "watchNamespaces", "maxUnavailable"]),
    ] {
        for helm in Helm::BOTH {
            let why = helm.refusal(OPERATOR, values);
            for name in named {
                assert!(why.contains(name), "{helm:?} takes {name}: {why}");
            }
        }
    }
}

#[test]
fn values_that_contradict_each_other_are_refused_with_what_to_do() {
    for (values, remedy) in [
        (
            "metrics: {serviceMonitor: {enabled: true}, podMonitor: {enabled: true}}",
            "Enable one.",
        ),
        (
            "metrics: {serviceMonitor: {enabled: true}, service: {enabled: false}}",
            "Enable both, or use metrics.podMonitor.",
        ),
        ("leaderElection: {enabled: false}", "or set replicaCount to 1"),
        (
            "leaderElection: {renewDeadlineSeconds: 15}",
            "renewDeadlineSeconds < leaseDurationSeconds must hold",
        ),
        (
            "leaderElection: {retryPeriodSeconds: 10}",
            "retryPeriodSeconds < renewDeadlineSeconds",
        ),
        ("tracing: {enabled: true}", "tracing.enabled needs tracing.endpoint"),
        (
            "admissionPolicy: {enabled: true}",
            "needs admissionPolicy.maxProvisionedConcurrency",
        ),
        (
            "metrics: {prometheusRule: {enabled: true, renderMode: alwaysRender, overrides: {WarmLambdaDown: {disabled: true}}}}",
            "there is no alert WarmLambdaDown. There are ",
        ),
    ] {
        let why = Helm::Four.refusal(OPERATOR, values);
        assert!(why.contains(remedy), "{values}: {why}");
    }
}
