//! There are no nodes and no kubelet under the API server of the tests. This plays one for the pods of a namespace: it runs our own
//! binary with the arguments and the environment of each pod's container, as the pod's service account, and writes what a kubelet would
//! write into the pod's status. It asks no probe: a pod whose process runs is ready.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use k8s_openapi::api::authentication::v1::{TokenRequest, TokenRequestSpec};
use k8s_openapi::api::core::v1::{Container, Pod, ServiceAccount};
use kube::api::{ListParams, Patch, PatchParams, PostParams};
use kube::{Api, Client, ResourceExt};
use serde_json::json;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use super::control_plane::ControlPlane;

/// Between two looks.
const LOOK: Duration = Duration::from_millis(100);
/// How long a pod may take to end.
const GRACE: Duration = Duration::from_secs(5);

/// Runs the pods of a namespace until it is dropped.
pub struct Kubelet(JoinHandle<()>);

impl Drop for Kubelet {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// What a pod runs; it ends with the pod.
struct Process {
    child: Child,
    server: &'static ControlPlane,
    over: bool,
}

impl Process {
    /// Asks it to end, and waits for a while until it has.
    async fn terminate(&mut self) {
        if !matches!(self.child.try_wait(), Ok(None)) {
            return;
        }
        let _ = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        let deadline = Instant::now() + GRACE;
        while matches!(self.child.try_wait(), Ok(None)) && Instant::now() < deadline {
            sleep(LOOK).await;
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        self.server.discharge(self.child.id());
    }
}

/// Everything that a pod needs to be run.
struct Node {
    server: &'static ControlPlane,
    client: Client,
    namespace: String,
    aws: String,
}

impl Kubelet {
    /// Starts to care for a namespace. What its pods run finds AWS at a URL.
    pub fn start(server: &'static ControlPlane, client: Client, namespace: &str, aws: &str) -> Self {
        let (namespace, aws) = (namespace.to_owned(), aws.to_owned());
        let node = Node {
            server,
            client,
            namespace,
            aws,
        };
        Self(tokio::spawn(async move { node.care().await }))
    }
}

impl Node {
    async fn care(&self) {
        let pods: Api<Pod> = Api::namespaced(self.client.clone(), &self.namespace);
        let mut running: BTreeMap<String, Process> = BTreeMap::new();
        loop {
            let found = pods.list(&ListParams::default()).await.map(|list| list.items).unwrap_or_default();
            let gone: Vec<_> = running
                .extract_if(.., |uid, _| !found.iter().any(|pod| pod.uid().as_ref() == Some(uid)))
                .collect();
            for (_, mut process) in gone {
                process.terminate().await;
            }
            for pod in &found {
                let uid = pod.uid().expect("a pod has a uid");
                match running.get_mut(&uid) {
                    None => {
                        running.insert(uid, self.run(pod).await);
                        report(&pods, pod, "Running").await;
                    }
                    Some(process) if !process.over => {
                        if let Ok(Some(ended)) = process.child.try_wait() {
                            process.over = true;
                            report(&pods, pod, if ended.success() { "Succeeded" } else { "Failed" }).await;
                        }
                    }
                    Some(_) => {}
                }
            }
            sleep(LOOK).await;
        }
    }

    async fn run(&self, pod: &Pod) -> Process {
        let spec = pod.spec.as_ref().expect("a pod has a spec");
        let account = spec.service_account_name.as_deref().unwrap_or("default");
        let container = &spec.containers[0];
        let mut command = Command::new(env!("CARGO_BIN_EXE_warmlambda"));
        command
            .args(container.args.iter().flatten().map(|argument| on_this_host(argument)))
            .env_clear()
            .envs(environment(container))
            .env("KUBECONFIG", self.kubeconfig(account).await)
            // What EKS puts into the pods of a service account with a role.
            .env("AWS_ENDPOINT_URL", &self.aws)
            .env("AWS_ACCESS_KEY_ID", "111122223333")
            .env("AWS_SECRET_ACCESS_KEY", "not-checked")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let child = command.spawn().expect("the program of the pod starts");
        self.server.charge(child.id());
        Process {
            child,
            server: self.server,
            over: false,
        }
    }

    /// What a pod finds mounted: a token of its service account, and its namespace.
    async fn kubeconfig(&self, account: &str) -> PathBuf {
        let accounts: Api<ServiceAccount> = Api::namespaced(self.client.clone(), &self.namespace);
        let request = TokenRequest {
            spec: TokenRequestSpec::default(),
            ..TokenRequest::default()
        };
        let answer = accounts.create_token_request(account, &PostParams::default(), &request).await;
        let token = answer.expect("a token is given").status.expect("the answer has the token").token;
        let path = self.server.kubeconfig_with(&format!("{}-{account}", self.namespace), &token);
        in_namespace(&path, &self.namespace);
        path
    }
}

/// Two replicas share this host: each takes ports that are free.
fn on_this_host(argument: &str) -> String {
    match argument.split_once('=') {
        Some((flag @ ("--metrics-addr" | "--health-addr"), _)) => format!("{flag}=127.0.0.1:0"),
        _ => argument.into(),
    }
}

fn environment(container: &Container) -> BTreeMap<String, String> {
    let set = container.env.iter().flatten();
    set.filter_map(|variable| Some((variable.name.clone(), variable.value.clone()?)))
        .collect()
}

fn in_namespace(kubeconfig: &Path, namespace: &str) {
    let text = std::fs::read_to_string(kubeconfig).expect("the kubeconfig can be read");
    let text = text.replace("user: admin}}]", &format!("user: admin, namespace: {namespace}}}}}]"));
    std::fs::write(kubeconfig, text).expect("the kubeconfig can be written");
}

async fn report(pods: &Api<Pod>, pod: &Pod, phase: &str) {
    let ready = if phase == "Running" { "True" } else { "False" };
    let condition = |kind: &str| json!({"type": kind, "status": ready});
    let status = json!({"status": {"phase": phase, "conditions": [condition("Ready"), condition("ContainersReady")]}});
    // A pod that has gone meanwhile needs no status.
    let _ = pods
        .patch_status(&pod.name_any(), &PatchParams::default(), &Patch::Merge(status))
        .await;
}
