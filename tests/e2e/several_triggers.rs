//! One endpoint with triggers of every kind, and several hands on one list of triggers.

use std::time::Duration;

use awssim::sim::Sim;
use awssim::world::stream::NewRecord;
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use warmlambda::api::TriggerKind;

use crate::harness::aws::{ACCOUNT, API, REGION, STAGE};
use crate::harness::endpoint::{Told, manifest};
use crate::harness::http_api::{FUNCTION_ARN, HTTP_API, POST, sharing};
use crate::harness::records::{ALIAS_ARN, MAPPING, STREAM};
use crate::harness::scenario::{NAME, Scenario};
use crate::harness::traffic::Traffic;
use crate::harness::waiting::until;

fn rest() -> Value {
    json!({ "name": "public", "restApi": { "apiId": API, "stageName": STAGE } })
}

fn http() -> Value {
    json!({ "name": "edge", "httpApi": { "apiId": HTTP_API } })
}

fn stream() -> Value {
    json!({ "name": "orders", "eventSource": { "arn": STREAM } })
}

/// An operator, and a REST API, an HTTP API and a stream that all call the function without a qualifier.
async fn unqualified() -> Scenario {
    let mut scenario = Scenario::without_operator().await;
    scenario.aws.has_http_api(sharing(FUNCTION_ARN));
    scenario.aws.make_stream(STREAM);
    scenario.aws.map(MAPPING, STREAM, FUNCTION_ARN, |_| ());
    scenario.start_operator();
    scenario
}

/// Writes a record to each shard again and again, until it is aborted.
fn write_on(sim: &Sim) -> JoinHandle<()> {
    let sim = sim.clone();
    tokio::spawn(async move {
        let mut ticks = tokio::time::interval(Duration::from_millis(250));
        loop {
            ticks.tick().await;
            let records = (0..4).map(|shard| NewRecord {
                shard: Some(format!("shardId-{shard:012}")),
                ..NewRecord::default()
            });
            sim.with_region(ACCOUNT, REGION, |region, _| region.put_records(STREAM, records.collect()))
                .expect("the stream is there");
        }
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn triggers_of_three_kinds_become_ready_and_a_new_version_goes_out_with_no_failed_request() {
    let scenario = unqualified().await;
    let (gets, posts) = (
        Traffic::start(scenario.aws.sim(), 5),
        Traffic::start_at(scenario.aws.sim(), POST, 5),
    );
    let records = write_on(scenario.aws.sim());
    scenario.apply(&json!({ "provisionedConcurrency": 8, "triggers": [rest(), http(), stream()] }));
    let status = scenario.until_ready().await.told();
    let named: Vec<_> = status.triggers.iter().map(|t| (t.name.as_str(), t.kind, t.qualified)).collect();
    assert_eq!(
        named,
        [
            ("public", TriggerKind::RestApi, true),
            ("edge", TriggerKind::HttpApi, true),
            ("orders", TriggerKind::EventSource, true)
        ]
    );
    assert_eq!(status.triggers[2].uuid.as_deref(), Some(MAPPING));
    assert_eq!(status.triggers_ready.as_deref(), Some("3/3"));
    assert_eq!(scenario.endpoint().await.condition("RoutedToAlias"), "True Qualified");

    let mark = scenario.aws.mark();
    scenario.aws.upload("reviews 41, duration: 200ms");
    scenario
        .until_endpoint("Ready on version 41", |found| {
            found.is_ready() && found.told().function_version.as_deref() == Some("41")
        })
        .await;
    assert_eq!(
        scenario.aws.written_since(mark),
        ["PublishVersion", "UpdateAlias"],
        "callers stay where they are"
    );
    records.abort();
    for traffic in [gets, posts] {
        let answers = traffic.stop().await;
        assert!(answers.failed().is_empty(), "{:?}", answers.failed());
        assert!(answers.versions().contains("41"), "{:?} of {}", answers.versions(), answers.count());
    }
    let written: usize = scenario
        .aws
        .region(|region| region.streams[STREAM].shards.values().map(|shard| shard.records.len()).sum());
    let consumed = scenario
        .until_aws("every record to be processed", |aws| {
            Some(aws.consumed()).filter(|consumed| consumed.records() >= written)
        })
        .await;
    assert!(consumed.out_of_order().is_empty(), "{:?}", consumed.out_of_order());
    let now = scenario.aws.region_at(|_, now| now);
    assert!(consumed.called_from(now - 60_000).contains(ALIAS_ARN));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_managers_apply_a_trigger_each_and_neither_takes_the_others_away() {
    let scenario = unqualified().await;
    let applied_by = |manager: &str, triggers: Value| {
        let manifest = manifest(NAME, &json!({ "triggers": triggers })).to_string();
        let done = scenario
            .kubectl
            .run(&["apply", "--server-side", "--field-manager", manager, "-f", "-"], &manifest);
        assert!(done.success, "{}{}", done.out, done.err);
    };
    applied_by("team-api", json!([rest()]));
    applied_by("team-data", json!([stream()]));
    let names = |found: &warmlambda::api::WarmLambdaEndpoint| -> Vec<String> {
        let mut names: Vec<_> = found.told().triggers.into_iter().map(|t| t.name).collect();
        names.sort();
        names
    };
    let both = scenario.until_ready().await;
    assert_eq!(names(&both), ["orders", "public"]);
    // Applying anew without it takes a manager's own trigger out, and no other.
    applied_by("team-data", json!([]));
    let left = scenario
        .until_endpoint("Ready with one trigger", |found| found.is_ready() && names(found).len() == 1)
        .await;
    assert_eq!(names(&left), ["public"]);
    let mapping = scenario.aws.mapping(MAPPING).expect("it is there");
    assert_eq!(
        mapping.function_arn, ALIAS_ARN,
        "a mapping that nobody asks for any more stays as it is"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_two_endpoints_on_one_function_ask_for_stays_with_the_older() {
    let scenario = unqualified().await;
    let triggers = json!([rest(), http(), stream()]);
    scenario.apply(&json!({ "triggers": triggers }));
    scenario.until_ready().await;
    let mark = scenario.aws.mark();
    // Creation times have whole seconds; the uid decides between two of one second.
    let elder = scenario.endpoint().await.metadata.creation_timestamp.expect("a creation time").0;
    until("the next second", async || {
        let now = k8s_openapi::jiff::Timestamp::now().as_second();
        if now > elder.as_second() { Ok(()) } else { Err(now.to_string()) }
    })
    .await;
    scenario.apply_named(
        "blue",
        &json!({ "aliasName": "blue", "provisionedConcurrency": 0, "triggers": triggers }),
    );
    let blue = scenario
        .until_named("blue", "Stalled TriggerClaimed", |found| {
            found.condition("Stalled") == "True TriggerClaimed"
        })
        .await;
    assert!(
        blue.message("Stalled").contains(&format!("{}/{NAME}", scenario.namespace)),
        "{}",
        blue.message("Stalled")
    );
    for _ in 0..3 {
        scenario.until_checked_again().await;
    }
    assert!(scenario.endpoint().await.is_ready());
    let on_callers = ["UpdateIntegration", "CreateDeployment", "UpdateEventSourceMapping", "UpdateRoute"];
    let mut written = scenario.aws.written_since(mark);
    written.retain(|operation| on_callers.contains(&operation.as_str()));
    assert_eq!(written, Vec::<String>::new(), "nothing goes back and forth");
}
