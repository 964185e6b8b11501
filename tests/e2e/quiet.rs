//! An endpoint on which nothing happens costs reads, and nothing else.

use std::time::Duration;

use crate::harness::aws::really;
use crate::harness::scenario::Scenario;
use crate::harness::waiting::until;

#[tokio::test(flavor = "multi_thread")]
async fn ten_quiet_minutes_make_no_write_to_aws_or_kubernetes_and_at_most_six_reads_a_check() {
    let scenario = Scenario::warm().await;
    scenario.until_checked_again().await;
    let version = scenario.endpoint().await.metadata.resource_version;
    let (mark, began) = (scenario.aws.mark(), scenario.aws.sim().now());
    let ten_minutes = Duration::from_mins(10);
    until("ten simulated minutes", async || {
        let passed = scenario.aws.sim().now() - began;
        if u128::from(passed) >= ten_minutes.as_millis() {
            Ok(())
        } else {
            Err(format!("{passed} ms"))
        }
    })
    .await;
    assert!(
        really(ten_minutes) >= Duration::from_secs(6),
        "long enough for two checks every three seconds"
    );
    assert!(
        scenario.aws.written_since(mark).is_empty(),
        "{:?}",
        scenario.aws.written_since(mark)
    );
    assert_eq!(
        scenario.endpoint().await.metadata.resource_version,
        version,
        "the object was not written"
    );

    let reads = scenario.aws.reads_since(mark);
    // Every check begins with the function.
    let checks = reads.iter().filter(|entry| entry.operation.starts_with("GetFunction")).count();
    let read: Vec<_> = reads
        .iter()
        // Those of the whole fleet: usage, and every five minutes the account.
        .filter(|entry| entry.service != "cloudwatch" && entry.operation != "GetAccountSettings")
        .map(|entry| entry.operation.as_str())
        .collect();
    assert!(checks >= 1, "the operator looked: {read:?}");
    assert!(read.len() <= checks * 6, "{} reads in {checks} checks: {read:?}", read.len());
}
