//! A sample that is the same for the same seed.

use sha2::{Digest, Sha256};

/// So many of these, in their order: which ones is in the seed and in how many there are.
pub fn of<T>(all: Vec<T>, count: usize, seed: u64) -> Vec<T> {
    let mut places: Vec<_> = (0..all.len()).collect();
    places.sort_by_key(|place| Sha256::digest(format!("{seed} {place} {}", all.len())).to_vec());
    places.truncate(count);
    let kept = all.into_iter().enumerate().filter(|(place, _)| places.contains(place));
    kept.map(|(_, one)| one).collect()
}
