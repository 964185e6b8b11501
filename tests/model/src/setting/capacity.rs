//! Alias and warm capacity: the number and the version are edited, AWS moves the alias by its hidden canary, and others write too.

use awssim::world::autoscaling::Registration;
use awssim::world::{AliasChange, Region};
use serde_json::json;

use super::{Rival, Setting, functions};
use crate::scene::{ALIAS, FUNCTION};
use crate::state::Left;

pub(super) fn setting() -> Setting {
    let spec = |version: &str, capacity: u8| json!({"functionName": "fir-api", "version": {"policy": "Pinned", "pinned": version}, "deletionPolicy": "Delete", "provisionedConcurrency": capacity});
    let bounded = Left {
        lost: 2,
        failovers: 1,
        edits: 1,
        deletions: 1,
        ..Left::default()
    };
    Setting {
        name: "capacity",
        start: functions(&[FUNCTION]),
        specs: vec![vec![spec("1", 1), spec("2", 2), spec("1", 0)]],
        rivals: vec![
            Rival {
                what: "a person moves the alias to version 2",
                act: move_alias,
            },
            Rival {
                what: "a person deletes the warm capacity",
                act: delete_capacity,
            },
            Rival {
                what: "Application Auto Scaling takes the alias over",
                act: register,
            },
        ],
        bounded,
        long: Left {
            crashes: 1,
            recreations: 1,
            rivals: 1,
            ..bounded
        },
    }
}

fn move_alias(region: &mut Region) {
    drop(region.update_alias(FUNCTION, ALIAS, &AliasChange::version("2")));
}

fn delete_capacity(region: &mut Region) {
    drop(region.delete_provisioned_concurrency_config(FUNCTION, ALIAS));
}

fn register(region: &mut Region) {
    let bounds = Registration {
        min_capacity: Some(1),
        max_capacity: Some(2),
        ..Registration::default()
    };
    let now = region.now;
    drop(region.register_scalable_target(&format!("function:{FUNCTION}:{ALIAS}"), bounds, now));
}
