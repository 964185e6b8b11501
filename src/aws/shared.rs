//! Equal reads by several endpoints within a moment are made once.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::FutureExt;
use futures::future::{BoxFuture, Shared};
use tokio::time::Instant;

use crate::plan::failure::Failure;

type Reading<V> = Shared<BoxFuture<'static, Result<V, Failure>>>;

/// Answers by key, each good for `ttl` from the moment the read was begun, and at most `most` of them: the oldest goes first.
/// A failure is told to those who wait for it and then forgotten.
#[derive(Debug)]
pub(super) struct SharedReads<K, V: Clone> {
    ttl: Duration,
    most: usize,
    entries: Mutex<BTreeMap<K, Entry<V>>>,
}

#[derive(Debug)]
struct Entry<V: Clone> {
    begun: Instant,
    reading: Reading<V>,
}

impl<V: Clone> Entry<V> {
    fn is_good(&self, ttl: Duration) -> bool {
        self.begun.elapsed() < ttl && !matches!(self.reading.peek(), Some(Err(_)))
    }
}

impl<K: Ord + Clone, V: Clone + Send + Sync + 'static> SharedReads<K, V> {
    pub fn new(ttl: Duration, most: usize) -> Self {
        Self {
            ttl,
            most,
            entries: Mutex::default(),
        }
    }

    /// The answer for `key`: a recent one, one that is under way, or that of `read`.
    pub async fn get(&self, key: K, read: impl FnOnce() -> BoxFuture<'static, Result<V, Failure>>) -> Result<V, Failure> {
        // Whoever waits drives the read, so it goes on when the one who began it is cancelled.
        let reading = self.reading(key, read);
        reading.await
    }

    /// Forgets `key`, now and when the guard goes: what was read before or during a write says nothing about after it.
    #[must_use]
    pub fn forget(&self, key: K) -> Forgotten<'_, K, V> {
        self.lock().remove(&key);
        Forgotten { reads: self, key }
    }

    fn reading(&self, key: K, read: impl FnOnce() -> BoxFuture<'static, Result<V, Failure>>) -> Reading<V> {
        let mut entries = self.lock();
        entries.retain(|_, entry| entry.is_good(self.ttl));
        if entries.len() >= self.most && !entries.contains_key(&key) {
            let oldest = entries.iter().min_by_key(|(_, entry)| entry.begun).map(|(key, _)| key.clone());
            oldest.and_then(|key| entries.remove(&key));
        }
        let entry = entries.entry(key).or_insert_with(|| Entry {
            begun: Instant::now(),
            reading: read().shared(),
        });
        entry.reading.clone()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<K, Entry<V>>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Forgets a key once more when it goes.
pub(super) struct Forgotten<'a, K: Ord + Clone, V: Clone + Send + Sync + 'static> {
    reads: &'a SharedReads<K, V>,
    key: K,
}

impl<K: Ord + Clone, V: Clone + Send + Sync + 'static> Drop for Forgotten<'_, K, V> {
    fn drop(&mut self) {
        self.reads.lock().remove(&self.key);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use tokio::time::{advance, sleep};

    use super::*;
    use crate::plan::failure::{Class, Effect};

    const TTL: Duration = Duration::from_secs(2);

    #[derive(Clone, Default)]
    struct Source(Arc<AtomicU32>);

    impl Source {
        fn read(&self) -> BoxFuture<'static, Result<u32, Failure>> {
            let count = Arc::clone(&self.0);
            async move {
                let number = count.fetch_add(1, Ordering::SeqCst);
                sleep(Duration::from_millis(100)).await;
                Ok(number)
            }
            .boxed()
        }
    }

    fn failed() -> BoxFuture<'static, Result<u32, Failure>> {
        let failure = Failure {
            class: Class::Transient,
            effect: Effect::NotApplied,
            operation: "lambda:GetAlias",
            resource: String::new(),
            code: String::new(),
            message: String::new(),
            request_id: None,
        };
        async move { Err(failure) }.boxed()
    }

    #[tokio::test(start_paused = true)]
    async fn many_readers_at_once_cost_one_read() {
        let (reads, source) = (SharedReads::new(TTL, 8), Source::default());
        let readers = (0..50).map(|_| reads.get("api", || source.read()));
        assert!(futures::future::join_all(readers).await.iter().all(|r| *r == Ok(0)));
        assert_eq!(reads.get("other", || source.read()).await, Ok(1));
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_is_used_until_it_is_old() {
        let (reads, source) = (SharedReads::new(TTL, 8), Source::default());
        assert_eq!(reads.get("api", || source.read()).await, Ok(0));
        advance(Duration::from_millis(1800)).await;
        assert_eq!(reads.get("api", || source.read()).await, Ok(0));
        advance(Duration::from_millis(200)).await;
        assert_eq!(reads.get("api", || source.read()).await, Ok(1));
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_read_before_or_during_a_write_is_used_after_it() {
        let (reads, source) = (SharedReads::new(TTL, 8), Source::default());
        assert_eq!(reads.get("api", || source.read()).await, Ok(0));
        let write = reads.forget("api");
        assert_eq!(reads.get("api", || source.read()).await, Ok(1));
        drop(write);
        assert_eq!(reads.get("api", || source.read()).await, Ok(2));
    }

    #[tokio::test(start_paused = true)]
    async fn when_there_are_too_many_the_oldest_goes() {
        let (reads, source) = (SharedReads::new(TTL, 2), Source::default());
        for (key, number) in [("a", 0), ("b", 1), ("c", 2), ("b", 1), ("a", 3)] {
            assert_eq!(reads.get(key, || source.read()).await, Ok(number), "{key}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_failure_is_not_kept() {
        let (reads, source) = (SharedReads::new(TTL, 8), Source::default());
        assert!(reads.get("api", failed).await.is_err());
        assert_eq!(reads.get("api", || source.read()).await, Ok(0));
    }

    #[tokio::test(start_paused = true)]
    async fn a_read_outlives_the_reader_who_began_it() {
        let (reads, source) = (Arc::new(SharedReads::new(TTL, 8)), Source::default());
        let first = tokio::spawn({
            let (reads, source) = (Arc::clone(&reads), source.clone());
            async move { reads.get("api", || source.read()).await }
        });
        tokio::task::yield_now().await;
        first.abort();
        assert_eq!(reads.get("api", || source.read()).await, Ok(0));
    }
}
