//! The table of AWS's hidden canary, row by row: what is observed, what it means, what is done.

use std::collections::BTreeMap;

use k8s_openapi::jiff::Timestamp;
use warmlambda::api::{OnFailure, Reason};
use warmlambda::plan::desired::Desired;
use warmlambda::plan::finding::{Ends, Finding};
use warmlambda::plan::memory::{Memory, Rejected, Rollout};
use warmlambda::plan::observed::{Alias, AllocationState, CodeState, Concurrency, EnvironmentSize, LatestCode, Observed, PublishedCode};
use warmlambda::plan::routing::{ROLLOUT_TIMED_OUT, Routing};
use warmlambda::plan::step::{MovePurpose, Step};
use warmlambda::plan::steps::{Plan, plan};

use crate::scene::{START, Scene};
use crate::specs::Spec;

const OLD: u64 = 40;
const NEW: u64 = 41;

fn now() -> Timestamp {
    Timestamp::from_millisecond(i64::try_from(START).unwrap()).unwrap()
}

/// Three warm environments on the highest version, which is `NEW`.
fn desired() -> Desired {
    Spec::warm(3).desired(&Scene::new())
}

fn ready(requested: u32) -> Concurrency {
    Concurrency {
        requested,
        allocated: requested,
        available: requested,
        state: AllocationState::Ready,
        changed: None,
    }
}

fn in_state(state: AllocationState) -> Concurrency {
    Concurrency { state, ..ready(3) }
}

/// The alias on `version` with these weights and this capacity; `OLD` and `NEW` are published and active.
fn observed(version: u64, weights: &[(u64, f64)], capacity: Option<Concurrency>) -> Observed {
    let code = |n: u64| PublishedCode {
        code_sha256: format!("code {n}"),
        fingerprint: format!("code {n}"),
        size: EnvironmentSize::default(),
    };
    Observed {
        function: Some(LatestCode {
            code_sha256: format!("code {NEW}"),
            revision_id: "latest".into(),
            fingerprint: format!("code {NEW}"),
            state: CodeState::Active,
            snap_start: false,
            size: EnvironmentSize::default(),
            role: String::new(),
        }),
        versions: Some(BTreeMap::from([(OLD, code(OLD)), (NEW, code(NEW))])),
        version_states: BTreeMap::from([(NEW, CodeState::Active)]),
        alias: Some(Alias {
            version: Some(version),
            weights: weights.iter().copied().collect(),
            revision_id: "seen".into(),
            description: String::new(),
        }),
        capacity,
        ..Observed::default()
    }
}

fn decided(desired: &Desired, observed: &Observed, memory: &Memory) -> Plan {
    plan(desired, observed, memory, now())
}

fn steps(plan: &Plan) -> Vec<Step> {
    plan.steps.iter().map(|planned| planned.step.clone()).collect()
}

fn the_finding(plan: &Plan) -> &Finding {
    assert_eq!((plan.findings.len(), plan.steps.len()), (1, 0), "{plan:?}");
    &plan.findings[0]
}

fn moved(version: u64, purpose: MovePurpose) -> Step {
    Step::UpdateAlias {
        version,
        revision_id: "seen".into(),
        purpose,
    }
}

/// The move to `NEW` was seen this many seconds ago.
fn moving_for(seconds: i64) -> Memory {
    Memory {
        rollout: Some(Rollout {
            from: OLD,
            to: NEW,
            started: Timestamp::from_second(now().as_second() - seconds).unwrap(),
            witnessed: Timestamp::from_second(now().as_second() - seconds).unwrap(),
        }),
        ..Memory::default()
    }
}

#[test]
fn on_the_version_without_weights_and_ready_with_the_number_nothing_is_due() {
    let plan = decided(&desired(), &observed(NEW, &[], Some(ready(3))), &Memory::default());
    assert_eq!(plan, Plan::default());
}

#[test]
fn the_hidden_canary_is_waited_for() {
    let seen = observed(NEW, &[(OLD, 1.0)], Some(in_state(AllocationState::InProgress)));
    let plan = decided(&desired(), &seen, &moving_for(900));
    let finding = the_finding(&plan);
    assert_eq!((finding.reason, finding.ends), (Reason::WarmingNewVersion, Ends::ByItself));
    assert_eq!(plan.reject, None);
}

#[test]
fn a_changed_number_waits_for_the_hidden_canary() {
    let seen = observed(NEW, &[(OLD, 1.0)], Some(in_state(AllocationState::InProgress)));
    let plan = decided(&Spec::warm(7).desired(&Scene::new()), &seen, &Memory::default());
    assert_eq!(the_finding(&plan).reason, Reason::WarmingNewVersion);
}

#[test]
fn a_wedged_alias_is_recorded_as_rejected_before_anything_is_written() {
    let seen = observed(
        NEW,
        &[(OLD, 1.0)],
        Some(in_state(AllocationState::Failed("FUNCTION_ERROR_INIT_FAILURE".into()))),
    );
    let plan = decided(&desired(), &seen, &Memory::default());
    assert_eq!(the_finding(&plan).reason, Reason::AllocationFailed);
    let (number, rejected) = plan.reject.unwrap();
    assert_eq!(
        (number, rejected.code_sha256.as_str(), rejected.reason.as_str()),
        (NEW, "code 41", "FUNCTION_ERROR_INIT_FAILURE")
    );
}

#[test]
fn a_wedged_alias_whose_version_is_recorded_goes_back_in_one_call() {
    let desired = desired();
    let seen = observed(
        NEW,
        &[(OLD, 1.0)],
        Some(in_state(AllocationState::Failed("FUNCTION_ERROR_INIT_FAILURE".into()))),
    );
    let plan = decided(&desired, &seen, &remembering(&desired, NEW, "FUNCTION_ERROR_INIT_FAILURE"));
    assert_eq!(steps(&plan), [moved(OLD, MovePurpose::RollBack)]);
}

#[test]
fn a_rejected_version_is_not_tried_again() {
    let desired = desired();
    let plan = decided(
        &desired,
        &observed(OLD, &[], Some(ready(3))),
        &remembering(&desired, NEW, "FUNCTION_ERROR_INIT_FAILURE"),
    );
    let finding = the_finding(&plan);
    assert_eq!((finding.reason, finding.ends), (Reason::AllocationFailed, Ends::ByPerson));
}

#[test]
fn a_wedged_alias_that_is_held_is_left_to_a_person_with_the_command_to_run() {
    let mut desired = desired();
    desired.on_failure = OnFailure::Hold;
    let seen = observed(
        NEW,
        &[(OLD, 1.0)],
        Some(in_state(AllocationState::Failed("FUNCTION_ERROR_INIT_FAILURE".into()))),
    );
    let plan = decided(&desired, &seen, &Memory::default());
    let finding = the_finding(&plan);
    assert_eq!(
        (finding.reason, finding.ends, &plan.reject),
        (Reason::AllocationFailed, Ends::ByPerson, &None)
    );
    assert!(
        finding
            .message
            .contains("update-alias --function-name fir-api --name live --function-version 40"),
        "{}",
        finding.message
    );
}

#[test]
fn a_canary_longer_than_the_rollout_may_take_is_wedged() {
    let desired = desired();
    let seen = observed(NEW, &[(OLD, 1.0)], Some(in_state(AllocationState::InProgress)));
    let plan = decided(&desired, &seen, &moving_for(901));
    assert_eq!(plan.reject.unwrap().1.reason, ROLLOUT_TIMED_OUT);
    let memory = Memory {
        rejected: remembering(&desired, NEW, ROLLOUT_TIMED_OUT).rejected,
        ..moving_for(901)
    };
    assert_eq!(steps(&decided(&desired, &seen, &memory)), [moved(OLD, MovePurpose::RollBack)]);
}

#[test]
fn other_weights_are_somebody_elses_and_stop_every_write_of_alias_and_capacity() {
    for (version, weights, capacity) in [
        (OLD, &[(NEW, 0.1)][..], Some(ready(1))),
        (NEW, &[(OLD, 0.5)], Some(in_state(AllocationState::InProgress))),
        (NEW, &[(OLD, 1.0)], None),
        (NEW, &[(OLD, 0.0)], Some(ready(3))),
    ] {
        let plan = decided(&desired(), &observed(version, weights, capacity), &Memory::default());
        let finding = the_finding(&plan);
        assert_eq!(
            (finding.reason, finding.ends),
            (Reason::ForeignRouting, Ends::ByOthers),
            "{weights:?}"
        );
    }
}

#[test]
fn another_version_is_moved_once_the_capacity_has_grown_and_is_ready() {
    let grow = decided(&desired(), &observed(OLD, &[], Some(ready(2))), &Memory::default());
    assert_eq!(steps(&grow), [Step::PutCapacity { requested: 3 }]);
    let none = decided(&desired(), &observed(OLD, &[], None), &Memory::default());
    assert_eq!(steps(&none), [Step::PutCapacity { requested: 3 }]);
    let go = decided(&desired(), &observed(OLD, &[], Some(ready(3))), &Memory::default());
    assert_eq!(steps(&go), [moved(NEW, MovePurpose::Rollout)]);
}

#[test]
fn capacity_shrinks_only_after_the_move() {
    let go = decided(&desired(), &observed(OLD, &[], Some(ready(5))), &Memory::default());
    assert_eq!(steps(&go), [moved(NEW, MovePurpose::Rollout)]);
    let moving = observed(
        NEW,
        &[(OLD, 1.0)],
        Some(Concurrency {
            requested: 5,
            ..in_state(AllocationState::InProgress)
        }),
    );
    assert_eq!(
        the_finding(&decided(&desired(), &moving, &Memory::default())).reason,
        Reason::WarmingNewVersion
    );
    let shrink = decided(&desired(), &observed(NEW, &[], Some(ready(5))), &Memory::default());
    assert_eq!(steps(&shrink), [Step::PutCapacity { requested: 3 }]);
    let give_up = decided(
        &Spec::warm(0).desired(&Scene::new()),
        &observed(OLD, &[], Some(ready(5))),
        &Memory::default(),
    );
    assert_eq!(steps(&give_up), [moved(NEW, MovePurpose::Rollout)]);
}

#[test]
fn while_capacity_is_allocated_a_move_waits_and_another_number_does_not() {
    let allocating = Some(in_state(AllocationState::InProgress));
    let waits = decided(&desired(), &observed(OLD, &[], allocating.clone()), &Memory::default());
    assert_eq!(the_finding(&waits).reason, Reason::AllocationInProgress);
    let another = decided(
        &Spec::warm(4).desired(&Scene::new()),
        &observed(NEW, &[], allocating),
        &Memory::default(),
    );
    assert_eq!(steps(&another), [Step::PutCapacity { requested: 4 }]);
}

#[test]
fn available_as_many_as_requested_is_not_taken_for_warm() {
    // What a read right after a move shows: the weights are not there yet, the numbers are the old version's (AWS-29, AWS-33).
    let right_after = decided(
        &desired(),
        &observed(NEW, &[], Some(in_state(AllocationState::InProgress))),
        &Memory::default(),
    );
    assert_eq!(the_finding(&right_after).reason, Reason::AllocationInProgress);
    // The weights and the numbers of the old version, read a moment apart.
    let torn = observed(NEW, &[(OLD, 1.0)], Some(ready(3)));
    let routing = Routing::of(&desired(), &torn, &Memory::default(), now());
    assert_eq!(routing, Routing::Warming { from: OLD, to: NEW });
    assert_eq!(
        the_finding(&decided(&desired(), &torn, &Memory::default())).reason,
        Reason::WarmingNewVersion
    );
}

fn remembering(desired: &Desired, number: u64, reason: &str) -> Memory {
    let rejected = Rejected {
        code_sha256: format!("code {number}"),
        reason: reason.into(),
        attempt: desired.attempt.clone(),
    };
    Memory {
        rejected: BTreeMap::from([(number, rejected)]),
        ..Memory::default()
    }
}
