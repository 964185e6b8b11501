//! etcd, kube-apiserver and kube-controller-manager, once for the whole test process, gone with it.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};

use kube::config::{AuthInfo, KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};

use super::kubectl::Kubectl;

/// A `spec.deletionPolicy` that the API server of the tests accepts and this version of the operator does not know.
pub const LATER_POLICY: &str = "Archive";

/// A running API server with the CRD in it.
pub struct ControlPlane {
    audit: PathBuf,
    kubeconfig: PathBuf,
    kubectl: PathBuf,
    /// The server lives as long as this end of the pipe: whatever becomes of the test process, the system closes it.
    leash: Mutex<ChildStdin>,
    answers: Mutex<BufReader<ChildStdout>>,
    _server: Child,
}

/// The control plane that the scenarios share, started when it is asked for the first time.
pub fn control_plane() -> &'static ControlPlane {
    static STARTED: OnceLock<ControlPlane> = OnceLock::new();
    STARTED.get_or_init(ControlPlane::start)
}

impl ControlPlane {
    /// Another one, which no other test knows of; it lives as long as the process.
    pub fn of_its_own() -> &'static Self {
        Box::leak(Box::new(Self::start()))
    }

    fn start() -> Self {
        let started = Self::without_crd();
        started.install_crd();
        started
    }

    /// One for who installs the CRD otherwise.
    pub fn without_crd() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(1);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts");
        let assets = Command::new(scripts.join("control-plane.sh"))
            .stderr(Stdio::inherit())
            .output()
            .expect("scripts/control-plane.sh runs");
        assert!(
            assets.status.success(),
            "scripts/control-plane.sh found no control plane and could not build one"
        );
        let assets = PathBuf::from(String::from_utf8(assets.stdout).expect("a path").trim());

        let audit = audit_log(number);
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("control-plane-{}-{number}", std::process::id()));
        let mut server = Command::new(scripts.join("serve-control-plane.sh"))
            .arg("--audit")
            .arg(&audit)
            .arg(folder)
            .env("KUBEBUILDER_ASSETS", &assets)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("scripts/serve-control-plane.sh runs");
        let leash = server.stdin.take().expect("stdin is piped");
        let mut answers = BufReader::new(server.stdout.take().expect("stdout is piped"));
        let mut kubeconfig = String::new();
        answers.read_line(&mut kubeconfig).expect("the server says when it is ready");
        assert!(kubeconfig.ends_with("kubeconfig\n"), "the control plane did not start");

        Self {
            audit,
            kubeconfig: kubeconfig.trim().into(),
            kubectl: assets.join("kubectl"),
            leash: Mutex::new(leash),
            answers: Mutex::new(answers),
            _server: server,
        }
    }

    fn install_crd(&self) {
        let crd = Command::new(env!("CARGO_BIN_EXE_warmlambda"))
            .arg("crd")
            .output()
            .expect("warmlambda crd runs");
        assert!(
            crd.status.success(),
            "warmlambda crd failed: {}",
            String::from_utf8_lossy(&crd.stderr)
        );
        let crd = String::from_utf8(crd.stdout).expect("the CRD is text");
        let kubectl = self.kubectl("default");
        kubectl.succeeds_with(&["apply", "--server-side", "-f", "-"], &crd);
        // What a later version of the operator might bring: an object that this version cannot decode.
        let path = "/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/deletionPolicy/enum/-";
        let patch = format!(r#"[{{"op": "add", "path": "{path}", "value": "{LATER_POLICY}"}}]"#);
        kubectl.succeeds(&["patch", "crd", "warmlambdaendpoints.warmlambda.dev", "--type=json", "-p", &patch]);
        // Discovery and the OpenAPI document follow the CRD a moment later, and kubectl keeps what it saw before.
        let cache = self.kubeconfig.with_file_name(".kube");
        let deadline = Instant::now() + Duration::from_secs(60);
        while !kubectl.run(&["explain", "wle.spec.provisionedConcurrency"], "").success {
            assert!(Instant::now() < deadline, "the API server does not come to know the resource");
            std::thread::sleep(Duration::from_millis(100));
            let _ = std::fs::remove_dir_all(&cache);
        }
    }

    /// A kubeconfig with all rights.
    pub fn kubeconfig(&self) -> &Path {
        &self.kubeconfig
    }

    /// What its service accounts asked for so far.
    pub fn audit(&self) -> String {
        std::fs::read_to_string(&self.audit).unwrap_or_default()
    }

    /// Writes a kubeconfig for who has a token, under a name of its own.
    pub fn kubeconfig_with(&self, name: &str, token: &str) -> PathBuf {
        let text = std::fs::read_to_string(&self.kubeconfig).expect("the kubeconfig can be read");
        let users = text.find("users:").expect("the kubeconfig has users");
        let path = self.kubeconfig.with_file_name(format!("{name}.kubeconfig"));
        std::fs::write(&path, format!("{}{}", &text[..users], user(token))).expect("a kubeconfig can be written");
        path
    }

    /// The same for who has a token and finds the API server at another address, behind a proxy.
    pub fn kubeconfig_through(&self, name: &str, token: &str, url: &str) -> PathBuf {
        let path = self.kubeconfig.with_file_name(format!("{name}.kubeconfig"));
        let text = format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: proxy\n\
             contexts: [{{name: proxy, context: {{cluster: proxy, user: admin}}}}]\n\
             clusters: [{{name: proxy, cluster: {{server: \"{url}\"}}}}]\n{}",
            user(token)
        );
        std::fs::write(&path, text).expect("a kubeconfig can be written");
        path
    }

    /// kubectl, as a person in this namespace would use it.
    pub fn kubectl(&self, namespace: &str) -> Kubectl {
        Kubectl::new(self.kubectl.clone(), self.kubeconfig.clone(), namespace)
    }

    /// A client of its own: a client is bound to the runtime of the test that made it.
    pub async fn client(&self) -> Client {
        Client::try_from(self.config().await).expect("the kubeconfig makes a client")
    }

    /// A client for who brings its own token with each request, and waits as long as it likes.
    pub async fn client_of_a_proxy(&self) -> Client {
        let mut config = self.config().await;
        config.auth_info = AuthInfo::default();
        config.read_timeout = None;
        config.default_retry = false;
        Client::try_from(config).expect("the kubeconfig makes a client")
    }

    async fn config(&self) -> Config {
        let kubeconfig = Kubeconfig::read_from(&self.kubeconfig).expect("the kubeconfig can be read");
        let config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await;
        config.expect("the kubeconfig is complete")
    }

    /// Has a process killed when this one ends, however it ends.
    pub fn charge(&self, pid: u32) {
        self.tell(&format!("+{pid}\n"));
    }

    /// Forgets a process that has been waited for.
    pub fn discharge(&self, pid: u32) {
        self.tell(&format!("-{pid}\n"));
    }

    /// Has an order of `scripts/serve-control-plane.sh` carried out, for instance `kill etcd`; answers what it printed. One at a time.
    pub fn order(&self, order: &str) -> String {
        let mut answers = self.answers.lock().expect("no test panics while it reads a line");
        self.tell(&format!("{order}\n"));
        let mut said = String::new();
        loop {
            let mut line = String::new();
            let read = answers.read_line(&mut line).expect("the control plane answers");
            assert!(read > 0, "the control plane ended at: {order}");
            if line == "done\n" {
                return said;
            }
            said += line.trim_end();
        }
    }

    fn tell(&self, line: &str) {
        let mut leash = self.leash.lock().expect("no test panics while it writes a line");
        leash.write_all(line.as_bytes()).expect("the control plane is still there");
    }
}

fn user(token: &str) -> String {
    format!("users: [{{name: admin, user: {{token: \"{token}\"}}}}]\n")
}

/// Where the API servers of this test binary write their audit logs: a folder for each process.
pub fn audit_logs() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(concat!("audit-of-", env!("CARGO_CRATE_NAME")))
}

/// The file for what service accounts ask the API server of a number for, in a folder of this process. It stays for who judges the
/// run, until an hour later: another run may be under way.
fn audit_log(number: u32) -> PathBuf {
    static MADE: OnceLock<()> = OnceLock::new();
    let folder = audit_logs().join(std::process::id().to_string());
    MADE.get_or_init(|| {
        for earlier in std::fs::read_dir(audit_logs()).into_iter().flatten().flatten() {
            let age = earlier
                .metadata()
                .and_then(|data| data.modified())
                .ok()
                .and_then(|time| time.elapsed().ok());
            if age.is_some_and(|age| age > Duration::from_hours(1)) {
                let _ = std::fs::remove_dir_all(earlier.path());
            }
        }
        std::fs::create_dir_all(&folder).expect("a folder can be made");
        // Only who ran every test can say what no test needs.
        let arguments: Vec<_> = std::env::args().skip(1).collect();
        std::fs::write(folder.join("arguments"), arguments.join(" ")).expect("a file can be written");
    });
    folder.join(format!("{number}.log"))
}
