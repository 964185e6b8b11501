//! How often an object was looked at in vain: consecutive passes of one kind without progress, by uid.

use std::collections::BTreeMap;

use crate::plan::assess::Cadence;

/// Consecutive passes, by `metadata.uid`. An object that nobody looked at yet has none.
#[derive(Debug, Default)]
pub struct Attempts {
    by_uid: BTreeMap<String, (Cadence, u32)>,
}

impl Attempts {
    /// Counts a pass and says how many passes of the same kind directly preceded it, 0 for the first. Progress starts the
    /// count anew: whatever is in flight moves, so looking soon is worth it again.
    pub fn count(&mut self, uid: &str, cadence: Cadence, progress: bool) -> u32 {
        let attempt = match self.by_uid.get(uid) {
            Some((last, n)) if *last == cadence && !progress => n.saturating_add(1),
            _ => 0,
        };
        self.by_uid.insert(uid.to_owned(), (cadence, attempt));
        attempt
    }

    /// How many passes in a row, up to the last one, ended with a call that failed.
    pub fn failures(&self, uid: &str) -> u32 {
        match self.by_uid.get(uid) {
            Some((Cadence::Retry, attempt)) => attempt.saturating_add(1),
            _ => 0,
        }
    }

    /// Forgets an object that is gone.
    pub fn forget(&mut self, uid: &str) {
        self.by_uid.remove(uid);
    }
}

/// A number from 0.0 to below 1.0 that is always the same for one object and attempt, and spread over objects: jitter that
/// needs no randomness (FNV-1a).
pub fn spread(uid: &str, attempt: u32) -> f64 {
    let seed = 0xcbf2_9ce4_8422_2325_u64;
    let bytes = uid.bytes().chain(attempt.to_le_bytes());
    let hash = bytes.fold(seed, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    // The low bits of FNV are its best mixed ones after folding the high half in; 53 bits fit a double exactly.
    let mixed = (hash ^ (hash >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> 11) as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_in_a_row_are_counted_and_anything_else_starts_anew() {
        let mut attempts = Attempts::default();
        let counts =
            [Cadence::Retry, Cadence::Retry, Cadence::Retry, Cadence::Settled, Cadence::Retry].map(|c| attempts.count("a", c, false));
        assert_eq!(counts, [0, 1, 2, 0, 0]);
        assert_eq!(attempts.failures("a"), 1);
        assert_eq!(attempts.count("b", Cadence::Retry, false), 0, "objects are counted apart");
    }

    #[test]
    fn progress_starts_the_count_anew() {
        let mut attempts = Attempts::default();
        let counts = [false, false, true, false].map(|progress| attempts.count("a", Cadence::InFlight, progress));
        assert_eq!(counts, [0, 1, 0, 1]);
    }

    #[test]
    fn the_spread_is_stable_and_even() {
        let values: Vec<f64> = (0..1000).map(|n| spread(&format!("uid-{n}"), 0)).collect();
        assert!(values.iter().all(|v| (0.0..1.0).contains(v)));
        for tenth in 0..10 {
            let low = f64::from(tenth) / 10.0;
            let share = values.iter().filter(|v| (low..low + 0.1).contains(*v)).count();
            assert!((50..=150).contains(&share), "{share} of 1000 objects fall into one tenth");
        }
        assert_eq!(spread("uid-1", 3), spread("uid-1", 3));
    }
}
