//! An HTTP API: its route shares an integration with a route of somebody else, so that one of its own is made: the only create of
//! which AWS makes two when it is asked twice.

use awssim::world::Region;
use awssim::world::http_api::{NewHttpApi, RouteChange, StageChange};
use serde_json::json;

use super::{Rival, Setting, let_in, with_other};
use crate::scene::gateway::{deploy_http, proxy};
use crate::scene::{ALIAS, OTHER, function_arn};
use crate::state::Left;

pub(super) const STAGE: &str = "prod";
const ROUTE: &str = "GET /reviews";
const SHARING: &str = "POST /reviews";

/// The only API that there is.
pub(super) fn api_id(region: &Region) -> String {
    region.http_apis.keys().next().unwrap().clone()
}

pub(super) fn setting() -> Setting {
    let mut start = with_other();
    let new = NewHttpApi {
        name: "reviews".into(),
        protocol_type: "HTTP".into(),
        ..NewHttpApi::default()
    };
    let api = start.create_http_api(start.now, new).unwrap().id;
    let shared = proxy(&function_arn(&format!("{OTHER}:{ALIAS}")));
    let integration = start.create_http_integration(&api, shared).unwrap().id;
    for key in [ROUTE, SHARING] {
        let route = RouteChange {
            route_key: Some(key.into()),
            target: Some(format!("integrations/{integration}")),
            ..RouteChange::default()
        };
        start.create_http_route(start.now, &api, route).unwrap();
    }
    start.create_http_stage(start.now, &api, STAGE, StageChange::default()).unwrap();
    deploy_http(&mut start, &api, STAGE).unwrap();
    let_in(&mut start, OTHER, Some(ALIAS), &api);
    let trigger = |scope: &str| json!({"name": "edge", "httpApi": {"apiId": api, "stageName": STAGE, "routeKeys": [ROUTE], "permissionScope": scope}});
    let spec = |scope: &str| json!({"functionName": "fir-api", "version": {"policy": "Pinned", "pinned": "1"}, "deletionPolicy": "Delete", "triggers": [trigger(scope)]});
    let bounded = Left {
        lost: 2,
        failovers: 1,
        deletions: 1,
        rivals: 1,
        stale: 1,
        ..Left::default()
    };
    Setting {
        name: "http",
        start,
        specs: vec![vec![spec("Stage"), spec("Api")]],
        rivals: vec![Rival {
            what: "a person takes the route back to the other function and deploys",
            act: take_back,
        }],
        bounded,
        long: Left {
            edits: 1,
            recreations: 1,
            ..bounded
        },
    }
}

/// So that the alias may go.
fn take_back(region: &mut Region) {
    let api_id = api_id(region);
    let api = &region.http_apis[&api_id];
    let theirs = api.routes[SHARING].target.clone();
    let route_id = api.routes[ROUTE].route_id.clone();
    let change = RouteChange {
        target: theirs,
        ..RouteChange::default()
    };
    let now = region.now;
    region.update_http_route(now, &api_id, &route_id, change).unwrap();
    deploy_http(region, &api_id, STAGE).unwrap();
}
