//! The crates that a binary was built from, as Cargo built it.
//!
//! What Cargo compiled is taken, and not what it resolved: features that only tests ask for bring crates into the resolution that are
//! in no binary, and a list with those makes scanners warn of what nobody runs.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// What an inventory is read from.
pub struct Source<'a> {
    /// What `cargo build --message-format=json` printed.
    pub artifacts: &'a str,
    /// What `cargo metadata` printed.
    pub metadata: &'a str,
    /// Cargo.lock.
    pub lock: &'a str,
    /// The target that was built for. What was built for another ran on the machine that builds.
    pub target: &'a str,
}

/// A crate.
#[derive(Debug, PartialEq, Eq)]
pub struct Crate {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its licence as an SPDX expression; absent when it says none.
    pub license: Option<String>,
    /// SHA-256 of what the registry serves; absent for our own.
    pub checksum: Option<String>,
    /// Whether it only took part in the build: derive macros, build scripts.
    pub only_builds: bool,
    /// Whether it is the program itself.
    pub root: bool,
    /// The places in the list of what it depends on.
    pub depends_on: Vec<usize>,
}

/// The crate that [`crate::authorities`] prints: it is in the image, but not in the binary.
const AUTHORITIES: &str = "webpki-root-certs";

/// What is in the image and comes from crates.
#[derive(Debug)]
pub struct Inventory {
    /// The crates of the binary, by name and version.
    pub crates: Vec<Crate>,
    /// The certificate authorities.
    pub authorities: Crate,
}

/// Why an inventory cannot be read.
#[derive(Debug, Error)]
pub enum Unreadable {
    /// A line is not what Cargo prints when it builds.
    #[error("the artifacts: {0}")]
    Artifacts(#[source] serde_json::Error),
    /// The metadata is not what Cargo prints.
    #[error("the metadata: {0}")]
    Metadata(#[source] serde_json::Error),
    /// The artifacts name a package that the metadata do not: they are of another commit.
    #[error("{0} was built and is not in the metadata")]
    Unknown(String),
    /// Cargo does not know the crate of the certificate authorities.
    #[error("{AUTHORITIES} is not in the metadata")]
    NoAuthorities,
}

#[derive(Deserialize)]
#[serde(tag = "reason", rename_all = "kebab-case")]
enum Message {
    CompilerArtifact(Artifact),
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct Artifact {
    package_id: String,
    target: ArtifactTarget,
    filenames: Vec<String>,
}

#[derive(Deserialize)]
struct ArtifactTarget {
    kind: Vec<String>,
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    resolve: Resolve,
}

#[derive(Deserialize)]
struct Package {
    id: String,
    name: String,
    version: String,
    license: Option<String>,
}

#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    deps: Vec<Edge>,
}

#[derive(Deserialize)]
struct Edge {
    pkg: String,
    dep_kinds: Vec<EdgeKind>,
}

#[derive(Deserialize)]
struct EdgeKind {
    kind: Option<String>,
}

/// What was compiled, by Cargo's name of the package.
#[derive(Default)]
struct Built {
    all: BTreeSet<String>,
    linked: BTreeSet<String>,
    roots: BTreeSet<String>,
}

impl Built {
    fn read(from: &Source<'_>) -> Result<Self, Unreadable> {
        let mut built = Self::default();
        let folder = format!("/{}/", from.target);
        for line in from.artifacts.lines().filter(|line| !line.is_empty()) {
            let Message::CompilerArtifact(artifact) = serde_json::from_str(line).map_err(Unreadable::Artifacts)? else {
                continue;
            };
            if artifact.filenames.iter().any(|file| file.contains(&folder)) {
                built.linked.insert(artifact.package_id.clone());
            }
            if artifact.target.kind.iter().any(|kind| kind == "bin") {
                built.roots.insert(artifact.package_id.clone());
            }
            built.all.insert(artifact.package_id);
        }
        Ok(built)
    }
}

impl Inventory {
    /// Reads one.
    ///
    /// # Errors
    /// See [`Unreadable`].
    pub fn new(from: &Source<'_>) -> Result<Self, Unreadable> {
        let built = Built::read(from)?;
        let metadata: Metadata = serde_json::from_str(from.metadata).map_err(Unreadable::Metadata)?;
        let checksums = checksums(from.lock);
        let edges: BTreeMap<_, _> = metadata.resolve.nodes.iter().map(|node| (&node.id, &node.deps)).collect();
        let mut packages: Vec<_> = metadata.packages.iter().filter(|package| built.all.contains(&package.id)).collect();
        packages.sort_by_key(|package| (&package.name, &package.version));
        let places: BTreeMap<_, _> = packages.iter().enumerate().map(|(place, package)| (&package.id, place)).collect();
        if let Some(unknown) = built.all.iter().find(|id| !places.contains_key(id)) {
            return Err(Unreadable::Unknown(unknown.clone()));
        }
        let depends_on = |id: &String| {
            let needed = edges
                .get(id)
                .into_iter()
                .flat_map(|deps| deps.iter())
                .filter(|edge| !edge.is_for_tests());
            let places: BTreeSet<_> = needed.filter_map(|edge| places.get(&edge.pkg).copied()).collect();
            places.into_iter().collect()
        };
        let described = |package: &Package| Crate {
            license: package.license.as_ref().map(|license| spdx(license)),
            checksum: checksums.get(&(package.name.clone(), package.version.clone())).cloned(),
            only_builds: built.all.contains(&package.id) && !built.linked.contains(&package.id),
            root: built.roots.contains(&package.id),
            depends_on: depends_on(&package.id),
            name: package.name.clone(),
            version: package.version.clone(),
        };
        let authorities = metadata.packages.iter().find(|package| package.name == AUTHORITIES);
        Ok(Self {
            authorities: described(authorities.ok_or(Unreadable::NoAuthorities)?),
            crates: packages.into_iter().map(described).collect(),
        })
    }

    /// The list as `cargo auditable` puts it into binaries, where scanners look for it: JSON, compressed with zlib.
    ///
    /// # Errors
    /// None that can happen: all of it is text.
    pub fn embedded(&self) -> Result<Vec<u8>, serde_json::Error> {
        let packages = self.crates.iter().map(|package| EmbeddedCrate {
            name: &package.name,
            version: &package.version,
            source: if package.checksum.is_some() { "crates.io" } else { "local" },
            kind: if package.only_builds { "build" } else { "runtime" },
            dependencies: &package.depends_on,
            root: package.root,
        });
        let list = Embedded {
            packages: packages.collect(),
        };
        Ok(miniz_oxide::deflate::compress_to_vec_zlib(&serde_json::to_vec(&list)?, 9))
    }
}

#[derive(Serialize)]
struct Embedded<'a> {
    packages: Vec<EmbeddedCrate<'a>>,
}

#[derive(Serialize)]
struct EmbeddedCrate<'a> {
    name: &'a str,
    version: &'a str,
    source: &'static str,
    kind: &'static str,
    dependencies: &'a [usize],
    root: bool,
}

impl Edge {
    fn is_for_tests(&self) -> bool {
        self.dep_kinds.iter().all(|kind| kind.kind.as_deref() == Some("dev"))
    }
}

/// Before SPDX expressions, Cargo had a slash for OR.
fn spdx(license: &str) -> String {
    license.replace(" / ", " OR ").replace('/', " OR ")
}

/// The checksum of each crate that has one, by name and version.
fn checksums(lock: &str) -> BTreeMap<(String, String), String> {
    let packages = lock.split("[[package]]").skip(1);
    packages
        .filter_map(|package| {
            let field = |name: &str| {
                let lines = package.lines().filter_map(|line| line.split_once(" = "));
                let mut values = lines
                    .filter(|(key, _)| *key == name)
                    .map(|(_, value)| value.trim_matches('"').to_owned());
                values.next()
            };
            Some(((field("name")?, field("version")?), field("checksum")?))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const LOCK: &str = "version = 4\n\n[[package]]\nname = \"old\"\nversion = \"1.0.0\"\nchecksum = \"aa\"\ndependencies = [\n \"x\",\n]\n\n\
                        [[package]]\nname = \"program\"\nversion = \"0.1.0\"\n";

    /// A program with a derive macro and a library, of which `cargo metadata` says that tests need something more.
    fn metadata() -> Value {
        let package =
            |id: &str, name: &str, version: &str, license: Value| json!({"id": id, "name": name, "version": version, "license": license});
        let edge = |id: &str, kind: Value| json!({"pkg": id, "dep_kinds": [{"kind": kind}]});
        json!({
            "packages": [
                package("p", "program", "0.1.0", Value::Null),
                package("m", "macros", "2.0.0", "MIT".into()),
                package("o", "old", "1.0.0", "MIT/Apache-2.0".into()),
                package("o9", "old", "0.9.0", "GPL-3.0-only".into()),
                package("t", "for-tests", "1.0.0", "MIT".into()),
                package("w", "webpki-root-certs", "1.0.11", "CDLA-Permissive-2.0".into()),
            ],
            "resolve": {"nodes": [
                {"id": "p", "deps": [edge("m", Value::Null), edge("o", Value::Null), edge("t", Value::Null)]},
                {"id": "o", "deps": [edge("m", "dev".into())]},
            ]},
        })
    }

    fn artifact(id: &str, kind: &str, file: &str) -> String {
        json!({"reason": "compiler-artifact", "package_id": id, "target": {"kind": [kind]}, "filenames": [file]}).to_string()
    }

    fn inventory(metadata: &Value) -> Result<Inventory, Unreadable> {
        let artifacts = [
            artifact("m", "proc-macro", "/target/release/deps/libmacros.so"),
            artifact("o", "custom-build", "/target/release/build/old/build-script-build"),
            json!({"reason": "build-script-executed", "package_id": "o"}).to_string(),
            artifact("o", "lib", "/target/linux/release/deps/libold.rlib"),
            artifact("p", "bin", "/target/linux/release/program"),
            json!({"reason": "build-finished", "success": true}).to_string(),
        ];
        Inventory::new(&Source {
            artifacts: &artifacts.join("\n"),
            metadata: &metadata.to_string(),
            lock: LOCK,
            target: "linux",
        })
    }

    #[test]
    fn what_was_compiled_is_listed_with_its_own_licence_and_checksum() {
        let read = inventory(&metadata()).unwrap().crates;
        let said: Vec<_> = read
            .iter()
            .map(|c| (c.name.as_str(), c.license.as_deref(), c.checksum.as_deref()))
            .collect();
        assert_eq!(
            said,
            [
                ("macros", Some("MIT"), None),
                ("old", Some("MIT OR Apache-2.0"), Some("aa")),
                ("program", None, None)
            ]
        );
    }

    #[test]
    fn what_only_takes_part_in_the_build_is_told_from_what_is_in_the_binary() {
        let read = inventory(&metadata()).unwrap().crates;
        let said: Vec<_> = read.iter().map(|c| (c.only_builds, c.root, c.depends_on.clone())).collect();
        assert_eq!(said, [(true, false, vec![]), (false, false, vec![]), (false, true, vec![0, 1])]);
    }

    #[test]
    fn the_certificate_authorities_have_the_version_that_cargo_resolved() {
        let authorities = inventory(&metadata()).unwrap().authorities;
        assert_eq!(
            (authorities.version.as_str(), authorities.license.as_deref()),
            ("1.0.11", Some("CDLA-Permissive-2.0"))
        );
        assert!(!authorities.only_builds, "they are in the image");
    }

    #[test]
    fn artifacts_of_another_commit_are_refused() {
        let without = json!({"packages": [], "resolve": {"nodes": []}});
        assert_eq!(
            inventory(&without).unwrap_err().to_string(),
            "m was built and is not in the metadata"
        );
    }
}
