//! Warm capacity that nobody uses, and what it costs.

use super::assess::Pass;
use super::conditions::{Conditions, Status, find};
use super::cost::{monthly_dollars, whole_dollars};
use super::desired::Desired;
use super::observed::{AllocationState, Concurrency, EnvironmentSize, Observed};
use super::routing::Routing;
use super::usage::LongUtilization;
use crate::api::{ConditionType, Reason};

/// Below this share in the busiest hour, the capacity counts as idle ...
const IDLE: f64 = 0.10;
/// ... and once it does, up to this one.
const IDLE_STILL: f64 = 0.15;

/// Sets the condition when it holds.
pub fn of(pass: &Pass, routing: &Routing, conditions: &mut Conditions) {
    let kind = ConditionType::CapacityIdle;
    let Some(capacity) = pass.observed.capacity.as_ref().filter(|c| c.requested > 0) else {
        return;
    };
    let Some(long) = pass.usage.and_then(|usage| usage.long_utilization) else {
        conditions.keep(kind);
        return;
    };
    let moving = matches!(routing, Routing::Warming { .. } | Routing::Wedged { .. });
    let was_idle = find(&pass.previous.conditions, kind).is_some();
    let steady = capacity.state == AllocationState::Ready && !moving && stood_by(capacity, long);
    if steady && is_idle(long, was_idle) {
        let text = message(pass.desired, pass.observed, capacity, long);
        conditions.set(kind, Status::True, Reason::LowUtilization, text);
    }
}

/// Whether the capacity was as it is for all the time that was looked at. Source: AWS-118.
fn stood_by(capacity: &Concurrency, long: LongUtilization) -> bool {
    capacity.changed.is_some_and(|changed| changed <= long.since)
}

fn is_idle(long: LongUtilization, was_idle: bool) -> bool {
    long.busiest.is_none_or(|share| share < if was_idle { IDLE_STILL } else { IDLE })
}

fn message(desired: &Desired, observed: &Observed, capacity: &Concurrency, long: LongUtilization) -> String {
    let size = serving_size(observed);
    let number = capacity.requested;
    let memory = if size.memory_mb == 0 {
        String::new()
    } else {
        format!(" of {} MB", size.memory_mb)
    };
    let environments = if number == 1 { "environment" } else { "environments" };
    let cost = match monthly_dollars(&desired.site.region, size, number) {
        Some(dollars) if dollars < 1.0 => "cost less than $1 a month".into(),
        Some(dollars) => format!("cost about ${} a month", whole_dollars(dollars)),
        None => format!("are paid for; their price in {} is not known to the operator", desired.site.region),
    };
    let used = match long.busiest {
        Some(_) => "fewer than one in ten of them were ever busy",
        None => "no request used any of them",
    };
    let remedy = match observed.scaling {
        Some(bounds) => format!(
            "Application Auto Scaling keeps them and does not scale in without traffic: lower its minimum of {} or set one by schedule",
            bounds.min
        ),
        None if desired.capacity.is_some() => "lower spec.provisionedConcurrency, or let Application Auto Scaling own the number".into(),
        None => "the spec leaves the number to others: lower it there".into(),
    };
    format!("{number} {environments}{memory} {cost}, and for hours {used}; {remedy}")
}

/// What one environment of the version that serves takes; where the versions were not read, of the function.
pub fn serving_size(observed: &Observed) -> EnvironmentSize {
    let version = observed.alias.as_ref().and_then(|alias| alias.version);
    let listed = version.and_then(|v| observed.versions.as_ref()?.get(&v)).map(|code| code.size);
    let size = listed.or_else(|| observed.function.as_ref().map(|function| function.size));
    size.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::WarmLambdaEndpointStatus;
    use crate::plan::fixtures::{at, capacity, condition, desired, message, quiet, verdict_with};
    use crate::plan::observed::ScalingBounds;
    use crate::plan::usage::Usage;

    const HOUR: i64 = 3600;

    fn size(memory_mb: u32) -> EnvironmentSize {
        EnvironmentSize { memory_mb, arm64: false }
    }

    /// Twenty-five environments of 1024 MB, set up eight hours ago.
    fn large() -> Observed {
        let mut observed = quiet();
        let mut warm = capacity(25, AllocationState::Ready);
        warm.changed = Some(at(-8 * HOUR));
        observed.capacity = Some(warm);
        observed.versions.as_mut().unwrap().get_mut(&40).unwrap().size = size(1024);
        observed
    }

    fn desired_25() -> Desired {
        Desired {
            capacity: Some(25),
            ..desired()
        }
    }

    /// The busiest of the last six hours.
    fn busiest(share: Option<f64>) -> Usage {
        Usage {
            long_utilization: Some(LongUtilization {
                busiest: share,
                since: at(-6 * HOUR),
            }),
            ..Usage::default()
        }
    }

    fn after(usage: Option<&Usage>, observed: &Observed, previous: &WarmLambdaEndpointStatus) -> WarmLambdaEndpointStatus {
        verdict_with(usage, &desired_25(), observed, previous, 0).status
    }

    fn told(usage: Option<&Usage>, observed: &Observed) -> WarmLambdaEndpointStatus {
        after(usage, observed, &WarmLambdaEndpointStatus::default())
    }

    fn is_idle(status: &WarmLambdaEndpointStatus) -> bool {
        condition(status, "CapacityIdle").is_some()
    }

    #[test]
    fn capacity_that_nobody_uses_is_named_with_the_money() {
        let status = told(Some(&busiest(None)), &large());
        assert_eq!(condition(&status, "CapacityIdle"), Some(("True".into(), "LowUtilization".into())));
        let said = message(&status, "CapacityIdle");
        assert!(
            said.starts_with("25 environments of 1024 MB cost about $305 a month, and for hours no request used any"),
            "{said}"
        );
        assert!(said.contains("lower spec.provisionedConcurrency"), "{said}");
        assert_eq!(condition(&status, "Ready").unwrap().0, "True", "advice does not move Ready");
    }

    #[test]
    fn from_ten_percent_on_it_is_used() {
        assert!(is_idle(&told(Some(&busiest(Some(0.099))), &large())));
        assert!(!is_idle(&told(Some(&busiest(Some(0.10))), &large())));
    }

    #[test]
    fn once_idle_it_takes_more_to_be_called_used() {
        let idle = told(Some(&busiest(None)), &large());
        assert!(is_idle(&after(Some(&busiest(Some(0.14))), &large(), &idle)));
        assert!(!is_idle(&after(Some(&busiest(Some(0.15))), &large(), &idle)));
    }

    #[test]
    fn what_was_changed_within_the_hours_is_not_judged() {
        let mut observed = large();
        for changed in [Some(at(-5 * HOUR)), None] {
            observed.capacity.as_mut().unwrap().changed = changed;
            assert!(!is_idle(&told(Some(&busiest(None)), &observed)), "{changed:?}");
        }
    }

    #[test]
    fn a_restart_of_the_operator_takes_nothing_back() {
        let idle = told(Some(&busiest(None)), &large());
        assert_eq!(after(None, &large(), &idle), idle);
    }

    #[test]
    fn a_number_that_an_autoscaler_owns_is_lowered_there() {
        let observed = Observed {
            scaling: Some(ScalingBounds { min: 25, max: 50 }),
            ..large()
        };
        let said = message(&told(Some(&busiest(None)), &observed), "CapacityIdle");
        assert!(said.contains("lower its minimum of 25"), "{said}");
    }

    #[test]
    fn an_unknown_region_has_no_figure_and_that_is_said() {
        let mut desired = desired_25();
        desired.site.region = "mars-north-1".into();
        let said = super::message(
            &desired,
            &large(),
            large().capacity.as_ref().unwrap(),
            busiest(None).long_utilization.unwrap(),
        );
        assert!(
            said.contains("their price in mars-north-1 is not known") && !said.contains('$'),
            "{said}"
        );
    }

    #[test]
    fn the_version_that_serves_is_what_is_paid_for() {
        let mut observed = quiet();
        observed.function.as_mut().unwrap().size = size(2048);
        observed.versions.as_mut().unwrap().get_mut(&40).unwrap().size = size(512);
        assert_eq!(serving_size(&observed), size(512));
        observed.versions = None;
        assert_eq!(serving_size(&observed), size(2048));
    }

    #[test]
    fn capacity_that_costs_next_to_nothing_is_said_to_cost_less_than_a_dollar() {
        let mut observed = large();
        observed.capacity.as_mut().unwrap().requested = 1;
        observed.versions.as_mut().unwrap().get_mut(&40).unwrap().size = size(64);
        let text = message(&told(Some(&busiest(None)), &observed), "CapacityIdle");
        assert!(text.starts_with("1 environment of 64 MB cost less than $1 a month"), "{text}");
    }

    #[test]
    fn whose_number_it_is_is_told_who_can_lower_it() {
        let others = Desired {
            capacity: None,
            ..desired()
        };
        let status = verdict_with(Some(&busiest(None)), &others, &large(), &WarmLambdaEndpointStatus::default(), 0).status;
        assert!(message(&status, "CapacityIdle").ends_with("the spec leaves the number to others: lower it there"));
        assert!(message(&told(Some(&busiest(None)), &large()), "CapacityIdle").contains("lower spec.provisionedConcurrency"));
    }

    #[test]
    fn no_capacity_is_not_idle() {
        let mut observed = large();
        observed.capacity.as_mut().unwrap().requested = 0;
        assert!(!is_idle(&told(Some(&busiest(None)), &observed)));
    }
}
