//! What became of the writes to AWS: each is noted before it is sent, and stays noted until somebody knows.

use std::collections::BTreeMap;
use std::time::Duration;

use k8s_openapi::jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use crate::aws::clients::READS_SHARED;
use crate::plan::desired::Desired;
use crate::plan::failure::{Effect, Failure};
use crate::plan::observed::Observed;
use crate::plan::step::{Applied, Step};
use crate::plan::unresolved::{Unanswered, Unresolved};

/// When to look again after a write without an answer, counted from its sending; and once more when it cannot arrive any more.
const LOOKS: [Duration; 3] = [Duration::from_secs(2), Duration::from_secs(10), Duration::from_secs(60)];

/// More than a pass may take: what AWS showed before is not decided on any more.
const LONGEST_PASS: Duration = Duration::from_mins(5);

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
    /// Whether AWS said that it was carried out: it is kept only until an observation shows it.
    done: bool,
}

impl Outcomes {
    /// Nothing was sent yet. `window` is how long a write may take to arrive.
    pub const fn new(window: Duration) -> Self {
        let by_uid = BTreeMap::new();
        Self { window, by_uid }
    }

    /// Notes a write that is about to be sent. Until [`Self::answered`] says otherwise its outcome is unknown: the pass may be dropped
    /// at any moment, by its deadline or the end of the tenure. `in_doubt` says that an operator which vanished may have sent the same.
    pub fn sending(&mut self, uid: &str, step: &Step, now: Timestamp, in_doubt: bool) {
        self.forget_what_nobody_asks_for();
        if !step.matters_late() {
            return;
        }
        let sent = self.by_uid.entry(uid.to_owned()).or_default();
        let mut repeated = in_doubt;
        for earlier in sent.iter_mut().filter(|s| s.write.step.looks_like(step)) {
            (earlier.write.repeated, repeated) = (true, true);
        }
        let write = Unanswered {
            step: step.clone(),
            until: after(now, self.window),
            repeated,
        };
        sent.push(Sent {
            at: Instant::now(),
            write,
            done: false,
        });
    }

    /// Notes the answer to the write that was sent last. What was carried out counts as open until an observation shows it: a read
    /// that is behind would have it made once more, or would not find what has to go with the object. Source: AWS-60.
    pub fn answered(&mut self, uid: &str, step: &Step, answer: &Result<Applied, Failure>) {
        let unknown = matches!(answer, Err(failure) if failure.effect == Effect::Unknown);
        let Some(sent) = self.by_uid.get_mut(uid).filter(|_| !unknown) else {
            return;
        };
        let Some(last) = sent.iter().rposition(|s| s.write.step == *step && !s.done) else {
            return;
        };
        if answer.is_ok() && step.can_be_seen() {
            (sent[last].done, sent[last].write.repeated) = (true, false);
        } else {
            sent.remove(last);
        }
    }

    /// What an observation may not show of an object's writes, because they may still arrive or did so after AWS was read: nothing of
    /// the observation was read before `seen`.
    pub fn unresolved(&mut self, uid: &str, desired: &Desired, observed: &Observed, seen: Instant) -> Unresolved {
        self.forget_what_nobody_asks_for();
        let window = self.window;
        let sent = self.by_uid.entry(uid.to_owned()).or_default();
        sent.retain(|s| s.at + window > seen);
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
        let looks = sent.iter().filter(|s| !s.done).flat_map(|s| {
            let age = s.at.elapsed();
            let last = self.window + READS_SHARED;
            LOOKS.into_iter().chain([last]).filter_map(move |look| look.checked_sub(age))
        });
        looks.filter(|wait| !wait.is_zero()).min()
    }

    /// Whether nothing may arrive any more: then the lease is given back.
    pub fn is_empty(&self) -> bool {
        !self.by_uid.values().flatten().any(|s| !s.done && s.at.elapsed() < self.window)
    }

    fn forget_what_nobody_asks_for(&mut self) {
        let kept = self.window + LONGEST_PASS;
        self.by_uid.retain(|_, sent| {
            sent.retain(|s| s.at.elapsed() < kept);
            !sent.is_empty()
        });
    }
}

/// A time later by a duration.
pub fn after(now: Timestamp, wait: Duration) -> Timestamp {
    let wait = SignedDuration::try_from(wait).unwrap_or(SignedDuration::MAX);
    now.checked_add(wait).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;
    use crate::plan::failure::Class;
    use crate::plan::fixtures;

    const WINDOW: Duration = Duration::from_secs(360);
    const PUT: Step = Step::PutCapacity { requested: 3 };

    fn sent(steps: &[Step]) -> Outcomes {
        let mut outcomes = Outcomes::new(WINDOW);
        for step in steps {
            outcomes.sending("a", step, Timestamp::UNIX_EPOCH, false);
        }
        outcomes
    }

    fn failed(effect: Effect) -> Failure {
        Failure {
            class: Class::Transient,
            effect,
            operation: "lambda:PutProvisionedConcurrencyConfig",
            resource: String::new(),
            code: String::new(),
            message: String::new(),
            request_id: None,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn only_an_answer_that_says_what_became_of_it_resolves_a_write() {
        for (answer, known) in [
            (Ok(Applied::default()), true),
            (Err(failed(Effect::NotApplied)), true),
            (Err(failed(Effect::Unknown)), false),
        ] {
            let mut outcomes = sent(&[PUT]);
            outcomes.answered("b", &PUT, &answer);
            assert!(!outcomes.is_empty(), "the answer was another object's");
            outcomes.answered("a", &PUT, &answer);
            assert_eq!(outcomes.is_empty(), known, "{answer:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_integration_that_was_made_is_open_until_a_read_shows_it() {
        let desired = fixtures::desired();
        let make = Step::CreateHttpIntegration {
            api_id: fixtures::HTTP_API.into(),
            uri: desired.alias_arn(),
            payload_format: "1.0".into(),
            description: String::new(),
        };
        let mut outcomes = sent(std::slice::from_ref(&make));
        outcomes.answered("a", &make, &Ok(Applied::default()));
        let seen = Instant::now();
        let behind = outcomes.unresolved("a", &desired, &fixtures::quiet(), seen);
        assert_eq!(behind.writes.len(), 1, "a read that is behind must not have it made again");
        let shown = fixtures::quiet_http(&desired.alias_arn());
        assert_eq!(outcomes.unresolved("a", &desired, &shown, seen), Unresolved::default());
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_carried_out_is_open_until_a_read_shows_it_and_does_not_keep_the_lease() {
        let desired = fixtures::desired();
        let make = Step::CreateAlias {
            version: 40,
            description: String::new(),
        };
        let mut outcomes = sent(std::slice::from_ref(&make));
        outcomes.answered("a", &make, &Ok(Applied::default()));
        assert!(
            outcomes.is_empty() && outcomes.next_look("a").is_none(),
            "it cannot arrive a second time"
        );
        let seen = Instant::now();
        let behind = outcomes.unresolved("a", &desired, &Observed::default(), seen);
        assert_eq!(
            behind.writes.len(),
            1,
            "a read that is behind does not show the alias that has to go with the object"
        );
        assert_eq!(outcomes.unresolved("a", &desired, &fixtures::quiet(), seen), Unresolved::default());
    }

    #[tokio::test(start_paused = true)]
    async fn of_a_deployment_that_was_made_nothing_is_kept() {
        let deploy = Step::DeployStage {
            api_id: fixtures::API.into(),
            stage: "prod".into(),
        };
        let mut outcomes = sent(std::slice::from_ref(&deploy));
        outcomes.answered("a", &deploy, &Ok(Applied::default()));
        assert!(outcomes.by_uid["a"].is_empty(), "no read would ever show it");
    }

    #[tokio::test(start_paused = true)]
    async fn a_write_that_was_never_answered_is_unresolved_until_it_cannot_arrive() {
        let outcomes = sent(&[PUT]);
        advance(WINDOW - Duration::from_secs(1)).await;
        assert!(!outcomes.is_empty());
        advance(Duration::from_secs(1)).await;
        assert!(outcomes.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn a_write_that_could_arrive_after_aws_was_read_is_unresolved_whatever_time_it_is_by_now() {
        let (desired, observed) = (fixtures::desired(), Observed::default());
        let mut outcomes = sent(&[PUT]);
        advance(WINDOW - Duration::from_secs(1)).await;
        let seen = Instant::now();
        advance(Duration::from_secs(2)).await;
        assert_eq!(outcomes.unresolved("a", &desired, &observed, seen).writes.len(), 1);
        assert!(outcomes.unresolved("a", &desired, &observed, Instant::now()).writes.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_is_to_the_write_that_was_sent_last_and_the_first_counts_as_repeated() {
        let mut outcomes = sent(&[PUT, PUT]);
        outcomes.answered("a", &PUT, &Ok(Applied::default()));
        let left = &outcomes.by_uid["a"];
        assert!(left[0].write.repeated && !left[0].done && left[1].done && !left[1].write.repeated);
        assert_eq!(left[0].write.until, "1970-01-01T00:06:00Z".parse().unwrap());
    }

    #[tokio::test(start_paused = true)]
    async fn of_two_of_the_same_without_an_answer_neither_is_settled_by_what_may_be_the_effect_of_the_other() {
        let make = |version: u64| Step::CreateAlias {
            version,
            description: String::new(),
        };
        for twice in [[PUT, PUT], [make(1), make(2)]] {
            let outcomes = sent(&twice);
            assert!(outcomes.by_uid["a"].iter().all(|s| s.write.repeated), "{twice:?}");
        }
        let outcomes = sent(&[PUT, Step::PutCapacity { requested: 4 }]);
        assert!(outcomes.by_uid["a"].iter().all(|s| !s.write.repeated));
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_sent_while_a_predecessor_is_in_doubt_is_not_settled_by_what_may_be_the_predecessors_effect() {
        let mut outcomes = Outcomes::new(WINDOW);
        outcomes.sending("a", &PUT, Timestamp::UNIX_EPOCH, true);
        assert!(outcomes.by_uid["a"][0].write.repeated);
    }

    #[tokio::test(start_paused = true)]
    async fn a_publication_is_not_noted() {
        let publish = Step::PublishVersion {
            code_sha256: String::new(),
            revision_id: String::new(),
            fingerprint: String::new(),
        };
        assert!(sent(&[publish]).is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn an_object_is_looked_at_soon_then_seldom_and_once_more_at_the_end() {
        let outcomes = sent(&[PUT]);
        let mut looks = Vec::new();
        let start = Instant::now();
        while let Some(wait) = outcomes.next_look("a") {
            advance(wait).await;
            looks.push(start.elapsed().as_secs());
        }
        // The last one when no read is shared any more that began before it could not arrive.
        assert_eq!(looks, [2, 10, 60, 362]);
        assert_eq!(outcomes.next_look("b"), None);
    }
}
