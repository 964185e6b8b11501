//! What goes with which kind of source, checked again: an object may be older than a rule of the CRD. The rules in CEL, with their
//! sources, stand in `src/api/event_source_rules.rs`; `tests/fuzz` holds both against each other.

use super::desired::{InvalidSpec, invalid};
use crate::api::{EventSourceCreate, EventSourceTrigger, SourceAccess, StartingPosition};

/// A rule: whether it is broken, the field below `eventSource` that breaks it, and what to do about that.
type Rule = (bool, &'static str, &'static str);

/// Checks one source.
///
/// # Errors
/// [`InvalidSpec`] for the first rule that is broken.
pub fn check(trigger: &str, source: &EventSourceTrigger) -> Result<(), InvalidSpec> {
    let kind = Kind::of(source);
    let mut rules = naming(source, kind);
    if let Some(create) = &source.create {
        rules.extend(limits(create));
        rules.extend(of_records(source, create, kind));
        rules.extend(of_pollers(source, create, kind));
    }
    let Some((_, field, remedy)) = rules.into_iter().find(|(broken, ..)| *broken) else {
        return Ok(());
    };
    let written = serde_json::to_value(source).unwrap_or_default();
    let found = written.pointer(&format!("/{}", field.replace('.', "/")));
    let value = found.map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
    let field = format!("spec.triggers[{trigger}].eventSource.{field}");
    Err(invalid(field, &value.unwrap_or_default(), remedy))
}

/// What a source is, as far as a rule asks.
#[derive(Clone, Copy)]
struct Kind {
    dynamodb: bool,
    stream: bool,
    queue: bool,
    kafka: bool,
}

impl Kind {
    fn of(source: &EventSourceTrigger) -> Self {
        let service = service(source).unwrap_or_default();
        Self {
            dynamodb: service == "dynamodb",
            stream: matches!(service, "dynamodb" | "kinesis"),
            queue: service == "sqs",
            kafka: service == "kafka" || source.self_managed_kafka.is_some(),
        }
    }
}

/// The service in the ARN of a source.
fn service(source: &EventSourceTrigger) -> Option<&str> {
    source.arn.as_deref()?.split(':').nth(2)
}

/// Whether a text is there and shorter or longer than may be.
fn out_of(text: Option<&String>, longest: usize) -> bool {
    text.is_some_and(|text| text.is_empty() || text.chars().count() > longest)
}

fn is_arn(arn: &str) -> bool {
    let plain = |part: &str, also: fn(u8) -> bool| part.bytes().all(|b| b == b'-' || b.is_ascii_digit() || also(b));
    let parts: Vec<_> = arn.splitn(6, ':').collect();
    let [start, partition, service, region, account, rest] = parts[..] else {
        return false;
    };
    start == "arn"
        && !partition.is_empty()
        && plain(partition, |b| b.is_ascii_alphabetic())
        && !service.is_empty()
        && [service, region].iter().all(|part| plain(part, |b| b.is_ascii_lowercase()))
        && account.bytes().all(|b| b.is_ascii_digit())
        && rest.chars().next().is_some_and(|c| c != '\n')
        && arn.len() <= 1024
}

fn is_uuid(text: &str) -> bool {
    let lengths = text.split('-').map(str::len).eq([8, 4, 4, 4, 12]);
    lengths && text.bytes().all(|b| b == b'-' || b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

fn naming(source: &EventSourceTrigger, kind: Kind) -> Vec<Rule> {
    let arn = source.arn.as_deref();
    let brokers = source.self_managed_kafka.as_ref().map(|kafka| &kafka.bootstrap_servers);
    let table = kind.dynamodb && arn.is_some_and(|arn| !arn.contains("/stream/"));
    let brokers_wrong = brokers.is_some_and(|all| all.is_empty() || all.len() > 10 || all.iter().any(|one| out_of(Some(one), 300)));
    vec![
        (
            arn.is_some_and(|arn| !is_arn(arn)),
            "arn",
            "use the ARN of a stream, a queue or a cluster",
        ),
        (
            table,
            "arn",
            "use the ARN of the table's stream, which describe-table shows as LatestStreamArn",
        ),
        (
            source.uuid.as_deref().is_some_and(|uuid| !is_uuid(uuid)),
            "uuid",
            "use the UUID of the mapping",
        ),
        (
            source.uuid.is_some() && source.create.is_some(),
            "create",
            "remove it: the mapping of uuid exists already",
        ),
        (
            brokers_wrong,
            "selfManagedKafka.bootstrapServers",
            "name 1 to 10 brokers, each host:port",
        ),
        (out_of(source.topic.as_ref(), 249), "topic", "use the name of the topic"),
        (
            source.topic.is_some() && !kind.kafka,
            "topic",
            "remove it: this source is not Kafka",
        ),
    ]
}

fn limits(create: &EventSourceCreate) -> Vec<Rule> {
    let outside = |number: Option<i32>, least: i32, most: i32| number.is_some_and(|n| n < least || n > most);
    let pollers = create.provisioned_pollers.as_ref();
    let (minimum, maximum) = (pollers.and_then(|p| p.minimum), pollers.and_then(|p| p.maximum));
    let group = pollers.and_then(|p| p.group_name.as_ref());
    let age = create.maximum_record_age_seconds;
    let age_wrong = outside(age, -1, 604_800) || age.is_some_and(|age| (0..60).contains(&age));
    let window_wrong = outside(create.maximum_batching_window_seconds, 0, 300);
    let factor_wrong = outside(create.parallelization_factor, 1, 10);
    let attempts_wrong = outside(create.maximum_retry_attempts, -1, 10_000);
    let tumbling_wrong = outside(create.tumbling_window_seconds, 0, 900);
    let destination_wrong = out_of(create.on_failure_destination_arn.as_ref(), 1024);
    let concurrency_wrong = outside(create.maximum_concurrency, 2, 1000);
    let turned_round = minimum.zip(maximum).is_some_and(|(least, most)| least > most);
    let consumers_wrong = out_of(create.consumer_group_id.as_ref(), 200);
    let filters = "use at most 10 event patterns, each a JSON document";
    let access = "use at most 22, each with a type of AWS's and a uri";
    vec![
        (outside(create.batch_size, 1, 10_000), "create.batchSize", "use 1 to 10000"),
        (window_wrong, "create.maximumBatchingWindowSeconds", "use 0 to 300"),
        (factor_wrong, "create.parallelizationFactor", "use 1 to 10"),
        (attempts_wrong, "create.maximumRetryAttempts", "use -1 for ever, or 0 to 10000"),
        (age_wrong, "create.maximumRecordAgeSeconds", "use -1 for never, or 60 to 604800"),
        (tumbling_wrong, "create.tumblingWindowSeconds", "use 0 to 900"),
        (are_no_filters(&create.filters), "create.filters", filters),
        (destination_wrong, "create.onFailureDestinationArn", "use an ARN"),
        (concurrency_wrong, "create.maximumConcurrency", "use 2 to 1000"),
        (outside(minimum, 1, 200), "create.provisionedPollers.minimum", "use 1 to 200"),
        (outside(maximum, 1, 2000), "create.provisionedPollers.maximum", "use 1 to 2000"),
        (turned_round, "create.provisionedPollers.minimum", "use no more than maximum"),
        (
            out_of(group, 128),
            "create.provisionedPollers.groupName",
            "use a name of 1 to 128 characters",
        ),
        (consumers_wrong, "create.consumerGroupId", "use an id of 1 to 200 characters"),
        (is_no_access(&create.source_access), "create.sourceAccess", access),
    ]
}

fn are_no_filters(filters: &[String]) -> bool {
    let is_filter = |filter: &String| !out_of(Some(filter), 4096) && filter.trim_start().starts_with('{');
    filters.len() > 10 || !filters.iter().all(is_filter)
}

fn is_no_access(all: &[SourceAccess]) -> bool {
    let word = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_';
    let is_access = |access: &SourceAccess| !access.kind.is_empty() && access.kind.bytes().all(word) && !out_of(Some(&access.uri), 200);
    all.len() > 22 || !all.iter().all(is_access)
}

fn of_records(source: &EventSourceTrigger, create: &EventSourceCreate, kind: Kind) -> Vec<Rule> {
    let at = create.starting_position;
    let at_timestamp = at == Some(StartingPosition::AtTimestamp);
    let unknown = service(source).is_some_and(|service| !matches!(service, "dynamodb" | "kinesis" | "sqs" | "kafka"));
    let position = at.is_some() || create.starting_position_timestamp.is_some();
    let retries = create.bisect_batch_on_function_error.is_some()
        || create.maximum_retry_attempts.is_some()
        || create.maximum_record_age_seconds.is_some()
        || create.on_failure_destination_arn.is_some();
    let shards = create.parallelization_factor.is_some() || create.tumbling_window_seconds.is_some();
    let fifo = source.arn.as_ref().is_some_and(|arn| arn.ends_with(".fifo"));
    let window = create.maximum_batching_window_seconds.is_some_and(|seconds| seconds > 0);
    let large = create.batch_size.is_some_and(|size| size > 10);
    vec![
        (unknown, "create", "remove it, and make the mapping of this kind of source yourself"),
        (
            (kind.stream || kind.kafka) && at.is_none(),
            "create.startingPosition",
            "set it: TrimHorizon misses nothing",
        ),
        (
            kind.queue && position,
            "create.startingPosition",
            "remove it and its timestamp: this source is a queue",
        ),
        (
            create.starting_position_timestamp.is_some() != at_timestamp,
            "create.startingPositionTimestamp",
            "set it exactly with AtTimestamp",
        ),
        (
            kind.dynamodb && at_timestamp,
            "create.startingPosition",
            "use TrimHorizon or Latest: this source is a DynamoDB stream",
        ),
        (
            shards && !kind.stream,
            "create",
            "remove parallelizationFactor and tumblingWindowSeconds: they are for streams",
        ),
        (
            retries && kind.queue,
            "create",
            "remove what is about retries: a queue has a redrive policy",
        ),
        (
            kind.queue && large && (fifo || !window),
            "create.batchSize",
            "use 10, or set maximumBatchingWindowSeconds; a FIFO queue takes 10",
        ),
        (
            kind.queue && window && fifo,
            "create.maximumBatchingWindowSeconds",
            "remove it: this source is a FIFO queue",
        ),
    ]
}

fn of_pollers(source: &EventSourceTrigger, create: &EventSourceCreate, kind: Kind) -> Vec<Rule> {
    let pollers = create.provisioned_pollers.as_ref();
    let queues = pollers.is_some_and(|p| p.minimum.is_some_and(|n| n < 2) || p.group_name.is_some());
    let groups = create.consumer_group_id.is_some() || !create.source_access.is_empty();
    let both = create.maximum_concurrency.is_some() && pollers.is_some();
    let unreached = source.self_managed_kafka.is_some() && create.source_access.is_empty();
    vec![
        (
            create.maximum_concurrency.is_some() && !kind.queue,
            "create.maximumConcurrency",
            "remove it: it is for queues",
        ),
        (
            both,
            "create.maximumConcurrency",
            "remove it, or provisionedPollers: they exclude each other",
        ),
        (
            pollers.is_some() && !kind.queue && !kind.kafka,
            "create.provisionedPollers",
            "remove it: it is for queues and Kafka",
        ),
        (
            kind.queue && queues,
            "create.provisionedPollers",
            "use a minimum of 2 or more and no groupName for a queue",
        ),
        (
            groups && !kind.kafka,
            "create",
            "remove consumerGroupId and sourceAccess: they are for Kafka",
        ),
        (kind.kafka && source.topic.is_none(), "topic", "name the topic to make a mapping of"),
        (
            unreached,
            "create.sourceAccess",
            "say how the brokers are reached, for instance by a secret or subnets",
        ),
    ]
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const KINESIS: &str = "arn:aws:kinesis:eu-west-1:111122223333:stream/orders";
    const DYNAMODB: &str = "arn:aws:dynamodb:eu-west-1:111122223333:table/orders/stream/2026-01-01T00:00:00.000";
    const QUEUE: &str = "arn:aws:sqs:eu-west-1:111122223333:orders";
    const FIFO: &str = "arn:aws:sqs:eu-west-1:111122223333:orders.fifo";
    const MSK: &str = "arn:aws:kafka:eu-west-1:111122223333:cluster/orders/1";
    const UUID: &str = "0aaaaaaa-0000-4000-8000-00000000000f";

    /// The field below `eventSource` that a source is refused for; empty when it is taken.
    fn refused(source: &Value) -> String {
        let source = serde_json::from_value(source.clone()).unwrap();
        let invalid = check("t", &source).err();
        invalid.map_or_else(String::new, |invalid| {
            let field = invalid.field.strip_prefix("spec.triggers[t].eventSource.");
            field.unwrap_or("no field of the source").into()
        })
    }

    /// What is said of each: the second of a pair is the field, or nothing.
    fn holds(cases: &[(Value, &str)]) {
        for (source, field) in cases {
            assert_eq!(refused(source), *field, "{source}");
        }
    }

    fn on(arn: &str, mut create: Value) -> Value {
        if arn != QUEUE && arn != FIFO && create.get("startingPosition").is_none() {
            create["startingPosition"] = "Latest".into();
        }
        json!({"arn": arn, "create": create})
    }

    fn kafka(mut create: Value) -> Value {
        create["startingPosition"] = "Latest".into();
        json!({"arn": MSK, "topic": "t", "create": create})
    }

    #[test]
    fn the_refusal_shows_the_value_that_was_written() {
        let source = serde_json::from_value(on(QUEUE, json!({"batchSize": 0}))).unwrap();
        let said = check("t", &source).unwrap_err().to_string();
        assert_eq!(said, "spec.triggers[t].eventSource.create.batchSize is \"0\": use 1 to 10000");
        let source = serde_json::from_value(json!({"uuid": "none"})).unwrap();
        assert!(check("t", &source).unwrap_err().to_string().contains("is \"none\""));
    }

    #[test]
    fn a_source_is_named_by_what_aws_takes() {
        let long = |n: usize| "x".repeat(n);
        let arn = |rest: usize| format!("arn:aws:kinesis:eu-west-1:1:{}", long(rest));
        holds(&[
            (json!({"arn": KINESIS}), ""),
            (json!({"arn": "arn:aws-us-gov:kinesis::1:x"}), ""),
            (json!({"arn": "arn:AWS:kinesis:eu:1:x:y"}), ""),
            (json!({"arn": arn(1024 - 28)}), ""),
            (json!({"arn": arn(1025 - 28)}), "arn"),
            (json!({"arn": "arn::kinesis:eu:1:x"}), "arn"),
            (json!({"arn": "arn:aws::eu:1:x"}), "arn"),
            (json!({"arn": "arn:a_s:kinesis:eu:1:x"}), "arn"),
            (json!({"arn": "arn:aws:Kinesis:eu:1:x"}), "arn"),
            (json!({"arn": "arn:aws:kinesis:EU:1:x"}), "arn"),
            (json!({"arn": "arn:aws:kinesis:eu:a:x"}), "arn"),
            (json!({"arn": "arn:aws:kinesis:eu:1:"}), "arn"),
            (json!({"arn": "arn:aws:kinesis:eu:1:\nx"}), "arn"),
            (json!({"arn": "arn:aws:kinesis:eu:1"}), "arn"),
            (json!({"arn": "urn:aws:kinesis:eu:1:x"}), "arn"),
            (json!({"arn": DYNAMODB}), ""),
            (json!({"arn": "arn:aws:dynamodb:eu-west-1:1:table/orders"}), "arn"),
            (json!({"uuid": UUID}), ""),
            (json!({"uuid": UUID.to_uppercase()}), "uuid"),
            (json!({"uuid": UUID.replace('f', "g")}), "uuid"),
            (json!({"uuid": &UUID[1..]}), "uuid"),
            (json!({"uuid": UUID, "create": {}}), "create"),
            (json!({"arn": MSK, "topic": long(249)}), ""),
            (json!({"arn": MSK, "topic": long(250)}), "topic"),
            (json!({"arn": MSK, "topic": ""}), "topic"),
            (json!({"arn": QUEUE, "topic": "t"}), "topic"),
            (json!({"selfManagedKafka": {"bootstrapServers": ["b:1"]}, "topic": "t"}), ""),
            (json!({"selfManagedKafka": {"bootstrapServers": vec![long(300); 10]}}), ""),
            (
                json!({"selfManagedKafka": {"bootstrapServers": []}}),
                "selfManagedKafka.bootstrapServers",
            ),
            (
                json!({"selfManagedKafka": {"bootstrapServers": vec!["b"; 11]}}),
                "selfManagedKafka.bootstrapServers",
            ),
            (
                json!({"selfManagedKafka": {"bootstrapServers": [long(301)]}}),
                "selfManagedKafka.bootstrapServers",
            ),
            (
                json!({"selfManagedKafka": {"bootstrapServers": ["b", ""]}}),
                "selfManagedKafka.bootstrapServers",
            ),
        ]);
    }

    #[test]
    fn a_number_is_taken_up_to_its_limits_and_not_beyond() {
        let window = |mut create: Value| {
            create["maximumBatchingWindowSeconds"] = 1.into();
            on(QUEUE, create)
        };
        type Made = fn(&str, Value) -> Value;
        let stream: Made = |field, value| on(KINESIS, json!({field: value}));
        let queue: Made = |field, value| on(QUEUE, json!({field: value}));
        for (made, field, least, most) in [
            (stream, "batchSize", 1, 10_000),
            (stream, "maximumBatchingWindowSeconds", 0, 300),
            (stream, "parallelizationFactor", 1, 10),
            (stream, "maximumRetryAttempts", -1, 10_000),
            (stream, "tumblingWindowSeconds", 0, 900),
            (stream, "maximumRecordAgeSeconds", 60, 604_800),
            (queue, "maximumConcurrency", 2, 1000),
        ] {
            let place = format!("create.{field}");
            holds(&[
                (made(field, least.into()), ""),
                (made(field, most.into()), ""),
                (made(field, (most + 1).into()), &place),
                (made(field, (least - 1).into()), &place),
            ]);
        }
        holds(&[
            (on(KINESIS, json!({"maximumRecordAgeSeconds": -1})), ""),
            (
                on(KINESIS, json!({"maximumRecordAgeSeconds": -2})),
                "create.maximumRecordAgeSeconds",
            ),
            (on(KINESIS, json!({"maximumRecordAgeSeconds": 0})), "create.maximumRecordAgeSeconds"),
            (window(json!({"batchSize": 10_000})), ""),
        ]);
    }

    #[test]
    fn pollers_are_as_many_as_their_kind_of_source_takes() {
        let pollers = |of: fn(Value) -> Value, pollers: Value| of(json!({"provisionedPollers": pollers}));
        let queue: fn(Value) -> Value = |create| on(QUEUE, create);
        holds(&[
            (
                pollers(kafka, json!({"minimum": 1, "maximum": 1, "groupName": "x".repeat(128)})),
                "",
            ),
            (pollers(kafka, json!({"minimum": 200, "maximum": 2000})), ""),
            (pollers(kafka, json!({"minimum": 0})), "create.provisionedPollers.minimum"),
            (pollers(kafka, json!({"minimum": 201})), "create.provisionedPollers.minimum"),
            (pollers(kafka, json!({"maximum": 0})), "create.provisionedPollers.maximum"),
            (pollers(kafka, json!({"maximum": 2001})), "create.provisionedPollers.maximum"),
            (
                pollers(kafka, json!({"minimum": 3, "maximum": 2})),
                "create.provisionedPollers.minimum",
            ),
            (
                pollers(kafka, json!({"groupName": "x".repeat(129)})),
                "create.provisionedPollers.groupName",
            ),
            (pollers(kafka, json!({"groupName": ""})), "create.provisionedPollers.groupName"),
            (pollers(queue, json!({"minimum": 2})), ""),
            (pollers(queue, json!({"minimum": 1})), "create.provisionedPollers"),
            (pollers(queue, json!({"groupName": "g"})), "create.provisionedPollers"),
            (on(KINESIS, json!({"provisionedPollers": {}})), "create.provisionedPollers"),
            (
                on(QUEUE, json!({"provisionedPollers": {}, "maximumConcurrency": 2})),
                "create.maximumConcurrency",
            ),
            (kafka(json!({"maximumConcurrency": 2})), "create.maximumConcurrency"),
        ]);
    }

    #[test]
    fn texts_and_lists_have_their_limits() {
        let access = |kind: &str, uri: String| json!([{"type": kind, "uri": uri}]);
        let filter = |text: String| on(QUEUE, json!({"filters": [text]}));
        holds(&[
            (on(QUEUE, json!({"filters": vec!["{}"; 10]})), ""),
            (on(QUEUE, json!({"filters": vec!["{}"; 11]})), "create.filters"),
            (filter(format!(" {{{}", "x".repeat(4094))), ""),
            (filter(format!(" {{{}", "x".repeat(4095))), "create.filters"),
            (filter("[]".into()), "create.filters"),
            (on(KINESIS, json!({"onFailureDestinationArn": "x".repeat(1024)})), ""),
            (
                on(KINESIS, json!({"onFailureDestinationArn": ""})),
                "create.onFailureDestinationArn",
            ),
            (
                on(KINESIS, json!({"onFailureDestinationArn": "x".repeat(1025)})),
                "create.onFailureDestinationArn",
            ),
            (kafka(json!({"consumerGroupId": "g".repeat(200)})), ""),
            (kafka(json!({"consumerGroupId": "g".repeat(201)})), "create.consumerGroupId"),
            (kafka(json!({"sourceAccess": access("SASL_SCRAM_512_AUTH", "u".repeat(200))})), ""),
            (
                kafka(json!({"sourceAccess": access("SASL", "u".repeat(201))})),
                "create.sourceAccess",
            ),
            (kafka(json!({"sourceAccess": access("SASL", String::new())})), "create.sourceAccess"),
            (kafka(json!({"sourceAccess": access("", "u".into())})), "create.sourceAccess"),
            (kafka(json!({"sourceAccess": access("sasl", "u".into())})), "create.sourceAccess"),
            (kafka(json!({"sourceAccess": vec![access("A", "u".into())[0].clone(); 22]})), ""),
            (
                kafka(json!({"sourceAccess": vec![access("A", "u".into())[0].clone(); 23]})),
                "create.sourceAccess",
            ),
        ]);
    }

    #[test]
    fn where_a_mapping_starts_to_read_fits_its_source() {
        let start = |arn: &str, position: Value, time: Value| json!({"arn": arn, "create": {"startingPosition": position, "startingPositionTimestamp": time}});
        let time = || json!("2026-11-22T05:00:00Z");
        holds(&[
            (start(KINESIS, "AtTimestamp".into(), time()), ""),
            (
                start(KINESIS, "AtTimestamp".into(), Value::Null),
                "create.startingPositionTimestamp",
            ),
            (start(KINESIS, "Latest".into(), time()), "create.startingPositionTimestamp"),
            (start(DYNAMODB, "TrimHorizon".into(), Value::Null), ""),
            (start(DYNAMODB, "AtTimestamp".into(), time()), "create.startingPosition"),
            (start(KINESIS, Value::Null, Value::Null), "create.startingPosition"),
            (json!({"arn": MSK, "topic": "t", "create": {}}), "create.startingPosition"),
            (start(QUEUE, Value::Null, Value::Null), ""),
            (start(QUEUE, "Latest".into(), Value::Null), "create.startingPosition"),
            (start(QUEUE, Value::Null, time()), "create.startingPosition"),
            (json!({"arn": "arn:aws:mq:eu-west-1:1:broker:b", "create": {}}), "create"),
        ]);
    }

    #[test]
    fn what_is_for_streams_queues_or_kafka_is_for_no_other_source() {
        holds(&[
            (on(DYNAMODB, json!({"parallelizationFactor": 2, "tumblingWindowSeconds": 30})), ""),
            (on(QUEUE, json!({"parallelizationFactor": 2})), "create"),
            (on(QUEUE, json!({"tumblingWindowSeconds": 30})), "create"),
            (
                kafka(json!({"maximumRetryAttempts": 3, "maximumRecordAgeSeconds": 60, "bisectBatchOnFunctionError": true})),
                "",
            ),
            (on(QUEUE, json!({"maximumRetryAttempts": 3})), "create"),
            (on(QUEUE, json!({"maximumRecordAgeSeconds": 60})), "create"),
            (on(QUEUE, json!({"bisectBatchOnFunctionError": false})), "create"),
            (on(QUEUE, json!({"onFailureDestinationArn": QUEUE})), "create"),
            (on(QUEUE, json!({"batchSize": 10})), ""),
            (on(QUEUE, json!({"batchSize": 11})), "create.batchSize"),
            (
                on(QUEUE, json!({"batchSize": 11, "maximumBatchingWindowSeconds": 0})),
                "create.batchSize",
            ),
            (on(QUEUE, json!({"batchSize": 11, "maximumBatchingWindowSeconds": 1})), ""),
            (on(FIFO, json!({"batchSize": 10})), ""),
            (
                on(FIFO, json!({"batchSize": 11, "maximumBatchingWindowSeconds": 1})),
                "create.batchSize",
            ),
            (
                on(FIFO, json!({"maximumBatchingWindowSeconds": 1})),
                "create.maximumBatchingWindowSeconds",
            ),
            (on(FIFO, json!({"maximumBatchingWindowSeconds": 0})), ""),
            (on(QUEUE, json!({"consumerGroupId": "g"})), "create"),
            (on(KINESIS, json!({"sourceAccess": [{"type": "A", "uri": "u"}]})), "create"),
            (json!({"arn": MSK, "create": {"startingPosition": "Latest"}}), "topic"),
        ]);
        let brokers = |access: Value| json!({"selfManagedKafka": {"bootstrapServers": ["b"]}, "topic": "t", "create": {"startingPosition": "Latest", "sourceAccess": access}});
        holds(&[
            (brokers(json!([])), "create.sourceAccess"),
            (brokers(json!([{"type": "VPC_SUBNET", "uri": "subnet:s"}])), ""),
        ]);
    }
}
