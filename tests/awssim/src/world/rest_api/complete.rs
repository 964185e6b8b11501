//! Completes APIs that a world file tells only in part: ids, parents, and a deployment for each stage without one.

use crate::world::gateway::ids;
use crate::world::{Millis, Region};

use super::model::{Deployment, Resource, RestApi};
use super::resources::parent;

impl Region {
    /// Makes every API whole. Changes nothing in an API that already is.
    pub(in crate::world) fn complete_rest_apis(&mut self, now: Millis) {
        let counter = &mut self.ids;
        for api in self.rest_apis.values_mut() {
            if api.created == 0 {
                api.created = now;
            }
            complete_resources(api, counter);
            complete_stages(api, counter, now);
        }
    }
}

fn complete_resources(api: &mut RestApi, counter: &mut u64) {
    let mut missing = vec!["/".to_owned()];
    for path in api.resources.keys() {
        let mut above = parent(path);
        while let Some(path) = above {
            above = parent(&path);
            missing.push(path);
        }
    }
    for path in missing {
        api.resources.entry(path).or_default();
    }
    for (path, resource) in &mut api.resources {
        if resource.id.is_empty() {
            resource.id = ids::next(counter, if path == "/" { ids::API } else { ids::PART });
        }
        fill_cache_namespaces(resource);
    }
}

fn fill_cache_namespaces(resource: &mut Resource) {
    for integration in resource.methods.values_mut().filter_map(|m| m.integration.as_mut()) {
        if integration.cache_namespace.is_empty() {
            integration.cache_namespace.clone_from(&resource.id);
        }
    }
}

fn complete_stages(api: &mut RestApi, counter: &mut u64, now: Millis) {
    for stage in api.stages.values_mut().filter(|s| s.deployment_id.is_empty()) {
        stage.deployment_id = ids::next(counter, ids::PART);
        let created = if stage.created == 0 { now } else { stage.created };
        (stage.created, stage.last_updated) = (created, stage.last_updated.max(created));
        let deployment = Deployment {
            description: None,
            created,
            resources: api.resources.clone(),
        };
        api.deployments.insert(stage.deployment_id.clone(), deployment);
    }
}
