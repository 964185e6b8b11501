//! Stages of HTTP APIs: the names under which callers reach a deployment.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::world::gateway::Texts;
use crate::world::gateway::rollout::{supersede, visible};
use crate::world::{Answer, Millis, Region};

use super::apis::DEFAULT;
use super::complete::creation;
use super::errors::{auto_deployed, bad_request, conflict, no_deployment, no_stage};
use super::integrations::merge;
use super::model::{HttpApi, Stage};
use super::page::{Page, Paged};

/// What `CreateStage` and `UpdateStage` are given. What is absent is the default, or stays.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct StageChange {
    /// The deployment to serve; never with `auto_deploy` (AWS-105).
    pub deployment_id: Option<String>,
    /// Whether changes of the API are deployed by themselves.
    pub auto_deploy: Option<bool>,
    /// Free text.
    pub description: Option<String>,
    /// Added to those there are; an empty text takes one away.
    pub stage_variables: Option<Texts>,
    /// As on the wire.
    pub default_route_settings: Option<Value>,
    /// As on the wire, by route key.
    pub route_settings: Option<BTreeMap<String, Value>>,
    /// As on the wire.
    pub access_log_settings: Option<Value>,
    /// Tags by key, of a new stage.
    pub tags: Option<Texts>,
}

/// A stage with its name.
#[derive(Clone, Debug, PartialEq)]
pub struct StageSummary {
    /// Unique in the API.
    pub name: String,
    /// All the rest.
    pub stage: Stage,
}

/// In the words recorded, which do not mention the `-` that is allowed.
fn allow_stage_name(name: &str) -> Answer<()> {
    let refusal = match name {
        DEFAULT => return Ok(()),
        "" => "Stage name must be non-empty",
        name if name.contains('/') => "Stage name cannot contain slashes",
        name if !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-') => "Stage name only allows a-zA-Z0-9_",
        _ => return Ok(()),
    };
    Err(bad_request(refusal))
}

impl Stage {
    /// Points the stage to another deployment. Callers see the old one for `spread` milliseconds more (AWS-76).
    pub(super) fn move_to(&mut self, deployment_id: &str, now: Millis, spread: Millis) {
        let old = self.deployment_id.replace(deployment_id.to_owned()).unwrap_or_default();
        let spread = if old == deployment_id { 0 } else { spread };
        supersede(&mut self.superseded, &old, now, spread);
        self.last_updated = now;
    }

    /// The deployment that callers see at that moment.
    pub(super) fn visible_deployment(&self, now: Millis) -> &str {
        visible(&self.superseded, self.deployment_id.as_deref().unwrap_or_default(), now)
    }
}

impl StageChange {
    fn apply(self, api: &HttpApi, to: &mut Stage, (now, spread): (Millis, Millis)) -> Answer<()> {
        if let Some(id) = &self.deployment_id {
            if !api.deployments.contains_key(id) {
                return Err(no_deployment());
            }
            to.move_to(id, now, spread);
        }
        to.auto_deploy = self.auto_deploy.unwrap_or(to.auto_deploy);
        to.description = self.description.or(to.description.take());
        merge(&mut to.stage_variables, self.stage_variables.unwrap_or_default());
        to.default_route_settings = self.default_route_settings.or(to.default_route_settings.take());
        to.route_settings.extend(self.route_settings.unwrap_or_default());
        to.access_log_settings = self.access_log_settings.or(to.access_log_settings.take());
        to.tags.extend(self.tags.unwrap_or_default());
        to.last_updated = now;
        Ok(())
    }
}

impl Region {
    /// `CreateStage`; one with `auto_deploy` gets its deployment a moment later (recorded, AWS-105).
    ///
    /// # Errors
    /// 404 for an unknown API or deployment, 400 for a wrong name or a deployment with `auto_deploy`, 409 for a taken name.
    pub fn create_http_stage(&mut self, now: Millis, api_id: &str, name: &str, new: StageChange) -> Answer<StageSummary> {
        let api = self.http_api(api_id)?;
        allow_stage_name(name)?;
        if api.stages.contains_key(name) {
            return Err(conflict("Stage already exists"));
        }
        let stage = Stage {
            created: creation(now),
            ..Stage::default()
        };
        self.put_http_stage(now, (api_id, name), stage, new)
    }

    /// `GetStage`.
    ///
    /// # Errors
    /// 404 for an unknown API or stage.
    pub fn get_http_stage(&self, api_id: &str, name: &str) -> Answer<StageSummary> {
        let stage = self.http_api(api_id)?.stages.get(name).ok_or_else(no_stage)?.clone();
        Ok(StageSummary { name: name.into(), stage })
    }

    /// `GetStages`.
    ///
    /// # Errors
    /// 404 for an unknown API, 400 for a wrong page.
    pub fn get_http_stages(&self, api_id: &str, page: &Page) -> Answer<Paged<StageSummary>> {
        let all = self.http_api(api_id)?.stages.iter();
        page.of(all
            .map(|(name, stage)| StageSummary {
                name: name.clone(),
                stage: stage.clone(),
            })
            .collect())
    }

    /// `UpdateStage`: only what is given changes; it acts at once.
    ///
    /// # Errors
    /// 404 for an unknown API, stage or deployment, 400 for a deployment while the stage deploys by itself (AWS-105), and for the stage
    /// that quick create made (AWS-104).
    pub fn update_http_stage(&mut self, now: Millis, api_id: &str, name: &str, change: StageChange) -> Answer<StageSummary> {
        let stage = self.get_http_stage(api_id, name)?.stage;
        if stage.api_gateway_managed {
            return Err(bad_request(format!("Stage {name} is managed by API Gateway and cannot be updated")));
        }
        self.put_http_stage(now, (api_id, name), stage, change)
    }

    fn put_http_stage(&mut self, now: Millis, (api_id, name): (&str, &str), mut stage: Stage, change: StageChange) -> Answer<StageSummary> {
        let auto_deploy = change.auto_deploy.unwrap_or(stage.auto_deploy);
        if auto_deploy && change.deployment_id.is_some() {
            return Err(auto_deployed(&self.account, api_id));
        }
        let begins = auto_deploy && !stage.auto_deploy;
        change.apply(self.http_api(api_id)?, &mut stage, (now, self.deployment_propagation_ms))?;
        if begins {
            stage.auto_deploy_at = Some(now + self.settings.http_auto_deploy_ms);
        } else if !auto_deploy {
            stage.auto_deploy_at = None;
        }
        self.http_api_mut(api_id)?.stages.insert(name.into(), stage.clone());
        Ok(StageSummary { name: name.into(), stage })
    }

    /// `DeleteStage`. Its deployment stays.
    ///
    /// # Errors
    /// 404 for an unknown API or stage.
    pub fn delete_http_stage(&mut self, api_id: &str, name: &str) -> Answer<()> {
        self.http_api_mut(api_id)?.stages.remove(name).map(drop).ok_or_else(no_stage)
    }
}
