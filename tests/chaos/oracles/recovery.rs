//! O9: how long the operator needs after a crash, from when it may write again to the end.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use awssim::sim::Sim;
use awssim::world::event_source::MappingState;
use awssim::world::{Region, State, Status};
use tokio::task::JoinHandle;
use tokio::time::sleep;
use warmlambda::aws::clients::READS_SHARED;

use crate::harness::aws::{ACCOUNT, REGION};
use crate::proxy::Network;
use crate::proxy::ledger::Call;

/// The window for late arrivals that operators of crash points are started with.
const LATE_ARRIVAL: Duration = Duration::from_secs(2);
/// Between two looks whether AWS is at work.
const LOOK: Duration = Duration::from_millis(50);

/// Times of a recovery in milliseconds, each apart.
#[derive(Clone, Copy, Debug, Default)]
pub struct Recovery {
    /// From the start of the new process until it held the lease: mostly the rest of the old one's lease.
    pub lease: u64,
    /// Then, until it might write: for that long a request of the one before may be under way.
    pub quiet: u64,
    /// Then, while something waited for what the one before may have sent.
    pub late: u64,
    /// Then, while AWS was at work: allocation, hidden canaries, moves of mappings.
    pub aws: u64,
    /// Then, what a run without a fault needs from that call on: a life that is interrupted early still has to be lived.
    pub usual: u64,
    /// What remains: what the crash cost of the operator's own time.
    pub own: u64,
}

impl Recovery {
    /// The same, of a crash at a call from which on a run without a fault needs so many milliseconds of the operator's own time.
    pub fn beyond(self, usual: u64) -> Self {
        Self {
            usual: self.own.min(usual),
            own: self.own.saturating_sub(usual),
            ..self
        }
    }
}

/// Moments at which AWS was at work.
pub struct Busy {
    times: Arc<std::sync::Mutex<Vec<u64>>>,
    stop: Arc<AtomicBool>,
    _looking: JoinHandle<()>,
}

impl Busy {
    /// Looks from now on.
    pub fn watch(network: &Network, sim: &Sim) -> Self {
        let times = Arc::new(std::sync::Mutex::new(Vec::new()));
        let stop = Arc::new(AtomicBool::new(false));
        let (kept, stopped, network, sim) = (Arc::clone(&times), Arc::clone(&stop), network.clone(), sim.clone());
        let looking = tokio::spawn(async move {
            while !stopped.load(Ordering::Relaxed) {
                if sim.with_region(ACCOUNT, REGION, |region, _| at_work(region)) {
                    kept.lock().expect("nobody panics here").push(network.now());
                }
                sleep(LOOK).await;
            }
        });
        Self {
            times,
            stop,
            _looking: looking,
        }
    }

    /// Of each call of a run without a fault, by its label: the operator's own time from it to the end.
    pub fn remainders(&self, calls: &[Call], end: u64) -> BTreeMap<String, u64> {
        let before = calls.iter().filter(|call| call.time <= end);
        before
            .map(|call| (call.label(), (end - call.time).saturating_sub(self.between(call.time, end))))
            .collect()
    }

    /// Milliseconds between two moments during which AWS was at work.
    fn between(&self, from: u64, to: u64) -> u64 {
        let times = self.times.lock().expect("nobody panics here");
        let within: Vec<_> = times.iter().filter(|time| (from..=to).contains(*time)).collect();
        // Under load the looks are further apart: what lies between two of them in a row counts.
        within.windows(2).map(|pair| (pair[1] - pair[0]).min(200)).sum()
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

fn at_work(region: &Region) -> bool {
    let mut functions = region.functions.values();
    let capacity = functions.any(|function| {
        let mut configs = function.provisioned_concurrency.values();
        let mut aliases = function.aliases.values();
        let mut versions = function.versions.values();
        configs.any(|config| config.status == Status::InProgress)
            || aliases.any(|alias| alias.canary.is_some())
            || versions.any(|version| version.state == State::Pending)
    });
    let at_rest = [MappingState::Enabled, MappingState::Disabled];
    capacity
        || region
            .event_source_mappings
            .values()
            .any(|mapping| !at_rest.contains(&mapping.state))
}

/// A process of the operator.
pub struct Process {
    /// As the ledger names it.
    pub name: String,
    /// When it was started.
    pub started: u64,
    /// What it logged.
    pub log: String,
    /// Whether it said that something waits for what may still arrive at AWS.
    pub waited: bool,
}

/// The recovery of the process that was there at the end; `None` when there was no other before it.
pub fn of(calls: &[Call], processes: &[Process], busy: &Busy, end: u64) -> Option<Recovery> {
    let [.., _, last] = processes else { return None };
    let taken = calls
        .iter()
        .filter(|call| call.process == last.name && ["create:leases", "update:leases"].contains(&call.name.as_str()));
    let held = taken
        .filter(|call| call.status.is_some_and(|status| status < 300))
        .find_map(|call| call.answered_at)?;
    let quiet = quiet(&last.log).unwrap_or_default();
    let free = held + quiet;
    // Reads that are shared may be older than what arrived last.
    let arrived = held + millis(LATE_ARRIVAL) + millis(READS_SHARED);
    let late = if last.waited { arrived.min(end).saturating_sub(free) } else { 0 };
    let aws = busy.between(free + late, end);
    Some(Recovery {
        lease: held.saturating_sub(last.started),
        quiet,
        late,
        aws,
        usual: 0,
        own: end.saturating_sub(free + late).saturating_sub(aws),
    })
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// For how many milliseconds a new leader keeps quiet, as it says itself: `quiet=1.5s`.
fn quiet(log: &str) -> Option<u64> {
    let (_, rest) = log.rsplit_once(" quiet=")?;
    let text = rest.split_whitespace().next()?;
    let unit = text.find(char::is_alphabetic)?;
    let (number, unit) = text.split_at(unit);
    let number: f64 = number.parse().ok()?;
    let milliseconds = match unit {
        "s" => number * 1000.0,
        "ms" => number,
        _ => 0.0,
    };
    Some(milliseconds as u64)
}
