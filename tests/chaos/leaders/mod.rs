//! Two replicas: something befalls the one that leads exactly when a call of it arrives, and the other takes over.

mod befall;
pub mod clocks;
pub mod fence;
pub mod takeover;

use std::fmt;

pub use befall::with;

/// What befalls the leader.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Failover {
    /// It is killed.
    Killed,
    /// It is stopped for so many seconds, and wakes in the middle of what it did.
    Frozen(u64),
    /// For so many seconds the API server does not answer it, and AWS does.
    Partitioned(u64),
    /// For so many seconds the API server refuses its connections, and AWS does not.
    CutOff(u64),
    /// Each answer of the API server takes it so many milliseconds longer.
    SlowApi(u64),
    /// Its Lease is deleted.
    LeaseDeleted,
    /// Somebody takes its name out of the Lease.
    LeaseCleared,
    /// Somebody writes the name of the other replica into the Lease.
    LeaseGiven,
    /// Somebody writes the name of nobody into the Lease, valid for ever.
    LeaseTaken,
    /// Its clock is so many minutes off from the beginning, and it is killed.
    ClockOff(i64),
    /// Its clock jumps by so many minutes.
    ClockStep(i64),
}

/// Each with the name that replays it.
const NAMED: [(&str, Failover); 14] = [
    ("leader-killed", Failover::Killed),
    ("leader-frozen-6s", Failover::Frozen(6)),
    ("leader-frozen-17s", Failover::Frozen(17)),
    ("leader-partitioned-2s", Failover::Partitioned(2)),
    ("leader-partitioned-20s", Failover::Partitioned(20)),
    ("leader-cut-off-20s", Failover::CutOff(20)),
    ("api-slow-by-1s", Failover::SlowApi(1_000)),
    ("api-slow-by-4s", Failover::SlowApi(4_000)),
    ("lease-deleted", Failover::LeaseDeleted),
    ("lease-cleared", Failover::LeaseCleared),
    ("lease-given", Failover::LeaseGiven),
    ("lease-taken", Failover::LeaseTaken),
    ("clock-off", Failover::ClockOff(10)),
    ("clock-jumps", Failover::ClockStep(-10)),
];

impl Failover {
    /// The one of a name.
    pub fn of(name: &str) -> Option<Self> {
        NAMED.iter().find(|(named, _)| *named == name).map(|(_, failover)| *failover)
    }
}

impl fmt::Display for Failover {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = NAMED.iter().find(|(_, failover)| failover == self);
        f.write_str(named.map_or("unnamed", |(name, _)| name))
    }
}
