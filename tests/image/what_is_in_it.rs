//! Files, user, labels and size.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;

use serde_json::json;

use crate::layout::{Layout, folder};

/// What the image may weigh in a registry.
const MOST: u64 = 20 * 1024 * 1024;

fn binary() -> PathBuf {
    folder("IMAGE_FOLDER").join("warmlambda")
}

#[test]
#[ignore = "needs the image: make check-image"]
fn it_holds_the_program_and_the_authorities_and_nothing_else() {
    assert_eq!(
        Layout::built().listing(),
        [
            "drwxr-xr-x 0/0 etc/",
            "drwxr-xr-x 0/0 etc/ssl/",
            "drwxr-xr-x 0/0 etc/ssl/certs/",
            "-rw-r--r-- 0/0 etc/ssl/certs/ca-certificates.crt",
            "-rwxr-xr-x 0/0 warmlambda",
        ]
    );
}

#[test]
#[ignore = "needs the image: make check-image"]
fn it_weighs_at_most_20_mib_compressed() {
    let layers = Layout::built().layers();
    let size: u64 = layers
        .iter()
        .map(|layer| std::fs::metadata(layer).expect("a layer is a file").len())
        .sum();
    println!("{size} bytes compressed, {:.1} MiB", size as f64 / 1024.0 / 1024.0);
    assert!(size <= MOST, "{size} bytes are more than {MOST}");
}

#[test]
#[ignore = "needs the image: make check-image"]
fn it_runs_the_operator_as_a_user_without_rights() {
    let config = &Layout::built().config["config"];
    assert_eq!(config["User"], "65532:65532");
    assert_eq!(config["Entrypoint"], json!(["/warmlambda"]));
    assert_eq!(config["Cmd"], json!(["run"]));
    assert_eq!(config["ExposedPorts"], json!({"8080/tcp": {}, "8081/tcp": {}}));
}

#[test]
#[ignore = "needs the image: make check-image"]
fn its_labels_say_what_it_is_and_where_it_comes_from() {
    let config = Layout::built().config;
    let labels = config["config"]["Labels"].as_object().expect("it has labels");
    let head = Command::new("git").args(["rev-parse", "HEAD"]).output().expect("git runs").stdout;
    let head = String::from_utf8(head).expect("a commit is text");
    let source = std::env::var("IMAGE_SOURCE").expect("scripts/check-image.sh says a source");
    let label = |name: &str| {
        labels[&format!("org.opencontainers.image.{name}")]
            .as_str()
            .expect("a label is text")
            .to_owned()
    };
    assert_eq!(label("version"), env!("CARGO_PKG_VERSION"));
    assert_eq!(label("revision"), head.trim());
    assert_eq!(label("licenses"), "Apache-2.0");
    assert_eq!(label("source"), source);
    assert!(label("documentation").starts_with(&source), "{}", label("documentation"));
    assert_eq!(
        label("created"),
        config["created"].as_str().expect("a time"),
        "label and configuration disagree"
    );
    let names: BTreeSet<_> = labels
        .keys()
        .filter_map(|name| name.strip_prefix("org.opencontainers.image."))
        .collect();
    let wanted = [
        "created",
        "description",
        "documentation",
        "licenses",
        "revision",
        "source",
        "title",
        "url",
        "version",
    ];
    assert_eq!(names, BTreeSet::from(wanted));
    assert_eq!(names.len(), labels.len(), "there are others: {labels:?}");
}

#[test]
#[ignore = "needs the image: make check-image"]
fn the_program_needs_no_other_file_to_start() {
    let output = Command::new("readelf")
        .args(["--program-headers", "--dynamic", "--wide"])
        .arg(binary())
        .output();
    let headers = String::from_utf8(output.expect("readelf runs").stdout).expect("it prints text");
    assert!(headers.contains("LOAD"), "{headers}");
    for sign in ["INTERP", "(NEEDED)"] {
        assert!(!headers.contains(sign), "it asks for a file to be loaded:\n{headers}");
    }
}

#[test]
#[ignore = "needs the image: make check-image"]
fn no_path_of_the_machine_that_built_it_is_in_the_program() {
    let content = std::fs::read(binary()).expect("the program can be read");
    let target = env!("CARGO_TARGET_TMPDIR").trim_end_matches("/tmp").to_owned();
    let home = std::env::var("HOME").expect("there is a home");
    for path in [
        env!("CARGO_MANIFEST_DIR").to_owned(),
        target,
        format!("{home}/.cargo"),
        format!("{home}/.rustup"),
    ] {
        let there = content.windows(path.len()).any(|part| part == path.as_bytes());
        assert!(!there, "{path} is in it");
    }
}
