//! Event source mappings: how they are made, moved, switched off and deleted (AWS-81 to AWS-91, AWS-95, AWS-99).

use super::super::event_source::{EventSourceMapping, MappingChange, MappingState, NewMapping, ScalingConfig, SourceAccess};
use super::super::queue::Queue;
use super::super::stream::Stream;
use super::super::{AwsError, Region};
use super::{SECOND, pass, region};

const STREAM: &str = "arn:aws:dynamodb:eu-west-1:111122223333:table/reviews/stream/2026-01-01T00:00:00.000";
const QUEUE: &str = "arn:aws:sqs:eu-west-1:111122223333:orders";
const CLUSTER: &str = "arn:aws:kafka:eu-west-1:111122223333:cluster/events/1";
const FUNCTION: &str = "arn:aws:lambda:eu-west-1:111122223333:function:fir-api";

/// `fir-api` with its alias, a stream and a queue.
fn sources() -> Region {
    let mut region = region();
    region.put_stream(STREAM, Stream::with_shards(2));
    region.queues.insert(QUEUE.into(), Queue::default());
    region
}

fn new(source: &str, function: &str) -> NewMapping {
    let stands_somewhere = source != QUEUE;
    NewMapping {
        event_source_arn: Some(source.into()),
        starting_position: stands_somewhere.then(|| "TRIM_HORIZON".into()),
        topics: if source == CLUSTER { vec!["reviews".into()] } else { Vec::new() },
        settings: MappingChange::function(function),
        ..NewMapping::default()
    }
}

/// Makes a mapping and waits until it is enabled.
fn enabled(region: &mut Region, source: &str, function: &str) -> String {
    let created = region.create_event_source_mapping(&new(source, function)).unwrap();
    assert_eq!(created.mapping.state, MappingState::Creating);
    pass(region, 20 * SECOND);
    assert_eq!(state(region, &created.uuid), MappingState::Enabled);
    created.uuid
}

fn state(region: &Region, uuid: &str) -> MappingState {
    mapping(region, uuid).state
}

fn mapping(region: &Region, uuid: &str) -> EventSourceMapping {
    region.get_event_source_mapping(uuid).unwrap().mapping
}

fn refused(region: &mut Region, new: &NewMapping) -> AwsError {
    region.create_event_source_mapping(new).unwrap_err()
}

fn changed(region: &mut Region, uuid: &str, change: &MappingChange) -> EventSourceMapping {
    let answer = region.update_event_source_mapping(uuid, change).unwrap();
    pass(region, 10 * SECOND);
    answer.mapping
}

fn all(region: &Region, source: Option<&str>, function: Option<&str>) -> Vec<String> {
    let page = region.list_event_source_mappings(source, function, None, None).unwrap();
    page.items.into_iter().map(|item| item.uuid).collect()
}

#[test]
fn every_write_passes_through_a_state_of_its_own() {
    let mut region = sources();
    let uuid = enabled(&mut region, STREAM, "fir-api");
    let mut seen = Vec::new();
    for change in [
        MappingChange::function("fir-api:live"),
        MappingChange::enabled(false),
        MappingChange::enabled(true),
    ] {
        let answer = region.update_event_source_mapping(&uuid, &change).unwrap().mapping;
        pass(&mut region, 9 * SECOND);
        assert_eq!(state(&region, &uuid), answer.state, "AWS-81: it takes a while");
        pass(&mut region, SECOND);
        seen.push((answer.state, state(&region, &uuid)));
        assert_eq!(answer.state_transition_reason.as_deref(), Some("User action"), "AWS-81");
    }
    assert_eq!(
        seen,
        [
            (MappingState::Updating, MappingState::Enabled),
            (MappingState::Disabling, MappingState::Disabled),
            (MappingState::Enabling, MappingState::Enabled),
        ],
        "AWS-81"
    );
    let deleted = region.delete_event_source_mapping(&uuid).unwrap().mapping;
    assert_eq!(
        (deleted.state, state(&region, &uuid)),
        (MappingState::Deleting, MappingState::Deleting)
    );
    pass(&mut region, 10 * SECOND);
    assert_eq!(
        region.get_event_source_mapping(&uuid).unwrap_err().code,
        "ResourceNotFoundException"
    );
}

#[test]
fn a_mapping_is_moved_in_place_and_keeps_its_identity_and_checkpoints() {
    let mut region = sources();
    let uuid = enabled(&mut region, STREAM, "fir-api");
    region
        .event_source_mappings
        .get_mut(&uuid)
        .unwrap()
        .checkpoints
        .insert("shard-0".into(), "17".into());
    let moved = changed(&mut region, &uuid, &MappingChange::function("fir-api:live"));
    assert_eq!(
        (moved.function_arn, moved.state),
        (format!("{FUNCTION}:live"), MappingState::Updating),
        "AWS-82"
    );
    assert_eq!(mapping(&region, &uuid).checkpoints["shard-0"], "17", "AWS-82");
    assert_eq!(all(&region, None, None), [uuid], "AWS-82");
}

#[test]
fn batches_reach_the_old_target_for_some_seconds_after_a_move() {
    let mut region = sources();
    let uuid = enabled(&mut region, QUEUE, "fir-api");
    changed(&mut region, &uuid, &MappingChange::function("fir-api:live"));
    let previous = mapping(&region, &uuid).previous.unwrap();
    assert_eq!(state(&region, &uuid), MappingState::Enabled);
    assert_eq!(
        (previous.function_arn.as_str(), previous.until),
        (FUNCTION, region.now + 10 * SECOND),
        "AWS-87"
    );
    pass(&mut region, 10 * SECOND);
    assert_eq!(mapping(&region, &uuid).previous, None, "AWS-87");
}

#[test]
fn a_disabled_mapping_is_moved_and_stays_disabled() {
    let mut region = sources();
    let uuid = enabled(&mut region, STREAM, "fir-api");
    changed(&mut region, &uuid, &MappingChange::enabled(false));
    let moved = changed(&mut region, &uuid, &MappingChange::function("fir-api:live"));
    assert_eq!(
        (moved.state, state(&region, &uuid)),
        (MappingState::Updating, MappingState::Disabled),
        "AWS-90"
    );
    assert_eq!(mapping(&region, &uuid).previous, None, "nothing was being read");
}

#[test]
fn an_update_leaves_alone_what_it_does_not_name_and_empty_members_clear() {
    let mut region = sources();
    let mut wanted = new(QUEUE, "fir-api");
    wanted.settings = MappingChange {
        batch_size: Some(5),
        filter_criteria: Some(vec![r#"{"body": ["x"]}"#.into()]),
        scaling_config: Some(ScalingConfig {
            maximum_concurrency: Some(7),
        }),
        ..wanted.settings
    };
    let uuid = region.create_event_source_mapping(&wanted).unwrap().uuid;
    pass(&mut region, 20 * SECOND);
    changed(&mut region, &uuid, &MappingChange::function("fir-api:live"));
    let kept = mapping(&region, &uuid);
    assert_eq!(
        (kept.batch_size, kept.filter_patterns.len(), kept.maximum_concurrency),
        (5, 1, Some(7)),
        "AWS-83"
    );
    let clear = MappingChange {
        filter_criteria: Some(Vec::new()),
        scaling_config: Some(ScalingConfig::default()),
        ..MappingChange::default()
    };
    changed(&mut region, &uuid, &clear);
    let cleared = mapping(&region, &uuid);
    assert_eq!(
        (cleared.batch_size, cleared.filter_patterns.len(), cleared.maximum_concurrency),
        (5, 0, None),
        "AWS-83"
    );
}

#[test]
fn the_function_is_echoed_with_the_qualifier_that_was_given() {
    let mut region = sources();
    for (given, echoed) in [
        ("fir-api", ""),
        ("fir-api:$LATEST", ":$LATEST"),
        ("fir-api:1", ":1"),
        ("arn:aws:lambda:eu-west-1:111122223333:function:fir-api:live", ":live"),
    ] {
        let answer = region.create_event_source_mapping(&new(QUEUE, given)).unwrap();
        assert_eq!(answer.mapping.function_arn, format!("{FUNCTION}{echoed}"), "AWS-84");
    }
}

#[test]
fn a_second_mapping_of_a_source_and_a_function_is_refused_and_names_the_first() {
    let mut region = sources();
    for (source, text) in [
        (STREAM, "provided mapping already exists"),
        (QUEUE, "An event source mapping with SQS arn"),
    ] {
        let uuid = enabled(&mut region, source, "fir-api:live");
        let error = refused(&mut region, &new(source, "fir-api:live"));
        assert_eq!((error.status, error.code.as_str()), (409, "ResourceConflictException"), "AWS-85");
        assert!(
            error.message.contains(text) && error.message.ends_with(&uuid),
            "AWS-85: {}",
            error.message
        );
        let other = enabled(&mut region, source, "fir-api");
        let error = region
            .update_event_source_mapping(&other, &MappingChange::function("fir-api:live"))
            .unwrap_err();
        assert_eq!(error.status, 409, "AWS-85: moving onto another mapping's place");
    }
}

#[test]
fn function_and_alias_may_both_be_mapped_unless_the_region_says_otherwise() {
    let mut region = sources();
    enabled(&mut region, STREAM, "fir-api");
    region.settings.mappings_unique_per_qualifier = false;
    assert_eq!(refused(&mut region, &new(STREAM, "fir-api:live")).status, 409, "AWS-85");
    region.settings.mappings_unique_per_qualifier = true;
    region.create_event_source_mapping(&new(STREAM, "fir-api:live")).unwrap();
    assert_eq!(all(&region, Some(STREAM), None).len(), 2, "AWS-85");
}

#[test]
fn one_cluster_is_mapped_once_for_each_topic() {
    let mut region = sources();
    let uuid = enabled(&mut region, CLUSTER, "fir-api");
    assert_eq!(mapping(&region, &uuid).consumer_group_id, Some(uuid), "AWS-99");
    let other = NewMapping {
        topics: vec!["orders".into()],
        ..new(CLUSTER, "fir-api")
    };
    region.create_event_source_mapping(&other).unwrap();
    assert_eq!(refused(&mut region, &other).status, 409, "AWS-99");
}

#[test]
fn nothing_is_written_while_a_mapping_is_in_use() {
    let mut region = sources();
    let uuid = region.create_event_source_mapping(&new(STREAM, "fir-api")).unwrap().uuid;
    let change = MappingChange::function("fir-api:live");
    let creating = region.update_event_source_mapping(&uuid, &change).unwrap_err();
    assert_eq!((creating.status, creating.code.as_str()), (400, "ResourceInUseException"), "AWS-86");
    pass(&mut region, 20 * SECOND);
    region.update_event_source_mapping(&uuid, &change).unwrap();
    let updating = region.delete_event_source_mapping(&uuid).unwrap_err();
    assert_eq!(
        updating.message, "Cannot delete the event source mapping because it is in use.",
        "AWS-86"
    );
    pass(&mut region, 10 * SECOND);
    region.delete_event_source_mapping(&uuid).unwrap();
    let deleting = region.update_event_source_mapping(&uuid, &change).unwrap_err();
    assert_eq!(
        deleting.message, "Cannot update the event source mapping because it is in use.",
        "AWS-86"
    );
}

#[test]
fn what_is_not_there_cannot_be_mapped() {
    let mut region = sources();
    let text = |error: AwsError| (error.code, error.message);
    let invalid = |text: &str| ("InvalidParameterValueException".to_owned(), text.to_owned());
    for function in ["nobody", "fir-api:nobody", "fir-api:9"] {
        let error = text(refused(&mut region, &new(STREAM, function)));
        assert_eq!(error, invalid("Function does not exist"), "AWS-91: {function}");
    }
    region.delete_stream(STREAM);
    region.queues.clear();
    let error = text(refused(&mut region, &new(STREAM, "fir-api")));
    assert_eq!(error, invalid(&format!("Stream not found: {STREAM}")), "AWS-91");
    let error = refused(&mut region, &new(QUEUE, "fir-api"));
    assert!(error.message.contains("AWS.SimpleQueueService.NonExistentQueue"), "AWS-91");
    let nowhere = NewMapping {
        starting_position: None,
        ..new(STREAM, "fir-api")
    };
    assert!(refused(&mut region, &nowhere).message.contains("startingPosition"), "AWS-91");
    let nothing = NewMapping {
        event_source_arn: None,
        ..new(STREAM, "fir-api")
    };
    assert_eq!(
        text(refused(&mut region, &nothing)),
        invalid("Unrecognized event source."),
        "AWS-91"
    );
}

#[test]
fn mappings_come_a_hundred_a_page_whatever_happens_between_the_pages() {
    let mut region = sources();
    for topic in 0..120 {
        let one = NewMapping {
            topics: vec![format!("topic-{topic}")],
            ..new(CLUSTER, "fir-api")
        };
        region.create_event_source_mapping(&one).unwrap();
    }
    let first = region.list_event_source_mappings(None, None, None, Some(10_000)).unwrap();
    let marker = first.next_marker.unwrap();
    assert_eq!(first.items.len(), 100, "AWS-95");
    region.event_source_mappings.remove(&marker);
    let second = region.list_event_source_mappings(None, None, Some(&marker), None).unwrap();
    assert_eq!((second.items.len(), second.next_marker), (19, None), "AWS-95");
}

#[test]
fn a_list_is_filtered_by_source_and_by_the_function_as_it_was_given() {
    let mut region = sources();
    let bare = enabled(&mut region, STREAM, "fir-api");
    let live = enabled(&mut region, STREAM, "fir-api:live");
    let queue = enabled(&mut region, QUEUE, "fir-api");
    assert_eq!(all(&region, None, None).len(), 3, "AWS-95");
    assert_eq!(all(&region, Some(QUEUE), None), [queue], "AWS-95");
    assert_eq!(all(&region, Some(STREAM), Some("fir-api")), [bare], "AWS-95");
    assert_eq!(all(&region, None, Some("fir-api:live")), [live], "AWS-95");
    assert!(all(&region, None, Some("nobody")).is_empty(), "AWS-95");
}

#[test]
fn a_self_managed_cluster_goes_by_its_brokers() {
    let mut region = sources();
    let access = SourceAccess {
        kind: "BASIC_AUTH".into(),
        uri: "arn:aws:secretsmanager:eu-west-1:111122223333:secret:kafka".into(),
    };
    let cluster = |servers: &[&str]| NewMapping {
        event_source_arn: None,
        kafka_bootstrap_servers: servers.iter().map(ToString::to_string).collect(),
        settings: MappingChange {
            source_access_configurations: Some(vec![access.clone()]),
            ..MappingChange::function("fir-api")
        },
        ..new(CLUSTER, "fir-api")
    };
    region.create_event_source_mapping(&cluster(&["kafka:1000"])).unwrap();
    assert_eq!(refused(&mut region, &cluster(&["kafka:1000", "kafka:2000"])).status, 409, "AWS-85");
    region.create_event_source_mapping(&cluster(&["kafka:3000"])).unwrap();
}
