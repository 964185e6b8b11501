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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;
    use crate::plan::assess::{Outcome, assess};
    use crate::plan::desired::Desired;
    use crate::plan::fixtures::{at, capacity as concurrency, desired, moment, quiet, verdict};
    use crate::plan::memory::Memory;
    use crate::plan::observed::{CodeState, Observed};
    use crate::plan::step::{Applied, PlannedStep};
    use crate::plan::steps::{Plan, plan};

    fn status_of(desired: &Desired, observed: &Observed, previous: &WarmLambdaEndpointStatus, seconds: i64) -> WarmLambdaEndpointStatus {
        verdict(desired, observed, &Outcome::default(), previous, seconds).status
    }

    fn told(observed: &Observed) -> WarmLambdaEndpointStatus {
        status_of(&desired(), observed, &WarmLambdaEndpointStatus::default(), 0)
    }

    /// The alias on version 40 with a weight on version 39.
    fn weighted(share: f64, state: AllocationState) -> Observed {
        let mut observed = quiet();
        observed.alias.as_mut().unwrap().weights = BTreeMap::from([(39, share)]);
        observed.capacity = Some(concurrency(3, state));
        observed
    }

    /// What a pass says that ends with this plan and these answers.
    fn after(
        previous: &WarmLambdaEndpointStatus,
        observed: &Observed,
        plan: &Plan,
        applied: Vec<(PlannedStep, Applied)>,
    ) -> WarmLambdaEndpointStatus {
        let outcome = Outcome { applied, failed: None };
        assess(&Pass {
            desired: &desired(),
            observed,
            plan,
            outcome: &outcome,
            previous,
            memory: &Memory::from(previous),
            usage: None,
            unsampled: None,
            moment: moment(0),
        })
        .status
    }

    #[test]
    fn while_a_version_is_warmed_status_says_which_and_since_when() {
        let observed = weighted(1.0, AllocationState::InProgress);
        let first = told(&observed);
        assert_eq!(first.function_version.as_deref(), Some("39"));
        assert_eq!(first.target_function_version.as_deref(), Some("40"));
        assert_eq!(first.version_weight, Some(100));
        let rollout = first.rollout.clone().unwrap();
        assert_eq!(
            (rollout.from.as_str(), rollout.to.as_str(), rollout.start_time.0),
            ("39", "40", at(0))
        );
        let later = status_of(&desired(), &observed, &first, 60);
        assert_eq!(later.rollout.unwrap().start_time.0, at(0), "the begin stays");
        for (from, to) in [("38", "40"), ("39", "41")] {
            let mut other = first.clone();
            other.rollout = other.rollout.map(|r| RolloutStatus {
                from: from.into(),
                to: to.into(),
                ..r
            });
            let rollout = status_of(&desired(), &observed, &other, 60).rollout.unwrap();
            assert_eq!(rollout.start_time.0, at(60), "another move begins anew");
        }
        assert_eq!(status_of(&desired(), &quiet(), &first, 60).rollout, None);
    }

    #[test]
    fn a_whole_weight_that_outlasted_its_rollout_stays_known_and_a_part_does_not() {
        let began = told(&weighted(1.0, AllocationState::InProgress));
        let outlasted = status_of(&desired(), &weighted(1.0, AllocationState::Ready), &began, 10_000);
        assert_eq!(outlasted.rollout, began.rollout);
        assert_eq!(outlasted.target_function_version, None, "it is somebody's weight by now");
        assert_eq!(
            status_of(&desired(), &weighted(0.5, AllocationState::Ready), &began, 10_000).rollout,
            None
        );
    }

    #[test]
    fn the_share_of_the_version_that_serves_is_told_in_percent() {
        for (share, version, percent) in [(0.3, "40", 70), (0.8, "39", 80)] {
            let status = told(&weighted(share, AllocationState::Ready));
            assert_eq!(
                (status.function_version.as_deref(), status.version_weight),
                (Some(version), Some(percent))
            );
        }
        assert_eq!(told(&quiet()).version_weight, Some(100));
        let absent = Observed { alias: None, ..quiet() };
        assert_eq!((told(&absent).version_weight, told(&absent).alias_arn), (None, None));
    }

    #[test]
    fn a_move_that_is_due_names_its_version() {
        assert_eq!(told(&quiet()).target_function_version, None);
        let mut behind = quiet();
        behind.version_states.insert(40, CodeState::Active);
        behind.alias.as_mut().unwrap().version = Some(39);
        assert_eq!(told(&behind).target_function_version.as_deref(), Some("40"));
        let absent = Observed { alias: None, ..behind };
        assert_eq!(told(&absent).target_function_version.as_deref(), Some("40"));
    }

    #[test]
    fn an_endpoint_that_is_only_observed_lists_the_calls_and_their_reasons() {
        let mut observed = quiet();
        observed.capacity = None;
        assert!(told(&observed).plan.is_empty());
        let watching = Desired {
            management: ManagementPolicy::Observe,
            ..desired()
        };
        let plan = status_of(&watching, &observed, &WarmLambdaEndpointStatus::default(), 0).plan;
        assert_eq!(plan.len(), 1);
        assert_eq!(
            plan[0].call,
            "lambda:PutProvisionedConcurrencyConfig fir-api:live ProvisionedConcurrentExecutions=3"
        );
        assert_eq!(plan[0].why, "alias live has no warm capacity");
    }

    #[test]
    fn warm_capacity_stands_in_status_as_aws_shows_it() {
        let mut observed = quiet();
        for (state, word, reason) in [
            (AllocationState::Ready, CapacityState::Ready, None),
            (AllocationState::InProgress, CapacityState::InProgress, None),
            (AllocationState::Failed("why".into()), CapacityState::Failed, Some("why")),
        ] {
            let mut current = concurrency(3, state);
            (current.allocated, current.available) = (2, 1);
            observed.capacity = Some(current);
            let told = told(&observed).provisioned_concurrency.unwrap();
            assert_eq!((told.requested, told.allocated, told.available), (3, 2, 1));
            assert_eq!((told.status, told.reason.as_deref()), (word, reason));
        }
        observed.capacity = None;
        assert_eq!(told(&observed).provisioned_concurrency, None);
    }

    #[test]
    fn a_publication_is_remembered_by_its_answer_then_by_the_list_and_else_as_it_was() {
        let publish = PlannedStep {
            step: Step::PublishVersion {
                code_sha256: "sha".into(),
                revision_id: "r".into(),
                fingerprint: "forty-one".into(),
            },
            why: String::new(),
        };
        let nothing = WarmLambdaEndpointStatus::default();
        let answered = vec![(publish, Applied { version: Some(41) })];
        let ours = after(&nothing, &quiet(), &Plan::default(), answered).published.unwrap();
        assert_eq!((ours.version.as_str(), ours.fingerprint.as_str()), ("41", "forty-one"));
        let listed = told(&quiet()).published.unwrap();
        assert_eq!((listed.version.as_str(), listed.fingerprint.as_str()), ("40", "forty"));
        let mut changed = quiet();
        changed.function.as_mut().unwrap().fingerprint = "new".into();
        assert_eq!(told(&changed).published, None);
        let known = told(&quiet());
        assert_eq!(status_of(&desired(), &changed, &known, 0).published, known.published);
    }

    #[test]
    fn rejections_are_kept_for_the_attempt_that_is_asked_for_with_the_newest_last() {
        let attempt = desired().attempt;
        let rejection = |version: &str, attempt: &str| json!({"version": version, "codeSha256": "old", "reason": "r", "attempt": attempt});
        let list = [rejection("40", &attempt), rejection("38", "before"), rejection("39", &attempt)];
        let previous: WarmLambdaEndpointStatus = serde_json::from_value(json!({"rejectedVersions": list})).unwrap();
        let numbers = |status: WarmLambdaEndpointStatus| -> Vec<_> {
            let rejected = status.rejected_versions.into_iter();
            rejected.map(|r| (r.version, r.code_sha256)).collect()
        };
        let pair = |version: &str, code: &str| (version.to_owned(), code.to_owned());
        let plan = plan(&desired(), &quiet(), &Memory::default(), at(0));
        let kept = after(&previous, &quiet(), &plan, Vec::new());
        assert_eq!(numbers(kept), [pair("40", "old"), pair("39", "old")]);
        let again = Rejected {
            code_sha256: "new".into(),
            reason: "r".into(),
            attempt,
        };
        let plan = Plan {
            reject: Some((40, again)),
            ..plan
        };
        let kept = after(&previous, &quiet(), &plan, Vec::new());
        assert_eq!(numbers(kept), [pair("39", "old"), pair("40", "new")]);
    }
}
