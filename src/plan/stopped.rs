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
    let ready = previous
        .conditions
        .iter()
        .any(|c| c.type_ == ConditionType::Ready.as_str() && c.status == "True");
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
