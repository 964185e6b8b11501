//! What is watched: alerts and a dashboard, made of the metrics that the program has.

mod alert;
mod dashboard;
mod endpoint_alerts;
mod operator_alerts;
mod promql;
mod runbook;
pub mod thresholds;

pub use alert::{Alert, Group, Impact, Severity};
pub use dashboard::dashboard;
pub use runbook::{head as runbook_head, index as runbook_index};

/// Every alert, in the order in which it is shown.
pub fn groups() -> Vec<Group> {
    vec![endpoint_alerts::group(), operator_alerts::group(), operator_alerts::aws_group()]
}

/// The alerts as a file of rules for Prometheus.
///
/// # Errors
/// When it cannot be written as YAML, which would be a defect of this program.
pub fn alerts() -> Result<String, serde_saphyr::ser::Error> {
    alert::rules_yaml(&groups())
}
