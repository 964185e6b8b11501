//! Deployments of APIs: however many endpoints want one of the same stage at a moment, one is made.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::FutureExt;
use futures::future::{BoxFuture, Shared};

use super::apigateway::CREATE_DEPLOYMENT;
use super::apigatewayv2::CREATE_HTTP_DEPLOYMENT;
use super::clients::Region;
use crate::plan::callers::ApiKind;
use crate::plan::failure::Failure;

type Deployment = Shared<BoxFuture<'static, Result<(), Failure>>>;

/// A stage of an API.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    kind: ApiKind,
    api_id: String,
    stage: String,
}

/// Deployments that wait for their turn, by stage. One that was sent is not here any more: it shows the API as it was when it was
/// sent, so who comes later needs another one.
#[derive(Debug, Default)]
pub(super) struct Deployments(Mutex<BTreeMap<Place, Deployment>>);

impl Deployments {
    fn waiting(&self) -> MutexGuard<'_, BTreeMap<Place, Deployment>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The description of a deployment of ours to a stage of an HTTP API: nothing else in it says which stage it is for.
pub(super) fn mark(stage: &str) -> String {
    format!("warmlambda: {stage}")
}

impl Region {
    /// Deploys the API as it is now to the stage. Source: AWS-46, AWS-53, AWS-105.
    pub async fn deploy(self: &Arc<Self>, kind: ApiKind, api_id: &str, stage: &str) -> Result<(), Failure> {
        let place = Place {
            kind,
            api_id: api_id.into(),
            stage: stage.into(),
        };
        let deployment = {
            let mut waiting = self.deployments.waiting();
            let make = || Arc::clone(self).create_deployment(place.clone()).boxed().shared();
            waiting.entry(place.clone()).or_insert_with(make).clone()
        };
        deployment.await
    }

    async fn create_deployment(self: Arc<Self>, place: Place) -> Result<(), Failure> {
        let resource = format!("{}/{}", place.api_id, place.stage);
        let operation = match place.kind {
            ApiKind::Rest => CREATE_DEPLOYMENT,
            ApiKind::Http => CREATE_HTTP_DEPLOYMENT,
        };
        let turn = self.gate.turn(operation, &resource).await;
        self.deployments.waiting().remove(&place);
        let Place { kind, api_id, stage } = place;
        match kind {
            ApiKind::Rest => {
                let _fresh = self.apis.forget(api_id.clone());
                let call = self.apigateway.create_deployment().rest_api_id(api_id).stage_name(stage);
                let call = call.description("warmlambda");
                self.gate.write(operation, &resource, turn?, call.send()).await.map(drop)
            }
            ApiKind::Http => {
                let _fresh = self.http_apis.forget(api_id.clone());
                let call = self.apigatewayv2.create_deployment().api_id(api_id).description(mark(&stage));
                let call = call.stage_name(stage);
                self.gate.write(operation, &resource, turn?, call.send()).await.map(drop)
            }
        }
    }
}
