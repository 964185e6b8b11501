//! Crash points and lost answers: the real binary, an API server and awssim with a network in between that lets calls go wrong.
// A test harness fails by panicking, with a message that says what was expected.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../e2e/harness/mod.rs"]
mod harness;
mod proxy;

use harness::scenario::Scenario;
use proxy::{Network, Nobody};
use std::sync::Arc;

#[tokio::main]
async fn main() {
    let server = harness::control_plane::control_plane();
    let mut scenario = Scenario::with_release(server, "chaos", |n| {
        harness::chart::Release::of(harness::chart::Scope::Namespace, n, n)
    })
    .await;
    let client = server.client_of_a_proxy().await;
    let network = Network::new(scenario.aws.sim(), &client, Arc::new(Nobody));
    let ports = network.open("a").await;
    let account = scenario.account.through("a", &format!("http://{}", ports.kubernetes));
    let start = std::time::Instant::now();
    let operator = harness::operator::Operator::start_in(
        "a",
        &account,
        &format!("http://{}", ports.aws),
        &["--watch-namespaces", &scenario.namespace],
        &[],
    );
    ports.belong_to(operator.killer());
    scenario.operators.push(operator);
    scenario.apply(&serde_json::json!({}));
    scenario.until_ready().await;
    println!("{:?}", start.elapsed());
    for call in network.calls() {
        println!(
            "{} {} {:?} {} {} {} -> {:?} {:?}",
            call.index,
            call.time,
            call.side,
            call.label(),
            call.target,
            call.body,
            call.status,
            call.answered_at
        );
    }
}
