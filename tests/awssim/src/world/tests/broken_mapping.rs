//! Mappings that cannot work: the execution role, and what Lambda does by itself (AWS-92 to AWS-94).

use super::super::event_source::{EventSourceMapping, MappingChange, MappingState, NewMapping, Role};
use super::super::queue::Queue;
use super::super::stream::Stream;
use super::super::{ConfigurationChange, Region, World};
use super::{MINUTE, SECOND, START, pass, publish, region};

const STREAM: &str = "arn:aws:kinesis:eu-west-1:111122223333:stream/clicks";
const QUEUE: &str = "arn:aws:sqs:eu-west-1:111122223333:orders";
const ROLE: &str = "arn:aws:iam::111122223333:role/function";

/// What is broken, how, and the reason that Lambda gives.
type Break = (&'static str, fn(&mut Region), &'static str);

fn sources() -> Region {
    let mut region = region();
    region.put_stream(STREAM, Stream::with_shards(1));
    region.queues.insert(QUEUE.into(), Queue::default());
    region
}

fn new(source: &str) -> NewMapping {
    NewMapping {
        event_source_arn: Some(source.into()),
        starting_position: (source == STREAM).then(|| "LATEST".into()),
        settings: MappingChange::function("fir-api:live"),
        ..NewMapping::default()
    }
}

/// A region with a mapping of that source which works.
fn working(source: &str) -> (Region, String) {
    let mut region = sources();
    let uuid = region.create_event_source_mapping(&new(source)).unwrap().uuid;
    pass(&mut region, 20 * SECOND);
    (region, uuid)
}

fn role(actions: &[&str], assumable: bool) -> Role {
    Role {
        assumable,
        actions: actions.iter().map(ToString::to_string).collect(),
    }
}

fn mapping(region: &Region, uuid: &str) -> EventSourceMapping {
    region.event_source_mappings[uuid].clone()
}

#[test]
fn a_role_that_lacks_an_action_or_lambdas_trust_is_refused_in_awss_words() {
    let mut region = sources();
    let cannot_read = format!(
        "Cannot access stream {STREAM}. Please ensure the role can perform the GetRecords, GetShardIterator, DescribeStream, and ListStreams Actions on your stream in IAM."
    );
    for (source, role, text) in [
        (
            QUEUE,
            role(&[], true),
            "The function execution role does not have permissions to call ReceiveMessage on SQS",
        ),
        (
            QUEUE,
            role(&["sqs:ReceiveMessage"], true),
            "The function execution role does not have permissions to call DeleteMessage on SQS",
        ),
        (STREAM, role(&["kinesis:GetRecords"], true), cannot_read.as_str()),
        (
            STREAM,
            role(&["*"], false),
            "The role defined for the function cannot be assumed by Lambda.",
        ),
    ] {
        region.roles.insert(ROLE.into(), role);
        let error = region.create_event_source_mapping(&new(source)).unwrap_err();
        assert_eq!(
            (error.code.as_str(), error.message.as_str()),
            ("InvalidParameterValueException", text),
            "AWS-92"
        );
    }
    region.roles.insert(ROLE.into(), role(&["kinesis:*"], true));
    region.create_event_source_mapping(&new(STREAM)).unwrap();
}

#[test]
fn the_role_that_counts_is_that_of_the_version_that_is_called() {
    let mut region = sources();
    region.roles.insert("bare".into(), Role::default());
    let change = ConfigurationChange {
        role: Some("bare".into()),
        ..ConfigurationChange::default()
    };
    region.update_function_configuration("fir-api", change, None).unwrap();
    pass(&mut region, MINUTE);
    region.create_event_source_mapping(&new(QUEUE)).unwrap();
    let on_latest = NewMapping {
        settings: MappingChange::function("fir-api"),
        ..new(QUEUE)
    };
    assert!(region.create_event_source_mapping(&on_latest).is_err(), "AWS-92");
    let version = publish(&mut region, "two");
    let uuid = region.event_source_mappings.keys().next().unwrap().clone();
    assert!(
        mapping(&region, &uuid).broken_since.is_none(),
        "AWS-92: version 1 has the other role"
    );
    super::move_live(&mut region, &version);
    pass(&mut region, SECOND);
    assert!(mapping(&region, &uuid).broken_since.is_some(), "AWS-92");
}

#[test]
fn lambda_disables_a_mapping_that_cannot_work_after_a_while() {
    let breaks: [Break; 4] = [
        (
            "the role",
            |region| drop(region.roles.insert(ROLE.into(), role(&[], true))),
            "EVENT_SOURCE_AUTHZ_ERROR",
        ),
        (
            "its trust",
            |region| drop(region.roles.insert(ROLE.into(), role(&["*"], false))),
            "EVENT_SOURCE_AUTHZ_ERROR",
        ),
        ("the source", |region| assert!(region.delete_stream(STREAM)), "ESM_CONFIG_NOT_VALID"),
        (
            "the function",
            |region| region.delete_function("fir-api", None).unwrap(),
            "FUNCTION_CONFIG_NOT_VALID",
        ),
    ];
    for (what, break_it, reason) in breaks {
        let (mut region, uuid) = working(STREAM);
        break_it(&mut region);
        pass(&mut region, 4 * SECOND);
        assert_eq!(
            mapping(&region, &uuid).last_processing_result.unwrap(),
            "No records processed",
            "AWS-93: {what}"
        );
        pass(&mut region, SECOND);
        let broken = mapping(&region, &uuid);
        assert_eq!(broken.state, MappingState::Enabled, "AWS-94: it outlives {what}");
        assert!(broken.last_processing_result.unwrap().starts_with("PROBLEM: "), "AWS-93: {what}");
        pass(&mut region, 10 * MINUTE - 6 * SECOND);
        assert_eq!(mapping(&region, &uuid).state, MappingState::Enabled, "AWS-94: {what}");
        pass(&mut region, SECOND);
        let disabled = mapping(&region, &uuid);
        assert_eq!(
            (disabled.state, disabled.state_transition_reason.as_deref()),
            (MappingState::Disabled, Some(reason)),
            "AWS-94: {what}"
        );
    }
}

#[test]
fn a_mapping_that_works_again_in_time_goes_on() {
    let (mut region, uuid) = working(QUEUE);
    region.roles.insert(ROLE.into(), role(&[], true));
    pass(&mut region, 5 * MINUTE);
    region.roles.clear();
    pass(&mut region, 30 * MINUTE);
    assert_eq!(mapping(&region, &uuid).state, MappingState::Enabled, "AWS-94");
    assert_eq!(mapping(&region, &uuid).broken_since, None);
}

#[test]
fn a_mapping_that_lambda_disabled_is_enabled_by_a_person() {
    let (mut region, uuid) = working(STREAM);
    region.disable_event_source_mapping(&uuid, "EVENT_SOURCE_AUTHZ_ERROR");
    pass(&mut region, MINUTE);
    assert_eq!(mapping(&region, &uuid).state, MappingState::Disabled, "AWS-94");
    region.update_event_source_mapping(&uuid, &MappingChange::enabled(true)).unwrap();
    pass(&mut region, 10 * SECOND);
    let again = mapping(&region, &uuid);
    assert_eq!(
        (again.state, again.state_transition_reason.as_deref()),
        (MappingState::Enabled, Some("User action"))
    );
}

#[test]
fn time_in_many_steps_breaks_a_mapping_at_the_same_moment() {
    let (mut often, _) = working(STREAM);
    often.delete_stream(STREAM);
    let mut once = often.clone();
    pass(&mut once, 20 * MINUTE);
    (0..20 * 60).for_each(|_| pass(&mut often, SECOND));
    assert_eq!(once, often);
}

const FILE: &str = r#"
regions:
- account: "111122223333"
  region: eu-west-1
  functions:
    fir-api: {aliases: {live: {functionVersion: "40"}}, versions: {40: {}}}
  streams:
    "arn:aws:kinesis:eu-west-1:111122223333:stream/clicks": {shardCount: 2}
  roles:
    "arn:aws:iam::111122223333:role/function": {actions: ["kinesis:*"]}
  eventSourceMappings:
    11111111-2222-4333-8444-555555555555:
      eventSourceArn: arn:aws:kinesis:eu-west-1:111122223333:stream/clicks
      functionArn: fir-api:live
    21111111-2222-4333-8444-555555555555:
      eventSourceArn: arn:aws:kinesis:eu-west-1:111122223333:stream/gone
      functionArn: fir-api
      state: Disabled
    31111111-2222-4333-8444-555555555555:
      eventSourceArn: arn:aws:sqs:eu-west-1:111122223333:gone
      functionArn: fir-api
"#;

#[test]
fn a_person_writes_mappings_into_a_world_with_what_matters_only() {
    let mut world: World = serde_saphyr::from_str(FILE).unwrap();
    let region = world.region("111122223333", "eu-west-1", START);
    let live = mapping(region, "11111111-2222-4333-8444-555555555555");
    assert_eq!(live.function_arn, "arn:aws:lambda:eu-west-1:111122223333:function:fir-api:live");
    assert_eq!((live.state, live.batch_size, live.broken_since), (MappingState::Enabled, 100, None));
    assert!(mapping(region, "21111111-2222-4333-8444-555555555555").disabled);
    let broken = mapping(region, "31111111-2222-4333-8444-555555555555");
    assert_eq!((broken.state, broken.broken_since), (MappingState::Enabled, Some(START)));
    let text = serde_saphyr::to_string(&world).unwrap();
    assert_eq!(serde_saphyr::from_str::<World>(&text).unwrap(), world);
}
