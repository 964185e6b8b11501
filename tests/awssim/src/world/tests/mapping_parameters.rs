//! Which parameters event source mappings take (AWS-96).

use super::super::Region;
use super::super::event_source::{DestinationConfig, MappingChange, NewMapping, ProvisionedPollerConfig, ScalingConfig};
use super::super::queue::Queue;
use super::super::stream::Stream;
use super::region;

const STREAM: &str = "arn:aws:dynamodb:eu-west-1:111122223333:table/reviews/stream/2026-01-01T00:00:00.000";
const QUEUE: &str = "arn:aws:sqs:eu-west-1:111122223333:orders";
const FIFO: &str = "arn:aws:sqs:eu-west-1:111122223333:orders.fifo";
const CLUSTER: &str = "arn:aws:kafka:eu-west-1:111122223333:cluster/events/1";

/// A source, a setting that is wrong for it, and what the refusal says.
type Wrong = (&'static str, fn(&mut MappingChange), &'static str);

fn sources() -> Region {
    let mut region = region();
    region.put_stream(STREAM, Stream::with_shards(1));
    for queue in [QUEUE, FIFO] {
        region.queues.insert(queue.into(), Queue::default());
    }
    region
}

fn new(source: &str, set: impl Fn(&mut MappingChange)) -> NewMapping {
    let mut settings = MappingChange::function("fir-api");
    set(&mut settings);
    let is_queue = source == QUEUE || source == FIFO;
    NewMapping {
        event_source_arn: Some(source.into()),
        starting_position: (!is_queue).then(|| "TRIM_HORIZON".into()),
        topics: if source == CLUSTER { vec!["reviews".into()] } else { Vec::new() },
        settings,
        ..NewMapping::default()
    }
}

/// Each is refused on creation, and the same change is refused on a mapping that is there.
fn all_are_refused(wrong: &[Wrong]) {
    for (source, set, text) in wrong {
        let mut region = sources();
        let error = region.create_event_source_mapping(&new(source, set)).unwrap_err();
        assert_eq!(error.status, 400);
        assert!(error.message.contains(text), "AWS-96: {text} is not in {}", error.message);
        let uuid = region.create_event_source_mapping(&new(source, |_| ())).unwrap().uuid;
        super::pass(&mut region, super::MINUTE);
        let change = new(source, set).settings;
        let same = region.update_event_source_mapping(&uuid, &change).unwrap_err();
        assert_eq!(same, error, "AWS-96");
    }
}

fn most(number: i64) -> Option<ScalingConfig> {
    Some(ScalingConfig {
        maximum_concurrency: Some(number),
    })
}

fn pollers(minimum: i64, maximum: i64) -> Option<ProvisionedPollerConfig> {
    Some(ProvisionedPollerConfig {
        minimum_pollers: Some(minimum),
        maximum_pollers: Some(maximum),
        ..ProvisionedPollerConfig::default()
    })
}

fn on_success() -> Option<DestinationConfig> {
    Some(DestinationConfig {
        on_success: Some(QUEUE.into()),
        on_failure: None,
    })
}

fn on_failure() -> Option<DestinationConfig> {
    Some(DestinationConfig {
        on_success: None,
        on_failure: Some(QUEUE.into()),
    })
}

#[test]
fn parameters_have_bounds() {
    all_are_refused(&[
        (
            STREAM,
            |set| set.batch_size = Some(10_001),
            "at 'batchSize' failed to satisfy constraint",
        ),
        (STREAM, |set| set.batch_size = Some(0), "at 'batchSize'"),
        (
            STREAM,
            |set| set.maximum_batching_window_in_seconds = Some(301),
            "at 'maximumBatchingWindowInSeconds'",
        ),
        (STREAM, |set| set.parallelization_factor = Some(11), "at 'parallelizationFactor'"),
        (STREAM, |set| set.maximum_retry_attempts = Some(10_001), "at 'maximumRetryAttempts'"),
        (
            STREAM,
            |set| set.maximum_record_age_in_seconds = Some(59),
            "at 'maximumRecordAgeInSeconds'",
        ),
        (
            STREAM,
            |set| set.maximum_record_age_in_seconds = Some(604_801),
            "at 'maximumRecordAgeInSeconds'",
        ),
        (
            STREAM,
            |set| set.tumbling_window_in_seconds = Some(901),
            "at 'tumblingWindowInSeconds'",
        ),
        (
            STREAM,
            |set| set.function_response_types = Some(vec!["x".into()]),
            "at 'functionResponseTypes'",
        ),
        (QUEUE, |set| set.scaling_config = most(1), "at 'scalingConfig.maximumConcurrency'"),
        (
            QUEUE,
            |set| set.scaling_config = most(1001),
            "at 'scalingConfig.maximumConcurrency'",
        ),
        (
            CLUSTER,
            |set| set.provisioned_poller_config = pollers(1, 2001),
            "at 'provisionedPollerConfig.maximumPollers'",
        ),
    ]);
}

#[test]
fn the_bounds_themselves_are_taken() {
    let mut region = sources();
    let stream = new(STREAM, |set| {
        set.batch_size = Some(10_000);
        set.maximum_batching_window_in_seconds = Some(300);
        set.parallelization_factor = Some(10);
        set.maximum_retry_attempts = Some(-1);
        set.maximum_record_age_in_seconds = Some(60);
        set.tumbling_window_in_seconds = Some(900);
    });
    region.create_event_source_mapping(&stream).unwrap();
    region
        .create_event_source_mapping(&new(QUEUE, |set| set.scaling_config = most(2)))
        .unwrap();
    let cluster = new(CLUSTER, |set| set.provisioned_poller_config = pollers(1, 1));
    region.create_event_source_mapping(&cluster).unwrap();
}

#[test]
fn parameters_go_with_some_sources_and_not_with_others() {
    all_are_refused(&[
        (QUEUE, |set| set.parallelization_factor = Some(2), "'parallelizationFactor'"),
        (QUEUE, |set| set.maximum_retry_attempts = Some(2), "'maximumRetryAttempts'"),
        (STREAM, |set| set.scaling_config = most(5), "'scalingConfig'"),
        (
            STREAM,
            |set| set.provisioned_poller_config = pollers(1, 2),
            "'provisionedPollerConfig'",
        ),
        (STREAM, |set| set.destination_config = on_success(), "Unsupported DestinationConfig"),
        (QUEUE, |set| set.destination_config = on_failure(), "Unsupported DestinationConfig"),
        (
            QUEUE,
            |set| set.batch_size = Some(11),
            "Maximum batch window in seconds must be greater than 0",
        ),
        (FIFO, |set| set.batch_size = Some(11), "FIFO"),
        (FIFO, |set| set.maximum_batching_window_in_seconds = Some(1), "FIFO"),
        (
            QUEUE,
            |set| set.provisioned_poller_config = pollers(1, 5),
            "ProvisionedPollerConfig",
        ),
        (
            CLUSTER,
            |set| set.provisioned_poller_config = pollers(3, 2),
            "ProvisionedPollerConfig",
        ),
        (
            STREAM,
            |set| set.filter_criteria = Some(vec!["x".into()]),
            "Invalid filter pattern definition.",
        ),
        (
            QUEUE,
            |set| (set.scaling_config, set.provisioned_poller_config) = (most(5), pollers(2, 2)),
            "at the same time",
        ),
    ]);
}
