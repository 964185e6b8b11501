//! HTTP APIs as the plan looks at them: routes, integrations, stages and what is deployed there. Equal reads are shared.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures::FutureExt;
use futures::future::try_join_all;
use tokio::try_join;

use super::apigatewayv2::{EXPORT_API, GET_DEPLOYMENTS};
use super::clients::Region;
use super::observe::{StageDeployment, moved_on};
use crate::plan::desired::Desired;
use crate::plan::failure::Failure;
use crate::plan::http_api::due_on;
use crate::plan::observed::{DeployedCall, HttpApi};

/// An API as endpoints share it: nothing in it is about what is deployed.
pub(super) type SharedHttpApi = Arc<HttpApi>;
/// What a deployment calls, by route key.
pub(super) type DeployedRoutes = Arc<BTreeMap<String, DeployedCall>>;

/// How often an API is read whose stages move meanwhile.
const READS: usize = 2;

impl Region {
    /// HTTP APIs by id, with what is deployed on the stages that `with_deployed` (API, stage) names.
    pub async fn http_apis(
        self: &Arc<Self>,
        desired: &Desired,
        ids: &BTreeSet<String>,
        with_deployed: impl Fn(&str, &str) -> bool,
    ) -> Result<BTreeMap<String, HttpApi>, Failure> {
        let with_deployed = &with_deployed;
        let apis = ids.iter().map(|id| async move {
            for _ in 0..READS {
                let api = self.http_api(id, |stage| with_deployed(id, stage)).await?;
                if let Some(api) = self.with_pending(desired, id, api).await? {
                    return Ok((id.clone(), api));
                }
                drop(self.http_apis.forget(id.clone()));
            }
            Err(moved_on(GET_DEPLOYMENTS.name, id, "*"))
        });
        Ok(try_join_all(apis).await?.into_iter().collect())
    }

    async fn http_api(self: &Arc<Self>, id: &str, with_deployed: impl Fn(&str) -> bool) -> Result<HttpApi, Failure> {
        let mut api = self.shared_http_api(id).await?.as_ref().clone();
        let wanted = api.stages.iter_mut().filter(|(name, _)| with_deployed(name));
        let deployed = wanted.map(|(name, stage)| async {
            stage.deployed = Some(if stage.deployment_id.is_empty() {
                // Nothing was deployed yet, so nothing is called.
                BTreeMap::new()
            } else {
                self.deployed_routes(id, name, &stage.deployment_id).await?.as_ref().clone()
            });
            Ok(())
        });
        try_join_all(deployed).await?;
        Ok(api)
    }

    /// Three reads for a quiet API: routes, integrations and stages.
    async fn shared_http_api(self: &Arc<Self>, id: &str) -> Result<SharedHttpApi, Failure> {
        let (region, id_of_read) = (Arc::clone(self), id.to_owned());
        let read = || {
            async move {
                let id = &id_of_read;
                let (routes, integrations, stages) = try_join!(region.routes(id), region.http_integrations(id), region.http_stages(id))?;
                // Gone between the reads is gone.
                let whole = routes.zip(integrations).zip(stages);
                let api = whole.map(|((routes, integrations), stages)| HttpApi {
                    routes: Some(routes),
                    integrations,
                    stages,
                });
                Ok(Arc::new(api.unwrap_or_default()))
            }
            .boxed()
        };
        self.http_apis.get(id.to_owned(), read).await
    }

    /// What a deployment of a stage calls. The export names no deployment, so the stage is looked at again after it.
    async fn deployed_routes(self: &Arc<Self>, api: &str, stage: &str, deployment: &str) -> Result<DeployedRoutes, Failure> {
        let key: StageDeployment = (api.into(), stage.into(), deployment.into());
        let (region, wanted) = (Arc::clone(self), key.clone());
        let read = || {
            async move {
                let (api, stage, deployment) = wanted;
                let calls = region.export_http(&api, &stage).await?;
                let served = region.http_deployment_of(&api, &stage).await?;
                calls
                    .filter(|_| served.as_deref() == Some(&deployment))
                    .map(Arc::new)
                    .ok_or_else(|| moved_on(EXPORT_API.name, &api, &stage))
            }
            .boxed()
        };
        let result = self.http_exports.get(key, read).await;
        if result.is_err() {
            drop(self.http_apis.forget(api.to_owned()));
        }
        result
    }

    /// Adds how far our deployments are, where a stage waits for one: only then it matters. `None` when one was done after the stages
    /// were read: what was read is old then, and to go by it would deploy twice.
    async fn with_pending(&self, desired: &Desired, id: &str, mut api: HttpApi) -> Result<Option<HttpApi>, Failure> {
        let of_api = desired.http_apis.iter().filter(|t| t.api_id == id);
        let waiting: BTreeSet<_> = of_api
            .filter(|t| due_on(desired, t, Some(&api)).deploy.is_some())
            .map(|t| t.stage.as_str())
            .collect();
        let by_hand = api
            .stages
            .iter_mut()
            .filter(|(name, stage)| waiting.contains(name.as_str()) && !stage.auto_deploy);
        let mut by_hand: Vec<_> = by_hand.collect();
        if by_hand.is_empty() {
            return Ok(Some(api));
        }
        let mut pending = self.unfinished_deployments(id).await?;
        for (name, stage) in &mut by_hand {
            stage.pending = pending.remove(*name);
            if stage.pending.is_none() && self.http_deployment_of(id, name).await?.unwrap_or_default() != stage.deployment_id {
                return Ok(None);
            }
        }
        Ok(Some(api))
    }
}
