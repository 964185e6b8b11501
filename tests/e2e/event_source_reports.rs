//! What stands between a source and the alias, as a person reads it.

use awssim::sim::Fault;
use awssim::world::event_source::{EventSourceMapping, MappingChange, MappingState, NewMapping, Role};
use serde_json::json;
use warmlambda::api::WarmLambdaEndpoint;

use crate::event_source_move::orders;
use crate::harness::aws::Aws;
use crate::harness::endpoint::Told;
use crate::harness::records::{ALIAS_ARN, FUNCTION_ARN, MAPPING, ROLE, STREAM};
use crate::harness::scenario::Scenario;

const OTHER: &str = "0bbbbbbb-0000-4000-8000-000000000002";
const CREATE: &str = "CreateEventSourceMapping";
const UPDATE: &str = "UpdateEventSourceMapping";

/// A warm alias and a stream, and what the test adds; then the operator, and an endpoint with the stream as its trigger.
async fn begin(set_up: impl FnOnce(&Aws)) -> Scenario {
    let mut scenario = Scenario::without_operator().await;
    scenario.aws.set_up_by_hand(3);
    scenario.aws.make_stream(STREAM);
    set_up(&scenario.aws);
    scenario.start_operator();
    scenario.apply(&orders());
    scenario
}

/// Waits until `Ready` is False with this reason, and checks what its message names.
async fn is_told(scenario: &Scenario, reason: &str, named: &[&str]) -> WarmLambdaEndpoint {
    let found = scenario.until_condition("Ready", &format!("False {reason}")).await;
    let message = found.message("Ready");
    for part in named {
        assert!(message.contains(part), "{part:?} is not in: {message}");
    }
    found
}

fn on_function(aws: &Aws) {
    aws.map(MAPPING, STREAM, FUNCTION_ARN, |_| ());
}

fn on_alias(aws: &Aws) {
    aws.map(MAPPING, STREAM, ALIAS_ARN, |_| ());
}

fn role(aws: &Aws, role: Role) {
    aws.region(|region| region.roles.insert(ROLE.into(), role));
}

fn mapping_writes(aws: &Aws) -> Vec<String> {
    aws.written_since(0)
        .into_iter()
        .filter(|name| name.contains("EventSourceMapping"))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_mapping_is_told_with_the_command_that_makes_it_and_taken_up_when_it_appears() {
    let scenario = begin(|_| ()).await;
    let command = format!(
        "aws lambda create-event-source-mapping --region eu-west-1 --function-name {ALIAS_ARN} --event-source-arn {STREAM} \
         --starting-position TRIM_HORIZON"
    );
    let block = "spec.triggers[orders].eventSource.create: {startingPosition: TrimHorizon}";
    is_told(&scenario, "MappingNotFound", &[&command, block]).await;
    on_function(&scenario.aws);
    scenario.until_ready().await;
    assert_eq!(mapping_writes(&scenario.aws), [UPDATE]);
}

#[tokio::test(flavor = "multi_thread")]
async fn duplicates_are_named_and_untouched_until_one_is_gone() {
    let scenario = begin(|aws| {
        on_function(aws);
        aws.map(OTHER, STREAM, ALIAS_ARN, |_| ());
    })
    .await;
    let found = is_told(
        &scenario,
        "DuplicateMappings",
        &[
            MAPPING,
            OTHER,
            "fir-api without a qualifier",
            "fir-api:live (Enabled)",
            "delete-event-source-mapping",
        ],
    )
    .await;
    assert_eq!(found.condition("Stalled"), "True DuplicateMappings");
    assert!(mapping_writes(&scenario.aws).is_empty());
    scenario
        .aws
        .region(|region| region.delete_event_source_mapping(OTHER))
        .expect("it is there");
    scenario.until_ready().await;
    assert_eq!(scenario.aws.mapping(MAPPING).expect("it stays").function_arn, ALIAS_ARN);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mapping_that_somebody_disabled_is_moved_and_stays_disabled() {
    let disabled = |mapping: &mut EventSourceMapping| (mapping.disabled, mapping.state) = (true, MappingState::Disabled);
    let scenario = begin(|aws| aws.map(MAPPING, STREAM, FUNCTION_ARN, disabled)).await;
    let enable = format!("aws lambda update-event-source-mapping --region eu-west-1 --uuid {MAPPING} --enabled");
    is_told(&scenario, "MappingDisabled", &[&enable]).await;
    let found = scenario
        .until_endpoint("the mapping on the alias", |found| {
            found.condition("Ready") == "False MappingDisabled" && found.told().triggers[0].qualified
        })
        .await;
    assert_eq!(found.told().triggers[0].state.as_deref(), Some("Disabled"));
    assert_eq!(
        (found.condition("Stalled"), mapping_writes(&scenario.aws)),
        (String::new(), vec![UPDATE.to_owned()])
    );
    let enabled = scenario
        .aws
        .region(|region| region.update_event_source_mapping(MAPPING, &MappingChange::enabled(true)));
    enabled.expect("it can be enabled");
    scenario.until_ready().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mapping_that_lambda_disabled_is_told_with_lambdas_reason() {
    let scenario = begin(|aws| {
        on_alias(aws);
        aws.region(|region| region.disable_event_source_mapping(MAPPING, "EVENT_SOURCE_AUTHZ_ERROR"));
    })
    .await;
    let named = ["EVENT_SOURCE_AUTHZ_ERROR", "dynamodb:GetRecords", ROLE, "--enabled"];
    let found = is_told(&scenario, "MappingDisabledByLambda", &named).await;
    assert_eq!(found.condition("Stalled"), "True MappingDisabledByLambda");
    assert!(mapping_writes(&scenario.aws).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_may_not_read_the_stream_is_named_with_the_missing_actions() {
    let scenario = begin(|aws| {
        on_function(aws);
        role(aws, Role::default());
    })
    .await;
    let named = [
        "dynamodb:DescribeStream",
        "dynamodb:GetRecords",
        "dynamodb:GetShardIterator",
        "dynamodb:ListStreams",
        ROLE,
        STREAM,
    ];
    is_told(&scenario, "SourceAccessDenied", &named).await;
    let reader = Role {
        actions: vec!["dynamodb:*".into()],
        ..Role::default()
    };
    role(&scenario.aws, reader);
    // What AWS says of the last batch stands until there is another one.
    scenario.aws.write_records(1);
    scenario.until_ready().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_lambda_may_not_assume_is_named() {
    let scenario = begin(|aws| {
        on_function(aws);
        let untrusting = Role {
            assumable: false,
            actions: vec!["*".into()],
        };
        role(aws, untrusting);
    })
    .await;
    is_told(&scenario, "RoleNotAssumable", &[ROLE, "sts:AssumeRole", "lambda.amazonaws.com"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_is_gone_is_told() {
    let scenario = begin(|aws| {
        on_function(aws);
        aws.region(|region| region.delete_stream(STREAM));
    })
    .await;
    is_told(&scenario, "SourceNotFound", &[STREAM, "does not exist"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_problem_of_a_mapping_on_the_alias_is_told_from_its_last_result() {
    let scenario = begin(on_alias).await;
    scenario.until_ready().await;
    role(&scenario.aws, Role::default());
    let found = is_told(&scenario, "SourceAccessDenied", &["dynamodb:GetRecords", ROLE]).await;
    let result = found.told().triggers[0].last_processing_result.clone().unwrap_or_default();
    assert!(result.starts_with("PROBLEM: "), "{result}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_that_fails_on_records_is_advice_and_the_endpoint_is_ready() {
    let scenario = begin(|aws| {
        aws.has_code("reviews 40, handler: fail");
        on_alias(aws);
        aws.write_records(1);
    })
    .await;
    let found = scenario.until_condition("RecordsFailing", "True FunctionFailing").await;
    assert!(found.is_ready(), "{}", found.message("Ready"));
    for named in [MAPPING, "PROBLEM: Function call failed", "/aws/lambda/fir-api"] {
        assert!(
            found.message("RecordsFailing").contains(named),
            "{}",
            found.message("RecordsFailing")
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mapping_of_another_function_is_never_moved() {
    let other = FUNCTION_ARN.replace("fir-api", "pine-api");
    let scenario = begin(|aws| aws.map(MAPPING, STREAM, &other, |mapping| mapping.disabled = true)).await;
    scenario.apply(&json!({ "triggers": [{ "name": "orders", "eventSource": { "uuid": MAPPING } }] }));
    let named = [MAPPING, "pine-api", "spec.triggers[orders].eventSource.uuid"];
    is_told(&scenario, "InvalidSpec", &named).await;
    assert!(mapping_writes(&scenario.aws).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mapping_that_aws_is_at_work_on_is_awaited() {
    let scenario = begin(|aws| {
        aws.region_at(|region, now| {
            let mut mapping = EventSourceMapping {
                event_source_arn: Some(STREAM.into()),
                function_arn: FUNCTION_ARN.into(),
                batch_size: 5,
                state: MappingState::Creating,
                ..EventSourceMapping::default()
            };
            // Ten real seconds.
            mapping.settles_at = Some(now + 1_000_000);
            region.event_source_mappings.insert(MAPPING.into(), mapping);
        });
    })
    .await;
    is_told(&scenario, "MappingChanging", &[MAPPING, "Creating"]).await;
    assert!(mapping_writes(&scenario.aws).is_empty(), "AWS would refuse it");
    scenario.until_ready().await;
    assert_eq!(mapping_writes(&scenario.aws), [UPDATE]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mapping_that_is_in_use_when_it_is_moved_is_moved_a_little_later() {
    let scenario = begin(|aws| {
        on_function(aws);
        let in_use = Fault::Fail {
            status: 400,
            code: "ResourceInUseException".into(),
            message: "Cannot update the event source mapping because it is in use.".into(),
            retry_after_seconds: None,
            reason: None,
        };
        aws.fault(UPDATE, Some(2), in_use);
    })
    .await;
    let found = scenario.until_ready().await;
    assert_eq!(found.condition("Stalled"), "");
    assert_eq!(mapping_writes(&scenario.aws), [UPDATE; 3]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mapping_that_is_deleted_from_outside_is_missed() {
    let scenario = begin(on_alias).await;
    scenario.until_ready().await;
    scenario.aws.region(|region| region.event_source_mappings.remove(MAPPING));
    is_told(&scenario, "MappingNotFound", &["create-event-source-mapping"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mapping_that_lists_do_not_show_yet_is_adopted_by_the_uuid_that_aws_names() {
    let scenario = begin(|aws| {
        aws.region(|region| region.settings.mappings_unique_per_qualifier = false);
        on_function(aws);
        // A list that lags behind: it does not know the mapping, and the refusal does.
        let empty = Fault::Stale { milliseconds: 3_600_000 };
        aws.fault("ListEventSourceMappings", None, empty);
    })
    .await;
    let create = json!({ "arn": STREAM, "create": { "startingPosition": "TrimHorizon" } });
    scenario.apply(&json!({ "triggers": [{ "name": "orders", "eventSource": create }] }));
    let found = scenario.until_ready().await;
    assert_eq!(found.told().triggers[0].uuid.as_deref(), Some(MAPPING));
    assert_eq!(scenario.aws.mappings_of(STREAM), [MAPPING]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mapping_is_made_once_as_the_spec_says_even_when_the_answer_is_lost() {
    let scenario = begin(|aws| {
        aws.lose_answer(CREATE);
    })
    .await;
    let create = json!({ "startingPosition": "TrimHorizon", "batchSize": 7, "maximumBatchingWindowSeconds": 2, "parallelizationFactor": 2,
        "bisectBatchOnFunctionError": true, "maximumRetryAttempts": 3, "maximumRecordAgeSeconds": 600,
        "filters": ["{\"eventName\": [\"INSERT\"]}"], "reportBatchItemFailures": true });
    scenario.apply(&json!({ "triggers": [{ "name": "orders", "eventSource": { "arn": STREAM, "create": create } }] }));
    scenario.until_ready().await;
    let made = scenario.aws.mappings_of(STREAM);
    assert_eq!((made.len(), mapping_writes(&scenario.aws)), (1, vec![CREATE.to_owned()]));
    let mapping = scenario.aws.mapping(&made[0]).expect("it is there");
    assert_eq!(
        (mapping.function_arn.as_str(), mapping.batch_size, mapping.parallelization_factor),
        (ALIAS_ARN, 7, 2)
    );
    assert_eq!(
        (mapping.maximum_retry_attempts, mapping.maximum_record_age_in_seconds),
        (Some(3), Some(600))
    );
    assert!(mapping.bisect_batch_on_function_error && mapping.maximum_batching_window_in_seconds == 2);
    assert_eq!(mapping.filter_patterns, [r#"{"eventName": ["INSERT"]}"#]);
    assert_eq!(mapping.function_response_types, ["ReportBatchItemFailures"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_move_changes_nothing_but_the_function() {
    let particular = |mapping: &mut EventSourceMapping| {
        mapping.batch_size = 77;
        mapping.parallelization_factor = 3;
        mapping.maximum_retry_attempts = Some(4);
        mapping.filter_patterns = vec!["{\"eventName\": [\"INSERT\"]}".into()];
        mapping.checkpoints.insert("shardId-000000000000".into(), "0".into());
    };
    let scenario = begin(|aws| aws.map(MAPPING, STREAM, FUNCTION_ARN, particular)).await;
    let before = scenario.aws.mapping(MAPPING).expect("it is there");
    scenario.until_ready().await;
    let after = scenario.aws.mapping(MAPPING).expect("it stays");
    assert_eq!(after.function_arn, ALIAS_ARN);
    let settings = |mapping: EventSourceMapping| {
        let EventSourceMapping {
            batch_size,
            parallelization_factor,
            maximum_retry_attempts,
            filter_patterns,
            checkpoints,
            starting_position,
            ..
        } = mapping;
        (
            batch_size,
            parallelization_factor,
            maximum_retry_attempts,
            filter_patterns,
            checkpoints,
            starting_position,
        )
    };
    assert_eq!(settings(after), settings(before));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_and_a_mapping_that_come_later_are_enough_in_any_order() {
    let scenario = begin(|aws| role(aws, Role::default())).await;
    is_told(&scenario, "MappingNotFound", &[]).await;
    let made = scenario.aws.region(|region| {
        let reader = Role {
            actions: vec!["dynamodb:*".into()],
            ..Role::default()
        };
        region.roles.insert(ROLE.into(), reader);
        region.create_event_source_mapping(&NewMapping {
            event_source_arn: Some(STREAM.into()),
            starting_position: Some("LATEST".into()),
            settings: MappingChange::function("fir-api"),
            ..NewMapping::default()
        })
    });
    made.expect("it can be made");
    scenario.until_ready().await;
}
