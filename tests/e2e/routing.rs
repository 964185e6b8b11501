//! Weights on the alias that are not the operator's.

use std::collections::BTreeMap;

use awssim::world::AliasChange;
use serde_json::json;

use crate::harness::aws::{ALIAS, FUNCTION};
use crate::harness::scenario::Scenario;
use crate::harness::traffic::request;

#[tokio::test(flavor = "multi_thread")]
async fn weights_of_somebody_else_are_respected_until_they_are_gone() {
    let scenario = Scenario::begin().await;
    scenario.apply(&json!({ "provisionedConcurrency": null }));
    scenario.until_ready().await;
    let mark = scenario.aws.mark();
    let weights = |weights: BTreeMap<String, f64>| {
        let change = AliasChange {
            additional_version_weights: Some(weights),
            ..AliasChange::default()
        };
        scenario
            .aws
            .region(|region| region.update_alias(FUNCTION, ALIAS, &change))
            .expect("somebody sets weights");
    };
    weights(BTreeMap::from([("39".to_owned(), 0.2)]));
    scenario.until_condition("Ready", "False ForeignRouting").await;
    scenario.aws.upload("reviews 41");
    scenario.until_checked_again().await;
    scenario.patch_spec(&json!({ "provisionedConcurrency": 3 }));
    scenario.until_checked_again().await;
    let written = scenario.aws.written_since(mark);
    assert!(
        !written.iter().any(|o| o == "UpdateAlias" || o == "PutProvisionedConcurrencyConfig"),
        "{written:?}"
    );
    assert_eq!(scenario.aws.alias().expect("the alias").additional_version_weights["39"], 0.2);

    weights(BTreeMap::new());
    scenario.until_ready().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alias_that_somebody_wedged_is_taken_back() {
    let scenario = Scenario::warm().await;
    // Somebody publishes broken code by hand and moves the alias to it.
    scenario.aws.upload("init: fail");
    scenario
        .until_aws("version 41", |aws| {
            aws.region(|region| region.publish_version(FUNCTION, None, None, None).ok())
        })
        .await;
    let _ = scenario
        .aws
        .region(|region| region.update_alias(FUNCTION, ALIAS, &AliasChange::version("41")));
    scenario
        .until_endpoint("version 41 rejected", |found| {
            let told = found.status.clone().unwrap_or_default();
            told.rejected_versions.iter().any(|rejected| rejected.version == "41")
        })
        .await;
    scenario
        .until_aws("the alias on version 40 without weights", |aws| {
            let alias = aws.alias()?;
            (alias.function_version == "40" && alias.additional_version_weights.is_empty()).then_some(())
        })
        .await;
    assert_eq!(request(scenario.aws.sim()).executed_version.as_deref(), Some("40"));
}
