//! Deployments: copies of the whole API, and the stages that they move.

use std::collections::BTreeMap;

use crate::world::gateway::Texts;
use crate::world::gateway::errors::active_deployment;
use crate::world::gateway::ids;
use crate::world::{Answer, Millis, Region};

use super::errors::{bad_request, not_found};
use super::model::{CanarySettings, Deployment, RestApi, Stage};
use super::page::{Page, Paged};
use super::stages::{allow_stage_name, allow_variables};

/// What `CreateDeployment` is asked for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NewDeployment {
    /// The stage to be moved, or made, with it.
    pub stage_name: Option<String>,
    /// Free text for a stage that is made.
    pub stage_description: Option<String>,
    /// Free text for the deployment.
    pub description: Option<String>,
    /// Stage variables to be set; the others of the stage stay as they are.
    pub variables: Texts,
    /// Makes the deployment a canary of an existing stage; its `deployment_id` is ignored.
    pub canary_settings: Option<CanarySettings>,
}

/// A deployment as the API answers it: without URIs, so that it cannot tell whether an integration is stale.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeploymentSummary {
    /// Six characters.
    pub id: String,
    /// Free text.
    pub description: Option<String>,
    /// When it was made.
    pub created: Millis,
    /// Authorization type and whether a key is needed, by path and method; a caller sees it only with `embed=apisummary`.
    pub methods: BTreeMap<String, BTreeMap<String, (String, bool)>>,
}

fn summary(id: &str, deployment: &Deployment) -> DeploymentSummary {
    let methods = deployment
        .resources
        .iter()
        .filter(|(_, r)| !r.methods.is_empty())
        .map(|(path, resource)| {
            let methods = resource
                .methods
                .iter()
                .map(|(name, m)| (name.clone(), (m.authorization_type.clone(), m.api_key_required)));
            (path.clone(), methods.collect())
        });
    DeploymentSummary {
        id: id.into(),
        description: deployment.description.clone(),
        created: deployment.created,
        methods: methods.collect(),
    }
}

fn invalid(why: &str) -> crate::world::AwsError {
    bad_request(format!("Invalid deployment content specified.{why}"))
}

/// What a canary needs, checked before anything else (recorded).
fn allow_canary(api: &RestApi, stage_name: Option<&str>) -> Answer<()> {
    let Some(name) = stage_name.filter(|name| !name.is_empty()) else {
        let provided = stage_name.unwrap_or("null");
        return Err(invalid(&format!(
            "Non null and non empty stageName must be provided for canary deployment. Provided value is {provided}"
        )));
    };
    if api.stages.contains_key(name) {
        return Ok(());
    }
    Err(invalid(&format!(
        "Stage {name} must already be created before making a canary release deployment"
    )))
}

fn allow_contents(api: &RestApi) -> Answer<()> {
    let mut methods = api.resources.values().flat_map(|r| r.methods.values()).peekable();
    if methods.peek().is_none() {
        return Err(bad_request("The REST API doesn't contain any methods"));
    }
    if methods.any(|m| m.integration.is_none()) {
        return Err(bad_request("No integration defined for method"));
    }
    Ok(())
}

impl Region {
    /// `CreateDeployment`: copies the whole API (AWS-46) and, with a stage, moves it there or makes it.
    ///
    /// # Errors
    /// 404 for an unknown API, 400 for an API without methods or integrations, or a canary without its stage.
    pub fn create_deployment(&mut self, now: Millis, api_id: &str, new: NewDeployment) -> Answer<DeploymentSummary> {
        let api = self.rest_api(api_id)?;
        if new.canary_settings.is_some() {
            allow_canary(api, new.stage_name.as_deref())?;
        }
        allow_contents(api)?;
        let stage_name = new.stage_name.filter(|name| !name.is_empty());
        if let Some(name) = &stage_name {
            allow_stage_name(name)?;
        }
        allow_variables(&new.variables)?;
        let deployment = Deployment {
            description: new.description,
            created: now,
            resources: api.resources.clone(),
        };
        let id = ids::next(&mut self.ids, ids::PART);
        let answer = summary(&id, &deployment);
        let spread = self.deployment_propagation_ms;
        let api = self.rest_api_mut(api_id)?;
        api.deployments.insert(id.clone(), deployment);
        let Some(name) = stage_name else { return Ok(answer) };
        let stage = api.stages.entry(name).or_insert_with(|| Stage {
            description: new.stage_description,
            created: now,
            ..Stage::default()
        });
        stage.last_updated = now;
        stage.variables.extend(new.variables);
        if let Some(canary) = new.canary_settings {
            stage.canary_settings = Some(CanarySettings {
                deployment_id: id,
                ..canary
            });
            stage.canary_calls = 0;
        } else {
            stage.move_to(&id, now, spread);
        }
        Ok(answer)
    }

    /// `GetDeployment`.
    ///
    /// # Errors
    /// 404 for an unknown API or deployment.
    pub fn get_deployment(&self, api_id: &str, deployment_id: &str) -> Answer<DeploymentSummary> {
        let deployments = &self.rest_api(api_id)?.deployments;
        let deployment = deployments
            .get(deployment_id)
            .ok_or_else(|| not_found("Invalid Deployment identifier specified"))?;
        Ok(summary(deployment_id, deployment))
    }

    /// `GetDeployments`.
    ///
    /// # Errors
    /// 404 for an unknown API, 400 for a wrong position.
    pub fn get_deployments(&self, api_id: &str, page: &Page) -> Answer<Paged<DeploymentSummary>> {
        page.of(self
            .rest_api(api_id)?
            .deployments
            .iter()
            .map(|(id, deployment)| summary(id, deployment))
            .collect())
    }

    /// `DeleteDeployment`.
    ///
    /// # Errors
    /// 404 for an unknown API or deployment, 400 while a stage or its canary is on it.
    pub fn delete_deployment(&mut self, api_id: &str, deployment_id: &str) -> Answer<()> {
        self.get_deployment(api_id, deployment_id)?;
        let api = self.rest_api_mut(api_id)?;
        let on_it = |stage: &Stage| {
            stage.deployment_id == deployment_id
                || stage
                    .canary_settings
                    .as_ref()
                    .is_some_and(|canary| canary.deployment_id == deployment_id)
        };
        if api.stages.values().any(on_it) {
            return Err(active_deployment());
        }
        api.deployments.remove(deployment_id);
        Ok(())
    }
}
