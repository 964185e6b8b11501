//! Files that are made of something else: schemas and tables of the values, the CRD in both charts, and the plain manifests.
//!
//! With WRITE=1 (`make charts`) the tests write them instead of comparing.

use std::process::Command;

use crate::helm::{CRDS, Helm, OPERATOR, root, run, text};
use crate::readme::readme;
use crate::schema::schema;
use crate::values_file;

/// Compares a file with what it should hold, or writes it.
fn holds(path: &str, wanted: &str) {
    if std::env::var_os("WRITE").is_some() {
        std::fs::write(root().join(path), wanted).unwrap_or_else(|error| panic!("{path}: {error}"));
        return;
    }
    let there = std::fs::read_to_string(root().join(path)).unwrap_or_default();
    let differs = there.lines().zip(wanted.lines()).position(|(a, b)| a != b);
    let line = differs.unwrap_or_else(|| there.lines().count().min(wanted.lines().count()));
    assert!(
        there == wanted,
        "{path} is out of date from line {} on; run `make charts`",
        line + 1
    );
}

/// What the program prints.
fn printed(arguments: &[&str]) -> String {
    let said = run(Command::new(env!("CARGO_BIN_EXE_warmlambda")).args(arguments), "");
    assert!(said.success, "{arguments:?}: {}", said.err);
    said.out
}

/// A rendered chart without what only Helm puts there and reads.
fn plain(chart: &str, values: &str) -> String {
    let said = Helm::Four.template(chart, values, &["--skip-tests"]);
    assert!(said.success, "{}", said.err);
    let helms = ["# Source:", "helm.sh/chart:", "app.kubernetes.io/managed-by:"];
    let lines = said
        .out
        .lines()
        .filter(|line| !helms.iter().any(|start| line.trim_start().starts_with(start)));
    // Helm 4 ends each document with an empty line.
    lines.filter(|line| !line.is_empty()).map(|line| format!("{line}\n")).collect()
}

#[test]
fn schemas_and_tables_say_what_values_yaml_says() {
    for chart in [OPERATOR, CRDS] {
        let keys = values_file::read(&text(&format!("{chart}/values.yaml")));
        let name = chart.trim_start_matches("charts/");
        let schema = serde_json::to_string_pretty(&schema(&format!("Values of the chart {name}"), &keys)).expect("a schema is JSON");
        holds(&format!("{chart}/values.schema.json"), &(schema + "\n"));
        let page = format!("{chart}/README.md");
        holds(&page, &readme(&text(&page), &keys));
    }
}

#[test]
fn what_charts_carry_and_the_plain_manifests_are_what_the_program_and_the_chart_make() {
    for chart in [OPERATOR, CRDS] {
        holds(&format!("{chart}/files/crd.yaml"), &printed(&["crd"]));
    }
    holds(
        &format!("{CRDS}/templates/_crd.tpl"),
        &text(&format!("{OPERATOR}/templates/_crd.tpl")),
    );
    let header = "# Made by `make charts` of charts/warmlambda and dist/values.yaml: the operator without Helm. Apply dist/crds.yaml first.\n\
                  # To change: the image, the role of the service account and the region.\n";
    holds(
        "dist/install.yaml",
        &(header.to_owned() + &plain(OPERATOR, &text("dist/values.yaml"))),
    );
    let header = "# Made by `make charts` of charts/warmlambda-crds.\n";
    holds("dist/crds.yaml", &(header.to_owned() + &plain(CRDS, "{}")));
}
