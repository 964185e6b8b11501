//! O6: of an endpoint that is gone nothing is left in AWS.

use std::collections::BTreeSet;

use awssim::world::Region;
use serde_json::Value;

use super::end_state;
use super::invariants::differences;

/// What names an endpoint that is not there any more: `uids` are those of all there were, `living` is the one that is there.
pub fn named(region: &Region, uids: &BTreeSet<String>, living: Option<&str>) -> Vec<String> {
    let aws = serde_json::to_value(region).expect("a region is JSON").to_string();
    let gone = uids.iter().filter(|uid| living != Some(uid.as_str()));
    // Statement ids have the first eight characters.
    let left = gone.filter(|uid| uid.get(..8).is_some_and(|short| aws.contains(short)));
    left.map(|uid| format!("AWS has something of endpoint {uid}, which is gone"))
        .collect()
}

/// What is not as it was before there was an endpoint.
pub fn left(before: &Region, after: &Region) -> Vec<String> {
    let (before, after): (Value, Value) = (end_state::shown(before, None), end_state::shown(after, None));
    let mut lines = Vec::new();
    differences("", &before, &after, &mut lines);
    lines
        .into_iter()
        .map(|line| format!("not as before there was an endpoint: {line}"))
        .collect()
}
