//! Helm, as a person would use it, in the two versions that people have.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use super::command::Ended;

/// A version of Helm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// Looks at Deployments and the like when it waits; applies on the client.
    Helm3,
    /// Waits by kstatus; applies on the server.
    Helm4,
}

/// Helm in a namespace.
pub struct Helm {
    /// Which.
    pub version: Version,
    kubeconfig: PathBuf,
    namespace: String,
}

impl Helm {
    /// Of a version, for a server, in a namespace.
    pub fn new(version: Version, kubeconfig: &Path, namespace: &str) -> Self {
        Self {
            version,
            kubeconfig: kubeconfig.into(),
            namespace: namespace.into(),
        }
    }

    /// Runs it to its end.
    pub fn run(&self, arguments: &[&str]) -> Ended {
        let home = self.kubeconfig.parent().expect("the kubeconfig is in a folder");
        Ended::of(
            Command::new(binary(self.version))
                .args(["--namespace", &self.namespace])
                .args(arguments)
                .env("KUBECONFIG", &self.kubeconfig)
                // Its discovery cache must not outlive the server, and the plugins of whoever runs the tests are not ours.
                .env("HOME", home)
                .env("HELM_CACHE_HOME", home.join("helm"))
                .env("HELM_CONFIG_HOME", home.join("helm"))
                .env("HELM_DATA_HOME", home.join("helm")),
        )
    }

    /// Runs it; fails the test when it fails.
    pub fn succeeds(&self, arguments: &[&str]) -> Ended {
        let ended = self.run(arguments);
        assert_eq!(ended.code, 0, "{:?}: helm {}: {}", self.version, arguments.join(" "), ended.told());
        ended
    }

    /// Runs it; fails the test when it succeeds.
    pub fn fails(&self, arguments: &[&str]) -> Ended {
        let ended = self.run(arguments);
        assert_ne!(ended.code, 0, "{:?}: helm {}: {}", self.version, arguments.join(" "), ended.told());
        ended
    }
}

/// Installed once into the user's cache.
fn binary(version: Version) -> &'static Path {
    static HELM_3: OnceLock<PathBuf> = OnceLock::new();
    static HELM_4: OnceLock<PathBuf> = OnceLock::new();
    let (installed, name) = match version {
        Version::Helm3 => (&HELM_3, "helm3"),
        Version::Helm4 => (&HELM_4, "helm4"),
    };
    installed.get_or_init(|| {
        let output = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/tools.sh"))
            .arg(name)
            .stderr(Stdio::inherit())
            .output()
            .expect("scripts/tools.sh runs");
        assert!(output.status.success(), "scripts/tools.sh cannot install {name}");
        PathBuf::from(String::from_utf8(output.stdout).expect("a path").trim())
    })
}
