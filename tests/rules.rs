//! The CEL rules of the CRD accept and refuse, in the process. The API server has the last word: `tests/e2e` asks it.
// A test fails by panicking, with a message that says what was expected.
#![allow(clippy::unwrap_used, clippy::panic)]

use kube::core::cel::{validate_cel, validate_cel_update};
use serde_json::{Value, json};
use warmlambda::api::WarmLambdaEndpoint;

/// An endpoint with `change` merged into its spec.
fn endpoint(change: &Value) -> WarmLambdaEndpoint {
    let mut spec = json!({"region": "eu-west-1", "functionName": "fir-api", "aliasName": "live"});
    for (key, value) in change.as_object().unwrap() {
        spec[key] = value.clone();
    }
    let object = json!({"apiVersion": "warmlambda.dev/v1alpha1", "kind": "WarmLambdaEndpoint", "metadata": {"name": "e"}, "spec": spec});
    serde_json::from_value(object).unwrap()
}

#[test]
fn a_new_endpoint_is_accepted_or_refused_with_the_reason() {
    let rest_api = json!({"name": "t", "restApi": {"apiId": "a1", "stageName": "prod"}});
    for accepted in [
        json!({}),
        json!({"aliasName": "v1"}),
        json!({"version": {"policy": "Pinned", "pinned": "42"}}),
        json!({"version": {"policy": "LatestPublished"}}),
        json!({"triggers": [rest_api]}),
    ] {
        assert!(validate_cel(&endpoint(&accepted)).is_ok(), "{accepted}");
    }
    for (refused, reason) in [
        (json!({"aliasName": "42"}), "must not be all digits"),
        (
            json!({"version": {"policy": "Pinned"}}),
            "spec.version.pinned is required with policy Pinned",
        ),
        (
            json!({"version": {"policy": "PublishOnChange", "pinned": "42"}}),
            "spec.version.pinned is required with policy Pinned",
        ),
        (json!({"triggers": [{"name": "t"}]}), "exactly one kind"),
    ] {
        let errors = validate_cel(&endpoint(&refused)).err().map(|e| e.to_string()).unwrap_or_default();
        assert!(errors.contains(reason), "{refused}: {errors:?} does not say {reason:?}");
    }
}

#[test]
fn what_an_endpoint_is_about_is_immutable() {
    let old = endpoint(&json!({}));
    for accepted in [json!({}), json!({"provisionedConcurrency": 5}), json!({"suspend": true})] {
        assert!(validate_cel_update(&endpoint(&accepted), &old).is_ok(), "{accepted}");
    }
    for (refused, reason) in [
        (json!({"functionName": "other"}), "spec.functionName is immutable"),
        (json!({"aliasName": "other"}), "spec.aliasName is immutable"),
        (json!({"region": "us-east-1"}), "spec.region is immutable"),
        (json!({"region": null}), "spec.region is immutable"),
    ] {
        let errors = validate_cel_update(&endpoint(&refused), &old)
            .err()
            .map(|e| e.to_string())
            .unwrap_or_default();
        assert!(errors.contains(reason), "{refused}: {errors:?} does not say {reason:?}");
    }
    let without_region = endpoint(&json!({"region": null}));
    assert!(validate_cel_update(&old, &without_region).is_ok(), "a region may be added once");
}

const STREAM: &str = "arn:aws:dynamodb:eu-west-1:111122223333:table/orders/stream/2026-01-01T00:00:00.000";
const KINESIS: &str = "arn:aws:kinesis:eu-west-1:111122223333:stream/orders";
const QUEUE: &str = "arn:aws:sqs:eu-west-1:111122223333:orders";
const MSK: &str = "arn:aws:kafka:eu-west-1:111122223333:cluster/orders/1";

/// What the rules say about an event source; empty when they accept it.
fn said_of_source(source: &Value) -> String {
    let change = json!({"triggers": [{"name": "t", "eventSource": source}]});
    validate_cel(&endpoint(&change)).err().map(|e| e.to_string()).unwrap_or_default()
}

fn created(arn: &str, create: &Value) -> Value {
    json!({"arn": arn, "create": create})
}

#[test]
fn an_event_source_that_aws_takes_is_accepted() {
    let brokers = json!({"bootstrapServers": ["b1:9092"]});
    let access = json!([{"type": "VPC_SUBNET", "uri": "subnet:subnet-1"}]);
    for accepted in [
        json!({"arn": STREAM}),
        json!({"arn": "arn:aws:mq:eu-west-1:111122223333:broker:b:b-1"}),
        json!({"uuid": "0aaaaaaa-0000-4000-8000-000000000001"}),
        json!({"selfManagedKafka": brokers}),
        created(
            STREAM,
            &json!({"startingPosition": "Latest", "parallelizationFactor": 2, "maximumRecordAgeSeconds": -1}),
        ),
        created(
            KINESIS,
            &json!({"startingPosition": "AtTimestamp", "startingPositionTimestamp": "2026-11-22T05:00:00Z", "tumblingWindowSeconds": 30}),
        ),
        created(QUEUE, &json!({})),
        created(
            QUEUE,
            &json!({"batchSize": 100, "maximumBatchingWindowSeconds": 1, "maximumConcurrency": 5}),
        ),
        created(QUEUE, &json!({"provisionedPollers": {"minimum": 2, "maximum": 2}})),
        json!({"arn": MSK, "topic": "t", "create": {"startingPosition": "TrimHorizon", "consumerGroupId": "g", "maximumRetryAttempts": 3}}),
        json!({"selfManagedKafka": brokers, "topic": "t", "create": {"startingPosition": "Latest", "sourceAccess": access}}),
    ] {
        assert_eq!(said_of_source(&accepted), "", "{accepted}");
    }
}

/// Each of these is refused, and the message says what comes after it.
fn are_refused(cases: &[(Value, &str)]) {
    for (refused, reason) in cases {
        let said = said_of_source(refused);
        assert!(said.contains(reason), "{refused}: {said:?} does not say {reason:?}");
    }
}

#[test]
fn a_source_that_is_not_named_as_it_should_be_is_refused_with_the_remedy() {
    let uuid = "0aaaaaaa-0000-4000-8000-000000000001";
    are_refused(&[
        (json!({}), "exactly one way"),
        (json!({"arn": STREAM, "uuid": uuid}), "exactly one way"),
        (json!({"uuid": uuid, "create": {}}), "remove create"),
        (
            json!({"arn": "arn:aws:dynamodb:eu-west-1:111122223333:table/orders"}),
            "LatestStreamArn",
        ),
        (json!({"arn": QUEUE, "topic": "t"}), "remove topic"),
        (
            json!({"arn": "arn:aws:mq:eu-west-1:111122223333:broker:b:b-1", "create": {}}),
            "remove create",
        ),
    ]);
}

#[test]
fn a_mapping_of_a_stream_that_aws_would_not_make_is_refused_with_the_remedy() {
    let at = |position: &str, field: &str, value: Value| {
        let mut create = json!({"startingPosition": position});
        create[field] = value;
        create
    };
    let time = || json!("2026-11-22T05:00:00Z");
    let timestamp = "startingPositionTimestamp";
    are_refused(&[
        (created(STREAM, &json!({})), "startingPosition is needed"),
        (
            created(KINESIS, &json!({"startingPosition": "AtTimestamp"})),
            "startingPositionTimestamp is needed",
        ),
        (created(KINESIS, &at("Latest", timestamp, time())), "only allowed with it"),
        (created(STREAM, &at("AtTimestamp", timestamp, time())), "use TrimHorizon or Latest"),
        (
            created(STREAM, &at("Latest", "maximumRecordAgeSeconds", json!(59))),
            "use -1 for never",
        ),
        (
            created(STREAM, &at("Latest", "maximumConcurrency", json!(5))),
            "maximumConcurrency is for queues",
        ),
        (
            created(STREAM, &at("Latest", "provisionedPollers", json!({"minimum": 3}))),
            "provisionedPollers is for queues and Kafka",
        ),
    ]);
}

#[test]
fn a_mapping_of_a_queue_that_aws_would_not_make_is_refused_with_the_remedy() {
    for (field, value, reason) in [
        ("startingPosition", json!("Latest"), "startingPosition is for streams and Kafka"),
        ("parallelizationFactor", json!(2), "for DynamoDB and Kinesis streams"),
        ("tumblingWindowSeconds", json!(2), "for DynamoDB and Kinesis streams"),
        ("bisectBatchOnFunctionError", json!(true), "redrive policy"),
        ("maximumRetryAttempts", json!(2), "redrive policy"),
        ("maximumRecordAgeSeconds", json!(60), "redrive policy"),
        ("onFailureDestinationArn", json!(QUEUE), "redrive policy"),
        (
            "provisionedPollers",
            json!({"minimum": 3, "maximum": 2}),
            "provisionedPollers.minimum is above maximum",
        ),
        ("provisionedPollers", json!({"minimum": 1}), "minimum of 2 or more"),
        ("consumerGroupId", json!("g"), "for Kafka: remove them"),
        ("batchSize", json!(11), "needs maximumBatchingWindowSeconds"),
    ] {
        are_refused(&[(created(QUEUE, &json!({ field: value })), reason)]);
    }
    let both = json!({"maximumConcurrency": 5, "provisionedPollers": {"minimum": 2}});
    let windowed = json!({"maximumBatchingWindowSeconds": 1});
    are_refused(&[
        (created(QUEUE, &both), "exclude each other"),
        (created(&format!("{QUEUE}.fifo"), &windowed), "not for FIFO queues"),
    ]);
}

#[test]
fn a_mapping_of_kafka_that_aws_would_not_make_is_refused_with_the_remedy() {
    let brokers = json!({"bootstrapServers": ["b:9092"]});
    are_refused(&[
        (json!({"arn": MSK, "topic": "t", "create": {}}), "startingPosition is needed"),
        (
            json!({"arn": MSK, "create": {"startingPosition": "Latest"}}),
            "eventSource.topic is needed",
        ),
        (
            json!({"selfManagedKafka": brokers, "topic": "t", "create": {"startingPosition": "Latest"}}),
            "sourceAccess is needed",
        ),
    ]);
}
