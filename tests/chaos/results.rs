//! The rows of the results that these runs are.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use k8s_openapi::jiff::Timestamp;

use crate::classes::{CLASSES, left_out};
use crate::page::{Part, Row, render};
use crate::stage::Cluster;
use crate::tally::Tally;

/// What the rows lean on.
const ASSUMES: [&str; 3] = [
    "A request that was sent reaches AWS within the window for late arrivals (`--late-arrival-window`, 6 minutes), or not at all. AWS says of signed requests that in most cases they must arrive within five minutes. R2 and R3 lean on it.",
    "What AWS answers to a read shows every write that it has carried out, apart from what [awssim](awssim.md) delays by its settings. R1, R2 and R3 lean on it.",
    "A request that is delivered twice is carried out twice, with the answers that awssim gives. R3 leans on it.",
];

/// Where the results are.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reliability")
}

/// Writes the page from what is there.
pub fn write_page() {
    std::fs::write(folder().with_extension("md"), render(&folder())).expect("docs/reliability.md can be written");
}

/// Writes what the runs of all classes showed, and the page.
pub async fn write(tallies: &[Tally], calls: &BTreeMap<&'static str, (usize, usize)>) {
    let part = Part {
        assumes: ASSUMES.map(str::to_owned).to_vec(),
        rows: rows(tallies, calls, versions().await),
    };
    let text = serde_json::to_string_pretty(&part).expect("rows are JSON") + "\n";
    std::fs::create_dir_all(folder()).expect("a folder can be made");
    std::fs::write(folder().join("chaos.json"), text).expect("docs/reliability/chaos.json can be written");
    write_page();
}

async fn versions() -> BTreeMap<String, String> {
    let server = Cluster::shared().await.version().await;
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    BTreeMap::from([
        ("cores".into(), cores.to_string()),
        ("kube-apiserver".into(), server),
        ("load average".into(), load.split(' ').next().unwrap_or_default().into()),
        ("warmlambda".into(), env!("CARGO_PKG_VERSION").into()),
    ])
}

fn rows(tallies: &[Tally], calls: &BTreeMap<&'static str, (usize, usize)>, versions: BTreeMap<String, String>) -> Vec<Row> {
    let of_row = |row: &str| {
        let classes = CLASSES
            .iter()
            .filter(|class| class.row == row)
            .map(|class| class.name)
            .collect::<Vec<_>>();
        tallies
            .iter()
            .filter(|tally| classes.contains(&tally.name))
            .fold(Tally::new(""), Tally::join)
    };
    let (crashes, lost, late) = (of_row("R1"), of_row("R2"), of_row("R3"));
    let all = tallies.iter().fold(Tally::new(""), Tally::join);
    let row = |row: &str, what: &str, unit: &str, (cases, failures): (u64, u64), seconds: f64, notes: Vec<String>| Row {
        cases,
        command: "make chaos".into(),
        date: Timestamp::now().strftime("%Y-%m-%d").to_string(),
        failures,
        notes,
        row: row.into(),
        seconds: (seconds * 10.0).round() / 10.0,
        seed: String::new(),
        unit: unit.into(),
        versions: versions.clone(),
        what: what.into(),
    };
    let by_oracle = |oracle: &str| all.by_oracle.get(oracle).copied().unwrap_or_default();
    let (samples, ready, overtaken) = all.claims;
    vec![
        row("R1", "Killed at every call", "crash points", (crashes.runs, crashes.bad), crashes.seconds, of_crashes(&crashes, calls)),
        row("R2", "Lost answers, and refusals", "runs", (lost.runs, lost.bad), lost.seconds, of_lost(tallies)),
        row("R3", "Late and double arrival", "runs", (late.runs, late.bad), late.seconds, left_out()),
        row("R14", "Users are served", "requests", all.probes, all.seconds, vec![of_users()]),
        row("R23", "Status is true", "writes of status", (samples, by_oracle("O5")), all.seconds, vec![
            format!("{ready} of them said Ready; {overtaken} of these were true until somebody else changed AWS, at most 3 s before."),
        ]),
        row("X12", "Secrets stay secret", "texts", (all.texts, by_oracle("O7")), all.seconds, vec![
            "Logs, objects, events and metrics were searched for the AWS secret key, the session token and the token of the service account.".into(),
        ]),
    ]
}

fn of_crashes(crashes: &Tally, calls: &BTreeMap<&'static str, (usize, usize)>) -> Vec<String> {
    let scenarios: Vec<_> = calls
        .iter()
        .map(|(name, (calls, writes))| format!("{name} {calls} ({writes} writes)"))
        .collect();
    let half_and_most = |of: fn(&crate::oracles::recovery::Recovery) -> u64| (crashes.percentile(50, of), crashes.percentile(99, of));
    let (own, lease, quiet, aws) = (
        half_and_most(|recovery| recovery.own),
        half_and_most(|recovery| recovery.lease),
        half_and_most(|recovery| recovery.quiet),
        half_and_most(|recovery| recovery.aws),
    );
    vec![
        format!("Calls to AWS and to Kubernetes, reads included, by scenario: {}.", scenarios.join(", ")),
        "At each the process is killed before the request is sent, after it was carried out, and after the answer. Renewals of the lease come with the clock and are no points; the first write of the lease is one.".into(),
        format!("Recovery, from when the next process may write to the end, without the time in which AWS is at work: p50 {} ms, p99 {} ms.", own.0, own.1),
        format!("Beside it, p50 and p99 in ms: rest of the old lease {} and {}, quiet time of a new leader {} and {}, AWS at work {} and {}.", lease.0, lease.1, quiet.0, quiet.1, aws.0, aws.1),
        format!("In {} further runs the call did not come: the order of concurrent reads had changed.", crashes.missed),
    ]
}

fn of_lost(tallies: &[Tally]) -> Vec<String> {
    let of_row = |tally: &&Tally| CLASSES.iter().any(|class| class.row == "R2" && class.name == tally.name);
    let mut notes: Vec<_> = tallies
        .iter()
        .filter(of_row)
        .map(|tally| format!("{}: {} runs, {} failures.", tally.name, tally.runs, tally.bad))
        .collect();
    notes.push("Every write to AWS and to Kubernetes but events: the connection ends, nothing comes, half of the answer comes, a page of HTML, 500, 503.".into());
    notes
}

fn of_users() -> String {
    "50 requests a second through the stage or route during every run; simulated AWS runs 100 times as fast.".into()
}
