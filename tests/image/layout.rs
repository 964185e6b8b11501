//! The image as an OCI layout: a folder with an index and blobs.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// A folder that `scripts/check-image.sh` names.
pub fn folder(variable: &str) -> PathBuf {
    std::env::var_os(variable)
        .unwrap_or_else(|| panic!("{variable} is not set: run `make check-image`"))
        .into()
}

/// The image.
pub struct Layout {
    folder: PathBuf,
    /// Its manifest.
    pub manifest: Value,
    /// Its configuration.
    pub config: Value,
}

impl Layout {
    /// Reads the one that was built.
    pub fn built() -> Self {
        let folder = folder("IMAGE_LAYOUT");
        let read = |path: PathBuf| -> Value {
            let text = std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
            serde_json::from_slice(&text).expect("it is JSON")
        };
        let index = read(folder.join("index.json"));
        let manifest = read(blob(&folder, &index["manifests"][0]));
        let config = read(blob(&folder, &manifest["config"]));
        Self { folder, manifest, config }
    }

    /// The compressed layers.
    pub fn layers(&self) -> Vec<PathBuf> {
        let layers = self.manifest["layers"].as_array().expect("a manifest has layers");
        layers.iter().map(|layer| blob(&self.folder, layer)).collect()
    }

    /// Unpacks the layers into a folder that is made anew, with owners and modes as they are.
    pub fn unpack(&self, into: &Path) {
        let _ = std::fs::remove_dir_all(into);
        std::fs::create_dir_all(into).expect("a folder can be made");
        for layer in self.layers() {
            tar(&[
                "--extract",
                "--same-owner",
                "--same-permissions",
                "--directory",
                &text(into),
                "--file",
                &text(&layer),
            ]);
        }
    }

    /// A line for each file and folder of the layers: mode, owner, name.
    pub fn listing(&self) -> Vec<String> {
        let listed = self.layers().into_iter().flat_map(|layer| {
            let lines = tar(&["--list", "--verbose", "--numeric-owner", "--file", &text(&layer)]);
            let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
            // Mode, owner, size, day, time, name.
            lines
                .lines()
                .map(words)
                .map(|w| format!("{} {} {}", w[0], w[1], w[5]))
                .collect::<Vec<_>>()
        });
        listed.collect()
    }
}

fn blob(folder: &Path, descriptor: &Value) -> PathBuf {
    let digest = descriptor["digest"].as_str().expect("a descriptor has a digest");
    folder.join("blobs").join(digest.replace(':', "/"))
}

fn text(path: &Path) -> String {
    path.to_str().expect("paths are text").to_owned()
}

fn tar(arguments: &[&str]) -> String {
    let output = Command::new("tar").args(arguments).output().expect("tar runs");
    assert!(output.status.success(), "tar: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("names are text")
}
