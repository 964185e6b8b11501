//! What is true when a pass ended before there was an observation: the facts of status stay, the conditions say why.

use super::assess::{Cadence, Moment, Stop, Verdict};
use super::cleanup::Cleanup;
use super::conditions::{Conditions, Status, find};
use super::events::flips;
use super::failure::Failure;
use super::finding::Ends;
use super::summary::words;
use crate::api::{ConditionType, Reason, WarmLambdaEndpointStatus};

/// So many passes in a row may fail to read AWS before an endpoint that was Ready is no longer called so.
const FAILURES_TOLERATED: u32 = 3;

/// Says what is true.
pub fn of(stop: &Stop, previous: &WarmLambdaEndpointStatus, moment: Moment) -> Verdict {
    if let Some(unchanged) = tolerated(stop, previous, moment) {
        return unchanged;
    }
    let mut conditions = Conditions::new(&previous.conditions, moment);
    let cadence = match stop {
        Stop::Suspended => {
            conditions.set(
                ConditionType::Ready,
                Status::False,
                Reason::Suspended,
                "spec.suspend is true: AWS is neither read nor written",
            );
            Cadence::OnChange
        }
        Stop::Invalid(invalid) => stalled(&mut conditions, Reason::InvalidSpec, invalid.to_string(), Cadence::OnChange),
        Stop::NoRegion => {
            let text = "no AWS region: set spec.region, or run the operator with AWS_REGION".to_owned();
            stalled(&mut conditions, Reason::InvalidSpec, text, Cadence::OnChange)
        }
        Stop::Claimed(owner) => {
            let text = format!("WarmLambdaEndpoint {owner} is older and owns this alias; AWS is not touched. Delete one of the two");
            stalled(&mut conditions, Reason::AliasClaimed, text, Cadence::Settled)
        }
        Stop::Unread(failure) => unread(&mut conditions, failure),
        Stop::Deleting(cleanup, failure) => deleting(&mut conditions, cleanup, failure.as_ref()),
    };
    let told = !matches!(stop, Stop::Suspended);
    keep_links(previous, &mut conditions, told);
    let conditions = conditions.finish();
    let events = flips(&previous.conditions, &conditions);
    let status = WarmLambdaEndpointStatus {
        observed_generation: Some(moment.generation),
        conditions,
        ..previous.clone()
    };
    Verdict { status, cadence, events }
}

/// A read that fails now and then says nothing about AWS: for a while the last verdict stands.
fn tolerated(stop: &Stop, previous: &WarmLambdaEndpointStatus, moment: Moment) -> Option<Verdict> {
    let Stop::Unread(failure) = stop else { return None };
    let passing = words(failure).0 == Ends::ByItself && moment.failures < FAILURES_TOLERATED;
    let ready = find(&previous.conditions, ConditionType::Ready).is_some_and(|c| c.status == Status::True.as_str());
    let same = previous.observed_generation == Some(moment.generation);
    (passing && ready && same).then(|| Verdict {
        status: previous.clone(),
        cadence: Cadence::Retry,
        events: Vec::new(),
    })
}

fn stalled(conditions: &mut Conditions, reason: Reason, message: String, cadence: Cadence) -> Cadence {
    conditions.set(ConditionType::Ready, Status::False, reason, message.clone());
    conditions.set(ConditionType::Stalled, Status::True, reason, message);
    cadence
}

fn unread(conditions: &mut Conditions, failure: &Failure) -> Cadence {
    let (ends, reason, message) = words(failure);
    let late = conditions.not_ready_for() >= conditions.moment().grace;
    conditions.set(ConditionType::Ready, Status::Unknown, reason, message.clone());
    if ends == Ends::ByPerson || (ends == Ends::ByDelivery && late) {
        conditions.set(ConditionType::Stalled, Status::True, reason, message);
        return Cadence::Slow;
    }
    conditions.set(ConditionType::Reconciling, Status::True, Reason::ProgressingWithRetry, message);
    Cadence::Retry
}

fn deleting(conditions: &mut Conditions, cleanup: &Cleanup, failure: Option<&Failure>) -> Cadence {
    let release = "to give the object up without touching AWS: kubectl annotate wle NAME warmlambda.dev/release=true";
    let (reason, message, cadence) = if let Some(failure) = failure {
        let (ends, reason, text) = words(failure);
        let cadence = if ends == Ends::ByItself { Cadence::Retry } else { Cadence::Slow };
        (reason, format!("{text}; {release}"), cadence)
    } else if !cleanup.in_use_by.is_empty() {
        let text = format!(
            "the alias is still in use by {}; point them elsewhere, or {release}",
            cleanup.in_use_by.join(", ")
        );
        (Reason::StillInUse, text, Cadence::Settled)
    } else {
        let under_way = || (Reason::Progressing, "the cleanup is under way".into());
        let (reason, text) = cleanup.waiting.clone().unwrap_or_else(under_way);
        (reason, text, Cadence::InFlight)
    };
    conditions.set(ConditionType::Ready, Status::False, reason, message.clone());
    conditions.set(ConditionType::DeletionBlocked, Status::True, reason, message);
    cadence
}

/// Takes the conditions of the links over as they were last observed; before the first observation they are Unknown.
fn keep_links(previous: &WarmLambdaEndpointStatus, conditions: &mut Conditions, told: bool) {
    let text = if told {
        "not observed: see Ready"
    } else {
        "not observed while suspended"
    };
    for kind in [
        ConditionType::AliasReady,
        ConditionType::CapacityReady,
        ConditionType::PermissionReady,
        ConditionType::TriggerReady,
    ] {
        let before = find(&previous.conditions, kind);
        let reason = if before.is_some() { Reason::Stale } else { Reason::Pending };
        conditions.set(kind, Status::Unknown, reason, text);
    }
    // Without triggers there is none of these, and before the first observation nobody knows which of them there are.
    for kind in [ConditionType::RoutedToAlias, ConditionType::TrafficOnAlias] {
        if find(&previous.conditions, kind).is_some() {
            conditions.set(kind, Status::Unknown, Reason::Stale, text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::failure::Class;
    use crate::plan::fixtures::{self, condition, moment, ready};

    fn failure(class: Class) -> Failure {
        fixtures::failure("lambda:GetAlias", class)
    }

    fn denied() -> Class {
        Class::Denied("lambda:GetAlias".into())
    }

    /// What a status of nothing but `Ready=False`, since the beginning, is followed by.
    fn unread_after(class: Class, seconds: i64) -> (Verdict, Option<(String, String)>) {
        let mut before = Conditions::new(&[], moment(0));
        before.set(ConditionType::Ready, Status::False, Reason::Progressing, "");
        let before = WarmLambdaEndpointStatus {
            conditions: before.finish(),
            ..WarmLambdaEndpointStatus::default()
        };
        let verdict = of(&Stop::Unread(failure(class)), &before, moment(seconds));
        let stalled = condition(&verdict.status, "Stalled");
        (verdict, stalled)
    }

    #[test]
    fn only_two_reads_in_a_row_may_fail_in_passing_before_ready_is_unknown() {
        let moment = |failures, generation| Moment {
            failures,
            generation,
            ..moment(60)
        };
        let new = WarmLambdaEndpointStatus::default();
        for (class, before, moment, tolerated) in [
            (Class::Transient, ready(), moment(1, 1), true),
            (Class::Throttled(None), ready(), moment(2, 1), true),
            (Class::Transient, ready(), moment(3, 1), false),
            (Class::Transient, ready(), moment(1, 2), false),
            (Class::Transient, new, moment(1, 1), false),
            (denied(), ready(), moment(1, 1), false),
        ] {
            let told = of(&Stop::Unread(failure(class.clone())), &before, moment);
            assert_eq!(told.status == before, tolerated, "{class:?} {moment:?}");
            let expected = if tolerated { "True" } else { "Unknown" };
            assert_eq!(condition(&told.status, "Ready").unwrap().0, expected, "{class:?} {moment:?}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_stalled_when_a_person_is_needed_and_not_before() {
        let (at_once, stalled) = unread_after(Class::Quota, 0);
        assert_eq!((at_once.cadence, stalled.unwrap().1.as_str()), (Cadence::Slow, "QuotaExceeded"));
        for (class, seconds, cadence) in [
            (denied(), 119, Cadence::Retry),
            (denied(), 120, Cadence::Slow),
            (Class::Transient, 86_400, Cadence::Retry),
        ] {
            let (verdict, stalled) = unread_after(class.clone(), seconds);
            assert_eq!(
                (verdict.cadence, stalled.is_some()),
                (cadence, cadence == Cadence::Slow),
                "{class:?} {seconds}"
            );
        }
    }

    #[test]
    fn a_deletion_says_what_holds_it_up_and_how_to_give_the_object_up() {
        let deleting = |cleanup: Cleanup, class: Option<Class>| {
            let told = of(&Stop::Deleting(cleanup, class.map(failure)), &ready(), moment(0));
            let blocked = find(&told.status.conditions, ConditionType::DeletionBlocked).unwrap();
            (
                blocked.reason.clone(),
                blocked.message.contains("warmlambda.dev/release=true"),
                told.cadence,
            )
        };
        let used = Cleanup {
            in_use_by: vec!["REST API a1".into()],
            ..Cleanup::default()
        };
        let waits = Cleanup {
            waiting: Some((Reason::AllocationInProgress, "AWS is at work".into())),
            ..Cleanup::default()
        };
        let said = |reason: &str, way_out, cadence| (reason.to_owned(), way_out, cadence);
        assert_eq!(deleting(used, None), said("StillInUse", true, Cadence::Settled));
        assert_eq!(deleting(waits, None), said("AllocationInProgress", false, Cadence::InFlight));
        assert_eq!(deleting(Cleanup::default(), None), said("Progressing", false, Cadence::InFlight));
        let failed = |class| deleting(Cleanup::default(), Some(class));
        assert_eq!(failed(Class::Transient), said("AwsUnavailable", true, Cadence::Retry));
        assert_eq!(failed(denied()), said("AccessDenied", true, Cadence::Slow));
    }

    #[test]
    fn facts_stay_and_links_are_unknown_for_the_generation_that_was_stopped() {
        let second = Moment {
            generation: 2,
            ..moment(60)
        };
        for (stop, why) in [
            (Stop::Suspended, "not observed while suspended"),
            (Stop::NoRegion, "not observed: see Ready"),
            (Stop::Claimed("shop/older".into()), "not observed: see Ready"),
        ] {
            let told = of(&stop, &ready(), second).status;
            assert_eq!(
                (told.observed_generation, &told.function_version),
                (Some(2), &ready().function_version)
            );
            let alias = find(&told.conditions, ConditionType::AliasReady).unwrap();
            assert_eq!(
                (alias.status.as_str(), alias.reason.as_str(), alias.message.as_str()),
                ("Unknown", "Stale", why)
            );
            let first = of(&stop, &WarmLambdaEndpointStatus::default(), second).status;
            assert_eq!(condition(&first, "AliasReady"), Some(("Unknown".into(), "Pending".into())));
        }
    }
}
