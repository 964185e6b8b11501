//! The finalizer: there before the first write to AWS, gone after the last.

use kube::ResourceExt;
use kube::api::{Patch, PatchParams};
use serde_json::json;

use super::context::Context;
use super::error::Error;
use super::leader::Epoch;
use crate::api::{FINALIZER, ManagementPolicy, WarmLambdaEndpoint};

/// Whether the object carries our finalizer.
pub fn is_on(endpoint: &WarmLambdaEndpoint) -> bool {
    endpoint.finalizers().iter().any(|f| f == FINALIZER)
}

/// Puts the finalizer on a managed endpoint and takes it off one that is only observed: there is nothing to clean up then.
/// Says whether it wrote; the watch brings the object back.
///
/// # Errors
/// [`Error::Kubernetes`], also when somebody else changed the object meanwhile.
pub async fn settle<C>(endpoint: &WarmLambdaEndpoint, ctx: &Context<C>, epoch: &Epoch) -> Result<bool, Error> {
    match (endpoint.spec.management_policy, is_on(endpoint)) {
        (ManagementPolicy::Manage, false) => write(endpoint, ctx, epoch, true).await.map(|()| true),
        (ManagementPolicy::Observe, true) => remove(endpoint, ctx, epoch).await.map(|()| true),
        (ManagementPolicy::Manage, true) | (ManagementPolicy::Observe, false) => Ok(false),
    }
}

/// Takes the finalizer off. An object that is gone already is fine.
///
/// # Errors
/// [`Error::Kubernetes`], also when somebody else changed the object meanwhile.
pub async fn remove<C>(endpoint: &WarmLambdaEndpoint, ctx: &Context<C>, epoch: &Epoch) -> Result<(), Error> {
    if !is_on(endpoint) {
        return Ok(());
    }
    match write(endpoint, ctx, epoch, false).await {
        Err(Error::Kubernetes { source, .. }) if matches!(&*source, kube::Error::Api(status) if status.is_not_found()) => Ok(()),
        answer => answer,
    }
}

/// Writes the list of finalizers with or without ours. uid and resourceVersion make sure that it is this object, in the state
/// that was looked at: a list cannot be merged.
async fn write<C>(endpoint: &WarmLambdaEndpoint, ctx: &Context<C>, epoch: &Epoch, on: bool) -> Result<(), Error> {
    let others = endpoint.finalizers().iter().map(String::as_str).filter(|f| *f != FINALIZER);
    let finalizers: Vec<_> = others.chain(on.then_some(FINALIZER)).collect();
    let meta = &endpoint.metadata;
    let patch = json!({"metadata": {"uid": meta.uid, "resourceVersion": meta.resource_version, "finalizers": finalizers}});
    let (api, name, params) = (ctx.api(endpoint), endpoint.name_any(), PatchParams::default());
    let patch = Patch::Merge(patch);
    let answer = ctx.fenced(epoch, api.patch_metadata(&name, &params, &patch)).await?;
    answer.map(|_| ()).map_err(Error::kubernetes("write the finalizer"))
}
