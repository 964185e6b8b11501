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
    let kept: Vec<_> = required
        .stale()
        .into_iter()
        .filter_map(|s| Some((s, required.users(s).first()?.describe())))
        .map(|(s, caller)| format!("statement {} is no longer asked for and stays because {caller} needs it", s.id))
        .collect();
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
