//! One condition for each link of the chain: `kubectl describe` shows where it breaks.

use super::assess::Pass;
use super::capacity;
use super::conditions::{Conditions, Status};
use super::finding::{Finding, Link};
use super::observed::AllocationState;
use super::permission::Required;
use super::routing::Routing;
use super::step::PlannedStep;
use crate::api::{ConditionType, Reason};

/// Sets the four conditions.
pub fn of(pass: &Pass, routing: &Routing, required: &Required, conditions: &mut Conditions) {
    if pass.observed.function.is_none() {
        for kind in [
            ConditionType::AliasReady,
            ConditionType::CapacityReady,
            ConditionType::PermissionReady,
            ConditionType::TriggerReady,
        ] {
            conditions.set(kind, Status::False, Reason::FunctionNotFound, "the function does not exist");
        }
        return;
    }
    for (kind, link) in [
        (ConditionType::AliasReady, Link::Alias),
        (ConditionType::CapacityReady, Link::Capacity),
        (ConditionType::PermissionReady, Link::Permission),
        (ConditionType::TriggerReady, Link::Trigger),
    ] {
        let (status, reason, message) = broken(pass, link).unwrap_or_else(|| holds(pass, routing, required, link));
        conditions.set(kind, status, reason, message);
    }
}

fn broken(pass: &Pass, link: Link) -> Option<(Status, Reason, String)> {
    let finding = pass.plan.findings.iter().find(|f: &&Finding| f.link == link);
    let step = || pass.plan.steps.iter().find(|s: &&PlannedStep| s.step.link() == link);
    let reason = match link {
        Link::Permission => Reason::PermissionMissing,
        Link::Trigger => Reason::UnqualifiedTarget,
        Link::Alias if pass.observed.alias.is_none() => Reason::AliasNotFound,
        Link::Alias => Reason::VersionMismatch,
        Link::Capacity => Reason::Progressing,
    };
    match (finding, step()) {
        (Some(f), _) => Some((Status::False, f.reason, f.message.clone())),
        (None, Some(s)) => Some((Status::False, reason, s.why.clone())),
        (None, None) => None,
    }
}

fn holds(pass: &Pass, routing: &Routing, required: &Required, link: Link) -> (Status, Reason, String) {
    let no_alias = || (Status::False, Reason::Waiting, "the alias does not exist yet".to_owned());
    if pass.observed.alias.is_none() {
        return no_alias();
    }
    match link {
        Link::Alias => alias(pass, routing),
        Link::Capacity => warm_capacity(pass, routing),
        Link::Permission => let_in(required),
        Link::Trigger if pass.desired.triggers.is_empty() => (Status::True, Reason::NotRequired, "the spec names no triggers".into()),
        Link::Trigger => (
            Status::True,
            Reason::Succeeded,
            format!("every trigger calls {}", pass.desired.alias_arn()),
        ),
    }
}

fn alias(pass: &Pass, routing: &Routing) -> (Status, Reason, String) {
    let version = routing.serving().map_or_else(|| "$LATEST".into(), |v| v.to_string());
    let text = format!(
        "alias {} serves version {version} with 100 % of its requests",
        pass.desired.alias_arn()
    );
    (Status::True, Reason::Succeeded, text)
}

fn warm_capacity(pass: &Pass, routing: &Routing) -> (Status, Reason, String) {
    if matches!(routing, Routing::Warming { .. } | Routing::Wedged { .. } | Routing::Foreign { .. }) {
        return (
            Status::False,
            Reason::Waiting,
            "it cannot be told, nor changed, while the alias has weights".into(),
        );
    }
    let managed = capacity::managed(pass.desired, pass.observed).is_some();
    match (&pass.observed.capacity, managed) {
        (Some(c), true) if c.state == AllocationState::Ready => (
            Status::True,
            Reason::Succeeded,
            format!("{} of {} environments are warm", c.available, c.requested),
        ),
        (Some(c), false) => {
            let owner = match pass.observed.scaling {
                Some(bounds) => format!("Application Auto Scaling keeps it between {} and {}", bounds.min, bounds.max),
                None => "the spec leaves the number to others".into(),
            };
            (
                Status::True,
                Reason::ExternallyOwned,
                format!("{} of {} environments are warm; {owner}", c.available, c.requested),
            )
        }
        (None, false) => (
            Status::True,
            Reason::ExternallyOwned,
            "there is no warm capacity; the spec leaves the number to others".into(),
        ),
        (None, true) => (
            Status::True,
            Reason::NotRequired,
            "no warm capacity is asked for, and there is none".into(),
        ),
        (Some(_), true) => (Status::False, Reason::Progressing, "the warm capacity is changing".into()),
    }
}

fn let_in(required: &Required) -> (Status, Reason, String) {
    let prefix = super::policy::statement_prefix(&required.desired.uid);
    let mut granting: Vec<_> = required
        .all()
        .filter_map(|arn| required.granting(arn))
        .map(|s| {
            if s.id.starts_with(&prefix) {
                s.id.clone()
            } else {
                format!("{} (not ours)", s.id)
            }
        })
        .collect();
    granting.dedup();
    let kept = required.stale().into_iter().filter_map(|s| match required.users(s).first() {
        Some(caller) => Some(format!(
            "statement {} is no longer asked for and stays because {} needs it",
            s.id,
            caller.describe()
        )),
        None if required.is_awaited(s) => Some(format!("statement {} stays for an API that AWS does not show", s.id)),
        None => None,
    });
    let kept: Vec<_> = kept.collect();
    let kept = if kept.is_empty() {
        String::new()
    } else {
        format!("; {}", kept.join("; "))
    };
    match granting.as_slice() {
        [] => (
            Status::True,
            Reason::NotRequired,
            format!("no trigger needs a permission on the alias{kept}"),
        ),
        ids => (
            Status::True,
            Reason::Succeeded,
            format!("API Gateway may call the alias by {}{kept}", ids.join(", ")),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::WarmLambdaEndpointStatus;
    use crate::plan::assess::Outcome;
    use crate::plan::desired::Desired;
    use crate::plan::fixtures::{capacity as concurrency, condition, desired, message, quiet, verdict};
    use crate::plan::observed::{CodeState, Observed, ScalingBounds};

    const ALIAS: &str = "AliasReady";
    const CAPACITY: &str = "CapacityReady";
    const PERMISSION: &str = "PermissionReady";
    const TRIGGER: &str = "TriggerReady";

    fn status(desired: &Desired, observed: &Observed) -> WarmLambdaEndpointStatus {
        verdict(desired, observed, &Outcome::default(), &WarmLambdaEndpointStatus::default(), 0).status
    }

    fn is(desired: &Desired, observed: &Observed, kind: &str) -> (String, String) {
        condition(&status(desired, observed), kind).unwrap()
    }

    fn pair(status: &str, reason: &str) -> (String, String) {
        (status.into(), reason.into())
    }

    #[test]
    fn every_link_of_a_quiet_chain_holds() {
        for kind in [ALIAS, CAPACITY, PERMISSION, TRIGGER] {
            assert_eq!(is(&desired(), &quiet(), kind), pair("True", "Succeeded"), "{kind}");
        }
    }

    #[test]
    fn the_link_that_a_write_is_due_on_is_broken_and_no_other() {
        let mut behind = quiet();
        behind.version_states.insert(40, CodeState::Active);
        behind.alias.as_mut().unwrap().version = Some(39);
        assert_eq!(is(&desired(), &behind, ALIAS), pair("False", "VersionMismatch"));
        assert_eq!(is(&desired(), &behind, PERMISSION), pair("True", "Succeeded"));
        let mut cold = quiet();
        cold.capacity = None;
        assert_eq!(is(&desired(), &cold, CAPACITY), pair("False", "Progressing"));
        assert_eq!(message(&status(&desired(), &cold), CAPACITY), "alias live has no warm capacity");
        let mut locked = quiet();
        locked.policy = None;
        assert_eq!(is(&desired(), &locked, PERMISSION), pair("False", "PermissionMissing"));
    }

    #[test]
    fn a_statement_that_waits_for_its_api_is_named() {
        let mut observed = quiet();
        observed.rest_apis.clear();
        let text = message(&status(&desired(), &observed), PERMISSION);
        assert!(text.ends_with("stays for an API that AWS does not show"), "{text}");
    }

    #[test]
    fn without_an_alias_it_is_named_and_the_other_links_wait() {
        let absent = Observed {
            alias: None,
            capacity: None,
            policy: None,
            version_states: [(40, CodeState::Active)].into(),
            ..quiet()
        };
        assert_eq!(is(&desired(), &absent, ALIAS), pair("False", "AliasNotFound"));
        let without = Desired {
            triggers: Vec::new(),
            rest_apis: Vec::new(),
            ..desired()
        };
        assert_eq!(is(&without, &absent, TRIGGER), pair("False", "Waiting"));
    }

    #[test]
    fn without_a_function_nothing_holds() {
        let gone = Observed { function: None, ..quiet() };
        for kind in [ALIAS, CAPACITY, PERMISSION, TRIGGER] {
            assert_eq!(is(&desired(), &gone, kind), pair("False", "FunctionNotFound"), "{kind}");
        }
    }

    #[test]
    fn an_endpoint_without_triggers_needs_no_caller_and_no_permission() {
        let without = Desired {
            triggers: Vec::new(),
            rest_apis: Vec::new(),
            ..desired()
        };
        let observed = Observed { policy: None, ..quiet() };
        assert_eq!(is(&without, &observed, TRIGGER), pair("True", "NotRequired"));
        assert_eq!(is(&without, &observed, PERMISSION), pair("True", "NotRequired"));
    }

    #[test]
    fn whose_number_the_warm_capacity_is_is_told() {
        let others = Desired {
            capacity: None,
            ..desired()
        };
        assert_eq!(is(&others, &quiet(), CAPACITY), pair("True", "ExternallyOwned"));
        let mut scaled = quiet();
        scaled.scaling = Some(ScalingBounds { min: 1, max: 9 });
        assert!(message(&status(&desired(), &scaled), CAPACITY).contains("between 1 and 9"));
        let mut cold = quiet();
        cold.capacity = None;
        assert_eq!(is(&others, &cold, CAPACITY), pair("True", "ExternallyOwned"));
        let none = Desired {
            capacity: Some(0),
            ..desired()
        };
        assert_eq!(is(&none, &cold, CAPACITY), pair("True", "NotRequired"));
    }

    #[test]
    fn while_the_alias_has_weights_warmth_cannot_be_told() {
        let mut moving = quiet();
        moving.alias.as_mut().unwrap().weights = [(39, 0.5)].into();
        moving.capacity = Some(concurrency(3, AllocationState::Ready));
        assert_eq!(is(&desired(), &moving, CAPACITY), pair("False", "Waiting"));
    }
}
