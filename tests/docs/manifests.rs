//! Manifests are taken by the program and by a real API server, and the rights in them are enough.

use std::process::{Child, Command, Stdio};

use awssim::control::world_of;
use awssim::server::Server;
use awssim::sim::{Clock, Sim};
use warmlambda::api::WarmLambdaEndpoint;

use crate::harness::control_plane::control_plane;
use crate::pages::pages;
use crate::sources::root;

/// The endpoints in the fenced blocks of the pages, with the page that has them.
fn endpoints() -> Vec<(String, String)> {
    let blocks = pages().into_iter().flat_map(|page| {
        let path = page.path.display().to_string();
        page.blocks().into_iter().map(move |block| (path.clone(), block))
    });
    let documents = blocks.filter(|(_, block)| block.language == "yaml").flat_map(|(path, block)| {
        let documents = block.text.split("\n---\n").map(str::to_owned);
        documents.map(|text| (path.clone(), text)).collect::<Vec<_>>()
    });
    let is_endpoint = |text: &str| text.lines().any(|line| line == "kind: WarmLambdaEndpoint");
    documents.filter(|(_, text)| is_endpoint(text)).collect()
}

#[test]
fn every_endpoint_on_a_page_is_one_that_the_program_reads() {
    let endpoints = endpoints();
    assert!(!endpoints.is_empty(), "no page shows an endpoint");
    for (path, text) in endpoints {
        let read: Result<WarmLambdaEndpoint, _> = serde_saphyr::from_str(&text);
        let endpoint = read.unwrap_or_else(|error| panic!("{path}: {error}\n{text}"));
        assert!(endpoint.metadata.name.is_some(), "{path}: an endpoint without a name\n{text}");
    }
}

#[test]
fn every_endpoint_on_a_page_is_taken_by_the_api_server() {
    let kubectl = control_plane().kubectl("default");
    for (_, text) in endpoints() {
        kubectl.succeeds_with(
            &["apply", "--server-side", "--dry-run=server", "--validate=strict", "-f", "-"],
            &text,
        );
    }
}

/// The operator, killed when it goes out of scope.
struct Operator(Child);

impl Drop for Operator {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
        control_plane().discharge(self.0.id());
    }
}

const WORLD: &str = "
regions:
- account: '111122223333'
  region: eu-west-1
  functions:
    fir-api:
      versions: {1: {code: {text: one}}}
";

const ENDPOINT: &str = "
apiVersion: warmlambda.dev/v1alpha1
kind: WarmLambdaEndpoint
metadata: {name: fir-api}
spec: {region: eu-west-1, functionName: fir-api, provisionedConcurrency: 1}
";

/// Runs the operator as the service account of dist/install.yaml.
fn operator(token: &str, aws: &str) -> Operator {
    let mine = control_plane().kubeconfig().with_file_name("kubeconfig-of-the-manifest");
    std::fs::copy(control_plane().kubeconfig(), &mine).expect("the kubeconfig can be copied");
    let file = mine.to_str().expect("paths are text");
    let token = format!("--token={token}");
    let kubectl = control_plane().kubectl("default");
    kubectl.succeeds(&["--kubeconfig", file, "config", "set-credentials", "admin", &token]);
    let listen = ["--health-addr", "127.0.0.1:0", "--metrics-addr", "127.0.0.1:0"];
    let child = Command::new(env!("CARGO_BIN_EXE_warmlambda"))
        .args(["run", "--lease-namespace", "warmlambda", "--progress-interval", "200ms"])
        .args(listen)
        .env("KUBECONFIG", &mine)
        .env("AWS_ENDPOINT_URL", aws)
        .env("AWS_ACCESS_KEY_ID", "111122223333")
        .env("AWS_SECRET_ACCESS_KEY", "x")
        .stdout(Stdio::null())
        .spawn()
        .expect("warmlambda runs");
    control_plane().charge(child.id());
    Operator(child)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rights_of_the_manifest_are_enough_and_no_more_than_that() {
    let kubectl = control_plane().kubectl("warmlambda");
    let manifest = std::fs::read_to_string(root().join("dist/install.yaml")).expect("dist/install.yaml can be read");
    let said = kubectl.run(&["apply", "--server-side", "-f", "-"], &manifest);
    assert!(said.success, "{}", said.err);
    assert_eq!(said.err, "", "the API server warns");

    let subject = "--as=system:serviceaccount:warmlambda:warmlambda";
    for refused in [
        &["create", "warmlambdaendpoints.warmlambda.dev"][..],
        &["update", "warmlambdaendpoints.warmlambda.dev"],
        &["delete", "warmlambdaendpoints.warmlambda.dev"],
        &["get", "secrets"],
        &["list", "pods"],
        &["update", "leases.coordination.k8s.io/other"],
        &["delete", "leases.coordination.k8s.io/warmlambda"],
        &["create", "leases.coordination.k8s.io", "-n", "default"],
    ] {
        let arguments = [&["auth", "can-i", subject], refused].concat();
        assert_eq!(kubectl.run(&arguments, "").out.trim(), "no", "{refused:?}");
    }

    let world = world_of(WORLD).expect("the world can be read");
    let aws = Server::start("127.0.0.1:0", Sim::new(world, Clock::scaled(200.0)))
        .await
        .expect("awssim starts");
    let token = kubectl.succeeds(&["create", "token", "warmlambda"]);
    kubectl.applies(ENDPOINT);
    let _operator = operator(token.trim(), &aws.url());
    tokio::task::spawn_blocking(move || {
        kubectl.succeeds(&["wait", "--for=condition=Ready", "--timeout=60s", "wle/fir-api"]);
        // Events of a pass are recorded after its status, and the alias was made in an earlier one.
        let events = kubectl.succeeds(&["get", "events.events.k8s.io", "-o", "jsonpath={.items[*].reason}"]);
        assert!(events.contains("AliasCreated"), "no event was recorded: {events}");
        kubectl.succeeds(&["delete", "--timeout=60s", "wle/fir-api"]);
    })
    .await
    .expect("kubectl ends");
}
