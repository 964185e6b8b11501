//! Where the alias sends its requests: the table of the hidden canary.

use std::collections::BTreeMap;

use k8s_openapi::jiff::Timestamp;

use super::desired::Desired;
use super::memory::Memory;
use super::observed::{AllocationState, Observed};

/// The reason of a rollout that took longer than the spec allows.
pub const ROLLOUT_TIMED_OUT: &str = "RolloutTimedOut";

/// What alias and capacity together mean.
#[derive(Clone, Debug, PartialEq)]
pub enum Routing {
    /// There is no alias.
    Absent,
    /// One version gets every request; `None` is `$LATEST`.
    Stable(Option<u64>),
    /// AWS's hidden canary: every request goes to `from` while `to` is being warmed. Source: AWS-29.
    Warming {
        /// Serves.
        from: u64,
        /// Is being warmed.
        to: u64,
    },
    /// A hidden canary that does not end: every request still goes to `from`. Source: AWS-31.
    Wedged {
        /// Serves.
        from: u64,
        /// Does not become warm.
        to: u64,
        /// AWS's reason, or [`ROLLOUT_TIMED_OUT`].
        reason: String,
    },
    /// Somebody shifts traffic.
    Foreign {
        /// The version that the alias names; `None` is `$LATEST`.
        version: Option<u64>,
        /// The others, with their shares.
        weights: BTreeMap<u64, f64>,
    },
}

impl Routing {
    /// Reads the table of the hidden canary.
    ///
    /// A weight of 1.0 on one other version is AWS's own while there is warm capacity to move; without any it is a person's.
    /// `READY` beside such a weight is a race of the two reads, or a person's weight: it is waited for like a canary.
    pub fn of(desired: &Desired, observed: &Observed, memory: &Memory, now: Timestamp) -> Self {
        let Some(alias) = &observed.alias else { return Self::Absent };
        let Some((from, share)) = alias.weights.first_key_value().map(|(v, w)| (*v, *w)) else {
            return Self::Stable(alias.version);
        };
        let (Some(to), Some(capacity), 1, true) = (alias.version, &observed.capacity, alias.weights.len(), share >= 1.0) else {
            return Self::Foreign {
                version: alias.version,
                weights: alias.weights.clone(),
            };
        };
        let rollout = memory.rollout.as_ref().filter(|rollout| rollout.to == to);
        let allowed = i64::try_from(desired.rollout_timeout.as_secs()).unwrap_or(i64::MAX);
        let late_since = |begin: Timestamp| now.as_second().saturating_sub(begin.as_second()) > allowed;
        // To hold back, what status says is enough; to write, this process must have seen it.
        let late = rollout.is_some_and(|r| late_since(r.started));
        let too_late = rollout.is_some_and(|r| late_since(r.started.max(r.witnessed)));
        match &capacity.state {
            AllocationState::Failed(reason) => Self::Wedged {
                from,
                to,
                reason: reason.clone(),
            },
            AllocationState::Ready if late => Self::Foreign {
                version: alias.version,
                weights: alias.weights.clone(),
            },
            AllocationState::InProgress if too_late => Self::Wedged {
                from,
                to,
                reason: ROLLOUT_TIMED_OUT.into(),
            },
            AllocationState::InProgress | AllocationState::Ready => Self::Warming { from, to },
        }
    }

    /// The version that most requests get; `None` for no alias or `$LATEST`.
    pub fn serving(&self) -> Option<u64> {
        match self {
            Self::Absent => None,
            Self::Stable(version) => *version,
            Self::Warming { from, .. } | Self::Wedged { from, .. } => Some(*from),
            Self::Foreign { version, weights } => {
                let own = 1.0 - weights.values().sum::<f64>();
                let heaviest = weights.iter().max_by(|a, b| a.1.total_cmp(b.1));
                heaviest
                    .filter(|(_, share)| **share > own)
                    .map_or(*version, |(other, _)| Some(*other))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::fixtures::{at, capacity, desired, quiet};
    use crate::plan::memory::Rollout;

    /// What a rollout to version 41 is taken for, which was seen `started` and `witnessed` seconds ago.
    fn moving(state: AllocationState, started: i64, witnessed: i64) -> Routing {
        let mut observed = quiet();
        let alias = observed.alias.as_mut().unwrap();
        (alias.version, alias.weights) = (Some(41), [(40, 1.0)].into());
        observed.capacity = Some(capacity(3, state));
        let rollout = Rollout {
            from: 40,
            to: 41,
            started: at(-started),
            witnessed: at(-witnessed),
        };
        let memory = Memory {
            rollout: Some(rollout),
            ..Memory::default()
        };
        Routing::of(&desired(), &observed, &memory, at(0))
    }

    #[test]
    fn a_canary_is_warming_until_more_than_the_allowed_time_has_passed_before_our_eyes() {
        let allowed = i64::try_from(desired().rollout_timeout.as_secs()).unwrap();
        let warming = Routing::Warming { from: 40, to: 41 };
        let timed_out = Routing::Wedged {
            from: 40,
            to: 41,
            reason: ROLLOUT_TIMED_OUT.into(),
        };
        for (started, witnessed, expected) in [
            (0, 0, &warming),
            (allowed, allowed, &warming),
            (allowed + 1, allowed, &warming),
            (allowed + 1, allowed + 1, &timed_out),
        ] {
            assert_eq!(
                &moving(AllocationState::InProgress, started, witnessed),
                expected,
                "{started} {witnessed}"
            );
        }
        assert_eq!(moving(AllocationState::Ready, allowed, allowed), warming);
        let persons = Routing::Foreign {
            version: Some(41),
            weights: [(40, 1.0)].into(),
        };
        assert_eq!(
            moving(AllocationState::Ready, allowed + 1, 0),
            persons,
            "weights that nothing moves"
        );
    }

    #[test]
    fn the_version_that_most_requests_get_is_the_one_that_serves() {
        let split = |share: f64| Routing::Foreign {
            version: Some(41),
            weights: [(40, share)].into(),
        };
        assert_eq!(split(0.49).serving(), Some(41));
        assert_eq!(split(0.5).serving(), Some(41));
        assert_eq!(split(0.51).serving(), Some(40));
    }
}
