//! The real binary, as it runs in a pod.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use super::control_plane::ControlPlane;
use super::service_account::ServiceAccount;
use super::waiting::until;

/// Flags of `run` unless a test gives others: intervals of a pod made shorter.
const USUAL: [(&str, &str); 13] = [
    ("--health-addr", "127.0.0.1:0"),
    ("--metrics-addr", "127.0.0.1:0"),
    ("--admin-addr", "127.0.0.1:0"),
    ("--lease-duration", "4s"),
    ("--renew-deadline", "3s"),
    ("--retry-period", "500ms"),
    ("--resync-interval", "3s"),
    ("--progress-interval", "200ms"),
    ("--retry-base", "200ms"),
    ("--metrics-refresh", "1s"),
    ("--aws-quota-share", "0.9"),
    // AWS answers or refuses at once here: what is late is made so by a test.
    ("--late-arrival-window", "2s"),
    ("--aws-request-timeout", "5s"),
];

/// A running operator.
pub struct Operator {
    name: String,
    server: &'static ControlPlane,
    /// Shared with whoever may kill it at any moment; never locked for longer than a look.
    process: Arc<Mutex<Child>>,
    pid: u32,
    log: Arc<Mutex<Vec<String>>>,
}

impl Operator {
    /// Starts a replica that finds AWS at a URL. `more` are flags of `run`, which go before [`USUAL`].
    pub fn start(name: &str, account: &ServiceAccount, aws: &str, more: &[&str]) -> Self {
        Self::start_in(name, account, aws, more, &[])
    }

    /// The same with more variables in its environment.
    pub fn start_in(name: &str, account: &ServiceAccount, aws: &str, more: &[&str], variables: &[(&str, &str)]) -> Self {
        let server = account.server;
        let mut process = Command::new(env!("CARGO_BIN_EXE_warmlambda"))
            .args(["run", "--identity", name])
            .args([
                "--lease-namespace",
                &account.release.namespace,
                "--lease-name",
                account.release.lease_name(),
            ])
            .args(
                USUAL
                    .iter()
                    .filter(|(flag, _)| !more.contains(flag))
                    .flat_map(|(flag, value)| [flag, value]),
            )
            .args(more)
            .env_clear()
            .env("WARMLAMBDA_LOG_FORMAT", "text")
            .env("KUBECONFIG", &account.kubeconfig)
            .env("AWS_ENDPOINT_URL", aws)
            .env("AWS_REGION", "eu-west-1")
            .env("AWS_ACCESS_KEY_ID", "111122223333")
            .env("AWS_SECRET_ACCESS_KEY", "not-checked")
            .env("NO_COLOR", "1")
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the operator starts");
        server.charge(process.id());
        let log = Arc::new(Mutex::new(Vec::new()));
        keep(process.stdout.take().expect("stdout is piped"), Arc::clone(&log));
        keep(process.stderr.take().expect("stderr is piped"), Arc::clone(&log));
        Self {
            name: name.into(),
            server,
            pid: process.id(),
            process: Arc::new(Mutex::new(process)),
            log,
        }
    }

    /// Kills it as the kernel does when memory is short: it cannot say goodbye.
    pub fn kill(&mut self) {
        self.killer()();
        self.wait();
    }

    /// What kills it, for who does so at a moment of their own.
    pub fn killer(&self) -> Arc<dyn Fn() + Send + Sync> {
        let process = Arc::clone(&self.process);
        Arc::new(move || {
            let _ = process.lock().expect("nobody panics while the process is looked at").kill();
        })
    }

    /// Asks it to end, as the kubelet does, and waits until it has. Whether it ended well.
    pub fn terminate(&mut self) -> bool {
        self.signal("-TERM");
        self.wait()
    }

    /// Stops it in the middle of whatever it does, as a machine that is suspended; it notices nothing.
    pub fn freeze(&self) {
        self.signal("-STOP");
    }

    /// Lets it go on.
    pub fn thaw(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let sent = Command::new("kill")
            .args([signal, &self.pid.to_string()])
            .status()
            .expect("kill runs");
        assert!(sent.success(), "the operator {} had ended before {signal}", self.name);
    }

    /// Whether it ended by itself.
    pub fn has_ended(&mut self) -> bool {
        self.ended().is_some()
    }

    fn wait(&mut self) -> bool {
        loop {
            match self.ended() {
                Some(ended) => return ended.success(),
                None => thread::sleep(Duration::from_millis(5)),
            }
        }
    }

    fn ended(&self) -> Option<ExitStatus> {
        let mut process = self.process.lock().expect("nobody panics while the process is looked at");
        let ended = process.try_wait().expect("the operator can be looked at");
        if ended.is_some() {
            self.server.discharge(self.pid);
        }
        ended
    }

    /// Where it serves `metrics`, `health` or `admin`, as it logged it.
    pub async fn address(&self, of: &str) -> String {
        let mark = [format!("{of}="), format!(r#""{of}":""#)];
        until(&format!("the address of {of}"), async || {
            let log = self.log();
            let found = mark.iter().find_map(|mark| Some(log.split_once(mark)?.1));
            let address = found.and_then(|rest| rest.split([' ', '"', '\n']).next());
            address.map(str::to_owned).ok_or(log)
        })
        .await
    }

    /// What it logged so far.
    pub fn log(&self) -> String {
        self.log.lock().expect("no panic while a line is kept").join("\n")
    }
}

impl Drop for Operator {
    fn drop(&mut self) {
        if !self.has_ended() {
            self.kill();
        }
        if thread::panicking() {
            eprintln!("---- log of the operator {}:\n{}", self.name, self.log());
        }
    }
}

fn keep(from: impl Read + Send + 'static, log: Arc<Mutex<Vec<String>>>) {
    thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            log.lock().expect("no panic while a line is kept").push(line);
        }
    });
}
