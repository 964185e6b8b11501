//! Batches of SQS messages: several at once, deleted when the function took them, seen again after the visibility time-out otherwise
//! (AWS-100).

use serde::{Deserialize, Serialize};

use super::super::queue::Message;
use super::super::{Millis, Region};
use super::delivery::Attempt;
use super::filter::Filter;
use super::mapping::EventSourceMapping;
use super::stream_polling::{backoff, outcome_of};

/// Batches at once without `MaximumConcurrency`. AWS begins with five and adds more under load; here it stays at that.
const AT_ONCE: usize = 5;

/// A batch of messages that the function works on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Flight {
    /// Numbers of the messages.
    pub messages: Vec<u64>,
    /// When the function answers.
    pub answers_at: Millis,
    /// Whether it answers with an error.
    pub failed: bool,
}

impl Region {
    /// Finds out when the next thing happens on a mapping of a queue.
    pub(super) fn schedule_queue(&self, mapping: &mut EventSourceMapping, at: Millis) {
        let polling = &mapping.polling;
        let answered = polling.flights.iter().map(|flight| flight.answers_at).min();
        let most = mapping.maximum_concurrency.map_or(AT_ONCE, |most| most as usize);
        let since = polling.since.filter(|_| !polling.broken && polling.flights.len() < most);
        let queue = self.queues.get(&*mapping.source());
        let receives = since.zip(queue).and_then(|(since, queue)| {
            let visible = queue.first_visible()?;
            let window = Millis::from(mapping.maximum_batching_window_in_seconds) * 1000;
            let is_full = queue.visible(at) >= mapping.batch_size.max(1) as usize;
            let gathers = if is_full { 0 } else { window };
            Some((visible.max(since) + gathers).max(polling.ready_at).max(at))
        });
        mapping.polling.due = answered.into_iter().chain(receives).min();
    }

    /// Does what is due on one mapping of a queue.
    pub(super) fn settle_queue_mapping(&mut self, uuid: &str, mapping: &mut EventSourceMapping, at: Millis, written: &mut Vec<String>) {
        let source = mapping.source().into_owned();
        let (answered, working): (Vec<Flight>, Vec<Flight>) = std::mem::take(&mut mapping.polling.flights)
            .into_iter()
            .partition(|flight| flight.answers_at <= at);
        mapping.polling.flights = working;
        if let Some(queue) = self.queues.get_mut(&source) {
            for flight in answered.iter().filter(|flight| !flight.failed) {
                queue.remove(at, &flight.messages);
            }
        }
        // Answers alone need no poll; whether one is due is found out by what remains.
        if answered.is_empty() {
            self.poll_queue(uuid, mapping, &source, written);
        }
        self.schedule_queue(mapping, at);
    }

    fn poll_queue(&mut self, uuid: &str, mapping: &mut EventSourceMapping, source: &str, written: &mut Vec<String>) {
        let at = self.now;
        let Ok(received) = self.receive_messages(source, mapping.batch_size.max(1) as usize) else {
            return;
        };
        let dead_letters = self.queues.get(source).and_then(|queue| queue.redrive.as_ref());
        written.extend(dead_letters.map(|redrive| redrive.dead_letter_target_arn.clone()));
        let filter = Filter::new(&mapping.filter_patterns, mapping.kind());
        let (taken, left_out): (Vec<Message>, Vec<Message>) = received.into_iter().partition(|message| filter.takes("", &message.body));
        if let Some(queue) = self.queues.get_mut(source).filter(|_| !left_out.is_empty()) {
            // What the filter leaves out is deleted unseen.
            queue.remove(at, &left_out.iter().map(|message| message.id).collect::<Vec<_>>());
        }
        if taken.is_empty() {
            return;
        }
        mapping.polling.batches += 1;
        let lane = usize::try_from(mapping.polling.batches % 2).unwrap_or_default();
        let target = mapping.target_of(lane, 2, at).to_owned();
        let answer = self.call(&target, |text| taken.iter().any(|message| message.body.contains(text)));
        let (invocation, outcome) = outcome_of(&answer);
        let attempt = Attempt {
            mapping: uuid.into(),
            source: source.into(),
            shard: String::new(),
            target,
            version: invocation.map(|served| served.executed_version.clone()).unwrap_or_default(),
            warm: invocation.is_some_and(|served| served.warm),
            provisioned: invocation.is_some_and(|served| served.provisioned),
            time: at,
            attempt: taken.iter().map(|message| message.receive_count).max().unwrap_or_default(),
            outcome,
        };
        let messages: Vec<u64> = taken.iter().map(|message| message.id).collect();
        self.deliveries.note(attempt, messages.clone());
        match answer {
            Ok(served) => {
                mapping.polling.refusals = 0;
                mapping.polling.flights.push(Flight {
                    messages,
                    answers_at: at + served.init_ms + served.duration_ms,
                    failed: served.function_error.is_some(),
                });
            }
            // The messages stay hidden until the visibility time-out, as those of a failed call.
            Err(_) => {
                mapping.polling.refusals += 1;
                mapping.polling.ready_at = at + backoff(mapping.polling.refusals);
            }
        }
    }
}
