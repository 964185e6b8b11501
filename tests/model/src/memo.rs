//! Answers that are kept: every function behind one is pure, so the model asks it once for each argument.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{PoisonError, RwLock};

/// What was computed, by what it was computed from.
#[derive(Debug)]
pub struct Memo<K, V>(RwLock<HashMap<K, V>>);

impl<K, V> Default for Memo<K, V> {
    fn default() -> Self {
        Self(RwLock::default())
    }
}

impl<K: Eq + Hash, V: Copy> Memo<K, V> {
    /// The value, computed when it is asked for the first time. Two threads may compute it at once: it is the same value.
    pub fn get(&self, key: K, compute: impl FnOnce() -> V) -> V {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner).get(&key).copied();
        known.unwrap_or_else(|| {
            let value = compute();
            self.0.write().unwrap_or_else(PoisonError::into_inner).insert(key, value);
            value
        })
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.read().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Values by number: the states of the model hold numbers, so that they are small and quick to compare.
#[derive(Debug)]
pub struct Numbered<T>(RwLock<(HashMap<[u8; 16], u32>, Vec<std::sync::Arc<T>>)>);

impl<T> Default for Numbered<T> {
    fn default() -> Self {
        Self(RwLock::new((HashMap::new(), Vec::new())))
    }
}

impl<T> Numbered<T> {
    /// The number of a value that is told from all others by `identity`.
    pub fn number(&self, identity: &str, value: T) -> u32 {
        let digest = <sha2::Sha256 as sha2::Digest>::digest(identity);
        let mut key = [0; 16];
        key.copy_from_slice(&digest[..16]);
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let (numbers, values) = &mut *all;
        *numbers.entry(key).or_insert_with(|| {
            values.push(std::sync::Arc::new(value));
            u32::try_from(values.len() - 1).unwrap_or(u32::MAX)
        })
    }

    /// The value with a number.
    pub fn value(&self, number: u32) -> std::sync::Arc<T> {
        let all = self.0.read().unwrap_or_else(PoisonError::into_inner);
        std::sync::Arc::clone(&all.1[number as usize])
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.read().unwrap_or_else(PoisonError::into_inner).1.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
