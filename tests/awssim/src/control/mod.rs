//! What people and tests do with a simulation over HTTP, under `/_sim/`; `docs/awssim.md` shows every call.

mod body;
mod clock;
mod deliveries;
mod faults;
mod ledger;
mod mappings;
mod quotas;
mod sources;
mod traffic;
mod world;

use serde_json::json;

use crate::sim::Sim;
use crate::wire::{Request, Response};
use body::{answer_json, refuse};
pub use world::world_of;

/// Every path of the control plane begins so; no path of AWS does.
pub const PREFIX: &str = "/_sim";

/// Every call, for people who guess.
const CALLS: [&str; 27] = [
    "GET /_sim/health",
    "GET /_sim/world",
    "PUT /_sim/world",
    "GET /_sim/clock",
    "POST /_sim/clock",
    "GET /_sim/faults",
    "POST /_sim/faults",
    "DELETE /_sim/faults",
    "DELETE /_sim/faults/{id}",
    "GET /_sim/ledger",
    "DELETE /_sim/ledger",
    "GET /_sim/quotas",
    "PUT /_sim/quotas",
    "PUT /_sim/metrics",
    "POST /_sim/invoke",
    "POST /_sim/streams",
    "GET /_sim/streams",
    "DELETE /_sim/streams",
    "POST /_sim/streams/records",
    "POST /_sim/queues",
    "GET /_sim/queues",
    "DELETE /_sim/queues",
    "POST /_sim/queues/messages",
    "GET /_sim/deliveries",
    "PUT /_sim/roles",
    "POST /_sim/mappings/disable",
    "ANY /_sim/traffic/{account}/{region}/{api}/{stage}/{path..}",
];

/// Answers one call of the control plane. Errors are 400, 404 or 405 with `{"error": TEXT}`.
pub fn answer(sim: &Sim, request: &Request) -> Response {
    let segments = request.segments();
    let path: Vec<&str> = segments.iter().skip(1).map(String::as_str).collect();
    let answer = match (request.method.as_str(), path.as_slice()) {
        ("GET", [] | ["health"]) => Ok(health(sim)),
        ("GET", ["world"]) => Ok(world::get(sim, request)),
        ("PUT", ["world"]) => world::put(sim, request),
        ("GET", ["clock"]) => Ok(answer_json(&sim.clock())),
        ("POST", ["clock"]) => clock::post(sim, request),
        ("GET", ["faults"]) => Ok(answer_json(&sim.faults())),
        ("POST", ["faults"]) => faults::post(sim, request),
        ("DELETE", ["faults"]) => Ok(faults::clear(sim)),
        ("DELETE", ["faults", id]) => faults::delete(sim, id),
        ("GET", ["ledger"]) => ledger::get(sim, request),
        ("DELETE", ["ledger"]) => Ok(ledger::clear(sim)),
        ("GET", ["quotas"]) => Ok(quotas::get(sim)),
        ("PUT", ["quotas"]) => quotas::put(sim, request),
        ("PUT", ["metrics"]) => world::put_metrics(sim, request),
        ("POST", ["invoke"]) => traffic::invoke(sim, request),
        ("PUT", ["roles"]) => mappings::put_role(sim, request),
        ("POST", ["mappings", "disable"]) => mappings::disable(sim, request),
        ("GET", ["deliveries"]) => deliveries::get(sim, request),
        (method, ["streams" | "queues", ..]) => of_sources(sim, request, method, &path),
        (_, ["traffic", account, region, api, stage, path @ ..]) => {
            Ok(traffic::through_stage(sim, request, account, region, (api, stage), path))
        }
        _ => Err(no_such_call(request, &path)),
    };
    answer.unwrap_or_else(|refusal| refusal)
}

fn of_sources(sim: &Sim, request: &Request, method: &str, path: &[&str]) -> Result<Response, Response> {
    match (method, path) {
        ("POST", ["streams"]) => sources::make_stream(sim, request),
        ("GET", ["streams"]) => sources::show_stream(sim, request),
        ("DELETE", ["streams"]) => sources::delete_stream(sim, request),
        ("POST", ["streams", "records"]) => sources::put_records(sim, request),
        ("POST", ["queues"]) => sources::make_queue(sim, request),
        ("GET", ["queues"]) => sources::show_queue(sim, request),
        ("DELETE", ["queues"]) => sources::delete_queue(sim, request),
        ("POST", ["queues", "messages"]) => sources::send_messages(sim, request),
        _ => Err(no_such_call(request, path)),
    }
}

fn no_such_call(request: &Request, path: &[&str]) -> Response {
    let known = path
        .first()
        .is_some_and(|first| CALLS.iter().any(|call| call.contains(&format!("/_sim/{first}"))));
    if known {
        return refuse(405, &format!("there is no {} {}", request.method, request.path));
    }
    refuse(404, &format!("there is no {}; there are: {}", request.path, CALLS.join(", ")))
}

fn health(sim: &Sim) -> Response {
    answer_json(&json!({ "status": "ok", "clock": sim.clock(), "requests": sim.last_sequence(), "calls": CALLS }))
}

#[cfg(test)]
mod tests;
