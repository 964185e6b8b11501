//! What is told of the runs: a line for each class, and of each violation the words of the oracle and the command that replays it.

use std::path::Path;
use std::time::Instant;

use crate::point::Point;
use crate::run::Shown;

/// The runs of a class so far.
pub struct Tally {
    name: &'static str,
    start: Instant,
    runs: usize,
    missed: usize,
    violations: usize,
    recoveries: Vec<u64>,
    takeovers: Vec<u64>,
    samples: usize,
    probes: usize,
}

impl Tally {
    /// None yet.
    pub fn new(name: &'static str) -> Self {
        Self {
            name,
            start: Instant::now(),
            runs: 0,
            missed: 0,
            violations: 0,
            recoveries: Vec::new(),
            takeovers: Vec::new(),
            samples: 0,
            probes: 0,
        }
    }

    /// Adds a run. One in which the call did not come at all is counted apart.
    pub fn add(&mut self, point: &Point, shown: &Shown) {
        self.samples += shown.samples;
        self.probes += shown.probes;
        if shown.hit {
            self.runs += 1;
        } else {
            self.missed += 1;
        }
        self.recoveries.extend(shown.recovery.map(|recovery| recovery.own));
        self.takeovers.extend(shown.takeover);
        if !shown.violations.is_empty() {
            self.violations += 1;
            let folder = keep(&point.to_string(), shown);
            println!("{point}");
            for violation in &shown.violations {
                println!("  {violation}");
            }
            println!("  ledger and logs: {folder}\n  again: cargo test --test chaos -- --replay '{point}'");
        }
    }

    /// Prints its line.
    pub fn tell(&mut self) {
        self.recoveries.sort_unstable();
        let (half, most) = (percentile(&self.recoveries, 50), percentile(&self.recoveries, 99));
        println!(
            "{:<32} {:>5} runs {:>3} violations {:>3} missed, recovery p50 {half} ms p99 {most} ms, {} status samples, {} probes, {:.0} s",
            self.name,
            self.runs,
            self.violations,
            self.missed,
            self.samples,
            self.probes,
            self.start.elapsed().as_secs_f64()
        );
        if !self.takeovers.is_empty() {
            self.takeovers.sort_unstable();
            let (half, most) = (percentile(&self.takeovers, 50), percentile(&self.takeovers, 99));
            println!(
                "{:<32} {:>5} failovers, first call of the next leader p50 {half} ms p99 {most} ms",
                "",
                self.takeovers.len()
            );
        }
    }

    /// Whether no run showed a violation.
    pub fn is_good(&self) -> bool {
        self.violations == 0
    }
}

/// Of sorted numbers, the one below which so many percent are; 0 of none.
fn percentile(sorted: &[u64], percent: usize) -> u64 {
    let place = (sorted.len() * percent).div_ceil(100);
    sorted.get(place.saturating_sub(1)).copied().unwrap_or_default()
}

/// Keeps what a run left for who looks for the reason; answers where.
pub fn keep(name: &str, shown: &Shown) -> String {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("chaos");
    let folder = target.join(name.replace(['/', ':', '#'], "-"));
    std::fs::create_dir_all(&folder).expect("a folder can be made");
    let end = serde_json::to_string_pretty(&shown.end).expect("the end is JSON");
    for (file, text) in [
        ("ledger.jsonl", &shown.ledger),
        ("operator.log", &shown.logs),
        ("end.json", &end),
        ("violations.txt", &shown.violations.join("\n")),
    ] {
        std::fs::write(folder.join(file), text).expect("a file can be written");
    }
    folder.display().to_string()
}
