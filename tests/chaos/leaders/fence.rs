//! O8: once a process of a later tenure has sent a write for an endpoint, none arrives any more of an earlier tenure.

use crate::proxy::ledger::{Call, Side};

/// The processes that led, in the order of their tenures. A process has at most one, which begins with its first good write of the
/// Lease: who does not lead writes it to take it, and who lost it ends.
pub fn tenures(calls: &[Call]) -> Vec<&str> {
    let mut taken: Vec<_> = calls.iter().filter(|call| took_the_lease(call)).collect();
    taken.sort_by_key(|call| call.delivered_at);
    let mut tenures = Vec::new();
    for call in taken {
        if !tenures.contains(&call.process.as_str()) {
            tenures.push(call.process.as_str());
        }
    }
    tenures
}

fn took_the_lease(call: &Call) -> bool {
    ["create:leases", "update:leases"].contains(&call.name.as_str()) && call.status.is_some_and(|status| status < 300)
}

/// Writes to AWS, and of status and finalizers, that came in too late: in the order in which the proxies received them.
pub fn broken(calls: &[Call]) -> Vec<String> {
    let tenures = tenures(calls);
    let mut broken = Vec::new();
    for side in [Side::Aws, Side::Kubernetes] {
        let mut newest = (0, "");
        for call in calls.iter().filter(|call| call.side == side && is_fenced(call)) {
            let Some(tenure) = tenures.iter().position(|process| *process == call.process) else {
                broken.push(format!("{} came from {}, which never led", call.label(), call.process));
                continue;
            };
            if tenure < newest.0 {
                let since = format!("{} of {} had been received", newest.1, tenures[newest.0]);
                broken.push(format!(
                    "{} of {} was received at {} ms although {since}",
                    call.label(),
                    call.process,
                    call.time
                ));
            } else if tenure > newest.0 {
                newest = (tenure, &call.name);
            }
        }
    }
    broken
}

/// Whether only the leader may send it. Events are told by whoever was there.
fn is_fenced(call: &Call) -> bool {
    call.write && (call.side == Side::Aws || call.name.starts_with("patch:warmlambdaendpoints"))
}
