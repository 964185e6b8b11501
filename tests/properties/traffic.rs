//! Requests and records: whoever was served once is served at every moment after it, and nobody is moved to an alias that is not warm.

use std::collections::{BTreeMap, BTreeSet};

use awssim::world::event_source::{EventSourceMapping, MappingState};
use awssim::world::{Invoker, LATEST, Millis, Region, Status};
use warmlambda::plan::desired::{Desired, MethodKey};
use warmlambda::plan::step::{MovePurpose, Step};

use crate::oracle;
use crate::scene::gateway::HTTP_ROUTES;
use crate::scene::{ROUTES, to_ask};

/// A way to the function.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Way {
    /// API, stage and index of the route.
    Stage(String, String, usize),
    /// UUID of a mapping.
    Mapping(String),
    /// Function and qualifier of a function URL.
    Url(String, String),
}

/// Between two looks.
#[derive(Clone, Copy, Debug)]
pub enum Cause<'a> {
    /// Time passed.
    Time,
    /// The operator did this.
    Step(&'a Step),
}

/// What was served when it was last asked.
#[derive(Clone, Debug)]
pub struct Requests {
    statuses: BTreeMap<Way, u16>,
    /// Whether a request through the alias found a warm environment of the alias's provisioned concurrency.
    warm: bool,
    /// Ways that lead to the alias.
    at_alias: Vec<Way>,
    /// Integrations of HTTP APIs (API, id) that the operator pointed at the alias; routes that the spec does not mean may share them.
    pointed: BTreeSet<(String, String)>,
    /// Ways that an edit of somebody else is about to cut off, and until when.
    doomed: (BTreeSet<Way>, Millis),
}

impl Requests {
    /// Goes every way, on a copy of the world.
    pub fn made(desired: &Desired, region: &Region) -> Self {
        let mut copy = to_ask(region);
        let at_alias = at_alias(desired, region);
        let function = region.functions.get(&desired.function);
        let of_alias = function.is_some_and(|f| f.provisioned_concurrency.contains_key(&desired.alias));
        idle(&mut copy, desired);
        let invoked = copy.invoke(region.now, &desired.function, Some(&desired.alias), &Invoker::Direct);
        let mut statuses = through_stages(region, &mut copy);
        statuses.extend(by_mappings(region, &mut copy));
        statuses.extend(by_urls(region, &mut copy));
        Self {
            statuses,
            warm: invoked.is_ok_and(|i| i.provisioned) && of_alias,
            at_alias,
            pointed: BTreeSet::new(),
            doomed: (BTreeSet::new(), 0),
        }
    }

    /// The same after somebody else changed something: what an API that deploys itself is about to publish of it counts already.
    pub fn anew(desired: &Desired, region: &Region, before: Option<Self>) -> Self {
        let mut made = Self::made(desired, region);
        made.pointed = before.map(|requests| requests.pointed).unwrap_or_default();
        let mut later = region.clone();
        let settings = &region.settings;
        let until = region.now + settings.http_auto_deploy_ms + settings.http_deployment_ms;
        later.settle(until);
        let later = Self::made(desired, &later);
        let doomed = made.statuses.keys().filter(|way| later.statuses.get(*way) != Some(&200));
        made.doomed = (doomed.cloned().collect(), until);
        made
    }

    /// Goes every way again and compares.
    pub fn again(&mut self, desired: &Desired, region: &Region, cause: Cause<'_>) -> Result<(), String> {
        let now = Self::made(desired, region);
        let before = std::mem::replace(self, now);
        (self.pointed, self.doomed) = (before.pointed, before.doomed);
        if let Cause::Step(Step::UpdateHttpIntegration {
            api_id, integration_id, ..
        }) = cause
        {
            self.pointed.insert((api_id.clone(), integration_id.clone()));
        }
        let lost = before.statuses.iter().find(|(way, status)| {
            let after = self.statuses.get(*way).copied().unwrap_or(403);
            let doomed = self.doomed.0.contains(*way);
            **status == 200 && after != 200 && !doomed && !self.is_excused(desired, region, (way, after), cause)
        });
        let lost = lost.map(|(way, _)| way.clone());
        if region.now >= self.doomed.1 {
            self.doomed.0.clear();
        }
        if let Some(way) = lost {
            return Err(format!(
                "{way:?} was served, and gets {:?} after {cause:?}",
                self.statuses.get(&way)
            ));
        }
        let given_up = matches!(cause, Cause::Step(Step::DeleteCapacity | Step::DeleteAlias));
        if before.warm && !self.warm && !given_up {
            return Err(format!("a request through the alias was warm, and is cold after {cause:?}"));
        }
        // What time publishes is what a step or somebody else edited.
        let Cause::Step(step) = cause else { return Ok(()) };
        let moves = self.at_alias.iter().any(|way| !before.at_alias.contains(way)) || publishes_later(step);
        if moves && !is_warm(desired, region) {
            return Err(format!("requests are moved to an alias that is not warm by {step:?}"));
        }
        Ok(())
    }

    fn is_excused(&self, desired: &Desired, region: &Region, (way, status): (&Way, u16), cause: Cause<'_>) -> bool {
        let warmth_is_ours = desired.capacity.is_some_and(|c| c > 0) && !is_scaled(desired, region);
        // Without warm capacity nobody can tell code that does not start before it is called. The status depends on the kind of API.
        if [500, 502].contains(&status) && !warmth_is_ours && alias_fails(desired, region) {
            return true;
        }
        let Way::Stage(api, stage, n) = way else { return false };
        // A deployment publishes what others edited, too.
        match cause {
            Cause::Step(Step::DeployStage { api_id, stage: deployed }) if api_id == api && deployed == stage => {
                let (path, http_method, _) = ROUTES[*n];
                let of_stage = desired.rest_apis.iter().filter(|t| t.api_id == *api && t.stage == *stage);
                let mut meant = of_stage.flat_map(|t| oracle::methods(desired, t, region));
                !meant.any(|key| key.path == path && key.http_method == http_method)
            }
            Cause::Step(Step::DeployHttpStage { .. }) | Cause::Time => self.is_published_by_us(desired, region, (api, stage, *n)),
            Cause::Step(_) => false,
        }
    }

    /// Whether a deployment of an HTTP API that the operator made, or caused, published an edit of somebody else.
    fn is_published_by_us(&self, desired: &Desired, region: &Region, (api_id, stage, n): (&String, &String, usize)) -> bool {
        let Some((api, served)) = region
            .http_apis
            .get(api_id)
            .and_then(|api| Some((api, oracle::http_api::deployment(api, stage)?)))
        else {
            return false;
        };
        let key = HTTP_ROUTES[n].0;
        let of_stage = desired.http_apis.iter().filter(|t| t.api_id == *api_id && t.stage == *stage);
        let is_meant = of_stage
            .flat_map(|t| oracle::http_api::routes(desired, t, region))
            .any(|meant| meant == key);
        let id = served.routes.get(key).and_then(|route| route.integration_id()).unwrap_or_default();
        let variables = &api.stages[stage].stage_variables;
        let at_alias = served
            .integrations
            .get(id)
            .is_some_and(|i| oracle::http_api::calls_alias(desired, i, variables));
        let by_us = at_alias && self.pointed.contains(&(api_id.clone(), id.to_owned()));
        !is_meant && !by_us
    }
}

/// Ends what the warm environments are busy with: records that come at the same moment say nothing about them.
fn idle(region: &mut Region, desired: &Desired) {
    let function = region.functions.get_mut(&desired.function);
    if let Some(capacity) = function.and_then(|f| f.provisioned_concurrency.get_mut(&desired.alias)) {
        capacity.busy_until.clear();
    }
}

/// Steps that a stage of an HTTP API publishes a moment after them.
fn publishes_later(step: &Step) -> bool {
    matches!(
        step,
        Step::UpdateHttpIntegration { .. } | Step::UpdateRoute { .. } | Step::DeployHttpStage { .. }
    )
}

fn stages(region: &Region) -> Vec<(&String, &String)> {
    let rest = region
        .rest_apis
        .iter()
        .flat_map(|(id, api)| api.stages.keys().map(move |stage| (id, stage)));
    let http = region
        .http_apis
        .iter()
        .flat_map(|(id, api)| api.stages.keys().map(move |stage| (id, stage)));
    rest.chain(http).collect()
}

fn through_stages(region: &Region, copy: &mut Region) -> BTreeMap<Way, u16> {
    let mut statuses = BTreeMap::new();
    for (api, stage) in stages(region) {
        let rest = ROUTES.map(|(_, http_method, path)| (if http_method == "ANY" { "PUT" } else { http_method }, path));
        let http = HTTP_ROUTES.map(|(_, http_method, path)| (http_method, path));
        let calls: &[_] = if region.rest_apis.contains_key(api) { &rest } else { &http };
        for (n, (http_method, path)) in calls.iter().enumerate() {
            let served = copy.call_stage(region.now, api, stage, http_method, path);
            statuses.insert(Way::Stage(api.clone(), stage.clone(), n), served.status);
        }
    }
    statuses
}

/// Mappings that may work; what is paused or going away, or cannot read its source, serves nobody.
fn by_mappings(region: &Region, copy: &mut Region) -> BTreeMap<Way, u16> {
    let works = |m: &EventSourceMapping| {
        let stays = !m.disabled && m.state != MappingState::Deleting;
        stays && region.mapping_problem(m.event_source_arn.as_deref(), &m.function_arn).is_none()
    };
    let mappings = region.event_source_mappings.iter().filter(|(_, m)| !m.disabled);
    let mut statuses = BTreeMap::new();
    for (uuid, mapping) in mappings {
        let target = oracle::mapping::called(mapping).filter(|_| works(mapping));
        let status = target.map_or(500, |(name, qualifier)| direct(copy, &name, qualifier.as_deref()));
        statuses.insert(Way::Mapping(uuid.clone()), status);
    }
    statuses
}

fn by_urls(region: &Region, copy: &mut Region) -> BTreeMap<Way, u16> {
    let mut statuses = BTreeMap::new();
    for (name, function) in &region.functions {
        for key in function.urls.keys() {
            let qualifier = Some(key.as_str()).filter(|q| *q != LATEST);
            let status = direct(copy, name, qualifier);
            statuses.insert(Way::Url(name.clone(), key.clone()), status);
        }
    }
    statuses
}

fn direct(copy: &mut Region, name: &str, qualifier: Option<&str>) -> u16 {
    match copy.invoke(copy.now, name, qualifier, &Invoker::Direct) {
        Ok(invocation) if invocation.function_error.is_some() => 502,
        Ok(_) => 200,
        Err(refused) => refused.status,
    }
}

/// Whether an alias that is moved takes all the warm environments along that are asked for. What cannot be kept warm where it is
/// goes without them.
pub fn has_grown(desired: &Desired, step: &Step, before: &Region) -> Result<(), String> {
    let rollout = matches!(
        step,
        Step::UpdateAlias {
            purpose: MovePurpose::Rollout,
            ..
        }
    );
    let Some(wanted) = desired.capacity.filter(|_| rollout && !is_scaled(desired, before)) else {
        return Ok(());
    };
    let capacity = before.functions[&desired.function].provisioned_concurrency.get(&desired.alias);
    match capacity {
        Some(capacity) if capacity.status == Status::InProgress => Err("the alias is moved while AWS allocates".into()),
        Some(capacity) if capacity.status == Status::Ready && capacity.warm < wanted => {
            Err(format!("the alias is moved with {} of {wanted} environments", capacity.warm))
        }
        _ => Ok(()),
    }
}

/// Whether the code behind the alias does not start on demand.
fn alias_fails(desired: &Desired, region: &Region) -> bool {
    let invoked = to_ask(region).invoke(region.now, &desired.function, Some(&desired.alias), &Invoker::Direct);
    invoked.is_ok_and(|i| i.function_error.is_some())
}

fn is_scaled(desired: &Desired, region: &Region) -> bool {
    region
        .scalable_targets
        .contains_key(&format!("function:{}:{}", desired.function, desired.alias))
}

/// Ways that lead to the alias.
fn at_alias(desired: &Desired, region: &Region) -> Vec<Way> {
    let mut ways = Vec::new();
    for (id, api) in &region.rest_apis {
        for (name, stage) in &api.stages {
            let deployed = api.deployments.get(&stage.deployment_id).map(|d| &d.resources);
            for (n, (path, http_method, _)) in ROUTES.iter().enumerate() {
                let key = MethodKey {
                    path: (*path).into(),
                    http_method: (*http_method).into(),
                };
                let integration = deployed.and_then(|resources| oracle::integration(resources, &key));
                if integration.is_some_and(|i| oracle::calls_alias(desired, i, &stage.variables)) {
                    ways.push(Way::Stage(id.clone(), name.clone(), n));
                }
            }
        }
    }
    for (id, api) in &region.http_apis {
        for (name, stage) in &api.stages {
            let deployed = oracle::http_api::deployment(api, name);
            for (n, (key, ..)) in HTTP_ROUTES.iter().enumerate() {
                let integration = deployed.and_then(|d| oracle::http_api::integration(&d.integrations, &d.routes, key));
                if integration.is_some_and(|i| oracle::http_api::calls_alias(desired, i, &stage.stage_variables)) {
                    ways.push(Way::Stage(id.clone(), name.clone(), n));
                }
            }
        }
    }
    let mapped = region.event_source_mappings.iter();
    let mapped = mapped.filter(|(_, mapping)| oracle::mapping::calls_alias(desired, mapping));
    ways.extend(mapped.map(|(uuid, _)| Way::Mapping(uuid.clone())));
    ways
}

/// Warm as asked for: all of it, on the version that the alias names, with nothing moving.
fn is_warm(desired: &Desired, region: &Region) -> bool {
    let Some(wanted) = desired.capacity.filter(|n| *n > 0 && !is_scaled(desired, region)) else {
        return true;
    };
    let function = &region.functions[&desired.function];
    let (Some(alias), Some(capacity)) = (
        function.aliases.get(&desired.alias),
        function.provisioned_concurrency.get(&desired.alias),
    ) else {
        return false;
    };
    capacity.status == Status::Ready
        && capacity.warm >= wanted
        && capacity.warm_version == alias.function_version
        && alias.canary.is_none()
        && alias.additional_version_weights.is_empty()
}
