//! Requests: whoever was served once is served at every moment after it, and nobody is moved to an alias that is not warm.

use std::collections::BTreeMap;

use awssim::world::{Invoker, Region, Status};
use warmlambda::plan::desired::Desired;
use warmlambda::plan::step::{MovePurpose, Step};

use crate::oracle;
use crate::scene::ROUTES;

/// API, stage and index of the route.
type Route = (String, String, usize);

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
    statuses: BTreeMap<Route, u16>,
    /// Whether a request through the alias found a warm environment of provisioned concurrency.
    warm: bool,
    /// Routes that call the alias.
    at_alias: Vec<Route>,
}

impl Requests {
    /// Makes a request through every route, on a copy of the world.
    pub fn made(desired: &Desired, region: &Region) -> Self {
        let mut copy = region.clone();
        let (mut statuses, mut at_alias) = (BTreeMap::new(), Vec::new());
        for (api, stage) in region
            .rest_apis
            .iter()
            .flat_map(|(id, api)| api.stages.keys().map(move |stage| (id, stage)))
        {
            for (n, (path, http_method, call)) in ROUTES.iter().enumerate() {
                let method = if *http_method == "ANY" { "PUT" } else { http_method };
                let served = copy.call_stage(region.now, api, stage, method, call);
                statuses.insert((api.clone(), stage.clone(), n), served.status);
                if calls_alias(desired, region, (api, stage), (path, http_method)) {
                    at_alias.push((api.clone(), stage.clone(), n));
                }
            }
        }
        let invoked = region
            .clone()
            .invoke(region.now, &desired.function, Some(&desired.alias), &Invoker::Direct);
        Self {
            statuses,
            warm: invoked.is_ok_and(|i| i.provisioned),
            at_alias,
        }
    }

    /// Makes the requests again and compares.
    pub fn again(&mut self, desired: &Desired, region: &Region, cause: Cause<'_>) -> Result<(), String> {
        let now = Self::made(desired, region);
        let before = std::mem::replace(self, now);
        let lost = before.statuses.iter().find(|(route, status)| {
            let after = self.statuses.get(*route).copied().unwrap_or(403);
            **status == 200 && after != 200 && !is_excused(desired, region, route, after, cause)
        });
        if let Some((route, _)) = lost {
            return Err(format!(
                "{route:?} was served, and gets {:?} after {cause:?}",
                self.statuses.get(route)
            ));
        }
        let given_up = matches!(cause, Cause::Step(Step::DeleteCapacity | Step::DeleteAlias));
        if before.warm && !self.warm && !given_up {
            return Err(format!("a request through the alias was warm, and is cold after {cause:?}"));
        }
        let moved = self.at_alias.iter().find(|route| !before.at_alias.contains(route));
        match moved {
            Some(route) if !is_warm(desired, region) => Err(format!("{route:?} was moved to an alias that is not warm by {cause:?}")),
            _ => Ok(()),
        }
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

fn is_excused(desired: &Desired, region: &Region, (api, stage, n): &Route, status: u16, cause: Cause<'_>) -> bool {
    let warmth_is_ours = desired.capacity.is_some_and(|c| c > 0) && !is_scaled(desired, region);
    // Without warm capacity nobody can tell code that does not start before it is called.
    if status == 502 && !warmth_is_ours {
        return true;
    }
    // A deployment publishes what others edited, too.
    let Cause::Step(Step::DeployStage { api_id, stage: deployed }) = cause else {
        return false;
    };
    let (path, http_method, _) = ROUTES[*n];
    let is_meant = desired.rest_apis.iter().filter(|t| t.api_id == *api && t.stage == *stage).any(|t| {
        let methods = oracle::methods(desired, t, region);
        methods.iter().any(|key| key.path == path && key.http_method == http_method)
    });
    api_id == api && deployed == stage && !is_meant
}

fn is_scaled(desired: &Desired, region: &Region) -> bool {
    region
        .scalable_targets
        .contains_key(&format!("function:{}:{}", desired.function, desired.alias))
}

fn calls_alias(desired: &Desired, region: &Region, (api, stage): (&String, &String), (path, http_method): (&str, &str)) -> bool {
    let api = &region.rest_apis[api];
    let stage = &api.stages[stage];
    let key = warmlambda::plan::desired::MethodKey {
        path: path.into(),
        http_method: http_method.into(),
    };
    let deployed = api
        .deployments
        .get(&stage.deployment_id)
        .and_then(|d| oracle::integration(&d.resources, &key));
    deployed.is_some_and(|integration| oracle::calls_alias(desired, integration, &stage.variables))
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
