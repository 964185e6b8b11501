//! Which records went where: the log that tests judge a move by.

use std::collections::VecDeque;

use serde::Serialize;

use super::super::Millis;

/// Deliveries that are kept: the oldest go first.
const KEPT: u64 = 200_000;

/// What became of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Outcome {
    /// The function took it without an error.
    Processed,
    /// The function failed.
    Failed,
    /// No concurrency was left: the function did not see it.
    Throttled,
    /// The function, version or alias was not there or not ready.
    Refused,
    /// Given up: too old, or tried too often (AWS-88).
    Discarded,
}

/// One attempt to deliver one batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Attempt {
    /// UUID of the mapping.
    pub mapping: String,
    /// ARN of the stream or queue, or the bootstrap servers.
    pub source: String,
    /// Id of the shard; empty for queues.
    pub shard: String,
    /// ARN of what was called, with its qualifier.
    pub target: String,
    /// The version that answered; empty when none did.
    pub version: String,
    /// Whether it had not to start for this.
    pub warm: bool,
    /// Whether it ran on provisioned concurrency.
    pub provisioned: bool,
    /// When the function was called.
    pub time: Millis,
    /// 1 for the first call with a batch that begins with this record; of a queue, the highest receive count.
    pub attempt: u32,
    /// What became of it.
    pub outcome: Outcome,
}

/// One record of one attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Delivery {
    /// Its number in the log, from 1.
    pub index: u64,
    /// Sequence number of the record, or number of the message.
    pub sequence: u64,
    /// The batch it was in.
    #[serde(flatten)]
    pub of: Attempt,
}

/// All deliveries of a region, the newest of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Deliveries {
    attempts: VecDeque<(u64, Attempt, Vec<u64>)>,
    /// The number of the newest delivery; 0 before the first.
    pub last: u64,
}

impl Deliveries {
    /// Notes an attempt with its records.
    pub(crate) fn note(&mut self, attempt: Attempt, sequences: Vec<u64>) {
        let first = self.last + 1;
        self.last += sequences.len() as u64;
        self.attempts.push_back((first, attempt, sequences));
        while self.attempts.front().is_some_and(|(first, ..)| first + KEPT <= self.last) {
            self.attempts.pop_front();
        }
    }

    /// The deliveries after number `since`, oldest first.
    pub fn since(&self, since: u64) -> impl Iterator<Item = Delivery> {
        let attempts = self
            .attempts
            .iter()
            .filter(move |(first, _, sequences)| first + sequences.len() as u64 > since + 1);
        let all = attempts.flat_map(|(first, attempt, sequences)| {
            (*first..).zip(sequences).map(|(index, sequence)| Delivery {
                index,
                sequence: *sequence,
                of: attempt.clone(),
            })
        });
        all.filter(move |delivery| delivery.index > since)
    }
}
