//! The bill of materials, as CycloneDX 1.6 (ECMA-424).

use std::fmt::Write;
use std::str::FromStr;

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::inventory::{Crate, Inventory};

/// The whole document.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Bill {
    bom_format: &'static str,
    spec_version: &'static str,
    serial_number: String,
    version: u32,
    metadata: Metadata,
    components: Vec<Component>,
    dependencies: Vec<Dependencies>,
}

#[derive(Debug, Serialize)]
struct Metadata {
    timestamp: String,
    component: Component,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
struct Component {
    r#type: &'static str,
    bom_ref: String,
    name: String,
    version: String,
    scope: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    hashes: Vec<Hash>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    licenses: Vec<License>,
    #[serde(skip_serializing_if = "Option::is_none")]
    purl: Option<String>,
}

#[derive(Debug, Serialize)]
struct Hash {
    alg: &'static str,
    content: String,
}

#[derive(Debug, Serialize)]
struct License {
    expression: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Dependencies {
    r#ref: String,
    depends_on: Vec<String>,
}

/// Something that is linked into the binary and is no crate: the C library, Rust's own libraries.
#[derive(Clone, Debug)]
pub struct Linked {
    name: String,
    version: String,
    license: String,
    purl: String,
}

impl FromStr for Linked {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let words: Vec<_> = text.split(' ').collect();
        let [name, version, license, purl] = words[..] else {
            return Err("wanted: name, version, licence and package URL, separated by spaces".to_owned());
        };
        Ok(Self {
            name: name.to_owned(),
            version: version.to_owned(),
            license: license.replace('_', " "),
            purl: purl.to_owned(),
        })
    }
}

/// How the image itself is called within the document.
const IMAGE: &str = "image";

impl Bill {
    /// The bill of a binary; `created` is in RFC 3339.
    pub fn new(inventory: &Inventory, binary: &[u8], created: &str, linked: &[Linked]) -> Self {
        let hash = hex(&Sha256::digest(binary));
        let mut components: Vec<_> = inventory.crates.iter().map(|package| Component::of_crate(package, &hash)).collect();
        components.extend(linked.iter().map(Component::of_linked));
        components.push(Component::of_crate(&inventory.authorities, &hash));
        Self {
            bom_format: "CycloneDX",
            spec_version: "1.6",
            serial_number: serial_number(&hash),
            version: 1,
            metadata: Metadata {
                timestamp: created.to_owned(),
                component: Component::of_image(inventory),
            },
            components,
            dependencies: dependencies(inventory, linked),
        }
    }
}

/// Who needs whom: the image the program and the authorities, the program and each crate what Cargo says.
fn dependencies(inventory: &Inventory, linked: &[Linked]) -> Vec<Dependencies> {
    let urls: Vec<_> = inventory.crates.iter().map(package_url).collect();
    let roots = inventory.crates.iter().filter(|package| package.root).map(package_url);
    let image = Dependencies {
        r#ref: IMAGE.to_owned(),
        depends_on: roots.chain([package_url(&inventory.authorities)]).collect(),
    };
    let crates = inventory.crates.iter().map(|package| {
        let needed = package.depends_on.iter().filter_map(|place| urls.get(*place).cloned());
        let libraries = linked.iter().filter(|_| package.root).map(|library| library.purl.clone());
        Dependencies {
            r#ref: package_url(package),
            depends_on: needed.chain(libraries).collect(),
        }
    });
    [image].into_iter().chain(crates).collect()
}

impl Component {
    /// The program itself has the hash of the binary, so that the bill can be held against what runs.
    fn of_crate(package: &Crate, binary: &str) -> Self {
        let hash = if package.root { Some(binary) } else { package.checksum.as_deref() };
        Self {
            r#type: if package.root { "application" } else { "library" },
            bom_ref: package_url(package),
            name: package.name.clone(),
            version: package.version.clone(),
            scope: if package.only_builds { "excluded" } else { "required" },
            hashes: hash.map(Hash::sha256).into_iter().collect(),
            licenses: package.license.as_deref().map(License::new).into_iter().collect(),
            purl: Some(package_url(package)),
        }
    }

    fn of_linked(linked: &Linked) -> Self {
        Self {
            r#type: "library",
            bom_ref: linked.purl.clone(),
            name: linked.name.clone(),
            version: linked.version.clone(),
            scope: "required",
            hashes: Vec::new(),
            licenses: vec![License::new(&linked.license)],
            purl: Some(linked.purl.clone()),
        }
    }

    fn of_image(inventory: &Inventory) -> Self {
        let root = inventory.crates.iter().find(|package| package.root);
        Self {
            r#type: "container",
            bom_ref: IMAGE.to_owned(),
            name: root.map(|package| package.name.clone()).unwrap_or_default(),
            version: root.map(|package| package.version.clone()).unwrap_or_default(),
            scope: "required",
            hashes: Vec::new(),
            licenses: root
                .and_then(|package| package.license.as_deref())
                .map(License::new)
                .into_iter()
                .collect(),
            purl: None,
        }
    }
}

impl Hash {
    fn sha256(content: &str) -> Self {
        Self {
            alg: "SHA-256",
            content: content.to_owned(),
        }
    }
}

impl License {
    fn new(expression: &str) -> Self {
        Self {
            expression: expression.to_owned(),
        }
    }
}

/// How scanners name a crate.
fn package_url(package: &Crate) -> String {
    // A version may have build metadata behind a plus, which is a space in a URL.
    format!("pkg:cargo/{}@{}", package.name, package.version.replace('+', "%2B"))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// A UUID that is a function of the binary (version 8 of RFC 9562), so that the same binary has the same bill.
fn serial_number(hash: &str) -> String {
    format!(
        "urn:uuid:{}-{}-8{}-8{}-{}",
        &hash[..8],
        &hash[8..12],
        &hash[13..16],
        &hash[17..20],
        &hash[20..32]
    )
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn package(name: &str, version: &str) -> Crate {
        Crate {
            name: name.to_owned(),
            version: version.to_owned(),
            license: Some("MIT".to_owned()),
            checksum: Some("aa".to_owned()),
            only_builds: false,
            root: false,
            depends_on: Vec::new(),
        }
    }

    /// The bill of a program that depends on a library and a derive macro.
    fn bill() -> Value {
        let mut macros = package("macros", "2.0.0+spec-1");
        macros.only_builds = true;
        let mut program = package("program", "0.1.0");
        program.root = true;
        program.checksum = None;
        program.depends_on = vec![0, 1];
        let inventory = Inventory {
            crates: vec![macros, package("library", "1.0.0"), program],
            authorities: package("roots", "1.0.11"),
        };
        let libc: Linked = "glibc 2.36 LGPL-2.1-or-later_AND_BSD-3-Clause pkg:generic/glibc@2.36"
            .parse()
            .unwrap();
        serde_json::to_value(Bill::new(&inventory, b"ELF", "2026-01-01T00:00:00Z", &[libc])).unwrap()
    }

    #[test]
    fn everything_in_the_image_is_a_component_with_its_licence() {
        let bill = bill();
        let components = bill["components"].as_array().unwrap().iter();
        let said = components.map(|c| json!([c["type"], c["purl"], c["scope"], c["licenses"][0]["expression"]]));
        assert_eq!(
            said.collect::<Vec<_>>(),
            [
                json!(["library", "pkg:cargo/macros@2.0.0%2Bspec-1", "excluded", "MIT"]),
                json!(["library", "pkg:cargo/library@1.0.0", "required", "MIT"]),
                json!(["application", "pkg:cargo/program@0.1.0", "required", "MIT"]),
                json!([
                    "library",
                    "pkg:generic/glibc@2.36",
                    "required",
                    "LGPL-2.1-or-later AND BSD-3-Clause"
                ]),
                json!(["library", "pkg:cargo/roots@1.0.11", "required", "MIT"]),
            ]
        );
    }

    #[test]
    fn the_program_has_the_hash_of_the_binary_and_a_crate_that_of_the_registry() {
        let bill = bill();
        let content = |place: usize| &bill["components"][place]["hashes"][0]["content"];
        assert_eq!(content(2), &json!(hex(&Sha256::digest(b"ELF"))));
        assert_eq!(content(1), "aa");
    }

    #[test]
    fn the_image_needs_program_and_authorities_and_the_program_what_is_linked() {
        let bill = bill();
        let of = |name: &str| {
            let all = bill["dependencies"].as_array().unwrap();
            all.iter().find(|d| d["ref"] == name).unwrap()["dependsOn"].clone()
        };
        assert_eq!(of("image"), json!(["pkg:cargo/program@0.1.0", "pkg:cargo/roots@1.0.11"]));
        assert_eq!(
            of("pkg:cargo/program@0.1.0"),
            json!([
                "pkg:cargo/macros@2.0.0%2Bspec-1",
                "pkg:cargo/library@1.0.0",
                "pkg:generic/glibc@2.36"
            ])
        );
    }

    #[test]
    fn the_serial_number_is_a_uuid_and_the_same_for_the_same_binary() {
        let number = bill()["serialNumber"].as_str().unwrap().to_owned();
        assert_eq!(bill()["serialNumber"], number.as_str());
        let parts: Vec<_> = number.strip_prefix("urn:uuid:").unwrap().split('-').map(str::len).collect();
        assert_eq!(parts, [8, 4, 4, 4, 12]);
    }
}
