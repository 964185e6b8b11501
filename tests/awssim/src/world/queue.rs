//! SQS queues: messages that a receiver hides for a while and deletes when it is done with them (AWS-100).

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::metrics::MINUTE;
use super::{Answer, AwsError, Metrics, Millis, Region};

/// Namespace of the metrics (AWS-117).
const NAMESPACE: &str = "AWS/SQS";
/// A queue is reported for that long after it was used last (AWS-117).
const ACTIVE: Millis = 6 * 60 * MINUTE;
/// What metrics reach back at all; older samples need not be taken.
const DAY: Millis = 24 * 60 * MINUTE;

/// A standard queue.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Queue {
    /// Milliseconds for which a received message is hidden.
    pub visibility_timeout_ms: Millis,
    /// Milliseconds after which a message is gone.
    pub retention_ms: Millis,
    /// Where messages go that nobody could process.
    pub redrive: Option<Redrive>,
    /// Oldest first.
    pub messages: VecDeque<Message>,
    /// Number of the newest message.
    pub last_message: u64,
    /// When it was last written or received from.
    pub used: Millis,
    /// When its next metrics are due; absent while it is unused.
    pub sampled_at: Option<Millis>,
}

/// `RedrivePolicy`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Redrive {
    /// ARN of the dead-letter queue.
    pub dead_letter_target_arn: String,
    /// Receives after which a message goes there instead of being received once more.
    pub max_receive_count: u32,
}

/// One message.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Message {
    /// Unique in its queue, growing.
    pub id: u64,
    /// The text.
    pub body: String,
    /// When it was sent; a message in a dead-letter queue keeps it.
    pub sent: Millis,
    /// How often it was received.
    pub receive_count: u32,
    /// Hidden until then.
    pub visible_at: Millis,
}

impl Default for Queue {
    fn default() -> Self {
        Self {
            visibility_timeout_ms: 30_000,
            retention_ms: 4 * DAY,
            redrive: None,
            messages: VecDeque::new(),
            last_message: 0,
            used: 0,
            sampled_at: None,
        }
    }
}

impl Queue {
    /// Messages that a receiver could get.
    pub fn visible(&self, now: Millis) -> usize {
        self.messages.iter().filter(|message| message.visible_at <= now).count()
    }

    /// When the first message can be received.
    pub(crate) fn first_visible(&self) -> Option<Millis> {
        self.messages.iter().map(|message| message.visible_at).min()
    }

    pub(crate) fn push(&mut self, now: Millis, message: Message) -> u64 {
        self.last_message += 1;
        self.messages.push_back(Message {
            id: self.last_message,
            ..message
        });
        self.touch(now);
        self.last_message
    }

    /// Removes messages by their ids; ids that are gone do not matter.
    pub(crate) fn remove(&mut self, now: Millis, ids: &[u64]) {
        self.messages.retain(|message| !ids.contains(&message.id));
        self.touch(now);
    }

    fn expire(&mut self, now: Millis) {
        let kept = self.retention_ms;
        self.messages.retain(|message| message.sent + kept > now);
    }

    fn touch(&mut self, now: Millis) {
        self.used = now.max(1);
        self.sampled_at = self.sampled_at.or(Some(now - now % MINUTE + MINUTE));
    }

    fn sample(&self, metrics: &mut Metrics, name: &str, at: Millis) {
        let dimensions = [("QueueName", name)];
        // AWS-117: messages in flight count towards the age as well.
        let oldest = self.messages.iter().map(|message| message.sent).min();
        let age = oldest.map_or(0, |sent| at.saturating_sub(sent) / 1000);
        let mut put = |metric: &str, value: usize| metrics.record(at, NAMESPACE, metric, &dimensions, number(value));
        put("ApproximateAgeOfOldestMessage", usize::try_from(age).unwrap_or(usize::MAX));
        let visible = self.visible(at);
        put("ApproximateNumberOfMessagesVisible", visible);
        put("ApproximateNumberOfMessagesNotVisible", self.messages.len() - visible);
    }
}

#[allow(clippy::cast_precision_loss)] // Counts and seconds stay far below 2^52.
fn number(value: usize) -> f64 {
    value as f64
}

/// The last part of an ARN: the name.
pub fn queue_name(arn: &str) -> &str {
    arn.rsplit(':').next().unwrap_or(arn)
}

impl Region {
    /// Sends messages at the present moment and answers their ids.
    ///
    /// # Errors
    /// SQS's own for a queue that is not there.
    pub fn send_messages(&mut self, arn: &str, bodies: Vec<String>) -> Answer<Vec<u64>> {
        let now = self.now;
        let queue = self.queues.get_mut(arn).ok_or_else(no_such_queue)?;
        let sent = bodies.into_iter().map(|body| {
            queue.push(
                now,
                Message {
                    body,
                    sent: now,
                    ..Message::default()
                },
            )
        });
        let ids = sent.collect();
        self.wake_mappings(arn);
        Ok(ids)
    }

    /// Makes a queue, or replaces one that is there with its messages.
    pub fn put_queue(&mut self, arn: &str, mut queue: Queue) {
        queue.touch(self.now);
        self.queues.insert(arn.into(), queue);
        self.wake_mappings(arn);
    }

    /// Deletes a queue with its messages; false when there is none.
    pub fn delete_queue(&mut self, arn: &str) -> bool {
        let was_there = self.queues.remove(arn).is_some();
        self.wake_mappings(arn);
        was_there
    }

    /// Receives up to `most` messages: they are hidden for the visibility time-out, and those received too often go to the dead-letter
    /// queue instead (AWS-100). Without a dead-letter queue of that name they stay where they are.
    pub(crate) fn receive_messages(&mut self, arn: &str, most: usize) -> Answer<Vec<Message>> {
        let now = self.now;
        let mut queue = self.queues.remove(arn).ok_or_else(no_such_queue)?;
        queue.expire(now);
        let dead_letters = queue
            .redrive
            .clone()
            .filter(|redrive| self.queues.contains_key(&redrive.dead_letter_target_arn));
        let exhausted = |message: &Message| {
            message.visible_at <= now
                && dead_letters
                    .as_ref()
                    .is_some_and(|to| message.receive_count >= to.max_receive_count)
        };
        let (dead, alive): (VecDeque<_>, VecDeque<_>) = queue.messages.into_iter().partition(exhausted);
        queue.messages = alive;
        if let Some(target) = dead_letters.as_ref().and_then(|to| self.queues.get_mut(&to.dead_letter_target_arn)) {
            for message in dead {
                let fresh = Message {
                    receive_count: 0,
                    visible_at: now,
                    ..message
                };
                target.push(now, fresh);
            }
        }
        let until = now + queue.visibility_timeout_ms;
        let visible = queue.messages.iter_mut().filter(|message| message.visible_at <= now).take(most);
        let received: Vec<Message> = visible
            .map(|message| {
                message.receive_count += 1;
                message.visible_at = until;
                message.clone()
            })
            .collect();
        queue.touch(now);
        self.queues.insert(arn.into(), queue);
        Ok(received)
    }

    /// The metrics of a queue that stands in a world file begin with the world.
    pub(crate) fn complete_queues(&mut self, now: Millis) {
        for queue in self.queues.values_mut().filter(|queue| queue.used == 0) {
            queue.touch(now);
        }
    }

    /// When the metrics of the next queue are due.
    pub(crate) fn due_queues(&self) -> Option<Millis> {
        self.queues.values().filter_map(|queue| queue.sampled_at).min()
    }

    /// Takes the metrics that are due at `at`: every minute, as long as a queue is in use (AWS-117).
    pub(crate) fn settle_queues(&mut self, at: Millis) {
        for (arn, queue) in &mut self.queues {
            if queue.sampled_at.is_none_or(|due| due > at) {
                continue;
            }
            queue.expire(at);
            queue.sample(&mut self.metrics, queue_name(arn), at);
            let unused = queue.messages.is_empty() && queue.used + ACTIVE <= at;
            queue.sampled_at = (!unused).then_some(at + MINUTE);
        }
    }

    /// Before a long jump: samples that no metric would keep are not taken.
    pub(crate) fn skip_samples(&mut self, now: Millis) {
        let oldest = (now - now % MINUTE).saturating_sub(DAY);
        for queue in self.queues.values_mut() {
            queue.sampled_at = queue.sampled_at.map(|due| due.max(oldest));
        }
    }
}

/// SQS's answer for a queue that is not there.
pub fn no_such_queue() -> AwsError {
    AwsError::new(400, "QueueDoesNotExist", "The specified queue does not exist.")
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUEUE: &str = "arn:aws:sqs:eu-west-1:111122223333:orders";
    const DEAD: &str = "arn:aws:sqs:eu-west-1:111122223333:orders-dead";

    fn region() -> Region {
        let mut region = Region::default();
        let redrive = Some(Redrive {
            dead_letter_target_arn: DEAD.into(),
            max_receive_count: 2,
        });
        region.queues.insert(
            QUEUE.into(),
            Queue {
                redrive,
                ..Queue::default()
            },
        );
        region.queues.insert(DEAD.into(), Queue::default());
        region
    }

    fn bodies(messages: &[Message]) -> Vec<&str> {
        messages.iter().map(|message| message.body.as_str()).collect()
    }

    #[test]
    fn a_received_message_is_hidden_until_the_visibility_time_out() {
        let mut region = region();
        region.send_messages(QUEUE, vec!["a".into(), "b".into()]).unwrap();
        assert_eq!(bodies(&region.receive_messages(QUEUE, 1).unwrap()), ["a"], "AWS-100");
        assert_eq!(bodies(&region.receive_messages(QUEUE, 10).unwrap()), ["b"], "AWS-100");
        region.settle(29_999);
        assert_eq!(region.receive_messages(QUEUE, 10).unwrap(), [], "AWS-100");
        region.settle(30_000);
        assert_eq!(bodies(&region.receive_messages(QUEUE, 10).unwrap()), ["a", "b"], "AWS-100");
    }

    #[test]
    fn a_message_that_was_received_too_often_goes_to_the_dead_letter_queue() {
        let mut region = region();
        region.send_messages(QUEUE, vec!["a".into()]).unwrap();
        for time in [0, 30_000, 60_000] {
            region.settle(time);
            region.receive_messages(QUEUE, 1).unwrap();
        }
        assert!(region.queues[QUEUE].messages.is_empty());
        assert_eq!(region.queues[DEAD].messages[0].body, "a", "AWS-100");
    }

    #[test]
    fn age_and_depth_are_sampled_every_minute_while_the_queue_is_in_use() {
        let mut region = region();
        region.send_messages(QUEUE, vec!["a".into()]).unwrap();
        region.settle(10 * MINUTE);
        let metric = |region: &Region, at, name| region.metrics.minute(at, "AWS/SQS", name, &[("QueueName", "orders")]);
        assert_eq!(
            metric(&region, 5 * MINUTE, "ApproximateAgeOfOldestMessage").unwrap().max,
            300.0,
            "AWS-117"
        );
        assert_eq!(
            metric(&region, 5 * MINUTE, "ApproximateNumberOfMessagesVisible").unwrap().max,
            1.0,
            "AWS-117"
        );
        region.queues.get_mut(QUEUE).unwrap().messages.clear();
        region.settle(7 * 60 * MINUTE);
        assert_eq!(metric(&region, 20 * MINUTE, "ApproximateNumberOfMessagesVisible").unwrap().max, 0.0);
        assert_eq!(
            metric(&region, 6 * 60 * MINUTE + 30 * MINUTE, "ApproximateNumberOfMessagesVisible"),
            None,
            "AWS-117"
        );
        assert_eq!(region.due(), None, "an unused queue costs nothing");
    }

    #[test]
    fn a_queue_that_is_not_there_is_said_to_be_missing() {
        assert_eq!(
            Region::default().send_messages(QUEUE, Vec::new()).unwrap_err().code,
            "QueueDoesNotExist"
        );
    }
}
