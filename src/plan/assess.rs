//! What is true: from one pass to status, conditions and the time of the next look.

use std::time::Duration;

use k8s_openapi::jiff::Timestamp;

use super::cleanup::Cleanup;
use super::conditions::Conditions;
use super::desired::{Desired, InvalidSpec};
use super::failure::Failure;
use super::memory::Memory;
use super::observed::Observed;
use super::permission::Required;
use super::routing::Routing;
use super::step::{Applied, PlannedStep};
use super::steps::Plan;
use super::usage::Usage;
use super::{events, facts, idle, links, records_failing, routed, stopped, summary, traffic, usage};
use crate::api::WarmLambdaEndpointStatus;

/// One pass, from the observation to the last write.
#[derive(Clone, Copy, Debug)]
pub struct Pass<'a> {
    /// What the spec asks for.
    pub desired: &'a Desired,
    /// What AWS showed before any write of this pass.
    pub observed: &'a Observed,
    /// What was due.
    pub plan: &'a Plan,
    /// What was done of it.
    pub outcome: &'a Outcome,
    /// The status that stands in the object.
    pub previous: &'a WarmLambdaEndpointStatus,
    /// What was remembered when the plan was made.
    pub memory: &'a Memory,
    /// What the last minutes were like; `None` before CloudWatch was asked, or when its last answer is too old.
    pub usage: Option<&'a Usage>,
    /// Why CloudWatch did not answer the last time; `None` when it did, or was not asked yet.
    pub unsampled: Option<&'a Failure>,
    /// When, and how patient to be.
    pub moment: Moment,
}

/// When a verdict is spoken, and how patient it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// The operator's clock.
    pub now: Timestamp,
    /// `metadata.generation` of the object.
    pub generation: i64,
    /// How long something may be missing or denied that another controller may still deliver, before a person is asked for.
    pub grace: Duration,
    /// How many passes in a row have failed, this one included; 0 when it did not fail.
    pub failures: u32,
}

/// What was done of a plan.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// Steps that AWS confirmed, in their order, with its answers.
    pub applied: Vec<(PlannedStep, Applied)>,
    /// The step that ended the pass, and why.
    pub failed: Option<(PlannedStep, Failure)>,
}

/// A pass that ended before there was an observation to speak of.
#[derive(Clone, Debug, PartialEq)]
pub enum Stop {
    /// `spec.suspend`.
    Suspended,
    /// The spec cannot be carried out.
    Invalid(InvalidSpec),
    /// No region: neither in the spec nor in the operator's environment.
    NoRegion,
    /// An older endpoint owns the alias: its `namespace/name`.
    Claimed(String),
    /// AWS could not be read.
    Unread(Failure),
    /// The object is being deleted and the cleanup is not done yet.
    Deleting(Cleanup, Option<Failure>),
}

/// What goes into status, and when to look again.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// The whole new status; `lastTransitionTime` of each condition moves only with its status.
    pub status: WarmLambdaEndpointStatus,
    /// When to look again.
    pub cadence: Cadence,
    /// What is worth an event: steps that were done, and transitions.
    pub events: Vec<Event>,
}

/// Something worth an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// CamelCase and stable, for instance `AliasMoved`.
    pub reason: &'static str,
    /// What happened, in one sentence.
    pub message: String,
    /// Whether a person should worry.
    pub warning: bool,
}

/// When to look again. The durations stand in `controller/intervals.rs`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cadence {
    /// Something is in flight that AWS finishes by itself, or a write was just made.
    InFlight,
    /// Nothing to do: the ordinary resync.
    Settled,
    /// AWS refuses; only a person or another controller can change that: slowly.
    Slow,
    /// A call failed in a way that passes: with backoff.
    Retry,
    /// Only a change of the object itself can change it.
    OnChange,
}

/// Says what is true after a pass.
pub fn assess(pass: &Pass) -> Verdict {
    let routing = Routing::of(pass.desired, pass.observed, pass.memory, pass.moment.now);
    let required = Required::of(pass.desired, pass.observed);
    let mut status = facts::status(pass, &routing, &required);
    let mut conditions = Conditions::new(&pass.previous.conditions, pass.moment);
    let cadence = summary::of(pass, &routing, &mut conditions);
    links::of(pass, &routing, &required, &mut conditions);
    routed::of(pass.desired, pass.observed, &mut conditions);
    traffic::of(pass, &mut conditions);
    usage::advise(pass.usage, pass.unsampled, &mut conditions);
    idle::of(pass, &routing, &mut conditions);
    records_failing::advise(pass, &mut conditions);
    status.conditions = conditions.finish();
    let events = events::of(pass, &status.conditions);
    Verdict { status, cadence, events }
}

/// Says what is true when there is no observation.
pub fn assess_stop(stop: &Stop, previous: &WarmLambdaEndpointStatus, moment: Moment) -> Verdict {
    stopped::of(stop, previous, moment)
}
