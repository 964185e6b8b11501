//! promtool, installed once by `scripts/tools.sh`.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The root of the repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A folder for the files of one test, empty.
pub fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("monitoring").join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("a folder can be made");
    folder
}

/// The path of a tool, which is installed when it is missing.
pub fn tool(name: &str) -> PathBuf {
    let output = Command::new(root().join("scripts/tools.sh"))
        .arg(name)
        .output()
        .expect("scripts/tools.sh runs");
    assert!(output.status.success(), "no {name}: {}", String::from_utf8_lossy(&output.stderr));
    PathBuf::from(String::from_utf8(output.stdout).expect("a path is text").trim())
}

/// What promtool says to these arguments: `Err` when it is not content.
pub fn promtool(arguments: &[&str]) -> Result<String, String> {
    static TOOL: OnceLock<PathBuf> = OnceLock::new();
    let tool = TOOL.get_or_init(|| tool("promtool"));
    let output = Command::new(tool).args(arguments).output().expect("promtool runs");
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    if output.status.success() { Ok(said) } else { Err(said) }
}

/// Runs a job for each item, a few at once, and gives back what they return in the order of the items.
pub fn in_parallel<T: Sync, R: Send>(items: &[T], job: impl Fn(&T) -> R + Sync) -> Vec<R> {
    const AT_ONCE: usize = 4;
    let job = &job;
    let length = items.len().div_ceil(AT_ONCE).max(1);
    std::thread::scope(|scope| {
        let threads: Vec<_> = items
            .chunks(length)
            .map(|part| scope.spawn(move || part.iter().map(job).collect::<Vec<_>>()))
            .collect();
        threads
            .into_iter()
            .flat_map(|thread| thread.join().expect("no job fails"))
            .collect()
    })
}
