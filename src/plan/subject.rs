//! What CloudWatch is asked about one endpoint: each metric is paid for, so only what its triggers make worth knowing.

use std::collections::{BTreeMap, BTreeSet};

use super::observed::Observed;
use crate::api::{EventSourceTrigger, WarmLambdaEndpointSpec};

/// What to ask about one endpoint. Utilization, spillover and requests are always asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subject {
    /// Bare name of the function.
    pub function: String,
    /// The alias.
    pub alias: String,
    /// Whether a mapping may call the function, so that throttled calls matter.
    pub throttles: bool,
    /// Whether the age of records is to be asked for: a trigger is a stream, or of a kind that is not known.
    pub iterator_age: bool,
    /// Whether the lag of a consumer group is to be asked for: a trigger is Kafka, or of a kind that is not known.
    pub offset_lag: bool,
    /// ARNs of the queues among the sources.
    pub queues: BTreeSet<String>,
    /// By ARN of the source, the ARN of the queue that its failed records go to, where the mapping says so.
    pub destinations: BTreeMap<String, String>,
}

impl Subject {
    /// Of an endpoint, with what was last observed of where failed records go.
    pub fn of(spec: &WarmLambdaEndpointSpec, destinations: &BTreeMap<String, String>) -> Self {
        let sources: Vec<_> = spec.triggers.iter().filter_map(|t| t.event_source.as_ref()).collect();
        let arns: BTreeSet<_> = sources.iter().filter_map(|s| s.arn.as_ref()).collect();
        Self {
            function: spec.function_name.clone(),
            alias: spec.alias_name.clone(),
            throttles: !sources.is_empty(),
            iterator_age: sources.iter().any(|s| !is_kafka(s) && !is_queue(s)),
            offset_lag: sources.iter().any(|s| is_kafka(s) || s.uuid.is_some()),
            queues: sources.iter().filter(|s| is_queue(s)).filter_map(|s| s.arn.clone()).collect(),
            destinations: destinations
                .iter()
                .filter(|(source, queue)| arns.contains(source) && is_of("sqs", queue))
                .map(|(source, queue)| (source.clone(), queue.clone()))
                .collect(),
        }
    }
}

/// By ARN of the source, where the records go that a mapping gave up.
pub fn destinations(observed: &Observed) -> BTreeMap<String, String> {
    let mappings = observed.mappings.iter().flatten();
    mappings
        .filter_map(|(_, mapping)| Some((mapping.source_arn.clone()?, mapping.on_failure_arn.clone()?)))
        .collect()
}

fn is_queue(source: &EventSourceTrigger) -> bool {
    source.arn.as_deref().is_some_and(|arn| is_of("sqs", arn))
}

fn is_kafka(source: &EventSourceTrigger) -> bool {
    source.self_managed_kafka.is_some() || source.arn.as_deref().is_some_and(|arn| is_of("kafka", arn))
}

/// Whether an ARN is one of a service.
fn is_of(service: &str, arn: &str) -> bool {
    arn.split(':').nth(2) == Some(service)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const STREAM: &str = "arn:aws:kinesis:eu-west-1:111122223333:stream/clicks";
    const QUEUE: &str = "arn:aws:sqs:eu-west-1:111122223333:orders";
    const CLUSTER: &str = "arn:aws:kafka:eu-west-1:111122223333:cluster/c/1";
    const FAILED: &str = "arn:aws:sqs:eu-west-1:111122223333:failed";

    fn subject(sources: &[Value]) -> Subject {
        let triggers: Vec<_> = sources
            .iter()
            .enumerate()
            .map(|(n, source)| json!({"name": format!("t{n}"), "eventSource": source}))
            .collect();
        let spec = serde_json::from_value(json!({"functionName": "fir-api", "triggers": triggers})).unwrap();
        let to = |source: &str, queue: &str| (source.to_owned(), queue.to_owned());
        let destinations = BTreeMap::from([
            to(STREAM, FAILED),
            to("arn:aws:kinesis:::stream/gone", FAILED),
            to(CLUSTER, "arn:aws:s3:::b"),
        ]);
        Subject::of(&spec, &destinations)
    }

    fn asked(subject: &Subject) -> (bool, bool, bool, usize) {
        (subject.throttles, subject.iterator_age, subject.offset_lag, subject.queues.len())
    }

    #[test]
    fn each_kind_of_source_is_asked_about_in_its_own_way() {
        for (source, expected) in [
            (json!({"arn": STREAM}), (true, true, false, 0)),
            (json!({"arn": QUEUE}), (true, false, false, 1)),
            (json!({"arn": CLUSTER}), (true, false, true, 0)),
            (
                json!({"selfManagedKafka": {"bootstrapServers": ["b:9092"]}}),
                (true, false, true, 0),
            ),
            (json!({"uuid": "14e0db71-0000-0000-0000-000000000000"}), (true, true, true, 0)),
        ] {
            assert_eq!(asked(&subject(std::slice::from_ref(&source))), expected, "{source}");
        }
    }

    #[test]
    fn without_event_sources_nothing_more_is_paid_for() {
        assert_eq!(asked(&subject(&[])), (false, false, false, 0));
    }

    #[test]
    fn failed_records_are_counted_where_a_queue_of_a_source_takes_them() {
        let found = subject(&[json!({"arn": STREAM}), json!({"arn": CLUSTER})]);
        assert_eq!(found.destinations, BTreeMap::from([(STREAM.to_owned(), FAILED.to_owned())]));
    }
}
