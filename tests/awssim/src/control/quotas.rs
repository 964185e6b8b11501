//! `GET` and `PUT /_sim/quotas`.

use serde_json::json;

use super::body::{answer_json, read, refuse};
use crate::sim::{Sim, quota};
use crate::wire::{Request, Response};

/// How strictly quotas hold, and the pools used so far.
pub fn get(sim: &Sim) -> Response {
    let (settings, pools) = sim.quotas();
    answer_json(&json!({ "enabled": settings.enabled, "scale": settings.scale, "pools": pools }))
}

/// Changes how strictly quotas hold; all buckets are full afterwards.
pub fn put(sim: &Sim, request: &Request) -> Result<Response, Response> {
    let settings: quota::Settings = read(request)?;
    if !(settings.scale > 0.0 && settings.scale.is_finite()) {
        return Err(refuse(400, "scale: a number above 0; enabled: false switches quotas off"));
    }
    sim.set_quotas(settings);
    Ok(get(sim))
}
