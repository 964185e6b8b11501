//! The rows of the results that these runs are.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use k8s_openapi::jiff::Timestamp;

use crate::classes::{CLASSES, left_out};
use crate::oracles::recovery::Recovery;
use crate::page::{Part, Row, render};
use crate::revision::tested;
use crate::stage::Cluster;
use crate::tally::{Tally, percentile};

/// What the rows lean on.
const ASSUMES: [&str; 3] = [
    "A request that was sent reaches AWS within the window for late arrivals (`--late-arrival-window`, 6 minutes), or not at all. AWS says of signed requests that in most cases they must arrive within five minutes (AWS-119). R1 to R5 and R9 lean on it.",
    "What AWS answers to a read shows every write that it has carried out, but for what [awssim](awssim.md) delays by its settings. R1, R2, R3 and R9 lean on it.",
    "A request that is delivered twice is carried out twice, with the answers that awssim gives. R3 leans on it.",
];

/// What the runs showed.
pub struct Results {
    /// Of each class.
    pub tallies: Vec<Tally>,
    /// By scenario, how many calls it makes and how many of them write.
    pub calls: BTreeMap<&'static str, (usize, usize)>,
}

/// What a row says beside its numbers.
struct Said {
    row: &'static str,
    what: &'static str,
    unit: &'static str,
    notes: Vec<String>,
}

/// Where the results are.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reliability")
}

/// Writes the page from what is there.
pub fn write_page() {
    std::fs::write(folder().with_extension("md"), render(&folder())).expect("docs/reliability.md can be written");
}

impl Results {
    /// Writes them, and the page. Of `some` classes only the rows that are theirs are written anew.
    pub async fn write(&self, some: bool) {
        let mut rows = self.rows(&versions().await);
        if some {
            let theirs = |row: &Row| CLASSES.iter().any(|class| class.row == row.row) && row.cases > 0;
            rows.retain(theirs);
            let path = folder().join("chaos.json");
            let known = std::fs::read_to_string(path).expect("all classes were written once");
            let known: Part = serde_json::from_str(&known).expect("the file is of this test");
            for row in known.rows {
                if rows.iter().all(|new| new.row != row.row) {
                    rows.push(row);
                }
            }
            rows.sort_by_key(|row| (row.row[..1].to_owned(), row.row[1..].parse::<u32>().unwrap_or_default()));
        }
        let part = Part {
            assumes: ASSUMES.map(str::to_owned).to_vec(),
            rows,
        };
        let text = serde_json::to_string_pretty(&part).expect("rows are JSON") + "\n";
        std::fs::create_dir_all(folder()).expect("a folder can be made");
        std::fs::write(folder().join("chaos.json"), text).expect("docs/reliability/chaos.json can be written");
        write_page();
    }

    /// The runs of all classes of a row.
    pub fn of_row(&self, row: &str) -> Tally {
        let is_of = |tally: &&Tally| CLASSES.iter().any(|class| class.row == row && class.name == tally.name);
        self.tallies.iter().filter(is_of).fold(Tally::new(""), Tally::join)
    }

    fn rows(&self, versions: &BTreeMap<String, String>) -> Vec<Row> {
        let mut rows: Vec<_> = self
            .of_runs()
            .into_iter()
            .map(|said| {
                let tally = self.of_row(said.row);
                row(said, (tally.runs, tally.bad), tally.seconds, versions)
            })
            .collect();
        let all = self.tallies.iter().fold(Tally::new(""), Tally::join);
        let by_oracle = |oracle: &str| all.by_oracle.get(oracle).copied().unwrap_or_default();
        let (samples, ready, overtaken) = all.claims;
        let users = "50 requests a second go through the stage or route during every run. The clock of AWS runs 100 times as fast.";
        let claims =
            format!("{ready} of them said Ready; {overtaken} of these were true until somebody else changed AWS, at most 3 s before.");
        let secrets =
            "Logs, objects, events and metrics were searched for the secret key, the session token and the token of the service account.";
        let counted = [
            ("R14", "Users are served", "requests", users, all.probes),
            (
                "R23",
                "Status is true when it is written",
                "writes of status",
                claims.as_str(),
                (samples, by_oracle("O5")),
            ),
            ("X12", "Secrets stay secret", "texts", secrets, (all.texts, by_oracle("O7"))),
        ];
        for (number, what, unit, note, cases) in counted {
            let said = Said {
                row: number,
                what,
                unit,
                notes: vec![note.to_owned()],
            };
            rows.push(row(said, cases, all.seconds, versions));
        }
        rows
    }

    fn of_runs(&self) -> Vec<Said> {
        let runs = |row, what, notes| Said {
            row,
            what,
            unit: "runs",
            notes,
        };
        let takeovers = self.of_row("R9").takeovers;
        let took = format!(
            "From what befell the leader to the first call of the next one: p50 {} ms, p99 {} ms.",
            percentile(&takeovers, 50),
            percentile(&takeovers, 99)
        );
        vec![
            Said {
                row: "R1",
                what: "Killed at every call",
                unit: "crash points",
                notes: self.of_crashes(),
            },
            runs("R2", "Answers that are lost, requests that are refused", self.by_class("R2")),
            runs("R3", "Requests that arrive late or twice", left_out()),
            runs("R9", "Two leaders", [self.by_class("R9"), vec![took]].concat()),
            runs("R19", "Clocks that are ten minutes off, or jump", self.by_class("R19")),
        ]
    }

    fn by_class(&self, row: &str) -> Vec<String> {
        let of_row = self
            .tallies
            .iter()
            .filter(|tally| CLASSES.iter().any(|class| class.row == row && class.name == tally.name));
        of_row
            .map(|tally| {
                format!(
                    "{}: {} runs, {} failures, {:.0} s.",
                    tally.name, tally.runs, tally.bad, tally.seconds
                )
            })
            .collect()
    }

    fn of_crashes(&self) -> Vec<String> {
        let crashes = self.of_row("R1");
        let scenarios: Vec<_> = self
            .calls
            .iter()
            .map(|(name, (calls, writes))| format!("{name} {calls} ({writes} writes)"))
            .collect();
        let told = |of: fn(&Recovery) -> u64| format!("p50 {} ms, p99 {} ms", crashes.percentile(50, of), crashes.percentile(99, of));
        let points = "At each the process is killed before the request is sent, and at each write also after it was carried out and after the answer. Renewals of \
                      the lease come with the clock and are no points; its first write is one.";
        vec![
            format!("Calls to AWS and to Kubernetes, reads included: {}.", scenarios.join(", ")),
            points.into(),
            format!(
                "Recovery, from when the next process may write to the end, without the time in which AWS is at work, and beyond what a run \
                 without a fault needs from that call on: {}.",
                told(|r| r.own)
            ),
            format!(
                "Beside it: the rest of the old lease {}; the quiet time of a new leader {}; the wait for what the old one may have sent {}; AWS at work {}; what would have been needed anyway {}.",
                told(|r| r.lease),
                told(|r| r.quiet),
                told(|r| r.late),
                told(|r| r.aws),
                told(|r| r.usual)
            ),
            format!(
                "In {} further runs the call did not come, because the order of concurrent reads was another one.",
                crashes.missed
            ),
        ]
    }
}

fn row(said: Said, (cases, failures): (u64, u64), seconds: f64, versions: &BTreeMap<String, String>) -> Row {
    Row {
        cases,
        command: "make chaos".into(),
        date: Timestamp::now().strftime("%Y-%m-%d").to_string(),
        failures,
        notes: said.notes,
        row: said.row.into(),
        seconds: (seconds * 10.0).round() / 10.0,
        seed: String::new(),
        unit: said.unit.into(),
        versions: versions.clone(),
        what: said.what.into(),
    }
}

/// What runs.
pub async fn versions() -> BTreeMap<String, String> {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    BTreeMap::from([
        ("cores".into(), cores.to_string()),
        ("kube-apiserver".into(), Cluster::shared().await.version().await),
        ("load average".into(), load.split(' ').next().unwrap_or_default().into()),
        ("warmlambda".into(), tested(env!("CARGO_MANIFEST_DIR"))),
    ])
}
