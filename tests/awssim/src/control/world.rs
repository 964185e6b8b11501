//! `GET` and `PUT /_sim/world`, `PUT /_sim/metrics`.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::body::{from_yaml, read, refuse, write};
use crate::sim::Sim;
use crate::wire::{DEFAULT_ACCOUNT, Request, Response};
use crate::world::World;

/// The whole world as it is now, in JSON or YAML.
pub fn get(sim: &Sim, request: &Request) -> Response {
    write(request, &sim.world())
}

/// Puts another world in place of the whole of this one.
pub fn put(sim: &Sim, request: &Request) -> Result<Response, Response> {
    let world = checked(read(request)?).map_err(|error| refuse(400, &error))?;
    sim.set_world(world);
    Ok(Response::empty(204))
}

/// Reads a world from YAML or JSON.
///
/// # Errors
/// A text with field, line and column, or the region that is wrong.
pub fn world_of(text: &str) -> Result<World, String> {
    from_yaml(text).and_then(checked)
}

/// Refuses what no caller could ever reach.
fn checked(world: World) -> Result<World, String> {
    let mut seen = BTreeSet::new();
    for (index, region) in world.regions.iter().enumerate() {
        let (account, name) = (region.account.as_str(), region.region.as_str());
        if account.len() != 12 || !account.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(format!("regions[{index}].account: {account:?} has not twelve digits"));
        }
        if name.is_empty() {
            return Err(format!("regions[{index}].region: is empty"));
        }
        if !seen.insert((account, name)) {
            return Err(format!("regions[{index}]: {account} in {name} stands in the file twice"));
        }
    }
    Ok(world)
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
