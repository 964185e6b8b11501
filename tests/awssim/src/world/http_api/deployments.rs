//! Deployments of HTTP APIs: copies of routes and integrations, and the stages that they move.

use crate::world::gateway::ids;
use crate::world::{Answer, Millis, Region};

use super::errors::{NO_ROUTES, active_deployment, auto_deployed_text, bad_request, no_api, no_deployment};
use super::model::{Deployment, DeploymentStatus, HttpApi};
use super::page::{Page, Paged};

/// A deployment as the API answers it: without what it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeploymentSummary {
    /// Six characters.
    pub id: String,
    /// Free text.
    pub description: Option<String>,
    /// When it was made.
    pub created: Millis,
    /// Whether a stage with `autoDeploy` made it.
    pub auto_deployed: bool,
    /// How far it is.
    pub status: DeploymentStatus,
    /// Why it failed.
    pub status_message: Option<String>,
}

fn summary(id: &str, deployment: &Deployment) -> DeploymentSummary {
    DeploymentSummary {
        id: id.into(),
        description: deployment.description.clone(),
        created: deployment.created,
        auto_deployed: deployment.auto_deployed,
        status: deployment.status,
        status_message: deployment.status_message.clone(),
    }
}

impl Deployment {
    /// A copy of what the API is now, already serving.
    pub(super) fn of(api: &HttpApi, now: Millis, stage_name: Option<String>) -> Self {
        Self {
            created: now,
            stage_name,
            integrations: api.integrations.clone(),
            routes: api.routes.clone(),
            ..Self::default()
        }
    }
}

impl Region {
    /// `CreateDeployment`: copies the whole API and, with a stage, moves it there once the deployment is done (AWS-105, AWS-106).
    ///
    /// For a stage that deploys by itself the answer is 201 and the deployment `FAILED` (recorded).
    ///
    /// # Errors
    /// 404 for an unknown API, 400 for an unknown stage or an API without routes.
    pub fn create_http_deployment(
        &mut self,
        now: Millis,
        api_id: &str,
        stage_name: Option<String>,
        description: Option<String>,
    ) -> Answer<DeploymentSummary> {
        let api = self.http_api(api_id)?;
        let stage = stage_name.as_ref().map(|name| (name, api.stages.get(name)));
        if let Some((name, None)) = stage {
            return Err(bad_request(format!(
                "Stage {name} does not exist. StageName specified on a CreateDeployment request must exist so the stage can be updated with the new deployment."
            )));
        }
        if api.routes.is_empty() {
            return Err(bad_request(NO_ROUTES));
        }
        let deploys_itself = stage.and_then(|(_, stage)| stage).is_some_and(|stage| stage.auto_deploy);
        let mut deployment = Deployment {
            description,
            ..Deployment::of(api, now, stage_name.clone())
        };
        if deploys_itself {
            let text = auto_deployed_text(&self.account, api_id);
            deployment.status = DeploymentStatus::Failed;
            deployment.status_message = Some(serde_json::json!({ "message": text }).to_string());
        }
        let id = self.begin_http_deployment(now, api_id, deployment);
        self.get_http_deployment(api_id, &id)
    }

    /// Puts a deployment into the API; it is done at once or after the time that the region's settings give. Answers its id.
    pub(super) fn begin_http_deployment(&mut self, now: Millis, api_id: &str, mut deployment: Deployment) -> String {
        let id = ids::next(&mut self.ids, ids::PART);
        if deployment.status != DeploymentStatus::Failed {
            deployment.status = DeploymentStatus::Pending;
            deployment.done_at = Some(now + self.settings.http_deployment_ms);
        }
        let is_due = deployment.done_at == Some(now);
        if let Some(api) = self.http_apis.get_mut(api_id) {
            api.deployments.insert(id.clone(), deployment);
        }
        if is_due {
            self.end_http_deployment(now, api_id, &id);
        }
        id
    }

    /// Ends a pending deployment: its stage moves to it, unless deployments fail or the stage is gone.
    pub(super) fn end_http_deployment(&mut self, now: Millis, api_id: &str, id: &str) {
        let (failure, spread) = (self.settings.http_deployment_failure.clone(), self.deployment_propagation_ms);
        let Some(api) = self.http_apis.get_mut(api_id) else { return };
        let Some(deployment) = api.deployments.get_mut(id) else { return };
        deployment.done_at = None;
        deployment.status = if failure.is_some() {
            DeploymentStatus::Failed
        } else {
            DeploymentStatus::Deployed
        };
        deployment.status_message.clone_from(&failure);
        let stage = deployment.stage_name.as_ref().and_then(|name| api.stages.get_mut(name));
        let Some(stage) = stage else { return };
        if deployment.auto_deployed {
            stage.last_deployment_status_message = Some(match &failure {
                Some(reason) => format!("Deployment attempt failed: {reason}"),
                None => format!("Successfully deployed stage with deployment ID '{id}'"),
            });
        }
        if failure.is_none() {
            stage.move_to(id, now, spread);
        }
    }

    fn http_deployment(&self, api_id: &str, id: &str) -> Answer<&Deployment> {
        let api = self.http_apis.get(api_id);
        api.and_then(|api| api.deployments.get(id)).ok_or_else(no_deployment)
    }

    /// `GetDeployment`.
    ///
    /// # Errors
    /// 404 for an unknown deployment; an unknown API reads the same (recorded).
    pub fn get_http_deployment(&self, api_id: &str, id: &str) -> Answer<DeploymentSummary> {
        Ok(summary(id, self.http_deployment(api_id, id)?))
    }

    /// `GetDeployments`.
    ///
    /// # Errors
    /// 404 for an unknown API, 400 for a wrong page.
    pub fn get_http_deployments(&self, api_id: &str, page: &Page) -> Answer<Paged<DeploymentSummary>> {
        let all = self.http_api(api_id)?.deployments.iter();
        page.of(all.map(|(id, deployment)| summary(id, deployment)).collect())
    }

    /// `UpdateDeployment`: its description, when one is given.
    ///
    /// # Errors
    /// 404 for an unknown deployment; an unknown API reads the same (recorded).
    pub fn update_http_deployment(&mut self, api_id: &str, id: &str, description: Option<String>) -> Answer<DeploymentSummary> {
        self.http_deployment(api_id, id)?;
        let deployment = self.http_api_mut(api_id)?.deployments.get_mut(id).ok_or_else(no_deployment)?;
        deployment.description = description.or(deployment.description.take());
        Ok(summary(id, deployment))
    }

    /// `DeleteDeployment`.
    ///
    /// # Errors
    /// 404 for an unknown API or deployment, 400 while a stage is on it (recorded).
    pub fn delete_http_deployment(&mut self, api_id: &str, id: &str) -> Answer<()> {
        let missing = no_api(&self.account, api_id);
        let api = self.http_apis.get_mut(api_id).ok_or(missing)?;
        if !api.deployments.contains_key(id) {
            return Err(no_deployment());
        }
        if api.stages.values().any(|stage| stage.deployment_id.as_deref() == Some(id)) {
            return Err(active_deployment());
        }
        api.deployments.remove(id);
        Ok(())
    }
}
