//! An event source mapping: it is made once, and moved when somebody points it elsewhere.

use awssim::world::Region;
use awssim::world::event_source::MappingChange;
use serde_json::json;

use super::{Rival, Setting, functions};
use crate::scene::sources::Place;
use crate::scene::{FUNCTION, function_arn};
use crate::state::Left;

pub(super) fn setting() -> Setting {
    let mut start = functions(&[FUNCTION]);
    Place::Clicks.make(&mut start);
    let trigger = json!({"name": "clicks", "eventSource": {"arn": Place::Clicks.arn(), "create": {"startingPosition": "TrimHorizon"}}});
    let spec = |version: &str| json!({"functionName": "fir-api", "version": {"policy": "Pinned", "pinned": version}, "deletionPolicy": "Delete", "triggers": [trigger]});
    let bounded = Left {
        lost: 2,
        failovers: 1,
        deletions: 1,
        rivals: 1,
        ..Left::default()
    };
    Setting {
        name: "mapping",
        start,
        specs: vec![vec![spec("1"), spec("2")]],
        rivals: vec![
            Rival {
                what: "a person points the mapping at the function",
                act: |region| change(region, &MappingChange::function(&function_arn(FUNCTION))),
            },
            Rival {
                what: "a person deletes the mapping",
                act: delete,
            },
        ],
        bounded,
        long: Left {
            crashes: 1,
            edits: 1,
            recreations: 1,
            ..bounded
        },
    }
}

fn change(region: &mut Region, change: &MappingChange) {
    let all: Vec<_> = region.event_source_mappings.keys().cloned().collect();
    for uuid in all {
        drop(region.update_event_source_mapping(&uuid, change));
    }
}

fn delete(region: &mut Region) {
    let all: Vec<_> = region.event_source_mappings.keys().cloned().collect();
    for uuid in all {
        drop(region.delete_event_source_mapping(&uuid));
    }
}
