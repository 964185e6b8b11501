//! Stages: the names under which callers reach a deployment.

use crate::world::gateway::Texts;
use crate::world::gateway::rollout::{supersede, visible};
use crate::world::{Answer, Millis, Region};

use super::errors::{bad_request, conflict, no_stage, no_such_deployment};
use super::model::{CanarySettings, Stage};

/// What `CreateStage` is asked for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NewStage {
    /// Letters, digits, `-` and `_`.
    pub name: String,
    /// The deployment to serve.
    pub deployment_id: String,
    /// Free text.
    pub description: Option<String>,
    /// Stage variables.
    pub variables: Texts,
    /// A canary from the start; without a `deployment_id` it gets the stage's own.
    pub canary_settings: Option<CanarySettings>,
    /// Whether calls are traced.
    pub tracing_enabled: bool,
}

/// A stage with its name.
#[derive(Clone, Debug, PartialEq)]
pub struct StageSummary {
    /// Unique in the API.
    pub name: String,
    /// All the rest.
    pub stage: Stage,
}

pub(super) fn allow_stage_name(name: &str) -> Answer<()> {
    if !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-') {
        return Ok(());
    }
    Err(bad_request("Stage name only allows a-zA-Z0-9_-"))
}

/// Variables are at most 512 characters of a small alphabet (AWS-48).
pub(super) fn allow_variables(variables: &Texts) -> Answer<()> {
    for value in variables.values() {
        if value.len() > 512 || !value.chars().all(|c| c.is_ascii_alphanumeric() || "-._~:/?#&=, ".contains(c)) {
            let allowed =
                "Please use values with alphanumeric characters and the symbols ' ', -', '.', '_', ':', '/', '?', '&', '=', and ','.";
            return Err(bad_request(format!("Invalid stage variable value: {value}. {allowed}")));
        }
    }
    Ok(())
}

impl Stage {
    /// Points the stage to another deployment. Callers see the old one for `spread` milliseconds more.
    pub(super) fn move_to(&mut self, deployment_id: &str, now: Millis, spread: u64) {
        let old = std::mem::replace(&mut self.deployment_id, deployment_id.to_owned());
        let spread = if old == deployment_id { 0 } else { spread };
        supersede(&mut self.superseded, &old, now, spread);
    }

    /// The deployment that callers see at that moment.
    pub(super) fn visible_deployment(&self, now: Millis) -> &str {
        visible(&self.superseded, &self.deployment_id, now)
    }
}

impl Region {
    /// `CreateStage`.
    ///
    /// # Errors
    /// 404 for an unknown API, 400 for an unknown deployment, a wrong name or variable, 409 for a taken name.
    pub fn create_stage(&mut self, now: Millis, api_id: &str, new: NewStage) -> Answer<StageSummary> {
        let api = self.rest_api_mut(api_id)?;
        allow_stage_name(&new.name)?;
        allow_variables(&new.variables)?;
        if api.stages.contains_key(&new.name) {
            return Err(conflict("Stage already exists"));
        }
        let mut canary = new.canary_settings;
        if let Some(canary) = &mut canary
            && canary.deployment_id.is_empty()
        {
            canary.deployment_id.clone_from(&new.deployment_id);
        }
        let known = |id: &String| api.deployments.contains_key(id);
        if !known(&new.deployment_id) || !canary.iter().all(|canary| known(&canary.deployment_id)) {
            return Err(no_such_deployment());
        }
        let stage = Stage {
            deployment_id: new.deployment_id,
            description: new.description,
            variables: new.variables,
            canary_settings: canary,
            tracing_enabled: new.tracing_enabled,
            created: now,
            last_updated: now,
            ..Stage::default()
        };
        api.stages.insert(new.name.clone(), stage.clone());
        Ok(StageSummary { name: new.name, stage })
    }

    /// `GetStage`.
    ///
    /// # Errors
    /// 404 for an unknown API or stage.
    pub fn get_stage(&self, api_id: &str, name: &str) -> Answer<StageSummary> {
        let stage = self.rest_api(api_id)?.stages.get(name).ok_or_else(no_stage)?;
        Ok(StageSummary {
            name: name.into(),
            stage: stage.clone(),
        })
    }

    /// `GetStages`: all of them, or those on one deployment. There are no pages.
    ///
    /// # Errors
    /// 404 for an unknown API.
    pub fn get_stages(&self, api_id: &str, deployment_id: Option<&str>) -> Answer<Vec<StageSummary>> {
        let stages = self
            .rest_api(api_id)?
            .stages
            .iter()
            .filter(|(_, s)| deployment_id.is_none_or(|id| s.deployment_id == id));
        Ok(stages
            .map(|(name, stage)| StageSummary {
                name: name.clone(),
                stage: stage.clone(),
            })
            .collect())
    }

    /// `DeleteStage`. Its deployment stays.
    ///
    /// # Errors
    /// 404 for an unknown API or stage.
    pub fn delete_stage(&mut self, api_id: &str, name: &str) -> Answer<()> {
        self.rest_api_mut(api_id)?.stages.remove(name).map(drop).ok_or_else(no_stage)
    }
}
