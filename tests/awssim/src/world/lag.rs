//! Reads that show the state before the last write for a while (AWS-60).

use serde::{Deserialize, Serialize};

use super::{ById, Millis};

/// What reads still show of something that was written a moment ago.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Before<T> {
    /// Until then.
    pub until: Millis,
    /// As it was; nothing when it did not exist.
    pub value: Option<T>,
}

/// Remembers what reads show of `key` until `until`; called before a write.
pub(crate) fn remember<T: Clone>(before: &mut ById<Before<T>>, current: &ById<T>, key: &str, now: Millis, until: Millis) {
    if until > now {
        before.insert(
            key.into(),
            Before {
                until,
                value: current.get(key).cloned(),
            },
        );
    } else {
        before.remove(key);
    }
}

/// What a read shows of `key`.
pub(crate) fn seen<'a, T>(before: &'a ById<Before<T>>, current: &'a ById<T>, key: &str, now: Millis) -> Option<&'a T> {
    match before.get(key) {
        Some(before) if now < before.until => before.value.as_ref(),
        _ => current.get(key),
    }
}
