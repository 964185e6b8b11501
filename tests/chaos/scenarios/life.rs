//! An endpoint in front of a REST API, from its creation to its deletion.

use std::time::Duration;

use futures::future::BoxFuture;
use kube::ResourceExt;
use serde_json::json;
use tokio::time::sleep;

use super::{Ending, Opening, Scenario, nobody_acts};
use crate::harness::aws::{ALIAS, ALIAS_URI, Aws, FUNCTION, UNQUALIFIED_URI};
use crate::harness::endpoint::Told;
use crate::harness::traffic::REVIEWS;
use crate::stage::Stage;

/// Between two looks of a person.
const LOOK: Duration = Duration::from_millis(50);

fn nothing(_: &Aws) {}

/// The scenarios.
pub fn scenarios() -> Vec<Scenario> {
    let warm = || Scenario {
        name: "create-rest",
        aws: nothing,
        spec: || json!({ "deletionPolicy": "Delete" }),
        opening: Opening::Ready,
        act: nobody_acts,
        ending: Ending::Ready,
        users: Some(REVIEWS),
    };
    vec![
        Scenario {
            opening: Opening::Cold,
            ..warm()
        },
        Scenario {
            name: "adopt",
            aws: |aws| {
                aws.set_up_by_hand(2);
                let removed = aws.region(|region| region.remove_permission(FUNCTION, Some(ALIAS), "by-hand", None));
                removed.expect("the statement is there");
                aws.edit_uri(UNQUALIFIED_URI);
                aws.deploy();
            },
            opening: Opening::Cold,
            ..warm()
        },
        Scenario {
            name: "new-version",
            act: |stage| Box::pin(async { stage.intervene(|aws| aws.upload("reviews 41, duration: 200ms, init: 900ms")) }),
            ..warm()
        },
        Scenario {
            name: "capacity",
            act: |stage| Box::pin(async { stage.patch(json!({ "provisionedConcurrency": 5 })).await }),
            ..warm()
        },
        Scenario {
            name: "drift",
            act: |stage| Box::pin(async { stage.intervene(drift) }),
            ..warm()
        },
        Scenario {
            name: "delete",
            act: |stage| Box::pin(async { let_go(stage).await }),
            ending: Ending::Gone,
            ..warm()
        },
        Scenario {
            name: "recreate",
            act: recreate,
            ..warm()
        },
    ]
}

/// Somebody takes the capacity away, moves the alias and points the method elsewhere, and users notice nothing of it.
fn drift(aws: &Aws) {
    let deleted = aws.region(|region| region.delete_provisioned_concurrency_config(FUNCTION, ALIAS));
    deleted.expect("there is capacity");
    aws.move_alias("39");
    aws.edit_uri(UNQUALIFIED_URI);
}

/// Deletes the endpoint, and points its callers elsewhere once it says that they hold it; as often as it takes, because a pass that
/// began before may point them back.
async fn let_go(stage: &Stage) {
    let uid = stage.endpoint().await.and_then(|endpoint| endpoint.uid());
    stage.delete().await;
    while let Some(endpoint) = stage.endpoint().await.filter(|endpoint| endpoint.uid() == uid) {
        let called = [stage.aws.edited_uri(), stage.aws.deployed_uri()];
        let called = called.iter().any(|uri| uri.as_deref() == Some(ALIAS_URI));
        if called && endpoint.condition("DeletionBlocked") == "True StillInUse" {
            stage.intervene(|aws| {
                aws.edit_uri(UNQUALIFIED_URI);
                aws.deploy();
            });
        }
        sleep(LOOK).await;
    }
}

fn recreate(stage: &Stage) -> BoxFuture<'_, ()> {
    Box::pin(async {
        let_go(stage).await;
        stage.create(json!({ "deletionPolicy": "Delete" })).await;
    })
}
