//! The first screen: is anything wrong, where, and since when.

use super::panel::{Color, Drawing, Panel};
use super::{Row, endpoints, fleet_table, operators};
use crate::api::ConditionType;
use crate::metrics::table;
use crate::monitoring::operator_alerts::EXPECTED_CODES;
use crate::monitoring::promql::{ENDPOINT, Series};
use crate::monitoring::thresholds;
use crate::plan::conditions::Status;

/// States of an endpoint, the worst first: the table is sorted by them.
pub const STATES: [(f64, &str, Color); 4] = [
    (0.0, "Stalled", Color::Red),
    (1.0, "In progress", Color::Orange),
    (2.0, "On hold", Color::Blue),
    (3.0, "Ready", Color::Green),
];

/// Tiles, the table, and what was wrong when.
pub fn row() -> Row {
    let mut panels = tiles();
    panels.extend([fleet_table::panel(), alerts(), unready()]);
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
pub fn state() -> String {
    let is = |kind| each(&condition(kind, Status::True));
    let (stalled, ready, moving) = (is(ConditionType::Stalled), is(ConditionType::Ready), is(ConditionType::Reconciling));
    let known = each(&endpoints(&table::ENDPOINT_INFO));
    format!("0 * ({stalled} == 1)\nor 3 * ({ready} == 1)\nor ({moving} == 1)\nor 2 * {known}")
}

fn number(title: &'static str, unit: &'static str, description: &'static str) -> Panel {
    Panel::new(Drawing::Number, title, unit, description)
}

fn tiles() -> Vec<Panel> {
    let leader = operators(&table::LEADER);
    let requests = operators(&table::AWS_REQUESTS).matching("service", "!=", "cloudwatch");
    let failing = requests.clone().matching("code", "!~", EXPECTED_CODES);
    let [some, most] = [0.1, thresholds::AWS_FAILING];
    let first = [
        number(
            "Leader",
            "none",
            "Whether a replica holds the lease. None: nothing is reconciled, and the rest of this dashboard is empty or old.",
        )
        .ask(format!("max({leader})"), "")
        .say(&[(0.0, "none", Color::Red), (1.0, "leads", Color::Green)]),
        number("Endpoints", "none", "WarmLambdaEndpoints that the leader knows.")
            .ask(format!("count({})", each(&endpoints(&table::ENDPOINT_INFO))), ""),
    ];
    let last = [
        number(
            "AWS fails",
            "percentunit",
            "Share of the requests to AWS that fail for a reason that is not the endpoint's: credentials, rights, network, AWS.",
        )
        .ask(format!("(sum(rate({failing}[10m])) or vector(0)) / sum(rate({requests}[10m]))"), "")
        .from(Color::Green, &[(some, Color::Orange), (most, Color::Red)]),
        number(
            "Cost per month",
            "currencyUSD",
            "About what the warm capacity that was asked for costs, at list price.",
        )
        .ask(format!("sum({})", each(&endpoints(&table::CAPACITY_COST))), ""),
    ];
    first.into_iter().chain(in_need()).chain(last).collect()
}

/// How many endpoints are in which need.
fn in_need() -> [Panel; 4] {
    let stalled = each(&condition(ConditionType::Stalled, Status::True));
    let (cold, warm) = (each(&endpoints(&table::SPILLOVER)), thresholds::SPILLOVER);
    let past = each(&condition(ConditionType::TrafficOnAlias, Status::False));
    [
        number("Stalled", "none", "Endpoints that do not become ready without a person.")
            .ask(count(&format!("{stalled} == 1")), "")
            .from(Color::Green, &[(1.0, Color::Red)]),
        number(
            "In progress",
            "none",
            "Endpoints on which work is in flight: a rollout takes six to eight minutes.",
        )
        .ask(count(&format!("({}) == 1", state())), "")
        .from(Color::Green, &[(1.0, Color::Orange)]),
        number(
            "Cold starts",
            "none",
            "Endpoints of which too many requests find no warm environment.",
        )
        .ask(count(&format!("{cold} > {warm}")), "")
        .from(Color::Green, &[(1.0, Color::Orange)]),
        number(
            "Past the alias",
            "none",
            "Endpoints whose requests reach the function past the alias, and so are never warm.",
        )
        .ask(count(&format!("{past} == 1")), "")
        .from(Color::Green, &[(1.0, Color::Orange)]),
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
