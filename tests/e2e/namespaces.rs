//! What happens to endpoints, to AWS and to the namespace when a namespace is deleted.

use std::path::Path;
use std::process::{Command, Stdio};

use k8s_openapi::api::core::v1::Namespace;
use kube::Api;
use serde_json::json;
use warmlambda::api::{FINALIZER, WarmLambdaEndpoint};

use crate::harness::audit::REFUSED;
use crate::harness::chart::{Release, Scope};
use crate::harness::control_plane::{ControlPlane, control_plane};
use crate::harness::endpoint::manifest;
use crate::harness::operator::Operator;
use crate::harness::scenario::{NAME, Scenario};
use crate::harness::waiting::until;

/// An operator in a namespace of its own, and a namespace that goes.
async fn installed_apart(server: &'static ControlPlane, scope: Scope) -> Scenario {
    let apart = |watched: &str| Release::of(scope, &format!("{watched}-operator"), watched);
    Scenario::with_release(server, &format!("{REFUSED}namespace"), apart).await
}

async fn shared_control_plane() -> &'static ControlPlane {
    tokio::task::spawn_blocking(control_plane).await.expect("the control plane starts")
}

/// Whether the endpoint carries the finalizer.
fn held(endpoint: &WarmLambdaEndpoint) -> bool {
    endpoint
        .metadata
        .finalizers
        .iter()
        .flatten()
        .any(|finalizer| finalizer == FINALIZER)
}

fn delete_namespace(scenario: &Scenario) {
    scenario
        .kubectl
        .succeeds(&["delete", "namespace", &scenario.namespace, "--wait=false"]);
}

async fn until_namespace_is_gone(scenario: &Scenario) {
    let namespaces: Api<Namespace> = Api::all(scenario.client.clone());
    until("the namespace to go", async || {
        match namespaces.get_opt(&scenario.namespace).await {
            Ok(None) => Ok(()),
            Ok(Some(found)) => Err(format!("{:?}", found.status)),
            Err(error) => Err(error.to_string()),
        }
    })
    .await;
}

/// Waits until the namespace says what it waits for.
async fn until_namespace_names_the_finalizer(scenario: &Scenario) {
    let path = r#"jsonpath={.status.conditions[?(@.type=="NamespaceFinalizersRemaining")].message}"#;
    until("the namespace to name the finalizer", async || {
        let said = scenario.kubectl.succeeds(&["get", "namespace", &scenario.namespace, "-o", path]);
        if said.contains(FINALIZER) { Ok(()) } else { Err(said) }
    })
    .await;
}

/// The lines of a terminal in a page of docs/, from a heading on to the next.
fn documented(page: &str, heading: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(page);
    let page = std::fs::read_to_string(path).expect("the page can be read");
    let (_, section) = page.split_once(&format!("## {heading}\n")).expect("the heading is there");
    let section = section.split("\n## ").next().unwrap_or_default();
    section
        .lines()
        .filter_map(|line| line.strip_prefix("$ "))
        .map(str::to_owned)
        .collect()
}

/// Somebody with all rights types commands at a terminal.
fn type_in(scenario: &Scenario, commands: &[String]) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(&scenario.namespace);
    let _ = std::fs::remove_dir_all(&folder);
    scenario.kubectl.settle(&folder);
    let binary = env!("CARGO_BIN_EXE_warmlambda");
    std::os::unix::fs::symlink(binary, folder.join(".bin/warmlambda")).expect("a link can be made");
    for command in commands {
        let path = std::env::var("PATH").unwrap_or_default();
        let mut bash = Command::new("bash");
        bash.args(["-c", &format!("exec 2>&1; {command}")])
            .env("PATH", format!("{}:{path}", folder.join(".bin").display()))
            .env("HOME", &folder)
            .env("KUBECONFIG", folder.join(".kubeconfig"))
            .stdin(Stdio::null());
        let output = bash.output().expect("bash runs");
        assert!(output.status.success(), "$ {command}\n{}", String::from_utf8_lossy(&output.stdout));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_operator_a_namespace_hangs_on_the_finalizer_and_the_documented_commands_free_it() {
    let mut scenario = Scenario::warm().await;
    // Names of the page.
    for name in ["shop", "orders"] {
        scenario.apply_named(name, &json!({"functionName": "orders", "aliasName": name, "triggers": null}));
        scenario.until_named(name, "held by the finalizer", held).await;
    }
    scenario.operators[0].kill();
    let mark = scenario.aws.mark();
    delete_namespace(&scenario);
    until_namespace_names_the_finalizer(&scenario).await;

    let by_name = documented("guides/stuck.md", "Let it go without an operator");
    let frees = |command: &str| command.contains("release ") || command.contains("patch ");
    let mut commands: Vec<_> = by_name.into_iter().filter(|command| frees(command)).collect();
    assert_eq!(commands.len(), 2, "{commands:?}");
    commands.push(format!("warmlambda release --all --namespace {}", scenario.namespace));
    type_in(&scenario, &commands);
    until_namespace_is_gone(&scenario).await;
    assert!(
        scenario.aws.written_since(mark).is_empty(),
        "{:?}",
        scenario.aws.written_since(mark)
    );
    assert_eq!(scenario.aws.capacity().expect("it is still there").requested, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_of_the_whole_cluster_cleans_up_and_lets_one_namespace_go_while_it_serves_another() {
    // It would meddle with the scenarios on the shared one.
    let server = tokio::task::spawn_blocking(ControlPlane::of_its_own)
        .await
        .expect("a control plane starts");
    let apart = |watched: &str| Release::of(Scope::Cluster, &format!("{watched}-operator"), watched);
    let mut scenario = Scenario::with_release(server, "goes", apart).await;
    let operator = Operator::start("everywhere", &scenario.account, &scenario.aws.url(), &[]);
    scenario.operators.push(operator);
    scenario.apply(&json!({}));
    let other = server.kubectl("stays");
    other.succeeds(&["create", "namespace", "stays"]);
    other.applies(&manifest("orders", &json!({"functionName": "orders", "triggers": null})).to_string());
    scenario.until_ready().await;
    other.succeeds(&["wait", "wle/orders", "--for=condition=Ready", "--timeout=60s"]);

    delete_namespace(&scenario);
    until_namespace_is_gone(&scenario).await;
    assert!(scenario.aws.capacity().is_none(), "what costs is gone");
    other.succeeds(&["scale", "wle/orders", "--replicas=2"]);
    other.succeeds(&[
        "wait",
        "wle/orders",
        "--for=jsonpath={.status.provisionedConcurrency.available}=2",
        "--timeout=60s",
    ]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_namespace_that_took_the_rights_of_its_operator_with_it_is_cleaned_up_by_the_documented_commands() {
    let mut scenario = installed_apart(shared_control_plane().await, Scope::Namespace).await;
    scenario.start_operator();
    scenario.apply(&json!({}));
    scenario.until_ready().await;
    // The rights are gone within a second. A clean-up may be that fast, too, when nothing holds it up.
    let held_up = scenario
        .aws
        .refuse("DeleteProvisionedConcurrencyConfig", 503, "ServiceException", "try again");
    delete_namespace(&scenario);
    until_namespace_names_the_finalizer(&scenario).await;
    until("the RoleBinding to go", async || {
        let left = scenario.kubectl.succeeds(&["get", "rolebindings", "-o", "name"]);
        if left.is_empty() { Ok(()) } else { Err(left) }
    })
    .await;
    scenario.aws.sim().remove_fault(held_up);
    until("a warning that names the missing right", async || {
        let log = scenario.operators[0].log();
        let named = log.contains("cannot get resource \"warmlambdaendpoints\" in API group \"warmlambda.dev\"");
        if named { Ok(()) } else { Err(log) }
    })
    .await;
    assert!(
        scenario.aws.capacity().is_some(),
        "nothing is taken away without a look at the object"
    );

    let commands = documented("troubleshooting.md", "A namespace that stays Terminating");
    assert_eq!(commands.len(), 4, "{commands:?}");
    let account = format!(
        "{}:{}",
        scenario.account.release.namespace,
        scenario.account.release.service_account()
    );
    // Names of the cluster are shared by all tests.
    let own = |command: String| {
        command
            .replace("warmlambda:warmlambda", &account)
            .replace("warmlambda-farewell", &scenario.namespace)
            .replace("NAMESPACE", &scenario.namespace)
    };
    let commands: Vec<_> = commands.into_iter().map(own).collect();
    let (lends, waits) = commands.split_at(2);
    type_in(&scenario, lends);
    // Else the next try may be a minute away. There may be nothing left to annotate.
    let now = "warmlambda.dev/reconcile-requested-at=now";
    scenario.kubectl.run(&["annotate", "wle", NAME, "--overwrite", now], "");
    type_in(&scenario, waits);
    until_namespace_is_gone(&scenario).await;
    assert!(scenario.aws.capacity().is_none(), "what costs is gone");
}
