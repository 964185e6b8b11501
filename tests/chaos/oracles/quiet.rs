//! O4: what has converged stays, and nobody writes anything any more.

use std::time::{Duration, Instant};

use tokio::time::sleep;

use crate::proxy::ledger::Call;
use crate::stage::Stage;

/// Passes without a write that are waited for.
const PASSES: usize = 3;
/// How long that may take. A busy machine makes an operator lose its lease, and the next process waits for it.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long it is looked at when there is no endpoint any more, and so no passes.
const GONE: Duration = Duration::from_millis(1500);
/// Waits for some passes; answers what was written in them.
pub async fn writes(stage: &Stage, gone: bool) -> Vec<String> {
    let seen = stage.network.calls().len();
    let start = Instant::now();
    loop {
        let calls = stage.network.calls();
        // The pass that brought the end about may still tell of it. The next one begins when it is over.
        let next = calls[seen..].iter().position(is_pass).map(|place| &calls[seen + place..]);
        let later = if gone { Some(&calls[seen..]) } else { next };
        let writes: Vec<_> = later
            .unwrap_or_default()
            .iter()
            .filter(|call| call.write && !is_renewal(call))
            .collect();
        if !writes.is_empty() {
            let told = |call: &&Call| format!("nothing was left to do, and {} was written: {}", call.label(), call.target);
            return writes.iter().map(told).collect();
        }
        let passes = later.unwrap_or_default().iter().filter(|call| is_pass(call)).count();
        if if gone { start.elapsed() > GONE } else { passes > PASSES } {
            return Vec::new();
        }
        if start.elapsed() > PATIENCE {
            return vec!["the operator does not look at the endpoint any more".into()];
        }
        sleep(Duration::from_millis(50)).await;
    }
}

/// Whether a call is one that each pass makes once.
fn is_pass(call: &Call) -> bool {
    call.name == "GetAlias"
}

/// Whether a call renews the lease.
pub fn is_renewal(call: &Call) -> bool {
    call.name == "update:leases"
}
