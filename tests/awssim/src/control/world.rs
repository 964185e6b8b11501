//! `GET` and `PUT /_sim/world`, `PUT /_sim/metrics`.

use serde::Deserialize;

use super::body::{read, write};
use crate::sim::Sim;
use crate::wire::{DEFAULT_ACCOUNT, Request, Response};

/// The whole world as it is now, in JSON or YAML.
pub fn get(sim: &Sim, request: &Request) -> Response {
    write(request, &sim.world())
}

/// Puts another world in place of the whole of this one.
pub fn put(sim: &Sim, request: &Request) -> Result<Response, Response> {
    sim.set_world(read(request)?);
    Ok(Response::empty(204))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct MetricSettings {
    account: Option<String>,
    region: String,
    lag_seconds: u64,
}

/// How late CloudWatch's points of a region become visible.
pub fn put_metrics(sim: &Sim, request: &Request) -> Result<Response, Response> {
    let settings: MetricSettings = read(request)?;
    let account = settings.account.as_deref().unwrap_or(DEFAULT_ACCOUNT);
    sim.with_region(account, &settings.region, |region, _| {
        region.metrics.lag_seconds = settings.lag_seconds
    });
    Ok(Response::empty(204))
}
