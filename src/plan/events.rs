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
