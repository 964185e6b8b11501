//! What endpoints have, what is asked of them, and what it costs.

use super::fleet::{condition, each};
use super::panel::{Color, Drawing, Panel};
use super::{Row, endpoints, operators};
use crate::api::ConditionType;
use crate::metrics::table::{self, Metric};
use crate::monitoring::promql::{OPERATOR, Series};
use crate::monitoring::thresholds;
use crate::plan::conditions::Status;

/// How a series of an endpoint is called.
const NAME: &str = "{{namespace}}/{{name}}";

/// The rows about endpoints.
pub fn rows() -> Vec<Row> {
    let row = |title, panels| Row { title, panels };
    vec![
        row("Capacity against demand", capacity()),
        row("Rollouts and drift", rollouts()),
        row("Traffic path", traffic()),
        row("Streams and queues", streams()),
        row("Cost", cost()),
    ]
}

fn lines(title: &'static str, unit: &'static str, description: &'static str) -> Panel {
    Panel::new(Drawing::Lines, title, unit, description)
}

/// A line for each endpoint.
fn per_endpoint(panel: Panel, metric: &'static Metric) -> Panel {
    panel.ask(each(&endpoints(metric)), NAME)
}

fn total(metric: &'static Metric) -> String {
    format!("sum({})", each(&endpoints(metric)))
}

fn capacity() -> Vec<Panel> {
    let [allocated, requested] = [&table::CAPACITY_ALLOCATED, &table::CAPACITY_REQUESTED].map(|metric| each(&endpoints(metric)));
    let busy = format!(
        "sum({} * {})",
        each(&endpoints(&table::CAPACITY_AVAILABLE)),
        each(&endpoints(&table::UTILIZATION))
    );
    vec![
        lines(
            "Warm environments",
            "short",
            "Of the chosen endpoints together. Asked for above allocated: AWS is not done. Busy close to warm: cold starts are near.",
        )
        .ask(total(&table::CAPACITY_REQUESTED), "asked for")
        .ask(total(&table::CAPACITY_ALLOCATED), "allocated")
        .ask(total(&table::CAPACITY_AVAILABLE), "warm")
        .ask(busy, "busy in the busiest minute"),
        per_endpoint(
            lines(
                "Busy share",
                "percentunit",
                "Share of the warm environments that were busy in the busiest minute. Above 90 % raise the number; below 10 % for hours, lower it.",
            )
            .up_to(1.0)
            .from(Color::Blue, &[(thresholds::IDLE, Color::Green), (0.9, Color::Orange)]),
            &table::UTILIZATION,
        ),
        lines(
            "Not allocated yet",
            "short",
            "Environments that were asked for and that AWS has not allocated. Minutes are usual; a quarter of an hour is not.",
        )
        .ask(format!("({requested} - {allocated}) > 0"), NAME),
    ]
}

fn rollouts() -> Vec<Panel> {
    let took = Series::buckets(&table::ALLOCATION_TIME)
        .matching("cluster", "=~", "$cluster")
        .matching("job", "=~", "$job");
    let quantile = |q: &str| format!("histogram_quantile({q}, sum by (le) (rate({took}[1h])))");
    let moved =
        endpoints(&table::ENDPOINT_TRANSITION).matching("condition", "=~", "Ready|AliasReady|CapacityReady|PermissionReady|TriggerReady");
    let drift = endpoints(&table::DRIFT);
    vec![
        lines(
            "Time until capacity is warm",
            "s",
            "From asking AWS for environments until all are warm, over the last hour. AWS needs one to a few minutes; a new version six to eight.",
        )
        .ask(quantile("0.5"), "half of them within")
        .ask(quantile("0.9"), "nine in ten within"),
        Panel::new(
            Drawing::Bars,
            "Conditions that changed",
            "short",
            "How often a condition turned. A link that turns all the time has two masters, or a dependency that comes and goes.",
        )
        .ask(format!("sum by (condition) (changes({moved}[$__rate_interval])) > 0"), "{{condition}}"),
        Panel::new(
            Drawing::Bars,
            "Corrected drift",
            "short",
            "Writes that put right what somebody else had changed. One is an accident; more than three an hour are a second owner.",
        )
        .ask(
            format!("sum by (namespace, name, resource) (increase({drift}[$__rate_interval])) > 0"),
            "{{namespace}}/{{name}} {{resource}}",
        ),
    ]
}

fn traffic() -> Vec<Panel> {
    let share = |title, description| lines(title, "percentunit", description).up_to(1.0);
    vec![
        per_endpoint(
            share(
                "Requests through the alias",
                "Share of the function's requests that come through the alias. Below 95 %: somebody calls the function past it, never warm.",
            )
            .at_least(thresholds::ALIAS_TRAFFIC, Color::Orange),
            &table::ALIAS_TRAFFIC,
        ),
        per_endpoint(
            lines(
                "Cold starts by endpoint",
                "percentunit",
                "Share of the requests through the alias that found no warm environment. Above 1 % capacity is too small.",
            )
            .from(Color::Green, &[(thresholds::SPILLOVER, Color::Orange)]),
            &table::SPILLOVER,
        ),
        per_endpoint(
            share(
                "Warm requests",
                "Share of the requests through the alias that a warm environment served.",
            ),
            &table::WARM_TRAFFIC,
        ),
    ]
}

fn streams() -> Vec<Panel> {
    let failing = each(&condition(ConditionType::RecordsFailing, Status::True));
    vec![
        per_endpoint(
            lines(
                "Age of records",
                "s",
                "How old records are when the function gets them. It grows by a second a second while a batch fails; after 24 hours DynamoDB drops them.",
            )
            .from(
                Color::Green,
                &[(thresholds::ITERATOR_AGE, Color::Orange), (thresholds::ITERATOR_AGE_LOSS, Color::Red)],
            ),
            &table::ITERATOR_AGE,
        ),
        per_endpoint(
            lines(
                "Throttled calls",
                "short",
                "Calls of the function that were throttled in the last window: reserved or account concurrency is used up.",
            ),
            &table::THROTTLES,
        ),
        Panel::new(
            Drawing::States,
            "Functions that fail on records",
            "none",
            "Red while a mapping hands records over in vain.",
        )
        .sized(8, 8)
        .ask(format!("{failing} == 1"), NAME)
        .say(&[(1.0, "fails", Color::Red)]),
    ]
}

fn cost() -> Vec<Panel> {
    let idle = each(&condition(ConditionType::CapacityIdle, Status::True));
    let age = operators(&table::METRICS_AGE);
    let price = each(&endpoints(&table::CAPACITY_COST));
    vec![
        per_endpoint(
            lines(
                "Cost per month by endpoint",
                "currencyUSD",
                "About what the warm capacity that was asked for costs in a month, at list price. Requests come on top.",
            ),
            &table::CAPACITY_COST,
        ),
        lines(
            "Paid for and idle",
            "currencyUSD",
            "Cost per month of endpoints whose capacity hardly anybody has used for hours.",
        )
        .ask(format!("{price} and {idle} == 1"), NAME),
        lines(
            "Age of CloudWatch's numbers",
            "s",
            "Seconds since the newest datapoint, of the endpoint with the oldest. Up to 17 minutes are usual; above half an hour CloudWatch does not answer.",
        )
        .from(Color::Green, &[(thresholds::METRICS_AGE, Color::Orange)])
        .ask(format!("max by ({OPERATOR}) ({age})"), "{{job}}"),
    ]
}
