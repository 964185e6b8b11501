//! Requests and records: every way to a function, gone on a copy of the world.

use std::collections::BTreeMap;

use awssim::world::event_source::MappingState;
use awssim::world::{Invoker, Region};

use crate::oracle;
use crate::scene::gateway::HTTP_ROUTES;
use crate::scene::{ROUTES, to_ask};

/// The status that each way gets.
pub type Served = BTreeMap<String, u16>;

/// Goes every way.
pub fn served(region: &Region) -> Served {
    let mut copy = to_ask(region);
    let mut served = Served::new();
    let rest = ROUTES.map(|(_, http_method, path)| (if http_method == "ANY" { "PUT" } else { http_method }, path));
    let http = HTTP_ROUTES.map(|(_, http_method, path)| (http_method, path));
    let of_rest = region
        .rest_apis
        .iter()
        .map(|(id, api)| (id, api.stages.keys().collect::<Vec<_>>(), &rest[..]));
    let of_http = region
        .http_apis
        .iter()
        .map(|(id, api)| (id, api.stages.keys().collect::<Vec<_>>(), &http[..]));
    for (id, stages, calls) in of_rest.chain(of_http) {
        for stage in stages {
            for (http_method, path) in calls {
                let answer = copy.call_stage(region.now, id, stage, http_method, path);
                served.insert(format!("{http_method} {path} of {id}/{stage}"), answer.status);
            }
        }
    }
    for (uuid, mapping) in &region.event_source_mappings {
        let works = !mapping.disabled && mapping.state != MappingState::Deleting;
        let target = oracle::mapping::called(mapping).filter(|_| works);
        let invoked = target.map(|(name, qualifier)| copy.invoke(region.now, &name, qualifier.as_deref(), &Invoker::Direct));
        let status = match invoked {
            Some(Ok(invocation)) if invocation.function_error.is_none() => 200,
            _ => 500,
        };
        served.insert(format!("mapping {uuid}"), status);
    }
    served
}

/// A way that was served and is no longer.
pub fn lost(before: &Served, now: &Served) -> Option<String> {
    let lost = before.iter().find(|(way, status)| **status == 200 && now.get(*way) != Some(&200));
    lost.map(|(way, _)| format!("{way} was served, and gets {:?}", now.get(way)))
}
