//! What the chart renders, and that its parts find each other.

use std::collections::BTreeSet;

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use serde_json::Value;

use crate::helm::{Helm, OPERATOR, Objects, name_of, rendered};
use crate::matrix::renders;

/// Without any values.
const DEFAULT: &str = "ClusterRole/warmlambda ClusterRole/warmlambda-edit ClusterRole/warmlambda-view ClusterRoleBinding/warmlambda \
    CustomResourceDefinition/warmlambdaendpoints.warmlambda.dev Deployment/warmlambda Pod/warmlambda-check \
    PodDisruptionBudget/warmlambda Role/warmlambda-leader-election RoleBinding/warmlambda-leader-election \
    Service/warmlambda-metrics ServiceAccount/warmlambda";

fn words(text: &str) -> BTreeSet<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

fn names(values: &str) -> BTreeSet<String> {
    rendered(values).names().into_iter().collect()
}

#[test]
fn a_value_takes_away_or_adds_what_it_names_and_nothing_else() {
    assert_eq!(names("{}"), words(DEFAULT));
    for (values, without) in [
        (
            "crds: {enabled: false}",
            "CustomResourceDefinition/warmlambdaendpoints.warmlambda.dev",
        ),
        ("serviceAccount: {create: false}", "ServiceAccount/warmlambda"),
        (
            "rbac: {aggregate: false}",
            "ClusterRole/warmlambda-edit ClusterRole/warmlambda-view",
        ),
        ("metrics: {service: {enabled: false}}", "Service/warmlambda-metrics"),
        ("podDisruptionBudget: {enabled: false}", "PodDisruptionBudget/warmlambda"),
        ("replicaCount: 1", "PodDisruptionBudget/warmlambda"),
        (
            "{leaderElection: {enabled: false}, replicaCount: 1}",
            "PodDisruptionBudget/warmlambda Role/warmlambda-leader-election RoleBinding/warmlambda-leader-election",
        ),
        (
            "rbac: {create: false}",
            "ClusterRole/warmlambda ClusterRoleBinding/warmlambda Role/warmlambda-leader-election RoleBinding/warmlambda-leader-election",
        ),
    ] {
        let left: BTreeSet<_> = words(DEFAULT).difference(&words(without)).cloned().collect();
        assert_eq!(names(values), left, "{values}");
    }
    for (values, with) in [
        ("networkPolicy: {enabled: true}", "NetworkPolicy/warmlambda"),
        ("metrics: {grafanaDashboard: {enabled: true}}", "ConfigMap/warmlambda-dashboard"),
        (
            "metrics: {serviceMonitor: {enabled: true, renderMode: alwaysRender}}",
            "ServiceMonitor/warmlambda",
        ),
        (
            "metrics: {podMonitor: {enabled: true, renderMode: alwaysRender}}",
            "PodMonitor/warmlambda",
        ),
        (
            "metrics: {prometheusRule: {enabled: true, renderMode: alwaysRender}}",
            "PrometheusRule/warmlambda",
        ),
        (
            "admissionPolicy: {enabled: true, maxProvisionedConcurrency: 1}",
            "ValidatingAdmissionPolicy/warmlambda-capacity ValidatingAdmissionPolicyBinding/warmlambda-capacity",
        ),
    ] {
        let all: BTreeSet<_> = words(DEFAULT).union(&words(with)).cloned().collect();
        assert_eq!(names(values), all, "{values}");
    }
}

#[test]
fn a_list_of_namespaces_leaves_nothing_that_belongs_to_the_cluster() {
    let objects = Objects::read(&renders()["namespaced"]);
    let cluster_wide: Vec<_> = objects
        .0
        .iter()
        .filter(|object| object["metadata"]["namespace"].is_null())
        .map(name_of)
        .collect();
    assert_eq!(cluster_wide, Vec::<String>::new());
    for namespace in ["shop", "pay"] {
        for kind in ["Role", "RoleBinding"] {
            let there = objects
                .of_kind(kind)
                .iter()
                .any(|object| object["metadata"]["namespace"] == namespace);
            assert!(there, "there is no {kind} in {namespace}");
        }
    }
}

#[test]
fn every_object_says_whose_it_is_and_where_it_goes() {
    let cluster_wide = [
        "ClusterRole",
        "ClusterRoleBinding",
        "CustomResourceDefinition",
        "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding",
    ];
    for object in Objects::read(&renders()["everything"]).0 {
        let (name, metadata) = (name_of(&object), &object["metadata"]);
        assert_eq!(
            metadata["namespace"].is_null(),
            cluster_wide.contains(&object["kind"].as_str().unwrap()),
            "{name}"
        );
        if name.starts_with("ConfigMap/warmlambda-map") || name.starts_with("ConfigMap/warmlambda-text") {
            continue; // Somebody else's: extraObjects.
        }
        let labels = &metadata["labels"];
        assert_eq!(
            (&labels["app.kubernetes.io/name"], &labels["team"]),
            (&"warm".into(), &"platform".into()),
            "{name}"
        );
        assert_eq!(labels["app.kubernetes.io/instance"], "warmlambda", "{name}");
    }
}

#[test]
fn names_are_at_most_63_characters_and_still_differ() {
    let release = "a-release-with-the-longest-name-that-helm-accepts-53x";
    let full = format!("fullnameOverride={}", "long-".repeat(12) + "end");
    for arguments in [&["--name-template", release][..], &["--set-string", &full]] {
        let on = "{networkPolicy: {enabled: true}, metrics: {grafanaDashboard: {enabled: true}}, admissionPolicy: {enabled: true, maxProvisionedConcurrency: 1}}";
        let said = Helm::Four.run(
            &[&["template", OPERATOR, "--namespace", "warmlambda", "-f", "-"], arguments].concat(),
            on,
        );
        assert!(said.success, "{}", said.err);
        let names = Objects::read(&said.out).names();
        for name in names.iter().filter_map(|name| name.split('/').nth(1)) {
            assert!(name.len() <= 63 && !name.ends_with('-'), "{name}");
        }
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "{names:?}");
        assert!(names.iter().any(|name| name.ends_with("-check")), "{names:?}");
    }
}

/// Whether labels have all that a selector wants.
fn matches(selector: &Value, labels: &Value) -> bool {
    let wanted = selector.as_object().expect("a selector has labels");
    !wanted.is_empty() && wanted.iter().all(|(name, value)| &labels[name] == value)
}

#[test]
fn selectors_find_the_operators_pods_and_not_the_pod_of_helm_test() {
    let objects = Objects::read(&renders()["everything"]);
    let operator = &objects.the("Deployment")["spec"]["template"]["metadata"]["labels"];
    let check = &objects.the("Pod")["metadata"]["labels"];
    let of = |kind: &str, path: &str| {
        objects
            .the(kind)
            .pointer(path)
            .unwrap_or_else(|| panic!("{kind} has no {path}"))
            .clone()
    };
    for selector in [
        of("Deployment", "/spec/selector/matchLabels"),
        of("PodDisruptionBudget", "/spec/selector/matchLabels"),
        of("Service", "/spec/selector"),
        of(
            "Deployment",
            "/spec/template/spec/topologySpreadConstraints/0/labelSelector/matchLabels",
        ),
    ] {
        assert!(matches(&selector, operator) && !matches(&selector, check), "{selector}");
    }
    let network = of("NetworkPolicy", "/spec/podSelector/matchLabels");
    assert!(matches(&network, operator) && matches(&network, check), "{network}");
    let pods = Objects::read(&renders()["pod-monitor"]);
    let monitor = &pods.the("PodMonitor")["spec"]["selector"]["matchLabels"];
    assert!(
        matches(monitor, &pods.the("Deployment")["spec"]["template"]["metadata"]["labels"]),
        "{monitor}"
    );
}

#[test]
fn the_service_monitor_finds_the_service_and_its_port_and_the_service_that_of_the_pods() {
    let objects = Objects::read(&renders()["everything"]);
    let (monitor, service) = (objects.the("ServiceMonitor"), objects.the("Service"));
    assert!(matches(&monitor["spec"]["selector"]["matchLabels"], &service["metadata"]["labels"]));
    assert_eq!(
        monitor["spec"]["namespaceSelector"]["matchNames"][0],
        service["metadata"]["namespace"]
    );
    assert_eq!(monitor["metadata"]["labels"]["release"], "kube-prometheus-stack");
    let port = &service["spec"]["ports"][0];
    assert_eq!(
        (&monitor["spec"]["endpoints"][0]["port"], &port["port"]),
        (&port["name"], &9090.into())
    );
    let ports = &objects.the("Deployment")["spec"]["template"]["spec"]["containers"][0]["ports"];
    assert_eq!((&ports[0]["name"], &ports[0]["containerPort"]), (&port["targetPort"], &9090.into()));
}

#[test]
fn own_labels_cannot_be_taken_by_those_of_the_values() {
    let values = "{commonLabels: {app.kubernetes.io/name: x, app.kubernetes.io/instance: x}, podLabels: {app.kubernetes.io/component: x}}";
    let objects = rendered(values);
    let spec = &objects.the("Deployment")["spec"];
    assert!(
        matches(&spec["selector"]["matchLabels"], &spec["template"]["metadata"]["labels"]),
        "{spec}"
    );
}

#[test]
fn the_crd_is_the_programs_with_what_keeps_it() {
    for (chart, values, kept) in [
        (OPERATOR, "crds: {annotations: {example.com/owner: platform}}", true),
        (crate::helm::CRDS, "{}", true),
        (OPERATOR, "crds: {keep: false}", false),
    ] {
        let said = Helm::Three.template(chart, values, &[]);
        let objects = Objects::read(&said.out);
        let crd = objects.the("CustomResourceDefinition");
        let typed: CustomResourceDefinition = serde_json::from_value(crd.clone()).expect("it is a CRD");
        assert!(typed.spec == warmlambda::api::crd().spec, "{chart} changes the CRD");
        let annotations = &crd["metadata"]["annotations"];
        let wanted = kept.then_some(("keep", "Prune=false"));
        let found = annotations["helm.sh/resource-policy"]
            .as_str()
            .zip(annotations["argocd.argoproj.io/sync-options"].as_str());
        assert_eq!(found, wanted, "{chart} {values}");
        assert_eq!(annotations["example.com/owner"] == "platform", values.contains("platform"));
    }
}
