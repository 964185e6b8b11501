//! Status on an object that others change at the same time.

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
