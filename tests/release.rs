//! scripts/release.sh makes of a tag what a release publishes.
// A test fails by panicking, with a message that says what was expected.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const VERSION: &str = env!("CARGO_PKG_VERSION");
const DIGEST: &str = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
/// How charts and manifests name the image of that digest.
const IMAGE: &str = "registry.test/team/warmlambda@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// A copy of what the script reads, in which a changelog speaks of this version.
struct Copy(PathBuf);

impl Copy {
    fn new(name: &str) -> Self {
        let copy = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("release-{name}"));
        let _ = std::fs::remove_dir_all(&copy);
        std::fs::create_dir_all(&copy).unwrap();
        let copied = Command::new("cp")
            .args(["-R", "Cargo.toml", "charts", "dist", "scripts"])
            .arg(&copy)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .status();
        assert!(copied.unwrap().success());
        let copy = Self(copy);
        copy.write(
            "CHANGELOG.md",
            &format!("# Changelog\n\n## Unreleased\n- later\n\n## {VERSION} (2026-01-31)\n\n### Added\n- this\n\n## 0.0.1 (2026-01-01)\n- before\n"),
        );
        copy
    }

    fn write(&self, path: &str, text: &str) {
        std::fs::write(self.0.join(path), text).unwrap();
    }

    /// Replaces a text in a file that must have it.
    fn replace(&self, path: &str, old: &str, new: &str) {
        let text = std::fs::read_to_string(self.0.join(path)).unwrap();
        assert!(text.contains(old), "{path} has no {old:?}");
        self.write(path, &text.replace(old, new));
    }

    fn release(&self, arguments: &[&str]) -> Output {
        let script = self.0.join("scripts/release.sh");
        Command::new(script).args(arguments).output().unwrap()
    }

    /// What it says about the tag of this version; empty when it has no objection.
    fn objection(&self) -> String {
        let output = self.release(&["version", &format!("v{VERSION}")]);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.success(), said.is_empty(), "{said}");
        said
    }
}

fn text(output: Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_tag_is_taken_only_when_everything_is_of_its_version() {
    assert_eq!(Copy::new("version").objection(), "");
    let version = format!("version: {VERSION}");
    for (path, old, reason) in [
        ("Cargo.toml", format!("version = \"{VERSION}\""), "Cargo.toml says 9.9.9"),
        (
            "charts/warmlambda/Chart.yaml",
            format!("\n{version}"),
            "charts/warmlambda/Chart.yaml says version 9.9.9",
        ),
        (
            "charts/warmlambda-crds/Chart.yaml",
            format!("\n{version}"),
            "charts/warmlambda-crds/Chart.yaml says version 9.9.9",
        ),
        ("dist/install.yaml", format!("warmlambda:{VERSION}"), "dist/install.yaml is not of"),
        ("CHANGELOG.md", format!("## {VERSION}"), "CHANGELOG.md has no section"),
    ] {
        let copy = Copy::new("version");
        copy.replace(path, &old, &old.replace(VERSION, "9.9.9"));
        let objection = copy.objection();
        assert!(objection.contains(reason), "{path}: {objection:?} does not say {reason:?}");
    }
}

#[test]
fn the_notes_are_what_the_changelog_says_of_the_version() {
    let notes = text(Copy::new("notes").release(&["notes", &format!("v{VERSION}")]));
    assert_eq!(notes, "### Added\n- this\n");
}

#[test]
fn charts_and_manifests_of_a_release_run_the_image_that_was_signed() {
    let copy = Copy::new("files");
    let to = copy.0.join("files");
    let to = to.to_str().unwrap();
    text(copy.release(&["files", &format!("v{VERSION}"), "registry.test", "team/warmlambda", DIGEST, to]));
    let mut files: Vec<_> = std::fs::read_dir(to)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    let charts = [format!("warmlambda-{VERSION}.tgz"), format!("warmlambda-crds-{VERSION}.tgz")];
    assert_eq!(files, ["crds.yaml", "install.yaml", &charts[0], &charts[1]]);

    let helm = text(
        Command::new("scripts/tools.sh")
            .arg("helm4")
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .unwrap(),
    );
    let chart = format!("{to}/{}", charts[0]);
    let rendered = text(Command::new(helm.trim()).args(["template", "warmlambda", &chart]).output().unwrap());
    let manifest = std::fs::read_to_string(format!("{to}/install.yaml")).unwrap();
    for manifests in [rendered, manifest] {
        let images: Vec<_> = manifests.lines().filter_map(|line| line.trim().strip_prefix("image: ")).collect();
        assert!(
            !images.is_empty() && images.iter().all(|image| image.trim_matches('"') == IMAGE),
            "{images:?}"
        );
    }
}

#[test]
fn a_release_without_a_digest_is_refused() {
    let copy = Copy::new("digest");
    let to = copy.0.join("files");
    let output = copy.release(&[
        "files",
        &format!("v{VERSION}"),
        "registry.test",
        "team/warmlambda",
        "latest",
        to.to_str().unwrap(),
    ]);
    assert!(String::from_utf8(output.stderr).unwrap().contains("latest is no digest"));
    assert!(!to.exists());
}
