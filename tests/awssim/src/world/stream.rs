//! Streams that mappings read: DynamoDB streams, Kinesis streams and the topics of Kafka clusters.
//!
//! All three are ordered shards of records that are only ever read; who reads remembers how far. A partition of a Kafka topic is a shard
//! here, named `TOPIC-NUMBER`, and a self-managed cluster goes by its bootstrap servers, for want of an ARN.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::{Answer, AwsError, ById, Millis, Region};

/// How long streams keep records unless set otherwise (AWS-90: 24 h).
const DAY: Millis = 24 * 60 * 60 * 1000;

/// A stream, or all topics of a cluster. In a world file `shardCount` or `topics` is enough; the shards are made up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Stream {
    /// Shards to make when there are none yet.
    pub shard_count: u32,
    /// Kafka: partitions by topic, made when there are none yet.
    pub topics: ById<u32>,
    /// Milliseconds after which a record is gone.
    pub retention_ms: Millis,
    /// Shards by id.
    pub shards: ById<Shard>,
    /// Sequence number of the newest record; numbers are never used again.
    pub last_sequence: u64,
    /// Kafka: by consumer group and shard, the sequence number of the next record that the group will read (AWS-99).
    pub groups: ById<ById<u64>>,
}

/// An ordered part of a stream.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Shard {
    /// Oldest first.
    pub records: VecDeque<Record>,
}

/// One record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Record {
    /// Unique in the stream, growing.
    pub sequence: u64,
    /// When it was written.
    pub arrived: Millis,
    /// Partition key.
    #[serde(default)]
    pub key: String,
    /// The payload; filters read it as JSON.
    #[serde(default)]
    pub data: String,
}

/// A record to be written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct NewRecord {
    /// Partition key; it chooses the shard unless one is named.
    pub key: String,
    /// Id of a shard.
    pub shard: Option<String>,
    /// The payload.
    pub data: String,
}

/// Where a record was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Written {
    /// Id of the shard.
    pub shard: String,
    /// The record's number.
    pub sequence: u64,
}

impl Default for Stream {
    fn default() -> Self {
        Self {
            shard_count: 1,
            topics: ById::new(),
            retention_ms: DAY,
            shards: ById::new(),
            last_sequence: 0,
            groups: ById::new(),
        }
    }
}

impl Stream {
    /// A DynamoDB or Kinesis stream with that many empty shards.
    pub fn with_shards(count: u32) -> Self {
        Self {
            shard_count: count,
            ..Self::default()
        }
    }

    fn is_incomplete(&self) -> bool {
        self.shards.is_empty() || (self.last_sequence == 0 && self.shards.values().any(|shard| !shard.records.is_empty()))
    }

    /// Makes the shards that a world file left out.
    pub(crate) fn complete(&mut self) {
        if self.shards.is_empty() {
            let partitions = self
                .topics
                .iter()
                .flat_map(|(topic, count)| (0..*count).map(move |number| format!("{topic}-{number}")));
            self.shards = partitions.map(|id| (id, Shard::default())).collect();
        }
        if self.shards.is_empty() {
            let ids = (0..self.shard_count.max(1)).map(|number| format!("shardId-{number:012}"));
            self.shards = ids.map(|id| (id, Shard::default())).collect();
        }
        let newest = self.shards.values().filter_map(|shard| shard.records.back());
        self.last_sequence = newest.map(|record| record.sequence).fold(self.last_sequence, u64::max);
    }

    /// Writes records in their order; all of them or, when one names an unknown shard, none.
    pub(crate) fn put(&mut self, now: Millis, records: Vec<NewRecord>) -> Answer<Vec<Written>> {
        let shards: Vec<String> = records.iter().map(|record| self.shard_of(record)).collect::<Answer<_>>()?;
        let mut written = Vec::with_capacity(records.len());
        for (record, id) in records.into_iter().zip(shards) {
            self.last_sequence += 1;
            let sequence = self.last_sequence;
            if let Some(shard) = self.shards.get_mut(&id) {
                shard.records.push_back(Record {
                    sequence,
                    arrived: now,
                    key: record.key,
                    data: record.data,
                });
            }
            written.push(Written { shard: id, sequence });
        }
        self.trim(now);
        Ok(written)
    }

    fn shard_of(&self, record: &NewRecord) -> Answer<String> {
        let missing = |id: &str| AwsError::new(400, "ResourceNotFoundException", format!("there is no shard {id}"));
        if let Some(id) = &record.shard {
            return self.shards.contains_key(id).then(|| id.clone()).ok_or_else(|| missing(id));
        }
        let index = lane_of(&record.key, self.shards.len());
        self.shards.keys().nth(index).cloned().ok_or_else(|| missing("at all"))
    }

    /// Drops what is older than the retention (AWS-90).
    pub(crate) fn trim(&mut self, now: Millis) {
        for shard in self.shards.values_mut() {
            let old = |record: &Record| record.arrived + self.retention_ms <= now;
            while shard.records.front().is_some_and(old) {
                shard.records.pop_front();
            }
        }
    }
}

impl Shard {
    /// Records from a sequence number on, oldest first.
    pub fn from(&self, sequence: u64) -> impl Iterator<Item = &Record> {
        let start = self.records.partition_point(|record| record.sequence < sequence);
        self.records.range(start..)
    }
}

/// Which of `count` lanes a key belongs to; always the same one.
pub(crate) fn lane_of(key: &str, count: usize) -> usize {
    // FNV-1a, and its upper half, which is well mixed for short keys too.
    let hash = key.bytes().fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)
    });
    let number = usize::try_from((hash ^ hash >> 32) & 0xFFFF_FFFF).unwrap_or_default();
    number % count.max(1)
}

impl Region {
    /// Makes a stream, or replaces one that is there with its records.
    pub fn put_stream(&mut self, source: &str, mut stream: Stream) {
        stream.complete();
        self.streams.insert(source.into(), stream);
        self.wake_mappings(source);
    }

    /// Deletes a stream with its records; false when there is none.
    pub fn delete_stream(&mut self, source: &str) -> bool {
        let was_there = self.streams.remove(source).is_some();
        self.wake_mappings(source);
        was_there
    }

    /// Writes records to a stream at the present moment and answers where each of them is.
    ///
    /// # Errors
    /// `ResourceNotFoundException` for a stream or shard that is not there.
    pub fn put_records(&mut self, source: &str, records: Vec<NewRecord>) -> Answer<Vec<Written>> {
        let now = self.now;
        let missing = || AwsError::new(400, "ResourceNotFoundException", format!("Stream not found: {source}"));
        let stream = self.streams.get_mut(source).ok_or_else(missing)?;
        stream.complete();
        let written = stream.put(now, records)?;
        self.wake_mappings(source);
        Ok(written)
    }

    /// Makes up what a world file may leave out of streams.
    pub(crate) fn complete_streams(&mut self) {
        for stream in self.streams.values_mut().filter(|stream| stream.is_incomplete()) {
            stream.complete();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(key: &str) -> NewRecord {
        NewRecord {
            key: key.into(),
            ..NewRecord::default()
        }
    }

    fn sequences(stream: &Stream) -> Vec<u64> {
        stream
            .shards
            .values()
            .flat_map(|shard| &shard.records)
            .map(|record| record.sequence)
            .collect()
    }

    #[test]
    fn a_key_always_goes_to_the_same_shard_and_keys_spread_over_all() {
        let mut stream = Stream::with_shards(4);
        stream.complete();
        let first = stream.put(0, (0..100).map(|n| record(&n.to_string())).collect()).unwrap();
        let second = stream.put(0, (0..100).map(|n| record(&n.to_string())).collect()).unwrap();
        assert!(
            first
                .iter()
                .zip(&second)
                .all(|(one, two)| one.shard == two.shard && one.sequence < two.sequence)
        );
        assert!(stream.shards.values().all(|shard| shard.records.len() > 20));
    }

    #[test]
    fn records_are_gone_after_the_retention() {
        let mut stream = Stream::with_shards(1);
        stream.complete();
        stream.put(0, vec![record("a")]).unwrap();
        stream.put(DAY - 1, vec![record("b")]).unwrap();
        assert_eq!(sequences(&stream), [1, 2]);
        stream.put(DAY, vec![record("c")]).unwrap();
        assert_eq!(sequences(&stream), [2, 3], "AWS-90");
    }

    #[test]
    fn nothing_is_written_when_one_record_names_no_shard() {
        let mut stream = Stream::with_shards(1);
        stream.complete();
        let wrong = NewRecord {
            shard: Some("shardId-9".into()),
            ..NewRecord::default()
        };
        assert!(stream.put(0, vec![record("a"), wrong]).is_err());
        assert_eq!(sequences(&stream), [] as [u64; 0]);
    }

    #[test]
    fn partitions_of_topics_are_shards() {
        let mut stream = Stream {
            topics: ById::from([("orders".to_owned(), 2), ("refunds".to_owned(), 1)]),
            ..Stream::default()
        };
        stream.complete();
        assert_eq!(stream.shards.keys().collect::<Vec<_>>(), ["orders-0", "orders-1", "refunds-0"]);
    }
}
