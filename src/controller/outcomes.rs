//! What became of the writes to AWS: each is noted before it is sent, and stays noted until somebody knows.

use std::collections::BTreeMap;
use std::time::Duration;

use k8s_openapi::jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use crate::plan::desired::Desired;
use crate::plan::failure::{Effect, Failure};
use crate::plan::observed::Observed;
use crate::plan::step::{Applied, Step};
use crate::plan::unresolved::{Unanswered, Unresolved};

/// When to look again after a write without an answer, counted from its sending; and once more when it cannot arrive any more.
const LOOKS: [Duration; 3] = [Duration::from_secs(2), Duration::from_secs(10), Duration::from_secs(60)];

/// Writes whose outcome is not known, by `metadata.uid`. They are kept in memory only: a process that dies with them does not give
/// the lease back, and its successor takes everything for unresolved.
#[derive(Debug)]
pub struct Outcomes {
    /// How long a write may take to arrive at AWS.
    window: Duration,
    by_uid: BTreeMap<String, Vec<Sent>>,
}

#[derive(Debug)]
struct Sent {
    at: Instant,
    write: Unanswered,
}

impl Outcomes {
    /// Nothing was sent yet. `window` is how long a write may take to arrive.
    pub const fn new(window: Duration) -> Self {
        let by_uid = BTreeMap::new();
        Self { window, by_uid }
    }

    /// Notes a write that is about to be sent. Until [`Self::answered`] says otherwise its outcome is unknown: the pass may be dropped
    /// at any moment, by its deadline or the end of the tenure.
    pub fn sending(&mut self, uid: &str, step: &Step, now: Timestamp) {
        self.forget_what_cannot_arrive();
        if !step.matters_late() {
            return;
        }
        let sent = self.by_uid.entry(uid.to_owned()).or_default();
        sent.iter_mut()
            .filter(|s| s.write.step == *step)
            .for_each(|s| s.write.repeated = true);
        let write = Unanswered {
            step: step.clone(),
            until: after(now, self.window),
            repeated: false,
        };
        sent.push(Sent { at: Instant::now(), write });
    }

    /// Notes the answer to the write that was sent last.
    pub fn answered(&mut self, uid: &str, step: &Step, answer: &Result<Applied, Failure>) {
        let unknown = matches!(answer, Err(failure) if failure.effect == Effect::Unknown);
        if let Some(sent) = self.by_uid.get_mut(uid).filter(|_| !unknown) {
            if let Some(last) = sent.iter().rposition(|s| s.write.step == *step) {
                sent.remove(last);
            }
        }
    }

    /// What may still arrive for an object, given what AWS shows of it now.
    pub fn unresolved(&mut self, uid: &str, desired: &Desired, observed: &Observed) -> Unresolved {
        self.forget_what_cannot_arrive();
        let sent = self.by_uid.entry(uid.to_owned()).or_default();
        let mut unresolved = Unresolved {
            writes: sent.iter().map(|s| s.write.clone()).collect(),
            predecessor: None,
        };
        unresolved.settle(desired, observed);
        sent.retain(|s| unresolved.writes.contains(&s.write));
        if sent.is_empty() {
            self.by_uid.remove(uid);
        }
        unresolved
    }

    /// How long until an object is worth a look because something may have arrived; `None` when nothing can.
    pub fn next_look(&self, uid: &str) -> Option<Duration> {
        let sent = self.by_uid.get(uid)?;
        let looks = sent.iter().flat_map(|s| {
            let age = s.at.elapsed();
            LOOKS.into_iter().chain([self.window]).filter_map(move |look| look.checked_sub(age))
        });
        looks.filter(|wait| !wait.is_zero()).min()
    }

    /// Whether something may still arrive: then the lease is not given back.
    pub fn is_empty(&mut self) -> bool {
        self.forget_what_cannot_arrive();
        self.by_uid.is_empty()
    }

    fn forget_what_cannot_arrive(&mut self) {
        let window = self.window;
        self.by_uid.retain(|_, sent| {
            sent.retain(|s| s.at.elapsed() < window);
            !sent.is_empty()
        });
    }
}

/// A time later by a duration.
pub fn after(now: Timestamp, wait: Duration) -> Timestamp {
    let wait = SignedDuration::try_from(wait).unwrap_or(SignedDuration::MAX);
    now.checked_add(wait).unwrap_or(now)
}
