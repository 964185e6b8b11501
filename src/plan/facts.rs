//! The fields of status that say what AWS showed.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use super::assess::Pass;
use super::cost::{monthly_dollars, whole_dollars};
use super::memory::Rejected;
use super::observed::AllocationState;
use super::permission::Required;
use super::routing::Routing;
use super::step::{MovePurpose, Step};
use super::{idle, triggers, usage, version};
use crate::api::{
    CapacityState, CapacityStatus, ManagementPolicy, PlannedCall, PublishedVersion, RejectedVersion, RolloutStatus,
    WarmLambdaEndpointStatus,
};

/// At most this many rejected versions are remembered.
const REJECTED_KEPT: usize = 10;

/// The status without its conditions.
pub fn status(pass: &Pass, routing: &Routing, required: &Required) -> WarmLambdaEndpointStatus {
    let (desired, observed, previous) = (pass.desired, pass.observed, pass.previous);
    let triggers = triggers::status(pass, required);
    let there = observed.function.is_some();
    WarmLambdaEndpointStatus {
        observed_generation: Some(pass.moment.generation),
        last_handled_reconcile_at: previous.last_handled_reconcile_at.clone(),
        account: Some(desired.site.account.clone()),
        region: Some(desired.site.region.clone()),
        function_arn: there.then(|| desired.function_arn()),
        alias_arn: observed.alias.is_some().then(|| desired.alias_arn()),
        function_version: routing.serving().map(|v| v.to_string()),
        target_function_version: target(pass, routing).map(|v| v.to_string()),
        version_weight: weight(routing),
        provisioned_concurrency: capacity(pass),
        utilization: usage::utilization(previous.utilization.as_ref(), pass.usage, observed.capacity.is_some()),
        triggers_ready: Some(format!("{}/{}", triggers.iter().filter(|t| t.qualified).count(), triggers.len())),
        triggers,
        rollout: rollout(pass, routing),
        published: published(pass),
        rejected_versions: rejected(pass),
        plan: if desired.management == ManagementPolicy::Observe {
            planned(pass)
        } else {
            Vec::new()
        },
        selector: previous.selector.clone(),
        conditions: Vec::new(),
    }
}

fn planned(pass: &Pass) -> Vec<PlannedCall> {
    pass.plan
        .steps
        .iter()
        .map(|s| PlannedCall {
            call: s.step.describe(pass.desired),
            why: s.why.clone(),
        })
        .collect()
}

/// The version that the alias is moving to: by AWS's hidden canary, or by a write that was just made or is due.
fn target(pass: &Pass, routing: &Routing) -> Option<u64> {
    match routing {
        Routing::Warming { to, .. } | Routing::Wedged { to, .. } => Some(*to),
        _ => pass.plan.steps.iter().find_map(|s| match s.step {
            Step::UpdateAlias {
                version,
                purpose: MovePurpose::Rollout,
                ..
            }
            | Step::CreateAlias { version, .. } => Some(version),
            _ => None,
        }),
    }
}

/// Share of the version that serves, in percent.
fn weight(routing: &Routing) -> Option<i32> {
    match routing {
        Routing::Absent => None,
        Routing::Foreign { version, weights } => {
            let serving = routing.serving();
            let own = 1.0 - weights.values().sum::<f64>();
            let share = if serving == *version {
                own
            } else {
                serving.and_then(|v| weights.get(&v).copied()).unwrap_or(own)
            };
            Some(whole_percent(share))
        }
        _ => Some(100),
    }
}

/// A share of 0.0 to 1.0 as a whole number of percent.
pub fn whole_percent(share: f64) -> i32 {
    let percent = (share.clamp(0.0, 1.0) * 100.0).round();
    // In 0..=100 by the clamp above, so nothing is cut off.
    #[allow(clippy::cast_possible_truncation)]
    let percent = percent as i32;
    percent
}

fn capacity(pass: &Pass) -> Option<CapacityStatus> {
    let current = pass.observed.capacity.as_ref()?;
    let size = idle::serving_size(pass.observed);
    let count = |n: u32| i32::try_from(n).unwrap_or(i32::MAX);
    let (status, reason) = match &current.state {
        AllocationState::InProgress => (CapacityState::InProgress, None),
        AllocationState::Ready => (CapacityState::Ready, None),
        AllocationState::Failed(reason) => (CapacityState::Failed, Some(reason.clone())),
    };
    Some(CapacityStatus {
        requested: count(current.requested),
        allocated: count(current.allocated),
        available: count(current.available),
        status,
        reason,
        monthly_cost_dollars: monthly_dollars(&pass.desired.site.region, size, current.requested).map(whole_dollars),
    })
}

/// Since when the alias has been moving, by the operator's clock.
///
/// A weight of 1.0 that outlasted the rollout is somebody else's, and stays so for as long as this is remembered: forgotten, it would
/// be taken for a rollout that has just begun.
fn rollout(pass: &Pass, routing: &Routing) -> Option<RolloutStatus> {
    let known = |from: &str, to: &str| pass.previous.rollout.clone().filter(|r| r.to == to && r.from == from);
    match routing {
        Routing::Warming { from, to } | Routing::Wedged { from, to, .. } => {
            let (from, to) = (from.to_string(), to.to_string());
            let began = known(&from, &to);
            Some(began.unwrap_or(RolloutStatus {
                from,
                to,
                start_time: Time(pass.moment.now),
            }))
        }
        Routing::Foreign {
            version: Some(to),
            weights,
        } => {
            let (from, share) = weights.first_key_value()?;
            known(&from.to_string(), &to.to_string()).filter(|_| *share >= 1.0)
        }
        _ => None,
    }
}

/// What to remember of the last publication: the answer to ours, else what the list of versions shows.
fn published(pass: &Pass) -> Option<PublishedVersion> {
    let ours = pass.outcome.applied.iter().find_map(|(planned, answer)| match &planned.step {
        Step::PublishVersion { fingerprint, .. } => Some((answer.version?, fingerprint.clone())),
        _ => None,
    });
    let listed = || {
        let newest = version::highest(pass.observed)?;
        let code = pass.observed.versions.as_ref()?.get(&newest)?;
        let latest = pass.observed.function.as_ref()?;
        (code.fingerprint == latest.fingerprint).then(|| (newest, latest.fingerprint.clone()))
    };
    let known = ours.or_else(listed).map(|(number, fingerprint)| PublishedVersion {
        version: number.to_string(),
        fingerprint,
    });
    known.or_else(|| pass.previous.published.clone())
}

/// Rejections that still hold anything back, the newest last.
fn rejected(pass: &Pass) -> Vec<RejectedVersion> {
    let current = |r: &&RejectedVersion| r.attempt == pass.desired.attempt;
    let mut kept: Vec<_> = pass.previous.rejected_versions.iter().filter(current).cloned().collect();
    if let Some((
        number,
        Rejected {
            code_sha256,
            reason,
            attempt,
        },
    )) = &pass.plan.reject
    {
        kept.retain(|r| r.version != number.to_string());
        kept.push(RejectedVersion {
            version: number.to_string(),
            code_sha256: code_sha256.clone(),
            reason: reason.clone(),
            attempt: attempt.clone(),
        });
    }
    let surplus = kept.len().saturating_sub(REJECTED_KEPT);
    kept.drain(..surplus);
    kept
}
