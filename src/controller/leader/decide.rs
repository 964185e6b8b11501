//! Whether the lease may be taken: a pure function that sees no clock.

use std::time::Duration;

use k8s_openapi::api::coordination::v1::LeaseSpec;

/// What a candidate does about the lease as it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// There is none: make it.
    Create,
    /// Nobody else holds it: take it.
    Take,
    /// Its holder was not seen to renew it for its whole duration: take it over. What the holder sent last may still arrive.
    TakeOver,
    /// Somebody holds it.
    Wait,
}

/// Decides. `unchanged_for` is how long *we* have seen the lease as it is, by our own monotonic clock: what the holder wrote
/// about times comes from a clock that may be wrong. For an absent lease it is how long it has been absent, and
/// `held_before` says whether somebody held it when we saw it last: who deletes a lease does not stop its holder, which only
/// finds out at its next renewal.
///
/// `me` is never used by two processes, so a lease in our name that we do not know of is one whose answer was lost.
pub fn decide(lease: Option<&LeaseSpec>, me: &str, held_before: bool, unchanged_for: Duration, own_duration: Duration) -> Decision {
    let Some(spec) = lease else {
        let gone_long_enough = !held_before || unchanged_for >= own_duration;
        return if gone_long_enough { Decision::Create } else { Decision::Wait };
    };
    let holder = spec.holder_identity.as_deref().unwrap_or_default();
    if holder.is_empty() || holder == me {
        return Decision::Take;
    }
    let seconds = spec.lease_duration_seconds.and_then(|s| u64::try_from(s).ok()).filter(|s| *s > 0);
    // Nothing or nonsense must not mean "expired at once".
    let duration = seconds.map_or(own_duration, Duration::from_secs);
    if unchanged_for >= duration {
        Decision::TakeOver
    } else {
        Decision::Wait
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
    use k8s_openapi::jiff::{SignedDuration, Timestamp};

    const OWN: Duration = Duration::from_secs(15);

    fn held(seconds: Option<i32>) -> LeaseSpec {
        LeaseSpec {
            holder_identity: Some("other".into()),
            lease_duration_seconds: seconds,
            ..LeaseSpec::default()
        }
    }

    #[test]
    fn a_held_lease_is_taken_over_only_after_its_whole_duration() {
        let lease = held(Some(15));
        assert_eq!(decide(Some(&lease), "me", true, Duration::from_millis(14_999), OWN), Decision::Wait);
        assert_eq!(decide(Some(&lease), "me", true, OWN, OWN), Decision::TakeOver);
    }

    #[test]
    fn wall_clocks_change_nothing() {
        for minutes in [-10, 0, 10] {
            let mut lease = held(Some(15));
            let skewed = Timestamp::UNIX_EPOCH + SignedDuration::from_mins(30_000_000 + minutes);
            lease.renew_time = Some(MicroTime(skewed));
            lease.acquire_time = Some(MicroTime(skewed));
            assert_eq!(decide(Some(&lease), "me", true, Duration::from_secs(14), OWN), Decision::Wait);
            assert_eq!(decide(Some(&lease), "me", true, OWN, OWN), Decision::TakeOver);
        }
    }

    #[test]
    fn a_nonsensical_duration_counts_as_our_own() {
        for seconds in [None, Some(0), Some(-5), Some(i32::MIN)] {
            assert_eq!(
                decide(Some(&held(seconds)), "me", true, Duration::from_secs(14), OWN),
                Decision::Wait,
                "{seconds:?}"
            );
            assert_eq!(
                decide(Some(&held(seconds)), "me", true, OWN, OWN),
                Decision::TakeOver,
                "{seconds:?}"
            );
        }
    }

    #[test]
    fn a_lease_that_nobody_else_holds_is_taken_at_once() {
        for holder in [None, Some(String::new()), Some("me".into())] {
            let lease = LeaseSpec {
                holder_identity: holder,
                ..held(Some(15))
            };
            assert_eq!(decide(Some(&lease), "me", true, Duration::ZERO, OWN), Decision::Take);
        }
    }

    #[test]
    fn a_lease_that_vanished_from_under_a_holder_is_not_made_anew_before_the_holder_must_have_stopped() {
        assert_eq!(decide(None, "me", true, Duration::from_secs(14), OWN), Decision::Wait);
        assert_eq!(decide(None, "me", true, OWN, OWN), Decision::Create);
        assert_eq!(decide(None, "me", false, Duration::ZERO, OWN), Decision::Create);
    }
}
