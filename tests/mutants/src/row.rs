//! The figures, as rows of `docs/reliability/mutants.json`.

use std::fs;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use k8s_openapi::jiff::Timestamp;
use serde_json::{Value, json};

use crate::bugs::Error;
use crate::revision::tested;
use crate::tree;

/// Puts a row in the place of the one that says the same, or after the others.
///
/// # Errors
/// [`Error::Io`], and [`Error::Other`] when the file cannot be read.
pub fn write(row: &Value) -> Result<(), Error> {
    let file = tree::root().join("docs/reliability/mutants.json");
    let mut page: Value = match fs::read_to_string(&file) {
        Ok(text) => serde_json::from_str(&text).map_err(|error| Error::Other(format!("{}: {error}", file.display())))?,
        Err(_) => json!({"rows": []}),
    };
    let mut row = row.clone();
    let seconds = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map(|time| time.as_secs())
        .unwrap_or_default();
    let today = Timestamp::from_second(i64::try_from(seconds).unwrap_or_default()).unwrap_or_default();
    row["date"] = today.strftime("%Y-%m-%d").to_string().into();
    row["versions"] = json!({"warmlambda": tested(env!("CARGO_MANIFEST_DIR")), "rustc": version("rustc")});
    let mut rows: Vec<_> = page["rows"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|other| other["what"] != row["what"])
        .cloned()
        .collect();
    rows.push(row);
    rows.sort_by_key(|row| row["what"].to_string());
    page["rows"] = rows.into();
    let text = serde_json::to_string_pretty(&page).map_err(|error| Error::Other(error.to_string()))?;
    tree::write(&file, &format!("{text}\n"))?;
    Ok(())
}

/// What a program of Rust's says of its version, without its name.
fn version(program: &str) -> String {
    let said = Command::new(program)
        .arg("--version")
        .output()
        .map(|output| output.stdout)
        .unwrap_or_default();
    let said = String::from_utf8_lossy(&said);
    said.split_whitespace().nth(1).unwrap_or_default().to_owned()
}
