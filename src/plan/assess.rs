//! What is true: from one pass to status, conditions and the time of the next look.

use k8s_openapi::jiff::Timestamp;

use super::cleanup::Cleanup;
use super::desired::{Desired, InvalidSpec};
use super::failure::Failure;
use super::observed::Observed;
use super::step::{Applied, PlannedStep};
use super::steps::Plan;
use super::usage::Usage;
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
    /// How busy the warm capacity was lately; `None` before CloudWatch was asked.
    pub usage: Option<&'a Usage>,
    /// The operator's clock.
    pub now: Timestamp,
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
    /// Events worth telling, as (reason, message, is a warning): only transitions, compared with the previous status.
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
    /// Only a person or another controller can change it: slowly.
    Slow,
    /// A call failed in a way that passes: with backoff.
    Retry,
    /// Only a change of the object itself can change it.
    OnChange,
}

/// Says what is true after a pass.
pub fn assess(pass: &Pass) -> Verdict {
    Verdict {
        status: pass.previous.clone(),
        cadence: Cadence::Settled,
        events: Vec::new(),
    }
}

/// Says what is true when there is no observation. `generation` is the object's.
pub fn assess_stop(_stop: &Stop, previous: &WarmLambdaEndpointStatus, _generation: i64, _now: Timestamp) -> Verdict {
    Verdict {
        status: previous.clone(),
        cadence: Cadence::Slow,
        events: Vec::new(),
    }
}
