//! What the house rules promise about its rooms.
// A test fails by panicking, with a message that says what was expected.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::fs;
use std::path::{Path, PathBuf};

fn rust_files(folder: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display())) {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                found.push(path);
            }
        }
    }
    assert!(!found.is_empty(), "{folder} has no Rust files");
    found
}

#[test]
fn the_plan_is_pure() {
    for file in rust_files("src/plan") {
        let text = fs::read_to_string(&file).unwrap();
        for word in [
            "tokio",
            "aws_sdk",
            "kube::Client",
            "now(",
            "async ",
            "std::env",
            "std::fs",
            "rand::",
            "HashMap",
            "SystemTime",
        ] {
            assert!(
                !text.contains(word),
                "{} names {word}: time and I/O come in as arguments",
                file.display()
            );
        }
    }
}

#[test]
fn only_the_aws_folder_names_an_sdk() {
    for file in rust_files("src").into_iter().filter(|f| !f.to_string_lossy().contains("/src/aws/")) {
        let text = fs::read_to_string(&file).unwrap();
        // Traces go out through the SDK's HTTP client, so that there is no second one; no call of AWS is made there.
        let http_alone = file.ends_with("src/telemetry/collector.rs");
        assert!(
            !text.contains("aws_sdk_") && (http_alone || !text.contains("aws_smithy")),
            "{} names an SDK of AWS",
            file.display()
        );
    }
}

#[test]
fn no_file_is_longer_than_600_lines() {
    for file in rust_files("src").into_iter().chain(rust_files("tests")) {
        let lines = fs::read_to_string(&file).unwrap().lines().count();
        assert!(lines <= 600, "{} has {lines} lines", file.display());
    }
}

#[test]
fn the_program_is_wired_in_less_than_100_lines() {
    let main = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/main.rs");
    let lines = fs::read_to_string(main).unwrap().lines().count();
    assert!(lines <= 100, "src/main.rs has {lines} lines");
}
