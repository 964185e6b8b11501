//! Status on an object that others change at the same time.

use std::sync::atomic::Ordering;

use serde_json::json;

use super::{Bench, Error, FOLDER, observed};

#[tokio::test]
async fn a_status_does_not_reach_a_later_object_of_the_same_name() {
    let mut bench = Bench::new(observed());
    bench.create("fir", json!({}), json!({}));
    // The watch lags: the object is gone, and another one has its name.
    let path = format!("{FOLDER}/fir");
    let mut other = bench.api.get(&path).unwrap();
    other["metadata"]["uid"] = "another".into();
    bench.api.put(&path, other);
    assert!(matches!(bench.pass("fir").await, Err(Error::Outdated)));
    assert_eq!(bench.status("fir"), json!({"observedGeneration": -1}));
}

#[tokio::test]
async fn a_status_is_written_although_somebody_changes_the_object_meanwhile() {
    let mut bench = Bench::new(observed());
    bench.create("fir", json!({}), json!({}));
    let path = format!("{FOLDER}/fir");
    let mut annotated = bench.api.get(&path).unwrap();
    annotated["metadata"]["annotations"] = json!({"by": "somebody"});
    bench.api.put(&path, annotated);
    bench.pass("fir").await.unwrap();
    assert_eq!(bench.reason("fir"), "Warm");
    assert_eq!(bench.api.get(&path).unwrap()["metadata"]["annotations"], json!({"by": "somebody"}));
}

#[tokio::test]
async fn what_somebody_else_adds_to_a_status_is_no_reason_to_write_it_again() {
    let mut bench = Bench::new(observed());
    bench.create("fir", json!({}), json!({}));
    bench.pass("fir").await.unwrap();
    let path = format!("{FOLDER}/fir");
    let mut added = bench.api.get(&path).unwrap();
    added["status"]["rollout"] = json!({"from": "39", "to": "40", "startTime": "2026-11-22T04:00:00Z"});
    bench.api.put(&path, added);
    bench.see("fir");
    bench.api.writes();
    bench.pass("fir").await.unwrap();
    assert_eq!(bench.api.writes(), [""; 0]);
}

#[tokio::test]
async fn a_status_that_cannot_be_read_is_written_anew() {
    let mut bench = Bench::new(observed());
    bench.create("fir", json!({}), json!({}));
    let path = format!("{FOLDER}/fir");
    for status in [
        json!("text"),
        json!({"conditions": "text"}),
        json!({"rejectedVersions": {"41": true}}),
    ] {
        let mut broken = bench.api.get(&path).unwrap();
        broken["status"] = status;
        bench.api.put(&path, broken);
        bench.see("fir");
        bench.pass("fir").await.unwrap();
        assert_eq!(bench.reason("fir"), "Warm");
        bench.see("fir");
    }
}

#[tokio::test]
async fn a_request_is_handled_by_a_pass_that_saw_aws_and_not_by_one_that_could_not_read_it() {
    let mut bench = Bench::new(observed());
    bench.create("fir", json!({}), json!({}));
    bench.pass("fir").await.unwrap();
    let path = format!("{FOLDER}/fir");
    let mut asked = bench.api.get(&path).unwrap();
    asked["metadata"]["annotations"] = json!({"warmlambda.dev/reconcile-requested-at": "now"});
    bench.api.put(&path, asked);
    bench.see("fir");
    bench.api.writes();
    bench.ctx.cloud.refuse.store(true, Ordering::Relaxed);
    bench.pass("fir").await.unwrap();
    assert_eq!(bench.api.writes(), [""; 0], "Ready is not said once more by who did not look");
    bench.ctx.cloud.refuse.store(false, Ordering::Relaxed);
    bench.pass("fir").await.unwrap();
    assert_eq!(bench.status("fir")["lastHandledReconcileAt"], "now");
}
