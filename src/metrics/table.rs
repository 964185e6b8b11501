//! Every metric of the operator: what the registry takes, and what the reference page is made of.

/// Seconds of one pass or one call of AWS: a call answers within 50 to 500 ms, a pass makes up to a dozen, 10 s is the
/// time-out of one attempt, 120 s that of a pass.
const SECONDS: &[f64] = &[0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0];

/// Seconds that a due endpoint waits for its pass: none while places are free, minutes when AWS answers slowly and all are taken.
const WAIT_SECONDS: &[f64] = &[0.01, 0.1, 0.5, 1.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0];

/// Seconds until warm capacity is there: AWS needs one to a few minutes, and 15 are more than it ever should. Source: AWS-26.
const ALLOCATION_SECONDS: &[f64] = &[
    5.0, 10.0, 20.0, 30.0, 45.0, 60.0, 90.0, 120.0, 180.0, 240.0, 300.0, 420.0, 600.0, 900.0,
];

/// One metric.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Metric {
    /// Name with unit and, for counters, `_total`.
    pub name: &'static str,
    /// What kind of number it is.
    pub kind: Kind,
    /// Names of its labels, in their order.
    pub labels: &'static [&'static str],
    /// What it says, in one sentence.
    pub help: &'static str,
    /// Whether it may still change.
    pub stability: Stability,
}

/// Kinds of metrics.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// Only grows.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Counts observations by size; these are the upper bounds.
    Histogram(&'static [f64]),
}

impl Kind {
    /// The word in the exposition format.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram(_) => "histogram",
        }
    }
}

/// Whether a metric may still change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stability {
    /// Changes only in a major version.
    Stable,
    /// May change in a minor version, with a note.
    Beta,
}

macro_rules! metrics {
    ($($id:ident = $kind:expr, $name:literal, [$($label:literal),*], $stability:ident, $help:literal;)+) => {
        $(#[doc = $help] pub const $id: Metric = Metric {
            name: $name, kind: $kind, labels: &[$($label),*], help: $help, stability: Stability::$stability,
        };)+
        /// Every metric, in the order of the page.
        pub const ALL: &[Metric] = &[$($id),+];
    };
}

// The names of controller-runtime and client-go are kept to the letter, so that stock dashboards and alerts work.
metrics! {
    BUILD_INFO = Kind::Gauge, "warmlambda_build_info", ["version", "revision", "rustc"], Stable,
        "Always 1; the labels say what runs.";
    LEADER = Kind::Gauge, "leader_election_master_status", ["name"], Stable,
        "1 when this process holds the lease and may write, else 0.";
    RECONCILE_TOTAL = Kind::Counter, "controller_runtime_reconcile_total", ["controller", "result"], Stable,
        "Passes by result: success (nothing more until the object changes), requeue_after, requeue (the object changed meanwhile), error.";
    RECONCILE_ERRORS = Kind::Counter, "controller_runtime_reconcile_errors_total", ["controller"], Stable,
        "Passes that are repeated because a call failed.";
    TERMINAL_ERRORS = Kind::Counter, "controller_runtime_terminal_reconcile_errors_total", ["controller"], Stable,
        "Passes that left an endpoint Stalled, which time does not heal; they are not counted as errors.";
    RECONCILE_SECONDS = Kind::Histogram(SECONDS), "controller_runtime_reconcile_time_seconds", ["controller"], Stable,
        "Length of a pass in seconds.";
    ACTIVE_WORKERS = Kind::Gauge, "controller_runtime_active_workers", ["controller"], Stable,
        "Passes that run now.";
    MAX_CONCURRENT = Kind::Gauge, "controller_runtime_max_concurrent_reconciles", ["controller"], Stable,
        "Passes that may run at once.";
    QUEUE_DEPTH = Kind::Gauge, "workqueue_depth", ["name"], Stable,
        "Endpoints that are due for a pass and wait for a free place.";
    QUEUE_ADDS = Kind::Counter, "workqueue_adds_total", ["name"], Stable,
        "Times that an endpoint became due for a pass; what is asked for again while it waits is one.";
    QUEUE_SECONDS = Kind::Histogram(WAIT_SECONDS), "workqueue_queue_duration_seconds", ["name"], Stable,
        "Seconds that a due endpoint waited until its pass began.";
    REST_REQUESTS = Kind::Counter, "rest_client_requests_total", ["code", "method", "host"], Stable,
        "Requests to the Kubernetes API by HTTP status, or <error> when there was no answer.";
    UNDECODABLE = Kind::Gauge, "warmlambda_undecodable_endpoints", [], Beta,
        "Objects of our kind that do not parse and are left alone.";
    STATUS_WRITES = Kind::Counter, "warmlambda_status_writes_total", ["result"], Beta,
        "Status reports by what became of them: written, skipped because nothing changed, conflict, failed.";
    ENDPOINT_INFO = Kind::Gauge, "warmlambda_endpoint_info",
        ["namespace", "name", "function", "alias", "function_version", "trigger", "region", "account"], Stable,
        "Always 1; the labels say what the endpoint is.";
    ENDPOINT_MANAGED = Kind::Gauge, "warmlambda_endpoint_managed", ["namespace", "name"], Beta,
        "1 when the operator may write to AWS for the endpoint; 0 when it is suspended, or managementPolicy is Observe.";
    ENDPOINT_CONDITION = Kind::Gauge, "warmlambda_endpoint_status_condition", ["namespace", "name", "condition", "status"], Stable,
        "1 for the status that a condition has, 0 for the two others.";
    ENDPOINT_TRANSITION = Kind::Gauge, "warmlambda_endpoint_condition_last_transition_timestamp_seconds",
        ["namespace", "name", "condition"], Beta,
        "Unix time at which a condition last changed its status.";
    CAPACITY_REQUESTED = Kind::Gauge, "warmlambda_endpoint_provisioned_concurrency_requested", ["namespace", "name"], Stable,
        "Warm execution environments that were asked for.";
    CAPACITY_ALLOCATED = Kind::Gauge, "warmlambda_endpoint_provisioned_concurrency_allocated", ["namespace", "name"], Stable,
        "Warm execution environments that AWS has allocated.";
    CAPACITY_AVAILABLE = Kind::Gauge, "warmlambda_endpoint_provisioned_concurrency_available", ["namespace", "name"], Stable,
        "Warm execution environments that can take a request.";
    UTILIZATION = Kind::Gauge, "warmlambda_endpoint_provisioned_concurrency_utilization_ratio", ["namespace", "name"], Stable,
        "Share of the warm environments that were busy in the busiest minute of the last window, from 0 to 1.";
    SPILLOVER = Kind::Gauge, "warmlambda_endpoint_spillover_ratio", ["namespace", "name"], Beta,
        "Share of the requests through the alias that found no warm environment in the last window, from 0 to 1.";
    ALIAS_TRAFFIC = Kind::Gauge, "warmlambda_endpoint_alias_traffic_ratio", ["namespace", "name"], Beta,
        "Share of the function's requests that came through the alias in the last window, from 0 to 1; requests through aliases of other endpoints are left out.";
    WARM_TRAFFIC = Kind::Gauge, "warmlambda_endpoint_warm_traffic_ratio", ["namespace", "name"], Beta,
        "Share of the requests through the alias that a warm environment served in the last window, from 0 to 1.";
    ITERATOR_AGE = Kind::Gauge, "warmlambda_endpoint_iterator_age_seconds", ["namespace", "name"], Beta,
        "Age of the records that the function got from its streams, in the worst minute of the last window.";
    THROTTLES = Kind::Gauge, "warmlambda_endpoint_throttles", ["namespace", "name"], Beta,
        "Calls of the function that were throttled in the last window; only with event sources.";
    CAPACITY_COST = Kind::Gauge, "warmlambda_endpoint_provisioned_concurrency_cost_dollars_per_month", ["namespace", "name"], Beta,
        "About what the warm environments that were asked for cost in a month, in US dollars at list price.";
    METRICS_AGE = Kind::Gauge, "warmlambda_endpoint_metrics_age_seconds", ["namespace", "name"], Beta,
        "Seconds since the newest datapoint that CloudWatch had for the endpoint.";
    ALLOCATION_TIME = Kind::Histogram(ALLOCATION_SECONDS), "warmlambda_endpoint_allocation_duration_seconds", [], Beta,
        "Seconds from asking AWS for more warm environments, or for those of a new version, until all were seen warm.";
    DRIFT = Kind::Counter, "warmlambda_endpoint_drift_corrections_total", ["namespace", "name", "resource"], Beta,
        "Writes that put right what somebody else had changed while the endpoint was Ready.";
    ACCOUNT_LIMIT = Kind::Gauge, "warmlambda_account_concurrency_limit", ["account", "region"], Beta,
        "Concurrent executions that AWS allows the account in a region.";
    ACCOUNT_UNRESERVED = Kind::Gauge, "warmlambda_account_concurrency_unreserved_available", ["account", "region"], Beta,
        "Of these, what no function has reserved; provisioned concurrency is taken off only where it lies within a reservation.";
    AWS_REQUESTS = Kind::Counter, "warmlambda_aws_requests_total", ["service", "operation", "code"], Stable,
        "Requests to AWS by outcome: ok, or AWS's error code.";
    AWS_SECONDS = Kind::Histogram(SECONDS), "warmlambda_aws_request_duration_seconds", ["service", "operation"], Stable,
        "Length of one request to AWS in seconds.";
    AWS_RETRIES = Kind::Counter, "warmlambda_aws_request_retries_total", ["service", "operation"], Stable,
        "Requests that were not the first attempt; only reads are repeated.";
    AWS_THROTTLED = Kind::Counter, "warmlambda_aws_throttled_total", ["service", "operation"], Stable,
        "Requests that AWS refused because there were too many.";
}

/// The reference page, in Markdown.
pub fn markdown() -> String {
    let mut page = String::from("| metric | type | labels | stability | meaning |\n| --- | --- | --- | --- | --- |\n");
    for metric in ALL {
        let labels = metric.labels.iter().map(|l| format!("`{l}`")).collect::<Vec<_>>().join(", ");
        // In a page it would be a tag.
        let help = metric.help.replace('<', "&lt;").replace('>', "&gt;");
        let (name, kind) = (metric.name, metric.kind.as_str());
        let stability = match metric.stability {
            Stability::Stable => "stable",
            Stability::Beta => "beta",
        };
        page.push_str(&format!("| `{name}` | {kind} | {labels} | {stability} | {help} |\n"));
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_conventions_of_prometheus() {
        for metric in ALL {
            let counter = metric.kind == Kind::Counter;
            assert_eq!(
                metric.name.ends_with("_total"),
                counter,
                "{}: counters, and only they, end in _total",
                metric.name
            );
            assert!(metric.name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{}", metric.name);
            assert!(!metric.name.contains("millisecond"), "{}: base units", metric.name);
            assert_eq!(ALL.iter().filter(|m| m.name == metric.name).count(), 1, "{} is unique", metric.name);
        }
    }
}
