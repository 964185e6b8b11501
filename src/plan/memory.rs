//! What earlier passes left behind in status. It only ever holds the operator back; it never authorises a write.

use std::collections::BTreeMap;

use k8s_openapi::jiff::Timestamp;

/// Hints from the last status; each may be lost or forged without harm.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// What was published last, and the fingerprint of `$LATEST` that it was published from.
    pub published: Option<Published>,
    /// Versions that were rolled back, by number.
    pub rejected: BTreeMap<u64, Rejected>,
    /// The move that was in flight when status was last written.
    pub rollout: Option<Rollout>,
}

/// A version and what it was published from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// The number.
    pub version: u64,
    /// See [`super::observed::LatestCode::fingerprint`].
    pub fingerprint: String,
}

/// Why a version is not tried again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// Its code: a function that was made anew may use the number for other code.
    pub code_sha256: String,
    /// AWS's reason, or `RolloutTimedOut`.
    pub reason: String,
    /// `metadata.generation` for which it was tried; a newer spec tries it once more.
    pub generation: i64,
}

/// A move of the alias in flight.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rollout {
    /// The version that serves meanwhile.
    pub from: u64,
    /// The version that is being warmed.
    pub to: u64,
    /// When it was first seen, by the operator's clock.
    pub started: Timestamp,
}
