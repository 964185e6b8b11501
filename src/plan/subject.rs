//! What CloudWatch is asked about one endpoint: each metric is paid for, so only what its triggers make worth knowing.

use std::collections::BTreeSet;

use super::desired::Desired;
use super::event_source::candidates;
use super::observed::Observed;
use super::source_kind::SourceKind;
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
    /// ARNs of queues that records go to which a mapping gave up.
    pub destinations: BTreeSet<String>,
}

impl Subject {
    /// Of an endpoint, with what was last observed of where failed records go.
    pub fn of(spec: &WarmLambdaEndpointSpec, destinations: &BTreeSet<String>) -> Self {
        let sources: Vec<_> = spec.triggers.iter().filter_map(|t| t.event_source.as_ref()).collect();
        let is_queue = |arn: &&String| SourceKind::of_arn(arn) == SourceKind::Sqs;
        Self {
            function: spec.function_name.clone(),
            alias: spec.alias_name.clone(),
            throttles: !sources.is_empty(),
            iterator_age: sources.iter().any(|s| !is_kafka(s) && s.arn.as_ref().filter(is_queue).is_none()),
            offset_lag: sources.iter().any(|s| is_kafka(s) || s.uuid.is_some()),
            queues: sources.iter().filter_map(|s| s.arn.as_ref()).filter(is_queue).cloned().collect(),
            destinations: destinations.iter().filter(is_queue).cloned().collect(),
        }
    }
}

fn is_kafka(source: &EventSourceTrigger) -> bool {
    let is_msk = |arn: &String| SourceKind::of_arn(arn).is_kafka();
    source.self_managed_kafka.is_some() || source.arn.as_ref().is_some_and(is_msk)
}

/// Where the records go that the mappings of the triggers gave up, as ARNs.
pub fn destinations(desired: &Desired, observed: &Observed) -> BTreeSet<String> {
    let triggers = desired.event_sources.iter();
    let mappings = triggers.flat_map(|trigger| observed.mappings.iter().flat_map(|all| candidates(desired, all, trigger)));
    mappings.filter_map(|(_, mapping)| mapping.on_failure_arn.clone()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::plan::fixtures::{ORDERS, desired, mapped, orders};

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
        let given_up = [FAILED, "arn:aws:s3:::given-up"].map(str::to_owned);
        Subject::of(&spec, &given_up.into())
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
    fn failed_records_are_counted_where_a_queue_takes_them() {
        assert_eq!(subject(&[json!({"arn": STREAM})]).destinations, BTreeSet::from([FAILED.to_owned()]));
    }

    #[test]
    fn what_the_mappings_of_the_triggers_say_of_failed_records_is_known() {
        let mut observed = mapped(":live");
        observed.mappings.as_mut().unwrap().get_mut(ORDERS).unwrap().on_failure_arn = Some(FAILED.into());
        assert_eq!(destinations(&orders(), &observed), BTreeSet::from([FAILED.to_owned()]));
        assert_eq!(destinations(&desired(), &observed), BTreeSet::new(), "no trigger names the stream");
    }
}
