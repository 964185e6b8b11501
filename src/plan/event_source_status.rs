//! What status says about the trigger of an event source.

use super::assess::Pass;
use super::coarse::coarse;
use super::desired::DesiredEventSource;
use super::event_source::{Found, calls_alias, candidates};
use super::observed::Mapping;
use super::source_kind::SourceKind;
use super::triggers::due;
use crate::api::{TriggerKind, TriggerStatus};

/// Ages below this many seconds are not worth a number: they stand in status as 0.
const LEAST_AGE: i64 = 10;

/// The state of one trigger. With several mappings none of them stands for the trigger: the message names them.
pub fn status(pass: &Pass, trigger: &DesiredEventSource) -> TriggerStatus {
    let (desired, observed) = (pass.desired, pass.observed);
    let found = observed.mappings.iter().flat_map(|all| candidates(desired, all, trigger));
    let found: Vec<_> = found.collect();
    let only = match found.as_slice() {
        [only] => Some(*only),
        _ => None,
    };
    let work = Work::of(pass, trigger, only);
    TriggerStatus {
        name: trigger.trigger.clone(),
        kind: TriggerKind::EventSource,
        uri: only.map(|(_, mapping)| mapping.function_arn.clone()),
        qualified: observed.alias.is_some() && only.is_some_and(|(_, mapping)| calls_alias(desired, mapping)),
        uuid: only.map(|(uuid, _)| uuid.to_owned()),
        state: only.map(|(_, mapping)| mapping.state.word().to_owned()),
        last_processing_result: only.map(|(_, m)| m.last_result.clone()).filter(|result| !result.is_empty()),
        iterator_age_seconds: work.iterator_age,
        offset_lag: work.offset_lag,
        queue_age_seconds: work.queue_age,
        failed_messages: work.failed,
        throttles: work.throttles.filter(|n| *n > 0),
        statement_ids: Vec::new(),
        message: due(pass, &trigger.trigger),
    }
}

/// How the work goes, as CloudWatch and the queues tell; coarse.
#[derive(Default)]
struct Work {
    iterator_age: Option<i64>,
    offset_lag: Option<i64>,
    queue_age: Option<i64>,
    failed: Option<i64>,
    throttles: Option<i64>,
}

impl Work {
    fn of(pass: &Pass, trigger: &DesiredEventSource, found: Option<Found<'_>>) -> Self {
        let before = pass.previous.triggers.iter().find(|t| t.name == trigger.trigger);
        let Some(usage) = pass.usage else {
            // Not asked yet: what was known stands.
            return before.map_or_else(Self::default, |t| Self {
                iterator_age: t.iterator_age_seconds,
                offset_lag: t.offset_lag,
                queue_age: t.queue_age_seconds,
                failed: t.failed_messages,
                throttles: t.throttles,
            });
        };
        let was = |number: fn(&TriggerStatus) -> Option<i64>| before.and_then(number);
        let age = |was, seconds: Option<f64>| seconds.map(|s| coarse(was, s, LEAST_AGE));
        let count = |was, number: Option<f64>| number.map(|n| coarse(was, n, 1));
        let kind = found.map_or_else(|| trigger.source.kind(), |(_, mapping)| mapping.kind());
        let source = found.and_then(|(_, mapping)| mapping.source_arn.as_ref());
        let queue = source.filter(|_| kind == SourceKind::Sqs).and_then(|arn| usage.queues.get(arn));
        let given_up = found.and_then(|(_, mapping): (_, &Mapping)| usage.queues.get(mapping.on_failure_arn.as_ref()?));
        Self {
            iterator_age: age(was(|t| t.iterator_age_seconds), usage.iterator_age.filter(|_| kind.is_stream())),
            offset_lag: count(was(|t| t.offset_lag), usage.offset_lag.filter(|_| kind.is_kafka())),
            queue_age: age(was(|t| t.queue_age_seconds), queue.and_then(|q| q.oldest)),
            failed: count(was(|t| t.failed_messages), queue.or(given_up).and_then(|q| q.failed)),
            throttles: count(was(|t| t.throttles), usage.throttles),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::api::WarmLambdaEndpointStatus;
    use crate::plan::assess::Outcome;
    use crate::plan::fixtures::{ORDERS, STREAM, at, mapped, mapping_of, orders, orders_by, verdict, verdict_with};
    use crate::plan::observed::Observed;
    use crate::plan::usage::{QueueUsage, Usage};

    fn status_of(observed: &Observed, previous: &WarmLambdaEndpointStatus, usage: Option<&Usage>) -> WarmLambdaEndpointStatus {
        verdict_with(usage, &orders(), observed, previous, 0).status
    }

    fn busy(age: f64, throttles: f64) -> Usage {
        Usage {
            iterator_age: Some(age),
            throttles: Some(throttles),
            observed: Some(at(0)),
            ..Usage::default()
        }
    }

    #[test]
    fn a_mapping_on_the_alias_stands_in_status_with_its_uuid_and_state() {
        let status = verdict(
            &orders(),
            &mapped(":live"),
            &Outcome::default(),
            &WarmLambdaEndpointStatus::default(),
            0,
        )
        .status;
        let trigger = &status.triggers[0];
        assert_eq!((trigger.name.as_str(), trigger.kind), ("orders", TriggerKind::EventSource));
        assert_eq!((trigger.uuid.as_deref(), trigger.state.as_deref()), (Some(ORDERS), Some("Enabled")));
        assert_eq!(trigger.uri, Some(orders().alias_arn()));
        assert!(trigger.qualified && trigger.message.is_none());
        assert_eq!(status.triggers_ready.as_deref(), Some("1/1"));
    }

    #[test]
    fn a_mapping_on_the_function_is_told_with_what_it_calls() {
        let status = verdict(&orders(), &mapped(""), &Outcome::default(), &WarmLambdaEndpointStatus::default(), 0).status;
        let trigger = &status.triggers[0];
        assert!(!trigger.qualified);
        assert!(
            trigger
                .message
                .as_ref()
                .unwrap()
                .ends_with("to fir-api without a qualifier, which is $LATEST")
        );
        assert_eq!(status.triggers_ready.as_deref(), Some("0/1"));
    }

    #[test]
    fn the_age_of_a_busy_stream_is_coarse_and_stays_while_it_swings() {
        let first = status_of(&mapped(":live"), &WarmLambdaEndpointStatus::default(), Some(&busy(17.0, 0.0)));
        assert_eq!(first.triggers[0].iterator_age_seconds, Some(20));
        assert_eq!(first.triggers[0].throttles, None);
        let second = status_of(&mapped(":live"), &first, Some(&busy(23.0, 0.0)));
        assert_eq!(second.triggers, first.triggers);
        let third = status_of(&mapped(":live"), &second, Some(&busy(240.0, 3.0)));
        assert_eq!(
            (third.triggers[0].iterator_age_seconds, third.triggers[0].throttles),
            (Some(500), Some(5))
        );
    }

    #[test]
    fn what_aws_did_last_stands_in_status_as_soon_as_it_did_something() {
        let last = |result: &str| {
            let mut observed = mapped(":live");
            let mappings = observed.mappings.as_mut().unwrap();
            mappings.get_mut(ORDERS).unwrap().last_result = result.into();
            let status = status_of(&observed, &WarmLambdaEndpointStatus::default(), None);
            status.triggers[0].last_processing_result.clone()
        };
        assert_eq!(
            last("PROBLEM: Function call failed").as_deref(),
            Some("PROBLEM: Function call failed")
        );
        assert_eq!(last(""), None);
    }

    #[test]
    fn the_oldest_message_is_told_of_a_source_that_is_a_queue() {
        let age = |source: &str| {
            let mut observed = mapped(":live");
            observed.mappings = Some([(ORDERS.into(), mapping_of(source, &orders().alias_arn()))].into());
            let waiting = QueueUsage {
                oldest: Some(17.0),
                failed: None,
            };
            let usage = Usage {
                queues: [(source.to_owned(), waiting)].into(),
                ..Usage::default()
            };
            let desired = orders_by(json!({"arn": source}));
            let status = verdict_with(Some(&usage), &desired, &observed, &WarmLambdaEndpointStatus::default(), 0).status;
            status.triggers[0].queue_age_seconds
        };
        assert_eq!(age("arn:aws:sqs:eu-west-1:111122223333:orders"), Some(20));
        assert_eq!(age(STREAM), None);
    }

    #[test]
    fn before_cloudwatch_was_asked_the_known_numbers_stand() {
        let first = status_of(&mapped(":live"), &WarmLambdaEndpointStatus::default(), Some(&busy(17.0, 4.0)));
        assert_eq!(status_of(&mapped(":live"), &first, None).triggers, first.triggers);
    }
}
