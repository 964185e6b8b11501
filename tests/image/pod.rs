//! The image as a kubelet runs it: its files and nothing else, a root that cannot be written to, a user without rights, and a
//! service account.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use crate::harness::control_plane::control_plane;
use crate::layout::Layout;

/// How a pod reaches the API server.
pub const KUBERNETES: &str = "kubernetes.default.svc";
/// Where a pod finds what it needs for that.
const SERVICE_ACCOUNT: &str = "var/run/secrets/kubernetes.io/serviceaccount";
/// Gives the process a view of the file system of its own, in which the root cannot be written to, and no way back to rights.
const CONFINED: &str = r#"mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec chroot --userspec=65532:65532 "$0" "$@""#;

/// A pod that was not started yet.
pub struct Pod {
    root: PathBuf,
    environment: Vec<(&'static str, String)>,
}

impl Pod {
    /// One with the files of the image, in a folder of this name.
    pub fn new(name: &str) -> Self {
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pods").join(name);
        Layout::built().unpack(&root);
        Self {
            root,
            environment: Vec::new(),
        }
    }

    /// With a file of this content behind what is there already.
    pub fn with(self, path: &str, content: &str) -> Self {
        let path = self.root.join(path);
        std::fs::create_dir_all(path.parent().expect("a file is in a folder")).expect("a folder can be made");
        let there = std::fs::read_to_string(&path).unwrap_or_default();
        std::fs::write(&path, there + content).expect("a file can be written");
        self
    }

    /// With an environment variable.
    pub fn env(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.environment.push((name, value.into()));
        self
    }

    /// With a service account of a namespace, which may do everything.
    pub fn with_service_account(self, namespace: &str) -> Self {
        let kubeconfig = std::fs::read_to_string(control_plane().kubeconfig()).expect("the kubeconfig can be read");
        let between = |before: &str| {
            let rest = kubeconfig.split_once(before).expect("the kubeconfig is complete").1;
            rest.split_once('"').expect("a text ends").0.to_owned()
        };
        let server: SocketAddr = between(r#"server: "https://"#).parse().expect("an address");
        let authority = std::fs::read_to_string(between(r#"certificate-authority: ""#)).expect("a certificate");
        self.with(&format!("{SERVICE_ACCOUNT}/token"), &between(r#"token: ""#))
            .with(&format!("{SERVICE_ACCOUNT}/ca.crt"), &authority)
            .with(&format!("{SERVICE_ACCOUNT}/namespace"), namespace)
            .env("KUBERNETES_SERVICE_HOST", KUBERNETES)
            .env("KUBERNETES_SERVICE_PORT", server.port().to_string())
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("setpriv");
        command
            .args(["--no-new-privs", "unshare", "--mount", "sh", "-c", CONFINED])
            .arg(&self.root)
            .arg("/warmlambda")
            .args(arguments)
            .env_clear()
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null());
        command
    }

    /// Runs it to its end.
    pub fn ends(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("setpriv, unshare and chroot are there")
    }

    /// Runs it until it is dropped.
    pub fn runs(&self, arguments: &[&str]) -> Running {
        let log = self.root.with_extension("log");
        let file = std::fs::File::create(&log).expect("a file can be made");
        let process = self.command(arguments).stdout(Stdio::null()).stderr(file).spawn();
        let process = process.expect("setpriv, unshare and chroot are there");
        control_plane().charge(process.id());
        Running { process, log }
    }
}

/// A pod that runs.
pub struct Running {
    process: Child,
    log: PathBuf,
}

impl Running {
    /// What it logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// The most memory that it had, in KiB.
    pub fn peak_memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).expect("it runs");
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:"))
            .expect("the kernel says it");
        line.trim().trim_end_matches(" kB").parse().expect("a number")
    }

    /// Asks it to end, as the kubelet does. Whether it ended well.
    pub fn ends_when_asked(&mut self) -> bool {
        let pid = self.process.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().expect("kill runs").success());
        let ended = self.process.wait().expect("it can be waited for");
        control_plane().discharge(self.process.id());
        ended.success()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if matches!(self.process.try_wait(), Ok(None)) {
            let _ = self.process.kill();
            let _ = self.process.wait();
            control_plane().discharge(self.process.id());
        }
        if std::thread::panicking() {
            eprintln!("---- log of the pod:\n{}", self.log());
        }
    }
}
