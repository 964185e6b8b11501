//! What is not ours: the world with everything blanked out that an endpoint asks for.

use awssim::world::{LastUpdateStatus, Region};
use warmlambda::plan::desired::Desired;

use crate::oracle;

/// What others see of a region: not what was measured, nor who polls.
pub fn reduced(region: &Region) -> Region {
    let mut mappings = region.event_source_mappings.clone();
    for mapping in mappings.values_mut() {
        mapping.polling = Default::default();
        mapping.last_processing_result = None;
    }
    Region {
        functions: region.functions.clone(),
        rest_apis: region.rest_apis.clone(),
        http_apis: region.http_apis.clone(),
        event_source_mappings: mappings,
        scalable_targets: region.scalable_targets.clone(),
        now: region.now,
        ..Region::default()
    }
}

/// Without what the endpoints ask for; `base` is the world before the operator did anything.
pub fn masked(ours: &[Desired], region: &Region, base: &Region) -> Region {
    let mut masked = region.clone();
    masked.now = 0;
    for desired in ours {
        blank_function(desired, &mut masked, base);
        blank_rest_apis(desired, &mut masked, region, base);
        blank_http_apis(desired, &mut masked, region, base);
        blank_mappings(desired, &mut masked, base);
    }
    masked
}

fn blank_function(desired: &Desired, masked: &mut Region, base: &Region) {
    let Some(function) = masked.functions.get_mut(&desired.function) else {
        return;
    };
    let last = base.functions.get(&desired.function).map_or(0, |f| f.last_version);
    function.aliases.remove(&desired.alias);
    function.provisioned_concurrency.remove(&desired.alias);
    function.versions.retain(|number, _| *number <= last);
    // Warming a version changes its revision.
    function.versions.values_mut().for_each(|version| version.revision_id.clear());
    function.last_version = 0;
    let latest = &mut function.latest;
    latest.revision_id.clear();
    // An update of somebody else ends by itself.
    latest.last_update_status = LastUpdateStatus::Successful;
    (latest.settles_at, latest.published_from) = (None, None);
    let ours = format!("warmlambda-{}-", &desired.uid[..8]);
    if let Some(mut policy) = function.policies.remove(&desired.alias) {
        policy.statements.retain(|statement| !statement.sid.starts_with(&ours));
        policy.revision_id.clear();
        if !policy.statements.is_empty() {
            function.policies.insert(desired.alias.clone(), policy);
        }
    }
}

fn blank_rest_apis(desired: &Desired, masked: &mut Region, region: &Region, base: &Region) {
    for trigger in &desired.rest_apis {
        let keys = oracle::methods(desired, trigger, region);
        let Some(api) = masked.rest_apis.get_mut(&trigger.api_id) else {
            continue;
        };
        let known = base.rest_apis.get(&trigger.api_id).map(|api| &api.deployments);
        api.deployments.retain(|id, _| known.is_some_and(|known| known.contains_key(id)));
        if let Some(stage) = api.stages.get_mut(&trigger.stage) {
            stage.deployment_id.clear();
            stage.last_updated = 0;
        }
        for key in keys {
            let method = api.resources.get_mut(&key.path).and_then(|r| r.methods.get_mut(&key.http_method));
            if let Some(integration) = method.and_then(|method| method.integration.as_mut()) {
                integration.uri = None;
            }
        }
    }
}

fn blank_http_apis(desired: &Desired, masked: &mut Region, region: &Region, base: &Region) {
    for trigger in &desired.http_apis {
        let routes = oracle::http_api::routes(desired, trigger, region);
        let (Some(api), Some(known)) = (masked.http_apis.get_mut(&trigger.api_id), base.http_apis.get(&trigger.api_id)) else {
            continue;
        };
        api.deployments.retain(|id, _| known.deployments.contains_key(id));
        api.integrations.retain(|id, _| known.integrations.contains_key(id));
        // Whatever stage deploys itself publishes our edits.
        for stage in api.stages.values_mut() {
            stage.deployment_id = None;
            stage.last_updated = 0;
            stage.auto_deploy_at = None;
            stage.last_deployment_status_message = None;
        }
        // One that was made for the alias has no route yet when its maker dies.
        let at_alias = [desired.alias_arn(), desired.alias_uri()];
        let made = api
            .integrations
            .values_mut()
            .filter(|i| i.integration_uri.as_ref().is_some_and(|uri| at_alias.contains(uri)));
        made.for_each(|integration| integration.integration_uri = None);
        for key in routes {
            // The integration that the route had, and the one that it has.
            let ids = [known.routes.get(&key), api.routes.get(&key)].map(|route| route?.integration_id().map(str::to_owned));
            for id in ids.into_iter().flatten() {
                if let Some(integration) = api.integrations.get_mut(&id) {
                    integration.integration_uri = None;
                }
            }
            if let Some(route) = api.routes.get_mut(&key) {
                route.target = None;
            }
        }
    }
}

fn blank_mappings(desired: &Desired, masked: &mut Region, base: &Region) {
    if desired.event_sources.is_empty() {
        return;
    }
    masked
        .event_source_mappings
        .retain(|uuid, _| base.event_source_mappings.contains_key(uuid));
    let triggers = &desired.event_sources;
    let meant: Vec<String> = triggers
        .iter()
        .flat_map(|t| oracle::mapping::meant(desired, t, masked))
        .map(|(uuid, _)| uuid.clone())
        .collect();
    for uuid in meant {
        masked.event_source_mappings.remove(&uuid);
    }
}

/// The first lines in which two worlds differ.
pub fn difference(before: &Region, after: &Region) -> Option<String> {
    if before == after {
        return None;
    }
    let (before, after) = (format!("{before:#?}"), format!("{after:#?}"));
    let lines = before.lines().zip(after.lines()).filter(|(a, b)| a != b).take(4);
    let lines: Vec<_> = lines.map(|(a, b)| format!("{} -> {}", a.trim(), b.trim())).collect();
    Some(lines.join("; "))
}
