//! The chart as `helm template` renders it: what the operator may do in Kubernetes, and with which flags it runs.

use std::fmt::{self, Display};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use serde_json::{Value, json};

/// Names in the render that are replaced by those of a scenario: the release, which is named like its namespace, and the namespace
/// that it watches.
const RELEASE: &str = "the-release";
const WATCHED: &str = "the-watched";

/// Where the operator's rights hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// In one namespace: `settings.watchNamespaces` names it.
    Namespace,
    /// In the whole cluster, as by default.
    Cluster,
}

/// A release of the chart.
#[derive(Clone, Debug)]
pub struct Release {
    /// Its namespace.
    pub namespace: String,
    objects: Vec<Value>,
}

/// One verb that a role grants on one resource.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Grant {
    /// Group of the resource.
    pub group: String,
    /// The resource, with its subresource after a slash.
    pub resource: String,
    /// The verb.
    pub verb: String,
}

impl Display for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}.{}", self.verb, self.resource, self.group)
    }
}

impl Release {
    /// The release in a namespace that watches a namespace.
    pub fn of(scope: Scope, namespace: &str, watched: &str) -> Self {
        static NAMESPACED: OnceLock<String> = OnceLock::new();
        static CLUSTER_WIDE: OnceLock<String> = OnceLock::new();
        let text = match scope {
            Scope::Namespace => NAMESPACED.get_or_init(|| render(&format!("settings.watchNamespaces={{{WATCHED}}}"))),
            Scope::Cluster => CLUSTER_WIDE.get_or_init(|| render("settings.watchNamespaces=null")),
        };
        let text = text.replace(RELEASE, namespace).replace(WATCHED, watched);
        Self {
            namespace: namespace.into(),
            objects: serde_saphyr::from_multiple(&text).expect("helm renders YAML"),
        }
    }

    /// The service account and its rights, in an order in which they can be made.
    pub fn rights(&self) -> impl Iterator<Item = &Value> {
        let kinds = ["ServiceAccount", "ClusterRole", "Role", "ClusterRoleBinding", "RoleBinding"];
        kinds.into_iter().flat_map(|kind| self.of_kind(kind))
    }

    /// The name of the service account.
    pub fn service_account(&self) -> &str {
        let account = self.of_kind("ServiceAccount").next().expect("the chart has a service account");
        account["metadata"]["name"].as_str().expect("it has a name")
    }

    /// The name of the Lease, as the Deployment has it.
    pub fn lease_name(&self) -> &str {
        let deployment = self.of_kind("Deployment").next().expect("the chart has a Deployment");
        let arguments = deployment["spec"]["template"]["spec"]["containers"][0]["args"].as_array();
        let mut arguments = arguments.expect("the container has arguments").iter().filter_map(Value::as_str);
        let name = arguments.find_map(|argument| argument.strip_prefix("--lease-name="));
        name.expect("the operator stands for election")
    }

    /// Everything that the roles grant, each verb on each resource once.
    pub fn grants(&self) -> Vec<Grant> {
        let mut grants: Vec<_> = self.rules().flat_map(granted_one_by_one).map(|(grant, _)| grant).collect();
        grants.sort();
        grants.dedup();
        grants
    }

    /// The release without one grant.
    pub fn without(mut self, taken: &Grant) -> Self {
        for object in &mut self.objects {
            let Some(rules) = object["rules"].as_array_mut() else { continue };
            *rules = rules
                .iter()
                .flat_map(granted_one_by_one)
                .filter(|(grant, _)| grant != taken)
                .map(|(_, rule)| rule)
                .collect();
        }
        self
    }

    fn rules(&self) -> impl Iterator<Item = &Value> {
        let roles = ["ClusterRole", "Role"].into_iter().flat_map(|kind| self.of_kind(kind));
        roles.filter_map(|role| role["rules"].as_array()).flatten()
    }

    fn of_kind(&self, kind: &str) -> impl Iterator<Item = &Value> {
        self.objects.iter().filter(move |object| object["kind"] == kind)
    }
}

/// What a rule grants, each with a rule that grants nothing else.
fn granted_one_by_one(rule: &Value) -> Vec<(Grant, Value)> {
    let texts = |member: &str| -> Vec<String> { serde_json::from_value(rule[member].clone()).expect("a rule has lists of names") };
    let mut found = Vec::new();
    for group in &texts("apiGroups") {
        for resource in &texts("resources") {
            for verb in &texts("verbs") {
                let mut single = json!({"apiGroups": [group], "resources": [resource], "verbs": [verb]});
                if let Some(names) = rule.get("resourceNames") {
                    single["resourceNames"] = names.clone();
                }
                let [group, resource, verb] = [group, resource, verb].map(String::clone);
                found.push((Grant { group, resource, verb }, single));
            }
        }
    }
    found
}

/// What the chart adds to the roles that every cluster has for people.
pub fn roles_of_people() -> String {
    let rendered = render("rbac.aggregate=true");
    let documents = rendered
        .split("\n---\n")
        .filter(|document| document.contains("rbac.authorization.k8s.io/aggregate-to-"));
    documents.collect::<Vec<_>>().join("\n---\n")
}

/// Renders the chart with a setting; what people are granted is left out if that does not say otherwise, and the CRD always.
fn render(setting: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let helm = said(Command::new(root.join("scripts/tools.sh")).arg("helm4"));
    said(
        Command::new(helm.trim())
            .args(["template", RELEASE, "--namespace", RELEASE])
            .args([
                "--set",
                "crds.enabled=false,rbac.aggregate=false,aws.region=eu-west-1",
                "--set",
                setting,
            ])
            .arg(root.join("charts/warmlambda")),
    )
}

/// The standard output of a command that succeeds.
fn said(command: &mut Command) -> String {
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .expect("the command runs");
    assert!(output.status.success(), "{command:?} failed");
    String::from_utf8(output.stdout).expect("it prints text")
}
