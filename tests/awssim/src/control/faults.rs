//! `POST` and `DELETE /_sim/faults`.

use serde_json::json;

use super::body::{answer_json, read, refuse};
use crate::sim::Sim;
use crate::wire::{Request, Response};

/// Adds a rule; the answer has its id.
pub fn post(sim: &Sim, request: &Request) -> Result<Response, Response> {
    Ok(answer_json(&json!({ "id": sim.add_fault(read(request)?) })))
}

/// Removes one rule.
pub fn delete(sim: &Sim, id: &str) -> Result<Response, Response> {
    let removed = id.parse().is_ok_and(|id| sim.remove_fault(id));
    if removed {
        Ok(Response::empty(204))
    } else {
        Err(refuse(404, &format!("there is no rule {id}")))
    }
}

/// Removes all rules.
pub fn clear(sim: &Sim) -> Response {
    sim.clear_faults();
    Response::empty(204)
}
