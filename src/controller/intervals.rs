//! Every duration of the controller, each with its reason.

use std::time::Duration;

use super::backoff::spread;
use crate::plan::assess::Cadence;

/// Reads of Lambda's shared control-plane pool in one quiet pass, `GetAlias`, `GetProvisionedConcurrencyConfig` and now and then
/// a page of versions, and what the pool allows per second, account and region. `GetFunction` and `GetPolicy` have pools of
/// their own, which are no narrower. Event source mappings are listed for the region, however many endpoints look at them.
/// Source: AWS-52, AWS-95.
const LAMBDA: (f64, f64) = (3.0, 15.0);

/// The same for a REST API: one `GetResources`. Source: AWS-53.
const REST_API: (f64, f64) = (1.0, 2.5);

/// What all calls of API Gateway share per second. Source: AWS-53, AWS-110.
const API_GATEWAY: f64 = 10.0;

/// Of that, what a quiet REST API takes: resources and stages; and a quiet HTTP API: routes, integrations and stages.
const READS_PER_API: (f64, f64) = (2.0, 3.0);

/// Of the operator's share, what the resync of quiet endpoints may use; the rest is for endpoints on which something happens.
const RESYNC_PART: f64 = 0.5;

/// How much there is to look after in one region.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fleet {
    /// Endpoints.
    pub endpoints: usize,
    /// Their REST API triggers.
    pub rest_apis: usize,
    /// Their HTTP API triggers.
    pub http_apis: usize,
    /// The part of our share of the quotas that AWS takes at present, above 0 up to 1: [`Cloud::granted`](crate::aws::Cloud::granted).
    pub granted: f64,
}

/// When to look again, as the flags say.
#[derive(Clone, Debug, PartialEq)]
pub struct Intervals {
    /// Between two looks at an endpoint that is as it should be. AWS has no watch: this bounds how long drift stays unseen.
    pub resync: Duration,
    /// First look after a write or while AWS works; then three and six times as long, since allocation takes minutes.
    pub progress: Duration,
    /// First retry of a call that failed in a way that passes; doubles with each failure.
    pub retry_base: Duration,
    /// Longest wait between retries: an outage of hours must end within minutes for us as well.
    pub retry_cap: Duration,
    /// First look at what only a person or another controller can change; doubles. Most such things are mended within minutes.
    pub slow_base: Duration,
    /// Longest wait for such a thing: it costs little, and nobody must have to wake the operator.
    pub slow_cap: Duration,
    /// How long a function may be missing or a call denied before a person is asked for: what the same sync of a GitOps tool
    /// makes, and a role that is new to IAM, are there within a minute or two.
    pub grace: Duration,
    /// Longest pass. Eight run at once; one whose answers never come must not hold its place for ever.
    pub pass: Duration,
    /// How long a write may take to arrive at AWS when no answer came: the signature of a request is good for so long. Source: AWS-119.
    pub late_arrival: Duration,
    /// Between two samples of CloudWatch for the whole fleet; it is billed per metric. Zero: never. Source: AWS-57.
    pub usage: Duration,
    /// Between two looks at the last hours, in which one more sample changes little.
    pub idle: Duration,
    /// The operator's share of AWS's quotas, above 0 up to 1: people and other tools live from the same ones.
    pub quota_share: f64,
}

impl Default for Intervals {
    fn default() -> Self {
        Self {
            resync: Duration::from_mins(5),
            progress: Duration::from_secs(5),
            retry_base: Duration::from_secs(1),
            retry_cap: Duration::from_mins(5),
            slow_base: Duration::from_mins(5),
            slow_cap: Duration::from_mins(30),
            grace: Duration::from_mins(2),
            pass: Duration::from_mins(2),
            late_arrival: Duration::from_mins(6),
            usage: Duration::from_mins(5),
            idle: Duration::from_hours(1),
            quota_share: 0.6,
        }
    }
}

impl Intervals {
    /// How long until the next look; `None` until the object changes. `attempt` counts the passes of this kind that directly
    /// preceded, `fleet` is what is looked after.
    pub fn next(&self, cadence: Cadence, uid: &str, attempt: u32, fleet: Fleet) -> Option<Duration> {
        match cadence {
            Cadence::InFlight => Some(self.progress * [1, 3, 6][attempt.min(2) as usize]),
            // Always the same point within ±10 % for one object, so that the fleet stays spread.
            Cadence::Settled => Some(self.stretched_resync(fleet).mul_f64(0.9 + 0.2 * spread(uid, 0))),
            Cadence::Slow => Some(doubled(self.slow_base, attempt, self.slow_cap).mul_f64(0.9 + 0.1 * spread(uid, attempt))),
            // Half of the wait is jitter: what failed together must not come back together.
            Cadence::Retry => Some(doubled(self.retry_base, attempt, self.retry_cap).mul_f64(0.5 + 0.5 * spread(uid, attempt))),
            Cadence::OnChange => None,
        }
    }

    /// The resync interval, longer when the fleet is so large that looking at all of it would use up the quota share, or the part of it that
    /// AWS takes: who is looked at for no reason would keep those waiting on which something happens, for ever.
    fn stretched_resync(&self, fleet: Fleet) -> Duration {
        let share = self.quota_share.clamp(0.01, 1.0) * RESYNC_PART * fleet.granted;
        let needed = |things: usize, (reads, rate): (f64, f64)| things as f64 * reads / (rate * share);
        let of_apis = fleet.rest_apis as f64 * READS_PER_API.0 + fleet.http_apis as f64 * READS_PER_API.1;
        let needed = needed(fleet.endpoints, LAMBDA)
            .max(needed(fleet.rest_apis, REST_API))
            .max(of_apis / (API_GATEWAY * share));
        self.resync.max(Duration::from_secs_f64(needed))
    }
}

fn doubled(base: Duration, attempt: u32, cap: Duration) -> Duration {
    let factor = 2_u32.checked_pow(attempt).unwrap_or(u32::MAX);
    base.saturating_mul(factor).min(cap)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: Fleet = Fleet {
        endpoints: 1,
        rest_apis: 1,
        http_apis: 1,
        granted: 1.0,
    };

    fn next(cadence: Cadence, attempt: u32) -> Duration {
        Intervals::default().next(cadence, "uid", attempt, ONE).unwrap()
    }

    #[test]
    fn what_is_in_flight_is_looked_at_after_5_then_15_then_every_30_seconds() {
        let seconds: Vec<_> = (0..5).map(|n| next(Cadence::InFlight, n).as_secs()).collect();
        assert_eq!(seconds, [5, 15, 30, 30, 30]);
    }

    #[test]
    fn the_resync_stays_within_a_tenth_of_five_minutes() {
        for n in 0..200 {
            let seconds = Intervals::default()
                .next(Cadence::Settled, &format!("uid-{n}"), 0, ONE)
                .unwrap()
                .as_secs_f64();
            assert!((270.0..=330.0).contains(&seconds), "{seconds}");
        }
    }

    #[test]
    fn what_aws_throttles_is_looked_at_less_often_in_proportion() {
        let every = |granted| {
            let fleet = Fleet {
                endpoints: 1000,
                granted,
                ..ONE
            };
            Intervals::default().next(Cadence::Settled, "uid", 0, fleet).unwrap().as_secs_f64()
        };
        assert!((every(0.1) / every(1.0) - 10.0).abs() < 0.01, "{} and {}", every(0.1), every(1.0));
    }

    #[test]
    fn a_large_fleet_is_looked_at_less_often_so_that_its_reads_stay_within_the_share() {
        for (endpoints, rest_apis, http_apis) in [(10_000, 0, 0), (1_000, 1_000, 0), (1_000, 1_000, 1_000)] {
            let fleet = Fleet {
                endpoints,
                rest_apis,
                http_apis,
                granted: 1.0,
            };
            let seconds = Intervals::default().next(Cadence::Settled, "uid", 0, fleet).unwrap().as_secs_f64();
            let share = 0.6 * RESYNC_PART / 0.9;
            assert!(
                endpoints as f64 * LAMBDA.0 / seconds <= LAMBDA.1 * share,
                "{fleet:?} every {seconds} s"
            );
            assert!(
                rest_apis as f64 * REST_API.0 / seconds <= REST_API.1 * share,
                "{fleet:?} every {seconds} s"
            );
            let of_apis = rest_apis as f64 * READS_PER_API.0 + http_apis as f64 * READS_PER_API.1;
            assert!(of_apis / seconds <= API_GATEWAY * share, "{fleet:?} every {seconds} s");
        }
    }

    #[test]
    fn retries_double_up_to_the_cap_and_are_never_shorter_than_half_of_it() {
        let seconds: Vec<_> = (0..40).map(|n| next(Cadence::Retry, n).as_secs_f64()).collect();
        assert!((0.5..=1.0).contains(&seconds[0]), "{}", seconds[0]);
        assert!((2.0..=4.0).contains(&seconds[2]), "{}", seconds[2]);
        assert!(seconds[10..].iter().all(|s| (150.0..=300.0).contains(s)), "{seconds:?}");
    }

    #[test]
    fn what_needs_a_person_is_looked_at_after_5_minutes_and_at_last_every_30() {
        let minutes = |n| next(Cadence::Slow, n).as_secs_f64() / 60.0;
        assert!((4.5..=5.0).contains(&minutes(0)) && (27.0..=30.0).contains(&minutes(9)));
    }

    #[test]
    fn what_only_the_object_can_change_is_not_looked_at() {
        assert_eq!(Intervals::default().next(Cadence::OnChange, "uid", 0, ONE), None);
    }
}
