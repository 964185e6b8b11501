//! TestLambdaEventSourceMappings, and what the tests of DynamoDB streams, Kinesis and SQS recorded about their mappings.

use awssim::world::Region;
use awssim::world::queue::Queue;
use awssim::world::stream::Stream;
use serde_json::{Value, json};

use super::session::{Answer, Session};

const FILE: &str = "lambda_api.json";
const PATH: &str = "/2015-03-31/event-source-mappings";
const TABLE: &str = "arn:aws:dynamodb:eu-west-1:111111111111:table/reviews/stream/2026-01-01T00:00:00.000";
const CLICKS: &str = "arn:aws:kinesis:eu-west-1:111111111111:stream/clicks";
const ORDERS: &str = "arn:aws:sqs:eu-west-1:111111111111:orders";

fn with_sources(region: &mut Region) {
    region.put_stream(TABLE, Stream::with_shards(1));
    region.put_stream(CLICKS, Stream::with_shards(1));
    region.queues.insert(ORDERS.into(), Queue::default());
}

/// Begins an upstream test in a region with sources and the function `fn`; nothing when there are no recordings here.
fn session(file: &str, test: &str) -> Option<Session> {
    let mut session = Session::of(file, test)?;
    with_sources(&mut session.region);
    session.create("fn", &json!({}));
    Some(session)
}

impl Session {
    fn map(&mut self, function: &str, source: &str, more: &Value) -> Answer {
        let mut body = json!({"FunctionName": function, "EventSourceArn": source});
        for (member, value) in more.as_object().into_iter().flatten() {
            body[member] = value.clone();
        }
        self.send("POST", PATH, &body)
    }

    fn mapping(&mut self, method: &str, uuid: &str, body: &Value) -> Answer {
        self.send(method, &format!("{PATH}/{uuid}"), body)
    }

    /// Says which placeholders stand for the table and the label of its stream.
    fn bind_table(&self, table: &str, label: &str) {
        self.recording.bind(table, "reviews");
        self.recording.bind(label, "2026-01-01T00:00:00.000");
    }

    /// Leaves out what is no answer of Lambda: tables, streams, and what functions were called with.
    fn skip(&self, steps: &[&str]) {
        steps.iter().for_each(|step| self.recording.skip(step));
    }
}

#[test]
fn what_is_wrong_is_refused_as_recorded() {
    let Some(mut session) = session(FILE, "TestLambdaEventSourceMappings::test_event_source_mapping_exceptions") else {
        return;
    };
    let unknown = "5a1d7b26-6d4f-4b8e-9d0b-2d8f2f7f0b11";
    for (step, method) in [
        ("get_unknown_uuid", "GET"),
        ("delete_unknown_uuid", "DELETE"),
        ("update_unknown_uuid", "PUT"),
    ] {
        let answer = session.mapping(method, unknown, &json!({"Enabled": false}));
        session.check(step, &answer);
    }
    for query in [
        "",
        "?FunctionName=doesnotexist",
        "?EventSourceArn=arn:aws:sqs:us-east-1:111111111111:somequeue",
    ] {
        let answer = session.send("GET", &format!("{PATH}{query}"), &Value::Null);
        assert_eq!(answer.0["EventSourceMappings"], json!([]), "AWS-95");
    }
    let answer = session.send("POST", PATH, &json!({"FunctionName": "doesnotexist"}));
    session.check("create_no_event_source_arn", &answer);
    let answer = session.map("doesnotexist", "arn:aws:sqs:eu-west-1:111111111111:somequeue", &json!({}));
    session.check("create_unknown_params", &answer);
    let destinations = json!({"DestinationConfig": {"OnSuccess": {"Destination": ORDERS}}});
    let answer = session.map("doesnotexist", ORDERS, &destinations);
    session.check("destination_config_failure", &answer);
    session.recording.finish();
}

#[test]
fn a_mapping_lives_and_outlives_its_function_as_recorded() {
    for (test, deletes_function) in [("lifecycle", false), ("lifecycle_delete_function", true)] {
        let test = format!("TestLambdaEventSourceMappings::test_event_source_mapping_{test}");
        let Some(mut session) = session(FILE, &test) else { return };
        session.skip(&["update_table_response"]);
        session.bind_table("<resource:2>", "<resource:1>");
        let settings = json!({
            "DestinationConfig": {"OnFailure": {"Destination": ORDERS}},
            "BatchSize": 1,
            "StartingPosition": "TRIM_HORIZON",
            "MaximumBatchingWindowInSeconds": 1,
            "MaximumRetryAttempts": 1,
        });
        let created = session.map("fn", TABLE, &settings);
        session.check("create_response", &created);
        let uuid = created.text("UUID");
        session.pass(20);
        let answer = session.mapping("GET", &uuid, &Value::Null);
        session.check("get_response", &answer);
        if deletes_function {
            let answer = session.about("DELETE", "fn", "", &Value::Null);
            assert_eq!(answer.0["ResponseMetadata"]["HTTPStatusCode"], 204);
            session.skip(&["delete_function_response"]);
            let answer = session.mapping("GET", &uuid, &Value::Null);
            session.check("get_response_post_delete", &answer);
        }
        let answer = session.mapping("DELETE", &uuid, &Value::Null);
        session.check("delete_response", &answer);
        session.recording.finish();
    }
}

#[test]
fn a_function_is_named_in_seven_ways_as_recorded() {
    let Some(mut session) = session(FILE, "TestLambdaEventSourceMappings::test_function_name_variations") else {
        return;
    };
    session.publish("fn", &json!({}));
    session.about("POST", "fn", "/aliases", &json!({"Name": "myalias", "FunctionVersion": "1"}));
    let arn = "arn:aws:lambda:eu-west-1:111111111111:function:fn";
    for (step, function) in [
        ("name_only", "fn"),
        ("partial_arn_latest", "fn:$LATEST"),
        ("partial_arn_version", "fn:1"),
        ("partial_arn_alias", "fn:myalias"),
        ("full_arn_latest", arn),
        ("full_arn_version", &format!("{arn}:1")),
        ("full_arn_alias", &format!("{arn}:myalias")),
    ] {
        let answer = session.map(function, ORDERS, &json!({}));
        session.check(&format!("{step}_create_esm"), &answer);
        session.pass(20);
        session.mapping("DELETE", &answer.text("UUID"), &Value::Null);
    }
    session.recording.finish();
}

#[test]
fn a_stream_needs_a_position_that_it_knows_as_recorded() {
    for (test, source, incompatible) in [
        ("test_create_event_source_validation", TABLE, true),
        ("test_create_event_source_validation_kinesis", CLICKS, false),
    ] {
        let Some(mut session) = session(FILE, &format!("TestLambdaEventSourceMappings::{test}")) else {
            return;
        };
        session.bind_table("<table-name>", "<stream-name>");
        let answer = session.map("fn", source, &json!({}));
        session.check("no_starting_position", &answer);
        let answer = session.map("fn", source, &json!({"StartingPosition": "invalid"}));
        session.check("invalid_starting_position", &answer);
        if incompatible {
            let position = json!({"StartingPosition": "AT_TIMESTAMP", "StartingPositionTimestamp": 1_741_010_802});
            let answer = session.map("fn", source, &position);
            session.check("incompatible_starting_position", &answer);
        }
        session.recording.finish();
    }
}

#[test]
fn an_empty_filter_is_no_filter_as_recorded() {
    let test = "TestLambdaEventSourceMappings::test_create_event_filter_criteria_validation";
    let Some(mut session) = session(FILE, test) else { return };
    session.bind_table("<table-name>", "<resource:1>");
    let settings = json!({"FilterCriteria": {"Filters": []}, "StartingPosition": "LATEST"});
    let answer = session.map("fn", TABLE, &settings);
    session.check("response-with-empty-filters", &answer);
    session.recording.finish();
}

#[test]
fn a_self_managed_cluster_is_mapped_once_for_a_topic_as_recorded() {
    let test = "TestLambdaEventSourceMappings::test_create_event_source_self_managed";
    let Some(mut session) = session(FILE, test) else { return };
    let create = |session: &mut Session, servers: &[&str], topic: &str, more: &Value| {
        let mut body = json!({
            "FunctionName": "fn",
            "SelfManagedEventSource": {"Endpoints": {"KAFKA_BOOTSTRAP_SERVERS": servers}},
            "Topics": [topic],
            "StartingPosition": "TRIM_HORIZON",
            "SourceAccessConfigurations": [{"Type": "BASIC_AUTH", "URI": "arn:aws:secretsmanager:eu-west-1:111111111111:secret:kafka"}],
        });
        for (member, value) in more.as_object().into_iter().flatten() {
            body[member] = value.clone();
        }
        session.send("POST", PATH, &body)
    };
    let answer = create(&mut session, &["kafka:1000"], "topic", &json!({"SourceAccessConfigurations": null}));
    session.check("missing-source-access-configuration", &answer);
    // Recorded in 2024; AWS has answered the mapping's own ARN since.
    let answer = create(&mut session, &["kafka:1000"], "topic", &json!({}));
    session
        .recording
        .check("event-source-mapping-default", &answer.0, &["EventSourceMappingArn"]);
    let answer = create(&mut session, &["kafka:1000"], "topic", &json!({}));
    session.check("duplicate-source", &answer);
    let values = json!({
        "StartingPosition": "LATEST",
        "BatchSize": 1,
        "SelfManagedKafkaEventSourceConfig": {"ConsumerGroupId": "random_id"},
    });
    let answer = create(&mut session, &["kafka:1000"], "topic_2", &values);
    session
        .recording
        .check("event-source-mapping-values", &answer.0, &["EventSourceMappingArn"]);
    let answer = create(&mut session, &["kafka:1000", "kafka:2000"], "topic", &json!({}));
    session.check("multiple-duplicate-source", &answer);
    session.recording.finish();
}

#[test]
fn a_second_mapping_of_a_source_is_refused_as_recorded() {
    let trim_horizon = json!({"StartingPosition": "TRIM_HORIZON", "MaximumBatchingWindowInSeconds": 1, "MaximumRetryAttempts": 1});
    for (file, class, source, settings) in [
        ("dynamodbstreams", "TestDynamoDBEventSourceMapping", TABLE, trim_horizon),
        ("kinesis", "TestKinesisSource", CLICKS, json!({"StartingPosition": "LATEST"})),
        ("sqs", "TestSQSEventSourceMapping", ORDERS, json!({})),
    ] {
        let file = format!("lambda_integration_{file}.json");
        let Some(mut session) = session(&file, &format!("{class}::test_duplicate_event_source_mappings")) else {
            return;
        };
        if source == TABLE {
            session.skip(&["create-table-result"]);
            session.bind_table("<resource:1>", "<resource:2>");
        }
        let answer = session.map("fn", source, &settings);
        session.check("create", &answer);
        let answer = session.map("fn", source, &settings);
        session.check("error", &answer);
        session.recording.finish();
    }
}

#[test]
fn a_source_that_is_not_there_is_refused_as_recorded() {
    for (file, test, source, settings) in [
        (
            "kinesis",
            "TestKinesisSource::test_esm_with_not_existing_kinesis_stream",
            "arn:aws:kinesis:eu-west-1:111111111111:stream/test-foobar-81ded7e8",
            json!({"StartingPosition": "LATEST"}),
        ),
        (
            "sqs",
            "test_esm_with_not_existing_sqs_queue",
            "arn:aws:sqs:eu-west-1:111111111111:test-foobar-81ded7e8",
            json!({}),
        ),
    ] {
        let Some(mut session) = session(&format!("lambda_integration_{file}.json"), test) else {
            return;
        };
        let answer = session.map("fn", source, &settings);
        session.check("error", &answer);
        session.recording.finish();
    }
}

#[test]
fn a_stream_is_mapped_listed_and_switched_off_as_recorded() {
    let file = "lambda_integration_dynamodbstreams.json";
    let settings = |window: u32| json!({"StartingPosition": "TRIM_HORIZON", "MaximumBatchingWindowInSeconds": window});
    let test = "TestDynamoDBEventSourceMapping::test_deletion_event_source_mapping_with_dynamodb";
    let Some(mut listed) = session(file, test) else { return };
    listed.skip(&["create_dynamodb_table_response"]);
    listed.bind_table("<resource:2>", "<resource:1>");
    let answer = listed.map("fn", TABLE, &settings(0));
    listed.check("create_event_source_mapping_result", &answer);
    listed.pass(20);
    let answer = listed.send("GET", &format!("{PATH}?EventSourceArn={TABLE}"), &Value::Null);
    listed.check("list_event_source_mapping_result", &answer);
    listed.recording.finish();

    let test = "TestDynamoDBEventSourceMapping::test_disabled_dynamodb_event_source_mapping";
    let Some(mut disabled) = session(file, test) else { return };
    disabled.skip(&["dynamodb_create_table_result"]);
    disabled.bind_table("<resource:2>", "<resource:1>");
    let answer = disabled.map("fn", TABLE, &settings(1));
    disabled.check("create_event_source_mapping_result", &answer);
    let uuid = answer.text("UUID");
    disabled.pass(20);
    disabled.mapping("GET", &uuid, &Value::Null);
    // Upstream a record was processed by now.
    let mapping = disabled.region.event_source_mappings.get_mut(&uuid).unwrap();
    mapping.last_processing_result = Some("OK".into());
    let answer = disabled.mapping("PUT", &uuid, &json!({"Enabled": false}));
    disabled.check("update_event_source_mapping_result", &answer);
    disabled.recording.finish();
}

#[test]
fn a_kinesis_stream_is_mapped_as_recorded() {
    let test = "TestKinesisSource::test_disable_kinesis_event_source_mapping";
    let Some(mut session) = session("lambda_integration_kinesis.json", test) else {
        return;
    };
    session.skip(&["invocation_events"]);
    let answer = session.map("fn", CLICKS, &json!({"StartingPosition": "LATEST", "BatchSize": 10}));
    session.check("create_event_source_mapping_response", &answer);
    session.recording.finish();
}

#[test]
fn a_mapping_of_a_queue_is_moved_between_versions_in_place_as_recorded() {
    let test = "TestSQSEventSourceMapping::test_sqs_event_source_mapping_update";
    let Some(mut session) = session("lambda_integration_sqs.json", test) else {
        return;
    };
    session.skip(&["events", "events_postupdate"]);
    session.publish("fn", &json!({}));
    session.configure("fn", &json!({"Environment": {"Variables": {"CUSTOM_VAR": "b"}}}));
    session.publish("fn", &json!({}));
    let arn = |version: u32| format!("arn:aws:lambda:eu-west-1:111111111111:function:fn:{version}");
    let created = session.map(&arn(1), ORDERS, &json!({"MaximumBatchingWindowInSeconds": 1}));
    session.check("create-event-source-mapping-response", &created);
    let uuid = created.text("UUID");
    session.pass(20);
    let answer = session.mapping("PUT", &uuid, &json!({"FunctionName": arn(2)}));
    session.check("updated_esm", &answer);
    session.pass(10);
    let answer = session.mapping("GET", &uuid, &Value::Null);
    session.check("updated_event_source_mapping", &answer);
    session.recording.finish();
}
