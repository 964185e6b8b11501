//! What a scrape shows of endpoints that come and go.

use super::*;
use crate::controller::measured::key;
use crate::controller::{account, scrape};

impl Bench {
    fn scrape(&self) -> String {
        scrape::text(&self.ctx, Some("warmlambda"))
    }

    /// Lets the watch show that an object is gone, as the controller hears of it.
    fn gone(&mut self, name: &str) {
        let gone = self.seen(name);
        self.ctx.forget(&gone);
        let guarded = serde_json::from_value(serde_json::to_value(gone).unwrap()).unwrap();
        self.writer.apply_watcher_event(&Event::Delete(guarded));
    }
}

fn value(text: &str, series: &str) -> Option<f64> {
    let line = text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '))?;
    line.parse().ok()
}

#[tokio::test]
async fn the_series_of_endpoints_go_with_them_however_many_there_were() {
    let mut bench = Bench::new(observed());
    let before = bench.scrape();
    for n in 0..200 {
        let (name, uid) = (format!("fir-{n}"), format!("uid-{n}"));
        bench.create(&name, json!({"aliasName": name}), json!({"uid": uid}));
        bench.ctx.measured.queue.ask(key(&bench.seen(&name)), Duration::from_secs(300));
        bench.pass(&name).await.unwrap();
        bench.see(&name);
    }
    let full = bench.scrape();
    assert_eq!(full.matches("warmlambda_endpoint_info{").count(), 200);
    assert_eq!(full.matches("warmlambda_endpoint_drift_corrections_total{").count(), 400);
    for n in 0..200 {
        bench.gone(&format!("fir-{n}"));
    }
    let after = bench.scrape();
    let of_endpoints = |text: &str| text.lines().filter(|line| line.contains("name=\"fir-")).count();
    assert_eq!(of_endpoints(&after), 0, "{after}");
    assert_eq!(after.lines().count(), before.lines().count());
    assert_eq!(format!("{:?}", bench.ctx.measured).matches("fir-").count(), 0);
}

#[tokio::test]
async fn what_somebody_changed_and_is_put_right_is_counted_as_drift() {
    let mut bench = Bench::new(observed());
    bench.create("fir", json!({}), json!({"uid": "u"}));
    bench.pass("fir").await.unwrap();
    bench.see("fir");
    let series = r#"warmlambda_endpoint_drift_corrections_total{namespace="shop",name="fir",resource="provisioned_concurrency"}"#;
    assert_eq!(value(&bench.scrape(), series), Some(0.0));
    bench.ctx.cloud.observed.lock().unwrap().capacity = None;
    bench.pass("fir").await.unwrap();
    assert_eq!(value(&bench.scrape(), series), Some(1.0));
}

#[tokio::test(start_paused = true)]
async fn an_allocation_is_timed_from_the_request_to_warmth() {
    let warm = observed();
    let mut bench = Bench::new(Observed {
        capacity: None,
        ..warm.clone()
    });
    bench.create("fir", json!({}), json!({"uid": "u"}));
    bench.pass("fir").await.unwrap();
    tokio::time::advance(Duration::from_secs(75)).await;
    *bench.ctx.cloud.observed.lock().unwrap() = warm;
    for _ in 0..3 {
        bench.pass("fir").await.unwrap();
    }
    let text = bench.scrape();
    assert_eq!(value(&text, "warmlambda_endpoint_allocation_duration_seconds_count"), Some(1.0));
    assert_eq!(value(&text, "warmlambda_endpoint_allocation_duration_seconds_sum"), Some(75.0));
}

#[tokio::test(start_paused = true)]
async fn the_account_is_asked_once_in_five_minutes_for_all_endpoints_of_a_region_also_when_it_refuses() {
    let mut bench = Bench::new(observed());
    for (name, region) in [("fir", "eu-west-1"), ("pine", "eu-west-1"), ("oak", "us-east-1")] {
        bench.create(name, json!({"region": region, "aliasName": name}), json!({}));
    }
    let (ctx, calls) = (Arc::new(bench.ctx), bench.calls);
    let sampling = tokio::spawn(account::sample(Arc::clone(&ctx)));
    tokio::time::sleep(Duration::from_secs(299)).await;
    let asked = std::mem::take(&mut *calls.lock().unwrap());
    assert_eq!(asked, ["account of eu-west-1", "account of us-east-1"]);
    let text = scrape::text(&ctx, None);
    let series = |name| format!(r#"warmlambda_account_concurrency_{name}{{account="111122223333",region="eu-west-1"}}"#);
    assert_eq!(value(&text, &series("limit")), Some(1000.0));
    assert_eq!(value(&text, &series("unreserved_available")), Some(900.0));

    ctx.cloud.refuse.store(true, Ordering::Relaxed);
    tokio::time::sleep(Duration::from_secs(299)).await;
    assert_eq!(calls.lock().unwrap().len(), 2);
    let text = scrape::text(&ctx, None);
    assert_eq!(value(&text, &series("limit")), None, "what AWS does not say any more is not told");
    sampling.abort();
}
