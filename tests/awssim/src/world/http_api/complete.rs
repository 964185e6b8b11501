//! Completes HTTP APIs that a world file tells only in part: ids of routes, and a deployment for each stage without one.

use crate::world::gateway::ids;
use crate::world::{Millis, Region};

use super::model::{Deployment, HttpApi};

/// When something is created by a call; 0 is left to what a world file did not say.
pub(super) fn creation(now: Millis) -> Millis {
    now.max(1)
}

impl Region {
    /// Makes every API whole. Changes nothing in an API that already is.
    pub(in crate::world) fn complete_http_apis(&mut self, now: Millis) {
        let counter = &mut self.ids;
        for api in self.http_apis.values_mut() {
            if api.created == 0 {
                api.created = creation(now);
            }
            for route in api.routes.values_mut().filter(|route| route.route_id.is_empty()) {
                route.route_id = ids::next(counter, ids::ROUTE);
            }
            if api.stages.values().any(|stage| stage.created == 0) {
                complete_stages(api, counter, creation(now));
            }
        }
    }
}

fn complete_stages(api: &mut HttpApi, counter: &mut u64, now: Millis) {
    let deployment = Deployment::of(api, now, None);
    for stage in api.stages.values_mut().filter(|stage| stage.created == 0) {
        (stage.created, stage.last_updated) = (now, now);
        if stage.deployment_id.is_none() && !deployment.routes.is_empty() {
            let id = ids::next(counter, ids::PART);
            api.deployments.insert(id.clone(), deployment.clone());
            stage.deployment_id = Some(id);
        }
    }
}
