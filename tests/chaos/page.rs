//! The page of the results: `docs/reliability.md`, made of the files that the runs wrote into `docs/reliability/`.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// What one harness found.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// What is believed of AWS without proof, and carries the rows.
    #[serde(default)]
    pub assumes: Vec<String>,
    /// The results.
    pub rows: Vec<Row>,
}

/// One result. Members are in the order of the alphabet, as in the file.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// How many cases there were.
    pub cases: u64,
    /// What runs it again.
    pub command: String,
    /// When it ran.
    pub date: String,
    /// How many cases failed.
    pub failures: u64,
    /// What else is to be known.
    #[serde(default)]
    pub notes: Vec<String>,
    /// Its number.
    pub row: String,
    /// How long it took.
    pub seconds: f64,
    /// What the chance was made of.
    #[serde(default)]
    pub seed: String,
    /// What a case is.
    pub unit: String,
    /// What ran.
    #[serde(default)]
    pub versions: BTreeMap<String, String>,
    /// What was tested.
    pub what: String,
}

const HEAD: &str = "# Reliability

What was made go wrong, how often, and what came of it. The runs write this page: each number is one of theirs, and whoever runs the
command again can compare. What each of them does is in [Design](design.md#how-it-is-tested).

No failure in N cases is no proof that there is none: it says that, with 95 % confidence, fewer than 3/N of such cases fail. That
share is the column *at most*, which is empty for fewer than 30 cases. Cases are not drawn at random from what happens in a cluster,
so it is a measure of the effort and not of your risk. Rows in virtual time run the same controller and clients in one process, on a
clock that jumps; those of `make chaos` run the binary.

";

/// Of fewer cases no share is told.
const FEW: u64 = 30;

/// The page for the files in a folder.
pub fn render(folder: &Path) -> String {
    let parts = parts(folder);
    let mut rows: Vec<_> = parts.values().flat_map(|part| &part.rows).collect();
    rows.sort_by_key(|row| number(&row.row));
    let mut page = String::from(HEAD);
    page.push_str("| row | what | cases | failures | at most |\n| --- | --- | --- | --- | --- |\n");
    for row in &rows {
        let Row {
            row,
            what,
            unit,
            cases,
            failures,
            ..
        } = row;
        let unit = if *cases == 1 { unit.trim_end_matches('s') } else { unit };
        let _ = writeln!(
            page,
            "| {row} | {what} | {} {unit} | {failures} | {} |",
            grouped(*cases),
            bound(*cases, *failures)
        );
    }
    page.push_str("\n## Each row\n");
    for row in &rows {
        tell(&mut page, row);
    }
    page.push_str("\n## Assumed of AWS, and not known\n\nThe runs are against [awssim](awssim.md), not against AWS. They are worth what these are worth:\n\n");
    for assumed in parts.values().flat_map(|part| &part.assumes) {
        let _ = writeln!(page, "- {assumed}");
    }
    page
}

/// What the harnesses found, by the names of their files.
fn parts(folder: &Path) -> BTreeMap<PathBuf, Part> {
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let files = files.filter(|path| path.extension().is_some_and(|extension| extension == "json"));
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).expect("a part can be read");
        let part = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        (path, part)
    };
    files.map(read).collect()
}

fn tell(page: &mut String, row: &Row) {
    let _ = writeln!(page, "\n### {}: {}\n", row.row, row.what);
    let seed = if row.seed.is_empty() {
        String::new()
    } else {
        format!(", seed {}", row.seed)
    };
    let versions: Vec<_> = row.versions.iter().map(|(name, version)| format!("{name} {version}")).collect();
    let _ = writeln!(
        page,
        "`{}` on {}: {:.0} s{seed}. {}.",
        row.command,
        row.date,
        row.seconds,
        versions.join(", ")
    );
    if !row.notes.is_empty() {
        page.push('\n');
    }
    for note in &row.notes {
        let _ = writeln!(page, "- {note}");
    }
}

/// A row's letter and number, in the order in which people count.
fn number(row: &str) -> (String, u32, String) {
    let (letters, digits) = row.split_at(row.find(|c: char| c.is_ascii_digit()).unwrap_or(row.len()));
    (letters.into(), digits.parse().unwrap_or(u32::MAX), row.into())
}

/// The share of cases that fails at most, with 95 % confidence, when none did.
fn bound(cases: u64, failures: u64) -> String {
    match (cases, failures) {
        (0, _) => "nothing is known".into(),
        (1..FEW, 0) => String::new(),
        (_, 0) => {
            let share = 300.0 / cases as f64;
            if share < 0.0001 {
                return "< 0.0001 %".into();
            }
            let digits = if share < 0.01 { 4 } else { 2 };
            format!("{share:.digits$} %")
        }
        _ => "see failures".into(),
    }
}

/// Digits in groups of three.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let first = (digits.len() - 1) % 3 + 1;
    let mut text = digits[..first].to_owned();
    for group in digits.as_bytes()[first..].chunks(3) {
        text.push(',');
        text.push_str(&String::from_utf8_lossy(group));
    }
    text
}
