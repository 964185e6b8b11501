//! How many environments the alias shall keep warm, and whether that can be changed now.

use std::cmp::Ordering;

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
    match wanted.cmp(&current.requested) {
        Ordering::Equal => state(desired, current),
        Ordering::Less if moving => state(desired, current),
        _ => change(
            wanted,
            format!("{} environments are asked for, {} were requested", wanted, current.requested),
        ),
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::fixtures::{capacity, desired, quiet};
    use crate::plan::observed::ScalingBounds;

    fn scaled(min: u32, capacity: Option<Concurrency>) -> Observed {
        Observed {
            scaling: Some(ScalingBounds { min, max: 9 }),
            capacity,
            ..quiet()
        }
    }

    #[test]
    fn an_autoscaler_that_shall_keep_some_is_waited_for_and_one_that_need_not_is_not() {
        let Capacity::Busy(finding) = decide(&desired(), &scaled(1, None), false) else {
            panic!("nothing is waited for")
        };
        assert_eq!(finding.ends, Ends::ByOthers);
        assert_eq!(decide(&desired(), &scaled(0, None), false), Capacity::Settled);
        let nobody = Observed { capacity: None, ..quiet() };
        let others = Desired {
            capacity: None,
            ..desired()
        };
        assert_eq!(decide(&others, &nobody, false), Capacity::Settled);
        assert_eq!(
            decide(&desired(), &scaled(1, Some(capacity(7, AllocationState::Ready))), false),
            Capacity::Settled
        );
    }

    #[test]
    fn capacity_that_is_as_asked_is_settled_and_another_number_is_written() {
        assert_eq!(decide(&desired(), &quiet(), false), Capacity::Settled);
        for (wanted, step) in [(2, Step::PutCapacity { requested: 2 }), (0, Step::DeleteCapacity)] {
            let asked = Desired {
                capacity: Some(wanted),
                ..desired()
            };
            let Capacity::Change(planned) = decide(&asked, &quiet(), false) else {
                panic!("{wanted} is not written")
            };
            assert_eq!(planned.step, step);
        }
        let none = Desired {
            capacity: Some(0),
            ..desired()
        };
        let cold = Observed { capacity: None, ..quiet() };
        assert_eq!(decide(&none, &cold, false), Capacity::Settled);
    }

    #[test]
    fn before_a_move_it_grows_and_does_not_shrink() {
        let asked = |n| Desired {
            capacity: Some(n),
            ..desired()
        };
        assert!(matches!(decide(&asked(5), &quiet(), true), Capacity::Change(_)));
        assert_eq!(decide(&asked(2), &quiet(), true), Capacity::Settled);
        assert_eq!(decide(&asked(3), &quiet(), true), Capacity::Settled);
    }

    #[test]
    fn snap_start_excludes_new_capacity_and_leaves_what_is_warm() {
        let mut observed = quiet();
        observed.function.as_mut().unwrap().snap_start = true;
        assert_eq!(decide(&desired(), &observed, false), Capacity::Settled, "warm already");
        assert!(
            matches!(decide(&desired(), &observed, true), Capacity::Broken(_)),
            "not on the next version"
        );
        let none = Desired {
            capacity: Some(0),
            ..desired()
        };
        assert!(matches!(decide(&none, &observed, false), Capacity::Change(_)), "it may go");
        let cold = [
            None,
            Some(capacity(3, AllocationState::InProgress)),
            Some(capacity(5, AllocationState::Ready)),
        ];
        for current in cold {
            observed.capacity = current;
            assert!(
                matches!(decide(&desired(), &observed, false), Capacity::Broken(_)),
                "{:?}",
                observed.capacity
            );
        }
    }

    #[test]
    fn what_aws_is_doing_or_gave_up_is_told_in_its_numbers() {
        let mut current = capacity(3, AllocationState::InProgress);
        current.allocated = 1;
        let busy = Observed {
            capacity: Some(current.clone()),
            ..quiet()
        };
        let Capacity::Busy(finding) = decide(&desired(), &busy, false) else {
            panic!("not busy")
        };
        assert!(finding.message.contains("1 of 3 allocated, 3 available"), "{}", finding.message);
        current.state = AllocationState::Failed("FUNCTION_ERROR_INIT_FAILURE".into());
        let failed = Observed {
            capacity: Some(current),
            ..quiet()
        };
        let Capacity::Broken(finding) = decide(&desired(), &failed, false) else {
            panic!("not broken")
        };
        assert!(finding.message.contains("FUNCTION_ERROR_INIT_FAILURE"), "{}", finding.message);
    }
}
