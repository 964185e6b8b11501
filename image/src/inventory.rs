//! The crates that a binary was built from, as the binary itself says, with what Cargo knows about them.

use std::collections::BTreeMap;

use serde::Deserialize;
use thiserror::Error;

/// What an inventory is read from.
pub struct Source<'a> {
    /// The list that `cargo auditable` put into the binary.
    pub embedded: &'a str,
    /// The output of `cargo metadata`.
    pub metadata: &'a str,
    /// Cargo.lock.
    pub lock: &'a str,
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
    /// The crates of the binary, in the order of its list.
    pub crates: Vec<Crate>,
    /// The certificate authorities.
    pub authorities: Crate,
}

/// Why an inventory cannot be read.
#[derive(Debug, Error)]
pub enum Unreadable {
    /// The list in the binary is not what `cargo auditable` writes.
    #[error("the list in the binary: {0}")]
    Embedded(#[source] serde_json::Error),
    /// The metadata is not what Cargo prints.
    #[error("the metadata: {0}")]
    Metadata(#[source] serde_json::Error),
    /// The list in the binary names a crate of which Cargo knows nothing: it is of another commit.
    #[error("{0} {1} is in the binary and not in the metadata")]
    Unknown(String, String),
    /// Cargo does not know the crate of the certificate authorities.
    #[error("{AUTHORITIES} is not in the metadata")]
    NoAuthorities,
}

#[derive(Deserialize)]
struct Embedded {
    packages: Vec<EmbeddedCrate>,
}

#[derive(Deserialize)]
struct EmbeddedCrate {
    name: String,
    version: String,
    #[serde(default)]
    kind: Kind,
    #[serde(default)]
    root: bool,
    #[serde(default)]
    dependencies: Vec<usize>,
}

#[derive(Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Build,
    #[default]
    Runtime,
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<MetadataCrate>,
}

#[derive(Deserialize)]
struct MetadataCrate {
    name: String,
    version: String,
    license: Option<String>,
}

impl Inventory {
    /// Reads one.
    ///
    /// # Errors
    /// See [`Unreadable`].
    pub fn new(from: &Source<'_>) -> Result<Self, Unreadable> {
        let embedded: Embedded = serde_json::from_str(from.embedded).map_err(Unreadable::Embedded)?;
        let metadata: Metadata = serde_json::from_str(from.metadata).map_err(Unreadable::Metadata)?;
        let known = Known {
            licenses: metadata.packages.into_iter().map(|p| ((p.name, p.version), p.license)).collect(),
            checksums: checksums(from.lock),
        };
        let mut authorities = known.licenses.keys().filter(|(name, _)| name == AUTHORITIES);
        let (name, version) = authorities.next().cloned().ok_or(Unreadable::NoAuthorities)?;
        Ok(Self {
            authorities: known.describe(EmbeddedCrate {
                name,
                version,
                kind: Kind::Runtime,
                root: false,
                dependencies: Vec::new(),
            })?,
            crates: embedded.packages.into_iter().map(|p| known.describe(p)).collect::<Result<_, _>>()?,
        })
    }
}

/// What Cargo knows of crates, by name and version.
struct Known {
    licenses: BTreeMap<(String, String), Option<String>>,
    checksums: BTreeMap<(String, String), String>,
}

impl Known {
    fn describe(&self, package: EmbeddedCrate) -> Result<Crate, Unreadable> {
        let id = (package.name, package.version);
        let Some(license) = self.licenses.get(&id) else {
            return Err(Unreadable::Unknown(id.0, id.1));
        };
        Ok(Crate {
            // Before SPDX expressions, Cargo had a slash for OR.
            license: license.as_ref().map(|l| l.replace(" / ", " OR ").replace('/', " OR ")),
            checksum: self.checksums.get(&id).cloned(),
            only_builds: package.kind == Kind::Build,
            root: package.root,
            depends_on: package.dependencies,
            name: id.0,
            version: id.1,
        })
    }
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
    use super::*;

    const EMBEDDED: &str = r#"{"packages": [
        {"name": "macros", "version": "2.0.0", "source": "crates.io", "kind": "build"},
        {"name": "old", "version": "1.0.0", "source": "crates.io"},
        {"name": "program", "version": "0.1.0", "source": "local", "dependencies": [0, 1], "root": true}
    ]}"#;
    const METADATA: &str = r#"{"packages": [
        {"name": "macros", "version": "2.0.0", "license": "MIT"},
        {"name": "old", "version": "1.0.0", "license": "MIT/Apache-2.0"},
        {"name": "old", "version": "0.9.0", "license": "GPL-3.0-only"},
        {"name": "program", "version": "0.1.0", "license": null},
        {"name": "webpki-root-certs", "version": "1.0.11", "license": "CDLA-Permissive-2.0"}
    ]}"#;
    const LOCK: &str = "version = 4\n\n[[package]]\nname = \"old\"\nversion = \"1.0.0\"\nchecksum = \"aa\"\ndependencies = [\n \"x\",\n]\n\n\
                        [[package]]\nname = \"program\"\nversion = \"0.1.0\"\n";

    fn inventory(metadata: &str) -> Result<Inventory, Unreadable> {
        let (embedded, lock) = (EMBEDDED, LOCK);
        Inventory::new(&Source { embedded, metadata, lock })
    }

    #[test]
    fn each_crate_of_the_binary_has_its_own_licence_and_checksum() {
        let read = inventory(METADATA).unwrap().crates;
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
        let read = inventory(METADATA).unwrap().crates;
        let said: Vec<_> = read.iter().map(|c| (c.only_builds, c.root, c.depends_on.clone())).collect();
        assert_eq!(said, [(true, false, vec![]), (false, false, vec![]), (false, true, vec![0, 1])]);
    }

    #[test]
    fn the_certificate_authorities_have_the_version_that_cargo_resolved() {
        let authorities = inventory(METADATA).unwrap().authorities;
        assert_eq!(
            (authorities.version.as_str(), authorities.license.as_deref()),
            ("1.0.11", Some("CDLA-Permissive-2.0"))
        );
    }

    #[test]
    fn a_binary_of_another_commit_is_refused() {
        let without = METADATA.replace(r#""name": "macros""#, r#""name": "other""#);
        let error = inventory(&without).unwrap_err();
        assert_eq!(error.to_string(), "macros 2.0.0 is in the binary and not in the metadata");
    }
}
