//! What the endpoint goes through, as data: how AWS is before, what the spec says, what people do, and how it ends.

mod apis;
pub mod decoys;
mod life;
pub mod streams;

use futures::future::BoxFuture;
use serde_json::Value;

use crate::harness::aws::Aws;
use crate::harness::traffic::Place;
use crate::stage::Stage;

/// A part of an endpoint's life.
pub struct Scenario {
    /// How it is called in the names of points.
    pub name: &'static str,
    /// Makes AWS as it is before, beside the demo world.
    pub aws: fn(&Aws),
    /// Members of the spec.
    pub spec: fn() -> Value,
    /// From when on calls count.
    pub opening: Opening,
    /// What people do.
    pub act: fn(&Stage) -> BoxFuture<'_, ()>,
    /// How it ends.
    pub ending: Ending,
    /// Where users send requests all the time; none for an endpoint that only records reach.
    pub users: Option<Place>,
}

/// From when on calls count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opening {
    /// From the start of the operator, before which the endpoint is made.
    Cold,
    /// Once the endpoint is Ready, before people act.
    Ready,
}

/// How it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The endpoint is Ready and AWS as it asks.
    Ready,
    /// The endpoint is gone.
    Gone,
}

/// All of them.
pub fn all() -> Vec<Scenario> {
    let mut all = life::scenarios();
    all.extend(apis::scenarios());
    all.extend(streams::scenarios());
    all
}

/// For scenarios in which nobody does anything.
fn nobody_acts(_: &Stage) -> BoxFuture<'_, ()> {
    Box::pin(std::future::ready(()))
}
