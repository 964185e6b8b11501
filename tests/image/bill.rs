//! The bill of materials names what is in the image.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;

use crate::layout::folder;

/// The bill that was made with the image.
fn bill() -> Value {
    let path = folder("IMAGE_FOLDER").join("warmlambda.cdx.json");
    let text = std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_slice(&text).expect("it is JSON")
}

/// Name and version of its components of this scope.
fn components(bill: &Value, scope: &str) -> BTreeSet<String> {
    let all = bill["components"].as_array().expect("it has components").iter();
    let word = |value: &Value| value.as_str().expect("a text").to_owned();
    all.filter(|component| component["scope"] == scope)
        .map(|component| format!("{} {}", word(&component["name"]), word(&component["version"])))
        .collect()
}

/// Name and version of the crates that Cargo links for this machine.
fn crates() -> BTreeSet<String> {
    let output = Command::new(env!("CARGO"))
        .args([
            "tree",
            "--locked",
            "--offline",
            "--package",
            "warmlambda",
            "--prefix",
            "none",
            "--format",
            "{p}",
        ])
        // Without derive macros, which run in the compiler.
        .args(["--edges", "normal,no-proc-macro"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).expect("names are text");
    let words = lines.lines().filter_map(|line| line.split_once(" v"));
    let version = |rest: &str| rest.split(' ').next().unwrap_or_default().to_owned();
    words.map(|(name, rest)| format!("{name} {}", version(rest))).collect()
}

#[test]
#[ignore = "needs the image: make check-image"]
fn every_crate_that_is_linked_stands_in_the_bill() {
    let (named, linked) = (components(&bill(), "required"), crates());
    assert!(linked.len() > 200, "only {} crates are linked", linked.len());
    let missing: Vec<_> = linked.difference(&named).collect();
    assert!(missing.is_empty(), "not in the bill: {missing:?}");
}

#[test]
#[ignore = "needs the image: make check-image"]
fn the_bill_names_nothing_that_is_not_linked_but_the_libraries_that_are_no_crates() {
    let (named, linked) = (components(&bill(), "required"), crates());
    let names: Vec<_> = named
        .difference(&linked)
        .filter_map(|component| component.split(' ').next())
        .collect();
    assert_eq!(names, ["glibc", "rust-std", "webpki-root-certs"]);
}

#[test]
#[ignore = "needs the image: make check-image"]
fn every_component_has_a_licence_and_a_package_url() {
    for component in bill()["components"].as_array().expect("it has components") {
        assert!(component["licenses"][0]["expression"].is_string(), "{component}");
        assert!(component["purl"].is_string(), "{component}");
    }
}
