//! A path through the model in words.

use std::fmt::Write as _;

use stateright::Path;

use crate::action::Action;
use crate::model::Operators;
use crate::state::{Object, State};

/// One line for each thing that happened.
pub fn tell(model: &Operators, path: Path<State, Action>) -> String {
    let mut told = String::new();
    let steps: Vec<_> = path.into_vec();
    for (n, (state, action)) in steps.iter().enumerate() {
        let Some(action) = action else { break };
        let next = steps.get(n + 1).map_or(state, |(next, _)| next);
        writeln!(told, "{:>3}. {}", n + 1, line(model, state, *action, next)).unwrap();
        if state.broken != next.broken {
            let step = match action {
                Action::Arrive { flight } => state.flights[usize::from(*flight)].step,
                Action::Send { operator, slot } | Action::Lose { operator, slot } => {
                    next_step(model, state, *operator, *slot).unwrap_or_default()
                }
                _ => 0,
            };
            for complaint in model.tables.complaints(state.region, step) {
                writeln!(told, "     !! {complaint}").unwrap();
            }
        }
    }
    told
}

fn next_step(model: &Operators, state: &State, operator: u8, slot: u8) -> Option<u16> {
    let plan = model
        .tables
        .plan(state.operators[usize::from(operator)].pass[usize::from(slot)].plan);
    plan.as_ref()
        .as_ref()
        .map(|planned| planned.steps.first().copied().unwrap_or_default())
}

fn line(model: &Operators, state: &State, action: Action, next: &State) -> String {
    let who = |operator: u8| ['A', 'B'][usize::from(operator)];
    let next_write = |operator: u8, slot: u8| next_step(model, state, operator, slot).map_or_else(String::new, |step| write(model, step));
    let flight = |n: u8| write(model, state.flights[usize::from(n)].step);
    match action {
        Action::Watch { operator, slot } => {
            format!(
                "{} sees endpoint {slot} as it is: {}",
                who(operator),
                object(state.objects[usize::from(slot)])
            )
        }
        Action::Observe { operator, slot } | Action::ObserveStale { operator, slot } => {
            let plan = model
                .tables
                .plan(next.operators[usize::from(operator)].pass[usize::from(slot)].plan);
            let steps = plan.as_ref().as_ref().map(|planned| {
                let steps = planned.steps.iter().map(|step| write(model, *step));
                let end = planned.done.then(|| "take the finalizer off".to_owned());
                steps.chain(end).collect::<Vec<_>>().join(", ")
            });
            let stale = if matches!(action, Action::ObserveStale { .. }) {
                ", as AWS was before its last write,"
            } else {
                ""
            };
            let view = state.operators[usize::from(operator)].view[usize::from(slot)];
            let due = steps.unwrap_or_else(|| "nothing to send, but settles something".into());
            format!("{} observes{stale} for endpoint {slot} ({}): {due}", who(operator), object(view))
        }
        Action::Send { operator, slot } => {
            let same = state.region == next.region && state.objects == next.objects;
            let refused = if same { " -> refused, or nothing changed" } else { "" };
            format!("{} sends {}{refused}", who(operator), next_write(operator, slot))
        }
        Action::Lose { operator, slot } => format!("{} sends {}, and no answer comes", who(operator), next_write(operator, slot)),
        Action::Refuse { operator, slot } => format!("{} sends {}, which is throttled", who(operator), next_write(operator, slot)),
        Action::GiveUp { operator, .. } => format!("{} drops its plan", who(operator)),
        Action::Arrive { flight: n } => format!("AWS gets {}", flight(n)),
        Action::Vanish { flight: n } => format!("{} is lost for good", flight(n)),
        Action::Expire { operator, .. } => format!("{} has waited for the late-arrival window", who(operator)),
        Action::Trust { operator } => format!("{} has waited for the window after its takeover", who(operator)),
        Action::Lead { operator } => format!("{} takes the lease: epoch {}", who(operator), next.lease.epoch),
        Action::Release { operator } => format!("{} gives the lease back and ends", who(operator)),
        Action::Crash { operator } => format!("{} dies", who(operator)),
        Action::Progress { .. } => "AWS finishes something".into(),
        Action::Rival { rival } => model.tables.setting.rivals[usize::from(rival)].what.into(),
        Action::Edit { slot, spec } => format!("a user edits endpoint {slot}: spec {spec}"),
        Action::Delete { slot } => format!("a user deletes endpoint {slot}"),
        Action::Recreate { slot } => format!("a user makes endpoint {slot} again"),
    }
}

fn write(model: &Operators, step: u16) -> String {
    model.tables.write(step).as_ref().as_ref().map_or_else(
        || "the patch without the finalizer".into(),
        |write| write.step.describe(&write.desired),
    )
}

fn object(object: Object) -> String {
    if !object.exists {
        return "gone".into();
    }
    let deleting = if object.deleting { ", being deleted" } else { "" };
    format!("object {}, spec {}{deleting}", object.incarnation, object.spec)
}

/// Which laws a run found broken, each with its story.
pub fn discoveries<M: stateright::Checker<Operators>>(checker: &M) -> Vec<(&'static str, String)> {
    let mut found: Vec<_> = checker.discoveries().into_iter().collect();
    found.sort_by_key(|(name, _)| *name);
    found.into_iter().map(|(name, path)| (name, tell(checker.model(), path))).collect()
}
