//! Event source mappings, against a scripted AWS.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use super::scripted::{Answer, Scripted, Seen};
use super::{ALIAS_ARN, desired, not_found};
use crate::aws::clients::Aws;
use crate::aws::{Cloud, Look};
use crate::plan::desired::{Desired, DesiredEventSource, Source};
use crate::plan::failure::{Class, Effect, Failure};
use crate::plan::memory::Memory;
use crate::plan::observed::Mapping;
use crate::plan::source_problem::SourceProblem;
use crate::plan::step::Step;

const FUNCTION_ARN: &str = "arn:aws:lambda:eu-west-1:111122223333:function:fir-api";
const LIST: &str = "GET /2015-03-31/event-source-mappings";

fn stream(n: usize) -> String {
    format!("arn:aws:kinesis:eu-west-1:111122223333:stream/s{n}")
}

fn uuid(n: usize) -> String {
    format!("00000000-0000-4000-8000-{n:012}")
}

fn mapping(n: usize, function_arn: &str) -> Value {
    json!({"UUID": uuid(n), "EventSourceArn": stream(n), "FunctionArn": function_arn, "State": "Enabled",
        "StateTransitionReason": "User action", "LastProcessingResult": "OK"})
}

/// The endpoint with one stream as its only trigger, on an alias that does not exist, so that little else is read.
fn endpoint(n: usize) -> Desired {
    let trigger = DesiredEventSource {
        trigger: "records".into(),
        source: Source::Arn {
            arn: stream(n),
            topic: None,
        },
        create: None,
    };
    Desired {
        rest_apis: Vec::new(),
        event_sources: vec![trigger],
        ..desired()
    }
}

/// Everything but mappings: nothing is there.
fn nothing_else(seen: &Seen) -> Answer {
    match seen.call.as_str() {
        "POST /" => Answer::Is(200, json!({"ScalableTargets": []})),
        _ => not_found(),
    }
}

/// A region whose only mapping, number 1, is on this function.
fn one_mapping(function_arn: &'static str) -> Scripted {
    Scripted::new(move |seen| match seen.call.strip_prefix(LIST) {
        Some("") => Answer::Is(200, json!({"EventSourceMappings": [mapping(1, function_arn)]})),
        Some(_) if seen.call.contains(&uuid(1)) => Answer::Is(200, mapping(1, function_arn)),
        _ => nothing_else(seen),
    })
}

/// Queries of the lists that came, after the first of `from` requests.
fn lists(scripted: &Scripted, from: usize) -> Vec<String> {
    let seen = scripted.seen().split_off(from).into_iter();
    seen.filter(|s| s.call == LIST).map(|s| s.query).collect()
}

async fn mappings(aws: &Aws, desired: &Desired, look: Look) -> Vec<(String, Mapping)> {
    let observed = aws.observe(desired, &Memory::default(), look).await.unwrap();
    observed.mappings.unwrap_or_default().into_iter().collect()
}

fn move_mapping() -> Step {
    Step::UpdateMapping {
        uuid: uuid(1),
        source_arn: Some(stream(1)),
    }
}

fn create(block: Value, source: Source) -> Step {
    Step::CreateMapping {
        source,
        create: Box::new(serde_json::from_value(block).unwrap()),
    }
}

#[tokio::test(start_paused = true)]
async fn five_hundred_mappings_cost_five_lists_for_the_whole_fleet() {
    let scripted = Scripted::new(|seen| {
        if seen.call != LIST {
            return nothing_else(seen);
        }
        let page: usize = seen.query.split_once("Marker=").map_or(0, |(_, n)| n.parse().unwrap());
        let items: Vec<_> = (0..100).map(|n| mapping(100 * page + n, ALIAS_ARN)).collect();
        let next = (page < 4).then(|| (page + 1).to_string());
        Answer::Is(200, json!({"EventSourceMappings": items, "NextMarker": next}))
    });
    let aws = scripted.aws().await;
    let (first, memory) = (endpoint(0), Memory::default());
    let fleet: Vec<_> = (1..50).map(|n| endpoint(n * 10)).collect();
    aws.observe(&first, &memory, Look::Chain).await.unwrap();
    let all = futures::future::join_all(fleet.iter().map(|desired| aws.observe(desired, &memory, Look::Chain))).await;
    for observed in all {
        assert_eq!(observed.unwrap().mappings.unwrap().len(), 500, "all of them are on the function");
    }
    assert_eq!(lists(&scripted, 0).len(), 5);
    tokio::time::advance(Duration::from_secs(61)).await;
    aws.observe(&first, &memory, Look::Chain).await.unwrap();
    assert_eq!(lists(&scripted, 0).len(), 10, "a minute later the region is listed again");
}

#[tokio::test(start_paused = true)]
async fn without_event_sources_no_mapping_is_asked_for() {
    let scripted = one_mapping(ALIAS_ARN);
    let desired = Desired {
        event_sources: Vec::new(),
        ..endpoint(1)
    };
    let observed = scripted
        .aws()
        .await
        .observe(&desired, &Memory::default(), Look::Chain)
        .await
        .unwrap();
    assert_eq!((observed.mappings, lists(&scripted, 0).len()), (None, 0));
}

#[tokio::test(start_paused = true)]
async fn a_mapping_that_is_not_on_the_alias_is_looked_at_by_its_source() {
    let scripted = one_mapping(FUNCTION_ARN);
    let aws = scripted.aws().await;
    for looks in 1..=2 {
        assert_eq!(mappings(&aws, &endpoint(1), Look::Chain).await.len(), 1);
        let lists = lists(&scripted, 0);
        assert_eq!(lists.len(), 1 + looks, "the list of the region is used again: {lists:?}");
        assert!(lists[looks].contains("EventSourceArn=arn"), "{lists:?}");
        tokio::time::advance(Duration::from_secs(5)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_mapping_at_rest_on_the_alias_is_asked_about_after_a_write_even_without_an_answer() {
    let scripted = Scripted::new(|seen| match seen.call.split(' ').next() {
        Some("PUT") => Answer::Lost,
        _ if seen.call == LIST => Answer::Is(200, json!({"EventSourceMappings": [mapping(1, ALIAS_ARN)]})),
        _ => nothing_else(seen),
    });
    let aws = scripted.aws().await;
    mappings(&aws, &endpoint(1), Look::Chain).await;
    assert_eq!(lists(&scripted, 0).len(), 1);
    let lost = aws.execute(&endpoint(1), &move_mapping()).await.unwrap_err();
    assert_eq!(lost.effect, Effect::Unknown);
    let before = scripted.seen().len();
    mappings(&aws, &endpoint(1), Look::Chain).await;
    let after = lists(&scripted, before);
    assert!(after.len() == 1 && after[0].contains("EventSourceArn="), "{after:?}");
}

#[tokio::test(start_paused = true)]
async fn a_move_names_the_alias_and_nothing_else() {
    let scripted = Scripted::new(|_| Answer::Is(202, mapping(1, ALIAS_ARN)));
    scripted.aws().await.execute(&endpoint(1), &move_mapping()).await.unwrap();
    let seen = &scripted.seen()[0];
    assert_eq!(seen.call, format!("PUT /2015-03-31/event-source-mappings/{}", uuid(1)));
    assert_eq!(seen.body, json!({"FunctionName": ALIAS_ARN}));
}

#[tokio::test(start_paused = true)]
async fn a_new_mapping_is_made_with_all_that_the_spec_says() {
    let scripted = Scripted::new(|_| Answer::Is(202, mapping(1, ALIAS_ARN)));
    let aws = scripted.aws().await;
    let block = json!({"startingPosition": "AtTimestamp", "startingPositionTimestamp": "2026-11-22T05:00:00Z", "batchSize": 50,
        "maximumBatchingWindowSeconds": 2, "parallelizationFactor": 3, "bisectBatchOnFunctionError": true, "maximumRetryAttempts": 4,
        "maximumRecordAgeSeconds": 600, "tumblingWindowSeconds": 30, "filters": ["{\"data\":{}}"], "reportBatchItemFailures": true,
        "onFailureDestinationArn": "arn:aws:sqs:eu-west-1:111122223333:failed"});
    let source = Source::Arn {
        arn: stream(1),
        topic: None,
    };
    aws.execute(&endpoint(1), &create(block, source)).await.unwrap();
    let sent = json!({"EventSourceArn": stream(1), "FunctionName": ALIAS_ARN, "StartingPosition": "AT_TIMESTAMP",
        "StartingPositionTimestamp": 1_795_323_600, "BatchSize": 50, "MaximumBatchingWindowInSeconds": 2, "ParallelizationFactor": 3,
        "BisectBatchOnFunctionError": true, "MaximumRetryAttempts": 4, "MaximumRecordAgeInSeconds": 600, "TumblingWindowInSeconds": 30,
        "FilterCriteria": {"Filters": [{"Pattern": "{\"data\":{}}"}]}, "FunctionResponseTypes": ["ReportBatchItemFailures"],
        "DestinationConfig": {"OnFailure": {"Destination": "arn:aws:sqs:eu-west-1:111122223333:failed"}}});
    assert_eq!(scripted.seen()[0].body, sent);
}

#[tokio::test(start_paused = true)]
async fn what_only_queues_and_kafka_have_is_sent_too() {
    let scripted = Scripted::new(|_| Answer::Is(202, mapping(1, ALIAS_ARN)));
    let aws = scripted.aws().await;
    let queue = Source::Arn {
        arn: "arn:aws:sqs:eu-west-1:111122223333:q".into(),
        topic: None,
    };
    aws.execute(&endpoint(1), &create(json!({"maximumConcurrency": 5}), queue))
        .await
        .unwrap();
    let block = json!({"startingPosition": "TrimHorizon", "consumerGroupId": "g", "provisionedPollers": {"minimum": 1, "maximum": 9},
        "sourceAccess": [{"type": "VPC_SUBNET", "uri": "subnet:subnet-1"}]});
    let kafka = Source::SelfManagedKafka {
        bootstrap_servers: vec!["b1:9092".into(), "b2:9092".into()],
        topic: Some("orders".into()),
    };
    aws.execute(&endpoint(1), &create(block, kafka)).await.unwrap();
    let seen = scripted.seen();
    assert_eq!(seen[0].body["ScalingConfig"], json!({"MaximumConcurrency": 5}));
    let sent = json!({"FunctionName": ALIAS_ARN, "StartingPosition": "TRIM_HORIZON", "Topics": ["orders"],
        "SelfManagedEventSource": {"Endpoints": {"KAFKA_BOOTSTRAP_SERVERS": ["b1:9092", "b2:9092"]}},
        "SelfManagedKafkaEventSourceConfig": {"ConsumerGroupId": "g"},
        "ProvisionedPollerConfig": {"MinimumPollers": 1, "MaximumPollers": 9},
        "SourceAccessConfigurations": [{"Type": "VPC_SUBNET", "URI": "subnet:subnet-1"}]});
    assert_eq!(seen[1].body, sent);
}

#[tokio::test(start_paused = true)]
async fn a_mapping_that_aws_says_exists_already_is_read_by_its_uuid() {
    let made = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&made);
    let scripted = Scripted::new(move |seen| {
        let method = seen.call.split(' ').next();
        if method == Some("POST") && seen.call.contains("event-source-mappings") {
            flag.store(true, Ordering::SeqCst);
            let text = "The event source arn (\" s \") and function (\" fir-api \") provided mapping already exists. Please update or delete \
                        the existing mapping with UUID 00000000-0000-4000-8000-000000000007";
            return Answer::Error(409, "ResourceConflictException", text);
        }
        match seen.call.strip_prefix(LIST) {
            Some("") => Answer::Is(200, json!({"EventSourceMappings": []})),
            Some(_) => Answer::Is(
                200,
                json!({"UUID": uuid(7), "EventSourceArn": stream(1), "FunctionArn": FUNCTION_ARN, "State": "Enabled"}),
            ),
            None => nothing_else(seen),
        }
    });
    let aws = scripted.aws().await;
    assert!(mappings(&aws, &endpoint(1), Look::Chain).await.is_empty());
    let source = endpoint(1).event_sources[0].source.clone();
    let refused = aws
        .execute(&endpoint(1), &create(json!({"startingPosition": "Latest"}), source))
        .await;
    assert_eq!(refused.unwrap_err().class, Class::Conflict);
    assert!(made.load(Ordering::SeqCst));
    let found = mappings(&aws, &endpoint(1), Look::Chain).await;
    assert_eq!(found.iter().map(|(uuid, _)| uuid.clone()).collect::<Vec<_>>(), [uuid(7)]);
}

#[tokio::test(start_paused = true)]
async fn before_something_is_taken_away_the_callers_of_the_alias_are_read_anew() {
    let gone = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&gone);
    let scripted = Scripted::new(move |seen| {
        let target = if flag.load(Ordering::SeqCst) { FUNCTION_ARN } else { ALIAS_ARN };
        match seen.call.strip_prefix(LIST) {
            Some("") if seen.query.contains("FunctionName") && target != ALIAS_ARN => Answer::Is(200, json!({"EventSourceMappings": []})),
            Some("") => Answer::Is(200, json!({"EventSourceMappings": [mapping(1, target)]})),
            Some(_) => Answer::Is(200, mapping(1, target)),
            None => nothing_else(seen),
        }
    });
    let aws = scripted.aws().await;
    let before = mappings(&aws, &endpoint(1), Look::EveryCaller).await;
    assert_eq!(before[0].1.function_arn, ALIAS_ARN);
    gone.store(true, Ordering::SeqCst);
    tokio::time::advance(Duration::from_secs(5)).await;
    let after = mappings(&aws, &endpoint(1), Look::EveryCaller).await;
    assert_eq!(
        after[0].1.function_arn, FUNCTION_ARN,
        "the list of the region is older, and not believed here"
    );
}

#[tokio::test(start_paused = true)]
async fn a_mapping_of_brokers_is_looked_at_by_its_uuid_and_on_the_alias() {
    let kafka = |target: &str| {
        json!({"UUID": uuid(1), "FunctionArn": target, "State": "Enabled", "Topics": ["orders"],
            "SelfManagedEventSource": {"Endpoints": {"KAFKA_BOOTSTRAP_SERVERS": ["b2:9092", "b1:9092"]}}})
    };
    let scripted = Scripted::new(move |seen| match seen.call.strip_prefix(LIST) {
        Some("") if seen.query.contains("FunctionName") => Answer::Is(200, json!({"EventSourceMappings": []})),
        Some("") => Answer::Is(200, json!({"EventSourceMappings": [kafka(FUNCTION_ARN)]})),
        Some(_) => Answer::Is(200, kafka(ALIAS_ARN)),
        None => nothing_else(seen),
    });
    let mut desired = endpoint(1);
    desired.event_sources[0].source = Source::SelfManagedKafka {
        bootstrap_servers: vec!["b1:9092".into(), "b2:9092".into()],
        topic: Some("orders".into()),
    };
    let found = mappings(&scripted.aws().await, &desired, Look::Chain).await;
    assert_eq!((found.len(), found[0].1.function_arn.as_str()), (1, ALIAS_ARN));
}

#[tokio::test(start_paused = true)]
async fn a_refusal_because_of_the_role_names_the_source() {
    let text = "The function execution role does not have permissions to call ReceiveMessage on SQS";
    let scripted = Scripted::new(move |_| Answer::Error(400, "InvalidParameterValueException", text));
    let refused: Failure = scripted.aws().await.execute(&endpoint(1), &move_mapping()).await.unwrap_err();
    assert_eq!(refused.class, Class::Source(SourceProblem::AccessDenied));
    assert_eq!((refused.resource, refused.effect), (stream(1), Effect::NotApplied));
}
