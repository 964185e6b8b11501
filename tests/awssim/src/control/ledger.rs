//! `GET` and `DELETE /_sim/ledger`.

use serde_json::json;

use super::body::{refuse, write};
use crate::sim::{Filter, Sim};
use crate::wire::{Request, Response};

/// The entries that fit the query, oldest first, and the number of the newest request of all.
pub fn get(sim: &Sim, request: &Request) -> Result<Response, Response> {
    let mut filter = Filter::default();
    for (name, value) in form_urlencoded::parse(request.query.as_bytes()) {
        let value = value.into_owned();
        let wrong = || refuse(400, &format!("{name}={value} cannot be read"));
        match &*name {
            "since" => filter.since = Some(value.parse().map_err(|_| wrong())?),
            "limit" => filter.limit = Some(value.parse().map_err(|_| wrong())?),
            "write" => filter.write = Some(value.parse().map_err(|_| wrong())?),
            "operation" => filter.operation = Some(value),
            "service" => filter.service = Some(value),
            "account" => filter.account = Some(value),
            "region" => filter.region = Some(value),
            "userAgent" => filter.user_agent = Some(value),
            "function" => filter.function = Some(value),
            _ => {
                return Err(refuse(
                    400,
                    &format!("{name} is none of since, limit, write, operation, service, account, region, userAgent, function"),
                ));
            }
        }
    }
    Ok(write(
        request,
        &json!({ "entries": sim.ledger(&filter), "last": sim.last_sequence() }),
    ))
}

/// Forgets all entries; numbers go on.
pub fn clear(sim: &Sim) -> Response {
    sim.clear_ledger();
    Response::empty(204)
}
