use serde_json::{Value, json};

use super::*;
use crate::sim::{Clock, Filter};
use crate::world::World;

fn sim() -> Sim {
    Sim::new(World::default(), Clock::manual(0))
}

fn call(sim: &Sim, method: &str, target: &str, body: &str) -> (u16, Value) {
    let response = answer(sim, &Request::new(method, target, body));
    (response.status, serde_json::from_slice(&response.body).unwrap_or_default())
}

#[test]
fn a_world_is_put_in_yaml_and_read_in_json_and_yaml() {
    let sim = sim();
    let world = "regions:\n- account: '111122223333'\n  region: eu-west-1\n  scalableTargets:\n    function:fir-api:live: {minCapacity: 1, maxCapacity: 4}\n";
    assert_eq!(call(&sim, "PUT", "/_sim/world", world).0, 204);
    let (_, read) = call(&sim, "GET", "/_sim/world", "");
    assert_eq!(read["regions"][0]["scalableTargets"]["function:fir-api:live"]["maxCapacity"], 4);
    let yaml = answer(&sim, &Request::new("GET", "/_sim/world", "").with("accept", "application/yaml"));
    let before = sim.world();
    let text = String::from_utf8(yaml.body).unwrap();
    assert_eq!(call(&sim, "PUT", "/_sim/world", &text).0, 204, "{text}");
    assert_eq!(sim.world(), before);
}

#[test]
fn a_dump_with_metrics_is_read_back_from_json_and_yaml() {
    let sim = sim();
    sim.with_region("111122223333", "eu-west-1", |region, now| {
        region
            .metrics
            .record(now, "AWS/Lambda", "Invocations", &[("FunctionName", "f")], 1.5)
    });
    let before = sim.world();
    for kind in ["application/json", "application/yaml"] {
        let dump = answer(&sim, &Request::new("GET", "/_sim/world", "").with("accept", kind));
        sim.set_world(World::default());
        let put = answer(&sim, &Request::new("PUT", "/_sim/world", dump.body).with("content-type", kind));
        assert_eq!(
            (put.status, sim.world() == before),
            (204, true),
            "{kind}: {}",
            String::from_utf8_lossy(&put.body)
        );
    }
}

#[test]
fn a_wrong_world_is_refused_with_field_and_line_and_changes_nothing() {
    let sim = sim();
    let before = sim.world();
    let (status, body) = call(&sim, "PUT", "/_sim/world", "regions:\n- account: '1'\n  regoin: eu-west-1\n");
    let error = body["error"].as_str().unwrap();
    assert_eq!(status, 400);
    assert!(error.contains("regoin") && error.contains("line 3"), "{error}");
    assert_eq!(sim.world(), before);
}

#[test]
fn the_clock_is_advanced_set_and_scaled() {
    let sim = sim();
    assert_eq!(call(&sim, "POST", "/_sim/clock", r#"{"advanceSeconds": 1.5}"#).1["nowMillis"], 1500);
    assert_eq!(
        call(&sim, "POST", "/_sim/clock", r#"{"set": "1970-01-01T00:01:00Z"}"#).1["now"],
        "1970-01-01T00:01:00Z"
    );
    assert_eq!(call(&sim, "POST", "/_sim/clock", r#"{"set": 1}"#).0, 400);
    assert_eq!(call(&sim, "POST", "/_sim/clock", r#"{"scale": 20}"#).1["mode"], "scaled");
    assert_eq!(call(&sim, "GET", "/_sim/clock", "").1["scale"], 20.0);
    assert_eq!(call(&sim, "POST", "/_sim/clock", r#"{"advanceSeconds": -1}"#).0, 400);
}

#[test]
fn faults_are_added_listed_and_removed() {
    let sim = sim();
    let rule = "match: {operation: UpdateAlias}\nskip: 1\nfault: {kind: Fail, status: 403, code: AccessDeniedException}";
    assert_eq!(call(&sim, "POST", "/_sim/faults", rule), (200, json!({ "id": 1 })));
    assert_eq!(
        call(&sim, "POST", "/_sim/faults", "fault: {kind: LoseAnswer, how: Close}").1["id"],
        2
    );
    let (_, list) = call(&sim, "GET", "/_sim/faults", "");
    assert_eq!(
        (list[0]["fault"]["kind"].as_str(), list[1]["hits"].as_u64()),
        (Some("Fail"), Some(0))
    );
    assert_eq!(call(&sim, "DELETE", "/_sim/faults/1", "").0, 204);
    assert_eq!(call(&sim, "DELETE", "/_sim/faults/1", "").0, 404);
    assert_eq!(call(&sim, "DELETE", "/_sim/faults", "").0, 204);
    assert!(sim.faults().is_empty());
}

#[tokio::test]
async fn the_ledger_is_filtered_and_cleared() {
    let sim = sim();
    for _ in 0..3 {
        sim.handle(Request::new("GET", "/nowhere", "")).await;
    }
    assert_eq!(call(&sim, "GET", "/_sim/ledger?since=1&limit=1", "").1["entries"][0]["sequence"], 3);
    assert_eq!(call(&sim, "GET", "/_sim/ledger?write=true", "").1["entries"], json!([]));
    assert_eq!(call(&sim, "GET", "/_sim/ledger?write=maybe", "").0, 400);
    assert_eq!(call(&sim, "GET", "/_sim/ledger?operations=x", "").0, 400);
    assert_eq!(call(&sim, "DELETE", "/_sim/ledger", "").0, 204);
    assert!(sim.ledger(&Filter::default()).is_empty());
}

#[test]
fn quotas_are_scaled_and_switched_off() {
    let sim = sim();
    assert_eq!(call(&sim, "PUT", "/_sim/quotas", "scale: 0.1").1["scale"], 0.1);
    assert_eq!(call(&sim, "PUT", "/_sim/quotas", "enabled: false").1["enabled"], false);
    assert_eq!(call(&sim, "PUT", "/_sim/quotas", "scale: 0").0, 400);
}

#[test]
fn a_wrong_path_lists_what_there_is() {
    let (status, body) = call(&sim(), "GET", "/_sim/wrold", "");
    assert!(status == 404 && body["error"].as_str().unwrap().contains("GET /_sim/world"));
    assert_eq!(call(&sim(), "PATCH", "/_sim/world", "").0, 405);
    assert_eq!(call(&sim(), "GET", "/_sim/health", "").1["status"], "ok");
}

const CHAIN: &str = r#"
regions:
- account: "111122223333"
  region: eu-west-1
  functions:
    fir-api:
      versions: {40: {code: {text: "v40"}}}
      aliases: {live: {functionVersion: "40"}}
      provisionedConcurrency: {live: {requested: 1}}
      policies:
        live: {statements: [{sid: api, sourceArn: "arn:aws:execute-api:eu-west-1:111122223333:a1b2c3/*/*"}]}
  restApis:
    a1b2c3:
      name: reviews
      resources:
        /reviews:
          methods:
            GET:
              integration:
                type: AWS_PROXY
                httpMethod: POST
                uri: arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-west-1:111122223333:function:fir-api:live/invocations
      stages: {prod: {}}
"#;

fn chain() -> Sim {
    let sim = sim();
    assert_eq!(call(&sim, "PUT", "/_sim/world", CHAIN), (204, Value::Null));
    sim
}

fn user(sim: &Sim, path: &str) -> (u16, Option<String>, Option<String>) {
    let response = answer(
        sim,
        &Request::new("GET", &format!("/_sim/traffic/111122223333/eu-west-1/{path}"), ""),
    );
    (
        response.status,
        response.header("x-awssim-version").map(Into::into),
        response.header("x-awssim-warm").map(Into::into),
    )
}

#[test]
fn a_user_is_served_through_a_stage_by_a_warm_version() {
    let sim = chain();
    assert_eq!(user(&sim, "a1b2c3/prod/reviews"), (200, Some("40".into()), Some("true".into())));
    assert_eq!(user(&sim, "a1b2c3/prod/nothing").0, 403);
    assert_eq!(user(&sim, "a1b2c3/test/reviews").0, 403);
    assert_eq!(sim.last_sequence(), 0, "traffic is no request to AWS");
}

#[test]
fn a_user_gets_500_and_a_person_the_reason_when_the_permission_is_missing() {
    let sim = chain();
    sim.with_region("111122223333", "eu-west-1", |region, _| {
        region.functions.get_mut("fir-api").unwrap().policies.clear()
    });
    let response = answer(
        &sim,
        &Request::new("GET", "/_sim/traffic/111122223333/eu-west-1/a1b2c3/prod/reviews", ""),
    );
    assert_eq!(
        (response.status, response.body.as_slice()),
        (500, br#"{"message": "Internal server error"}"#.as_slice())
    );
    assert!(response.header("x-awssim-reason").is_some());
}

#[test]
fn an_invocation_answers_as_lambda_does() {
    let sim = chain();
    let invoke = |qualifier: &str| {
        let body = format!("region: eu-west-1\nfunction: fir-api\nqualifier: {qualifier}\npayload: {{n: 1}}");
        answer(&sim, &Request::new("POST", "/_sim/invoke", body))
    };
    let served = invoke("live");
    assert_eq!(
        (served.status, served.header("x-awssim-version"), served.header("x-awssim-warm")),
        (200, Some("40"), Some("true"))
    );
    assert_eq!(serde_json::from_slice::<Value>(&served.body).unwrap()["event"], json!({ "n": 1 }));
    assert_eq!(invoke("missing").error_code().as_deref(), Some("ResourceNotFoundException"));
}

#[test]
fn the_world_in_the_documentation_serves_its_users() {
    let (_, rest) = include_str!("../../../../docs/awssim.md").split_once("```yaml\n").unwrap();
    let (world, _) = rest.split_once("```").unwrap();
    let sim = Sim::new(world_of(world).unwrap(), Clock::manual(0));
    assert_eq!(user(&sim, "a1b2c3d4e5/prod/reviews"), (200, Some("40".into()), Some("true".into())));
    sim.advance(std::time::Duration::from_secs(1));
    assert_eq!(
        user(&sim, "h1i2j3k4l5/$default/reviews"),
        (200, Some("40".into()), Some("true".into()))
    );
    assert_eq!(user(&sim, "h1i2j3k4l5/%24default/any/thing").0, 200);
    assert_eq!(user(&sim, "h1i2j3k4l5/prod/reviews").0, 404);
}

const STREAM: &str = "arn:aws:dynamodb:eu-west-1:111122223333:table/orders/stream/2026-01-01T00:00:00.000";
const QUEUE: &str = "arn:aws:sqs:eu-west-1:111122223333:orders";

const CONSUMERS: &str = r#"
regions:
- account: "111122223333"
  region: eu-west-1
  functions:
    fir-api:
      versions: {40: {code: {text: "v40"}}}
      aliases: {live: {functionVersion: "40"}}
  streams:
    arn:aws:dynamodb:eu-west-1:111122223333:table/orders/stream/2026-01-01T00:00:00.000: {shardCount: 2}
  queues:
    arn:aws:sqs:eu-west-1:111122223333:orders:
      visibilityTimeoutMs: 60000
      redrive: {deadLetterTargetArn: "arn:aws:sqs:eu-west-1:111122223333:dead", maxReceiveCount: 3}
    arn:aws:sqs:eu-west-1:111122223333:dead: {}
  eventSourceMappings:
    0a1b2c3d-0000-4000-8000-000000000001:
      eventSourceArn: arn:aws:dynamodb:eu-west-1:111122223333:table/orders/stream/2026-01-01T00:00:00.000
      functionArn: fir-api
    0a1b2c3d-0000-4000-8000-000000000002:
      eventSourceArn: arn:aws:sqs:eu-west-1:111122223333:orders
      functionArn: fir-api:live
"#;

fn consumers() -> Sim {
    let sim = sim();
    assert_eq!(call(&sim, "PUT", "/_sim/world", CONSUMERS), (204, Value::Null));
    call(&sim, "POST", "/_sim/clock", r#"{"advanceSeconds": 60}"#);
    sim
}

#[test]
fn records_and_messages_are_written_and_their_deliveries_read() {
    let sim = consumers();
    let records = json!({ "arn": STREAM, "records": [{ "key": "a", "data": "{}" }, { "shard": "shardId-000000000001", "data": "x" }] });
    let (_, written) = call(&sim, "POST", "/_sim/streams/records", &records.to_string());
    assert_eq!(written["records"][1], json!({ "shard": "shardId-000000000001", "sequence": 2 }));
    let messages = json!({ "arn": QUEUE, "messages": ["one", "two"] });
    assert_eq!(
        call(&sim, "POST", "/_sim/queues/messages", &messages.to_string()),
        (200, json!({ "ids": [1, 2] }))
    );
    call(&sim, "POST", "/_sim/clock", r#"{"advanceSeconds": 5}"#);
    let (_, all) = call(&sim, "GET", "/_sim/deliveries?region=eu-west-1", "");
    assert_eq!((all["deliveries"].as_array().unwrap().len(), &all["last"]), (4, &json!(4)));
    let (_, queued) = call(
        &sim,
        "GET",
        &format!("/_sim/deliveries?region=eu-west-1&since=1&limit=1&source={QUEUE}"),
        "",
    );
    let delivery = &queued["deliveries"][0];
    assert_eq!(delivery["target"], "arn:aws:lambda:eu-west-1:111122223333:function:fir-api:live");
    assert_eq!(
        (&delivery["version"], &delivery["outcome"], &delivery["sequence"]),
        (&json!("40"), &json!("Processed"), &json!(2))
    );
    assert_eq!(call(&sim, "GET", "/_sim/deliveries", "").0, 400);
    assert_eq!(call(&sim, "GET", "/_sim/deliveries?region=eu-west-1&colour=red", "").0, 400);
    assert_eq!(sim.last_sequence(), 0, "what is written here is no request to AWS");
}

#[test]
fn streams_and_queues_are_made_looked_at_and_deleted() {
    let sim = sim();
    let stream = "arn:aws:kinesis:eu-west-1:111122223333:stream/clicks";
    let (_, made) = call(
        &sim,
        "POST",
        "/_sim/streams",
        &json!({ "arn": stream, "shardCount": 3 }).to_string(),
    );
    assert_eq!(made["shards"].as_array().unwrap().len(), 3);
    call(
        &sim,
        "POST",
        "/_sim/streams/records",
        &json!({ "arn": stream, "records": [{}] }).to_string(),
    );
    assert_eq!(call(&sim, "GET", &format!("/_sim/streams?arn={stream}"), "").1["lastSequence"], 1);
    let unknown = json!({ "arn": stream, "records": [{ "shard": "shardId-9" }] });
    assert_eq!(call(&sim, "POST", "/_sim/streams/records", &unknown.to_string()).0, 404);
    assert_eq!(call(&sim, "DELETE", &format!("/_sim/streams?arn={stream}"), "").0, 204);
    assert_eq!(call(&sim, "DELETE", &format!("/_sim/streams?arn={stream}"), "").0, 404);
    assert_eq!(call(&sim, "POST", "/_sim/streams", &json!({ "arn": QUEUE }).to_string()).0, 400);
    let queue = json!({ "arn": QUEUE, "visibilityTimeoutMs": 5000, "redrive": { "deadLetterTargetArn": "d", "maxReceiveCount": 2 } });
    assert_eq!(call(&sim, "POST", "/_sim/queues", &queue.to_string()).0, 204);
    call(
        &sim,
        "POST",
        "/_sim/queues/messages",
        &json!({ "arn": QUEUE, "messages": ["hello"] }).to_string(),
    );
    let (_, shown) = call(&sim, "GET", &format!("/_sim/queues?arn={QUEUE}"), "");
    assert_eq!(
        (&shown["messages"][0]["body"], &shown["redrive"]["maxReceiveCount"]),
        (&json!("hello"), &json!(2))
    );
    assert_eq!(call(&sim, "DELETE", &format!("/_sim/queues?arn={QUEUE}"), "").0, 204);
    assert_eq!(call(&sim, "GET", &format!("/_sim/queues?arn={QUEUE}"), "").0, 404);
    assert_eq!(
        call(&sim, "POST", "/_sim/streams/records", r#"{"arn": "b1:9092", "records": []}"#).0,
        400,
        "no region"
    );
    assert_eq!(call(&sim, "PUT", "/_sim/queues", "").0, 405);
}

#[test]
fn a_dump_of_a_world_that_consumes_goes_on_where_it_was() {
    let sim = consumers();
    let records: Vec<_> = (0..300).map(|number| json!({ "key": number.to_string() })).collect();
    call(
        &sim,
        "POST",
        "/_sim/streams/records",
        &json!({ "arn": STREAM, "records": records }).to_string(),
    );
    call(&sim, "POST", "/_sim/clock", r#"{"advanceSeconds": 1.2}"#);
    let halfway = call(&sim, "GET", "/_sim/deliveries?region=eu-west-1", "").1["last"]
        .as_u64()
        .unwrap();
    for kind in ["application/json", "application/yaml"] {
        let dump = answer(&sim, &Request::new("GET", "/_sim/world", "").with("accept", kind));
        let put = answer(&sim, &Request::new("PUT", "/_sim/world", dump.body).with("content-type", kind));
        assert_eq!(put.status, 204, "{}", String::from_utf8_lossy(&put.body));
    }
    call(&sim, "POST", "/_sim/clock", r#"{"advanceSeconds": 10}"#);
    let after = call(&sim, "GET", "/_sim/deliveries?region=eu-west-1", "").1["last"]
        .as_u64()
        .unwrap();
    assert_eq!(
        (halfway > 0, halfway + after),
        (true, 300),
        "the log is no part of a dump, what is in flight is"
    );
}

#[test]
fn a_region_that_nobody_could_reach_is_refused() {
    for (world, wrong) in [
        ("regions: [{account: '1', region: r}]", "regions[0].account"),
        ("regions: [{account: '111122223333', region: ''}]", "regions[0].region"),
        (
            "regions: [{account: '111122223333', region: r}, {account: '111122223333', region: r}]",
            "regions[1]",
        ),
    ] {
        assert!(world_of(world).unwrap_err().starts_with(wrong), "{world}");
        assert_eq!(call(&sim(), "PUT", "/_sim/world", world).0, 400);
    }
}
