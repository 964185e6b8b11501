//! Batches of streams and topics: in order per lane, tried again until they pass or are given up (AWS-88).

use serde_json::json;

use super::super::stream::{Record, Stream};
use super::super::{AwsError, Invocation, Invoker, Millis, Region};
use super::delivery::{Attempt, Outcome};
use super::filter::Filter;
use super::lane::{Batch, Lane};
use super::mapping::EventSourceMapping;
use super::source::SourceKind;

/// The pause before a batch is tried again: a second, doubled with each failure, a minute at most. AWS says only that it backs off.
pub(super) fn backoff(failures: u32) -> Millis {
    (1000_u64 << failures.saturating_sub(1).min(6)).min(60_000)
}

impl Region {
    /// Does what is due on one mapping of a stream.
    pub(super) fn settle_stream_mapping(
        &mut self,
        uuid: &str,
        mapping: &mut EventSourceMapping,
        stream: &mut Stream,
        at: Millis,
        written: &mut Vec<String>,
    ) {
        stream.trim(at);
        for index in 0..mapping.polling.lanes.len() {
            if mapping.polling.lanes[index].due.is_none_or(|due| due > at) {
                continue;
            }
            match mapping.polling.lanes[index].batch.take() {
                Some(batch) => self.answered(uuid, mapping, index, batch, written),
                None => self.poll_lane(uuid, mapping, index, stream, written),
            }
            mapping.commit(index, stream);
            mapping.schedule(stream, &self.settings, at, Some(index));
        }
    }

    /// Reads a batch and calls the function with it.
    fn poll_lane(&mut self, uuid: &str, mapping: &mut EventSourceMapping, index: usize, stream: &Stream, written: &mut Vec<String>) {
        let (at, lanes) = (self.now, mapping.polling.lanes.len());
        let Some(shard) = stream.shards.get(&mapping.polling.lanes[index].shard) else {
            return;
        };
        let filter = Filter::new(&mapping.filter_patterns, mapping.kind());
        let gathered = mapping.polling.lanes[index].gather(shard, &filter, mapping.batch_size as usize);
        let oldest = mapping
            .maximum_record_age_in_seconds
            .map(|age| at.saturating_sub(Millis::from(age) * 1000));
        let expired = gathered
            .records
            .partition_point(|record| oldest.is_some_and(|oldest| record.arrived < oldest));
        if expired > 0 {
            let batch = batch_of(&gathered.records[..expired], mapping.function_arn.clone());
            self.discard(uuid, mapping, index, &batch, "RecordAgeExceeded", written);
            mapping.polling.lanes[index].advance(batch.end);
            return;
        }
        let (Some(newest), end) = (gathered.records.last(), gathered.end) else {
            mapping.polling.lanes[index].advance(gathered.end);
            return;
        };
        let target = mapping.target_of(index, lanes, at).to_owned();
        let behind = mapping.polling.lanes[index].waiting(shard).count();
        self.report_lag(mapping, &target, at - newest.arrived, behind);
        let answer = self.call(&target, |text| gathered.records.iter().any(|record| record.data.contains(text)));
        let mut batch = batch_of(&gathered.records, target);
        batch.end = end;
        self.note(uuid, mapping, index, &batch, &answer);
        let lane = &mut mapping.polling.lanes[index];
        match answer {
            Ok(invocation) => {
                lane.refusals = 0;
                batch.answers_at = at + invocation.init_ms + invocation.duration_ms;
                batch.failed = invocation.function_error.is_some();
                lane.batch = Some(batch);
            }
            Err(_) => {
                lane.refusals += 1;
                lane.ready_at = at + backoff(lane.refusals);
                mapping.last_processing_result = Some(super::CALL_FAILED.into());
            }
        }
    }

    /// The function answered: the lane goes on, tries again or gives up.
    fn answered(&mut self, uuid: &str, mapping: &mut EventSourceMapping, index: usize, batch: Batch, written: &mut Vec<String>) {
        let at = self.now;
        let (halves, most) = (mapping.bisect_batch_on_function_error, mapping.maximum_retry_attempts);
        let lane = &mut mapping.polling.lanes[index];
        lane.ready_at = at;
        if batch.forgotten {
            return;
        }
        if !batch.failed {
            lane.advance(batch.end);
            mapping.last_processing_result = Some("OK".into());
            return;
        }
        mapping.last_processing_result = Some(super::CALL_FAILED.into());
        if halves && batch.records.len() > 1 {
            lane.halve(&batch);
            return;
        }
        lane.keep(batch.end);
        if most.is_some_and(|most| lane.failures > most) {
            self.discard(uuid, mapping, index, &batch, "RetryAttemptsExhausted", written);
            mapping.polling.lanes[index].advance(batch.end);
            return;
        }
        lane.ready_at = at + backoff(lane.failures);
    }

    /// Calls a function, version or alias by ARN, as pollers do: no resource policy is asked.
    pub(super) fn call(&mut self, target: &str, carries: impl Fn(&str) -> bool) -> Result<Invocation, AwsError> {
        let target = self.function_ref(target, None)?;
        self.serve(&target.name, target.qualifier.as_deref(), &Invoker::Direct, carries)
    }

    #[allow(clippy::cast_precision_loss)] // Milliseconds and counts stay far below 2^52.
    fn report_lag(&mut self, mapping: &EventSourceMapping, target: &str, age: Millis, behind: usize) {
        let Ok(target) = self.function_ref(target, None) else { return };
        let (metric, value) = if mapping.kind().is_kafka() {
            ("OffsetLag", behind as f64)
        } else {
            ("IteratorAge", age as f64)
        };
        self.record_lag(&target.name, target.qualifier.as_deref(), metric, value);
    }

    fn note(&mut self, uuid: &str, mapping: &EventSourceMapping, index: usize, batch: &Batch, answer: &Result<Invocation, AwsError>) {
        let lane = &mapping.polling.lanes[index];
        let (invocation, outcome) = outcome_of(answer);
        let attempt = Attempt {
            mapping: uuid.into(),
            source: mapping.source().into_owned(),
            shard: lane.shard.clone(),
            target: batch.target.clone(),
            version: invocation.map(|served| served.executed_version.clone()).unwrap_or_default(),
            warm: invocation.is_some_and(|served| served.warm),
            provisioned: invocation.is_some_and(|served| served.provisioned),
            time: self.now,
            attempt: 1 + lane.failures + lane.refusals,
            outcome,
        };
        self.deliveries
            .note(attempt, batch.records.iter().map(|(sequence, _)| *sequence).collect());
    }

    /// Gives records up: what they were goes to the on-failure destination, when there is one and it is a queue (AWS-88).
    fn discard(
        &mut self,
        uuid: &str,
        mapping: &EventSourceMapping,
        index: usize,
        batch: &Batch,
        condition: &str,
        written: &mut Vec<String>,
    ) {
        let lane = &mapping.polling.lanes[index];
        let attempt = Attempt {
            mapping: uuid.into(),
            source: mapping.source().into_owned(),
            shard: lane.shard.clone(),
            target: mapping.function_arn.clone(),
            version: String::new(),
            warm: false,
            provisioned: false,
            time: self.now,
            attempt: lane.failures,
            outcome: Outcome::Discarded,
        };
        self.deliveries
            .note(attempt, batch.records.iter().map(|(sequence, _)| *sequence).collect());
        let Some(destination) = &mapping.on_failure_destination else {
            return;
        };
        if SourceKind::of(destination) == SourceKind::Sqs {
            let text = description(mapping, lane, batch, condition, self.now).to_string();
            // A destination that is gone takes nothing.
            let _ = self.send_messages(destination, vec![text]);
            written.push(destination.clone());
        }
    }
}

/// What answered and how a log calls it.
pub(super) fn outcome_of(answer: &Result<Invocation, AwsError>) -> (Option<&Invocation>, Outcome) {
    match answer {
        Ok(invocation) if invocation.function_error.is_some() => (Some(invocation), Outcome::Failed),
        Ok(invocation) => (Some(invocation), Outcome::Processed),
        Err(error) if error.status == 429 => (None, Outcome::Throttled),
        Err(_) => (None, Outcome::Refused),
    }
}

fn batch_of(records: &[&Record], target: String) -> Batch {
    Batch {
        end: records.last().map_or(0, |record| record.sequence + 1),
        answers_at: 0,
        failed: false,
        forgotten: false,
        target,
        records: records.iter().map(|record| (record.sequence, record.arrived)).collect(),
    }
}

/// The document that AWS sends to an on-failure destination: where the records are, not what they say.
fn description(mapping: &EventSourceMapping, lane: &Lane, batch: &Batch, condition: &str, now: Millis) -> serde_json::Value {
    let info = match mapping.kind() {
        SourceKind::DynamoDb => "DDBStreamBatchInfo",
        SourceKind::Kinesis => "KinesisBatchInfo",
        _ => "KafkaBatchInfo",
    };
    let (first, last) = (batch.records.first(), batch.records.last());
    let time = |record: Option<&(u64, Millis)>| record.map(|(_, arrived)| crate::wire::time::iso(*arrived));
    json!({
        "requestContext": {
            "functionArn": mapping.function_arn, "condition": condition, "approximateInvokeCount": lane.failures,
        },
        "version": "1.0",
        "timestamp": crate::wire::time::iso(now),
        info: {
            "shardId": lane.shard,
            "startSequenceNumber": first.map(|(sequence, _)| sequence.to_string()),
            "endSequenceNumber": last.map(|(sequence, _)| sequence.to_string()),
            "approximateArrivalOfFirstRecord": time(first),
            "approximateArrivalOfLastRecord": time(last),
            "batchSize": batch.records.len(),
            "streamArn": mapping.source(),
        },
    })
}

impl EventSourceMapping {
    /// Keeps how far the shard of a lane was read: as far as the slowest of its lanes (AWS-82, AWS-90).
    fn commit(&mut self, index: usize, stream: &mut Stream) {
        let lane = &self.polling.lanes[index];
        let Some(shard) = stream.shards.get(&lane.shard) else { return };
        let next = if lane.of <= 1 {
            Some(lane.next)
        } else {
            let lanes = self.polling.lanes.iter().filter(|other| other.shard == lane.shard);
            // A lane without a record of its own has read everything.
            lanes
                .map(|lane| {
                    lane.waiting(shard)
                        .next()
                        .map_or(stream.last_sequence + 1, |record| record.sequence)
                })
                .min()
        };
        let Some(next) = next else { return };
        if let Some(group) = self.consumer_group_id.clone() {
            stream.groups.entry(group).or_default().insert(lane.shard.clone(), next);
        }
        if next > 0 {
            self.checkpoints.insert(lane.shard.clone(), (next - 1).to_string());
        }
    }
}
