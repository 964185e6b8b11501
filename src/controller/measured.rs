//! What is measured over several passes, apart from what is told in status.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::time::Duration;

use kube::ResourceExt;
use tokio::time::Instant;

use super::context::{Context, lock};
use crate::api::WarmLambdaEndpoint;
use crate::metrics::{Key, Queue};
use crate::plan::allocation::{Allocation, allocation};
use crate::plan::assess::{Pass, Verdict};
use crate::plan::drift::{self, Resource, Settled};

/// The numbers that outlive a pass. Those of an endpoint go with it.
#[derive(Debug)]
pub struct Measured {
    /// Who waits for a pass.
    pub queue: Queue,
    endpoints: Mutex<BTreeMap<String, OfEndpoint>>,
}

#[derive(Debug, Default)]
struct OfEndpoint {
    /// Since when AWS allocates, if this process has asked for it.
    asked: Option<Instant>,
    /// What was Ready last.
    settled: Option<Settled>,
    corrections: BTreeMap<Resource, u64>,
}

impl Measured {
    /// Nothing yet; with the debounce of the scheduler.
    pub fn new(debounce: Duration) -> Self {
        Self {
            queue: Queue::new(debounce),
            endpoints: Mutex::default(),
        }
    }

    /// How often what was put right of an endpoint.
    pub fn corrections(&self, uid: &str) -> BTreeMap<Resource, u64> {
        lock(&self.endpoints).get(uid).map(|of| of.corrections.clone()).unwrap_or_default()
    }

    /// Forgets an endpoint that is gone.
    pub fn forget(&self, uid: &str, key: &Key) {
        self.queue.forget(key);
        lock(&self.endpoints).remove(uid);
    }

    /// Forgets all but these, by uid: a pass may end after its object has gone, and the watch may miss a deletion.
    pub fn forget_all_but(&self, uids: &BTreeSet<String>, keys: &BTreeSet<Key>) {
        self.queue.forget_all_but(keys);
        lock(&self.endpoints).retain(|uid, _| uids.contains(uid));
    }
}

/// Namespace and name.
pub fn key(endpoint: &impl ResourceExt) -> Key {
    (endpoint.namespace().unwrap_or_default(), endpoint.name_any())
}

/// Measures a pass that observed AWS.
pub fn measure<C>(endpoint: &WarmLambdaEndpoint, ctx: &Context<C>, pass: &Pass, verdict: &Verdict) {
    let uid = endpoint.uid().unwrap_or_default();
    let stands = allocation(pass, &verdict.status.conditions);
    let mut endpoints = lock(&ctx.measured.endpoints);
    let of = endpoints.entry(uid).or_default();
    let (corrected, settled) = drift::corrections(pass, of.settled.take(), &verdict.status);
    of.settled = settled;
    for resource in corrected {
        *of.corrections.entry(resource).or_default() += 1;
    }
    match stands {
        Allocation::Asked => of.asked = Some(Instant::now()),
        Allocation::Ended => of.asked = None,
        Allocation::Warm => {
            if let Some(asked) = of.asked.take() {
                ctx.metrics.allocated(asked.elapsed());
            }
        }
        Allocation::Unchanged => {}
    }
}
