//! What is worth an event: steps that were done, and conditions that flipped.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;

use super::assess::{Event, Pass};
use super::conditions;
use super::step::{MovePurpose, Step};
use crate::api::{ConditionType, Reason};

/// The events of a pass.
pub fn of(pass: &Pass, now: &[Condition]) -> Vec<Event> {
    let done = pass.outcome.applied.iter().map(|(planned, _)| Event {
        reason: reason(&planned.step),
        message: format!("{}: {}", planned.step.describe(pass.desired), planned.why),
        warning: matches!(
            planned.step,
            Step::UpdateAlias {
                purpose: MovePurpose::RollBack,
                ..
            }
        ),
    });
    done.chain(flips(&pass.previous.conditions, now)).collect()
}

/// Events for `Ready` becoming True, for `Stalled` appearing or changing its reason, and for advice that appears.
pub fn flips(before: &[Condition], now: &[Condition]) -> Vec<Event> {
    let find = |list: &[Condition], kind: ConditionType| list.iter().find(|c| c.type_ == kind.as_str() && c.status == "True").cloned();
    let mut events = Vec::new();
    if let (None, Some(ready)) = (find(before, ConditionType::Ready), find(now, ConditionType::Ready)) {
        events.push(Event {
            reason: "Ready",
            message: ready.message,
            warning: false,
        });
    }
    if let Some(stalled) = find(now, ConditionType::Stalled) {
        let known = find(before, ConditionType::Stalled).is_some_and(|b| b.reason == stalled.reason);
        if !known {
            events.push(Event {
                reason: "Stalled",
                message: format!("{}: {}", stalled.reason, stalled.message),
                warning: true,
            });
        }
    }
    let appears = |kind, reason: Reason| {
        let is = |list: &[Condition]| conditions::find(list, kind).filter(|c| c.reason == reason.as_str()).cloned();
        is(now).filter(|_| is(before).is_none())
    };
    for (kind, reason, event) in [
        (ConditionType::TrafficOnAlias, Reason::TrafficBypassesAlias, "TrafficBypassesAlias"),
        (ConditionType::CapacitySaturated, Reason::Spillover, "SpilloverDetected"),
        (ConditionType::CapacityIdle, Reason::LowUtilization, "CapacityIdle"),
    ] {
        events.extend(appears(kind, reason).map(|condition| Event {
            reason: event,
            message: condition.message,
            warning: true,
        }));
    }
    events
}

const fn reason(step: &Step) -> &'static str {
    match step {
        Step::PublishVersion { .. } => "VersionPublished",
        Step::CreateAlias { .. } => "AliasCreated",
        Step::UpdateAlias {
            purpose: MovePurpose::Rollout,
            ..
        } => "AliasMoved",
        Step::UpdateAlias {
            purpose: MovePurpose::RollBack,
            ..
        } => "RolledBack",
        Step::PutCapacity { .. } => "CapacityRequested",
        Step::DeleteCapacity => "CapacityReleased",
        Step::AddPermission { .. } => "PermissionGranted",
        Step::RemovePermission { .. } => "PermissionNarrowed",
        Step::UpdateIntegration { .. } | Step::PutIntegration { .. } | Step::SetStageVariable { .. } => "TriggerRetargeted",
        Step::UpdateHttpIntegration { .. } | Step::CreateHttpIntegration { .. } | Step::UpdateRoute { .. } => "TriggerRetargeted",
        Step::SetHttpStageVariables { .. } | Step::UpdateMapping { .. } => "TriggerRetargeted",
        Step::CreateMapping { .. } => "MappingCreated",
        Step::DeployStage { .. } | Step::DeployHttpStage { .. } => "StageDeployed",
        Step::DeleteHttpIntegration { .. } => "IntegrationDeleted",
        Step::DeleteAlias => "AliasDeleted",
    }
}

#[cfg(test)]
mod tests {
    use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

    use super::*;
    use crate::plan::fixtures::at;

    fn condition(kind: ConditionType, status: &str, reason: Reason) -> Condition {
        Condition {
            type_: kind.as_str().into(),
            status: status.into(),
            reason: reason.as_str().into(),
            message: "m".into(),
            observed_generation: None,
            last_transition_time: Time(at(0)),
        }
    }

    fn told(before: &[Condition], now: &[Condition]) -> Vec<(&'static str, bool)> {
        let events = flips(before, now).into_iter();
        events.map(|event| (event.reason, event.warning)).collect()
    }

    #[test]
    fn readiness_is_told_when_it_begins() {
        let ready = |status| [condition(ConditionType::Ready, status, Reason::Succeeded)];
        assert_eq!(told(&[], &ready("True")), [("Ready", false)]);
        assert_eq!(told(&ready("False"), &ready("True")), [("Ready", false)]);
        assert_eq!(told(&ready("True"), &ready("True")), []);
        assert_eq!(told(&ready("True"), &ready("False")), []);
    }

    #[test]
    fn a_stall_is_told_once_for_each_reason() {
        let stalled = |reason| [condition(ConditionType::Stalled, "True", reason)];
        assert_eq!(told(&[], &stalled(Reason::InvalidSpec)), [("Stalled", true)]);
        assert_eq!(told(&stalled(Reason::InvalidSpec), &stalled(Reason::InvalidSpec)), []);
        assert_eq!(
            told(&stalled(Reason::AccessDenied), &stalled(Reason::InvalidSpec)),
            [("Stalled", true)]
        );
        let events = flips(&[], &stalled(Reason::InvalidSpec));
        assert_eq!(events[0].message, "InvalidSpec: m");
    }

    #[test]
    fn advice_is_told_when_it_appears() {
        for (kind, reason, event) in [
            (ConditionType::TrafficOnAlias, Reason::TrafficBypassesAlias, "TrafficBypassesAlias"),
            (ConditionType::CapacitySaturated, Reason::Spillover, "SpilloverDetected"),
            (ConditionType::CapacityIdle, Reason::LowUtilization, "CapacityIdle"),
        ] {
            let advice = [condition(kind, "True", reason)];
            assert_eq!(told(&[], &advice), [(event, true)]);
            assert_eq!(told(&advice, &advice), []);
            assert_eq!(told(&[condition(kind, "True", Reason::Succeeded)], &advice), [(event, true)]);
            assert_eq!(told(&advice, &[condition(kind, "True", Reason::Succeeded)]), []);
        }
    }

    #[test]
    fn each_write_has_a_word_of_its_own_for_people() {
        let alias = |purpose| Step::UpdateAlias {
            version: 2,
            revision_id: String::new(),
            purpose,
        };
        assert_eq!(reason(&alias(MovePurpose::Rollout)), "AliasMoved");
        assert_eq!(reason(&alias(MovePurpose::RollBack)), "RolledBack");
        assert_eq!(reason(&Step::PutCapacity { requested: 1 }), "CapacityRequested");
        assert_eq!(reason(&Step::DeleteCapacity), "CapacityReleased");
        assert_eq!(reason(&Step::DeleteAlias), "AliasDeleted");
    }
}
