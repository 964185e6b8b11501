//! Two endpoints on two aliases of one function, which both ask for the same method: the older keeps it.

use serde_json::json;

use super::{Rival, Setting, functions, let_in, rest};
use crate::scene::{FUNCTION, NEXT};
use crate::state::Left;

pub(super) fn setting() -> Setting {
    let mut start = functions(&[FUNCTION]);
    let api = rest::api(&mut start, FUNCTION);
    let_in(&mut start, FUNCTION, None, &api);
    let trigger = json!({"name": "edge", "restApi": {"apiId": api, "stageName": rest::STAGE}});
    let spec = |alias: &str| json!({"functionName": "fir-api", "aliasName": alias, "version": {"policy": "Pinned", "pinned": "1"}, "deletionPolicy": "Delete", "triggers": [trigger]});
    let bounded = Left {
        lost: 1,
        failovers: 1,
        rivals: 1,
        ..Left::default()
    };
    Setting {
        name: "pair",
        start,
        specs: vec![vec![spec("live")], vec![spec(NEXT)]],
        rivals: vec![Rival {
            what: "a person points the method at the function again and deploys",
            act: rest::take_back,
        }],
        bounded,
        long: Left {
            deletions: 2,
            crashes: 1,
            ..bounded
        },
    }
}
