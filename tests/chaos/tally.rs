//! The runs of a class, counted.

use std::collections::BTreeMap;
use std::time::Instant;

use crate::oracles::recovery::Recovery;
use crate::point::Point;
use crate::run::Shown;

/// Numbers of some runs.
pub struct Tally {
    /// Of which class.
    pub name: &'static str,
    /// When they began.
    start: Instant,
    /// Runs in which went wrong what should.
    pub runs: u64,
    /// Runs in which the call did not come.
    pub missed: u64,
    /// Runs with a violation.
    pub bad: u64,
    /// Violations by oracle.
    pub by_oracle: BTreeMap<&'static str, u64>,
    /// Recoveries after a crash.
    pub recoveries: Vec<Recovery>,
    /// The longest of them, of the operator's own time, and after what.
    pub slowest: Option<(u64, String)>,
    /// From the last call of a leader to the first of the next, in milliseconds.
    pub takeovers: Vec<u64>,
    /// Writes of status that were judged; those that said Ready; those that were overtaken.
    pub claims: (u64, u64, u64),
    /// Requests of users, and those that failed.
    pub probes: (u64, u64),
    /// Texts that were searched for secrets.
    pub texts: u64,
    /// How long they took, once all are counted.
    pub seconds: f64,
}

impl Tally {
    /// None yet.
    pub fn new(name: &'static str) -> Self {
        Self {
            name,
            start: Instant::now(),
            runs: 0,
            missed: 0,
            bad: 0,
            by_oracle: BTreeMap::new(),
            recoveries: Vec::new(),
            slowest: None,
            takeovers: Vec::new(),
            claims: (0, 0, 0),
            probes: (0, 0),
            texts: 0,
            seconds: 0.0,
        }
    }

    /// Adds a run.
    pub fn add(&mut self, point: &Point, shown: &Shown) {
        let number = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        if shown.hit {
            self.runs += 1;
        } else {
            self.missed += 1;
        }
        self.bad += u64::from(!shown.violations.is_empty());
        for violation in &shown.violations {
            *self.by_oracle.entry(violation.oracle).or_default() += 1;
        }
        self.recoveries.extend(shown.recovery);
        let recovery = shown.recovery.map(|recovery| (recovery.own, point.to_string()));
        self.slowest = self.slowest.take().max(recovery);
        self.takeovers.extend(shown.takeover);
        self.claims.0 += number(shown.samples);
        self.claims.1 += number(shown.ready);
        self.claims.2 += number(shown.overtaken);
        self.probes.0 += number(shown.probes);
        self.probes.1 += number(shown.failed_probes);
        self.texts += number(shown.texts);
        self.seconds = self.start.elapsed().as_secs_f64();
    }

    /// Adds all of another.
    pub fn join(mut self, other: &Self) -> Self {
        self.runs += other.runs;
        self.missed += other.missed;
        self.bad += other.bad;
        for (oracle, count) in &other.by_oracle {
            *self.by_oracle.entry(oracle).or_default() += count;
        }
        self.recoveries.extend(&other.recoveries);
        self.slowest = self.slowest.take().max(other.slowest.clone());
        self.takeovers.extend(&other.takeovers);
        self.claims.0 += other.claims.0;
        self.claims.1 += other.claims.1;
        self.claims.2 += other.claims.2;
        self.probes.0 += other.probes.0;
        self.probes.1 += other.probes.1;
        self.texts += other.texts;
        self.seconds += other.seconds;
        self
    }

    /// Of one of the times of the recoveries, that below which so many percent are, in milliseconds.
    pub fn percentile(&self, percent: usize, of: fn(&Recovery) -> u64) -> u64 {
        percentile(&self.recoveries.iter().map(of).collect::<Vec<_>>(), percent)
    }
}

/// The number below which so many percent are; 0 of none.
pub fn percentile(numbers: &[u64], percent: usize) -> u64 {
    let mut sorted = numbers.to_vec();
    sorted.sort_unstable();
    let place = (sorted.len() * percent).div_ceil(100);
    sorted.get(place.saturating_sub(1)).copied().unwrap_or_default()
}
