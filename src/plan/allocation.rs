//! Where an allocation of warm capacity stands after a pass, for those who measure how long AWS takes.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;

use super::assess::Pass;
use super::conditions::{Status, find};
use super::observed::AllocationState;
use super::step::{MovePurpose, Step};
use crate::api::ConditionType;

/// Where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Allocation {
    /// AWS was asked in this pass: for more environments than there are, or for those of another version.
    Asked,
    /// All that was asked for was seen warm.
    Warm,
    /// AWS gave up, or it was taken back.
    Ended,
    /// As before.
    Unchanged,
}

/// Where the allocation of an endpoint stands; `now` are the conditions of the verdict on the pass.
pub fn allocation(pass: &Pass, now: &[Condition]) -> Allocation {
    let capacity = pass.observed.capacity.as_ref();
    let there = capacity.map_or(0, |c| c.available);
    let asks = |step: &Step| match step {
        Step::PutCapacity { requested } => *requested > there,
        // AWS allocates as many on the new version before it lets the alias go there. Source: AWS-29.
        Step::UpdateAlias { purpose, .. } => *purpose == MovePurpose::Rollout && capacity.is_some(),
        _ => false,
    };
    let takes_back = |step: &Step| {
        let purpose = MovePurpose::RollBack;
        matches!(step, Step::UpdateAlias { purpose: p, .. } if *p == purpose) || *step == Step::DeleteCapacity
    };
    let applied = || pass.outcome.applied.iter().map(|(planned, _)| &planned.step);
    if applied().any(takes_back) {
        return Allocation::Ended;
    }
    if applied().any(asks) {
        return Allocation::Asked;
    }
    let whole = find(now, ConditionType::CapacityReady).is_some_and(|c| c.status == Status::True.as_str());
    match capacity.map(|c| &c.state) {
        Some(AllocationState::Failed(_)) => Allocation::Ended,
        // Right after a move the numbers describe the version that was left: the alias must have arrived too. Source: AWS-33.
        Some(AllocationState::Ready) if whole && applied().next().is_none() => Allocation::Warm,
        _ => Allocation::Unchanged,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::api::WarmLambdaEndpointStatus;
    use crate::plan::assess::{Outcome, assess};
    use crate::plan::desired::Desired;
    use crate::plan::fixtures::{capacity, desired, desired_by, moment, quiet};
    use crate::plan::memory::Memory;
    use crate::plan::observed::{CodeState, Concurrency, Observed};
    use crate::plan::step::Applied;
    use crate::plan::steps::plan;

    /// Where it stands after a pass that finds AWS like this and does all that is due.
    fn after(observed: &Observed) -> Allocation {
        after_all_of(&desired(), observed)
    }

    fn after_all_of(desired: &Desired, observed: &Observed) -> Allocation {
        let (memory, moment) = (Memory::default(), moment(0));
        let plan = plan(desired, observed, &memory, moment.now);
        let outcome = Outcome {
            applied: plan.steps.iter().map(|step| (step.clone(), Applied::default())).collect(),
            failed: None,
        };
        let pass = Pass {
            desired,
            observed,
            plan: &plan,
            outcome: &outcome,
            previous: &WarmLambdaEndpointStatus::default(),
            memory: &memory,
            usage: None,
            unsampled: None,
            moment,
        };
        allocation(&pass, &assess(&pass).status.conditions)
    }

    #[test]
    fn it_begins_with_the_request_and_ends_when_all_is_warm() {
        let mut observed = quiet();
        observed.capacity = None;
        assert_eq!(after(&observed), Allocation::Asked);
        observed.capacity = Some(capacity(3, AllocationState::InProgress));
        assert_eq!(after(&observed), Allocation::Unchanged);
        observed.capacity = Some(capacity(3, AllocationState::Ready));
        assert_eq!(after(&observed), Allocation::Warm);
    }

    #[test]
    fn fewer_environments_are_no_allocation() {
        let mut observed = quiet();
        observed.capacity = Some(capacity(5, AllocationState::Ready));
        assert_eq!(after(&observed), Allocation::Unchanged);
    }

    #[test]
    fn as_many_as_are_there_are_no_allocation() {
        let mut observed = quiet();
        observed.capacity = Some(Concurrency {
            requested: 5,
            ..capacity(3, AllocationState::Ready)
        });
        assert_eq!(after(&observed), Allocation::Unchanged);
    }

    #[test]
    fn a_move_without_capacity_is_none_and_to_give_capacity_up_ends_it() {
        let cold = desired_by(json!({"functionName": "fir-api", "provisionedConcurrency": 0}));
        let mut observed = quiet();
        assert_eq!(after_all_of(&cold, &observed), Allocation::Ended, "the capacity is given up");
        observed.capacity = None;
        observed.alias.as_mut().unwrap().version = Some(39);
        observed.version_states.insert(40, CodeState::Active);
        assert_eq!(after_all_of(&cold, &observed), Allocation::Unchanged);
    }

    #[test]
    fn a_move_to_another_version_is_one() {
        let mut observed = quiet();
        observed.alias.as_mut().unwrap().version = Some(39);
        observed.version_states.insert(40, CodeState::Active);
        assert_eq!(after(&observed), Allocation::Asked);
    }

    #[test]
    fn while_the_alias_has_weights_nothing_is_warm_yet() {
        let mut observed = quiet();
        observed.alias.as_mut().unwrap().weights = [(39, 1.0)].into();
        assert_eq!(after(&observed), Allocation::Unchanged);
    }

    #[test]
    fn it_ends_when_aws_gives_up() {
        let mut observed = quiet();
        observed.capacity = Some(capacity(3, AllocationState::Failed("FUNCTION_ERROR_INIT_FAILURE".into())));
        assert_eq!(after(&observed), Allocation::Ended);
    }
}
