//! Whether an object is still what a plan was made for, asked of the quorum and not of the watch: the view may be old, the store may
//! have been restored from a backup, and the name may be another object's by now.

use kube::ResourceExt;

use super::context::Context;
use super::error::Error;
use crate::api::{RELEASE, WarmLambdaEndpoint};

/// Asks before the first write of a pass, and before each that takes something away.
///
/// # Errors
/// [`Error::Outdated`] when the object is gone, is another one, or has another spec; [`Error::Kubernetes`] when nobody can say.
pub async fn still_as_planned<C>(endpoint: &WarmLambdaEndpoint, ctx: &Context<C>) -> Result<(), Error> {
    let fresh = ctx.api(endpoint).get_metadata_opt(&endpoint.name_any()).await;
    let Some(fresh) = fresh.map_err(Error::kubernetes("read the object again"))? else {
        return Err(Error::Outdated);
    };
    let (seen, now) = (&endpoint.metadata, &fresh.metadata);
    // A release is asked for by an annotation, which makes no new generation.
    let released = now
        .annotations
        .as_ref()
        .is_some_and(|a| a.get(RELEASE).is_some_and(|v| v == "true"));
    let being_deleted = seen.deletion_timestamp.is_some();
    let same = seen.uid == now.uid && seen.generation == now.generation && being_deleted == now.deletion_timestamp.is_some();
    if same && !(being_deleted && released) {
        Ok(())
    } else {
        Err(Error::Outdated)
    }
}
