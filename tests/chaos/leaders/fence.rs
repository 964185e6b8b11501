//! O8: once a process has the lease, no write arrives any more of one that had it before. That is more than that none arrives after the
//! first write of the later one, and does not depend on how soon that comes.

use crate::proxy::ledger::{Call, Side};

/// A process that led. It has at most one tenure, which begins with its first good write of the Lease: who does not lead writes it to
/// take it, and who lost it ends.
pub struct Tenure<'a> {
    /// The process.
    pub process: &'a str,
    /// When the API server gave it the lease.
    began: u64,
}

/// All tenures, the first first.
pub fn tenures(calls: &[Call]) -> Vec<Tenure<'_>> {
    let mut tenures: Vec<Tenure> = Vec::new();
    for call in calls.iter().filter(|call| took_the_lease(call)) {
        let Some(began) = call.delivered_at else { continue };
        if tenures.iter().all(|tenure| tenure.process != call.process) {
            tenures.push(Tenure {
                process: &call.process,
                began,
            });
        }
    }
    tenures.sort_by_key(|tenure| tenure.began);
    tenures
}

fn took_the_lease(call: &Call) -> bool {
    ["create:leases", "update:leases"].contains(&call.name.as_str()) && call.status.is_some_and(|status| status < 300)
}

/// Writes to AWS, and of status and finalizers, that the proxies received too late.
pub fn broken(calls: &[Call]) -> Vec<String> {
    let tenures = tenures(calls);
    let late = calls.iter().filter(|call| is_fenced(call)).filter_map(|call| {
        let (process, time) = (&call.process, call.time);
        let Some(own) = tenures.iter().position(|tenure| tenure.process == process) else {
            return Some(format!("{} came from {process}, which never led", call.label()));
        };
        let later = tenures[own + 1..].iter().find(|tenure| tenure.began < time)?;
        Some(format!(
            "{} of {process} was received {} ms after {} had the lease",
            call.label(),
            time - later.began,
            later.process
        ))
    });
    late.collect()
}

/// Whether only the leader may send it. Events are told by whoever was there.
fn is_fenced(call: &Call) -> bool {
    call.write && (call.side == Side::Aws || call.name.starts_with("patch:warmlambdaendpoints"))
}
