//! Why an endpoint may rightly stay short of what its spec asks for: the reasons that the raw world bears out.

mod http_api;
mod mapping;

use std::collections::BTreeSet;

use awssim::world::rest_api::{Integration, RestApi, Stage};
use awssim::world::{Function, LATEST, Region, Status};
use warmlambda::api::{DeploymentPolicy, OnFailure};
use warmlambda::plan::desired::{Desired, DesiredRestApi, DesiredVersion};

use crate::oracle::{alias_version, called, integration, keys, methods};

/// The reasons, as they may stand in the condition `Ready`.
pub fn real(desired: &Desired, region: &Region) -> BTreeSet<&'static str> {
    let Some(function) = region.functions.get(&desired.function) else {
        return BTreeSet::from(["FunctionNotFound"]);
    };
    let mut reasons = BTreeSet::new();
    versions(desired, function, &mut reasons);
    capacity(desired, region, function, &mut reasons);
    for trigger in &desired.rest_apis {
        callers(desired, trigger, region, &mut reasons);
    }
    for trigger in &desired.http_apis {
        http_api::real(desired, trigger, region, &mut reasons);
    }
    for trigger in &desired.event_sources {
        mapping::real(desired, trigger, region, &mut reasons);
    }
    reasons
}

/// The version that the spec asks for, as far as it exists.
fn target(desired: &Desired, function: &Function) -> Option<u64> {
    match desired.version {
        DesiredVersion::Pinned(number) => Some(number).filter(|n| function.versions.contains_key(n)),
        _ => function.versions.keys().max().copied(),
    }
}

fn versions(desired: &Desired, function: &Function, reasons: &mut BTreeSet<&'static str>) {
    let wanted = target(desired, function);
    if wanted.is_none() && desired.version != DesiredVersion::PublishOnChange {
        reasons.insert("VersionNotFound");
    }
    let alias = function.aliases.get(&desired.alias);
    if alias.is_some_and(|a| a.canary.is_none() && !a.additional_version_weights.is_empty()) {
        reasons.insert("ForeignRouting");
    }
    let on = alias_version(desired, function);
    let fails = |number: Option<u64>| {
        number
            .and_then(|n| function.versions.get(&n))
            .is_some_and(|v| v.code.fails_to_warm())
    };
    if fails(wanted) || fails(on) {
        reasons.insert("AllocationFailed");
    }
    // AWS takes about six minutes to warm a version; a move that is held is as late.
    if desired.rollout_timeout.as_secs() < 600 {
        reasons.insert("RolloutTimedOut");
    }
    let wedged = alias.and_then(|a| a.canary.as_ref()).is_some_and(|c| c.wedged);
    if wedged && desired.on_failure == OnFailure::Hold {
        reasons.insert("AllocationFailed");
    }
    if alias.is_some_and(|a| a.function_version == LATEST) && wanted.is_none() {
        reasons.insert("VersionMismatch");
    }
}

fn capacity(desired: &Desired, region: &Region, function: &Function, reasons: &mut BTreeSet<&'static str>) {
    let config = function.provisioned_concurrency.get(&desired.alias);
    let scaling = region
        .scalable_targets
        .get(&format!("function:{}:{}", desired.function, desired.alias));
    if config.is_none() && scaling.is_some_and(|t| t.min_capacity > 0) {
        reasons.insert("AllocationInProgress");
    }
    if config.is_some_and(|c| c.status == Status::Failed) {
        reasons.insert("AllocationFailed");
    }
    let snap_start = function.latest.snap_start || function.versions.values().any(|v| v.snap_start);
    if snap_start && desired.capacity.is_some_and(|n| n > 0) {
        reasons.insert("InvalidSpec");
    }
    // Provisioned concurrency of another alias or of a version excludes ours (AWS-24), and so does SnapStart (AWS-12).
    let elsewhere = function.provisioned_concurrency.keys().any(|key| *key != desired.alias);
    if (elsewhere || snap_start) && (config.is_some() || desired.capacity.is_some_and(|n| n > 0)) {
        reasons.insert("InvalidRequest");
    }
}

fn callers(desired: &Desired, trigger: &DesiredRestApi, region: &Region, reasons: &mut BTreeSet<&'static str>) {
    let api = region.rest_apis.get(&trigger.api_id);
    let Some((api, stage)) = api.and_then(|api| Some((api, api.stages.get(&trigger.stage)?))) else {
        reasons.insert("TriggerNotFound");
        return;
    };
    let meant = methods(desired, trigger, region);
    let all = keys(&api.resources);
    if meant.is_empty() || meant.iter().any(|key| !all.contains(key)) {
        reasons.insert("TriggerNotFound");
    }
    if trigger.deployment == DeploymentPolicy::Never {
        reasons.insert("DeploymentPending");
    }
    if stage.canary_settings.is_some() {
        reasons.insert("CanaryActive");
    }
    let posts = |i: &Integration| ["AWS", "AWS_PROXY"].contains(&i.kind.as_str()) && i.http_method.as_deref() == Some("POST");
    let unusable = meant.iter().any(|key| !integration(&api.resources, key).is_some_and(posts));
    if (unusable && trigger.methods.is_empty()) || shares_variables(desired, api, stage) {
        reasons.insert("UnqualifiedTarget");
    }
    // A method without an integration cannot be deployed.
    if all.iter().any(|key| integration(&api.resources, key).is_none()) {
        reasons.insert("InvalidRequest");
    }
}

/// Whether two integrations of the stage, deployed or not, hold the same variable and one of them is not ours to move.
fn shares_variables(desired: &Desired, api: &RestApi, stage: &Stage) -> bool {
    let deployed = api.deployments.get(&stage.deployment_id).map(|d| &d.resources);
    let trees = [Some(&api.resources), deployed];
    let integrations = trees
        .into_iter()
        .flatten()
        .flat_map(|tree| keys(tree).into_iter().filter_map(move |key| integration(tree, &key)));
    let with_variable: Vec<_> = integrations
        .filter(|i| i.uri.as_deref().is_some_and(|uri| uri.contains("${")))
        .collect();
    let uris: BTreeSet<_> = with_variable.iter().filter_map(|i| i.uri.as_deref()).collect();
    let foreign = |i: &&&Integration| called(i, &stage.variables).is_none_or(|(name, _)| name != desired.function);
    uris.len() > 1 || with_variable.iter().any(|i| foreign(&i))
}
