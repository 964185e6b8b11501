//! What people and tests do with a simulation over HTTP, under `/_sim/`; `docs/awssim.md` shows every call.

mod body;
mod clock;
mod faults;
mod ledger;
mod quotas;
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
const CALLS: [&str; 16] = [
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
        (_, ["traffic", account, region, api, stage, path @ ..]) => {
            Ok(traffic::through_stage(sim, request, account, region, (api, stage), path))
        }
        (_, [first, ..]) if CALLS.iter().any(|call| call.contains(&format!("/_sim/{first}"))) => {
            Err(refuse(405, &format!("there is no {} {}", request.method, request.path)))
        }
        _ => Err(refuse(
            404,
            &format!("there is no {}; there are: {}", request.path, CALLS.join(", ")),
        )),
    };
    answer.unwrap_or_else(|refusal| refusal)
}

fn health(sim: &Sim) -> Response {
    answer_json(&json!({ "status": "ok", "clock": sim.clock(), "requests": sim.last_sequence(), "calls": CALLS }))
}

#[cfg(test)]
mod tests;
