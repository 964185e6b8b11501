//! Status and events: written only when there is something new to say.

use std::collections::BTreeMap;

use kube::api::{Patch, PatchParams};
use kube::runtime::events::{Event as KubeEvent, EventType};
use kube::{Api, Resource, ResourceExt};
use serde_json::{Value, json};
use tracing::Span;

use super::context::{Context, lock};
use super::error::Error;
use super::leader::Epoch;
use super::reconcile::Next;
use crate::api::{ConditionType, FIELD_MANAGER, RECONCILE_REQUESTED_AT, WarmLambdaEndpoint, WarmLambdaEndpointStatus};
use crate::metrics::StatusWrite;
use crate::plan::assess::{Cadence, Event, Stop, Verdict, assess_stop};
use crate::plan::failure::Failure;

/// Longest note that the API server takes for an event.
const LONGEST_NOTE: usize = 1024;

/// How often a status is written when others change the object at the same time.
const ATTEMPTS: u32 = 3;

/// Status writes that the watch has not shown yet, by uid: a pass that runs on the older state would take its own last report
/// for a change, and tell it again.
#[derive(Debug, Default)]
pub struct Written {
    by_uid: BTreeMap<String, (u64, WarmLambdaEndpointStatus)>,
    /// What was said last, by uid. Others may have added to it what no write of ours takes away: that is theirs.
    said: BTreeMap<String, WarmLambdaEndpointStatus>,
}

impl Written {
    /// Notes a write: the object as the API server answered it, and what was said.
    fn note(&mut self, answer: &WarmLambdaEndpoint, said: &WarmLambdaEndpointStatus) {
        if let (Some(uid), Some(version), Some(status)) = (answer.uid(), version_of(answer), &answer.status) {
            self.said.insert(uid.clone(), said.clone());
            self.by_uid.insert(uid, (version, status.clone()));
        }
    }

    /// Whether a status was said already and still stands, whatever others added to it.
    fn stands(&self, endpoint: &WarmLambdaEndpoint, previous: &WarmLambdaEndpointStatus, status: &WarmLambdaEndpointStatus) -> bool {
        let said = endpoint.uid().and_then(|uid| self.said.get(&uid));
        said == Some(status) && contains(&json!(previous), &json!(status))
    }

    /// The status that stands in the object, as far as we know; forgets what the watch has caught up with.
    pub fn latest(&mut self, endpoint: &WarmLambdaEndpoint) -> WarmLambdaEndpointStatus {
        let uid = endpoint.uid().unwrap_or_default();
        match self.by_uid.get(&uid) {
            Some((version, status)) if version_of(endpoint).is_some_and(|seen| seen < *version) => return status.clone(),
            Some(_) => self.by_uid.remove(&uid),
            None => None,
        };
        endpoint.status.clone().unwrap_or_default()
    }

    /// The version of the object, as far as we know.
    fn version(&self, endpoint: &WarmLambdaEndpoint) -> Option<String> {
        let ours = endpoint.uid().and_then(|uid| self.by_uid.get(&uid)).map(|(version, _)| *version);
        let newest = version_of(endpoint).max(ours).map(|version| version.to_string());
        newest.or_else(|| endpoint.resource_version())
    }

    /// Forgets an object that is gone.
    pub fn forget(&mut self, uid: &str) {
        self.said.remove(uid);
        self.by_uid.remove(uid);
    }
}

/// Resource versions of one resource are numbers that grow.
fn version_of(endpoint: &WarmLambdaEndpoint) -> Option<u64> {
    endpoint.resource_version()?.parse().ok()
}

/// Reports a pass that ended before there was an observation.
///
/// # Errors
/// As [`publish`].
pub async fn stop<C>(endpoint: &WarmLambdaEndpoint, ctx: &Context<C>, epoch: &Epoch, stop: &Stop) -> Result<Next, Error> {
    let previous = lock(&ctx.written).latest(endpoint);
    let failed = matches!(stop, Stop::Unread(_) | Stop::Deleting(_, Some(_)));
    let verdict = assess_stop(stop, &previous, ctx.moment(endpoint, failed));
    // A pass that saw nothing and says nothing has handled no request either: to note one would repeat an old `Ready` as if it were new.
    if matches!(stop, Stop::Unread(_)) && verdict.status == previous {
        ctx.metrics.status_write(StatusWrite::Skipped);
        return Ok(Next {
            cadence: verdict.cadence,
            progress: false,
            stalled: false,
        });
    }
    publish(endpoint, ctx, epoch, &previous, verdict, false).await
}

/// Writes status when it differs, tells what changed, and says when to look again. `progress`: this pass moved something.
///
/// # Errors
/// [`Error::Kubernetes`] when status cannot be written; an event that cannot be told is only logged.
pub async fn publish<C>(
    endpoint: &WarmLambdaEndpoint,
    ctx: &Context<C>,
    epoch: &Epoch,
    previous: &WarmLambdaEndpointStatus,
    verdict: Verdict,
    progress: bool,
) -> Result<Next, Error> {
    let Verdict {
        mut status,
        cadence,
        events,
    } = verdict;
    status.observed_generation = endpoint.metadata.generation;
    if let Some(asked) = endpoint.annotations().get(RECONCILE_REQUESTED_AT) {
        status.last_handled_reconcile_at = Some(asked.clone());
    }
    // An HPA refuses a scale subresource without a selector. Nothing carries this label: environments are not pods.
    status.selector = Some(format!("warmlambda.dev/endpoint={}", endpoint.name_any()));
    lock(&ctx.struck).note(endpoint, ctx.region(endpoint), &status);
    let differs = differs(previous, &status) && !lock(&ctx.written).stands(endpoint, previous, &status);
    if differs {
        apply(endpoint, ctx, epoch, &status).await?;
    } else {
        ctx.metrics.status_write(StatusWrite::Skipped);
    }
    for event in &events {
        tell(endpoint, ctx, event).await;
    }
    // Failures that each say something new are failures all the same; a pass whose writes went through until one failed is none.
    let progress = progress || (cadence == Cadence::InFlight && differs);
    let stalled = status.conditions.iter().any(|c| c.type_ == ConditionType::Stalled.as_str());
    Ok(Next {
        cadence,
        progress,
        stalled,
    })
}

/// Whether two statuses say different things. The API server keeps the lists in an order of its own.
fn differs(previous: &WarmLambdaEndpointStatus, new: &WarmLambdaEndpointStatus) -> bool {
    fn sorted(status: &WarmLambdaEndpointStatus) -> WarmLambdaEndpointStatus {
        let mut status = status.clone();
        status.conditions.sort_by(|a, b| a.type_.cmp(&b.type_));
        status.triggers.sort_by(|a, b| a.name.cmp(&b.name));
        status
    }
    sorted(previous) != sorted(new)
}

/// Whether all of a part stands in a whole.
fn contains(whole: &Value, part: &Value) -> bool {
    match (whole, part) {
        (Value::Object(whole), Value::Object(part)) => part
            .iter()
            .all(|(name, part)| whole.get(name).is_some_and(|whole| contains(whole, part))),
        (Value::Array(whole), Value::Array(part)) => part.iter().all(|part| whole.iter().any(|whole| contains(whole, part))),
        _ => whole == part,
    }
}

/// Applies the whole status. On this subresource the API server does not compare the uid, so that the status of an object that is gone
/// would be taken for that of its successor: only the version holds it to this object. When somebody else has changed the object
/// meanwhile, it is still this one or the pass ends.
async fn apply<C>(endpoint: &WarmLambdaEndpoint, ctx: &Context<C>, epoch: &Epoch, status: &WarmLambdaEndpointStatus) -> Result<(), Error> {
    let name = endpoint.name_any();
    let (api, params) = (ctx.api(endpoint), PatchParams::apply(FIELD_MANAGER).force());
    let mut version = lock(&ctx.written).version(endpoint);
    for attempt in 1.. {
        let body = Patch::Apply(json!({
            "apiVersion": WarmLambdaEndpoint::api_version(&()),
            "kind": WarmLambdaEndpoint::kind(&()),
            "metadata": {"name": name, "resourceVersion": version},
            "status": status,
        }));
        let error = match ctx.fenced(epoch, api.patch_status(&name, &params, &body)).await? {
            Ok(answer) => {
                ctx.metrics.status_write(StatusWrite::Written);
                lock(&ctx.written).note(&answer, status);
                return Ok(());
            }
            Err(kube::Error::Api(gone)) if gone.is_not_found() => return Ok(()),
            Err(error) => error,
        };
        let conflict = matches!(&error, kube::Error::Api(status) if status.is_conflict());
        ctx.metrics
            .status_write(if conflict { StatusWrite::Conflict } else { StatusWrite::Failed });
        // Nothing can be applied to a status that is of other types than the schema has: the API server answers 500.
        if endpoint.status.is_none() && attempt == 1 && !conflict && matches!(error, kube::Error::Api(_)) {
            version = wipe(&api, &name, version, ctx, epoch).await?;
            continue;
        }
        if !conflict || attempt == ATTEMPTS {
            return Err(Error::kubernetes("apply the status")(error));
        }
        let fresh = api
            .get_metadata_opt(&name)
            .await
            .map_err(Error::kubernetes("read the object again"))?;
        version = match fresh.map(|fresh| fresh.metadata) {
            Some(meta) if meta.uid == endpoint.metadata.uid => meta.resource_version,
            _ => return Err(Error::Outdated),
        };
    }
    Ok(())
}

/// Takes the status away that stands in an object of a version, because it cannot be read. Answers the version of the object without it.
async fn wipe<C>(
    api: &Api<WarmLambdaEndpoint>,
    name: &str,
    version: Option<String>,
    ctx: &Context<C>,
    epoch: &Epoch,
) -> Result<Option<String>, Error> {
    let none = Patch::Merge(json!({"metadata": {"resourceVersion": version}, "status": null}));
    let params = PatchParams {
        field_manager: Some(FIELD_MANAGER.into()),
        ..PatchParams::default()
    };
    let wiped = ctx.fenced(epoch, api.patch_status(name, &params, &none)).await?;
    let wiped = wiped.map_err(Error::kubernetes("take the status away that cannot be read"))?;
    tracing::warn!("the status could not be read and is written anew");
    Ok(wiped.resource_version())
}

/// Notes a call that failed on the pass, so that the lines in which the pass tells of it carry AWS's id of the request.
pub fn noted(failure: Failure) -> Failure {
    Span::current().record("aws_request_id", failure.request_id.as_deref());
    tracing::debug!(error = %failure, "a call of AWS failed");
    failure
}

/// Tells a transition in the log and as an event. A lost event harms nobody: status says it all.
pub async fn tell<C>(endpoint: &WarmLambdaEndpoint, ctx: &Context<C>, event: &Event) {
    if event.warning {
        tracing::warn!(reason = event.reason, "{}", event.message);
    } else {
        tracing::info!(reason = event.reason, "{}", event.message);
    }
    let event = KubeEvent {
        type_: if event.warning { EventType::Warning } else { EventType::Normal },
        reason: event.reason.into(),
        note: Some(cut(&event.message, LONGEST_NOTE).to_owned()),
        // The recorder folds events of one object, reason and action, and keeps the first note: what says something else must not
        // be folded into it.
        action: format!("Reconcile-{:06x}", fold(&event.message)),
        secondary: None,
    };
    if let Err(error) = ctx.recorder.publish(&event, &endpoint.object_ref(&())).await {
        tracing::warn!(%error, "the event was not recorded");
    }
}

/// A short digest of a text.
fn fold(text: &str) -> u32 {
    text.bytes()
        .fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
        & 0x00ff_ffff
}

/// The longest beginning of a text that has at most `bytes` bytes and ends between two characters.
fn cut(text: &str, bytes: usize) -> &str {
    let end = (0..=bytes.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    &text[..end.unwrap_or(0)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_cut_between_characters() {
        assert_eq!(cut("abc", 1024), "abc");
        assert_eq!(cut("äöü", 3), "ä");
        assert_eq!(cut(&"x".repeat(2000), LONGEST_NOTE).len(), 1024);
    }

    #[test]
    fn events_that_say_something_else_are_not_folded_into_one() {
        assert_eq!(fold("version 40 serves"), fold("version 40 serves"));
        assert_ne!(fold("version 40 serves"), fold("version 41 serves"));
    }

    #[test]
    fn what_others_add_to_a_status_is_no_difference() {
        let whole = json!({"a": 1, "theirs": true, "list": [{"type": "Ready", "status": "True"}, {"type": "Theirs"}]});
        assert!(contains(&whole, &json!({"a": 1, "list": [{"type": "Ready", "status": "True"}]})));
        for other in [
            json!({"a": 2}),
            json!({"b": 1}),
            json!({"list": [{"type": "Ready", "status": "False"}]}),
        ] {
            assert!(!contains(&whole, &other), "{other}");
        }
    }

    #[test]
    fn the_order_of_conditions_is_no_difference() {
        let status = |types: [&str; 2]| -> WarmLambdaEndpointStatus {
            let condition =
                |t: &str| json!({"type": t, "status": "True", "reason": "R", "message": "", "lastTransitionTime": "2026-11-22T05:00:00Z"});
            serde_json::from_value(json!({"conditions": types.map(condition)})).unwrap()
        };
        assert!(!differs(&status(["Ready", "AliasReady"]), &status(["AliasReady", "Ready"])));
        assert!(differs(&status(["Ready", "AliasReady"]), &status(["Ready", "CapacityReady"])));
    }
}
