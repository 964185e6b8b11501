//! A REST API whose method calls the function itself: its integration is moved, and its stage deployed.

use awssim::world::Region;
use awssim::world::rest_api::{NewMethod, NewRestApi, PatchOperation};
use serde_json::json;

use super::{Rival, Setting, functions, let_in};
use crate::scene::{FUNCTION, deploy, proxy, uri};
use crate::state::Left;

pub(super) const STAGE: &str = "prod";

/// An API with one method that calls a function.
pub(super) fn api(region: &mut Region, function: &str) -> String {
    let new = NewRestApi {
        name: "reviews".into(),
        ..NewRestApi::default()
    };
    let made = region.create_rest_api(region.now, new).unwrap();
    let reviews = region.create_resource(&made.id, &made.root_resource_id, "reviews").unwrap().id;
    let method = NewMethod {
        authorization_type: "NONE".into(),
        ..NewMethod::default()
    };
    region.put_method(&made.id, &reviews, "GET", method).unwrap();
    region.put_integration(&made.id, &reviews, "GET", proxy(&uri(function))).unwrap();
    deploy(region, &made.id, STAGE).unwrap();
    made.id
}

pub(super) fn setting() -> Setting {
    let mut start = functions(&[FUNCTION]);
    let api = api(&mut start, FUNCTION);
    let_in(&mut start, FUNCTION, None, &api);
    let trigger = json!({"name": "edge", "restApi": {"apiId": api, "stageName": STAGE}});
    let spec = |version: &str| json!({"functionName": "fir-api", "version": {"policy": "Pinned", "pinned": version}, "deletionPolicy": "Delete", "triggers": [trigger]});
    let bounded = Left {
        lost: 2,
        crashes: 1,
        failovers: 1,
        deletions: 1,
        rivals: 1,
        ..Left::default()
    };
    Setting {
        name: "rest",
        start,
        specs: vec![vec![spec("1"), spec("2")]],
        rivals: vec![Rival {
            what: "a person points the method at the function again and deploys",
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
pub(super) fn take_back(region: &mut Region) {
    let api_id = region.rest_apis.keys().next().unwrap().clone();
    let resource = region.rest_apis[&api_id].resources["/reviews"].id.clone();
    let change = [PatchOperation::replace("/uri", &uri(FUNCTION))];
    region.update_integration(&api_id, &resource, "GET", &change).unwrap();
    deploy(region, &api_id, STAGE).unwrap();
}
