//! Writes without an answer, views that are old, and leaders that vanished.

use tokio::time::advance;

use super::*;
use crate::aws::clients::READS_SHARED;

const WINDOW: Duration = Duration::from_secs(360);

/// An endpoint whose capacity is missing, and whose first try to ask for it had no answer.
async fn unanswered_put() -> Bench {
    let mut bench = Bench::new(Observed {
        capacity: None,
        ..observed()
    });
    bench.create("fir", json!({}), json!({"uid": "u1"}));
    *bench.ctx.cloud.unanswered_write.lock().unwrap() = Some("lambda:PutProvisionedConcurrencyConfig");
    bench.pass("fir").await.unwrap();
    bench.calls();
    bench
}

/// Marks the object as deleted, and lets the watch show it.
fn delete(bench: &mut Bench, name: &str) {
    let path = format!("{FOLDER}/{name}");
    let mut object = bench.api.get(&path).unwrap();
    object["metadata"]["deletionTimestamp"] = "2026-11-22T04:40:00Z".into();
    bench.api.put(&path, object);
    bench.see(name);
}

fn is_there(bench: &Bench) -> bool {
    bench.api.get(&format!("{FOLDER}/fir")).is_some()
}

#[tokio::test(start_paused = true)]
async fn an_object_stays_while_capacity_that_was_asked_for_may_still_come() {
    let mut bench = unanswered_put().await;
    delete(&mut bench, "fir");
    bench.pass("fir").await.unwrap();
    assert!(is_there(&bench), "the capacity would be paid for ever");
    assert!(bench.status("fir").to_string().contains("PutProvisionedConcurrencyConfig"));
    advance(WINDOW + READS_SHARED).await;
    bench.see("fir");
    bench.pass("fir").await.unwrap();
    assert!(!is_there(&bench));
}

#[tokio::test(start_paused = true)]
async fn capacity_that_came_after_all_is_given_up_and_the_object_goes() {
    let mut bench = unanswered_put().await;
    delete(&mut bench, "fir");
    bench.ctx.cloud.observed.lock().unwrap().capacity = observed().capacity;
    bench.pass("fir").await.unwrap();
    assert!(!is_there(&bench), "it was seen, so nothing is unknown any more");
    assert!(bench.calls().contains(&"lambda:DeleteProvisionedConcurrencyConfig".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn after_a_leader_that_vanished_an_object_stays_until_all_that_it_sent_has_arrived() {
    let mut bench = Bench::new(observed());
    bench.create("fir", json!({}), deleted());
    bench.claim.send_replace(claim(2).after_one_that_vanished(Instant::now()));
    bench.pass("fir").await.unwrap();
    assert_eq!(bench.calls(), ["observe", "lambda:DeleteProvisionedConcurrencyConfig", "observe"]);
    assert!(is_there(&bench) && bench.status("fir").to_string().contains("vanished"));
    assert_eq!(bench.ctx.handover(), Release::InDoubt, "the next one must wait as well");
    advance(WINDOW + READS_SHARED).await;
    bench.see("fir");
    bench.pass("fir").await.unwrap();
    assert!(!is_there(&bench));
    assert_eq!(bench.ctx.handover(), Release::InGoodOrder);
}

#[tokio::test(start_paused = true)]
async fn the_lease_is_not_given_back_while_a_write_may_still_arrive() {
    let bench = unanswered_put().await;
    assert_eq!(bench.ctx.handover(), Release::InDoubt);
    advance(WINDOW).await;
    assert_eq!(bench.ctx.handover(), Release::InGoodOrder);
}

#[tokio::test(start_paused = true)]
async fn a_write_whose_pass_was_dropped_counts_as_unanswered() {
    let mut bench = Bench::new(Observed {
        capacity: None,
        ..observed()
    });
    bench.create("fir", json!({}), json!({"uid": "u1"}));
    bench.ctx.cloud.hangs.store(true, Ordering::Relaxed);
    let pass = tokio::time::timeout(Duration::from_secs(1), bench.pass("fir")).await;
    assert!(pass.is_err(), "no answer comes");
    assert_eq!(bench.ctx.handover(), Release::InDoubt);
}

#[tokio::test]
async fn a_plan_for_a_spec_that_was_changed_meanwhile_is_not_carried_out() {
    for (field, value) in [
        ("generation", json!(2)),
        ("uid", json!("another")),
        ("deletionTimestamp", json!("2026-11-22T04:40:00Z")),
    ] {
        let mut bench = Bench::new(Observed {
            capacity: None,
            ..observed()
        });
        bench.create("fir", json!({}), json!({"uid": "u1"}));
        let path = format!("{FOLDER}/fir");
        let mut newer = bench.api.get(&path).unwrap();
        newer["metadata"][field] = value;
        bench.api.put(&path, newer);
        assert!(matches!(bench.pass("fir").await, Err(Error::Outdated)), "{field}");
        assert_eq!(bench.calls(), ["observe"], "{field}");
    }
}

#[tokio::test]
async fn a_restored_store_without_the_object_causes_no_write() {
    let mut bench = Bench::new(Observed {
        capacity: None,
        ..observed()
    });
    bench.create("fir", json!({}), json!({"uid": "u1"}));
    bench.api.delete(&format!("{FOLDER}/fir"));
    assert!(matches!(bench.pass("fir").await, Err(Error::Outdated)));
    assert_eq!(bench.calls(), ["observe"]);
}
