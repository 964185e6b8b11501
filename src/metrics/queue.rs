//! Who waits for a pass, under the names of client-go's work queue.
//!
//! kube's scheduler keeps its queue to itself, so what goes into it is noted here, by its own rules: an endpoint stands in it once,
//! at the earliest time that was asked for, and what is asked for while it is due already changes nothing. Time that an endpoint
//! is meant to let pass, until its next look or until its changes have calmed down, is no waiting: like client-go, we count from
//! the moment at which it is due.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Namespace and name of an endpoint.
pub type Key = (String, String);

/// The endpoints that are to have a pass, each with the time at which it is due.
#[derive(Debug)]
pub struct Queue {
    debounce: Duration,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    due: BTreeMap<Key, Instant>,
    /// Became due and are in the queue no more.
    left: u64,
}

impl State {
    /// Counts those that had become due and went without a pass.
    fn count(&mut self, gone: impl IntoIterator<Item = Instant>) {
        let now = Instant::now();
        self.left += gone.into_iter().filter(|due| *due <= now).count() as u64;
    }
}

impl Queue {
    /// Empty; with the time that the scheduler lets pass after each request in case there is another.
    pub fn new(debounce: Duration) -> Self {
        Self {
            debounce,
            state: Mutex::default(),
        }
    }

    /// Notes that a pass is asked for, now or after a while.
    pub fn ask(&self, key: Key, after: Duration) {
        let now = Instant::now();
        let asked = now + after;
        let (mut state, due) = (self.lock(), asked + self.debounce);
        state
            .due
            .entry(key)
            // Due already: it waits for a place and not for a time. Asked for earlier than this: that stands.
            .and_modify(|known| *known = if *known > now && *known >= asked { due } else { *known })
            .or_insert(due);
    }

    /// Notes that a pass begins, and answers how long it was due; `None` when nobody had asked for it.
    pub fn begin(&self, key: &Key) -> Option<Duration> {
        let mut state = self.lock();
        let due = state.due.remove(key)?;
        state.left += 1;
        Some(Instant::now().saturating_duration_since(due))
    }

    /// Forgets an endpoint that is gone.
    pub fn forget(&self, key: &Key) {
        let mut state = self.lock();
        let gone = state.due.remove(key);
        state.count(gone);
    }

    /// Forgets all but these.
    pub fn forget_all_but(&self, keys: &BTreeSet<Key>) {
        let mut state = self.lock();
        let (kept, gone) = std::mem::take(&mut state.due).into_iter().partition(|(key, _)| keys.contains(key));
        state.due = kept;
        let gone: BTreeMap<Key, Instant> = gone;
        state.count(gone.into_values());
    }

    /// How many are due and wait, and how many became due since the beginning.
    pub fn depth_and_adds(&self) -> (usize, u64) {
        let (state, now) = (self.lock(), Instant::now());
        let depth = state.due.values().filter(|due| **due <= now).count();
        (depth, state.left + depth as u64)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::advance;

    const DEBOUNCE: Duration = Duration::from_millis(200);

    fn key(name: &str) -> Key {
        ("shop".into(), name.into())
    }

    fn seconds(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    #[tokio::test(start_paused = true)]
    async fn an_endpoint_waits_from_the_moment_at_which_it_is_due() {
        let queue = Queue::new(DEBOUNCE);
        queue.ask(key("fir"), Duration::ZERO);
        assert_eq!(queue.depth_and_adds(), (0, 0), "its changes may not have calmed down yet");
        advance(DEBOUNCE).await;
        assert_eq!(queue.depth_and_adds(), (1, 1));
        advance(seconds(3)).await;
        assert_eq!(queue.begin(&key("fir")), Some(seconds(3)));
        assert_eq!(queue.depth_and_adds(), (0, 1));
        assert_eq!(queue.begin(&key("fir")), None);
    }

    #[tokio::test(start_paused = true)]
    async fn an_endpoint_stands_in_the_queue_once() {
        let queue = Queue::new(DEBOUNCE);
        for _ in 0..3 {
            queue.ask(key("fir"), Duration::ZERO);
        }
        queue.ask(key("pine"), Duration::ZERO);
        advance(seconds(1)).await;
        queue.ask(key("fir"), Duration::ZERO);
        assert_eq!(queue.depth_and_adds(), (2, 2));
        assert_eq!(
            queue.begin(&key("fir")),
            Some(seconds(1) - DEBOUNCE),
            "the last request does not make it younger"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn the_next_look_is_no_waiting_and_a_change_comes_before_it() {
        let queue = Queue::new(DEBOUNCE);
        queue.ask(key("fir"), seconds(300));
        queue.ask(key("pine"), seconds(300));
        advance(seconds(10)).await;
        assert_eq!(queue.depth_and_adds(), (0, 0));
        queue.ask(key("fir"), Duration::ZERO);
        queue.ask(key("fir"), seconds(300));
        advance(seconds(10)).await;
        assert_eq!(queue.depth_and_adds(), (1, 1), "the earliest time that was asked for holds");
        advance(seconds(290)).await;
        assert_eq!(queue.depth_and_adds(), (2, 2));
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_gone_waits_no_more_and_the_count_never_falls() {
        let queue = Queue::new(DEBOUNCE);
        queue.ask(key("fir"), Duration::ZERO);
        queue.ask(key("pine"), seconds(300));
        queue.ask(key("oak"), Duration::ZERO);
        queue.ask(key("elm"), Duration::ZERO);
        advance(seconds(1)).await;
        queue.forget(&key("fir"));
        queue.forget(&key("pine"));
        queue.forget_all_but(&BTreeSet::from([key("elm")]));
        assert_eq!(queue.depth_and_adds(), (1, 3));
        assert_eq!(queue.begin(&key("fir")), None);
    }
}
