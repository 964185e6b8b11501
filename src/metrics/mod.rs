//! What Prometheus may know: the table of metrics, the numbers, and their text.

mod endpoints;
mod queue;
mod registry;
mod rest_client;
pub(crate) mod table;

use std::collections::BTreeMap;
use std::time::Duration;

use crate::aws::{AccountConcurrency, RequestObserver};

pub use endpoints::{drift_samples, samples};
pub use queue::{Key, Queue};
pub use registry::{Registry, Sample};
pub use rest_client::CountRequests;
pub use table::{ALL, Kind, Metric, Stability, markdown};

/// The label that controller-runtime would give us.
pub const CONTROLLER: &str = "warmlambdaendpoint";

/// What became of a status report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusWrite {
    /// It was written.
    Written,
    /// Nothing had changed.
    Skipped,
    /// Somebody else changed the object meanwhile.
    Conflict,
    /// The API server did not take it.
    Failed,
}

impl StatusWrite {
    const ALL: [Self; 4] = [Self::Written, Self::Skipped, Self::Conflict, Self::Failed];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Written => "written",
            Self::Skipped => "skipped",
            Self::Conflict => "conflict",
            Self::Failed => "failed",
        }
    }
}

/// How a pass ended, in controller-runtime's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PassResult {
    /// Nothing more to do until the object changes.
    Success,
    /// To be looked at again after a while.
    RequeueAfter,
    /// To be looked at again because the object changed meanwhile.
    Requeue,
    /// A call failed; to be repeated.
    Error,
}

impl PassResult {
    const ALL: [Self; 4] = [Self::Success, Self::RequeueAfter, Self::Requeue, Self::Error];

    /// As a label says it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::RequeueAfter => "requeue_after",
            Self::Requeue => "requeue",
            Self::Error => "error",
        }
    }
}

/// The numbers that this process keeps.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
}

impl Default for Metrics {
    /// All series whose labels are known beforehand start at 0: an alert on growth must see the first step.
    fn default() -> Self {
        let registry = Registry::default();
        let revision = option_env!("WARMLAMBDA_REVISION").unwrap_or("unknown");
        let rustc = option_env!("WARMLAMBDA_RUSTC").unwrap_or("unknown");
        registry.set(&table::BUILD_INFO, &[env!("CARGO_PKG_VERSION"), revision, rustc], 1.0);
        for result in PassResult::ALL {
            registry.add(&table::RECONCILE_TOTAL, &[CONTROLLER, result.as_str()], 0.0);
        }
        for result in StatusWrite::ALL {
            registry.add(&table::STATUS_WRITES, &[result.as_str()], 0.0);
        }
        for metric in [&table::RECONCILE_ERRORS, &table::TERMINAL_ERRORS] {
            registry.add(metric, &[CONTROLLER], 0.0);
        }
        registry.appear(&table::RECONCILE_SECONDS, &[CONTROLLER]);
        registry.appear(&table::QUEUE_SECONDS, &[CONTROLLER]);
        registry.appear(&table::ALLOCATION_TIME, &[]);
        registry.add(&table::ACTIVE_WORKERS, &[CONTROLLER], 0.0);
        Self { registry }
    }
}

impl Metrics {
    /// Notes how many passes may run at once.
    pub fn max_concurrent(&self, passes: u16) {
        self.registry.set(&table::MAX_CONCURRENT, &[CONTROLLER], passes.into());
    }

    /// Counts a status report.
    pub fn status_write(&self, result: StatusWrite) {
        self.registry.add(&table::STATUS_WRITES, &[result.as_str()], 1.0);
    }

    /// Counts a request to the Kubernetes API: its HTTP status, its method, and whom it went to.
    pub fn kubernetes_request(&self, code: &str, method: &str, host: &str) {
        self.registry.add(&table::REST_REQUESTS, &[code, method, host], 1.0);
    }

    /// Notes how long an endpoint was due before its pass began.
    pub fn waited(&self, time: Duration) {
        self.registry.observe(&table::QUEUE_SECONDS, &[CONTROLLER], time.as_secs_f64());
    }

    /// Notes how long AWS took to make capacity warm.
    pub fn allocated(&self, took: Duration) {
        self.registry.observe(&table::ALLOCATION_TIME, &[], took.as_secs_f64());
    }

    /// Counts a pass that left its endpoint Stalled.
    pub fn pass_left_stalled(&self) {
        self.registry.add(&table::TERMINAL_ERRORS, &[CONTROLLER], 1.0);
    }

    /// Counts a pass that begins; the guard counts its end, also when the pass is cancelled.
    pub fn pass_begins(&self) -> impl Drop + use<'_> {
        self.registry.add(&table::ACTIVE_WORKERS, &[CONTROLLER], 1.0);
        ActivePass(&self.registry)
    }

    /// Counts a pass that ended by itself.
    pub fn pass_ended(&self, result: PassResult, took: Duration) {
        self.registry.add(&table::RECONCILE_TOTAL, &[CONTROLLER, result.as_str()], 1.0);
        self.registry.observe(&table::RECONCILE_SECONDS, &[CONTROLLER], took.as_secs_f64());
        if result == PassResult::Error {
            self.registry.add(&table::RECONCILE_ERRORS, &[CONTROLLER], 1.0);
        }
    }

    /// The text of everything, with what is computed now.
    pub fn text(&self, computed: &[Sample]) -> String {
        self.registry.text(computed)
    }
}

impl RequestObserver for Metrics {
    fn request(&self, service: &'static str, operation: &'static str, code: &str, seconds: f64, retried: bool, throttled: bool) {
        let code = if code == "OK" { "ok" } else { code };
        self.registry.add(&table::AWS_REQUESTS, &[service, operation, code], 1.0);
        self.registry.observe(&table::AWS_SECONDS, &[service, operation], seconds);
        self.registry
            .add(&table::AWS_RETRIES, &[service, operation], f64::from(u8::from(retried)));
        self.registry
            .add(&table::AWS_THROTTLED, &[service, operation], f64::from(u8::from(throttled)));
    }
}

struct ActivePass<'a>(&'a Registry);

impl Drop for ActivePass<'_> {
    fn drop(&mut self) {
        self.0.add(&table::ACTIVE_WORKERS, &[CONTROLLER], -1.0);
    }
}

/// 1 for the process that leads the lease `name`.
pub fn leader_sample(name: &str, leads: bool) -> Sample {
    Sample {
        metric: &table::LEADER,
        labels: vec![name.to_owned()],
        value: f64::from(u8::from(leads)),
    }
}

/// Depth and adds of the queue of passes.
pub fn queue_samples(queue: &Queue) -> [Sample; 2] {
    let (depth, adds) = queue.depth_and_adds();
    [(&table::QUEUE_DEPTH, depth as f64), (&table::QUEUE_ADDS, adds as f64)].map(|(metric, value)| Sample {
        metric,
        labels: vec![CONTROLLER.to_owned()],
        value,
    })
}

/// The concurrency of the account, by account and region.
pub fn account_samples(accounts: &BTreeMap<(String, String), AccountConcurrency>) -> Vec<Sample> {
    let of = |((account, region), known): (&(String, String), &AccountConcurrency)| {
        let numbers = [(&table::ACCOUNT_LIMIT, known.limit), (&table::ACCOUNT_UNRESERVED, known.unreserved)];
        let labels = vec![account.clone(), region.clone()];
        numbers.map(|(metric, value)| Sample {
            metric,
            labels: labels.clone(),
            value: value.into(),
        })
    };
    accounts.iter().flat_map(of).collect()
}

/// How many objects do not parse.
pub fn undecodable_sample(count: usize) -> Sample {
    Sample {
        metric: &table::UNDECODABLE,
        labels: Vec::new(),
        value: count as f64,
    }
}
