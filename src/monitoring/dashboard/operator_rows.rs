//! What AWS answers, and how the operator is.

use super::panel::{Color, Drawing, Panel};
use super::{Row, chosen_operators, operators};
use crate::metrics::CONTROLLER;
use crate::metrics::table::{self, Metric};
use crate::monitoring::operator_alerts::{EXPECTED_CODES, KUBERNETES_FAILURES};
use crate::monitoring::promql::{Series, controller};
use crate::monitoring::thresholds;

/// The rows about AWS and the operator.
pub fn rows() -> Vec<Row> {
    let row = |title, panels| Row { title, panels };
    vec![
        row("AWS API and quotas", [requests(), quotas()].concat()),
        row("Controller", [passes(), replicas()].concat()),
        row("Kubernetes API", kubernetes()),
    ]
}

fn lines(title: &'static str, unit: &'static str, description: &'static str) -> Panel {
    Panel::new(Drawing::Lines, title, unit, description)
}

fn rate(labels: &str, series: &Series) -> String {
    format!("sum by ({labels}) (rate({series}[$__rate_interval]))")
}

/// The time within which so many of the observations of a histogram lie.
fn quantile(q: &str, labels: &str, series: &Series) -> String {
    format!("histogram_quantile({q}, {})", rate(&format!("{labels}le"), series))
}

fn requests() -> Vec<Panel> {
    let all = || operators(&table::AWS_REQUESTS);
    let failing = all().matching("code", "!~", EXPECTED_CODES);
    let took = chosen_operators(Series::buckets(&table::AWS_SECONDS));
    vec![
        lines(
            "Requests to AWS",
            "reqps",
            "By service. A quiet endpoint costs six reads every five minutes; more is a rollout, or a fleet that is looked at anew.",
        )
        .ask(rate("service", &all()), "{{service}}"),
        Panel::new(
            Drawing::Bars,
            "Requests that fail",
            "reqps",
            "By AWS's code, without answers that are no failure. AccessDenied: the role; Timeout and NoAnswer: the network; NoCredentials: the service account.",
        )
        .ask(format!("{} > 0", rate("service, code", &failing)), "{{service}} {{code}}"),
        lines(
            "Time of a request",
            "s",
            "99 of 100 requests to AWS are answered within this time. It ends at 10 s, the time-out of an attempt.",
        )
        .ask(quantile("0.99", "service, ", &took), "{{service}}"),
    ]
}

fn quotas() -> Vec<Panel> {
    let throttled = rate("service", &operators(&table::AWS_THROTTLED));
    let (all, again) = (
        rate("service", &operators(&table::AWS_REQUESTS)),
        rate("service", &operators(&table::AWS_RETRIES)),
    );
    let account = |metric: &'static Metric| format!("max by (account, region) ({})", operators(metric));
    vec![
        lines(
            "Throttled requests",
            "percentunit",
            "Share of the requests that AWS refuses because somebody uses up the account's request quota. The operator pauses and goes on.",
        )
        .from(Color::Green, &[(thresholds::AWS_THROTTLED, Color::Orange)])
        .ask(format!("{throttled} / {all}"), "{{service}}"),
        lines("Repeated requests", "reqps", "Reads that were not the first attempt.").ask(again, "{{service}}"),
        lines(
            "Concurrency of the account",
            "short",
            "What AWS allows the account in a region, and what no function has reserved. AWS keeps 100 of that and refuses what goes beyond.",
        )
        .ask(account(&table::ACCOUNT_LIMIT), "{{account}} {{region}} limit")
        .ask(account(&table::ACCOUNT_UNRESERVED), "{{account}} {{region}} unreserved"),
    ]
}

fn passes() -> Vec<Panel> {
    let of_ours = |metric| chosen_operators(controller(metric));
    let total = || of_ours(&table::RECONCILE_TOTAL);
    let took = chosen_operators(Series::buckets(&table::RECONCILE_SECONDS).with("controller", CONTROLLER));
    let (errors, terminal) = (of_ours(&table::RECONCILE_ERRORS), of_ours(&table::TERMINAL_ERRORS));
    vec![
        Panel::new(
            Drawing::Bars,
            "Passes",
            "ops",
            "By result. A quiet endpoint has one about every five minutes.",
        )
        .ask(rate("result", &total()), "{{result}}"),
        lines(
            "Passes that fail",
            "percentunit",
            "Failed: a call failed and the pass is repeated. Stalled: the pass found what time does not heal.",
        )
        .up_to(1.0)
        .from(Color::Green, &[(thresholds::RECONCILE_ERRORS, Color::Orange)])
        .ask(format!("{} / {}", rate("job", &errors), rate("job", &total())), "{{job}} failed")
        .ask(format!("{} / {}", rate("job", &terminal), rate("job", &total())), "{{job}} Stalled"),
        lines(
            "Time of a pass",
            "s",
            "Half, and 99 of 100, end within this time. A pass is ended after two minutes.",
        )
        .ask(quantile("0.5", "", &took), "half")
        .ask(quantile("0.99", "", &took), "99 %"),
    ]
}

fn replicas() -> Vec<Panel> {
    let of_queue = |series: Series| chosen_operators(series.with("name", CONTROLLER));
    let depth = of_queue(Series::of(&table::QUEUE_DEPTH));
    let waits = of_queue(Series::buckets(&table::QUEUE_SECONDS));
    let adds = of_queue(Series::of(&table::QUEUE_ADDS));
    let (busy, places) = (operators_passes(&table::ACTIVE_WORKERS), operators_passes(&table::MAX_CONCURRENT));
    vec![
        Panel::new(
            Drawing::States,
            "Who leads",
            "none",
            "One replica at a time. A gap is a time in which nobody looked at the endpoints; half a minute is usual when a leader vanishes.",
        )
        .sized(8, 8)
        .ask(format!("max by (instance) ({})", operators(&table::LEADER)), "{{instance}}")
        .say(&[(0.0, "waits", Color::Grey), (1.0, "leads", Color::Green)]),
        lines(
            "Endpoints that wait",
            "short",
            "Endpoints that are due and have no free place, and passes that run, of those that may.",
        )
        .ask(format!("sum({depth})"), "wait")
        .ask(format!("max({busy})"), "run")
        .ask(format!("max({places})"), "may run")
        .ask(format!("sum(rate({adds}[$__rate_interval]))"), "become due, per second"),
        lines(
            "Time in the queue",
            "s",
            "How long an endpoint that is due waits for its pass. Above a minute changes are seen late.",
        )
        .from(Color::Green, &[(thresholds::QUEUE_SECONDS, Color::Orange)])
        .ask(quantile("0.5", "", &waits), "half")
        .ask(quantile("0.9", "", &waits), "nine in ten"),
    ]
}

fn operators_passes(metric: &'static Metric) -> Series {
    chosen_operators(controller(metric))
}

fn kubernetes() -> Vec<Panel> {
    let requests = || operators(&table::REST_REQUESTS);
    let failing = requests().matching("code", "=~", KUBERNETES_FAILURES);
    let writes = operators(&table::STATUS_WRITES);
    let build = operators(&table::BUILD_INFO);
    vec![
        lines(
            "Requests to the API server",
            "reqps",
            "By method and status. Each replica asks for its lease every two seconds; the rest should be little while all is quiet.",
        )
        .ask(rate("method, code", &requests()), "{{method}} {{code}}"),
        Panel::new(
            Drawing::Bars,
            "Refused or unanswered",
            "reqps",
            "403: RBAC; 401: the token; 429 and 5xx: the API server; <error>: no answer.",
        )
        .ask(format!("{} > 0", rate("method, code", &failing)), "{{method}} {{code}}"),
        Panel::new(
            Drawing::Bars,
            "Status writes",
            "ops",
            "What became of status reports. Written should be rare while all is quiet; conflicts are a second writer.",
        )
        .ask(rate("result", &writes), "{{result}}"),
        Panel::new(
            Drawing::Number,
            "Endpoints that do not parse",
            "none",
            "Objects that the operator cannot read and leaves alone: most often the CRD and the operator are of different versions.",
        )
        .sized(8, 8)
        .ask(format!("max({})", operators(&table::UNDECODABLE)), "")
        .from(Color::Green, &[(1.0, Color::Orange)]),
        lines(
            "Replicas by version",
            "short",
            "Two versions at once are an upgrade that is under way, or stuck.",
        )
        .sized(16, 8)
        .ask(format!("count by (version, revision) ({build})"), "{{version}} {{revision}}"),
    ]
}
