//! The bill of materials names what is in the image.

use std::collections::BTreeSet;
use std::process::Command;

use auditable_info::Limits;
use serde_json::Value;

use crate::layout::folder;

/// The bill that was made with the image.
fn bill() -> Value {
    let path = folder("IMAGE_FOLDER").join("warmlambda.cdx.json");
    let text = std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_slice(&text).expect("it is JSON")
}

/// The list that scanners find in the binary.
fn embedded() -> Value {
    let binary = folder("IMAGE_FOLDER").join("warmlambda");
    let list = auditable_info::json_from_file(&binary, Limits::default()).expect("the binary has a list");
    serde_json::from_str(&list).expect("it is JSON")
}

/// Name and version of the members of a list of which a field has this value.
fn members(list: &Value, field: &str, value: &str) -> BTreeSet<String> {
    let word = |value: &Value| value.as_str().expect("a text").to_owned();
    let all = list
        .as_array()
        .expect("it is a list")
        .iter()
        .filter(|member| member[field] == value);
    all.map(|member| format!("{} {}", word(&member["name"]), word(&member["version"])))
        .collect()
}

/// Name and version of the components that are in the image.
fn components() -> BTreeSet<String> {
    members(&bill()["components"], "scope", "required")
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
fn the_bill_names_every_crate_that_is_linked_and_beside_them_only_what_is_no_crate_of_the_binary() {
    let (named, linked) = (components(), crates());
    assert!(linked.len() > 200, "only {} crates are linked", linked.len());
    let missing: Vec<_> = linked.difference(&named).collect();
    assert!(missing.is_empty(), "not in the bill: {missing:?}");
    let names: Vec<_> = named
        .difference(&linked)
        .filter_map(|component| component.split(' ').next())
        .collect();
    assert_eq!(names, ["glibc", "rust-std", "webpki-root-certs"]);
}

#[test]
#[ignore = "needs the image: make check-image"]
fn a_scanner_finds_in_the_binary_the_crates_that_are_linked() {
    assert_eq!(members(&embedded()["packages"], "kind", "runtime"), crates());
}

#[test]
#[ignore = "needs the image: make check-image"]
fn every_component_has_a_licence_and_a_package_url() {
    for component in bill()["components"].as_array().expect("it has components") {
        assert!(component["licenses"][0]["expression"].is_string(), "{component}");
        assert!(component["purl"].is_string(), "{component}");
    }
}
