//! Alias and warm capacity together: AWS lets only one of them change at a time.

use super::capacity::{self, Capacity};
use super::desired::Desired;
use super::finding::{Ends, Finding, Link};
use super::memory::{Memory, Rejected};
use super::observed::{AllocationState, Observed};
use super::routing::{ROLLOUT_TIMED_OUT, Routing};
use super::step::{MovePurpose, PlannedStep, Step};
use super::steps::Plan;
use super::version::{self, Choice};
use crate::api::{ManagementPolicy, OnFailure, Reason};

/// Adds what is due on version, alias and capacity.
///
/// The order that keeps requests warm: grow, move, shrink; and nothing while AWS moves. Source: AWS-29, AWS-30.
pub fn plan(desired: &Desired, observed: &Observed, memory: &Memory, routing: &Routing, plan: &mut Plan) {
    let choice = version::choose(desired, observed, memory);
    let target = match choice {
        Choice::Serve(number) => Some(number),
        Choice::Publish(step) => {
            plan.steps.push(step);
            None
        }
        Choice::Stay(finding) => {
            plan.findings.push(finding);
            None
        }
    };
    match routing {
        Routing::Absent => create(desired, observed, target, plan),
        Routing::Warming { from, to } => plan.findings.push(warming(desired, observed, *from, *to)),
        Routing::Wedged { from, to, reason } => wedged(desired, observed, memory, (*from, *to, reason), plan),
        Routing::Foreign { version, weights } => {
            let shares: Vec<_> = weights.iter().map(|(v, w)| format!("{v}: {w}")).collect();
            let text = format!(
                "somebody shifts traffic on alias {}: version {} with weights {{{}}}; alias and warm capacity are left alone until the \
                 weights are gone (aws lambda update-alias --function-name {} --name {} --routing-config '{{}}')",
                desired.alias_arn(),
                version.map_or_else(|| "$LATEST".into(), |v| v.to_string()),
                shares.join(", "),
                desired.function,
                desired.alias
            );
            plan.findings
                .push(Finding::new(Link::Alias, Ends::ByOthers, Reason::ForeignRouting, text));
        }
        Routing::Stable(version) => stable(desired, observed, *version, target, plan),
    }
}

/// The description of an alias that the operator makes: it says whose it is.
pub fn mark(desired: &Desired) -> String {
    format!("Made by warmlambda for WarmLambdaEndpoint {}", desired.uid)
}

fn create(desired: &Desired, observed: &Observed, target: Option<u64>, plan: &mut Plan) {
    let Some(version) = target else {
        if observed.function.is_some() && plan.findings.is_empty() {
            let text = format!(
                "alias {} does not exist yet; it is made once the version is published",
                desired.alias_arn()
            );
            plan.findings
                .push(Finding::new(Link::Alias, Ends::ByItself, Reason::AliasNotFound, text));
        }
        return;
    };
    plan.steps.push(PlannedStep {
        step: Step::CreateAlias {
            version,
            description: mark(desired),
        },
        why: format!("alias {} does not exist", desired.alias),
    });
    if let Capacity::Change(step) = capacity::decide(desired, observed, false) {
        plan.steps.push(step);
    }
}

fn warming(desired: &Desired, observed: &Observed, from: u64, to: u64) -> Finding {
    let numbers = observed
        .capacity
        .as_ref()
        .map_or_else(String::new, |c| format!(", {} of {} allocated", c.allocated, c.requested));
    let text = format!(
        "AWS is warming version {to} for alias {}:{}{numbers}; version {from} serves every request until it is warm",
        desired.function, desired.alias
    );
    Finding::new(Link::Alias, Ends::ByItself, Reason::WarmingNewVersion, text)
}

/// A version that does not become warm: back to the one that serves, in one call. Source: AWS-31, AWS-32.
///
/// The rejection is recorded in status before the call: were the call made first and its answer lost, the next pass would see a
/// sound alias on the old version and send the broken one out again.
fn wedged(desired: &Desired, observed: &Observed, memory: &Memory, (from, to, reason): (u64, u64, &str), plan: &mut Plan) {
    let Some(alias) = &observed.alias else { return };
    let why = if reason == ROLLOUT_TIMED_OUT {
        format!("version {to} did not become warm within {} s", desired.rollout_timeout.as_secs())
    } else {
        format!("version {to} cannot initialise ({reason})")
    };
    let condition = if reason == ROLLOUT_TIMED_OUT {
        Reason::RolloutTimedOut
    } else {
        Reason::AllocationFailed
    };
    if desired.on_failure == OnFailure::Hold {
        let text = format!(
            "{why}; version {from} serves every request. spec.rollout.onFailure is Hold: look into log group /aws/lambda/{}, then run: aws \
             lambda update-alias --function-name {} --name {} --function-version {from} --routing-config '{{}}'",
            desired.function, desired.function, desired.alias
        );
        plan.findings.push(Finding::new(Link::Alias, Ends::ByPerson, condition, text));
        return;
    }
    let code = version::code_of(observed, memory, to).unwrap_or_default().to_owned();
    let recorded = memory
        .has_rejected(to, Some(&code).filter(|c| !c.is_empty()).map(String::as_str), &desired.attempt)
        .is_some();
    if recorded || desired.management == ManagementPolicy::Observe {
        plan.steps.push(PlannedStep {
            step: Step::UpdateAlias {
                version: from,
                revision_id: alias.revision_id.clone(),
                purpose: MovePurpose::RollBack,
            },
            why,
        });
    } else {
        plan.reject = Some((
            to,
            Rejected {
                code_sha256: code,
                reason: reason.into(),
                attempt: desired.attempt.clone(),
            },
        ));
        let text = format!("{why}; the alias goes back to version {from}, which serves every request");
        plan.findings.push(Finding::new(Link::Alias, Ends::ByItself, condition, text));
    }
}

fn stable(desired: &Desired, observed: &Observed, version: Option<u64>, target: Option<u64>, plan: &mut Plan) {
    let move_to = target.filter(|t| version != Some(*t));
    let on_latest = version.is_none();
    let moving = move_to.is_some();
    // Warm capacity cannot stand on `$LATEST` (AWS-12): the alias moves first.
    let capacity = if on_latest && observed.capacity.is_none() {
        Capacity::Settled
    } else {
        capacity::decide(desired, observed, moving)
    };
    let allocating = observed.capacity.as_ref().is_some_and(|c| c.state == AllocationState::InProgress);
    match capacity {
        Capacity::Change(step) => plan.steps.push(step),
        Capacity::Busy(finding) => plan.findings.push(finding),
        Capacity::Settled if moving => {}
        // The move may mend it, once it can be made.
        Capacity::Broken(_) if moving && !allocating => {}
        Capacity::Broken(finding) => plan.findings.push(finding),
        Capacity::Settled if on_latest => plan.findings.push(on_latest_finding(desired)),
        Capacity::Settled => {}
    }
    let changing = plan
        .steps
        .iter()
        .any(|s| matches!(s.step, Step::PutCapacity { .. } | Step::DeleteCapacity));
    let (Some(version), Some(alias), false, false) = (move_to, &observed.alias, allocating, changing) else {
        return;
    };
    plan.steps.push(PlannedStep {
        step: Step::UpdateAlias {
            version,
            revision_id: alias.revision_id.clone(),
            purpose: MovePurpose::Rollout,
        },
        why: match alias.version {
            Some(old) => format!("alias {} serves version {old}, version {version} is asked for", desired.alias),
            None => format!("alias {} serves $LATEST, version {version} is asked for", desired.alias),
        },
    });
}

fn on_latest_finding(desired: &Desired) -> Finding {
    let text = format!("alias {} points to $LATEST, which cannot be kept warm", desired.alias_arn());
    Finding::new(Link::Alias, Ends::ByItself, Reason::VersionMismatch, text)
}
