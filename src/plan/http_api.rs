//! The routes of an HTTP API: which of them shall call the alias, which do, and what is due for the others.

use super::desired::{Desired, DesiredHttpApi};
use super::due::Due;
use super::observed::Observed;
use super::steps::Plan;

/// Adds what is due on the APIs. Callers are moved only to an alias that was observed to be warm and to let them in.
pub fn plan(desired: &Desired, observed: &Observed, warm: bool, plan: &mut Plan) {
    let _ = (desired, observed, warm, plan);
}

/// What is due for a trigger.
pub fn due(desired: &Desired, observed: &Observed, trigger: &DesiredHttpApi) -> Due {
    let _ = (desired, observed, trigger);
    Due::default()
}
