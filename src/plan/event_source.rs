//! Event source mappings: which of them hands the records of a source over, and what is due so that the alias gets them.

use super::desired::{Desired, DesiredEventSource};
use super::due::Due;
use super::observed::Observed;
use super::steps::Plan;

/// Adds what is due on the mappings. One is moved only to an alias that was observed to be warm.
pub fn plan(desired: &Desired, observed: &Observed, warm: bool, plan: &mut Plan) {
    let _ = (desired, observed, warm, plan);
}

/// What is due for a trigger.
pub fn due(desired: &Desired, observed: &Observed, trigger: &DesiredEventSource) -> Due {
    let _ = (desired, observed, trigger);
    Due::default()
}
