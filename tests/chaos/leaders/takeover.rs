//! How long nobody looks after AWS: from what befell the leader to the first call of the next one.

use super::fence::tenures;
use crate::proxy::ledger::{Call, Side};

/// Milliseconds from the call at which it happened to the first call to AWS of a process of a later tenure; `None` when there was none.
pub fn after(calls: &[Call]) -> Option<u64> {
    let befell = calls.iter().find(|call| call.fault.as_deref() == Some("Meet"))?;
    let tenures = tenures(calls);
    let then = tenures.iter().position(|process| *process == befell.process)?;
    let later = &tenures[then + 1..];
    let first = calls
        .iter()
        .find(|call| call.index > befell.index && call.side == Side::Aws && later.contains(&call.process.as_str()))?;
    first.time.checked_sub(befell.time)
}
