//! Events: told on transitions, and folded when they come again.

use k8s_openapi::api::events::v1::Event;
use kube::Api;
use kube::api::ListParams;

use crate::harness::endpoint::Told;
use crate::harness::scenario::Scenario;
use crate::harness::waiting::until;

async fn events(scenario: &Scenario, reason: &str) -> Vec<Event> {
    let api: Api<Event> = Api::namespaced(scenario.client.clone(), &scenario.namespace);
    let all = api.list(&ListParams::default()).await.expect("events can be listed").items;
    all.into_iter().filter(|event| event.reason.as_deref() == Some(reason)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cause_that_comes_and_goes_is_one_event_with_a_count() {
    let scenario = Scenario::warm().await;
    for _ in 0..3 {
        let refused = scenario.aws.refuse("GetAlias", 403, "AccessDeniedException", "not allowed");
        scenario
            .until_endpoint("not Ready", |found| !found.condition("Ready").starts_with("True"))
            .await;
        // Passes go on failing meanwhile, and say nothing new.
        let mark = scenario.aws.mark();
        scenario
            .until_aws("more passes that fail", |aws| {
                let again = aws.reads_since(mark);
                (again.iter().filter(|entry| entry.operation == "GetAlias").count() >= 3).then_some(())
            })
            .await;
        scenario.aws.sim().remove_fault(refused);
        scenario.until_ready().await;
    }
    let ready = until("a series of three more", async || {
        let found = events(&scenario, "Ready").await;
        let count = found
            .first()
            .and_then(|event| event.series.as_ref())
            .map_or(1, |series| series.count);
        if count >= 4 { Ok(found) } else { Err(format!("{found:#?}")) }
    })
    .await;
    assert_eq!(ready.len(), 1, "{ready:#?}");
    let event = &ready[0];
    assert_eq!(event.series.as_ref().map(|series| series.count), Some(4));
    assert_eq!(event.regarding.as_ref().and_then(|about| about.name.as_deref()), Some("fir-api"));
    assert_eq!(
        (event.type_.as_deref(), event.reporting_controller.as_deref()),
        (Some("Normal"), Some("warmlambda.dev/operator"))
    );
    let all: Api<Event> = Api::namespaced(scenario.client.clone(), &scenario.namespace);
    let all = all.list(&ListParams::default()).await.expect("events can be listed").items;
    assert!(all.len() <= 12, "{} objects for a handful of transitions: {all:#?}", all.len());
}
