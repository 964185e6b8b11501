//! `Ready`, `Reconciling` and `Stalled`, by the rules of kstatus: never both of the latter, and each only while True.

use super::assess::{Cadence, Pass};
use super::conditions::{Conditions, Status};
use super::failure::{Class, Effect, Failure};
use super::finding::{Ends, Finding};
use super::observed::AllocationState;
use super::routing::Routing;
use super::source_kind::SourceKind;
use super::source_problem::{self, SourceProblem};
use crate::api::{ConditionType, ManagementPolicy, Reason};

/// Sets the summary and says when to look again.
pub fn of(pass: &Pass, routing: &Routing, conditions: &mut Conditions) -> Cadence {
    if pass.plan.is_empty() {
        let (reason, message) = whole(pass, routing);
        conditions.set(ConditionType::Ready, Status::True, reason, message);
        return Cadence::Settled;
    }
    if pass.desired.management == ManagementPolicy::Observe {
        return observing(pass, conditions);
    }
    match &pass.outcome.failed {
        Some((_, failure)) => failed(pass, failure, conditions),
        None => under_way(pass, conditions),
    }
}

/// The sentence that a person reads when all is well.
fn whole(pass: &Pass, routing: &Routing) -> (Reason, String) {
    let desired = pass.desired;
    let version = routing.serving().map_or_else(|| "$LATEST".into(), |v| v.to_string());
    let serves = format!("version {version} serves 100 % of alias {}:{}", desired.function, desired.alias);
    let calls = match desired.triggers.len() {
        0 => String::new(),
        n => format!("; {n} of {n} triggers call it"),
    };
    match pass.observed.capacity.as_ref().filter(|c| c.state == AllocationState::Ready) {
        Some(c) => (
            Reason::Warm,
            format!("{serves}, {} of {} environments are warm{calls}", c.available, c.requested),
        ),
        None => (Reason::InPlace, format!("{serves}, without warm capacity{calls}")),
    }
}

fn observing(pass: &Pass, conditions: &mut Conditions) -> Cadence {
    let (reason, message) = match (pass.plan.steps.len(), pass.plan.findings.first()) {
        (0, Some(finding)) => (finding.reason, finding.message.clone()),
        (n, _) => (
            Reason::ChangesPending,
            format!("managementPolicy is Observe: {n} calls to AWS would be made, see status.plan"),
        ),
    };
    conditions.set(ConditionType::Ready, Status::False, reason, message);
    Cadence::Settled
}

/// A call failed: what it means, in words that name the next step.
fn failed(pass: &Pass, failure: &Failure, conditions: &mut Conditions) -> Cadence {
    let (ends, reason, message) = match &failure.class {
        Class::Source(problem) => {
            let role = pass.observed.function.as_ref().map(|f| f.role.as_str());
            unreadable_source(*problem, failure, role)
        }
        _ => words(failure),
    };
    let stuck = ends == Ends::ByPerson || (ends == Ends::ByDelivery && conditions.not_ready_for() >= pass.moment.grace);
    conditions.set(ConditionType::Ready, Status::False, reason, message.clone());
    if stuck {
        conditions.set(ConditionType::Stalled, Status::True, reason, message);
        return Cadence::Slow;
    }
    conditions.set(ConditionType::Reconciling, Status::True, Reason::ProgressingWithRetry, message);
    Cadence::Retry
}

/// What a failure means to a person: who can end it, the reason, and a sentence.
pub fn words(failure: &Failure) -> (Ends, Reason, String) {
    if failure.effect == Effect::Unknown {
        let (operation, resource, code) = (failure.operation, &failure.resource, &failure.code);
        let text = format!("{operation} on {resource} had no usable answer ({code}); AWS is observed again before anything else");
        return (Ends::ByItself, Reason::AwsUnavailable, text);
    }
    let (ends, reason) = match &failure.class {
        Class::Throttled(_) => (Ends::ByItself, Reason::Throttled),
        Class::Transient => (Ends::ByItself, Reason::AwsUnavailable),
        Class::Conflict | Class::Precondition | Class::Waiting | Class::NotFound => (Ends::ByItself, Reason::Progressing),
        Class::Denied(_) => (Ends::ByDelivery, Reason::AccessDenied),
        Class::Credentials => (Ends::ByDelivery, Reason::CredentialsUnavailable),
        Class::Invalid => (Ends::ByPerson, Reason::InvalidRequest),
        Class::Quota => (Ends::ByPerson, Reason::QuotaExceeded),
        Class::Source(problem) => return unreadable_source(*problem, failure, None),
    };
    (ends, reason, sentence(failure))
}

fn sentence(failure: &Failure) -> String {
    let (operation, resource, code) = (failure.operation, &failure.resource, &failure.code);
    let said = format!("{code}: {}", failure.message);
    match &failure.class {
        Class::Throttled(_) => {
            format!("{operation} on {resource} is throttled ({code}), by AWS or by the operator's share of its quota; it is tried again")
        }
        Class::Transient => format!("{operation} on {resource} failed ({code}); it is tried again"),
        Class::Conflict | Class::Precondition => format!("{operation} on {resource} met another change ({said}); AWS is read again"),
        Class::Waiting => format!("AWS is not ready for {operation} on {resource} ({said})"),
        Class::NotFound => format!("{operation}: {resource} is gone ({said}); AWS is read again"),
        Class::Denied(action) => {
            format!("AWS denies {action} on {resource}: allow it for the operator's role (warmlambda print iam-policy lists all actions)")
        }
        Class::Credentials => format!("the operator has no valid AWS credentials ({code}): check its service account's role"),
        Class::Invalid => format!("AWS refuses {operation} on {resource}: {said}"),
        Class::Quota => format!("a quota stands in the way of {operation} on {resource}: {said}"),
        Class::Source(problem) => unreadable_source(*problem, failure, None).2,
    }
}

/// A refusal because of the source: it names the source as the resource.
fn unreadable_source(problem: SourceProblem, failure: &Failure, role: Option<&str>) -> (Ends, Reason, String) {
    let source = &failure.resource;
    let kind = if source.starts_with("arn:") {
        SourceKind::of_arn(source)
    } else {
        SourceKind::SelfManagedKafka
    };
    source_problem::sentence(problem, kind, source, role, &failure.message)
}

/// No call failed, but the chain is not as desired yet.
fn under_way(pass: &Pass, conditions: &mut Conditions) -> Cadence {
    let findings = &pass.plan.findings;
    let late = conditions.not_ready_for() >= pass.moment.grace;
    let stuck = |f: &&Finding| f.ends == Ends::ByPerson || (f.ends == Ends::ByDelivery && late);
    let root = findings
        .iter()
        .find(stuck)
        .or_else(|| findings.iter().find(|f| f.ends != Ends::ByEarlierLink))
        .or(findings.first());
    let in_flight = findings.iter().find(|f| f.ends == Ends::ByItself);
    let moving = !pass.outcome.applied.is_empty() || pass.plan.reject.is_some() || in_flight.is_some();
    let done = pass
        .outcome
        .applied
        .last()
        .map(|(planned, _)| format!("{} was done: {}", planned.step.action(), planned.why));
    let (reason, message) = match root {
        Some(finding) => (finding.reason, finding.message.clone()),
        None => (Reason::Progressing, done.clone().unwrap_or_else(|| "changes are due".into())),
    };
    conditions.set(ConditionType::Ready, Status::False, reason, message.clone());
    if moving {
        let (reason, message) = match in_flight {
            Some(f) if f.reason == Reason::WarmingNewVersion => (f.reason, f.message.clone()),
            Some(f) => (Reason::Progressing, f.message.clone()),
            None => (Reason::Progressing, done.unwrap_or(message)),
        };
        conditions.set(ConditionType::Reconciling, Status::True, reason, message);
        return Cadence::InFlight;
    }
    if root.is_some_and(|f| stuck(&f)) {
        conditions.set(ConditionType::Stalled, Status::True, reason, message);
        return Cadence::Settled;
    }
    conditions.set(ConditionType::Reconciling, Status::True, Reason::DependencyNotReady, message);
    if findings.iter().any(|f| f.ends == Ends::ByDelivery) {
        Cadence::InFlight
    } else {
        Cadence::Settled
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::WarmLambdaEndpointStatus;
    use crate::plan::assess::{Outcome, Stop, assess_stop};
    use crate::plan::finding::Link;
    use crate::plan::fixtures::{self, condition, desired, moment, planned, quiet, verdict};
    use crate::plan::memory::{Memory, Rejected};
    use crate::plan::steps::Plan;

    fn failure(class: Class, effect: Effect) -> Failure {
        Failure {
            effect,
            ..fixtures::failure("lambda:UpdateAlias", class)
        }
    }

    /// A pass whose first step failed.
    fn failing(class: Class, previous: &WarmLambdaEndpointStatus, seconds: i64) -> WarmLambdaEndpointStatus {
        let (desired, mut observed) = (desired(), quiet());
        observed.capacity = None;
        let step = planned(&desired, &observed).steps[0].clone();
        let outcome = Outcome {
            applied: Vec::new(),
            failed: Some((step, failure(class, Effect::NotApplied))),
        };
        verdict(&desired, &observed, &outcome, previous, seconds).status
    }

    fn of(status: &str, reason: &str) -> Option<(String, String)> {
        Some((status.into(), reason.into()))
    }

    #[test]
    fn a_chain_that_is_whole_is_ready_and_says_so_in_numbers() {
        let verdict = verdict(&desired(), &quiet(), &Outcome::default(), &WarmLambdaEndpointStatus::default(), 0);
        assert_eq!(verdict.cadence, Cadence::Settled);
        assert_eq!(condition(&verdict.status, "Ready"), of("True", "Warm"));
        let message = &verdict.status.conditions[0].message;
        assert_eq!(
            message,
            "version 40 serves 100 % of alias fir-api:live, 3 of 3 environments are warm; 1 of 1 triggers call it"
        );
        for absent in ["Reconciling", "Stalled"] {
            assert_eq!(condition(&verdict.status, absent), None);
        }
    }

    #[test]
    fn a_second_look_at_the_same_changes_nothing_in_status() {
        let first = verdict(&desired(), &quiet(), &Outcome::default(), &WarmLambdaEndpointStatus::default(), 0);
        let second = verdict(&desired(), &quiet(), &Outcome::default(), &first.status, 3600);
        assert_eq!(first.status, second.status);
        assert!(second.events.is_empty());
    }

    #[test]
    fn denied_is_work_in_flight_at_first_and_stalled_after_the_grace_period() {
        let denied = || Class::Denied("lambda:UpdateAlias".into());
        let first = failing(denied(), &WarmLambdaEndpointStatus::default(), 0);
        assert_eq!(condition(&first, "Reconciling"), of("True", "ProgressingWithRetry"));
        let second = failing(denied(), &first, 121);
        assert_eq!(condition(&second, "Stalled"), of("True", "AccessDenied"));
        assert_eq!(condition(&second, "Reconciling"), None);
        assert_eq!(condition(&second, "Ready"), of("False", "AccessDenied"));
    }

    #[test]
    fn a_source_that_cannot_be_read_names_the_role_that_may_not() {
        let problem = Class::Source(SourceProblem::RoleNotAssumable);
        let status = failing(problem, &WarmLambdaEndpointStatus::default(), 0);
        let ready = &status.conditions[0];
        assert_eq!(ready.reason, "RoleNotAssumable");
        assert!(
            ready.message.contains("arn:aws:iam::111122223333:role/fir-api"),
            "{}",
            ready.message
        );
    }

    fn plan_of(findings: &[(Ends, Reason)]) -> Plan {
        let findings = findings
            .iter()
            .map(|(ends, reason)| Finding::new(Link::Trigger, *ends, *reason, reason.as_str()));
        Plan {
            findings: findings.collect(),
            ..Plan::default()
        }
    }

    /// Ready's reason, the condition beside it, and the cadence after a pass with this plan, so many seconds after Ready went away.
    fn told(plan: &Plan, seconds: i64) -> String {
        let mut before = Conditions::new(&[], moment(0));
        before.set(ConditionType::Ready, Status::False, Reason::Progressing, "");
        let before = before.finish();
        let pass = Pass {
            desired: &desired(),
            observed: &quiet(),
            plan,
            outcome: &Outcome::default(),
            previous: &WarmLambdaEndpointStatus::default(),
            memory: &Memory::default(),
            usage: None,
            unsampled: None,
            moment: moment(seconds),
        };
        let mut conditions = Conditions::new(&before, moment(seconds));
        let cadence = under_way(&pass, &mut conditions);
        let [ready, beside] = &conditions.finish()[..] else {
            panic!("Ready and one other")
        };
        format!("{}, {} {}, {cadence:?}", ready.reason, beside.type_, beside.reason)
    }

    #[test]
    fn of_several_findings_ready_names_the_root_and_kstatus_hears_whether_it_moves() {
        let waits = (Ends::ByEarlierLink, Reason::Waiting);
        let person = (Ends::ByPerson, Reason::UnqualifiedTarget);
        let others = (Ends::ByOthers, Reason::CanaryActive);
        let delivery = (Ends::ByDelivery, Reason::TriggerNotFound);
        let busy = (Ends::ByItself, Reason::AllocationInProgress);
        let warming = (Ends::ByItself, Reason::WarmingNewVersion);
        let stuck = "UnqualifiedTarget, Stalled UnqualifiedTarget, Settled";
        let absent = "TriggerNotFound, Stalled TriggerNotFound, Settled";
        let canary = "CanaryActive, Reconciling DependencyNotReady, Settled";
        let soon = "TriggerNotFound, Reconciling DependencyNotReady, InFlight";
        let rollout = "WarmingNewVersion, Reconciling WarmingNewVersion, InFlight";
        for (findings, seconds, expected) in [
            (&[waits, person][..], 0, stuck),
            (&[others, person], 0, stuck),
            (&[waits, others], 0, canary),
            (&[others], 86_400, canary),
            (&[waits], 0, "Waiting, Reconciling DependencyNotReady, Settled"),
            (&[delivery], 119, soon),
            (&[delivery], 120, absent),
            (&[others, delivery], 120, absent),
            (&[warming], 0, rollout),
            (&[busy], 86_400, "AllocationInProgress, Reconciling Progressing, InFlight"),
            (&[person, busy], 0, "UnqualifiedTarget, Reconciling Progressing, InFlight"),
            (&[], 0, "Progressing, Reconciling DependencyNotReady, Settled"),
        ] {
            assert_eq!(told(&plan_of(findings), seconds), expected, "{findings:?} after {seconds} s");
        }
    }

    #[test]
    fn a_version_that_is_about_to_be_left_is_work_in_flight() {
        let rejected = Rejected {
            code_sha256: "sha".into(),
            reason: "no".into(),
            attempt: "1".into(),
        };
        let plan = Plan {
            reject: Some((41, rejected)),
            ..Plan::default()
        };
        assert_eq!(told(&plan, 0), "Progressing, Reconciling Progressing, InFlight");
    }

    #[test]
    fn each_failure_is_told_with_its_call_and_the_next_step() {
        for (class, words_of_it) in [
            (Class::Invalid, "AWS refuses lambda:UpdateAlias on fir-api:live: Code: text"),
            (Class::Conflict, "met another change (Code: text); AWS is read again"),
            (
                Class::Denied("lambda:UpdateAlias".into()),
                "AWS denies lambda:UpdateAlias on fir-api:live: allow it",
            ),
        ] {
            let (.., text) = words(&failure(class, Effect::NotApplied));
            assert!(text.contains(words_of_it), "{text}");
        }
    }

    #[test]
    fn a_quota_needs_a_person_at_once() {
        let status = failing(Class::Quota, &WarmLambdaEndpointStatus::default(), 0);
        assert_eq!(condition(&status, "Stalled"), of("True", "QuotaExceeded"));
    }

    #[test]
    fn a_throttle_never_stalls() {
        let first = failing(Class::Throttled(None), &WarmLambdaEndpointStatus::default(), 0);
        let later = failing(Class::Throttled(None), &first, 86_400);
        assert_eq!(
            (condition(&later, "Stalled"), condition(&later, "Ready")),
            (None, of("False", "Throttled"))
        );
    }

    #[test]
    fn a_read_that_fails_now_and_then_does_not_take_ready_away() {
        let ready = verdict(&desired(), &quiet(), &Outcome::default(), &WarmLambdaEndpointStatus::default(), 0).status;
        let stop = Stop::Unread(failure(Class::Transient, Effect::NotApplied));
        let after = |failures| assess_stop(&stop, &ready, crate::plan::assess::Moment { failures, ..moment(60) });
        assert_eq!(after(2).status, ready);
        assert_eq!(condition(&after(3).status, "Ready"), of("Unknown", "AwsUnavailable"));
    }
}
