//! kubectl, as a person would use it.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// kubectl in a namespace.
#[derive(Clone)]
pub struct Kubectl {
    binary: PathBuf,
    kubeconfig: PathBuf,
    namespace: String,
}

/// What a call of kubectl said.
pub struct Said {
    /// Whether its exit code was 0.
    pub success: bool,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Kubectl {
    /// Of a binary, for a server, in a namespace.
    pub fn new(binary: PathBuf, kubeconfig: PathBuf, namespace: &str) -> Self {
        Self {
            binary,
            kubeconfig,
            namespace: namespace.into(),
        }
    }

    /// Its namespace.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// Runs it with this on standard input.
    pub fn run(&self, arguments: &[&str], input: &str) -> Said {
        let mut child = Command::new(&self.binary)
            .env("KUBECONFIG", &self.kubeconfig)
            // Its discovery cache must not outlive the server.
            .env("HOME", self.kubeconfig.parent().expect("the kubeconfig is in a folder"))
            .args(["--namespace", &self.namespace])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("kubectl runs");
        let mut stdin = child.stdin.take().expect("stdin is piped");
        stdin.write_all(input.as_bytes()).expect("kubectl reads its input");
        drop(stdin);
        let output = child.wait_with_output().expect("kubectl ends");
        Said {
            success: output.status.success(),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Puts what a person at a terminal has into a folder: `.bin/kubectl`, and `.kubeconfig` with the namespace in it.
    pub fn settle(&self, folder: &Path) {
        std::fs::create_dir_all(folder.join(".bin")).expect("a folder can be made");
        std::os::unix::fs::symlink(&self.binary, folder.join(".bin/kubectl")).expect("a link can be made");
        let mine = folder.join(".kubeconfig");
        std::fs::copy(&self.kubeconfig, &mine).expect("the kubeconfig can be copied");
        let mine = mine.to_str().expect("paths are text");
        let namespace = format!("--namespace={}", self.namespace);
        self.succeeds(&["--kubeconfig", mine, "config", "set-context", "--current", &namespace]);
    }

    /// Runs it; fails the test when it fails. Answers its standard output.
    pub fn succeeds(&self, arguments: &[&str]) -> String {
        self.succeeds_with(arguments, "")
    }

    /// Runs it with this on standard input; fails the test when it fails.
    pub fn succeeds_with(&self, arguments: &[&str], input: &str) -> String {
        let said = self.run(arguments, input);
        assert!(said.success, "kubectl {}: {}\ninput:\n{input}", arguments.join(" "), said.err);
        said.out
    }

    /// Applies a manifest.
    pub fn applies(&self, manifest: &str) {
        self.succeeds_with(&["apply", "--server-side", "-f", "-"], manifest);
    }

    /// Applies a manifest that must be refused; answers why it was.
    pub fn is_refused(&self, manifest: &str) -> String {
        let said = self.run(&["apply", "--server-side", "-f", "-"], manifest);
        assert!(!said.success, "the API server accepted what it should refuse:\n{manifest}");
        said.err
    }
}
