//! A chart of somebody else that has ours as a dependency.

use std::path::Path;
use std::process::Command;

use crate::helm::{Helm, OPERATOR, Objects, root, run};

/// A chart with ours in it.
fn parent() -> std::path::PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("charts-parent-{}", std::process::id()));
    std::fs::create_dir_all(folder.join("charts")).expect("a folder can be made");
    let dependency = "dependencies: [{name: warmlambda, version: 0.x.x, repository: \"\", condition: warmlambda.enabled}]";
    let chart = format!("apiVersion: v2\nname: platform\nversion: 1.0.0\n{dependency}\n");
    std::fs::write(folder.join("Chart.yaml"), chart).expect("a chart can be written");
    std::fs::write(folder.join("values.yaml"), "global: {domain: example.com}\n").expect("values can be written");
    let copied = run(
        Command::new("cp").arg("-r").arg(root().join(OPERATOR)).arg(folder.join("charts")),
        "",
    );
    assert!(copied.success, "{}", copied.err);
    folder
}

#[test]
fn the_chart_is_a_dependency_that_a_condition_switches_and_takes_global_values() {
    let folder = parent();
    let path = folder.to_str().expect("a path in UTF-8");
    for helm in Helm::BOTH {
        for (values, deployments) in [
            ("warmlambda: {enabled: true, replicaCount: 3}", 1),
            ("warmlambda: {enabled: false}", 0),
        ] {
            let said = helm.template(path, values, &[]);
            assert!(said.success, "{helm:?}: {}", said.err);
            let objects = Objects::read(&said.out);
            assert_eq!(objects.of_kind("Deployment").len(), deployments, "{helm:?} {values}");
        }
    }
    std::fs::remove_dir_all(folder).unwrap();
}
