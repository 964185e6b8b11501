//! The dashboard asks only for what there is, in PromQL that Prometheus takes, and is laid out so that it can be read.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;
use warmlambda::metrics::ALL;

use crate::files::DASHBOARD;
use crate::promtool::{folder, promtool, root, tool};
use crate::rules::{name, rules};

fn dashboard() -> Value {
    serde_json::from_str(&warmlambda::monitoring::dashboard().unwrap()).expect("the dashboard is JSON")
}

/// All panels but the headings.
fn panels() -> Vec<Value> {
    let panels = dashboard()["panels"].as_array().unwrap().clone();
    panels.into_iter().filter(|panel| panel["type"] != "row").collect()
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_else(|| panic!("{field} is no text in {value}"))
}

/// What a panel asks.
fn questions(panel: &Value) -> &Vec<Value> {
    panel["targets"].as_array().unwrap()
}

/// Each question of the dashboard, with the title of its panel.
pub fn exprs() -> Vec<(String, String)> {
    let of_panel = |panel: &Value| -> Vec<(String, String)> {
        let title = text(panel, "title").to_owned();
        questions(panel)
            .iter()
            .map(|q| (title.clone(), text(q, "expr").to_owned()))
            .collect()
    };
    panels().iter().flat_map(of_panel).collect()
}

/// A question with values instead of Grafana's variables.
pub fn filled_in(expr: &str) -> String {
    let mut expr = expr.replace("$__rate_interval", "5m");
    for variable in variables() {
        expr = expr.replace(&format!("${variable}"), ".*");
    }
    assert!(!expr.contains('$'), "there is no such variable: {expr}");
    expr
}

fn variables() -> Vec<String> {
    let dashboard = dashboard();
    let list = dashboard["templating"]["list"].as_array().unwrap();
    list.iter().map(|variable| text(variable, "name").to_owned()).collect()
}

/// The names of metrics in an expression or a query of a variable: words before a selector, and words that begin like ours.
fn metrics_in(expr: &str) -> BTreeSet<String> {
    let outside: String = expr.split('"').step_by(2).collect::<Vec<_>>().join("\"");
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut found = BTreeSet::new();
    let mut rest = outside.as_str();
    while let Some(start) = rest.find(is_name) {
        let word = &rest[start..];
        let end = word.find(|c| !is_name(c)).unwrap_or(word.len());
        let (word, behind) = word.split_at(end);
        let ours = [
            "warmlambda_",
            "controller_runtime_",
            "workqueue_",
            "rest_client_",
            "leader_election_",
        ];
        if behind.starts_with('{') || ours.iter().any(|begin| word.starts_with(begin)) {
            found.insert(word.to_owned());
        }
        rest = behind;
    }
    found
}

/// The metric that a series belongs to.
fn metric_of(series: &str) -> &str {
    let histogram = ["_bucket", "_sum", "_count"].into_iter().find_map(|end| series.strip_suffix(end));
    histogram.unwrap_or(series)
}

/// All names of metrics on the dashboard and in the alerts.
fn named() -> BTreeSet<String> {
    let dashboard = dashboard();
    let variables = dashboard["templating"]["list"].as_array().unwrap().iter();
    let queries = variables.filter_map(|variable| variable["query"]["query"].as_str().map(str::to_owned));
    let questions = exprs().into_iter().map(|(_, expr)| expr);
    let alerts = rules().into_iter().map(|rule| text(&rule, "expr").to_owned());
    queries.chain(questions).chain(alerts).flat_map(|expr| metrics_in(&expr)).collect()
}

#[test]
fn names_of_metrics_are_found_in_expressions() {
    let found = metrics_in(r#"sum by (name) (rate(a_b{c="warmlambda_x"}[5m])) / label_values(warmlambda_y, z)"#);
    assert_eq!(found.into_iter().collect::<Vec<_>>(), ["a_b", "warmlambda_y"]);
}

#[test]
fn each_metric_that_a_panel_or_an_alert_names_is_one_of_the_program() {
    let known: BTreeSet<_> = ALL.iter().map(|metric| metric.name).collect();
    // The alerts that fire are Prometheus' own series.
    let unknown: Vec<_> = named()
        .into_iter()
        .filter(|n| n != "ALERTS" && !known.contains(metric_of(n)))
        .collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}

#[test]
fn each_metric_of_the_program_is_shown_or_watched() {
    let named = named();
    let named: BTreeSet<_> = named.iter().map(|name| metric_of(name)).collect();
    let unseen: Vec<_> = ALL.iter().map(|metric| metric.name).filter(|name| !named.contains(name)).collect();
    assert!(unseen.is_empty(), "nobody looks at {unseen:?}");
}

#[test]
fn prometheus_takes_each_question() {
    let rules: Vec<_> = exprs()
        .into_iter()
        .zip(0..)
        .map(|((_, expr), n)| serde_json::json!({"record": format!("question:{n}"), "expr": filled_in(&expr)}))
        .collect();
    let number = rules.len();
    assert!(number > 50, "only {number} questions were found");
    let file = folder("dashboard").join("rules.yaml");
    std::fs::write(
        &file,
        serde_json::json!({"groups": [{"name": "dashboard", "rules": rules}]}).to_string(),
    )
    .unwrap();
    let said = promtool(&["check", "rules", file.to_str().unwrap()]).unwrap_or_else(|said| panic!("{said}"));
    assert!(said.contains(&format!("{number} rules found")), "{said}");
}

#[test]
fn grafana_knows_every_field_of_the_dashboard() {
    let said = Command::new(tool("grafana-foundation-sdk"))
        .arg(root().join("tests/monitoring/grafana.py"))
        .arg(root().join(DASHBOARD))
        .output()
        .expect("Python runs");
    let text = String::from_utf8_lossy(&said.stdout);
    assert!(said.status.success(), "{text}{}", String::from_utf8_lossy(&said.stderr));
    assert!(text.contains("every field"), "{text}");
}

#[test]
fn panels_have_numbers_of_their_own_and_lie_beside_each_other() {
    let dashboard = dashboard();
    let all = dashboard["panels"].as_array().unwrap();
    let ids: BTreeSet<_> = all.iter().map(|panel| panel["id"].as_u64().unwrap()).collect();
    assert_eq!(ids.len(), all.len(), "ids are unique");
    let mut taken = BTreeSet::new();
    for panel in all {
        let [x, y, w, h] = ["x", "y", "w", "h"].map(|side| panel["gridPos"][side].as_u64().unwrap());
        assert!(w > 0 && h > 0 && x + w <= 24, "{} is on the grid", panel["title"]);
        for place in (x..x + w).flat_map(|column| (y..y + h).map(move |line| (column, line))) {
            assert!(taken.insert(place), "{} lies on another panel at {place:?}", panel["title"]);
        }
    }
    let lines = taken.iter().map(|(_, line)| line + 1).max().unwrap_or(0);
    assert_eq!(taken.len() as u64, lines * 24, "there is no hole");
}

#[test]
fn each_panel_says_what_it_shows() {
    let mut titles = BTreeSet::new();
    for panel in panels() {
        let title = text(&panel, "title");
        assert!(titles.insert(title.to_owned()), "two panels are called {title}");
        assert!(text(&panel, "description").ends_with('.'), "{title} has a description");
        assert!(!text(&panel["fieldConfig"]["defaults"], "unit").is_empty(), "{title} has a unit");
        let over_time = ["timeseries", "state-timeline"].contains(&text(&panel, "type"));
        for question in questions(&panel) {
            assert!(
                !over_time || !text(question, "legendFormat").is_empty(),
                "{title}: series have names"
            );
            assert_eq!(
                question["range"], over_time,
                "{title}: only what is drawn over time is asked for over time"
            );
        }
    }
}

#[test]
fn the_first_screen_shows_what_is_not_ready_and_every_variable_is_used() {
    let first: Vec<_> = panels()
        .into_iter()
        .filter(|panel| panel["gridPos"]["y"].as_u64().unwrap() < 22)
        .collect();
    let titles: Vec<_> = first.iter().map(|panel| text(panel, "title").to_owned()).collect();
    for title in [
        "Leader",
        "Stalled",
        "Fleet, what is not ready first",
        "Alerts that fired",
        "Endpoints that were not ready",
    ] {
        assert!(titles.iter().any(|t| t == title), "{title} is not among {titles:?}");
    }
    let all: String = exprs().into_iter().map(|(_, expr)| expr).collect();
    for variable in variables().into_iter().filter(|name| name != "datasource") {
        assert!(all.contains(&format!("=~\"${variable}\"")), "no panel is narrowed by {variable}");
    }
    assert!(dashboard().get("__inputs").is_none(), "it is provisioned, not imported by hand");
}

#[test]
fn lines_that_an_alert_is_about_show_its_threshold() {
    let steps = |title: &str| -> Vec<f64> {
        let panel = panels()
            .into_iter()
            .find(|panel| panel["title"] == title)
            .unwrap_or_else(|| panic!("no panel {title}"));
        let steps = panel["fieldConfig"]["defaults"]["thresholds"]["steps"].as_array().unwrap().clone();
        steps.iter().filter_map(|step| step["value"].as_f64()).collect()
    };
    for (title, alert) in [
        ("Cold starts by endpoint", "WarmLambdaSpillover"),
        ("Requests through the alias", "WarmLambdaTrafficBypassesAlias"),
        ("Busy share", "WarmLambdaCapacityIdle"),
        ("Age of records", "WarmLambdaIteratorAgeHigh"),
        ("Age of records", "WarmLambdaRecordsNearExpiry"),
        ("Passes that fail", "WarmLambdaReconcileErrors"),
        ("Time in the queue", "WarmLambdaReconcileQueueSlow"),
        ("Throttled requests", "WarmLambdaAWSThrottled"),
        ("AWS fails", "WarmLambdaAWSRequestsFailing"),
        ("Age of CloudWatch's numbers", "WarmLambdaMetricsStale"),
    ] {
        let rule = rules()
            .into_iter()
            .find(|rule| name(rule) == alert)
            .unwrap_or_else(|| panic!("no alert {alert}"));
        let expr = text(&rule, "expr");
        let shown = steps(title).into_iter().any(|step| {
            let compared = [" > ", " < ", " >= "].map(|operator| format!("{operator}{step}"));
            compared.iter().any(|c| expr.lines().any(|line| line.ends_with(c.as_str())))
        });
        assert!(shown, "{title} does not show the threshold of {alert}: {:?}", steps(title));
    }
}
