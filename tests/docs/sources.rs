//! The files of the repository, as text.

use std::path::{Path, PathBuf};

/// The root of the repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file below a folder.
pub fn below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display())) {
            let path = entry.expect("a folder can be read to its end").path();
            if path.is_dir() {
                open.push(path);
            } else {
                found.push(path);
            }
        }
    }
    found
}

/// Every file below a folder with this extension, relative to the root, in order.
pub fn files(folder: &str, extension: &str) -> Vec<PathBuf> {
    let all = below(&root().join(folder)).into_iter();
    let mut found: Vec<_> = all
        .filter(|path| path.extension().is_some_and(|e| e == extension))
        .map(|path| path.strip_prefix(root()).expect("it is below the root").to_owned())
        .collect();
    found.sort();
    found
}

/// Path and text of each Rust file of the operator, of its tests, and of awssim; not of the tests of the documentation, which
/// name things that do not exist.
pub fn rust() -> Vec<(PathBuf, String)> {
    let all = files("src", "rs").into_iter().chain(files("tests", "rs"));
    all.filter(|path| !path.starts_with("tests/docs"))
        .map(|path| {
            let text = std::fs::read_to_string(root().join(&path)).expect("a source file can be read");
            (path, text)
        })
        .collect()
}
