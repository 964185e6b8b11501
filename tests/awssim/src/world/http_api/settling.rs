//! What happens to HTTP APIs by itself: deployments end, and stages with `autoDeploy` deploy what was changed (AWS-105, AWS-106).

use crate::world::{Millis, Region};

use super::errors::NO_ROUTES;
use super::model::Deployment;

/// The description of a deployment that a stage made by itself (recorded).
const AUTOMATIC: &str = "Automatic deployment triggered by changes to the Api configuration";

impl Region {
    /// Notes a change that stages with `autoDeploy` shall deploy. A change while one waits already goes out with it.
    pub(super) fn http_api_changed(&mut self, now: Millis, api_id: &str) {
        let at = now + self.settings.http_auto_deploy_ms;
        let Some(api) = self.http_apis.get_mut(api_id) else { return };
        for stage in api.stages.values_mut().filter(|stage| stage.auto_deploy) {
            stage.auto_deploy_at.get_or_insert(at);
        }
        self.settle_http_apis(now);
    }

    /// When the next of it is due.
    pub(in crate::world) fn due_http_apis(&self) -> Option<Millis> {
        let ends = self
            .http_apis
            .values()
            .flat_map(|api| api.deployments.values())
            .filter_map(|d| d.done_at);
        let begins = self
            .http_apis
            .values()
            .flat_map(|api| api.stages.values())
            .filter_map(|s| s.auto_deploy_at);
        ends.chain(begins).min()
    }

    /// Lets happen what is due at that moment.
    pub(in crate::world) fn settle_http_apis(&mut self, at: Millis) {
        let mut ending = Vec::new();
        let mut beginning = Vec::new();
        for (api_id, api) in &self.http_apis {
            let due = |moment: Option<Millis>| moment.is_some_and(|moment| moment <= at);
            ending.extend(
                api.deployments
                    .iter()
                    .filter(|(_, d)| due(d.done_at))
                    .map(|(id, _)| (api_id.clone(), id.clone())),
            );
            beginning.extend(
                api.stages
                    .iter()
                    .filter(|(_, s)| due(s.auto_deploy_at))
                    .map(|(name, _)| (api_id.clone(), name.clone())),
            );
        }
        for (api_id, id) in ending {
            self.end_http_deployment(at, &api_id, &id);
        }
        for (api_id, stage) in beginning {
            self.auto_deploy(at, &api_id, &stage);
        }
    }

    fn auto_deploy(&mut self, at: Millis, api_id: &str, stage_name: &str) {
        let Some(api) = self.http_apis.get_mut(api_id) else { return };
        let Some(stage) = api.stages.get_mut(stage_name) else { return };
        stage.auto_deploy_at = None;
        if api.routes.is_empty() {
            stage.last_deployment_status_message = Some(format!("Deployment attempt failed: {NO_ROUTES}"));
            return;
        }
        let deployment = Deployment {
            description: Some(AUTOMATIC.into()),
            auto_deployed: true,
            ..Deployment::of(api, at, Some(stage_name.into()))
        };
        self.begin_http_deployment(at, api_id, deployment);
    }
}
