//! One scenario: a namespace, an AWS, operators, and what is asked of them.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use k8s_openapi::api::core::v1::Namespace;
use kube::api::PostParams;
use kube::{Api, Client};
use serde_json::{Value, json};
use tokio::sync::{Semaphore, SemaphorePermit};
use warmlambda::api::WarmLambdaEndpoint;

use super::aws::Aws;
use super::chart::{Release, Scope};
use super::control_plane::{ControlPlane, control_plane};
use super::endpoint::{Told, manifest};
use super::kubectl::Kubectl;
use super::operator::Operator;
use super::service_account::ServiceAccount;
use super::waiting::{PATIENCE, until, until_within};

/// Name of the endpoint of a scenario that has only one.
pub const NAME: &str = "fir-api";

/// How many scenarios run at once: each has an operator, and all share one API server.
static PLACES: Semaphore = Semaphore::const_new(6);

/// A scenario. When its test panics, it prints what happened.
pub struct Scenario {
    /// Its own.
    pub namespace: String,
    /// A person in its namespace.
    pub kubectl: Kubectl,
    /// Its own.
    pub aws: Aws,
    /// Operators that were started, in their order.
    pub operators: Vec<Operator>,
    /// Who the operators are in Kubernetes.
    pub account: ServiceAccount,
    /// Reads and writes with all rights.
    pub client: Client,
    _place: SemaphorePermit<'static>,
}

impl Scenario {
    /// A namespace and an AWS with the demo world; no operator yet. In every third test the operator's rights hold in the whole cluster.
    pub async fn without_operator() -> Self {
        let server = tokio::task::spawn_blocking(control_plane).await.expect("the control plane starts");
        let scope = if digest(&test()).is_multiple_of(3) {
            Scope::Cluster
        } else {
            Scope::Namespace
        };
        Self::with_release(server, &slug(&test()), |namespace| Release::of(scope, namespace, namespace)).await
    }

    /// The same on an API server, in a namespace whose name begins so, with a release that is made for it: in the same namespace, or
    /// in one of its own.
    pub async fn with_release(server: &'static ControlPlane, name: &str, release: impl FnOnce(&str) -> Release) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(1);
        let place = PLACES.acquire().await.expect("the semaphore is never closed");
        let namespace = format!("{name}-{}", COUNT.fetch_add(1, Ordering::Relaxed));
        let client = server.client().await;
        let release = release(&namespace);
        for name in BTreeSet::from([&namespace, &release.namespace]) {
            create_namespace(&client, name).await;
        }
        Self {
            kubectl: server.kubectl(&namespace),
            aws: Aws::start().await,
            operators: Vec::new(),
            account: ServiceAccount::install(server, &client, release, &namespace).await,
            client,
            namespace,
            _place: place,
        }
    }

    /// The same with an operator.
    pub async fn begin() -> Self {
        let mut scenario = Self::without_operator().await;
        scenario.start_operator();
        scenario
    }

    /// An operator with the demo world and an endpoint that is Ready.
    pub async fn warm() -> Self {
        let scenario = Self::begin().await;
        scenario.apply(&json!({}));
        scenario.until_ready().await;
        scenario
    }

    /// Starts one more replica.
    pub fn start_operator(&mut self) {
        self.start_operator_with(&["--log-level", "info,warmlambda=debug"]);
    }

    /// Starts one more replica, with flags of `run`. It cares for the namespace of the scenario, also where its rights hold in the
    /// whole cluster: the other namespaces have operators of their own.
    pub fn start_operator_with(&mut self, flags: &[&str]) {
        self.start_operator_in(flags, &[]);
    }

    /// The same with more variables in its environment.
    pub fn start_operator_in(&mut self, flags: &[&str], variables: &[(&str, &str)]) {
        let flags = [&["--watch-namespaces", &self.namespace], flags].concat();
        let name = format!("{}-{}", self.namespace, self.operators.len());
        let operator = Operator::start_in(&name, &self.account, &self.aws.url(), &flags, variables);
        self.operators.push(operator);
    }

    /// Applies the endpoint, with members of its spec replaced.
    pub fn apply(&self, overrides: &Value) {
        self.apply_named(NAME, overrides);
    }

    /// Applies an endpoint of another name.
    pub fn apply_named(&self, name: &str, overrides: &Value) {
        self.kubectl.applies(&manifest(name, overrides).to_string());
    }

    /// Changes the spec of the endpoint by a merge patch.
    pub fn patch_spec(&self, patch: &Value) {
        let patch = json!({ "spec": patch }).to_string();
        self.kubectl.succeeds(&["patch", "wle", NAME, "--type=merge", "-p", &patch]);
    }

    /// The endpoint as it stands.
    pub async fn endpoint(&self) -> WarmLambdaEndpoint {
        self.endpoint_named(NAME).await
    }

    /// An endpoint of another name.
    pub async fn endpoint_named(&self, name: &str) -> WarmLambdaEndpoint {
        self.api().get(name).await.expect("the endpoint can be read")
    }

    /// Waits until the endpoint is as described, and answers it.
    pub async fn until_endpoint(&self, what: &str, is: impl Fn(&WarmLambdaEndpoint) -> bool) -> WarmLambdaEndpoint {
        self.until_named(NAME, what, is).await
    }

    /// The same for an endpoint of another name.
    pub async fn until_named(&self, name: &str, what: &str, is: impl Fn(&WarmLambdaEndpoint) -> bool) -> WarmLambdaEndpoint {
        self.until_named_within(PATIENCE, name, what, is).await
    }

    /// The same for the endpoint with another patience, for what is known to take longer.
    pub async fn until_within(&self, patience: Duration, what: &str, is: impl Fn(&WarmLambdaEndpoint) -> bool) -> WarmLambdaEndpoint {
        self.until_named_within(patience, NAME, what, is).await
    }

    async fn until_named_within(
        &self,
        patience: Duration,
        name: &str,
        what: &str,
        is: impl Fn(&WarmLambdaEndpoint) -> bool,
    ) -> WarmLambdaEndpoint {
        until_within(patience, what, async || {
            let found = self.endpoint_named(name).await;
            if is(&found) { Ok(found) } else { Err(shown(&found)) }
        })
        .await
    }

    /// Waits until the endpoint is Ready for the spec as it stands.
    pub async fn until_ready(&self) -> WarmLambdaEndpoint {
        self.until_endpoint("Ready", Told::is_ready).await
    }

    /// Waits until a condition has this status and reason, for instance `False AccessDenied`.
    pub async fn until_condition(&self, kind: &str, status_and_reason: &str) -> WarmLambdaEndpoint {
        let what = format!("condition {kind} to be {status_and_reason}");
        self.until_endpoint(&what, |found| found.condition(kind) == status_and_reason).await
    }

    /// Waits until the operator has been through the endpoint once more from beginning to end, and found nothing new to say.
    pub async fn until_checked_again(&self) {
        let stamp = format!("{}", self.aws.sim().last_sequence());
        let annotation = format!("warmlambda.dev/reconcile-requested-at={stamp}");
        self.kubectl.succeeds(&["annotate", "--overwrite", "wle", NAME, &annotation]);
        let what = format!("status.lastHandledReconcileAt to be {stamp}");
        self.until_endpoint(&what, |found| found.told().last_handled_reconcile_at.as_deref() == Some(&stamp))
            .await;
    }

    /// Waits until AWS is as described.
    pub async fn until_aws<T>(&self, what: &str, is: impl Fn(&Aws) -> Option<T>) -> T {
        until(what, async || is(&self.aws).ok_or_else(|| self.aws.told())).await
    }

    /// Deletes the endpoint without waiting for it to go.
    pub fn delete(&self) {
        self.kubectl.succeeds(&["delete", "wle", NAME, "--wait=false"]);
    }

    /// Waits until the endpoint is gone.
    pub async fn until_gone(&self) {
        until("the endpoint to go", async || match self.api().get_opt(NAME).await {
            Ok(None) => Ok(()),
            Ok(Some(found)) => Err(shown(&found)),
            Err(error) => Err(error.to_string()),
        })
        .await;
    }

    fn api(&self) -> Api<WarmLambdaEndpoint> {
        Api::namespaced(self.client.clone(), &self.namespace)
    }
}

impl Drop for Scenario {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("---- writes that AWS saw:\n{}", self.aws.told());
            let said = self.kubectl.run(&["get", "wle", "-o", "yaml"], "");
            eprintln!("---- endpoints:\n{}{}", said.out, said.err);
        }
    }
}

fn shown(endpoint: &WarmLambdaEndpoint) -> String {
    let generation = endpoint.metadata.generation.unwrap_or_default();
    let status = serde_json::to_string_pretty(&endpoint.status).unwrap_or_default();
    format!("generation {generation}, status {status}")
}

/// The name of the test that runs: libtest gives it to the thread.
fn test() -> String {
    std::thread::current().name().unwrap_or("scenario").to_owned()
}

/// A digest of a text that is the same in every run.
fn digest(text: &str) -> u32 {
    text.bytes()
        .fold(0, |hash: u32, byte| hash.wrapping_mul(31).wrapping_add(byte.into()))
}

/// The beginning of the name of a test, as a namespace may be named.
fn slug(test: &str) -> String {
    let name = test.rsplit("::").next().unwrap_or(test).replace('_', "-");
    name[..name.len().min(40)].trim_end_matches('-').to_owned()
}

async fn create_namespace(client: &Client, name: &str) {
    let mut namespace = Namespace::default();
    namespace.metadata.name = Some(name.into());
    let created = Api::all(client.clone()).create(&PostParams::default(), &namespace).await;
    created.expect("a namespace can be made");
}
