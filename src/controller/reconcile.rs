//! One pass over one endpoint: this function is the definition of the operator.

use kube::ResourceExt;
use tokio::time::Instant;

use super::context::{Context, lock};
use super::error::Error;
use super::leader::Epoch;
use super::measured::measure;
use super::{deletion, finalizer, freshness, ownership, report};
use crate::api::{ManagementPolicy, RETRY_REQUESTED_AT, WarmLambdaEndpoint, WarmLambdaEndpointStatus};
use crate::aws::{Cloud, Look};
use crate::plan::assess::{Cadence, Outcome, Pass, Stop, assess};
use crate::plan::desired::Desired;
use crate::plan::failure::Failure;
use crate::plan::memory::Memory;
use crate::plan::observed::Observed;
use crate::plan::step::PlannedStep;
use crate::plan::steps::plan;
use crate::plan::subject::destinations;
use crate::plan::traffic::{Evidence, evidence};
use crate::plan::usage::Usage;

/// When an endpoint is worth the next look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Next {
    /// What kind of wait it is.
    pub cadence: Cadence,
    /// Whether something moved, so that a ladder of waits starts anew.
    pub progress: bool,
    /// Whether only a person can go on.
    pub stalled: bool,
}

impl Next {
    /// The next look after a pass that moved something.
    pub const fn look(cadence: Cadence) -> Self {
        Self {
            cadence,
            progress: true,
            stalled: false,
        }
    }
}

/// Looks at one endpoint, does what is due, and says what is true. What AWS refuses stands in status and is no error.
///
/// # Errors
/// See [`Error`]: Kubernetes could not be written to, or this process is the wrong one to go on.
pub async fn reconcile<C: Cloud>(endpoint: &WarmLambdaEndpoint, ctx: &Context<C>) -> Result<Next, Error> {
    // Captured before anything is read: what is decided from it is never sent in another tenure.
    let epoch = ctx.epoch()?;
    let stop = async |stop: Stop| report::stop(endpoint, ctx, &epoch, &stop).await;

    if endpoint.metadata.deletion_timestamp.is_some() {
        return deletion::finish(endpoint, ctx, &epoch).await;
    }
    if endpoint.spec.suspend {
        return stop(Stop::Suspended).await;
    }
    if let Some(owner) = other_owner(endpoint, ctx) {
        return stop(Stop::Claimed(owner)).await;
    }
    let desired = match resolve(endpoint, ctx).await? {
        Ok(desired) => desired,
        Err(unresolved) => return stop(unresolved).await,
    };
    // Before the first write to AWS: else a deletion in between would leave behind what that write made.
    if finalizer::settle(endpoint, ctx, &epoch).await? {
        return Ok(Next::look(Cadence::InFlight));
    }

    let previous = lock(&ctx.written).latest(endpoint);
    let memory = lock(&ctx.rollouts).witness(&desired.uid, Memory::from(&previous), ctx.now());
    let usage = lock(&ctx.usage).get(&desired.uid).cloned();
    let unsampled = lock(&ctx.unsampled).get(&desired.site.region).cloned();
    let look = look(&previous, usage.as_ref());
    let begun = Instant::now();
    let observed = match observe(&desired, &memory, look, ctx).await? {
        Ok(observed) => observed,
        Err(failure) => return stop(Stop::Unread(report::noted(failure))).await,
    };
    lock(&ctx.destinations).insert(desired.uid.clone(), destinations(&desired, &observed));
    let mut plan = plan(&desired, &observed, &memory, ctx.now());
    let outcome = match desired.management {
        ManagementPolicy::Manage => {
            plan.hold_back(&desired, &ctx.unresolved(&desired, &observed, begun));
            execute(endpoint, &desired, &plan.steps, ctx, &epoch).await?
        }
        ManagementPolicy::Observe => Outcome::default(),
    };

    let pass = Pass {
        desired: &desired,
        observed: &observed,
        plan: &plan,
        outcome: &outcome,
        previous: &previous,
        memory: &memory,
        usage: usage.as_ref(),
        unsampled: unsampled.as_ref(),
        moment: ctx.moment(endpoint, outcome.failed.is_some()),
    };
    let verdict = assess(&pass);
    measure(endpoint, ctx, &pass, &verdict);
    let progress = !outcome.applied.is_empty();
    report::publish(endpoint, ctx, &epoch, &previous, verdict, progress).await
}

/// Reads AWS, unless somebody found a moment ago that the region does not answer.
///
/// # Errors
/// [`Error::Stopping`].
async fn observe<C: Cloud>(desired: &Desired, memory: &Memory, look: Look, ctx: &Context<C>) -> Result<Result<Observed, Failure>, Error> {
    let region = desired.site.region.as_str();
    if let Some(known) = lock(&ctx.struck).known(region, ctx.store.len()) {
        let resource = desired.function.clone();
        return Ok(Err(Failure { resource, ..known }));
    }
    let begun = Instant::now();
    let observed = ctx.unless_stopped(ctx.cloud.observe(desired, memory, look)).await?;
    match &observed {
        Ok(_) => lock(&ctx.struck).answered(region),
        Err(failure) => lock(&ctx.struck).failed(region, failure, begun),
    }
    Ok(observed)
}

/// How far to look: who calls the function past the alias costs reads, and is looked for when somebody does.
fn look(previous: &WarmLambdaEndpointStatus, usage: Option<&Usage>) -> Look {
    match usage.map(|usage| evidence(&previous.conditions, usage)) {
        Some(Evidence::Past) => Look::Bypass,
        _ => Look::Chain,
    }
}

/// The older endpoint on the same alias, as `namespace/name`; `None` when this one owns it.
pub fn other_owner<C>(endpoint: &WarmLambdaEndpoint, ctx: &Context<C>) -> Option<String> {
    let fleet = ctx.store.state();
    let readable = fleet.iter().filter_map(|guarded| guarded.0.as_ref().ok());
    ownership::owner_instead(endpoint, readable, ctx.default_region.as_deref())
}

/// What the spec asks for, with the account that the credentials belong to; or why that cannot be said.
///
/// # Errors
/// [`Error::Stopping`].
pub async fn resolve<C: Cloud>(endpoint: &WarmLambdaEndpoint, ctx: &Context<C>) -> Result<Result<Desired, Stop>, Error> {
    let Some(region) = ctx.region(endpoint) else {
        return Ok(Err(Stop::NoRegion));
    };
    let site = match ctx.unless_stopped(ctx.cloud.site(region)).await? {
        Ok(site) => site,
        Err(failure) => return Ok(Err(Stop::Unread(report::noted(failure)))),
    };
    let uid = endpoint.uid().unwrap_or_default();
    let generation = endpoint.metadata.generation.unwrap_or_default();
    let request = endpoint.annotations().get(RETRY_REQUESTED_AT).map(String::as_str);
    let desired = Desired::resolve(&endpoint.spec, &uid, generation, site).map_err(Stop::Invalid);
    let fleet = ctx.store.state();
    let readable = fleet.iter().filter_map(|guarded| guarded.0.as_ref().ok());
    let elders = ownership::elders(endpoint, readable, ctx.default_region.as_deref());
    Ok(desired.map(|desired| desired.requested(&endpoint.spec, request).beside(elders)))
}

/// Makes the writes in their order. The first that fails ends it: those after it were decided in the belief that it succeeds.
///
/// # Errors
/// [`Error::NotLeading`]: the tenure ended; what is left is not sent. [`Error::Outdated`] and [`Error::Kubernetes`] when the object
/// is not known to be as the plan took it to be.
pub async fn execute<C: Cloud>(
    endpoint: &WarmLambdaEndpoint,
    desired: &Desired,
    steps: &[PlannedStep],
    ctx: &Context<C>,
    epoch: &Epoch,
) -> Result<Outcome, Error> {
    let mut outcome = Outcome::default();
    for (n, planned) in steps.iter().enumerate() {
        if ctx.stopping() {
            break;
        }
        if n == 0 || planned.step.is_destructive() {
            freshness::still_as_planned(endpoint, ctx).await?;
        }
        ctx.sending(&desired.uid, &planned.step);
        let answer = ctx.fenced(epoch, ctx.cloud.execute(desired, &planned.step)).await?;
        lock(&ctx.outcomes).answered(&desired.uid, &planned.step, &answer);
        match answer {
            Ok(applied) => {
                tracing::debug!(call = planned.step.action(), why = planned.why, "done");
                outcome.applied.push((planned.clone(), applied));
            }
            Err(failure) => {
                outcome.failed = Some((planned.clone(), report::noted(failure)));
                break;
            }
        }
    }
    Ok(outcome)
}
