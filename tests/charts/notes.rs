//! What Helm says after an installation: the next command, the identity, and what may be missing.

use crate::helm::{Helm, OPERATOR};
use crate::matrix::sets;

/// Helm 3 asks a cluster even for a dry run; Helm 4 does not.
fn notes(values: &str) -> String {
    let said = Helm::Four.run(
        &[
            "install",
            "warmlambda",
            OPERATOR,
            "--namespace",
            "aws",
            "--dry-run=client",
            "-f",
            "-",
        ],
        values,
    );
    assert!(said.success, "{}", said.err);
    said.out.split_once("NOTES:\n").expect("there are notes").1.to_owned()
}

#[test]
fn notes_name_the_next_command_and_the_identity() {
    let plain = notes("{}");
    assert!(plain.contains("helm test warmlambda -n aws"), "{plain}");
    assert!(plain.contains("aws eks create-pod-identity-association"), "{plain}");
    assert!(plain.contains("--namespace aws --service-account warmlambda"), "{plain}");
    let irsa = notes(&sets()["irsa"]);
    assert!(
        irsa.contains("aws/warm has the role arn:aws:iam::111122223333:role/warmlambda"),
        "{irsa}"
    );
    assert!(!irsa.contains("create-pod-identity-association"), "{irsa}");
}

#[test]
fn notes_warn_of_what_may_be_missing_and_are_silent_when_nothing_is() {
    let whole = concat!(
        "{image: {registry: r.example.com}, aws: {region: eu-west-1}, serviceAccount: {annotations: {",
        "eks.amazonaws.com/role-arn: 'arn:aws:iam::111122223333:role/warmlambda'}}}",
    );
    let silent = notes(whole);
    assert!(!silent.contains("Warnings"), "{silent}");
    for (values, warning) in [
        ("{}", "* No role:"),
        ("{}", "* No region:"),
        ("{}", "* image.registry is empty"),
        ("crds: {enabled: false}", "* crds.enabled is false"),
        ("crds: {keep: false}", "deletes every endpoint in the cluster"),
        ("replicaCount: 1", "* replicaCount is 1"),
        ("serviceAccount: {create: false}", "service account default"),
        (
            "metrics: {serviceMonitor: {enabled: true}}",
            "* metrics.serviceMonitor is enabled, but",
        ),
        (
            "metrics: {prometheusRule: {enabled: true}}",
            "* metrics.prometheusRule is enabled, but",
        ),
        (
            "{networkPolicy: {enabled: true}, tracing: {enabled: true, endpoint: 'http://otel:4318'}}",
            "networkPolicy.extraEgress",
        ),
    ] {
        let notes = notes(values);
        assert!(notes.contains(warning), "{values}: {notes}");
        assert!(!silent.contains(warning), "{warning}");
    }
    for (values, warning) in [
        ("extraEnv: [{name: AWS_ROLE_ARN, value: x}]", "* No role:"),
        ("extraEnv: [{name: AWS_REGION, value: eu-west-1}]", "* No region:"),
        ("image: {repository: r.example.com/warmlambda}", "* image.registry is empty"),
    ] {
        let notes = notes(values);
        assert!(!notes.contains(warning), "{values}: {notes}");
    }
}
