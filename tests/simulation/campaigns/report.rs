//! The rows of the table of results, written by the runs themselves.

use std::path::Path;
use std::sync::Mutex;

use serde_json::{Value, json};

use super::{Campaign, is_long, seed};
use crate::judge::Law;
use crate::revision::tested;

/// What all campaigns of this process saw of status.
static SEEN: Mutex<Seen> = Mutex::new(Seen {
    writes: 0,
    ready: 0,
    lies: 0,
    granted: 0,
    too_wide: 0,
    seconds: 0.0,
});

struct Seen {
    writes: u64,
    /// Those that said Ready.
    ready: u64,
    lies: usize,
    granted: u64,
    too_wide: usize,
    /// How long the campaigns took, each by itself.
    seconds: f64,
}

/// What the rows lean on and nobody has confirmed of AWS.
const ASSUMES: &[&str] = &["AWS refuses a signature that is more than five minutes off. R19 in virtual time leans on it."];

/// Notes a campaign, and writes its row with WRITE=1.
pub fn note(campaign: &Campaign) {
    let mut seen = SEEN.lock().unwrap();
    let seconds = campaign.took().as_secs_f64();
    seen.writes += campaign.samples;
    seen.ready += campaign.ready;
    seen.seconds += seconds;
    seen.granted += campaign.granted;
    let broken = |law: Law| campaign.broken.iter().filter(|(violation, _)| violation.law == law).count();
    seen.lies += broken(Law::Truth);
    seen.too_wide += broken(Law::Permission);
    if std::env::var_os("WRITE").is_none() {
        return;
    }
    let (mut what, mut notes) = (title(campaign.name), campaign.notes.clone());
    if campaign.cases_are.is_none() {
        what = in_virtual_time(campaign.name);
        notes.push(format!("{:.1} virtual hours", campaign.virtually.as_secs_f64() / 3600.0));
        notes.push(format!("{} status writes judged", campaign.samples));
    }
    let unit = campaign.cases_are.unwrap_or("runs");
    let own = row(campaign.row, what, unit, campaign.cases, campaign.broken.len(), seconds, notes);
    let notes = vec![
        format!("{} of them said Ready", seen.ready),
        "every status write of all campaigns of this part".into(),
    ];
    let truth = row(
        "R23",
        in_virtual_time("status is true at every write"),
        "status writes",
        seen.writes,
        seen.lies,
        seen.seconds,
        notes,
    );
    let grants = row(
        "X5",
        in_virtual_time("permissions reach as far as a trigger says, and no further"),
        "permissions",
        seen.granted,
        seen.too_wide,
        seen.seconds,
        vec!["every AddPermission of all campaigns of this part, when it is sent".into()],
    );
    write(&[own, truth, grants]);
}

fn title(name: &str) -> String {
    format!("{}{}", name[..1].to_uppercase(), &name[1..])
}

fn in_virtual_time(name: &str) -> String {
    format!("{} (in virtual time)", title(name))
}

fn row(row: &str, what: String, unit: &str, cases: u64, failures: usize, seconds: f64, notes: Vec<String>) -> Value {
    json!({
        "row": row,
        "what": what,
        "unit": unit,
        "cases": cases,
        "failures": failures,
        "seconds": (seconds * 10.0).round() / 10.0,
        "seed": seed().to_string(),
        "command": if is_long() { "make simulate" } else { "cargo test --test simulation" },
        "notes": notes,
        "date": k8s_openapi::jiff::Timestamp::now().strftime("%Y-%m-%d").to_string(),
        "versions": {"warmlambda": tested(env!("CARGO_MANIFEST_DIR"))},
    })
}

/// Puts rows into the file, in the place of those of the same name.
fn write(rows: &[Value]) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reliability/simulation.json");
    let before = std::fs::read_to_string(&path)
        .ok()
        .and_then(|text| serde_json::from_str::<Value>(&text).ok());
    let mut all = before.and_then(|file| file["rows"].as_array().cloned()).unwrap_or_default();
    let key = |row: &Value| (row["row"].to_string(), row["what"].to_string());
    all.retain(|old| rows.iter().all(|new| key(new) != key(old)));
    all.extend_from_slice(rows);
    all.sort_by_key(key);
    let file = json!({"assumes": ASSUMES, "rows": all});
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, serde_json::to_string_pretty(&file).unwrap() + "\n").unwrap();
}
