//! `warmlambda check`, as a person runs it and as the pod of `helm test` does.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use warmlambda::check::{RIGHTS, Right, Scope};

use crate::harness::chart::{self, Grant, Release};
use crate::harness::command::{Ended, bare, in_scenario};
use crate::harness::control_plane::control_plane;
use crate::harness::scenario::Scenario;
use crate::harness::waiting::until;

/// A role with the rights of the table, and no other, but for one verb of one entry.
fn role(scenario: &Scenario, name: &str, without: (usize, &str)) -> Value {
    let namespace = &scenario.namespace;
    let rules = RIGHTS.iter().enumerate().map(|(entry, right)| {
        let verbs: Vec<_> = right.verbs.iter().filter(|verb| without != (entry, verb)).collect();
        let names: &[&str] = if right.scope == Scope::Lease {
            &[scenario.account.release.lease_name()]
        } else {
            &[]
        };
        json!({"apiGroups": [right.group], "resources": [right.resource], "resourceNames": names, "verbs": verbs})
    });
    let rules: Vec<_> = rules.filter(|rule| rule["verbs"] != json!([])).collect();
    let account = json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name, "namespace": namespace}});
    let meta = json!({"name": name, "namespace": namespace});
    let role = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": meta, "rules": rules});
    let binding = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": meta,
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name},
        "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": namespace}],
    });
    json!({"apiVersion": "v1", "kind": "List", "items": [account, role, binding]})
}

/// A look as the operator of the scenario sees it.
fn look(scenario: &Scenario, more: &[&str]) -> Command {
    let kubeconfig = scenario.account.kubeconfig.to_str().expect("a path in UTF-8");
    look_with(scenario, &[&["--kubeconfig", kubeconfig], more].concat())
}

/// A look at the operator of the scenario, with all rights.
fn look_with(scenario: &Scenario, more: &[&str]) -> Command {
    let lease_name = scenario.account.release.lease_name();
    let arguments = ["check", "--watch-namespaces", &scenario.namespace, "--lease-name", lease_name];
    in_scenario(scenario, &[&arguments[..], more].concat())
}

/// The checks that are not well, as `error: description`.
fn troubles(ended: &Ended) -> Vec<String> {
    let report: Value = serde_json::from_str(&ended.out).unwrap_or_else(|error| panic!("{error}: {}", ended.told()));
    assert_eq!(
        (report["schemaVersion"].as_i64(), report["success"].as_bool()),
        (Some(1), Some(ended.code == 0))
    );
    let checks = report["categories"].as_array().expect("categories").iter();
    let checks = checks.flat_map(|category| category["checks"].as_array().expect("checks").clone());
    let unwell = checks.filter(|check| check["result"] != "success");
    unwell
        .map(|check| format!("{}: {}", check["result"].as_str().unwrap(), check["description"].as_str().unwrap()))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_that_has_all_it_needs_passes_and_aws_is_only_read() {
    let scenario = Scenario::warm().await;
    let mark = scenario.aws.mark();
    let ended = Ended::of(&mut look(&scenario, &["-o", "json"])).with_code(0);
    // The API server of the tests has a value more than this program knows, as one with a newer CRD would.
    let newer = "warning: their schema is the one that this program knows";
    assert_eq!(troubles(&ended), [newer], "{}", ended.out);
    assert!(
        ended.out.contains("has the value \\\"Archive\\\" of spec.deletionPolicy"),
        "{}",
        ended.out
    );
    assert!(
        ended
            .out
            .contains("AWS knows the credentials: arn:aws:iam::111122223333:user/awssim"),
        "{}",
        ended.out
    );
    assert!(
        ended.out.contains(&format!("an operator leads: {}-0", scenario.namespace)),
        "{}",
        ended.out
    );
    assert!(scenario.aws.writes_since(mark).is_empty(), "{:?}", scenario.aws.written_since(mark));
}

#[tokio::test(flavor = "multi_thread")]
async fn each_right_that_is_missing_is_named_and_no_other() {
    let scenario = Scenario::without_operator().await;
    let verbs = RIGHTS
        .iter()
        .enumerate()
        .flat_map(|(entry, right)| right.verbs.iter().map(move |verb| (entry, *verb)));
    let cases: Vec<_> = verbs.map(|(entry, verb)| (format!("no-{verb}-{entry}"), entry, verb)).collect();
    assert!(cases.len() > 8, "{cases:?}");
    let roles: Vec<_> = cases
        .iter()
        .map(|(account, entry, verb)| role(&scenario, account, (*entry, verb)))
        .collect();
    let items: Vec<_> = roles
        .iter()
        .flat_map(|list| list["items"].as_array().expect("items").clone())
        .collect();
    let all = json!({"apiVersion": "v1", "kind": "List", "items": items}).to_string();
    scenario.kubectl.applies(&all);
    for (account, entry, verb) in cases {
        let user = format!("system:serviceaccount:{}:{account}", scenario.namespace);
        let expected = format!("not allowed: {verb} in namespace {}\"", scenario.namespace);
        // The API server comes to know of a role a moment after it was made: until then more is missing.
        let rights = until(&expected, async || {
            let ended = Ended::of(&mut look_with(&scenario, &["--as", &user, "-o", "json"]));
            let rights: Vec<_> = troubles(&ended)
                .into_iter()
                .filter(|trouble| trouble.starts_with("error: may "))
                .collect();
            if ended.out.contains(&expected) && rights.len() == 1 {
                Ok(rights)
            } else {
                Err(ended.told())
            }
        })
        .await;
        let named = format!(" {}.{} ", RIGHTS[entry].resource, RIGHTS[entry].group);
        assert!(rights[0].contains(&named), "{named}: {rights:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn with_wait_an_operator_that_is_about_to_lead_is_waited_for() {
    let mut scenario = Scenario::without_operator().await;
    let mut command = look(&scenario, &["--wait", "60s"]);
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("check runs");
    let mut waiting = String::new();
    let mut progress = BufReader::new(child.stderr.take().expect("stderr is piped"));
    progress.read_line(&mut waiting).expect("check says that it waits");
    assert!(waiting.starts_with("◎ waiting: an operator leads: there is no Lease "), "{waiting}");
    scenario.start_operator();
    let output = child.wait_with_output().expect("check ends");
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{told}");
    assert!(told.contains("Status check results are √"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_cluster_that_is_the_root_cause_and_nothing_that_follows_from_it_is_said() {
    let scenario = Scenario::without_operator().await;
    let nowhere = control_plane().kubeconfig().with_file_name("nowhere.kubeconfig");
    let text = "apiVersion: v1\nkind: Config\ncurrent-context: a\ncontexts: [{name: a, context: {cluster: a, user: a}}]\n\
                clusters: [{name: a, cluster: {server: \"http://127.0.0.1:1\"}}]\nusers: [{name: a, user: {}}]\n";
    std::fs::write(&nowhere, text).expect("the kubeconfig can be written");
    let path = nowhere.to_str().expect("a path in UTF-8");
    let ended = Ended::of(&mut in_scenario(&scenario, &["check", "--kubeconfig", path])).with_code(1);
    assert!(
        ended.out.contains("× the API server answers\n    Connection refused"),
        "{}",
        ended.told()
    );
    assert!(!ended.out.contains("may ") && !ended.out.contains("are served"), "{}", ended.told());
    assert!(
        ended.out.contains("√ AWS knows the credentials"),
        "AWS is looked at all the same: {}",
        ended.told()
    );
    assert!(!ended.out.contains('\x1b'), "no colours without a terminal");
    let asked: Vec<_> = scenario.aws.reads_since(0).into_iter().map(|entry| entry.operation).collect();
    assert_eq!(asked, ["GetCallerIdentity"], "and for nothing else");
    assert!(scenario.aws.writes_since(0).is_empty(), "{}", scenario.aws.told());
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_credentials_are_an_error_and_before_an_installation_a_warning() {
    tokio::task::spawn_blocking(control_plane).await.expect("the control plane starts");
    let ended = Ended::of(&mut bare(&["check", "-o", "json", "--watch-namespaces", "default"])).with_code(1);
    let found = troubles(&ended);
    assert!(found.contains(&"warning: there is a default region".into()), "{found:?}");
    assert!(found.contains(&"error: AWS knows the credentials".into()), "{found:?}");
    assert!(
        ended.out.contains("sts:GetCallerIdentity on us-east-1: NoCredentials"),
        "{}",
        ended.out
    );
    assert!(
        ended.out.contains("eks.amazonaws.com/role-arn"),
        "the hint says where they come from: {}",
        ended.out
    );

    let ended = Ended::of(&mut bare(&["check", "--pre", "-o", "json"])).with_code(0);
    assert!(
        troubles(&ended).contains(&"warning: AWS knows the credentials".into()),
        "{}",
        ended.out
    );
    let nobody = ["check", "--pre", "--as", "system:serviceaccount:default:nobody"];
    let ended = Ended::of(&mut bare(&nobody)).with_code(1);
    assert!(
        ended
            .out
            .contains("× may create, patch customresourcedefinitions.apiextensions.k8s.io"),
        "{}",
        ended.told()
    );
}

#[test]
fn the_rights_that_are_checked_are_those_that_the_chart_grants() {
    let granted = Release::of(chart::Scope::Cluster, "any", "any").grants();
    let one = |right: &Right, verb: &&str| Grant {
        group: right.group.into(),
        resource: right.resource.into(),
        verb: (*verb).into(),
    };
    let checked = RIGHTS.iter().flat_map(|right| right.verbs.iter().map(move |verb| one(right, verb)));
    assert_eq!(checked.collect::<BTreeSet<_>>(), granted.into_iter().collect());
}
