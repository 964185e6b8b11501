//! Reading a shard in batches and in order: what is read next, what is in flight, what is tried again.

use serde::{Deserialize, Serialize};

use super::super::Millis;
use super::super::stream::{Record, Shard, lane_of};
use super::filter::Filter;

/// A shard as one mapping reads it, or the part of a shard that belongs to one of several lanes by partition key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Lane {
    /// Id of the shard.
    pub shard: String,
    /// Which of the shard's lanes.
    pub number: usize,
    /// How many the shard has.
    pub of: usize,
    /// Sequence number from which on the next batch is read.
    pub next: u64,
    /// Where batches that are tried again end (exclusive), the one to try next last: a failed batch keeps its extent.
    pub ends: Vec<u64>,
    /// Failed calls with the batch that begins at `next`.
    pub failures: u32,
    /// Calls in a row that did not reach the function.
    pub refusals: u32,
    /// Nothing is read before.
    pub ready_at: Millis,
    /// The batch that the function works on.
    pub batch: Option<Batch>,
    /// When the next thing happens.
    pub due: Option<Millis>,
}

/// A batch in flight.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Batch {
    /// The sequence number after everything that was read for it.
    pub end: u64,
    /// When the function answers.
    pub answers_at: Millis,
    /// Whether it answers with an error.
    pub failed: bool,
    /// Whether the answer is lost on a poller that was replaced meanwhile (AWS-88): what was delivered comes again.
    #[serde(default)]
    pub forgotten: bool,
    /// ARN of what was called.
    pub target: String,
    /// Sequence number and time of arrival of each record.
    pub records: Vec<(u64, Millis)>,
}

/// What a lane would deliver next.
pub(super) struct Gathered<'a> {
    /// The records that pass the filter.
    pub records: Vec<&'a Record>,
    /// The sequence number after everything that was read.
    pub end: u64,
}

impl Lane {
    /// The lanes of a shard, each beginning at the same record.
    pub fn of_shard(shard: &str, count: usize, next: u64, ready_at: Millis) -> impl Iterator<Item = Self> {
        (0..count.max(1)).map(move |number| Self {
            shard: shard.into(),
            number,
            of: count.max(1),
            next,
            ready_at,
            ..Self::default()
        })
    }

    /// The lane's own records that were not yet processed.
    pub(super) fn waiting<'a>(&self, shard: &'a Shard) -> impl Iterator<Item = &'a Record> + use<'a> {
        let (number, of) = (self.number, self.of);
        shard
            .from(self.next)
            .filter(move |record| of <= 1 || lane_of(&record.key, of) == number)
    }

    /// Whether a batch is to be tried again.
    pub fn is_retrying(&self) -> bool {
        !self.ends.is_empty() || self.refusals > 0
    }

    /// The next batch: in order, not beyond the extent of the batch that is tried again.
    pub(super) fn gather<'a>(&self, shard: &'a Shard, filter: &Filter, most: usize) -> Gathered<'a> {
        let limit = self.ends.last().copied().unwrap_or(u64::MAX);
        let mut gathered = Gathered {
            records: Vec::new(),
            end: self.next,
        };
        for record in self.waiting(shard).take_while(|record| record.sequence < limit) {
            if gathered.records.len() >= most.max(1) {
                break;
            }
            gathered.end = record.sequence + 1;
            if filter.takes(&record.key, &record.data) {
                gathered.records.push(record);
            }
        }
        // What is left of a batch whose records are gone ends where the batch ended.
        if gathered.records.is_empty() && limit < u64::MAX {
            gathered.end = limit;
        }
        gathered
    }

    /// Everything before `end` is done with.
    pub fn advance(&mut self, end: u64) {
        self.next = self.next.max(end);
        while self.ends.last().is_some_and(|last| *last <= self.next) {
            self.ends.pop();
        }
        self.failures = 0;
        self.refusals = 0;
    }

    /// The function failed on a batch, which is to be tried again in one piece.
    pub fn keep(&mut self, end: u64) {
        self.failures += 1;
        if self.ends.last() != Some(&end) {
            self.ends.push(end);
        }
    }

    /// The batch is tried again in two halves; that counts as no retry (AWS-88).
    pub fn halve(&mut self, batch: &Batch) {
        self.keep(batch.end);
        self.failures = 0;
        if let Some((middle, _)) = batch.records.get(batch.records.len() / 2) {
            self.ends.push(*middle);
        }
    }
}
