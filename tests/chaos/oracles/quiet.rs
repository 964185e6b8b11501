//! O4: what has converged stays, and nobody writes anything any more.

use std::time::{Duration, Instant};

use tokio::time::sleep;

use crate::proxy::ledger::Call;
use crate::stage::Stage;

/// Passes without a write that are waited for.
const PASSES: usize = 3;
/// How long that may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long it is looked at when there is no endpoint any more, and so no passes.
const GONE: Duration = Duration::from_millis(1500);
/// A pass that was under way when the end was seen may still tell of it.
const SETTLED: Duration = Duration::from_millis(500);

/// Waits for some passes; answers what was written in them.
pub async fn writes(stage: &Stage, gone: bool) -> Vec<String> {
    sleep(SETTLED).await;
    let mark = stage.network.calls().len();
    let start = Instant::now();
    loop {
        let calls = stage.network.calls();
        let later = &calls[mark..];
        let enough = if gone {
            start.elapsed() > GONE
        } else {
            later.iter().filter(|call| call.name == "GetAlias").count() > PASSES
        };
        let writes: Vec<_> = later.iter().filter(|call| call.write && !is_renewal(call)).collect();
        if !writes.is_empty() {
            return writes
                .iter()
                .map(|call| format!("nothing was left to do, and {} was written: {}", call.label(), call.target))
                .collect();
        }
        if enough {
            return Vec::new();
        }
        if start.elapsed() > PATIENCE {
            return vec!["the operator does not look at the endpoint any more".into()];
        }
        sleep(Duration::from_millis(50)).await;
    }
}

fn is_renewal(call: &Call) -> bool {
    call.name == "update:leases"
}
