//! The classes of faults of the control plane: each on control planes of its own, all at once.

use std::time::{Duration, Instant};

use futures::future::join_all;
use tokio::runtime::Runtime;
use tokio::task::spawn_blocking;

use super::forged::{self, AT_ONCE, Forged};
use super::outages::{self, Outages};
use super::restored::{self, Round, VIEWS};
use super::rows;
use super::servers::Servers;
use crate::arguments::Arguments;
use crate::tally::percentile;

/// One kind of fault of the control plane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// etcd is restored from a backup.
    Restored,
    /// The API server or etcd is away for a while.
    Outages,
    /// Somebody forged what is stored.
    Forged,
}

const CLASSES: [Class; 3] = [Class::Restored, Class::Outages, Class::Forged];

impl Class {
    /// How it is called.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Restored => "etcd restored from a backup",
            Self::Outages => "outages of the API server",
            Self::Forged => "forged and undecodable",
        }
    }

    /// On how many control planes everything runs, and how much on each: restores, outages, rounds of forgeries.
    const fn size(self) -> (usize, usize) {
        match self {
            Self::Restored => (3, 7),
            Self::Outages => (2, 30),
            Self::Forged => (1, 10),
        }
    }

    /// How much of it a sample is.
    const fn sample(self) -> usize {
        match self {
            Self::Outages => 3,
            Self::Restored | Self::Forged => 1,
        }
    }
}

/// What a class came to.
pub struct Found {
    /// Which.
    pub class: Class,
    /// How many cases there were.
    pub cases: u64,
    /// What is wrong.
    pub violations: Vec<String>,
    /// What else is to be known.
    pub notes: Vec<String>,
    /// Things of others that were compared at the end.
    pub decoys: u64,
    /// How long it took.
    pub took: Duration,
}

/// Whether somebody asked for a class of these, and for no other runs.
pub fn alone(arguments: &Arguments) -> bool {
    let is_asked_for = |class: &str| CLASSES.iter().any(|known| known.name().starts_with(class));
    arguments.class.as_deref().is_some_and(is_asked_for)
}

/// Runs what the arguments say; whether all went well.
pub async fn all(arguments: &Arguments) -> bool {
    if arguments.replay.is_some() || arguments.scenario.is_some() {
        return true;
    }
    let asked_for = |class: &&Class| match &arguments.class {
        Some(name) => class.name().starts_with(name.as_str()),
        // One of them a day: each has a control plane to start.
        None if arguments.is_sample() => CLASSES[usize::try_from(arguments.seed % 3).expect("0, 1 or 2")] == **class,
        None => true,
    };
    let running = CLASSES.iter().filter(asked_for).map(|class| run(*class, arguments));
    let found = join_all(running).await;
    found.iter().for_each(tell);
    if arguments.write {
        rows::write(&found).await;
    }
    found.iter().all(|found| found.violations.is_empty())
}

async fn run(class: Class, arguments: &Arguments) -> Found {
    let began = Instant::now();
    let (planes, size) = if arguments.all || arguments.class.is_some() {
        class.size()
    } else {
        (1, class.sample())
    };
    let mut found = match class {
        Class::Restored => restores(planes, size).await,
        Class::Outages => all_outages(planes, size).await,
        Class::Forged => forgeries(arguments.seed, size).await,
    };
    found.took = began.elapsed();
    found
}

fn tell(found: &Found) {
    for violation in &found.violations {
        println!("{}: {violation}", found.class.name());
    }
    if !found.violations.is_empty() {
        println!("  again: cargo test --test chaos -- --class '{}'", found.class.name());
    }
    println!(
        "{:<32} {:>5} cases {:>3} violations, {:.0} s",
        found.class.name(),
        found.cases,
        found.violations.len(),
        found.took.as_secs_f64()
    );
    for note in &found.notes {
        println!("{:<32} {note}", "");
    }
}

/// p50 and p99 of some durations.
fn spread(durations: &[Duration]) -> String {
    let milliseconds: Vec<_> = durations
        .iter()
        .map(|took| u64::try_from(took.as_millis()).unwrap_or(u64::MAX))
        .collect();
    format!("p50 {} ms, p99 {} ms", percentile(&milliseconds, 50), percentile(&milliseconds, 99))
}

/// Does something with a control plane on threads of its own: who waits there for kubectl or for the plane stops no clock elsewhere.
async fn on_a_plane<T: Send + 'static>(work: impl AsyncFnOnce(&Servers) -> T + Send + 'static) -> T {
    let on_threads = move || {
        let runtime = Runtime::new().expect("threads can be started");
        runtime.block_on(async move { work(&Servers::start().await).await })
    };
    spawn_blocking(on_threads).await.expect("nothing panics there")
}

async fn restores(planes: usize, each: usize) -> Found {
    let on_one = async move |servers: &Servers| {
        let mut rounds = Vec::new();
        for n in 0..each {
            rounds.push(restored::round(servers, n % 2 == 1).await);
        }
        rounds
    };
    let of_planes = join_all((0..planes).map(|_| on_a_plane(on_one))).await;
    let rounds: Vec<Round> = of_planes.into_iter().flatten().collect();
    let settled: Vec<_> = rounds.iter().map(|round| round.settled).collect();
    let views: Vec<_> = VIEWS.iter().map(|view| view.what).collect();
    Found {
        class: Class::Restored,
        cases: (rounds.len() * VIEWS.len()) as u64,
        notes: vec![
            format!(
                "{} restores, each of a fleet of {} endpoints with two replicas, in every second of them after another replica had taken over. \
                 What had become of the endpoints since the backup: {}.",
                rounds.len(),
                VIEWS.len(),
                views.join("; ")
            ),
            format!(
                "From when the API server served again until every endpoint was as it asks and its status true: {}. Every process that sees \
                 its Lease go back starts anew, so that a lease runs out in it.",
                spread(&settled)
            ),
        ],
        violations: rounds.into_iter().flat_map(|round| round.violations).collect(),
        decoys: 0,
        took: Duration::ZERO,
    }
}

async fn all_outages(planes: usize, each: usize) -> Found {
    let on_one = async move |servers: &Servers| outages::outages(servers, each).await;
    let of_planes = join_all((0..planes).map(|_| on_a_plane(on_one))).await;
    let all = of_planes.into_iter().fold(Outages::default(), Outages::join);
    Found {
        class: Class::Outages,
        cases: all.cases as u64,
        notes: vec![
            format!("In turn: {}.", outages::OUTAGES.map(outages::Outage::words).join("; ")),
            format!(
                "From when the API server served again until every endpoint had been looked at that was asked for meanwhile: {} ({} outages); \
                 where another process had to take the lease, with the time for that: {} ({} outages).",
                spread(&all.recovered),
                all.recovered.len(),
                spread(&all.taken_over),
                all.taken_over.len()
            ),
            "During each an endpoint's number is changed: AWS is asked for that once, and for nothing else.".into(),
        ],
        violations: all.violations,
        decoys: 0,
        took: Duration::ZERO,
    }
}

async fn forgeries(seed: u64, rounds: usize) -> Found {
    let Forged {
        cases,
        violations,
        done,
        held,
        decoys,
        untouched,
    } = on_a_plane(async move |servers: &Servers| forged::rounds(servers, seed, rounds as u64).await).await;
    Found {
        class: Class::Forged,
        cases,
        violations,
        notes: vec![
            format!(
                "{AT_ONCE} endpoints were forged at a time, and new code, another number or drift gave the operator something to do. Under \
                 {done} forgeries it was done all the same, {held} held it back, in part or from all, until a person put the object right."
            ),
            format!(
                "Endpoints beside them that nobody touched were done after {:.0} s at most.",
                untouched.as_secs_f64()
            ),
        ],
        decoys,
        took: Duration::ZERO,
    }
}
