//! `warmlambda reconcile`, `suspend` and `resume`: asks the operator for something, and waits until status says that it was heard.

use std::time::Duration;

use clap::Args;
use k8s_openapi::jiff::Timestamp;
use kube::api::{Patch, PatchParams};
use kube::{Api, ResourceExt};
use serde_json::{Value, json};
use thiserror::Error;
use tokio::time::{Instant, sleep};

use crate::api::{ConditionType, RECONCILE_REQUESTED_AT, WarmLambdaEndpoint};
use crate::cluster::{Access, AccessError, said};

/// The field manager of what a person changes by these commands.
const MANAGER: &str = "warmlambda-cli";

/// Between two looks at status.
const POLL: Duration = Duration::from_millis(500);

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    /// A look at AWS now.
    Reconcile,
    /// No more reads and writes of AWS.
    Suspend,
    /// Reads and writes again.
    Resume,
}

/// Flags of the three.
#[derive(Debug, Args)]
pub struct Flags {
    /// Name of the endpoint.
    pub name: String,
    /// Wait until the operator has handled it.
    #[arg(long)]
    pub wait: bool,
    /// How long to wait.
    #[arg(long, default_value = "5m", requires = "wait", value_parser = crate::cli::duration)]
    pub timeout: Duration,
    /// The cluster.
    #[command(flatten)]
    pub access: Access,
}

/// Why it was not asked, or not answered.
#[derive(Debug, Error)]
pub enum RequestError {
    /// There is no way to the cluster.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// The API server did not do it.
    #[error("{}", said(.0))]
    Kubernetes(#[source] Box<kube::Error>),
    /// The operator did not answer in time.
    #[error("{0}")]
    TimedOut(String),
}

impl From<kube::Error> for RequestError {
    fn from(error: kube::Error) -> Self {
        Self::Kubernetes(Box::new(error))
    }
}

/// Asks, waits if it was told to, and says on standard error what status says then.
///
/// # Errors
/// [`RequestError`].
pub async fn run(request: Request, flags: &Flags) -> Result<(), RequestError> {
    let api: Api<WarmLambdaEndpoint> = Api::default_namespaced(flags.access.client().await?);
    let stamp = Timestamp::now().to_string();
    let params = PatchParams {
        field_manager: Some(MANAGER.into()),
        ..PatchParams::default()
    };
    let asked = api.patch(&flags.name, &params, &Patch::Merge(patch(request, &stamp))).await?;
    let subject = format!("{}/{}", asked.namespace().unwrap_or_default(), asked.name_any());
    eprintln!("► {subject}: {}", done(request));
    if !flags.wait {
        return Ok(());
    }
    eprintln!("◎ waiting for the operator");
    let generation = asked.metadata.generation;
    let deadline = Instant::now() + flags.timeout;
    loop {
        let found = api.get(&flags.name).await?;
        if is_handled(request, &found, generation, &stamp) {
            eprintln!("✔ {subject}: {}", ready(&found));
            return Ok(());
        }
        if Instant::now() > deadline {
            return Err(RequestError::TimedOut(format!(
                "{subject}: the operator did not handle it within {:?}; last it said: {}. Does it run? `warmlambda check` looks",
                flags.timeout,
                ready(&found)
            )));
        }
        sleep(POLL).await;
    }
}

fn patch(request: Request, stamp: &str) -> Value {
    match request {
        Request::Reconcile => json!({"metadata": {"annotations": {RECONCILE_REQUESTED_AT: stamp}}}),
        Request::Suspend => json!({"spec": {"suspend": true}}),
        Request::Resume => json!({"spec": {"suspend": false}}),
    }
}

const fn done(request: Request) -> &'static str {
    match request {
        Request::Reconcile => "reconcile requested",
        Request::Suspend => "suspended: AWS is neither read nor written from the operator's next visit on",
        Request::Resume => "resumed",
    }
}

/// Whether status speaks of what was asked for, or of something later.
fn is_handled(request: Request, found: &WarmLambdaEndpoint, generation: Option<i64>, stamp: &str) -> bool {
    let Some(status) = &found.status else { return false };
    match request {
        Request::Reconcile => status.last_handled_reconcile_at.as_deref() == Some(stamp),
        Request::Suspend | Request::Resume => status.observed_generation >= generation,
    }
}

/// What Ready says.
fn ready(found: &WarmLambdaEndpoint) -> String {
    let conditions = found.status.iter().flat_map(|status| &status.conditions);
    let mut ready = conditions.filter(|condition| condition.type_ == ConditionType::Ready.as_str());
    ready.next().map_or_else(
        || "nothing yet".into(),
        |ready| format!("Ready={} {}: {}", ready.status, ready.reason, ready.message),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(status: Value) -> WarmLambdaEndpoint {
        let object = json!({
            "apiVersion": "warmlambda.dev/v1alpha1", "kind": "WarmLambdaEndpoint", "metadata": {"name": "fir"},
            "spec": {"functionName": "fir-api"}, "status": status,
        });
        serde_json::from_value(object).unwrap()
    }

    #[test]
    fn a_reconcile_is_handled_when_its_own_stamp_comes_back() {
        let handled = |echo: &str| is_handled(Request::Reconcile, &endpoint(json!({"lastHandledReconcileAt": echo})), Some(2), "b");
        assert!(handled("b"));
        assert!(!handled("a"));
        assert!(!is_handled(
            Request::Reconcile,
            &endpoint(json!({"observedGeneration": 9})),
            Some(2),
            "b"
        ));
    }

    #[test]
    fn a_change_of_the_spec_is_handled_when_its_generation_was_observed() {
        let handled = |observed: i64| is_handled(Request::Suspend, &endpoint(json!({"observedGeneration": observed})), Some(3), "");
        assert!(!handled(-1) && !handled(2));
        assert!(handled(3) && handled(4));
    }
}
