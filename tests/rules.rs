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

#[test]
fn an_event_source_that_aws_would_refuse_is_refused_with_field_and_remedy() {
    let at = |position: &str, more: &Value| {
        let mut create = json!({"startingPosition": position});
        create.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        create
    };
    let nothing = json!({});
    let pollers = json!({"provisionedPollers": {"minimum": 3, "maximum": 2}});
    for (refused, reason) in [
        (json!({}), "exactly one way"),
        (
            json!({"arn": STREAM, "uuid": "0aaaaaaa-0000-4000-8000-000000000001"}),
            "exactly one way",
        ),
        (
            json!({"uuid": "0aaaaaaa-0000-4000-8000-000000000001", "create": {}}),
            "remove create",
        ),
        (
            json!({"arn": "arn:aws:dynamodb:eu-west-1:111122223333:table/orders"}),
            "LatestStreamArn",
        ),
        (json!({"arn": QUEUE, "topic": "t"}), "remove topic"),
        (created("arn:aws:mq:eu-west-1:111122223333:broker:b:b-1", &nothing), "remove create"),
        (created(STREAM, &nothing), "startingPosition is needed"),
        (json!({"arn": MSK, "topic": "t", "create": {}}), "startingPosition is needed"),
        (created(QUEUE, &at("Latest", &nothing)), "startingPosition is for streams and Kafka"),
        (
            created(KINESIS, &at("AtTimestamp", &nothing)),
            "startingPositionTimestamp is needed",
        ),
        (
            created(
                KINESIS,
                &at("Latest", &json!({"startingPositionTimestamp": "2026-11-22T05:00:00Z"})),
            ),
            "only allowed with it",
        ),
        (
            created(
                STREAM,
                &at("AtTimestamp", &json!({"startingPositionTimestamp": "2026-11-22T05:00:00Z"})),
            ),
            "use TrimHorizon or Latest",
        ),
        (
            created(QUEUE, &json!({"parallelizationFactor": 2})),
            "for DynamoDB and Kinesis streams",
        ),
        (
            created(QUEUE, &json!({"tumblingWindowSeconds": 2})),
            "for DynamoDB and Kinesis streams",
        ),
        (created(QUEUE, &json!({"bisectBatchOnFunctionError": true})), "redrive policy"),
        (created(QUEUE, &json!({"maximumRetryAttempts": 2})), "redrive policy"),
        (created(QUEUE, &json!({"maximumRecordAgeSeconds": 60})), "redrive policy"),
        (created(QUEUE, &json!({"onFailureDestinationArn": QUEUE})), "redrive policy"),
        (
            created(STREAM, &at("Latest", &json!({"maximumRecordAgeSeconds": 59}))),
            "use -1 for never",
        ),
        (
            created(STREAM, &at("Latest", &json!({"maximumConcurrency": 5}))),
            "maximumConcurrency is for queues",
        ),
        (
            created(QUEUE, &json!({"maximumConcurrency": 5, "provisionedPollers": {"minimum": 2}})),
            "exclude each other",
        ),
        (
            created(STREAM, &at("Latest", &pollers)),
            "provisionedPollers is for queues and Kafka",
        ),
        (created(QUEUE, &pollers), "provisionedPollers.minimum is above maximum"),
        (
            created(QUEUE, &json!({"provisionedPollers": {"minimum": 1}})),
            "minimum of 2 or more",
        ),
        (created(QUEUE, &json!({"consumerGroupId": "g"})), "for Kafka: remove them"),
        (
            json!({"arn": MSK, "create": {"startingPosition": "Latest"}}),
            "eventSource.topic is needed",
        ),
        (
            json!({"selfManagedKafka": {"bootstrapServers": ["b:9092"]}, "topic": "t", "create": {"startingPosition": "Latest"}}),
            "sourceAccess is needed",
        ),
        (created(QUEUE, &json!({"batchSize": 11})), "needs maximumBatchingWindowSeconds"),
        (
            created(&format!("{QUEUE}.fifo"), &json!({"maximumBatchingWindowSeconds": 1})),
            "not for FIFO queues",
        ),
    ] {
        let said = said_of_source(&refused);
        assert!(said.contains(reason), "{refused}: {said:?} does not say {reason:?}");
    }
}
