//! `GET /_sim/deliveries`.

use serde_json::json;

use super::body::{refuse, write};
use crate::sim::Sim;
use crate::wire::{DEFAULT_ACCOUNT, Request, Response};

/// Which records went where in a region, oldest first, and the number of the newest delivery of all.
pub fn get(sim: &Sim, request: &Request) -> Result<Response, Response> {
    let (mut account, mut region, mut source, mut mapping) = (DEFAULT_ACCOUNT.to_owned(), None, None, None);
    let (mut since, mut limit) = (0, usize::MAX);
    for (name, value) in form_urlencoded::parse(request.query.as_bytes()) {
        let value = value.into_owned();
        let wrong = || refuse(400, &format!("{name}={value} cannot be read"));
        match &*name {
            "since" => since = value.parse().map_err(|_| wrong())?,
            "limit" => limit = value.parse().map_err(|_| wrong())?,
            "account" => account = value,
            "region" => region = Some(value),
            "source" => source = Some(value),
            "mapping" => mapping = Some(value),
            _ => {
                return Err(refuse(
                    400,
                    &format!("{name} is none of region, account, source, mapping, since, limit"),
                ));
            }
        }
    }
    let region = region.ok_or_else(|| refuse(400, "region is missing"))?;
    let (found, last) = sim.with_region(&account, &region, |region, _| {
        let found = region.deliveries.since(since).filter(|delivery| {
            source.as_ref().is_none_or(|source| delivery.of.source == *source)
                && mapping.as_ref().is_none_or(|mapping| delivery.of.mapping == *mapping)
        });
        (found.take(limit).collect::<Vec<_>>(), region.deliveries.last)
    });
    Ok(write(request, &json!({ "deliveries": found, "last": last })))
}
