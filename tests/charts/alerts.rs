//! The objects for the Prometheus operator: when they are rendered, and what the values change in the alerts.

use serde_json::{Value, json};

use crate::helm::{Helm, OPERATOR, Objects, rendered, text};

const KINDS: [(&str, &str); 3] = [
    ("serviceMonitor", "ServiceMonitor"),
    ("podMonitor", "PodMonitor"),
    ("prometheusRule", "PrometheusRule"),
];

#[test]
fn a_kind_that_the_cluster_lacks_is_left_out_refused_or_rendered_as_the_values_say() {
    let known = ["--api-versions", "monitoring.coreos.com/v1"];
    for (key, kind) in KINDS {
        let values = |mode: &str| json!({ "metrics": { key: { "enabled": true, "renderMode": mode } } }).to_string();
        let count = |mode: &str, more: &[&str]| {
            let said = Helm::Four.template(OPERATOR, &values(mode), more);
            assert!(said.success, "{}", said.err);
            Objects::read(&said.out).of_kind(kind).len()
        };
        assert_eq!(count("skipIfMissing", &[]), 0, "{kind}");
        assert_eq!(count("skipIfMissing", &known), 1, "{kind}");
        assert_eq!(count("failIfMissing", &known), 1, "{kind}");
        assert_eq!(count("alwaysRender", &[]), 1, "{kind}");
        let why = Helm::Four.refusal(OPERATOR, &values("failIfMissing"));
        assert!(
            why.contains(kind) && why.contains("does not know monitoring.coreos.com/v1"),
            "{why}"
        );
    }
}

/// The rules of a PrometheusRule, or of a file of rules.
fn rules(groups: &Value) -> Vec<Value> {
    let groups = groups.as_array().expect("there are groups").iter();
    groups
        .flat_map(|group| group["rules"].as_array().expect("a group has rules").clone())
        .collect()
}

/// The rules with these overrides.
fn overridden(overrides: &Value) -> Vec<Value> {
    let values = json!({ "metrics": { "prometheusRule": { "enabled": true, "renderMode": "alwaysRender", "overrides": overrides } } });
    rules(&rendered(&values.to_string()).the("PrometheusRule")["spec"]["groups"])
}

#[test]
fn the_alerts_are_those_of_the_file_unless_a_value_changes_one() {
    let file: Value = serde_saphyr::from_str(&text("charts/warmlambda/files/alerts.yaml")).expect("alerts.yaml is YAML");
    let all = rules(&file["groups"]);
    assert_eq!(overridden(&json!({})), all);

    let down = "WarmLambdaOperatorDown";
    let place = all.iter().position(|rule| rule["alert"] == down).expect("there is the alert");
    let mut without = all.clone();
    without.remove(place);
    assert_eq!(overridden(&json!({ down: { "disabled": true } })), without);

    let change =
        json!({ "for": "1h", "expr": "vector(1)", "severity": "info", "labels": { "team": "a" }, "annotations": { "summary": "Look." } });
    let mut changed = all.clone();
    let rule = &mut changed[place];
    (rule["for"], rule["expr"]) = ("1h".into(), "vector(1)".into());
    (rule["labels"]["severity"], rule["labels"]["team"]) = ("info".into(), "a".into());
    rule["annotations"]["summary"] = "Look.".into();
    assert_eq!(overridden(&json!({ down: change })), changed);
}

#[test]
fn runbooks_of_ones_own_are_linked_for_every_alert() {
    let values = "metrics: {prometheusRule: {enabled: true, renderMode: alwaysRender, runbookUrl: 'https://wiki.example.com/alerts#'}}";
    for rule in rules(&rendered(values).the("PrometheusRule")["spec"]["groups"]) {
        let alert = rule["alert"].as_str().expect("it is an alert");
        assert_eq!(
            rule["annotations"]["runbook_url"],
            format!("https://wiki.example.com/alerts#{alert}")
        );
    }
}

#[test]
fn the_dashboard_is_the_file_with_the_label_that_grafana_looks_for() {
    let map = rendered("metrics: {grafanaDashboard: {enabled: true, annotations: {grafana_folder: aws}}}")
        .the("ConfigMap")
        .clone();
    let dashboard = |text: &str| serde_json::from_str::<Value>(text).expect("a dashboard is JSON");
    let file = text("charts/warmlambda/files/dashboard.json");
    assert_eq!(
        dashboard(map["data"]["warmlambda.json"].as_str().expect("it is text")),
        dashboard(&file)
    );
    assert_eq!(
        (
            &map["metadata"]["labels"]["grafana_dashboard"],
            &map["metadata"]["annotations"]["grafana_folder"]
        ),
        (&"1".into(), &"aws".into())
    );
}
