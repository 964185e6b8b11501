//! What is told of the runs: a line for each class, and of each violation the words of the oracle and the command that replays it.

use std::path::Path;

use crate::point::Point;
use crate::run::Shown;
use crate::tally::{Tally, percentile};

/// Longest time in milliseconds that 99 of 100 recoveries may take, beyond AWS's own times.
const RECOVERY: u64 = 5_000;

/// Tells of a run that showed a violation.
pub fn wrong(point: &Point, shown: &Shown) {
    let folder = keep(&point.to_string(), shown);
    println!("{point}");
    for violation in &shown.violations {
        println!("  {violation}");
    }
    println!("  ledger and logs: {folder}");
    println!("  again: cargo test --test chaos -- --replay '{point}'");
}

/// The line of a class.
pub fn line(tally: &Tally) {
    let Tally {
        name,
        runs,
        bad,
        missed,
        claims,
        probes,
        seconds,
        ..
    } = tally;
    let (samples, requests) = (claims.0, probes.0);
    println!(
        "{name:<30} {runs:>5} runs {bad:>3} violations {missed:>3} missed, {samples} writes of status, {requests} requests of users, {seconds:.0} s"
    );
    if let Some((most, point)) = &tally.slowest {
        let of = |percent| tally.percentile(percent, |recovery| recovery.own);
        println!(
            "{:<30} recovery p50 {} ms p99 {} ms, the slowest {most} ms after {point}",
            "",
            of(50),
            of(99)
        );
    }
    if !tally.takeovers.is_empty() {
        let of = |percent| percentile(&tally.takeovers, percent);
        println!(
            "{:<30} {} failovers, first call of the next leader p50 {} ms p99 {} ms",
            "",
            tally.takeovers.len(),
            of(50),
            of(99)
        );
    }
}

/// Says so when the operator needs too long after a crash, of its own time.
pub fn recovers_slowly(crashes: &Tally) -> bool {
    let most = crashes.percentile(99, |recovery| recovery.own);
    let slow = most > RECOVERY;
    if slow {
        println!("O9: of recoveries after a crash, one in a hundred takes {most} ms or more; {RECOVERY} ms are allowed");
    }
    slow
}

/// Keeps what a run left for who looks for the reason; answers where.
pub fn keep(name: &str, shown: &Shown) -> String {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("chaos");
    let folder = target.join(name.replace(['/', ':', '#'], "-"));
    std::fs::create_dir_all(&folder).expect("a folder can be made");
    let end = serde_json::to_string_pretty(&shown.end).expect("the end is JSON");
    let words: Vec<_> = shown.violations.iter().map(ToString::to_string).collect();
    for (file, text) in [
        ("ledger.jsonl", &shown.ledger),
        ("operator.log", &shown.logs),
        ("end.json", &end),
        ("violations.txt", &words.join("\n")),
    ] {
        std::fs::write(folder.join(file), text).expect("a file can be written");
    }
    folder.display().to_string()
}
