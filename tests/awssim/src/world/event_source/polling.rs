//! Polling: what a mapping has read, what is in flight, and when the next thing happens.
//!
//! Nothing happens while there is nothing to read. A poll is due when a record waits for it; waiting is looked for when the source was
//! written, when the mapping was changed and when a batch was answered.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::super::stream::Stream;
use super::super::{ById, Millis, Region, Settings};
use super::lane::Lane;
use super::mapping::{EventSourceMapping, MappingState, StartingPosition};
use super::queue_polling::Flight;
use super::source::SourceKind;

/// The pollers of one mapping. What must outlive them stands in the mapping's checkpoints.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Polling {
    /// From when on they read; absent while they do not.
    pub since: Option<Millis>,
    /// Whether they were ever stopped, or seen before they began: beginning takes a while then (AWS-89).
    pub was_paused: bool,
    /// What they were told to call.
    pub target: String,
    /// When the mapping was written last, as far as they know.
    pub modified: Millis,
    /// Whether the mapping could not work when they looked.
    pub broken: bool,
    /// Whether the source was written since they looked.
    pub woken: bool,
    /// Streams: one for each shard, or several.
    pub lanes: Vec<Lane>,
    /// Queues: batches that the function works on.
    pub flights: Vec<Flight>,
    /// Queues: batches so far.
    pub batches: u64,
    /// Queues: throttled batches in a row.
    pub refusals: u32,
    /// Queues: nothing is received before.
    pub ready_at: Millis,
    /// When the next thing happens.
    pub due: Option<Millis>,
}

impl Polling {
    /// Whether there is nothing in it that a dump must show.
    pub(super) fn is_new(&self) -> bool {
        *self == Self::default()
    }
}

impl EventSourceMapping {
    /// The key of the source in the region's streams or queues: an ARN, or the bootstrap servers of a self-managed cluster.
    pub fn source(&self) -> Cow<'_, str> {
        match self.event_source_arn.as_deref() {
            // A consumer of a Kinesis stream reads the same records.
            Some(arn) => arn.split_once("/consumer/").map_or(arn, |(stream, _)| stream).into(),
            None => self.kafka_bootstrap_servers.join(",").into(),
        }
    }

    /// Whether its pollers read: not during an update (AWS-89), but until it is disabled altogether.
    pub(super) fn polls(&self) -> bool {
        matches!(self.state, MappingState::Enabled | MappingState::Disabling)
    }

    fn is_stale(&self) -> bool {
        let polling = &self.polling;
        polling.woken
            || self.polls() != polling.since.is_some()
            || self.broken_since.is_some() != polling.broken
            || self.last_modified != polling.modified
            || self.function_arn != polling.target
    }

    /// Begins, pauses or goes on as the mapping says; `at` is now.
    fn follow(&mut self, settings: &Settings, at: Millis) {
        let polls = self.polls();
        let moved = self.function_arn != self.polling.target;
        let polling = &mut self.polling;
        if !polls {
            polling.was_paused = true;
            polling.since = None;
        } else if polling.since.is_none() {
            let gap = if polling.was_paused { settings.polling_gap_ms } else { 0 };
            polling.since = Some(at + gap);
        }
        if moved && !polling.target.is_empty() && settings.moved_batches_come_again {
            polling
                .lanes
                .iter_mut()
                .filter_map(|lane| lane.batch.as_mut())
                .for_each(|batch| batch.forgotten = true);
        }
        polling.target.clone_from(&self.function_arn);
        polling.modified = self.last_modified;
        polling.broken = self.broken_since.is_some();
        polling.woken = false;
    }

    /// Makes the lanes fit the shards of the stream, each from its checkpoint on.
    fn fit_lanes(&mut self, stream: &Stream) {
        let count = self.parallelization_factor.max(1) as usize;
        let topics: Vec<String> = self.topics.iter().map(|topic| format!("{topic}-")).collect();
        let reads = |shard: &str| topics.is_empty() || topics.iter().any(|topic| shard.starts_with(topic.as_str()));
        let fits = |lane: &Lane| lane.of == count && stream.shards.contains_key(&lane.shard) && lane.next <= stream.last_sequence + 1;
        let shards = stream.shards.keys().filter(|shard| reads(shard));
        if self.polling.lanes.iter().all(fits) && self.polling.lanes.len() == shards.clone().count() * count {
            return;
        }
        let mut lanes = Vec::new();
        for shard in shards {
            // Lanes that go may have a batch in flight: the new ones wait for its answer, which nobody hears.
            let old = || self.polling.lanes.iter().filter(|lane| &lane.shard == shard);
            let answered = old().filter_map(|lane| lane.batch.as_ref()).map(|batch| batch.answers_at).max();
            if old().next().is_some() && old().all(fits) {
                lanes.extend(old().cloned());
            } else {
                lanes.extend(Lane::of_shard(
                    shard,
                    count,
                    self.first_sequence(stream, shard),
                    answered.unwrap_or_default(),
                ));
            }
        }
        self.polling.lanes = lanes;
    }

    /// Where reading a shard begins: at the checkpoint, else at the starting position.
    fn first_sequence(&self, stream: &Stream, shard: &str) -> u64 {
        let group = self
            .consumer_group_id
            .as_deref()
            .and_then(|group| stream.groups.get(group)?.get(shard))
            .copied();
        let own = self
            .checkpoints
            .get(shard)
            .and_then(|sequence| sequence.parse::<u64>().ok())
            .map(|last| last + 1);
        // A stream that was made anew counts anew.
        if let Some(next) = group.or(own).filter(|next| *next <= stream.last_sequence + 1) {
            return next;
        }
        let from = match self.starting_position {
            Some(StartingPosition::Latest) => self.polling.since.unwrap_or_default(),
            Some(StartingPosition::AtTimestamp) => self.starting_position_timestamp.unwrap_or_default(),
            _ => 0,
        };
        let records = stream.shards.get(shard).map(|shard| &shard.records).into_iter().flatten();
        let first = records.into_iter().find(|record| record.arrived >= from);
        first.map_or(stream.last_sequence + 1, |record| record.sequence)
    }

    /// When the next thing happens on a lane.
    fn lane_due(&self, lane: &Lane, stream: &Stream, settings: &Settings, at: Millis) -> Option<Millis> {
        if let Some(batch) = &lane.batch {
            return Some(batch.answers_at);
        }
        let since = self.polling.since.filter(|_| !self.polling.broken)?;
        let earliest = at.max(since).max(lane.ready_at);
        let shard = stream.shards.get(&lane.shard)?;
        let mut waiting = lane.waiting(shard);
        let first = waiting.next()?;
        if lane.is_retrying() {
            return Some(earliest);
        }
        let most = (self.batch_size.max(1) as usize).saturating_sub(2);
        let window = Millis::from(self.maximum_batching_window_in_seconds) * 1000;
        let poll_after = |arrived: Millis| (arrived / settings.poll_interval_ms.max(1) + 1) * settings.poll_interval_ms.max(1);
        let filled = if self.batch_size <= 1 || window == 0 {
            Some(first)
        } else {
            waiting.nth(most)
        };
        let ready = filled.map_or_else(|| poll_after(first.arrived) + window, |record| poll_after(record.arrived));
        Some(earliest.max(ready))
    }

    /// Finds out when the next thing happens on one lane, or on all of them.
    pub(super) fn schedule(&mut self, stream: &Stream, settings: &Settings, at: Millis, only: Option<usize>) {
        for index in 0..self.polling.lanes.len() {
            if only.is_none_or(|only| only == index) {
                let due = self.lane_due(&self.polling.lanes[index], stream, settings, at);
                self.polling.lanes[index].due = due;
            }
        }
        self.polling.due = self.polling.lanes.iter().filter_map(|lane| lane.due).min();
    }

    /// Whom a batch goes to: for a while after a move some lanes still call the old target, one after the other changing over (AWS-87).
    pub(super) fn target_of(&self, lane: usize, lanes: usize, at: Millis) -> &str {
        let old = self.previous.as_ref().filter(|previous| {
            let begun = self.polling.since.unwrap_or(at).min(previous.until);
            let span = (previous.until - begun) as u128;
            // The first of several at once, the last at the end; a single one at the end as well.
            let share = if lanes <= 1 {
                span
            } else {
                span * lane as u128 / (lanes as u128 - 1)
            };
            u128::from(at) < u128::from(begun) + share
        });
        old.map_or(self.function_arn.as_str(), |previous| previous.function_arn.as_str())
    }
}

impl Region {
    /// Tells the mappings of a source that it was written, made or deleted.
    pub(in crate::world) fn wake_mappings(&mut self, source: &str) {
        for mapping in self.event_source_mappings.values_mut().filter(|mapping| mapping.source() == source) {
            mapping.polling.woken = true;
        }
    }

    /// Lets the pollers of changed mappings and written sources find out what there is to do.
    pub(in crate::world) fn schedule_polling(&mut self, at: Millis) {
        let mut mappings = std::mem::take(&mut self.event_source_mappings);
        for mapping in mappings.values_mut().filter(|mapping| mapping.is_stale()) {
            mapping.follow(&self.settings, at);
            if mapping.kind() == SourceKind::Sqs {
                self.schedule_queue(mapping, at);
                continue;
            }
            match self.streams.get(&*mapping.source()) {
                Some(stream) => {
                    // Where LATEST is, is known only when polling begins.
                    if mapping.polling.since.is_some() || !mapping.polling.lanes.is_empty() {
                        mapping.fit_lanes(stream);
                    }
                    mapping.schedule(stream, &self.settings, at, None);
                }
                None => {
                    mapping.polling.lanes.clear();
                    mapping.polling.due = None;
                }
            }
        }
        self.event_source_mappings = mappings;
    }

    /// When the next poll is due or the next batch answered.
    pub(in crate::world) fn due_polling(&self) -> Option<Millis> {
        self.event_source_mappings.values().filter_map(|mapping| mapping.polling.due).min()
    }

    /// Polls and hears answers that are due at `at`.
    pub(in crate::world) fn settle_polling(&mut self, at: Millis) {
        let mut mappings = std::mem::take(&mut self.event_source_mappings);
        let mut streams: ById<Stream> = std::mem::take(&mut self.streams);
        let mut written = Vec::new();
        for (uuid, mapping) in &mut mappings {
            if mapping.polling.due.is_none_or(|due| due > at) {
                continue;
            }
            if mapping.kind() == SourceKind::Sqs {
                self.settle_queue_mapping(uuid, mapping, at, &mut written);
            } else if let Some(stream) = streams.get_mut(&*mapping.source()) {
                self.settle_stream_mapping(uuid, mapping, stream, at, &mut written);
            } else {
                mapping.polling.due = None;
            }
        }
        self.event_source_mappings = mappings;
        self.streams = streams;
        written.sort();
        written.dedup();
        for source in written {
            self.wake_mappings(&source);
        }
    }
}
