//! Every set of values of tests/charts/values, with both Helms and through the checkers that platform teams use.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::helm::{CRDS, Helm, OPERATOR, Objects, root, run, tool};

/// The sets of values by their names.
pub fn sets() -> BTreeMap<String, String> {
    let folder = root().join("tests/charts/values");
    let entries = std::fs::read_dir(folder).expect("there are values");
    entries
        .map(|entry| {
            let path = entry.expect("an entry").path();
            let name = path.file_stem().and_then(|stem| stem.to_str()).expect("a name in UTF-8").to_owned();
            (name, std::fs::read_to_string(&path).expect("values can be read"))
        })
        .collect()
}

/// What Helm 4 makes of each set of values, once for all tests.
pub fn renders() -> &'static BTreeMap<String, String> {
    static RENDERED: OnceLock<BTreeMap<String, String>> = OnceLock::new();
    RENDERED.get_or_init(|| {
        sets()
            .into_iter()
            .map(|(name, values)| (name, render(Helm::Four, OPERATOR, &values)))
            .collect()
    })
}

fn render(helm: Helm, chart: &str, values: &str) -> String {
    let said = helm.template(chart, values, &[]);
    assert!(said.success, "{helm:?} {chart}: {}\n{values}", said.err);
    said.out
}

fn lints(helm: Helm, chart: &str, values: &str) {
    let said = helm.run(&["lint", "--strict", chart, "-f", "-"], values);
    assert!(said.success, "{helm:?} {chart}: {}{}\n{values}", said.out, said.err);
}

#[test]
fn both_helms_accept_every_set_of_values_and_render_the_same() {
    for (name, values) in sets() {
        for helm in Helm::BOTH {
            lints(helm, OPERATOR, &values);
        }
        let three = Objects::read(&render(Helm::Three, OPERATOR, &values));
        assert_eq!(three.by_name(), Objects::read(&renders()[&name]).by_name(), "{name}");
    }
    let crds = Helm::BOTH.map(|helm| {
        lints(helm, CRDS, "{}");
        Objects::read(&render(helm, CRDS, "{}")).by_name()
    });
    assert_eq!(crds[0], crds[1]);
}

#[test]
fn what_is_rendered_twice_is_the_same_to_the_byte() {
    for (name, values) in sets() {
        assert!(
            render(Helm::Four, OPERATOR, &values) == renders()[&name],
            "{name}: two renders differ"
        );
    }
    let everything = &sets()["everything"];
    assert!(render(Helm::Three, OPERATOR, everything) == render(Helm::Three, OPERATOR, everything));
}

/// A folder with a file for each render, for a checker.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("charts-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder can be made");
    let crds = ("crds".to_owned(), render(Helm::Four, CRDS, "{}"));
    for (name, yaml) in renders().iter().chain([(&crds.0, &crds.1)]) {
        std::fs::write(folder.join(format!("{name}.yaml")), yaml).expect("a render can be written");
    }
    folder
}

#[test]
fn kubernetes_knows_every_field_from_the_oldest_version_to_the_newest() {
    let folder = folder("fields");
    let files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    for version in ["1.30", "1.37"] {
        let mut command = Command::new(tool("kubernetes-validate"));
        let said = run(command.args(["-k", version, "--strict"]).args(&files), "");
        assert!(said.success, "Kubernetes {version}:\n{}{}", said.out, said.err);
        let passed = said.out.matches("passed for resource").count();
        assert!(passed > 80, "Kubernetes {version}: only {passed} objects were looked at");
    }
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn checkov_finds_nothing_but_what_the_chart_explains() {
    let folder = folder("checkov");
    let mut command = Command::new(tool("checkov"));
    command
        .args(["--config-file", "charts/warmlambda/.checkov.yaml", "-d"])
        .arg(&folder);
    let said = run(&mut command, "");
    assert!(said.success, "{}{}", said.out, said.err);
    std::fs::remove_dir_all(folder).unwrap();
}
