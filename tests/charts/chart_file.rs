//! What Chart.yaml says of the charts is so.

use serde_json::Value;

use crate::helm::{CRDS, Helm, OPERATOR, rendered, text};

fn chart(chart: &str) -> Value {
    serde_saphyr::from_str(&text(&format!("{chart}/Chart.yaml"))).expect("Chart.yaml is YAML")
}

/// What an annotation for Artifact Hub holds, which is YAML in YAML.
fn annotation(chart: &Value, name: &str) -> Value {
    let text = chart["annotations"][format!("artifacthub.io/{name}")]
        .as_str()
        .expect("the annotation is there");
    serde_saphyr::from_str(text).expect("the annotation is YAML")
}

#[test]
fn charts_have_the_version_of_the_program() {
    for name in [OPERATOR, CRDS] {
        let chart = chart(name);
        let program = env!("CARGO_PKG_VERSION");
        assert_eq!(
            (&chart["version"], &chart["appVersion"]),
            (&program.into(), &program.into()),
            "{name}"
        );
    }
}

#[test]
fn a_cluster_that_is_too_old_for_the_rules_of_the_crd_is_refused() {
    for chart in [OPERATOR, CRDS] {
        for helm in Helm::BOTH {
            let old = helm.template(chart, "{}", &["--kube-version", "1.29.9"]);
            assert!(!old.success && old.err.contains(">= 1.30.0-0"), "{helm:?} {chart}: {}", old.err);
            // As EKS writes its versions.
            let eks = helm.template(chart, "{}", &["--kube-version", "v1.30.14-eks-931bdca"]);
            assert!(eks.success, "{helm:?} {chart}: {}", eks.err);
        }
    }
}

#[test]
fn artifact_hub_is_told_what_the_chart_has() {
    let chart = chart(OPERATOR);
    let objects = rendered("{}");
    let image = &objects.the("Deployment")["spec"]["template"]["spec"]["containers"][0]["image"];
    assert_eq!(&annotation(&chart, "images")[0]["image"], image);
    let crd = warmlambda::api::crd();
    let told = &annotation(&chart, "crds")[0];
    assert_eq!(
        (&told["kind"], &told["version"]),
        (&crd.spec.names.kind.into(), &crd.spec.versions[0].name.clone().into())
    );
    assert_eq!(told["name"], crd.metadata.name.expect("the CRD has a name"));
    assert_eq!(annotation(&self::chart(CRDS), "crds"), annotation(&chart, "crds"));
    let example: Value = serde_saphyr::from_str(&text("examples/01-minimal.yaml")).expect("an example is YAML");
    assert_eq!(annotation(&chart, "crdsExamples")[0], example);
}
