//! What goes when the object is deleted.

use super::desired::Desired;
use super::observed::Observed;
use super::step::PlannedStep;

/// What is due before the finalizer may go.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cleanup {
    /// Writes, in their order. Once they are done the chain is observed again.
    pub steps: Vec<PlannedStep>,
    /// What still calls the alias and so holds the cleanup back, as ARNs or API paths; empty when nothing does.
    pub in_use_by: Vec<String>,
}

impl Cleanup {
    /// Whether a fresh observation shows that nothing is left to do, so that the finalizer may go.
    pub fn is_done(&self) -> bool {
        self.steps.is_empty() && self.in_use_by.is_empty()
    }
}

/// Decides what is due, by the deletion policy.
pub fn cleanup(_desired: &Desired, _observed: &Observed) -> Cleanup {
    Cleanup::default()
}
