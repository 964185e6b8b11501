//! How busy the warm capacity was, as CloudWatch tells it. Source: AWS-56, AWS-57.

use k8s_openapi::jiff::Timestamp;

/// One sample of an alias. A metric without a datapoint is `None`: unknown, not zero.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Usage {
    /// Busiest minute: share of the allocated environments that were busy, 0.0 to 1.0.
    pub utilization: Option<f64>,
    /// Requests that found no warm environment, summed over the window.
    pub spillover: Option<f64>,
    /// Requests through the alias, summed over the window.
    pub invocations: Option<f64>,
    /// The minute of the newest datapoint.
    pub observed: Option<Timestamp>,
    /// When CloudWatch was asked.
    pub sampled: Timestamp,
}
