//! The operator's own charts on an API server of their own: installed, upgraded from the chart before with another CRD, rolled back,
//! uninstalled and installed again, by both Helms. The CRD is one for the whole cluster, so these tests take turns.

use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

use serde_json::{Value, json};
use tokio::sync::{Mutex, MutexGuard};

use crate::harness::aws::Aws;
use crate::harness::command::Ended;
use crate::harness::control_plane::ControlPlane;
use crate::harness::endpoint::manifest;
use crate::harness::helm::{Helm, Version};
use crate::harness::kubectl::Kubectl;
use crate::harness::kubelet::Kubelet;

const OPERATOR: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/charts/warmlambda");
const CRDS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/charts/warmlambda-crds");
const CRD: &str = "warmlambdaendpoints.warmlambda.dev";
const MANIFEST_OF_THE_CRD: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/crds/warmlambdaendpoints.yaml");
const BOTH: [Version; 2] = [Version::Helm3, Version::Helm4];
/// What the CRD of the chart before lacks.
const NEW_FIELD: &str = "rollout";
const TIMEOUT: &str = "--timeout=90s";

/// A cluster without anything of ours in it, for one test at a time.
struct Cluster {
    helm: Helm,
    kubectl: Kubectl,
    namespace: String,
    /// Name of the operator's release, which is in the names of its roles too.
    release: String,
    aws: Aws,
    server: &'static ControlPlane,
    _kubelet: Kubelet,
    _turn: MutexGuard<'static, u32>,
}

impl Cluster {
    async fn for_test(version: Version) -> Self {
        static SERVER: OnceLock<ControlPlane> = OnceLock::new();
        static TURNS: Mutex<u32> = Mutex::const_new(0);
        let mut turn = TURNS.lock().await;
        *turn += 1;
        let server = tokio::task::spawn_blocking(|| SERVER.get_or_init(ControlPlane::without_crd)).await;
        let server = server.expect("the control plane starts");
        let (namespace, release) = (format!("operator-{turn}"), format!("warmlambda-{turn}"));
        let aws = Aws::start().await;
        let kubelet = Kubelet::start(server, server.client().await, &namespace, &aws.url());
        let cluster = Self {
            helm: Helm::new(version, server.kubeconfig(), &namespace),
            kubectl: server.kubectl(&namespace),
            aws,
            _kubelet: kubelet,
            namespace,
            release,
            server,
            _turn: turn,
        };
        // What the test before left, also when it failed. There may be no endpoints to release any more.
        cluster.warmlambda(&["release", "--all", "--all-namespaces", "--force"]);
        cluster
            .kubectl
            .succeeds(&["delete", "crd", CRD, "--ignore-not-found", "--timeout=60s"]);
        cluster.kubectl.succeeds(&["create", "namespace", &cluster.namespace]);
        cluster
    }

    /// Our program with all rights in Kubernetes.
    fn warmlambda(&self, arguments: &[&str]) -> Ended {
        let mut command = Command::new(env!("CARGO_BIN_EXE_warmlambda"));
        command
            .args(arguments)
            .env_clear()
            .env("KUBECONFIG", self.server.kubeconfig())
            .env("AWS_ENDPOINT_URL", self.aws.url())
            .env("AWS_REGION", "eu-west-1")
            .env("AWS_ACCESS_KEY_ID", "111122223333")
            .env("AWS_SECRET_ACCESS_KEY", "not-checked");
        if !arguments.contains(&"--all-namespaces") {
            command.args(["--namespace", &self.namespace]);
        }
        Ended::of(&mut command)
    }

    /// `helm VERB RELEASE CHART` for the operator, waiting until its pods are ready.
    fn deploy(&self, verb: &str, chart: &str, more: &[&str]) {
        let lease = "leaderElection.leaseDurationSeconds=4,leaderElection.renewDeadlineSeconds=3,leaderElection.retryPeriodSeconds=1";
        let soon = "extraArgs={--progress-interval=200ms,--retry-base=200ms}";
        let settings = ["--set", "aws.region=eu-west-1", "--set", lease, "--set", soon];
        let arguments = [verb, &self.release, chart, "--wait", TIMEOUT];
        self.helm.succeeds(&[&arguments, &settings[..], more].concat());
    }

    /// Uninstalls a release, which must keep the CRD.
    fn uninstall(&self, release: &str) {
        let done = self.helm.succeeds(&["uninstall", release, "--wait", TIMEOUT]);
        let said = format!("{}{}", done.out, done.err);
        assert!(
            said.contains("kept due to the resource policy") && said.contains(CRD),
            "{:?}: {said}",
            self.helm.version
        );
        self.kubectl.succeeds(&["get", "crd", CRD]);
    }

    /// What an endpoint must not lose: spec, status and finalizer.
    fn endpoint(&self) -> Value {
        serde_json::from_str(&self.kubectl.succeeds(&["get", "wle", "fir-api", "-o", "json"])).expect("JSON")
    }

    /// Makes an endpoint and waits until it is warm.
    fn warm_endpoint(&self) {
        self.kubectl.applies(&manifest("fir-api", &json!({})).to_string());
        self.until_ready();
    }

    fn until_ready(&self) {
        self.kubectl.succeeds(&["wait", "--for=condition=Ready", TIMEOUT, "wle/fir-api"]);
    }

    /// Has the operator look at the endpoint, which shows that there is one that works.
    fn operator_answers(&self) {
        self.warmlambda(&["reconcile", "fir-api", "--wait", "--timeout=90s"]).with_code(0);
    }

    /// Whether the CRD knows the field that is new.
    fn knows_the_new_field(&self) -> bool {
        let crd: Value = serde_json::from_str(&self.kubectl.succeeds(&["get", "crd", CRD, "-o", "json"])).expect("JSON");
        let spec = &crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"];
        spec["properties"].get(NEW_FIELD).is_some()
    }
}

/// The chart before: an older version, whose CRD lacks a field.
fn chart_before(chart: &str) -> String {
    let name = Path::new(chart).file_name().expect("a chart has a name");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("charts-before-{}", std::process::id()));
    let copy = folder.join(name);
    std::fs::create_dir_all(&folder).expect("a folder can be made");
    let _ = std::fs::remove_dir_all(&copy);
    let copied = Command::new("cp").args(["-R", chart]).arg(&folder).status().expect("cp runs");
    assert!(copied.success(), "{chart} can be copied");
    let change = |file: &str, change: &dyn Fn(String) -> String| {
        let path = copy.join(file);
        let text = std::fs::read_to_string(&path).expect("a file of the chart");
        let changed = change(text.clone());
        assert_ne!(text, changed, "{file} has what is to be changed");
        std::fs::write(&path, changed).expect("a file can be written");
    };
    change("Chart.yaml", &|text| text.replace("\nversion: ", "\nversion: 0.0.1-"));
    change("files/crd.yaml", &|text| {
        let mut crd: Value = serde_saphyr::from_str(&text).expect("the CRD");
        let spec = &mut crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"];
        spec.as_object_mut().expect("fields").remove(NEW_FIELD);
        serde_json::to_string_pretty(&crd).expect("JSON, which is YAML too")
    });
    copy.to_str().expect("a path in UTF-8").into()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upgrade_brings_the_new_crd_and_a_rollback_the_old_one_and_endpoints_stay() {
    for version in BOTH {
        let cluster = Cluster::for_test(version).await;
        cluster.deploy("install", &chart_before(OPERATOR), &[]);
        cluster.warm_endpoint();
        assert!(!cluster.knows_the_new_field(), "{version:?}");
        let release = &cluster.release;
        let check = ["check", "--lease-name", release];
        let checked = cluster.warmlambda(&check).with_code(1);
        assert!(
            checked.out.contains(&format!("the CRD {CRD} lacks spec.{NEW_FIELD}\n")),
            "{}",
            checked.told()
        );

        cluster.deploy("upgrade", OPERATOR, &[]);
        assert!(
            cluster.knows_the_new_field(),
            "{version:?}: the upgrade of the release upgrades the CRD"
        );
        cluster.operator_answers();
        cluster.warmlambda(&check).with_code(0);
        let tested = cluster.helm.succeeds(&["test", release, TIMEOUT]);
        assert!(tested.out.contains("Phase:          Succeeded"), "{}", tested.told());

        cluster.helm.succeeds(&["rollback", release, "1", "--wait", TIMEOUT]);
        assert!(!cluster.knows_the_new_field(), "{version:?}: the CRD is a part of the release");
        cluster.operator_answers();
        assert_eq!(cluster.aws.capacity().map(|capacity| capacity.requested), Some(3));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn uninstall_keeps_crd_and_endpoints_and_the_same_release_takes_them_up_again() {
    for version in BOTH {
        let cluster = Cluster::for_test(version).await;
        let only_here = format!("settings.watchNamespaces={{{}}}", cluster.namespace);
        cluster.deploy("install", OPERATOR, &["--set", &only_here]);
        // With rights in its namespace alone.
        cluster.helm.succeeds(&["test", &cluster.release, TIMEOUT]);
        cluster.warm_endpoint();
        let before = cluster.endpoint();
        cluster.uninstall(&cluster.release);
        let after = cluster.endpoint();
        for part in ["spec", "status"] {
            assert_eq!(before[part], after[part], "{version:?}: {part}");
        }
        assert_eq!(before["metadata"]["uid"], after["metadata"]["uid"], "{version:?}");
        assert_eq!(
            cluster.aws.capacity().map(|capacity| capacity.requested),
            Some(3),
            "{version:?}: AWS is as it was"
        );
        let unanswered = cluster.warmlambda(&["reconcile", "fir-api", "--wait", "--timeout=1s"]);
        assert_eq!(unanswered.code, 1, "{version:?}: no operator is left: {}", unanswered.told());

        cluster.deploy("install", OPERATOR, &["--set", &only_here]);
        cluster.operator_answers();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crd_that_another_release_made_is_taken_over_only_when_that_is_said() {
    for version in BOTH {
        let cluster = Cluster::for_test(version).await;
        cluster.kubectl.succeeds(&["apply", "--server-side", "-f", MANIFEST_OF_THE_CRD]);
        let refused = cluster.helm.fails(&["install", &cluster.release, OPERATOR]);
        assert!(refused.err.contains("invalid ownership metadata"), "{}", refused.told());
        let conflicts: &[&str] = match version {
            Version::Helm3 => &[],
            // Helm 4 applies on the server, where the CRD's fields belong to who applied it.
            Version::Helm4 => &["--force-conflicts"],
        };
        cluster.deploy("install", OPERATOR, &[&["--take-ownership"], conflicts].concat());
        cluster.warm_endpoint();
        cluster.uninstall(&cluster.release);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_crd_moves_into_a_chart_of_its_own_and_lives_on_there() {
    for version in BOTH {
        let cluster = Cluster::for_test(version).await;
        cluster.deploy("install", &chart_before(OPERATOR), &[]);
        cluster.warm_endpoint();
        let uid = cluster.endpoint()["metadata"]["uid"].clone();
        // The release gives the CRD up, the other chart takes it over.
        cluster.deploy("upgrade", OPERATOR, &["--set", "crds.enabled=false"]);
        assert!(
            !cluster.knows_the_new_field(),
            "{version:?}: the CRD is not this release's any more"
        );
        cluster
            .helm
            .succeeds(&["install", "warmlambda-crds", &chart_before(CRDS), "--take-ownership"]);
        cluster.helm.succeeds(&["upgrade", "warmlambda-crds", CRDS]);
        assert!(cluster.knows_the_new_field(), "{version:?}");
        cluster.operator_answers();
        cluster.uninstall("warmlambda-crds");
        cluster.operator_answers();
        assert_eq!(
            cluster.endpoint()["metadata"]["uid"],
            uid,
            "{version:?}: it is the same endpoint all the time"
        );
    }
}
