use serde_json::{Value, json};

use super::*;
use crate::sim::{Clock, Filter};
use crate::world::World;

fn sim() -> Sim {
    Sim::new(World::default(), Clock::manual(0))
}

async fn call(sim: &Sim, method: &str, target: &str, body: &str) -> (u16, Value) {
    let response = answer(sim, &Request::new(method, target, body)).await;
    (response.status, serde_json::from_slice(&response.body).unwrap_or_default())
}

#[tokio::test]
async fn a_world_is_put_in_yaml_and_read_in_json_and_yaml() {
    let sim = sim();
    let world = "regions:\n- account: '111122223333'\n  region: eu-west-1\n  scalableTargets:\n    function:fir-api:live: {minCapacity: 1, maxCapacity: 4}\n";
    assert_eq!(call(&sim, "PUT", "/_sim/world", world).await.0, 204);
    let (_, read) = call(&sim, "GET", "/_sim/world", "").await;
    assert_eq!(read["regions"][0]["scalableTargets"]["function:fir-api:live"]["maxCapacity"], 4);
    let yaml = answer(&sim, &Request::new("GET", "/_sim/world", "").with("accept", "application/yaml")).await;
    let before = sim.world();
    let text = String::from_utf8(yaml.body).unwrap();
    assert_eq!(call(&sim, "PUT", "/_sim/world", &text).await.0, 204, "{text}");
    assert_eq!(sim.world(), before);
}

#[tokio::test]
async fn a_dump_with_metrics_is_read_back_from_json_and_yaml() {
    let sim = sim();
    sim.with_region("111122223333", "eu-west-1", |region, now| {
        region
            .metrics
            .record(now, "AWS/Lambda", "Invocations", &[("FunctionName", "f")], 1.5)
    });
    let before = sim.world();
    for kind in ["application/json", "application/yaml"] {
        let dump = answer(&sim, &Request::new("GET", "/_sim/world", "").with("accept", kind)).await;
        sim.set_world(World::default());
        let put = answer(&sim, &Request::new("PUT", "/_sim/world", dump.body).with("content-type", kind)).await;
        assert_eq!(
            (put.status, sim.world() == before),
            (204, true),
            "{kind}: {}",
            String::from_utf8_lossy(&put.body)
        );
    }
}

#[tokio::test]
async fn a_wrong_world_is_refused_with_field_and_line_and_changes_nothing() {
    let sim = sim();
    let before = sim.world();
    let (status, body) = call(&sim, "PUT", "/_sim/world", "regions:\n- account: '1'\n  regoin: eu-west-1\n").await;
    let error = body["error"].as_str().unwrap();
    assert_eq!(status, 400);
    assert!(error.contains("regoin") && error.contains("line 3"), "{error}");
    assert_eq!(sim.world(), before);
}

#[tokio::test]
async fn the_clock_is_advanced_set_and_scaled() {
    let sim = sim();
    assert_eq!(
        call(&sim, "POST", "/_sim/clock", r#"{"advanceSeconds": 1.5}"#).await.1["nowMillis"],
        1500
    );
    assert_eq!(
        call(&sim, "POST", "/_sim/clock", r#"{"set": "1970-01-01T00:01:00Z"}"#).await.1["now"],
        "1970-01-01T00:01:00Z"
    );
    assert_eq!(call(&sim, "POST", "/_sim/clock", r#"{"set": 1}"#).await.0, 400);
    assert_eq!(call(&sim, "POST", "/_sim/clock", r#"{"scale": 20}"#).await.1["mode"], "scaled");
    assert_eq!(call(&sim, "GET", "/_sim/clock", "").await.1["scale"], 20.0);
    assert_eq!(call(&sim, "POST", "/_sim/clock", r#"{"advanceSeconds": -1}"#).await.0, 400);
}

#[tokio::test]
async fn faults_are_added_listed_and_removed() {
    let sim = sim();
    let rule = "match: {operation: UpdateAlias}\nskip: 1\nfault: {kind: Fail, status: 403, code: AccessDeniedException}";
    assert_eq!(call(&sim, "POST", "/_sim/faults", rule).await, (200, json!({ "id": 1 })));
    assert_eq!(
        call(&sim, "POST", "/_sim/faults", "fault: {kind: LoseAnswer, how: Close}").await.1["id"],
        2
    );
    let (_, list) = call(&sim, "GET", "/_sim/faults", "").await;
    assert_eq!(
        (list[0]["fault"]["kind"].as_str(), list[1]["hits"].as_u64()),
        (Some("Fail"), Some(0))
    );
    assert_eq!(call(&sim, "DELETE", "/_sim/faults/1", "").await.0, 204);
    assert_eq!(call(&sim, "DELETE", "/_sim/faults/1", "").await.0, 404);
    assert_eq!(call(&sim, "DELETE", "/_sim/faults", "").await.0, 204);
    assert!(sim.faults().is_empty());
}

#[tokio::test]
async fn the_ledger_is_filtered_and_cleared() {
    let sim = sim();
    for _ in 0..3 {
        sim.handle(Request::new("GET", "/nowhere", "")).await;
    }
    assert_eq!(
        call(&sim, "GET", "/_sim/ledger?since=1&limit=1", "").await.1["entries"][0]["sequence"],
        3
    );
    assert_eq!(call(&sim, "GET", "/_sim/ledger?write=true", "").await.1["entries"], json!([]));
    assert_eq!(call(&sim, "GET", "/_sim/ledger?write=maybe", "").await.0, 400);
    assert_eq!(call(&sim, "GET", "/_sim/ledger?operations=x", "").await.0, 400);
    assert_eq!(call(&sim, "DELETE", "/_sim/ledger", "").await.0, 204);
    assert!(sim.ledger(&Filter::default()).is_empty());
}

#[tokio::test]
async fn quotas_are_scaled_and_switched_off() {
    let sim = sim();
    assert_eq!(call(&sim, "PUT", "/_sim/quotas", "scale: 0.1").await.1["scale"], 0.1);
    assert_eq!(call(&sim, "PUT", "/_sim/quotas", "enabled: false").await.1["enabled"], false);
    assert_eq!(call(&sim, "PUT", "/_sim/quotas", "scale: 0").await.0, 400);
}

#[tokio::test]
async fn a_wrong_path_lists_what_there_is() {
    let (status, body) = call(&sim(), "GET", "/_sim/wrold", "").await;
    assert!(status == 404 && body["error"].as_str().unwrap().contains("GET /_sim/world"));
    assert_eq!(call(&sim(), "PATCH", "/_sim/world", "").await.0, 405);
    assert_eq!(call(&sim(), "GET", "/_sim/health", "").await.1["status"], "ok");
}
