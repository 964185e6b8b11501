//! Whether the lease may be taken: a pure function that sees no clock.

use std::time::Duration;

use k8s_openapi::api::coordination::v1::LeaseSpec;

/// What a candidate does about the lease as it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// There is none: make it.
    Create,
    /// Its holder gave it back, or it is ours and the answer that said so was lost: take it.
    Take,
    /// Nobody was seen to renew it for its whole duration: take it over. What the holder sent last may still arrive.
    TakeOver,
    /// Somebody holds it, or may.
    Wait,
}

/// Decides. `unchanged_for` is how long *we* have seen the lease as it is, by our own monotonic clock: what the holder wrote
/// about times comes from a clock that may be wrong. For an absent lease it is how long it has been absent, and
/// `held_before` says whether somebody held it when we saw it last: who deletes a lease does not stop its holder, which only
/// finds out at its next renewal.
///
/// `asked` is what we wrote last without an answer: a lease that says the same is ours. That our name stands in it is not enough, nor
/// that no name does: whoever else wrote that did not stop the holder, which only finds out at its next renewal. A holder that gives the
/// lease back takes its times out too ([`given_back`]).
pub fn decide(
    lease: Option<&LeaseSpec>,
    asked: Option<&LeaseSpec>,
    held_before: bool,
    unchanged_for: Duration,
    own_duration: Duration,
) -> Decision {
    let Some(spec) = lease else {
        let gone_long_enough = !held_before || unchanged_for >= own_duration;
        return if gone_long_enough { Decision::Create } else { Decision::Wait };
    };
    let is_ours =
        asked.is_some_and(|asked| (&asked.holder_identity, asked.lease_transitions) == (&spec.holder_identity, spec.lease_transitions));
    if is_ours || is_free(spec) {
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

/// Whether nobody ever held the lease, or who did gave it back.
pub fn is_free(lease: &LeaseSpec) -> bool {
    lease.holder_identity.as_deref().unwrap_or_default().is_empty() && lease.renew_time.is_none()
}

/// The lease as its holder gives it back.
pub fn given_back(held: LeaseSpec) -> LeaseSpec {
    LeaseSpec {
        holder_identity: None,
        acquire_time: None,
        renew_time: None,
        ..held
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
            lease_transitions: Some(3),
            acquire_time: Some(MicroTime(Timestamp::UNIX_EPOCH)),
            renew_time: Some(MicroTime(Timestamp::UNIX_EPOCH)),
            lease_duration_seconds: seconds,
            ..LeaseSpec::default()
        }
    }

    #[test]
    fn a_held_lease_is_taken_over_only_after_its_whole_duration() {
        let lease = held(Some(15));
        assert_eq!(decide(Some(&lease), None, true, Duration::from_millis(14_999), OWN), Decision::Wait);
        assert_eq!(decide(Some(&lease), None, true, OWN, OWN), Decision::TakeOver);
    }

    #[test]
    fn wall_clocks_change_nothing() {
        for minutes in [-10, 0, 10] {
            let mut lease = held(Some(15));
            let skewed = Timestamp::UNIX_EPOCH + SignedDuration::from_mins(30_000_000 + minutes);
            lease.renew_time = Some(MicroTime(skewed));
            lease.acquire_time = Some(MicroTime(skewed));
            assert_eq!(decide(Some(&lease), None, true, Duration::from_secs(14), OWN), Decision::Wait);
            assert_eq!(decide(Some(&lease), None, true, OWN, OWN), Decision::TakeOver);
        }
    }

    #[test]
    fn a_nonsensical_duration_counts_as_our_own() {
        for seconds in [None, Some(0), Some(-5), Some(i32::MIN)] {
            assert_eq!(
                decide(Some(&held(seconds)), None, true, Duration::from_secs(14), OWN),
                Decision::Wait,
                "{seconds:?}"
            );
            assert_eq!(
                decide(Some(&held(seconds)), None, true, OWN, OWN),
                Decision::TakeOver,
                "{seconds:?}"
            );
        }
    }

    #[test]
    fn a_lease_that_was_given_back_is_taken_at_once() {
        let lease = given_back(held(Some(15)));
        assert_eq!(lease.lease_transitions, Some(3), "the next tenure is another epoch");
        assert_eq!(lease.acquire_time, None, "nobody holds it since any time");
        assert_eq!(decide(Some(&lease), None, true, Duration::ZERO, OWN), Decision::Take);
        assert_eq!(
            decide(Some(&LeaseSpec::default()), None, false, Duration::ZERO, OWN),
            Decision::Take
        );
    }

    #[test]
    fn a_lease_whose_holder_somebody_took_out_is_taken_over_only_after_its_whole_duration() {
        for holder in [None, Some(String::new())] {
            let lease = LeaseSpec {
                holder_identity: holder,
                ..held(Some(15))
            };
            assert_eq!(decide(Some(&lease), None, true, Duration::from_secs(14), OWN), Decision::Wait);
            assert_eq!(decide(Some(&lease), None, true, OWN, OWN), Decision::TakeOver);
        }
    }

    #[test]
    fn a_lease_in_our_name_is_ours_when_we_asked_for_it() {
        let mine = LeaseSpec {
            holder_identity: Some("me".into()),
            ..held(Some(15))
        };
        let decide_now = |asked: Option<&LeaseSpec>| decide(Some(&mine), asked, true, Duration::ZERO, OWN);
        assert_eq!(decide_now(Some(&mine)), Decision::Take);
        let earlier = LeaseSpec {
            lease_transitions: Some(2),
            ..mine.clone()
        };
        assert_eq!(decide_now(Some(&earlier)), Decision::Wait);
        assert_eq!(decide_now(None), Decision::Wait, "somebody else wrote it, and stopped nobody by it");
    }

    #[test]
    fn a_lease_that_vanished_from_under_a_holder_is_not_made_anew_before_the_holder_must_have_stopped() {
        assert_eq!(decide(None, None, true, Duration::from_secs(14), OWN), Decision::Wait);
        assert_eq!(decide(None, None, true, OWN, OWN), Decision::Create);
        assert_eq!(decide(None, None, false, Duration::ZERO, OWN), Decision::Create);
    }

    #[test]
    fn the_duration_that_counts_is_the_one_that_the_holder_wrote() {
        let lease = held(Some(30));
        assert_eq!(decide(Some(&lease), None, true, OWN, OWN), Decision::Wait);
        assert_eq!(decide(Some(&lease), None, true, Duration::from_secs(30), OWN), Decision::TakeOver);
    }
}
