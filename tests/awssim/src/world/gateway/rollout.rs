//! Stages that callers still see on their old deployment (AWS-76).

use serde::{Deserialize, Serialize};

use crate::world::Millis;

/// A deployment that callers see until the change of the stage has spread.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Superseded {
    /// The deployment that the stage had.
    pub deployment_id: String,
    /// Callers see it before this moment.
    pub until: Millis,
}

/// Remembers that callers see `old` for `spread` milliseconds more.
pub(in crate::world) fn supersede(superseded: &mut Vec<Superseded>, old: &str, now: Millis, spread: Millis) {
    superseded.retain(|other| now < other.until);
    if spread > 0 && !old.is_empty() {
        superseded.push(Superseded {
            deployment_id: old.into(),
            until: now + spread,
        });
    }
}

/// The deployment that callers see at that moment.
pub(in crate::world) fn visible<'a>(superseded: &'a [Superseded], current: &'a str, now: Millis) -> &'a str {
    let old = superseded.iter().find(|old| now < old.until);
    old.map_or(current, |old| &old.deployment_id)
}
