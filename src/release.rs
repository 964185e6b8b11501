//! `warmlambda release`: lets endpoints go when no operator is there to do it.
//!
//! It takes our finalizer off and does nothing else: AWS is neither read nor written, and finalizers of others stay.

use std::fmt;

use clap::Args;
use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::jiff::Timestamp;
use kube::api::{ApiResource, DynamicObject, ListParams, Patch, PatchParams};
use kube::{Api, Client, ResourceExt};
use serde_json::json;
use thiserror::Error;

use crate::api::{FINALIZER, LEASE_LABEL, WarmLambdaEndpoint};
use crate::cluster::{Access, AccessError, said};
use crate::leader_lease::{Holder, holder};

/// Reads and writes of one object that others change at the same time.
const ATTEMPTS: usize = 5;

/// Flags of `release`.
#[derive(Debug, Args)]
pub struct Flags {
    /// Names of endpoints that are being deleted.
    #[arg(required_unless_present = "all", conflicts_with = "all")]
    pub names: Vec<String>,
    /// All endpoints of the namespace that are being deleted.
    #[arg(long)]
    pub all: bool,
    /// With --all: of all namespaces.
    #[arg(long, short = 'A', requires = "all", conflicts_with = "namespace")]
    pub all_namespaces: bool,
    /// Endpoints that are not being deleted too. An operator that runs puts the finalizer on again.
    #[arg(long)]
    pub force: bool,
    /// The cluster.
    #[command(flatten)]
    pub access: Access,
}

/// Why nothing was looked at.
#[derive(Debug, Error)]
pub enum ReleaseError {
    /// There is no way to the cluster.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// The endpoints could not be listed.
    #[error("endpoints cannot be listed: {}", said(.0))]
    List(#[source] Box<kube::Error>),
}

/// What became of one endpoint.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    /// The finalizer is off; what stays in AWS, and the finalizers of others.
    Released(String, Vec<String>),
    /// It did not carry our finalizer.
    NotHeld,
    /// It is gone.
    Gone,
    /// It is not being deleted.
    InUse,
    /// Kubernetes said no.
    Failed(String),
}

/// Releases what the flags name, and says on standard error what became of each. Whether all of it went as asked.
///
/// # Errors
/// [`ReleaseError`].
pub async fn run(flags: &Flags) -> Result<bool, ReleaseError> {
    let client = flags.access.client().await?;
    warn_of_operators(&client).await;
    let named = wanted(flags, &client).await?;
    if named.is_empty() {
        let place = if flags.all_namespaces {
            "any namespace".into()
        } else {
            format!("namespace {}", client.default_namespace())
        };
        eprintln!("no WarmLambdaEndpoint to release in {place}");
    }
    let mut well = true;
    for (namespace, name) in named {
        let outcome = release(&endpoints(&client, Some(&namespace)), &name, flags.force).await;
        eprintln!("{}", told(&namespace, &name, &outcome));
        well &= !matches!(outcome, Outcome::InUse | Outcome::Failed(_)) && (flags.all || outcome != Outcome::Gone);
    }
    Ok(well)
}

/// Any object of our kind, also one that this program cannot decode.
fn endpoints(client: &Client, namespace: Option<&str>) -> Api<DynamicObject> {
    let resource = ApiResource::erase::<WarmLambdaEndpoint>(&());
    match namespace {
        Some(namespace) => Api::namespaced_with(client.clone(), namespace, &resource),
        None => Api::all_with(client.clone(), &resource),
    }
}

/// Namespaces and names.
async fn wanted(flags: &Flags, client: &Client) -> Result<Vec<(String, String)>, ReleaseError> {
    let home = client.default_namespace();
    if !flags.all {
        return Ok(flags.names.iter().map(|name| (home.to_owned(), name.clone())).collect());
    }
    let api = endpoints(client, (!flags.all_namespaces).then_some(home));
    let listed = api
        .list(&ListParams::default())
        .await
        .map_err(|error| ReleaseError::List(Box::new(error)))?;
    let held = listed.into_iter().filter(|found| found.finalizers().iter().any(|f| f == FINALIZER));
    let asked = held.filter(|found| flags.force || found.metadata.deletion_timestamp.is_some());
    Ok(asked
        .map(|found| (found.namespace().unwrap_or_default(), found.name_any()))
        .collect())
}

/// Takes our finalizer off the object that is there now; off no other of the same name that comes later.
async fn release(api: &Api<DynamicObject>, name: &str, force: bool) -> Outcome {
    let mut uid = None;
    for _ in 0..ATTEMPTS {
        let found = match api.get_opt(name).await {
            Ok(Some(found)) => found,
            Ok(None) => return Outcome::Gone,
            Err(error) => return Outcome::Failed(said(&error)),
        };
        if *uid.get_or_insert_with(|| found.uid()) != found.uid() {
            return Outcome::Gone;
        }
        let (ours, others): (Vec<_>, Vec<_>) = found.finalizers().iter().cloned().partition(|f| f == FINALIZER);
        if found.metadata.deletion_timestamp.is_none() && !force {
            return Outcome::InUse;
        }
        if ours.is_empty() {
            return Outcome::NotHeld;
        }
        // A list cannot be merged: uid and resourceVersion make sure that it is this object, as it was read.
        let meta = json!({"uid": found.uid(), "resourceVersion": found.resource_version(), "finalizers": others});
        let patch = Patch::Merge(json!({"metadata": meta}));
        match api.patch_metadata(name, &PatchParams::default(), &patch).await {
            Ok(_) => return Outcome::Released(left_in_aws(&found), others),
            Err(kube::Error::Api(status)) if status.is_not_found() => return Outcome::Gone,
            Err(kube::Error::Api(status)) if status.is_conflict() => {}
            Err(error) => return Outcome::Failed(said(&error)),
        }
    }
    Outcome::Failed(format!("it changed {ATTEMPTS} times while it was written; try again"))
}

/// What status last said of AWS.
fn left_in_aws(endpoint: &DynamicObject) -> String {
    let status = &endpoint.data["status"];
    let alias = status["aliasArn"].as_str().map(|arn| format!("alias {arn}"));
    let warm = status["provisionedConcurrency"]["requested"].as_i64();
    let warm = warm
        .filter(|count| *count > 0)
        .map(|count| format!("its {count} warm environments, which go on costing"));
    let left: Vec<_> = alias.into_iter().chain(warm).collect();
    if left.is_empty() {
        "status knows of nothing there".into()
    } else {
        left.join(" and ")
    }
}

fn told(namespace: &str, name: &str, outcome: &Outcome) -> String {
    let subject = format!("{namespace}/{name}");
    match outcome {
        Outcome::Released(left, others) => {
            let others = match others.as_slice() {
                [] => String::new(),
                others => format!("\n  it stays until the owners of {} are done", others.join(", ")),
            };
            format!("✔ {subject}: finalizer {FINALIZER} removed\n  AWS is left as it is: {left}{others}")
        }
        Outcome::NotHeld => format!("✔ {subject}: has no finalizer {FINALIZER}; nothing was changed"),
        Outcome::Gone => format!("✔ {subject}: is gone"),
        Outcome::InUse => format!("✗ {subject}: is not being deleted; delete it first, or say --force"),
        Outcome::Failed(why) => format!("✗ {subject}: {why}"),
    }
}

/// An operator that runs does what this command does, and cleans up before.
async fn warn_of_operators(client: &Client) {
    let ours = ListParams::default().labels(LEASE_LABEL);
    let leases = match Api::<Lease>::all(client.clone()).list(&ours).await {
        Ok(leases) => leases.items,
        Err(error) => return eprintln!("‼ whether an operator still runs cannot be seen: {}", said(&error)),
    };
    let now = Timestamp::now();
    for held in leases.iter().filter_map(|lease| holder(lease, now)).filter(|held| held.live) {
        eprintln!("‼ {}", Warning(&held));
    }
}

struct Warning<'a>(&'a Holder);

impl fmt::Display for Warning<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Holder {
            lease, identity, seconds, ..
        } = self.0;
        write!(
            f,
            "an operator runs: {identity} renewed Lease {lease} {seconds} s ago. It lets endpoints go by itself once AWS is cleaned up; \
             what is released here it does not clean up"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::{Method, Request, Response};
    use kube::client::Body;
    use serde_json::Value;
    use std::sync::{Arc, Mutex};

    fn left(status: Value) -> String {
        let object =
            json!({"apiVersion": "warmlambda.dev/v1alpha1", "kind": "WarmLambdaEndpoint", "metadata": {"name": "e"}, "status": status});
        left_in_aws(&serde_json::from_value(object).unwrap())
    }

    #[test]
    fn what_stays_in_aws_is_named() {
        let arn = "arn:aws:lambda:eu-west-1:111122223333:function:fir-api:live";
        assert_eq!(
            left(json!({"aliasArn": arn, "provisionedConcurrency": {"requested": 3}})),
            format!("alias {arn} and its 3 warm environments, which go on costing")
        );
        assert_eq!(left(json!({"aliasArn": arn})), format!("alias {arn}"));
        assert_eq!(left(json!({"observedGeneration": -1})), "status knows of nothing there");
    }

    /// An API server with one object that somebody else changes before each of the first writes; and what was written.
    fn contested(changes: usize) -> (Client, Arc<Mutex<Vec<Value>>>) {
        let written = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&written);
        let service = tower::service_fn(move |request: Request<Body>| {
            let seen = Arc::clone(&seen);
            async move {
                let is_write = request.method() == Method::PATCH;
                let body = axum::body::to_bytes(axum::body::Body::new(request.into_body()), usize::MAX).await?;
                let mut seen = seen.lock().unwrap();
                if is_write {
                    seen.push(serde_json::from_slice(&body)?);
                }
                let finalizers: Vec<_> = (0..seen.len())
                    .map(|n| format!("example.com/{n}"))
                    .chain([FINALIZER.into()])
                    .collect();
                let object = json!({
                    "apiVersion": "warmlambda.dev/v1alpha1", "kind": "WarmLambdaEndpoint",
                    "metadata": {
                        "name": "fir", "uid": "u", "resourceVersion": seen.len().to_string(), "finalizers": finalizers,
                        "deletionTimestamp": "2026-11-22T12:00:00Z",
                    },
                });
                let conflict = json!({"kind": "Status", "status": "Failure", "code": 409, "reason": "Conflict", "message": "changed"});
                let lost = is_write && seen.len() <= changes;
                let (status, answer) = if lost { (409, conflict) } else { (200, object) };
                Ok::<_, tower::BoxError>(Response::builder().status(status).body(Body::from(serde_json::to_vec(&answer)?))?)
            }
        });
        (Client::new(service, "shop"), written)
    }

    #[tokio::test]
    async fn what_changed_meanwhile_is_read_again_and_nothing_else_of_it_is_lost() {
        let (client, written) = contested(2);
        let outcome = release(&endpoints(&client, Some("shop")), "fir", false).await;
        let others = vec!["example.com/0".to_owned(), "example.com/1".to_owned()];
        assert!(matches!(&outcome, Outcome::Released(_, kept) if *kept == others), "{outcome:?}");
        let written = written.lock().unwrap();
        let last = json!({"metadata": {"uid": "u", "resourceVersion": "2", "finalizers": others}});
        assert_eq!((written.len(), written.last()), (3, Some(&last)));
    }

    #[tokio::test]
    async fn an_object_that_never_rests_is_given_up() {
        let (client, written) = contested(usize::MAX);
        let outcome = release(&endpoints(&client, Some("shop")), "fir", false).await;
        assert!(matches!(outcome, Outcome::Failed(_)), "{outcome:?}");
        assert_eq!(written.lock().unwrap().len(), ATTEMPTS);
    }

    #[test]
    fn finalizers_of_others_are_named() {
        let told = told(
            "shop",
            "fir",
            &Outcome::Released("nothing".into(), vec!["example.com/other".into()]),
        );
        assert!(told.ends_with("it stays until the owners of example.com/other are done"), "{told}");
    }
}
