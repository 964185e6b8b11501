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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::desired::DesiredVersion;
    use crate::plan::fixtures::{at, capacity as concurrency, desired, quiet};
    use crate::plan::observed::CodeState;
    use crate::plan::steps;

    /// What is due in a world, with what status remembers.
    fn due(desired: &Desired, observed: &Observed, memory: &Memory) -> Plan {
        steps::plan(desired, observed, memory, at(0))
    }

    fn steps_of(plan: &Plan) -> Vec<&'static str> {
        plan.steps.iter().map(|planned| planned.step.action()).collect()
    }

    fn reasons(plan: &Plan) -> Vec<Reason> {
        plan.findings.iter().map(|finding| finding.reason).collect()
    }

    /// The alias on a version that cannot be kept warm, every request still on the one before.
    fn wedged_on_40() -> Observed {
        let mut observed = quiet();
        observed.alias.as_mut().unwrap().weights = [(39, 1.0)].into();
        observed.capacity = Some(concurrency(3, AllocationState::Failed("FUNCTION_ERROR_INIT_FAILURE".into())));
        observed
    }

    fn rejected(attempt: &str) -> Memory {
        let rejected = Rejected {
            code_sha256: "sha-forty".into(),
            reason: "r".into(),
            attempt: attempt.into(),
        };
        Memory {
            rejected: [(40, rejected)].into(),
            ..Memory::default()
        }
    }

    #[test]
    fn an_alias_that_is_made_says_for_whom_and_gets_its_capacity() {
        let mut observed = Observed {
            alias: None,
            capacity: None,
            ..quiet()
        };
        observed.version_states.insert(40, CodeState::Active);
        let plan = due(&desired(), &observed, &Memory::default());
        let made = plan.steps.iter().find_map(|planned| match &planned.step {
            Step::CreateAlias { version, description } => Some((*version, description.as_str())),
            _ => None,
        });
        let text = "Made by warmlambda for WarmLambdaEndpoint 7f3c1a2b-0000-4000-8000-000000000000";
        assert_eq!(made, Some((40, text)));
        assert!(steps_of(&plan).contains(&"lambda:PutProvisionedConcurrencyConfig"));
    }

    #[test]
    fn an_alias_whose_version_is_not_there_yet_is_said_to_come_unless_something_else_is_the_matter() {
        let mut observed = Observed {
            alias: None,
            capacity: None,
            ..quiet()
        };
        observed.function.as_mut().unwrap().fingerprint = "new".into();
        let plan = due(&desired(), &observed, &Memory::default());
        assert_eq!(
            (steps_of(&plan), reasons(&plan)),
            (vec!["lambda:PublishVersion"], vec![Reason::AliasNotFound])
        );
        let missing = Desired {
            version: DesiredVersion::Pinned(77),
            ..desired()
        };
        observed.version_states.insert(77, CodeState::Missing);
        assert!(!reasons(&due(&missing, &observed, &Memory::default())).contains(&Reason::AliasNotFound));
        observed.function = None;
        assert!(!reasons(&due(&desired(), &observed, &Memory::default())).contains(&Reason::AliasNotFound));
    }

    #[test]
    fn a_version_that_cannot_be_warmed_is_rejected_first_and_left_in_the_next_pass() {
        let first = due(&desired(), &wedged_on_40(), &Memory::default());
        assert_eq!((steps_of(&first), reasons(&first)), (vec![], vec![Reason::AllocationFailed]));
        let (version, rejection) = first.reject.unwrap();
        assert_eq!((version, rejection.code_sha256.as_str()), (40, "sha-forty"));
        let then = due(&desired(), &wedged_on_40(), &rejected(&desired().attempt));
        let back = matches!(
            then.steps[..],
            [PlannedStep {
                step: Step::UpdateAlias {
                    version: 39,
                    purpose: MovePurpose::RollBack,
                    ..
                },
                ..
            }]
        );
        assert!(back, "{:?}", then.steps);
        assert_eq!(then.reject, None);
        let before = due(&desired(), &wedged_on_40(), &rejected("another attempt"));
        assert!(before.steps.is_empty() && before.reject.is_some());
        let mut other_code = rejected(&desired().attempt);
        other_code.rejected.get_mut(&40).unwrap().code_sha256 = "sha-of-a-function-that-was-made-anew".into();
        let anew = due(&desired(), &wedged_on_40(), &other_code);
        assert!(anew.steps.is_empty() && anew.reject.is_some());
    }

    #[test]
    fn who_only_observes_is_shown_the_way_back_at_once() {
        let watching = Desired {
            management: ManagementPolicy::Observe,
            ..desired()
        };
        assert_eq!(
            steps_of(&due(&watching, &wedged_on_40(), &Memory::default())),
            ["lambda:UpdateAlias"]
        );
    }

    #[test]
    fn a_rollout_that_is_held_is_left_to_a_person_with_the_command() {
        let held = Desired {
            on_failure: OnFailure::Hold,
            ..desired()
        };
        let plan = due(&held, &wedged_on_40(), &Memory::default());
        assert!(plan.steps.is_empty() && plan.reject.is_none());
        assert!(
            plan.findings[0]
                .message
                .contains("version 40 cannot initialise (FUNCTION_ERROR_INIT_FAILURE)")
        );
        assert!(plan.findings[0].message.contains("--function-version 39"));
    }

    #[test]
    fn a_rollout_that_takes_too_long_says_how_long_it_may_take() {
        let mut observed = wedged_on_40();
        observed.capacity = Some(concurrency(3, AllocationState::InProgress));
        let began = at(-100_000);
        let memory = Memory {
            rollout: Some(crate::plan::memory::Rollout {
                from: 39,
                to: 40,
                started: began,
                witnessed: began,
            }),
            ..Memory::default()
        };
        let plan = due(&desired(), &observed, &memory);
        assert_eq!(reasons(&plan), [Reason::RolloutTimedOut]);
        assert!(plan.findings[0].message.starts_with("version 40 did not become warm within 900 s"));
        assert_eq!(plan.reject.unwrap().1.reason, ROLLOUT_TIMED_OUT);
    }

    #[test]
    fn a_move_may_mend_what_failed_and_waits_for_what_is_under_way() {
        let behind = |state: AllocationState| {
            let mut observed = quiet();
            observed.alias.as_mut().unwrap().version = Some(39);
            observed.version_states.insert(40, CodeState::Active);
            observed.capacity = Some(concurrency(3, state));
            observed
        };
        let mended = due(&desired(), &behind(AllocationState::Failed("r".into())), &Memory::default());
        assert_eq!((steps_of(&mended), reasons(&mended)), (vec!["lambda:UpdateAlias"], vec![]));
        let waiting = due(&desired(), &behind(AllocationState::InProgress), &Memory::default());
        assert_eq!(
            (steps_of(&waiting), reasons(&waiting)),
            (vec![], vec![Reason::AllocationInProgress])
        );
        let mut broken = quiet();
        broken.capacity = Some(concurrency(3, AllocationState::Failed("r".into())));
        assert_eq!(reasons(&due(&desired(), &broken, &Memory::default())), [Reason::AllocationFailed]);
    }

    #[test]
    fn an_alias_on_latest_moves_before_it_gets_capacity() {
        let mut observed = Observed { capacity: None, ..quiet() };
        observed.alias.as_mut().unwrap().version = None;
        observed.version_states.insert(40, CodeState::Active);
        let plan = due(&desired(), &observed, &Memory::default());
        assert_eq!((steps_of(&plan), reasons(&plan)), (vec!["lambda:UpdateAlias"], vec![]));
        observed.function.as_mut().unwrap().fingerprint = "new".into();
        let publishing = due(&desired(), &observed, &Memory::default());
        assert_eq!(
            (steps_of(&publishing), reasons(&publishing)),
            (vec!["lambda:PublishVersion"], vec![Reason::VersionMismatch])
        );
    }
}
