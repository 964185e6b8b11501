//! PromQL, put together from the metrics that the program has: what does not exist does not compile.

use std::fmt;

use crate::api::ConditionType;
use crate::metrics::table::{self, Metric};
use crate::metrics::{CONTROLLER, Kind};
use crate::plan::conditions::Status;

/// What tells endpoints apart. `cluster` is there only where somebody adds it; `job` is the operator that speaks of them.
pub const ENDPOINT: &str = "cluster, job, namespace, name";

/// What tells operators apart: `namespace` and `job` are those of its pods.
pub const OPERATOR: &str = "cluster, namespace, job";

/// How long an endpoint may be without a voice: a lease ends after 15 s, its next holder keeps quiet for 10 s, and is scraped
/// within a minute.
const BRIDGED: &str = "5m";

/// Series of one metric, as an instant vector selector.
#[derive(Clone, Debug)]
pub struct Series {
    metric: &'static Metric,
    suffix: &'static str,
    matchers: Vec<String>,
}

impl Series {
    /// All series of a metric.
    pub const fn of(metric: &'static Metric) -> Self {
        Self {
            metric,
            suffix: "",
            matchers: Vec::new(),
        }
    }

    /// The buckets of a histogram.
    pub fn buckets(metric: &'static Metric) -> Self {
        debug_assert!(matches!(metric.kind, Kind::Histogram(_)), "{} has no buckets", metric.name);
        Self {
            suffix: "_bucket",
            ..Self::of(metric)
        }
    }

    /// Those of them whose label is `value`.
    pub fn with(self, label: &'static str, value: &str) -> Self {
        self.matching(label, "=", value)
    }

    /// Those of them whose label matches by `operator`, for instance `=~`.
    pub fn matching(mut self, label: &'static str, operator: &str, value: &str) -> Self {
        debug_assert!(
            self.metric.labels.contains(&label) || TARGET_LABELS.contains(&label),
            "{} has no label {label}",
            self.metric.name
        );
        self.matchers.push(format!("{label}{operator}\"{value}\""));
        self
    }
}

/// Labels that Prometheus puts on each series of a target.
const TARGET_LABELS: [&str; 3] = ["cluster", "namespace", "job"];

impl fmt::Display for Series {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.metric.name, self.suffix)?;
        if self.matchers.is_empty() {
            return Ok(());
        }
        write!(f, "{{{}}}", self.matchers.join(","))
    }
}

/// A condition of endpoints that has this status.
pub fn condition(kind: ConditionType, status: Status) -> Series {
    Series::of(&table::ENDPOINT_CONDITION)
        .with("condition", kind.as_str())
        .with("status", status.as_str())
}

/// Series of our controller, under a name that every operator of controller-runtime uses.
pub fn controller(metric: &'static Metric) -> Series {
    Series::of(metric).with("controller", CONTROLLER)
}

/// One value per endpoint. While no operator speaks of endpoints at all, because another one is about to lead, its last word holds: else every
/// restart would begin the waiting time of an alert anew. An endpoint that is deleted, or has no such series any more, is gone at
/// once.
pub fn held(series: &Series) -> String {
    let spoken = Series::of(&table::ENDPOINT_INFO);
    bracketed(&format!(
        "max by ({ENDPOINT}) ({series})\nor\nmax by ({ENDPOINT}) (last_over_time({series}[{BRIDGED}])) unless on (cluster, job) {spoken}"
    ))
}

/// An expression in brackets, on lines of its own.
pub fn bracketed(expr: &str) -> String {
    format!("(\n  {}\n)", expr.replace('\n', "\n  "))
}

/// Keeps of a vector of endpoints those that the operator may write for: what is suspended or observed is nobody's alarm.
pub fn managed() -> String {
    let managed = Series::of(&table::ENDPOINT_MANAGED);
    format!("and max by ({ENDPOINT}) (last_over_time({managed}[{BRIDGED}])) == 1")
}

/// The sum of a counter's growth per second, per operator and further labels. Growth survives a restart.
pub fn rate_by(labels: &str, series: &Series, window: &str) -> String {
    format!("sum by ({labels}) (rate({series}[{window}]))")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_series_is_written_as_a_selector() {
        assert_eq!(Series::of(&table::BUILD_INFO).to_string(), "warmlambda_build_info");
        assert_eq!(
            condition(ConditionType::Ready, Status::True).to_string(),
            r#"warmlambda_endpoint_status_condition{condition="Ready",status="True"}"#
        );
        assert_eq!(
            Series::buckets(&table::AWS_SECONDS)
                .matching("service", "=~", "lambda|sts")
                .to_string(),
            r#"warmlambda_aws_request_duration_seconds_bucket{service=~"lambda|sts"}"#
        );
    }

    #[test]
    #[should_panic(expected = "warmlambda_build_info has no label zone")]
    fn a_label_that_the_metric_does_not_have_is_refused() {
        let _ = Series::of(&table::BUILD_INFO).with("zone", "a");
    }
}
