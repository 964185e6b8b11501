//! The last passes over an endpoint that is being deleted.

use kube::ResourceExt;
use tokio::time::Instant;

use super::context::{Context, lock};
use super::error::Error;
use super::leader::Epoch;
use super::reconcile::{Next, execute, other_owner, resolve};
use super::{finalizer, report};
use crate::api::{DeletionPolicy, ManagementPolicy, RELEASE, WarmLambdaEndpoint};
use crate::aws::{Cloud, Look};
use crate::plan::assess::{Cadence, Event, Stop};
use crate::plan::cleanup::{Cleanup, cleanup};
use crate::plan::memory::Memory;

/// Rounds of observing and writing within one pass: capacity, a statement, the alias, and the look that nothing is left.
const ROUNDS: usize = 4;

/// Cleans up as the deletion policy says, then lets the object go.
///
/// # Errors
/// As [`super::reconcile::reconcile`].
pub async fn finish<C: Cloud>(endpoint: &WarmLambdaEndpoint, ctx: &Context<C>, epoch: &Epoch) -> Result<Next, Error> {
    if !finalizer::is_on(endpoint) {
        return Ok(Next::look(Cadence::OnChange));
    }
    if let Some(event) = hands_off(endpoint, ctx) {
        report::tell(endpoint, ctx, &event).await;
        return let_go(endpoint, ctx, epoch).await;
    }
    match clean_up(endpoint, ctx, epoch).await? {
        None => let_go(endpoint, ctx, epoch).await,
        Some(stop) => report::stop(endpoint, ctx, epoch, &stop).await,
    }
}

/// Why AWS is left as it is, if it is.
fn hands_off<C>(endpoint: &WarmLambdaEndpoint, ctx: &Context<C>) -> Option<Event> {
    let spec = &endpoint.spec;
    let event = |reason, message: String| {
        Some(Event {
            reason,
            message,
            warning: false,
        })
    };
    if endpoint.annotations().get(RELEASE).is_some_and(|v| v == "true") {
        return event("Released", format!("AWS is left as it is: annotation {RELEASE}"));
    }
    if let Some(owner) = other_owner(endpoint, ctx) {
        return event("Released", format!("AWS is left as it is: {owner} owns the alias"));
    }
    if spec.deletion_policy == DeletionPolicy::Retain {
        return event("RetainedOnDelete", "AWS is left as it is: deletionPolicy Retain".into());
    }
    if spec.management_policy == ManagementPolicy::Observe {
        return event("RetainedOnDelete", "AWS is left as it is: managementPolicy Observe".into());
    }
    // "Stops all writes to AWS" holds for the last ones too; who wants the clean-up resumes before deleting.
    if spec.suspend {
        return event("RetainedOnDelete", "AWS is left as it is: the endpoint is suspended".into());
    }
    None
}

/// Observes and writes until nothing is left: then `None`, else why the object must stay.
async fn clean_up<C: Cloud>(endpoint: &WarmLambdaEndpoint, ctx: &Context<C>, epoch: &Epoch) -> Result<Option<Stop>, Error> {
    let desired = match resolve(endpoint, ctx).await? {
        Ok(desired) => desired,
        Err(Stop::Unread(failure)) => return Ok(Some(Stop::Deleting(Cleanup::default(), Some(failure)))),
        Err(stop) => return Ok(Some(stop)),
    };
    let memory = Memory::from(&lock(&ctx.written).latest(endpoint));
    let mut due = Cleanup::default();
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        let observed = match ctx.unless_stopped(ctx.cloud.observe(&desired, &memory, Look::EveryCaller)).await? {
            Ok(observed) => observed,
            Err(failure) => return Ok(Some(Stop::Deleting(due, Some(report::noted(failure))))),
        };
        due = cleanup(&desired, &observed);
        due.hold_back(&desired, &ctx.unresolved(&desired, &observed, begun));
        if due.is_done() {
            return Ok(None);
        }
        if due.steps.is_empty() || ctx.stopping() {
            break;
        }
        let outcome = execute(endpoint, &desired, &due.steps, ctx, epoch).await?;
        if let Some((_, failure)) = outcome.failed {
            return Ok(Some(Stop::Deleting(due, Some(failure))));
        }
    }
    Ok(Some(Stop::Deleting(due, None)))
}

async fn let_go<C>(endpoint: &WarmLambdaEndpoint, ctx: &Context<C>, epoch: &Epoch) -> Result<Next, Error> {
    finalizer::remove(endpoint, ctx, epoch).await?;
    tracing::info!("deleted");
    Ok(Next::look(Cadence::OnChange))
}
