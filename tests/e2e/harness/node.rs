//! A node of a cluster: for each pod it runs our binary with the pod's arguments, environment and service account, as a kubelet
//! would run the image.

use std::collections::BTreeMap;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use serde_json::{Value, json};

use super::control_plane::ControlPlane;

/// A node that takes every pod, until it goes out of scope.
pub struct Node {
    ended: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Node {
    /// Joins a cluster. The pods find AWS at a URL.
    pub fn join(server: &'static ControlPlane, aws: &str) -> Self {
        let ended = Arc::new(AtomicBool::new(false));
        let mut kubelet = Kubelet {
            server,
            aws: aws.into(),
            running: BTreeMap::new(),
        };
        let asked = Arc::clone(&ended);
        let thread = thread::spawn(move || {
            while !asked.load(Ordering::Relaxed) {
                kubelet.looks();
                thread::sleep(Duration::from_millis(200));
            }
        });
        Self {
            ended,
            thread: Some(thread),
        }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

struct Kubelet {
    server: &'static ControlPlane,
    aws: String,
    /// By namespace and name of the pod.
    running: BTreeMap<(String, String), Child>,
}

impl Kubelet {
    /// Starts what is new, reports what ended, ends what is gone.
    fn looks(&mut self) {
        let pods = self
            .server
            .kubectl("default")
            .run(&["get", "pods", "--all-namespaces", "-o", "json"], "");
        let pods: Value = serde_json::from_str(&pods.out).unwrap_or_default();
        let mut there = Vec::new();
        for pod in pods["items"].as_array().into_iter().flatten() {
            let text = |pointer: &str| pod.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
            let id = (text("/metadata/namespace"), text("/metadata/name"));
            let wanted = ["Pending", "Running"].contains(&text("/status/phase").as_str());
            if wanted && !self.running.contains_key(&id) {
                let started = self.starts(&id.0, pod);
                self.running.insert(id.clone(), started);
                self.reports(&id, "Running", true);
            }
            there.push(id);
        }
        self.reports_ends();
        let gone: Vec<_> = self.running.keys().filter(|id| !there.contains(id)).cloned().collect();
        for id in gone {
            self.ends(&id);
        }
    }

    fn starts(&self, namespace: &str, pod: &Value) -> Child {
        let container = &pod["spec"]["containers"][0];
        let account = pod["spec"]["serviceAccountName"].as_str().unwrap_or("default");
        let token = self.server.kubectl(namespace).succeeds(&["create", "token", account]);
        let mut command = Command::new(env!("CARGO_BIN_EXE_warmlambda"));
        let arguments = container["args"].as_array().into_iter().flatten().filter_map(Value::as_str);
        // All pods have one network here; and what is simulated goes a hundred times as fast.
        command.args(arguments.filter(|argument| !argument.starts_with("--metrics-addr=") && !argument.starts_with("--health-addr=")));
        if container["args"][0] == "run" {
            command.args([
                "--metrics-addr=127.0.0.1:0",
                "--health-addr=127.0.0.1:0",
                "--progress-interval=200ms",
            ]);
        }
        command.env_clear();
        for variable in container["env"].as_array().into_iter().flatten() {
            if let (Some(name), Some(value)) = (variable["name"].as_str(), variable["value"].as_str()) {
                command.env(name, value);
            }
        }
        let child = command
            .args(["--lease-namespace", namespace])
            .env(
                "KUBECONFIG",
                self.server.kubeconfig_with(&format!("pod-of-{account}"), token.trim()),
            )
            .env("AWS_ENDPOINT_URL", &self.aws)
            .env("AWS_ACCESS_KEY_ID", "111122223333")
            .env("AWS_SECRET_ACCESS_KEY", "not-checked")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the pod's process starts");
        self.server.charge(child.id());
        child
    }

    fn reports_ends(&mut self) {
        let mut ended = Vec::new();
        for (id, process) in &mut self.running {
            if let Ok(Some(status)) = process.try_wait() {
                ended.push((id.clone(), process.id(), if status.success() { "Succeeded" } else { "Failed" }));
            }
        }
        for (id, process, phase) in ended {
            self.server.discharge(process);
            self.reports(&id, phase, false);
        }
    }

    fn reports(&self, (namespace, name): &(String, String), phase: &str, ready: bool) {
        let conditions = ["Ready", "ContainersReady"].map(|kind| json!({"type": kind, "status": if ready { "True" } else { "False" }}));
        let status = json!({"status": {"phase": phase, "conditions": conditions}}).to_string();
        // It may be gone already.
        let _ = self
            .server
            .kubectl(namespace)
            .run(&["patch", "pod", name, "--subresource=status", "--type=merge", "-p", &status], "");
    }

    fn ends(&mut self, id: &(String, String)) {
        if let Some(mut process) = self.running.remove(id) {
            let _ = process.kill();
            let _ = process.wait();
            self.server.discharge(process.id());
        }
    }
}

impl Drop for Kubelet {
    fn drop(&mut self) {
        for id in self.running.keys().cloned().collect::<Vec<_>>() {
            self.ends(&id);
        }
    }
}
