//! What every pass needs.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use k8s_openapi::jiff::Timestamp;
use kube::runtime::events::Recorder;
use kube::runtime::reflector::Store;
use kube::{Api, Client, ResourceExt};
use tokio::sync::watch;
use tokio::time::Instant;

use super::account::Accounts;
use super::backoff::Attempts;
use super::error::Error;
use super::guarded::Guarded;
use super::intervals::{Fleet, Intervals};
use super::leader::{Claim, Epoch, Release, while_held};
use super::measured::{Measured, key};
use super::outage::Struck;
use super::outcomes::{Outcomes, after};
use super::report::Written;
use super::rollouts::Rollouts;
use crate::api::WarmLambdaEndpoint;
use crate::aws::Cloud;
use crate::aws::clients::READS_SHARED;
use crate::metrics::Metrics;
use crate::plan::assess::Moment;
use crate::plan::desired::Desired;
use crate::plan::failure::Failure;
use crate::plan::observed::Observed;
use crate::plan::step::Step;
use crate::plan::unresolved::Unresolved;
use crate::plan::usage::Usage;

/// What every pass needs. `C` is AWS.
pub struct Context<C> {
    /// AWS.
    pub cloud: C,
    /// For writes to Kubernetes and reads from its quorum; retries nothing by itself.
    pub client: Client,
    /// Every endpoint, as the watch saw it last.
    pub store: Store<Guarded>,
    /// Whether this process leads.
    pub claim: watch::Receiver<Claim>,
    /// True once the process is to stop: what is under way is brought to an end, nothing new begins.
    pub stop: watch::Receiver<bool>,
    /// The one recorder of events: it holds the memory that folds repeated ones.
    pub recorder: Recorder,
    /// Region of endpoints that name none.
    pub default_region: Option<String>,
    /// When to look again.
    pub intervals: Intervals,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// What is measured over several passes.
    pub measured: Measured,
    /// The latest sample of CloudWatch, by uid.
    pub usage: Mutex<BTreeMap<String, Usage>>,
    /// Why CloudWatch did not answer the last time, by region.
    pub unsampled: Mutex<BTreeMap<String, Failure>>,
    /// Where records go that mappings gave up, by uid, as it was last observed.
    pub destinations: Mutex<BTreeMap<String, BTreeSet<String>>>,
    /// The concurrency of the account, as it was read last.
    pub accounts: Mutex<Accounts>,
    /// Passes without progress, by uid.
    pub attempts: Mutex<Attempts>,
    /// Since when this process has seen which rollout, by uid.
    pub rollouts: Mutex<Rollouts>,
    /// Status writes that the watch has not shown yet.
    pub written: Mutex<Written>,
    /// What became of the writes to AWS.
    pub outcomes: Mutex<Outcomes>,
    /// What waits for AWS to answer again.
    pub struck: Mutex<Struck>,
    /// The wall clock; tests bring their own.
    pub clock: fn() -> Timestamp,
}

impl<C> Context<C> {
    /// The tenure in which writes may be sent now.
    ///
    /// # Errors
    /// [`Error::NotLeading`] for a follower.
    pub fn epoch(&self) -> Result<Epoch, Error> {
        self.claim.borrow().epoch().cloned().ok_or(Error::NotLeading)
    }

    /// Runs a write that was decided in `epoch`, for as long as that tenure lasts.
    ///
    /// # Errors
    /// [`Error::NotLeading`] when it is not sent, or its answer not awaited, because the tenure has ended.
    pub async fn fenced<T>(&self, epoch: &Epoch, write: impl Future<Output = T>) -> Result<T, Error> {
        while_held(&self.claim, epoch, Box::pin(write)).await.map_err(|_| Error::NotLeading)
    }

    /// Runs reads, and drops them when the process is to stop: nothing is lost with them.
    ///
    /// # Errors
    /// [`Error::Stopping`] when they were dropped.
    pub async fn unless_stopped<T>(&self, reads: impl Future<Output = T>) -> Result<T, Error> {
        let mut stop = self.stop.clone();
        // Boxed, as are the writes: the SDK's futures take tens of kilobytes, which would be moved from frame to frame.
        let reads = Box::pin(reads);
        tokio::select! {
            answer = reads => Ok(answer),
            Ok(_) = stop.wait_for(|stop| *stop) => Err(Error::Stopping),
        }
    }

    /// What an observation that was begun at a moment may not show of an endpoint, because it may still arrive at AWS, or did so after
    /// AWS was read.
    pub fn unresolved(&self, desired: &Desired, observed: &Observed, begun: Instant) -> Unresolved {
        let seen = begun.checked_sub(READS_SHARED).unwrap_or(begun);
        let unresolved = lock(&self.outcomes).unresolved(&desired.uid, desired, observed, seen);
        let predecessor = self.predecessor_in_doubt(seen).map(|end| self.at(end));
        Unresolved { predecessor, ..unresolved }
    }

    /// Notes a write that is about to be sent.
    pub fn sending(&self, uid: &str, step: &Step) {
        let in_doubt = self.predecessor_in_doubt(Instant::now()).is_some();
        lock(&self.outcomes).sending(uid, step, self.now(), in_doubt);
    }

    /// Until when something may arrive from an operator that vanished; `None` when nothing can after this moment.
    fn predecessor_in_doubt(&self, at: Instant) -> Option<Instant> {
        let end = self.claim.borrow().predecessor_vanished()? + self.intervals.late_arrival;
        (at < end).then_some(end)
    }

    /// A moment that is to come, by the wall clock. Rounded, so that whoever says it says the same each time: a status that differs is
    /// written, and taken for progress.
    fn at(&self, moment: Instant) -> Timestamp {
        let left = moment.saturating_duration_since(Instant::now());
        let time = after((self.clock)(), left + Duration::from_millis(500));
        Timestamp::from_second(time.as_second()).unwrap_or(time)
    }

    /// Whether the lease may be given back: all that was sent is known to have been carried out or not.
    pub fn handover(&self) -> Release {
        let known = lock(&self.outcomes).is_empty() && self.predecessor_in_doubt(Instant::now()).is_none();
        if known { Release::InGoodOrder } else { Release::InDoubt }
    }

    /// Whether the process is to stop.
    pub fn stopping(&self) -> bool {
        *self.stop.borrow()
    }

    /// Forgets an endpoint that is gone.
    pub fn forget(&self, endpoint: &impl ResourceExt) {
        let uid = endpoint.uid().unwrap_or_default();
        lock(&self.attempts).forget(&uid);
        lock(&self.rollouts).forget(&uid);
        lock(&self.written).forget(&uid);
        lock(&self.usage).remove(&uid);
        lock(&self.struck).forget(&uid);
        lock(&self.destinations).remove(&uid);
        self.measured.forget(&uid, &key(endpoint));
    }

    /// How much there is to look after in a region. Each has quotas of its own. Source: AWS-52, AWS-53.
    pub fn fleet(&self, region: &str) -> Fleet
    where
        C: Cloud,
    {
        let state = self.store.state();
        let readable = state.iter().filter_map(|guarded| guarded.0.as_ref().ok());
        let of_region = readable.filter(|endpoint| self.region(endpoint) == Some(region));
        let triggers = || of_region.clone().flat_map(|e| &e.spec.triggers);
        Fleet {
            endpoints: of_region.clone().count(),
            rest_apis: triggers().filter(|t| t.rest_api.is_some()).count(),
            http_apis: triggers().filter(|t| t.http_api.is_some()).count(),
            granted: self.cloud.granted(region),
        }
    }

    /// The API of the namespace of an endpoint.
    pub fn api(&self, endpoint: &WarmLambdaEndpoint) -> Api<WarmLambdaEndpoint> {
        Api::namespaced(self.client.clone(), &endpoint.namespace().unwrap_or_default())
    }

    /// The region of an endpoint; `None` when neither it nor the operator names one.
    pub fn region<'a>(&'a self, endpoint: &'a WarmLambdaEndpoint) -> Option<&'a str> {
        endpoint.spec.region.as_deref().or(self.default_region.as_deref())
    }

    /// When a verdict on `endpoint` is spoken; `failed` tells that this pass failed.
    pub fn moment(&self, endpoint: &WarmLambdaEndpoint, failed: bool) -> Moment {
        let uid = endpoint.uid().unwrap_or_default();
        let away = |region: &str| lock(&self.struck).is_away(region, self.store.len());
        let before = match self.region(endpoint) {
            // What many others say already needs no second look.
            Some(region) if failed && away(region) => u32::MAX,
            _ => lock(&self.attempts).failures(&uid),
        };
        Moment {
            now: self.now(),
            generation: endpoint.metadata.generation.unwrap_or_default(),
            grace: self.intervals.grace,
            failures: if failed { before.saturating_add(1) } else { 0 },
        }
    }

    /// Now, in whole seconds: no time in status is finer.
    pub fn now(&self) -> Timestamp {
        let now = (self.clock)();
        Timestamp::from_second(now.as_second()).unwrap_or(now)
    }
}

/// Locks what is never locked across an await and whose every state is valid, so that a panic elsewhere harms nothing here.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
