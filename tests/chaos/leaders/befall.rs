//! Has it happen to the leader at the moment at which its call arrives, and again be over when its time has come.

use std::time::Duration;

use k8s_openapi::api::coordination::v1::Lease;
use kube::Api;
use kube::api::{DeleteParams, ListParams, Patch, PatchParams};
use serde_json::{Value, json};
use tokio::time::sleep;

use super::{Failover, clocks};
use crate::proxy::fault::{Fault, Refusal, Rule};
use crate::proxy::ledger::Side;
use crate::stage::Stage;

/// Between two looks into a log.
const LOOK: Duration = Duration::from_millis(10);

/// Lets a scenario run to its end, while what befalls the leader happens and is over again. Then `again` is asked for the end once more:
/// who was frozen for a while has a last word.
pub async fn with<T>(stage: &Stage, failover: Option<Failover>, to_end: impl Future<Output = T>, again: impl Future<Output = T>) -> T {
    let Some(failover) = failover else {
        return to_end.await;
    };
    let (mut befalls, mut to_end) = (std::pin::pin!(befall(stage, failover)), std::pin::pin!(to_end));
    tokio::select! {
        () = &mut befalls => to_end.await,
        end = &mut to_end => {
            if !stage.network.has_met() {
                return end;
            }
            befalls.await;
            again.await
        }
    }
}

/// Waits for the call, and has it happen.
async fn befall(stage: &Stage, failover: Failover) {
    let process = stage
        .network
        .meet(async |call| {
            begin(stage, failover, &call.process).await;
            call.process.clone()
        })
        .await;
    match failover {
        Failover::Frozen(seconds) => {
            sleep(Duration::from_secs(seconds)).await;
            stage.process(&process, |process| process.operator.thaw()).await;
        }
        Failover::Partitioned(seconds) | Failover::CutOff(seconds) => {
            sleep(Duration::from_secs(seconds)).await;
            stage.network.lift_all();
        }
        _ => {}
    }
}

async fn begin(stage: &Stage, failover: Failover, process: &str) {
    match failover {
        Failover::Killed | Failover::ClockOff(_) => {
            stage.process(process, |process| process.operator.killer()()).await;
        }
        Failover::Frozen(_) => {
            stage.process(process, |process| process.operator.freeze()).await;
        }
        Failover::Partitioned(_) => out_of_reach(stage, process, Fault::Refuse(Refusal::Silence)),
        Failover::CutOff(_) => out_of_reach(stage, process, Fault::Refuse(Refusal::Reset)),
        Failover::SlowApi(milliseconds) => out_of_reach(stage, process, Fault::AnswerLate(Duration::from_millis(milliseconds))),
        Failover::LeaseDeleted => {
            let lease = lease(stage).await;
            let deleted = leases(stage).delete(&lease, &DeleteParams::default()).await;
            deleted.expect("the Lease can be deleted");
        }
        Failover::LeaseCleared => rewrite(stage, &json!({"holderIdentity": ""})).await,
        Failover::LeaseGiven => {
            let other = if process.starts_with('a') { "b1" } else { "a1" };
            rewrite(stage, &json!({"holderIdentity": identity(stage, other).await})).await;
        }
        Failover::LeaseTaken => {
            let for_ever = json!({"holderIdentity": "nobody", "renewTime": "2099-01-01T00:00:00.000000Z", "leaseTransitions": 0});
            rewrite(stage, &for_ever).await;
        }
        Failover::ClockStep(minutes) => clocks::jump(stage, minutes),
    }
}

/// From now on the API server is not what it should be for a process. Its connections are not cut: a watch that is open goes on.
fn out_of_reach(stage: &Stage, process: &str, fault: Fault) {
    stage.network.rule(Rule {
        process: Some(process.into()),
        side: Some(Side::Kubernetes),
        ..Rule::always(fault)
    });
}

fn leases(stage: &Stage) -> Api<Lease> {
    Api::namespaced(stage.admin.clone(), &stage.namespace)
}

async fn lease(stage: &Stage) -> String {
    let found = leases(stage).list(&ListParams::default()).await.expect("Leases can be listed");
    let [lease] = found.items.as_slice() else {
        panic!("one Lease, not {}", found.items.len())
    };
    lease.metadata.name.clone().expect("a Lease has a name")
}

async fn rewrite(stage: &Stage, spec: &Value) {
    let patch = Patch::Merge(json!({ "spec": spec }));
    let written = leases(stage).patch(&lease(stage).await, &PatchParams::default(), &patch).await;
    written.expect("the Lease can be written");
}

/// Under which name a process stands for election, as it logs it.
async fn identity(stage: &Stage, process: &str) -> String {
    loop {
        let log = stage.process(process, |process| process.operator.log()).await.unwrap_or_default();
        if let Some((_, rest)) = log.split_once("identity=") {
            return rest.split([' ', '\n']).next().unwrap_or_default().trim_matches('"').to_owned();
        }
        sleep(LOOK).await;
    }
}
