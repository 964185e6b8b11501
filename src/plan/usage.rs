//! How busy the warm capacity was, as CloudWatch tells it. Source: AWS-56, AWS-57.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use k8s_openapi::jiff::Timestamp;

use super::conditions::{Conditions, Status};
use super::facts::whole_percent;
use super::failure::{Class, Failure};
use super::summary::words;
use crate::api::{ConditionType, Reason, UtilizationStatus};

/// One sample of an alias. A metric without a datapoint is `None`: unknown, not zero. All but `long_utilization` speak of one window
/// of some minutes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Usage {
    /// Busiest minute: share of the allocated environments that were busy, 0.0 to 1.0.
    pub utilization: Option<f64>,
    /// Requests that found no warm environment, summed over the window.
    pub spillover: Option<f64>,
    /// Requests through the alias, summed over the window.
    pub invocations: Option<f64>,
    /// Those of them that a warm environment served. Source: AWS-113.
    pub warm: Option<f64>,
    /// Requests to the function, whatever the qualifier, summed over the window; those through aliases of other endpoints are
    /// taken off. Source: AWS-112.
    pub of_function: Option<f64>,
    /// Throttled calls of the function, summed over the window; asked for with event sources only.
    pub throttles: Option<f64>,
    /// Streams: age of the records of the function in the worst minute, in seconds. Source: AWS-97.
    pub iterator_age: Option<f64>,
    /// Kafka: records not read yet. Source: AWS-97.
    pub offset_lag: Option<f64>,
    /// Queues among the sources of the triggers, and queues that take what mappings of streams gave up; by ARN. Source: AWS-117.
    pub queues: BTreeMap<String, QueueUsage>,
    /// Busiest hour of the last hours, as `utilization`; asked for now and then.
    pub long_utilization: Option<LongUtilization>,
    /// Since when all but the busiest hour is counted: the beginning of the window.
    pub since: Timestamp,
    /// The minute of the newest datapoint about the alias.
    pub observed: Option<Timestamp>,
    /// When CloudWatch was asked.
    pub sampled: Timestamp,
}

/// What a queue is like.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct QueueUsage {
    /// Of a source: age of its oldest message, in seconds.
    pub oldest: Option<f64>,
    /// Of a source: messages in the queue that its failed ones go to; of a queue that takes what was given up, its own. `None` when
    /// there is none, or it is not known.
    pub failed: Option<f64>,
}

/// How busy the warm capacity was over hours.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LongUtilization {
    /// Busiest point, 0.0 to 1.0; `None` when no warm environment served anything in all that time.
    pub busiest: Option<f64>,
    /// Since when.
    pub since: Timestamp,
}

/// From this share of busy environments on, the capacity counts as saturated.
const SATURATED_PERCENT: i32 = 90;
/// Below this share, it counts as idle.
const IDLE_PERCENT: i32 = 10;
/// Within a band, a number is written anew when it moved by so many points ...
const STEP_PERCENT: i32 = 5;
/// ... and so many seconds have passed since the one that stands there.
const STEP_SECONDS: i64 = 300;

/// The number for status, quantized so that a busy endpoint does not churn: at once when the band changes, else in steps.
pub fn utilization(previous: Option<&UtilizationStatus>, usage: Option<&Usage>, capacity: bool) -> Option<UtilizationStatus> {
    if !capacity {
        return None;
    }
    let Some(usage) = usage else { return previous.cloned() };
    let percent = whole_percent(usage.utilization?);
    let observed = usage.observed.unwrap_or(usage.sampled);
    let stands = previous.filter(|p| {
        let moved = (p.percent - percent).abs() >= STEP_PERCENT;
        let due = observed.as_second() - p.observed_time.0.as_second() >= STEP_SECONDS;
        band(p.percent) == band(percent) && !(moved && due)
    });
    Some(stands.cloned().unwrap_or(UtilizationStatus {
        percent,
        observed_time: Time(observed),
    }))
}

fn band(percent: i32) -> u8 {
    match percent {
        p if p < IDLE_PERCENT => 0,
        p if p < SATURATED_PERCENT => 1,
        _ => 2,
    }
}

/// Sets what is to be said about the data and about capacity that is too small; neither moves `Ready`.
pub fn advise(usage: Option<&Usage>, unsampled: Option<&Failure>, conditions: &mut Conditions) {
    available(usage, unsampled, conditions);
    let Some(usage) = usage else {
        // A new process knows nothing yet, and takes nothing back.
        conditions.keep(ConditionType::CapacitySaturated);
        return;
    };
    if usage.spillover.is_some_and(|s| s > 0.0) {
        let text = "requests of the last window found no warm environment and started cold: raise spec.provisionedConcurrency";
        conditions.set(ConditionType::CapacitySaturated, Status::True, Reason::Spillover, text);
    } else if usage.utilization.is_some_and(|u| whole_percent(u) >= SATURATED_PERCENT) {
        let text = "nearly all warm environments were busy in the last window: raise spec.provisionedConcurrency";
        conditions.set(ConditionType::CapacitySaturated, Status::True, Reason::HighUtilization, text);
    }
}

/// A sample that fails now and then says nothing: it counts once there is no other, or when AWS denies it.
fn available(usage: Option<&Usage>, unsampled: Option<&Failure>, conditions: &mut Conditions) {
    let kind = ConditionType::MetricsAvailable;
    if let Some(failure) = unsampled.filter(|f| usage.is_none() || matches!(f.class, Class::Denied(_))) {
        let (_, reason, text) = words(failure);
        conditions.set(kind, Status::False, reason, text);
    } else if let Some(usage) = usage {
        let (status, reason, text) = if usage.observed.is_some() {
            (Status::True, Reason::Succeeded, "CloudWatch has data on the alias")
        } else {
            let text = "CloudWatch has no data on the alias in the last window: no requests, or none yet";
            (Status::False, Reason::NoTrafficYet, text)
        };
        conditions.set(kind, status, reason, text);
    } else if !conditions.keep(kind) {
        conditions.set(kind, Status::Unknown, Reason::Pending, "CloudWatch was not asked yet");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::conditions::find;
    use crate::plan::fixtures::{at, failure, moment};

    fn sample(utilization: Option<f64>, seconds: i64) -> Usage {
        Usage {
            utilization,
            observed: utilization.map(|_| at(seconds)),
            sampled: at(seconds),
            ..Usage::default()
        }
    }

    fn percent(status: Option<&UtilizationStatus>) -> Option<i32> {
        status.map(|u| u.percent)
    }

    #[test]
    fn one_of_three_is_33_and_three_of_three_is_100_percent() {
        for (busy, expected) in [(1.0 / 3.0, 33), (1.0, 100)] {
            assert_eq!(
                percent(utilization(None, Some(&sample(Some(busy), 0)), true).as_ref()),
                Some(expected)
            );
        }
    }

    #[test]
    fn without_a_datapoint_the_number_is_unknown_and_not_zero() {
        assert_eq!(utilization(None, Some(&sample(None, 0)), true), None);
    }

    #[test]
    fn within_a_band_the_number_stands_for_five_minutes_and_five_points() {
        let first = utilization(None, Some(&sample(Some(0.33), 0)), true);
        for (busy, seconds, expected) in [(0.60, 299, 33), (0.36, 900, 33), (0.60, 300, 60)] {
            let next = utilization(first.as_ref(), Some(&sample(Some(busy), seconds)), true);
            assert_eq!(percent(next.as_ref()), Some(expected), "{busy} after {seconds} s");
        }
    }

    #[test]
    fn a_change_of_the_band_is_written_at_once() {
        for (before, now, expected) in [
            (0.89, 0.9, 90),
            (0.09, 0.1, 10),
            (0.1, 0.09, 9),
            (0.1, 0.11, 10),
            (0.05, 0.09, 5),
            (0.5, 0.95, 95),
        ] {
            let first = utilization(None, Some(&sample(Some(before), 0)), true);
            let next = utilization(first.as_ref(), Some(&sample(Some(now), 1)), true);
            assert_eq!(percent(next.as_ref()), Some(expected), "{before}, then {now}");
        }
    }

    #[test]
    fn capacity_is_saturated_when_requests_find_none_of_it_or_hardly_any() {
        for (spillover, busy, expected) in [
            (Some(1.0), 0.5, Some("Spillover")),
            (Some(0.0), 0.9, Some("HighUtilization")),
            (Some(0.0), 0.89, None),
            (None, 0.89, None),
        ] {
            let usage = Usage {
                spillover,
                ..sample(Some(busy), 0)
            };
            let mut conditions = Conditions::new(&[], moment(0));
            advise(Some(&usage), None, &mut conditions);
            let said = conditions.finish();
            let saturated = find(&said, ConditionType::CapacitySaturated);
            assert_eq!(saturated.map(|c| c.reason.as_str()), expected, "{spillover:?} {busy}");
        }
    }

    /// Status and reason of MetricsAvailable.
    fn available_with(usage: Option<&Usage>, class: Class) -> (String, String) {
        let failure = failure("cloudwatch:GetMetricData", class);
        let mut conditions = Conditions::new(&[], moment(0));
        advise(usage, Some(&failure), &mut conditions);
        let found = conditions.finish().pop().unwrap();
        (found.status, found.reason)
    }

    #[test]
    fn a_denied_sample_is_told_at_once_and_one_that_fails_once_there_is_no_other() {
        let known = sample(Some(0.5), 0);
        let denied = || Class::Denied("cloudwatch:GetMetricData".into());
        let is = |status: &str, reason: &str| (status.to_owned(), reason.to_owned());
        assert_eq!(available_with(Some(&known), denied()), is("False", "AccessDenied"));
        assert_eq!(available_with(None, denied()), is("False", "AccessDenied"));
        assert_eq!(available_with(Some(&known), Class::Transient), is("True", "Succeeded"));
        assert_eq!(available_with(None, Class::Transient), is("False", "AwsUnavailable"));
    }
}
