//! The first screen: is anything wrong, where, and since when.

use serde_json::{Value, json};

use super::panel::{Color, Drawing, Panel};
use super::{Row, endpoints, operators};
use crate::api::ConditionType;
use crate::metrics::table::{self, Metric};
use crate::monitoring::operator_alerts::EXPECTED_CODES;
use crate::monitoring::promql::{ENDPOINT, Series};
use crate::monitoring::thresholds;
use crate::plan::conditions::Status;

/// States of an endpoint, the worst first: the table is sorted by them.
const STATES: [(f64, &str, Color); 4] = [
    (0.0, "Stalled", Color::Red),
    (1.0, "In progress", Color::Orange),
    (2.0, "On hold", Color::Blue),
    (3.0, "Ready", Color::Green),
];

/// Tiles, the table, and what was wrong when.
pub fn row() -> Row {
    let mut panels = tiles();
    panels.extend([fleet(), alerts(), unready()]);
    Row {
        title: "Is anything wrong?",
        panels,
    }
}

/// A condition of the chosen endpoints.
pub fn condition(kind: ConditionType, status: Status) -> Series {
    endpoints(&table::ENDPOINT_CONDITION)
        .with("condition", kind.as_str())
        .with("status", status.as_str())
}

/// One value for each endpoint, however many replicas were scraped.
pub fn each(series: &Series) -> String {
    format!("max by ({ENDPOINT}) ({series})")
}

/// A number: 0 where nothing is found, as long as there are endpoints at all.
fn count(expr: &str) -> String {
    format!("count({expr}) or 0 * count({})", endpoints(&table::ENDPOINT_INFO))
}

/// One of [`STATES`] for each endpoint.
fn state() -> String {
    let is = |kind| each(&condition(kind, Status::True));
    let (stalled, ready, moving) = (is(ConditionType::Stalled), is(ConditionType::Ready), is(ConditionType::Reconciling));
    let known = each(&endpoints(&table::ENDPOINT_INFO));
    format!("0 * ({stalled} == 1)\nor 3 * ({ready} == 1)\nor ({moving} == 1)\nor 2 * {known}")
}

/// The first screen: is anything wrong?
fn tiles() -> Vec<Panel> {
    let leader = operators(&table::LEADER);
    let leads = Panel::new(
        Drawing::Number,
        "Leader",
        "none",
        "Whether a replica holds the lease. None: nothing is reconciled, and the rest of this dashboard is empty or old.",
    )
    .ask(format!("max({leader})"), "")
    .say(&[(0.0, "none", Color::Red), (1.0, "leads", Color::Green)]);
    [vec![leads], endpoint_tiles(), aws_tiles()].concat()
}

fn endpoint_tiles() -> Vec<Panel> {
    let stalled = each(&condition(ConditionType::Stalled, Status::True));
    let (cold, warm) = (each(&endpoints(&table::SPILLOVER)), thresholds::SPILLOVER);
    let past = each(&condition(ConditionType::TrafficOnAlias, Status::False));
    vec![
        Panel::new(Drawing::Number, "Endpoints", "none", "WarmLambdaEndpoints that the leader knows.")
            .ask(format!("count({})", each(&endpoints(&table::ENDPOINT_INFO))), ""),
        Panel::new(
            Drawing::Number,
            "Stalled",
            "none",
            "Endpoints that do not become ready without a person.",
        )
        .ask(count(&format!("{stalled} == 1")), "")
        .from(Color::Green, &[(1.0, Color::Red)]),
        Panel::new(
            Drawing::Number,
            "In progress",
            "none",
            "Endpoints on which work is in flight: a rollout takes six to eight minutes.",
        )
        .ask(count(&format!("({}) == 1", state())), "")
        .from(Color::Green, &[(1.0, Color::Orange)]),
        Panel::new(
            Drawing::Number,
            "Cold starts",
            "none",
            "Endpoints of which too many requests find no warm environment.",
        )
        .ask(count(&format!("{cold} > {warm}")), "")
        .from(Color::Green, &[(1.0, Color::Orange)]),
        Panel::new(
            Drawing::Number,
            "Past the alias",
            "none",
            "Endpoints whose requests reach the function past the alias, and so are never warm.",
        )
        .ask(count(&format!("{past} == 1")), "")
        .from(Color::Green, &[(1.0, Color::Orange)]),
    ]
}

fn aws_tiles() -> Vec<Panel> {
    let requests = operators(&table::AWS_REQUESTS).matching("service", "!=", "cloudwatch");
    let failing = requests.clone().matching("code", "!~", EXPECTED_CODES);
    let [some, most] = [0.1, thresholds::AWS_FAILING];
    vec![
        Panel::new(
            Drawing::Number,
            "AWS fails",
            "percentunit",
            "Share of the requests to AWS that fail for a reason that is not the endpoint's: credentials, rights, network, AWS.",
        )
        .ask(format!("(sum(rate({failing}[10m])) or vector(0)) / sum(rate({requests}[10m]))"), "")
        .from(Color::Green, &[(some, Color::Orange), (most, Color::Red)]),
        Panel::new(
            Drawing::Number,
            "Cost per month",
            "currencyUSD",
            "About what the warm capacity that was asked for costs, at list price.",
        )
        .ask(format!("sum({})", each(&endpoints(&table::CAPACITY_COST))), ""),
    ]
}

/// Columns of the table that say nothing to a reader.
const HIDDEN: [&str; 4] = ["Time", "Value #I", "cluster", "job"];

/// Columns of the table, and what they are called.
const HEADINGS: [(&str, &str); 13] = [
    ("Value #A", "State"),
    ("Value #B", "For"),
    ("Value #C", "Asked for"),
    ("Value #D", "Warm"),
    ("Value #E", "Busy"),
    ("Value #F", "Cold starts"),
    ("Value #G", "Through alias"),
    ("Value #H", "$ a month"),
    ("namespace", "Namespace"),
    ("name", "Endpoint"),
    ("function", "Function"),
    ("alias", "Alias"),
    ("function_version", "Version"),
];

/// The order of the columns.
const ORDER: [&str; 13] = [
    "Value #A",
    "Value #B",
    "namespace",
    "name",
    "Value #C",
    "Value #D",
    "Value #E",
    "Value #F",
    "Value #G",
    "function",
    "alias",
    "function_version",
    "Value #H",
];

fn fleet() -> Panel {
    let since = endpoints(&table::ENDPOINT_TRANSITION).with("condition", ConditionType::Ready.as_str());
    let info = format!(
        "max by ({ENDPOINT}, function, alias, function_version) ({})",
        endpoints(&table::ENDPOINT_INFO)
    );
    let value = |metric: &'static Metric| each(&endpoints(metric));
    let map = |pairs: Vec<(&str, Value)>| -> Value {
        pairs
            .into_iter()
            .map(|(k, v)| (k.to_owned(), v))
            .collect::<serde_json::Map<_, _>>()
            .into()
    };
    Panel::new(
        Drawing::Table,
        "Fleet, what is not ready first",
        "none",
        "On hold: suspended, observed only, being deleted, or not looked at yet. A click on an endpoint shows it alone. Empty: nobody leads.",
    )
    .ask(state(), "")
    .ask(format!("time() - {}", each(&since)), "")
    .ask(value(&table::CAPACITY_REQUESTED), "")
    .ask(value(&table::CAPACITY_AVAILABLE), "")
    .ask(value(&table::UTILIZATION), "")
    .ask(value(&table::SPILLOVER), "")
    .ask(value(&table::ALIAS_TRAFFIC), "")
    .ask(value(&table::CAPACITY_COST), "")
    .ask(info, "")
    .transformed(vec![
        json!({"id": "merge", "options": {}}),
        json!({"id": "organize", "options": {
            "excludeByName": map(HIDDEN.map(|name| (name, json!(true))).to_vec()),
            "indexByName": map(ORDER.into_iter().zip(0..).map(|(name, place)| (name, json!(place))).collect()),
            "renameByName": map(HEADINGS.map(|(from, to)| (from, json!(to))).to_vec()),
        }}),
        json!({"id": "sortBy", "options": {"fields": {}, "sort": [{"field": "State", "desc": false}]}}),
    ])
    .overridden(columns())
}

/// What is special in some columns of the table.
fn columns() -> Vec<Value> {
    let states: serde_json::Map<_, _> = STATES
        .iter()
        .zip(0..)
        .map(|((value, text, color), index)| (value.to_string(), json!({"text": text, "color": color.as_str(), "index": index})))
        .collect();
    let colored = |unit: &str, steps: Value| {
        vec![
            json!({"id": "unit", "value": unit}),
            json!({"id": "decimals", "value": 1}),
            json!({"id": "thresholds", "value": {"mode": "absolute", "steps": steps}}),
            json!({"id": "custom.cellOptions", "value": {"type": "color-text"}}),
        ]
    };
    let one =
        "/d/warmlambda?${cluster:queryparam}&${job:queryparam}&var-namespace=${__data.fields.Namespace}&var-name=${__data.fields.Endpoint}";
    let column = |name: &str, properties: Vec<Value>| json!({"matcher": {"id": "byName", "options": name}, "properties": properties});
    vec![
        column(
            "State",
            vec![
                json!({"id": "mappings", "value": [{"type": "value", "options": states}]}),
                json!({"id": "custom.cellOptions", "value": {"type": "color-background", "mode": "basic"}}),
            ],
        ),
        column("For", vec![json!({"id": "unit", "value": "dtdurations"})]),
        column(
            "Busy",
            colored(
                "percentunit",
                json!([{"value": null, "color": "text"}, {"value": 0.9, "color": "orange"}]),
            ),
        ),
        column(
            "Cold starts",
            colored(
                "percentunit",
                json!([{"value": null, "color": "text"}, {"value": thresholds::SPILLOVER, "color": "orange"}]),
            ),
        ),
        column(
            "Through alias",
            colored(
                "percentunit",
                json!([{"value": null, "color": "orange"}, {"value": thresholds::ALIAS_TRAFFIC, "color": "text"}]),
            ),
        ),
        column(
            "$ a month",
            vec![json!({"id": "unit", "value": "currencyUSD"}), json!({"id": "decimals", "value": 0})],
        ),
        column(
            "Endpoint",
            vec![json!({"id": "links", "value": [{"title": "This endpoint alone", "url": one, "targetBlank": false}]})],
        ),
    ]
}

/// The one series that is Prometheus' own: which of its alerts fire.
fn alerts() -> Panel {
    Panel::new(
        Drawing::States,
        "Alerts that fired",
        "none",
        "Alerts of warmlambda, red while they fire. Empty is good, unless the rules are not loaded.",
    )
    .ask(
        "max by (alertname, namespace, name) (ALERTS{alertname=~\"WarmLambda.+\", alertstate=\"firing\"})",
        "{{alertname}} {{namespace}}/{{name}}",
    )
    .say(&[(1.0, "fires", Color::Red)])
}

fn unready() -> Panel {
    Panel::new(
        Drawing::States,
        "Endpoints that were not ready",
        "none",
        "Each endpoint while it was not ready, and why. Many at once have one cause: the operator, the account or AWS.",
    )
    .ask(format!("({}) < 3", state()), "{{namespace}}/{{name}}")
    .say(&STATES)
}
