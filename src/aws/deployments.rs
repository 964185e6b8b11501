//! Deployments of REST APIs: however many endpoints want one of the same stage at a moment, one is made.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::FutureExt;
use futures::future::{BoxFuture, Shared};

use super::apigateway::CREATE_DEPLOYMENT;
use super::clients::Region;
use crate::plan::failure::Failure;

type Deployment = Shared<BoxFuture<'static, Result<(), Failure>>>;

/// Deployments that wait for their turn, by API and stage. One that was sent is not here any more: it shows the API as it was
/// when it was sent, so who comes later needs another one.
#[derive(Debug, Default)]
pub(super) struct Deployments(Mutex<BTreeMap<(String, String), Deployment>>);

impl Deployments {
    fn waiting(&self) -> MutexGuard<'_, BTreeMap<(String, String), Deployment>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Region {
    /// Deploys the API as it is now to the stage. Source: AWS-46, AWS-53.
    pub async fn deploy(self: &Arc<Self>, api_id: &str, stage: &str) -> Result<(), Failure> {
        let key = (api_id.to_owned(), stage.to_owned());
        let deployment = {
            let mut waiting = self.deployments.waiting();
            let make = || Arc::clone(self).create_deployment(key.clone()).boxed().shared();
            waiting.entry(key.clone()).or_insert_with(make).clone()
        };
        deployment.await
    }

    async fn create_deployment(self: Arc<Self>, key: (String, String)) -> Result<(), Failure> {
        let resource = format!("{}/{}", key.0, key.1);
        let turn = self.gate.turn(CREATE_DEPLOYMENT, &resource).await;
        self.deployments.waiting().remove(&key);
        let (api_id, stage) = key;
        let _fresh = self.apis.forget(api_id.clone());
        let call = self
            .apigateway
            .create_deployment()
            .rest_api_id(api_id)
            .stage_name(stage)
            .description("warmlambda");
        self.gate.write(CREATE_DEPLOYMENT, &resource, turn?, call.send()).await.map(drop)
    }
}
