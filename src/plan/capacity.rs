//! How many environments the alias shall keep warm, and whether that can be changed now.

use super::desired::Desired;
use super::finding::{Ends, Finding, Link};
use super::observed::{AllocationState, Concurrency, Observed};
use super::step::{PlannedStep, Step};
use crate::api::Reason;

/// What to do about warm capacity while the alias has no weights.
#[derive(Clone, Debug, PartialEq)]
pub enum Capacity {
    /// As desired, or not ours to change.
    Settled,
    /// A write is due.
    Change(PlannedStep),
    /// AWS is at work.
    Busy(Finding),
    /// AWS gave up; only another version or a person can end it.
    Broken(Finding),
}

/// Decides. With `moving` the alias is about to move: capacity may grow first and shrinks only afterwards.
pub fn decide(desired: &Desired, observed: &Observed, moving: bool) -> Capacity {
    let current = observed.capacity.as_ref();
    let wanted = match managed(desired, observed) {
        Some(wanted) => wanted,
        None => return watched(desired, observed),
    };
    // Of the version that is served it says nothing while what was published before it is warm.
    let is_warm = current.is_some_and(|c| c.state == AllocationState::Ready && c.requested == wanted) && !moving;
    if wanted > 0 && !is_warm && observed.function.as_ref().is_some_and(|f| f.snap_start) {
        let text = format!(
            "function {} has SnapStart on, which excludes warm capacity on its versions: switch SnapStart off, or set \
             spec.provisionedConcurrency to 0",
            desired.function
        );
        return Capacity::Broken(Finding::new(Link::Capacity, Ends::ByPerson, Reason::InvalidSpec, text));
    }
    let Some(current) = current else {
        return if wanted == 0 {
            Capacity::Settled
        } else {
            change(wanted, format!("alias {} has no warm capacity", desired.alias))
        };
    };
    let shrinking = wanted < current.requested;
    if wanted != current.requested && !(moving && shrinking) {
        return change(
            wanted,
            format!("{} environments are asked for, {} were requested", wanted, current.requested),
        );
    }
    state(desired, current)
}

/// The number that is ours to keep: none when the spec leaves it out, or when Application Auto Scaling sets it. Source: AWS-59.
pub fn managed(desired: &Desired, observed: &Observed) -> Option<u32> {
    if observed.scaling.is_some() { None } else { desired.capacity }
}

fn change(wanted: u32, why: String) -> Capacity {
    let step = if wanted == 0 {
        Step::DeleteCapacity
    } else {
        Step::PutCapacity { requested: wanted }
    };
    Capacity::Change(PlannedStep { step, why })
}

/// Capacity that somebody else owns: any number is right, an autoscaler's bounds are reported.
fn watched(desired: &Desired, observed: &Observed) -> Capacity {
    match &observed.capacity {
        Some(current) => state(desired, current),
        None if observed.scaling.is_some_and(|bounds| bounds.min > 0) => {
            let text = format!(
                "Application Auto Scaling has not asked for warm capacity of alias {} yet",
                desired.alias_arn()
            );
            Capacity::Busy(Finding::new(Link::Capacity, Ends::ByOthers, Reason::AllocationInProgress, text))
        }
        None => Capacity::Settled,
    }
}

fn state(desired: &Desired, current: &Concurrency) -> Capacity {
    let numbers = format!(
        "{} of {} allocated, {} available",
        current.allocated, current.requested, current.available
    );
    let alias = format!("{}:{}", desired.function, desired.alias);
    match &current.state {
        AllocationState::Ready => Capacity::Settled,
        AllocationState::InProgress => {
            let text = format!("AWS is allocating warm capacity for alias {alias}: {numbers}");
            Capacity::Busy(Finding::new(Link::Capacity, Ends::ByItself, Reason::AllocationInProgress, text))
        }
        AllocationState::Failed(reason) => {
            let text = format!(
                "AWS could not allocate warm capacity for alias {alias}: {reason}; {numbers}. Look into log group /aws/lambda/{}, then \
                 publish code that initialises",
                desired.function
            );
            Capacity::Broken(Finding::new(Link::Capacity, Ends::ByPerson, Reason::AllocationFailed, text))
        }
    }
}
