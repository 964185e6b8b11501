//! Statements: the scope of the permission is edited while the route calls the alias, so that one is added and another goes.

use awssim::world::Region;
use serde_json::{Value, json};

use super::{Rival, Setting, functions, let_in, rest};
use crate::scene::{ALIAS, FUNCTION};
use crate::setting::uid;
use crate::state::Left;

pub(super) fn setting() -> Setting {
    let mut start = functions(&[FUNCTION]);
    let api = rest::api(&mut start, FUNCTION);
    let_in(&mut start, FUNCTION, None, &api);
    let trigger = |scope: &str| json!({"name": "edge", "restApi": {"apiId": api, "stageName": rest::STAGE, "permissionScope": scope}});
    let spec = |triggers: &[Value]| json!({"functionName": "fir-api", "version": {"policy": "Pinned", "pinned": "1"}, "deletionPolicy": "Delete", "triggers": triggers});
    let bounded = Left {
        lost: 1,
        failovers: 1,
        edits: 2,
        rivals: 1,
        ..Left::default()
    };
    Setting {
        name: "permission",
        start,
        specs: vec![vec![spec(&[trigger("Stage")]), spec(&[trigger("Api")]), spec(&[])]],
        rivals: vec![
            Rival {
                what: "a person removes our statements",
                act: remove_ours,
            },
            Rival {
                what: "a person points the method at the function again and deploys",
                act: rest::take_back,
            },
        ],
        bounded,
        long: Left {
            lost: 2,
            crashes: 1,
            ..bounded
        },
    }
}

fn remove_ours(region: &mut Region) {
    let policy = region.functions[FUNCTION].policies.get(ALIAS);
    let ours = format!("warmlambda-{}", &uid(0, 0)[..8]);
    let ids: Vec<_> = policy.iter().flat_map(|p| &p.statements).map(|s| s.sid.clone()).collect();
    for id in ids.iter().filter(|id| id.starts_with(&ours)) {
        region.remove_permission(FUNCTION, Some(ALIAS), id, None).unwrap();
    }
}
