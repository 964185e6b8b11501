//! The oracles. Each says in words what is wrong, looks at AWS, the API server and the ledger, and never asks the plan.

pub mod canaries;
pub mod end_state;
pub mod invariants;
pub mod leak;
pub mod quiet;
pub mod recovery;
pub mod summary;
pub mod truth;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use awssim::sim::Sim;
use awssim::world::Region;
use warmlambda::api::WarmLambdaEndpoint;

use crate::harness::aws::{ACCOUNT, REGION};
use crate::proxy::Witness;
use crate::proxy::ledger::{Call, Side};
use crate::proxy::upstream::{Answer, Body, Request};
use invariants::Invariants;
use truth::{Claims, Judgement};

/// How the ledger calls a write of status.
const STATUS: &str = "patch:warmlambdaendpoints.status";

/// What an oracle says is wrong.
#[derive(Clone, Debug)]
pub struct Violation {
    /// Its number: `O1`.
    pub oracle: &'static str,
    /// In words.
    pub words: String,
}

/// The same oracle says all of this.
pub fn say(oracle: &'static str, words: Vec<String>) -> impl Iterator<Item = Violation> {
    words.into_iter().map(move |words| Violation { oracle, words })
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.oracle, self.words)
    }
}

/// What the oracles see while a run goes on.
pub struct Watcher {
    sim: Sim,
    seen: Mutex<Seen>,
}

struct Seen {
    invariants: Invariants,
    claims: Claims,
    violations: Vec<String>,
}

impl Watcher {
    /// Watches from now on; everything that is in AWS now is somebody else's unless a scenario is about it.
    pub fn new(sim: &Sim) -> Self {
        let invariants = sim.with_region(ACCOUNT, REGION, |region, _| Invariants::of(region));
        Self {
            sim: sim.clone(),
            seen: Mutex::new(Seen {
                invariants,
                claims: Claims::default(),
                violations: Vec::new(),
            }),
        }
    }

    /// Notes what a generation of the endpoint asks for.
    pub fn asks(&self, endpoint: &WarmLambdaEndpoint) {
        self.seen().claims.asks(endpoint);
    }

    /// Notes that somebody else is about to change AWS: what was true a moment ago may be claimed for another moment.
    pub fn world_changes(&self, time: u64) {
        let region = self.region();
        self.seen().claims.world_changes(time, region);
    }

    /// What was wrong at some moment.
    pub fn violations(&self) -> Vec<String> {
        self.seen().violations.clone()
    }

    /// Judges every status that was written.
    pub fn judge_claims(&self) -> Judgement {
        self.seen().claims.judge()
    }

    /// `metadata.uid` of every endpoint that was made.
    pub fn uids(&self) -> BTreeSet<String> {
        self.seen().claims.uids()
    }

    /// Whether a process said that something waits for what may still arrive at AWS.
    pub fn waited(&self, process: &str) -> bool {
        self.seen().claims.waited(process)
    }

    /// Whether AWS is as the newest generation of the endpoint asks.
    pub fn matches(&self) -> Result<(), String> {
        let region = self.region();
        self.seen().claims.newest_matches(&region)
    }

    fn region(&self) -> Region {
        self.sim.with_region(ACCOUNT, REGION, |region, _| crate::scene::to_ask(region))
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Witness for Watcher {
    fn received(&self, call: &Call, _: &Request) {
        if call.name == STATUS {
            let region = self.region();
            self.seen().claims.comes_in(call, region);
        }
    }

    fn arrives_unexpectedly(&self, call: &Call) {
        if call.side == Side::Aws {
            self.world_changes(call.time);
        }
    }

    fn carried_out(&self, call: &Call, _: &Request, answer: &Answer) {
        // What the API server refused nobody can read.
        if call.name == STATUS
            && answer.status < 300
            && let Body::Whole(bytes) = &answer.body
            && let Ok(object) = serde_json::from_slice(bytes)
        {
            self.seen().claims.claimed(call, &object);
        }
        if call.side != Side::Aws || !call.write {
            return;
        }
        let broken = self.sim.with_region(ACCOUNT, REGION, |region, _| {
            let seen = self.seen();
            seen.invariants.broken_in(region, &seen.claims)
        });
        let label = call.label();
        self.seen()
            .violations
            .extend(broken.into_iter().map(|broken| format!("after {label}: {broken}")));
    }
}
