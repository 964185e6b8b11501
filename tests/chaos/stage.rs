//! The place of one run: a namespace, a simulated AWS, an operator that a kubelet keeps running, and the network in between.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use awssim::world::Region;
use k8s_openapi::api::core::v1::Namespace;
use kube::api::{DeleteParams, Patch, PatchParams, PostParams};
use kube::{Api, Client};
use serde_json::{Value, json};
use tokio::runtime::Handle;
use tokio::sync::{Mutex, OnceCell};
use tokio::time::sleep;
use warmlambda::api::WarmLambdaEndpoint;

use crate::harness::aws::Aws;
use crate::harness::chart::{Release, Scope};
use crate::harness::control_plane::{ControlPlane, control_plane};
use crate::harness::endpoint::manifest;
use crate::harness::service_account::ServiceAccount;
use crate::kubelet::{Kubelet, Process, Template};
use crate::oracles::Watcher;
use crate::oracles::canaries::Canaries;
use crate::proxy::Network;
use crate::proxy::ledger::Call;
use crate::scenarios::decoys;

/// Between two looks at the ledger.
const LOOK: Duration = Duration::from_millis(10);

/// Name of the endpoint.
pub const NAME: &str = "fir-api";

/// The API server of all runs, and clients of it.
pub struct Cluster {
    server: &'static ControlPlane,
    /// With all rights.
    admin: Client,
    proxied: Client,
}

impl Cluster {
    /// The one that all runs share.
    pub async fn shared() -> &'static Self {
        static SHARED: OnceCell<Cluster> = OnceCell::const_new();
        SHARED.get_or_init(Self::start).await
    }

    async fn start() -> Self {
        let server = tokio::task::spawn_blocking(control_plane).await.expect("the control plane starts");
        Self {
            server,
            admin: server.client().await,
            proxied: server.client_of_a_proxy().await,
        }
    }

    /// The version of the API server.
    pub async fn version(&self) -> String {
        let version = self.admin.apiserver_version().await;
        version.map_or_else(|_| "unknown".into(), |version| version.git_version)
    }

    /// The service account of an operator in a namespace, with the rights that the chart gives it. The harness waits for these by
    /// closures that cannot move between threads, so it does on one.
    async fn account(&self, namespace: &str) -> ServiceAccount {
        let (server, admin, namespace) = (self.server, self.admin.clone(), namespace.to_owned());
        let installed = tokio::task::spawn_blocking(move || {
            let release = Release::of(Scope::Namespace, &namespace, &namespace);
            Handle::current().block_on(ServiceAccount::install(server, &admin, release, &namespace))
        });
        installed.await.expect("the account is installed")
    }
}

/// The place of one run.
pub struct Stage {
    /// Its own.
    pub namespace: String,
    /// Its own.
    pub aws: Aws,
    /// AWS before there was an endpoint.
    pub before: Region,
    /// Between the operator and the world.
    pub network: Network,
    /// What the oracles see during the run.
    pub watcher: Arc<Watcher>,
    /// Secrets that must not appear anywhere.
    pub canaries: Canaries,
    /// The endpoints of the namespace, with all rights.
    pub endpoints: Api<WarmLambdaEndpoint>,
    /// With all rights.
    pub admin: Client,
    account: ServiceAccount,
    kubelet: Mutex<Option<Kubelet>>,
    standby: Mutex<Option<Kubelet>>,
}

impl Stage {
    /// Makes it; `set` makes AWS as the scenario wants it. There is no operator yet.
    pub async fn new(set: fn(&Aws)) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(1);
        let cluster = Cluster::shared().await;
        let namespace = format!("chaos-{}", COUNT.fetch_add(1, Ordering::Relaxed));
        let mut object = Namespace::default();
        object.metadata.name = Some(namespace.clone());
        let made = Api::all(cluster.admin.clone()).create(&PostParams::default(), &object).await;
        made.expect("a namespace can be made");
        let account = cluster.account(&namespace).await;
        let aws = Aws::start().await;
        set(&aws);
        decoys::plant(&aws);
        let watcher = Arc::new(Watcher::new(aws.sim()));
        Self {
            network: Network::new(aws.sim(), &cluster.proxied, Arc::clone(&watcher) as _),
            canaries: Canaries::of(&namespace, &account.token),
            endpoints: Api::namespaced(cluster.admin.clone(), &namespace),
            admin: cluster.admin.clone(),
            kubelet: Mutex::new(None),
            standby: Mutex::new(None),
            before: aws.region(|region| region.clone()),
            namespace,
            aws,
            watcher,
            account,
        }
    }

    /// Starts the operator, with flags of `run`.
    pub async fn start_operator(&self, flags: &'static [&'static str]) {
        let watched = ["--watch-namespaces", &self.namespace];
        let template = Template {
            network: self.network.clone(),
            account: self.account.clone(),
            flags: [&watched, flags].concat().into_iter().map(str::to_owned).collect(),
            variables: self.canaries.variables(),
        };
        *self.kubelet.lock().await = Some(Kubelet::start("a", template).await);
    }

    /// Starts the operator as [`Self::start_operator`] does, with more variables in its environment, and a second replica, which waits.
    pub async fn start_replicas(&self, flags: &'static [&'static str], variables: &[(String, String)]) {
        let watched = ["--watch-namespaces", &self.namespace];
        let template = |more: &[(String, String)]| Template {
            network: self.network.clone(),
            account: self.account.clone(),
            flags: [&watched, flags].concat().into_iter().map(str::to_owned).collect(),
            variables: [self.canaries.variables(), more.to_vec()].concat(),
        };
        *self.kubelet.lock().await = Some(Kubelet::start("a", template(variables)).await);
        self.until_somebody_leads().await;
        *self.standby.lock().await = Some(Kubelet::start("b", template(&[])).await);
    }

    async fn until_somebody_leads(&self) {
        let taken = |call: &Call| call.name == "create:leases" && call.answered_at.is_some();
        while !self.network.calls().iter().any(taken) {
            sleep(LOOK).await;
        }
    }

    /// Looks at a process of either replica by its name.
    pub async fn process<T>(&self, name: &str, look: impl FnOnce(&mut Process) -> T) -> Option<T> {
        let replica = if name.starts_with('a') { &self.kubelet } else { &self.standby };
        replica.lock().await.as_ref()?.process(name, look)
    }

    /// Everything that all processes logged.
    pub async fn logs(&self) -> String {
        let mut logs = String::new();
        for replica in [&self.kubelet, &self.standby] {
            logs += &replica.lock().await.as_ref().map(Kubelet::logs).unwrap_or_default();
        }
        logs
    }

    /// Looks at the operator's processes.
    pub async fn kubelet<T>(&self, look: impl FnOnce(&Kubelet) -> T) -> Option<T> {
        self.kubelet.lock().await.as_ref().map(look)
    }

    /// Ends the operator.
    pub async fn stop_operator(&self) {
        *self.kubelet.lock().await = None;
        *self.standby.lock().await = None;
    }

    /// A person makes the endpoint, with members of its spec replaced.
    pub async fn create(&self, spec: Value) {
        let object = serde_json::from_value(manifest(NAME, &spec)).expect("an endpoint");
        let made = self.endpoints.create(&PostParams::default(), &object).await;
        self.watcher.asks(&made.expect("the endpoint can be made"));
    }

    /// A person changes the spec of the endpoint.
    pub async fn patch(&self, spec: Value) {
        let patch = Patch::Merge(json!({ "spec": spec }));
        let changed = self.endpoints.patch(NAME, &PatchParams::default(), &patch).await;
        self.watcher.asks(&changed.expect("the endpoint can be changed"));
    }

    /// A person deletes the endpoint.
    pub async fn delete(&self) {
        self.endpoints
            .delete(NAME, &DeleteParams::default())
            .await
            .expect("the endpoint can be deleted");
    }

    /// The endpoint as it stands.
    pub async fn endpoint(&self) -> Option<WarmLambdaEndpoint> {
        self.endpoints.get_opt(NAME).await.expect("the endpoint can be read")
    }

    /// Somebody changes AWS.
    pub fn intervene(&self, act: impl FnOnce(&Aws)) {
        self.watcher.world_changes(self.network.now());
        act(&self.aws);
    }
}
