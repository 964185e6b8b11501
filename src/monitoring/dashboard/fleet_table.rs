//! The table of all endpoints, the worst first.

use serde_json::{Map, Value, json};

use super::endpoints;
use super::fleet::{STATES, each, state};
use super::panel::{Drawing, Panel};
use crate::api::ConditionType;
use crate::metrics::table::{self, Metric};
use crate::monitoring::promql::ENDPOINT;
use crate::monitoring::thresholds;

/// What the table is sorted by.
const STATE: &str = "State";
/// Where a click leads to.
const ALONE: &str =
    "/d/warmlambda?${cluster:queryparam}&${job:queryparam}&var-namespace=${__data.fields.Namespace}&var-name=${__data.fields.Endpoint}";

/// A column: how Grafana calls it after the answers were joined, its title, and what is special about it.
struct Column {
    field: &'static str,
    title: &'static str,
    properties: Vec<Value>,
}

/// The panel. Each number is a question of its own; the last question brings the labels.
pub fn panel() -> Panel {
    let since = endpoints(&table::ENDPOINT_TRANSITION).with("condition", ConditionType::Ready.as_str());
    let info = format!(
        "max by ({ENDPOINT}, function, alias, function_version) ({})",
        endpoints(&table::ENDPOINT_INFO)
    );
    let value = |metric: &'static Metric| each(&endpoints(metric));
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
    .transformed(transformations(&columns()))
    .overridden(overrides(columns()))
}

/// In their order.
fn columns() -> [Column; 13] {
    let column = |field, title, properties| Column { field, title, properties };
    let states: Map<_, _> = STATES
        .iter()
        .zip(0..)
        .map(|((value, text, color), index)| (value.to_string(), json!({"text": text, "color": color.as_str(), "index": index})))
        .collect();
    [
        column(
            "Value #A",
            STATE,
            vec![
                json!({"id": "mappings", "value": [{"type": "value", "options": states}]}),
                json!({"id": "custom.cellOptions", "value": {"type": "color-background", "mode": "basic"}}),
            ],
        ),
        column("Value #B", "For", vec![json!({"id": "unit", "value": "dtdurations"})]),
        column("namespace", "Namespace", Vec::new()),
        column(
            "name",
            "Endpoint",
            vec![json!({"id": "links", "value": [{"title": "This endpoint alone", "url": ALONE, "targetBlank": false}]})],
        ),
        column("Value #C", "Asked for", Vec::new()),
        column("Value #D", "Warm", Vec::new()),
        column("Value #E", "Busy", share("text", 0.9, "orange")),
        column("Value #F", "Cold starts", share("text", thresholds::SPILLOVER, "orange")),
        column("Value #G", "Through alias", share("orange", thresholds::ALIAS_TRAFFIC, "text")),
        column("function", "Function", Vec::new()),
        column("alias", "Alias", Vec::new()),
        column("function_version", "Version", Vec::new()),
        column(
            "Value #H",
            "$ a month",
            vec![json!({"id": "unit", "value": "currencyUSD"}), json!({"id": "decimals", "value": 0})],
        ),
    ]
}

/// A share, in one colour below `limit` and in another from there on.
fn share(below: &str, limit: f64, above: &str) -> Vec<Value> {
    let steps = json!([{"value": null, "color": below}, {"value": limit, "color": above}]);
    vec![
        json!({"id": "unit", "value": "percentunit"}),
        json!({"id": "decimals", "value": 1}),
        json!({"id": "thresholds", "value": {"mode": "absolute", "steps": steps}}),
        json!({"id": "custom.cellOptions", "value": {"type": "color-text"}}),
    ]
}

/// Joins the answers by endpoint, names and orders the columns, and sorts the rows.
fn transformations(columns: &[Column]) -> Vec<Value> {
    let map = |of: &mut dyn Iterator<Item = (&'static str, Value)>| -> Map<String, Value> { of.map(|(k, v)| (k.to_owned(), v)).collect() };
    let hidden = ["Time", "Value #I", "cluster", "job"];
    vec![
        json!({"id": "merge", "options": {}}),
        json!({"id": "organize", "options": {
            "excludeByName": map(&mut hidden.into_iter().map(|field| (field, json!(true)))),
            "indexByName": map(&mut columns.iter().zip(0..).map(|(column, place)| (column.field, json!(place)))),
            "renameByName": map(&mut columns.iter().map(|column| (column.field, json!(column.title)))),
        }}),
        json!({"id": "sortBy", "options": {"fields": {}, "sort": [{"field": STATE, "desc": false}]}}),
    ]
}

fn overrides(columns: [Column; 13]) -> Vec<Value> {
    let special = columns.into_iter().filter(|column| !column.properties.is_empty());
    special
        .map(|column| json!({"matcher": {"id": "byName", "options": column.title}, "properties": column.properties}))
        .collect()
}
