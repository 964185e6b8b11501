//! The plan: which writes are due now, in an order of which every prefix may be the last.

use k8s_openapi::jiff::Timestamp;

use super::desired::Desired;
use super::memory::Memory;
use super::observed::Observed;
use super::step::PlannedStep;

/// What is due, and what is not as desired but cannot be mended by a write now.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// Writes, in their order.
    pub steps: Vec<PlannedStep>,
}

/// Decides what is due. Recomputed on each pass, never stored; `now` only tells how long a rollout has been running.
pub fn plan(_desired: &Desired, _observed: &Observed, _memory: &Memory, _now: Timestamp) -> Plan {
    Plan::default()
}
