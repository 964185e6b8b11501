//! What people and other tools do to HTTP APIs.

use awssim::world::Answer;
use awssim::world::http_api::{IntegrationChange, RouteChange, StageChange};
use proptest::prelude::*;

use crate::scene::gateway::{HTTP_ROUTES, HTTP_STAGES, deploy_http, proxy};
use crate::scene::{Scene, function_arn, uri};

/// Something that somebody does to the first HTTP API, or to the second where it is said so.
#[derive(Clone, Debug)]
pub enum HttpAct {
    /// Points the integration of a route, and so of all that share it, elsewhere.
    Retarget(usize, HttpTarget),
    /// Makes the first route share the integration of the second.
    Share(usize, usize),
    /// Gives a route an integration of its own, like the one that it has.
    Part(usize),
    /// Makes a route anew, without an integration.
    Empty(usize),
    /// Gives the integration of a route a role, or takes it away.
    Role(usize, bool),
    /// Sets a stage variable.
    Variable(&'static str, &'static str, &'static str),
    /// Deploys.
    Deploy(&'static str),
    /// Whether a stage deploys itself.
    AutoDeploy(&'static str, bool),
    /// Deletes a route.
    DeleteRoute(usize),
    /// Deletes stage `prod`.
    DeleteStage,
    /// Points the quick-created API elsewhere.
    Quick(HttpTarget),
    /// Deletes the quick-created API.
    DeleteQuick,
    /// Whether deployments fail, and how many seconds they take.
    Deployments(bool, u8),
}

/// What an integration calls.
#[derive(Clone, Copy, Debug)]
pub enum HttpTarget {
    /// A function, by its ARN.
    Arn(&'static str),
    /// A function, by an invocation URI.
    Uri(&'static str),
    /// No function but a URL.
    Url,
}

fn stage() -> impl Strategy<Value = &'static str> {
    prop_oneof![Just(HTTP_STAGES[0]), Just(HTTP_STAGES[1])]
}

fn target() -> impl Strategy<Value = HttpTarget> {
    let function = prop_oneof![
        3 => Just("fir-api"),
        4 => Just("fir-api:live"),
        1 => Just("fir-api:1"),
        1 => Just("fir-api:next"),
        2 => Just("other:live"),
        2 => Just("fir-api:${stageVariables.alias}"),
        1 => Just("${stageVariables.function}"),
    ];
    let called = (function, any::<bool>()).prop_map(|(function, arn)| {
        if arn {
            HttpTarget::Arn(function)
        } else {
            HttpTarget::Uri(function)
        }
    });
    prop_oneof![10 => called, 1 => Just(HttpTarget::Url)]
}

/// Anything that somebody may do.
pub fn http_act() -> impl Strategy<Value = HttpAct> {
    let route = || 0..HTTP_ROUTES.len();
    let variable = prop_oneof![
        3 => (Just("alias"), prop_oneof![Just("live"), Just("next"), Just("1")]),
        2 => (Just("function"), prop_oneof![Just("fir-api"), Just("fir-api:live"), Just("other")]),
    ];
    prop_oneof![
        8 => (route(), target()).prop_map(|(r, t)| HttpAct::Retarget(r, t)),
        2 => (route(), route()).prop_map(|(r, other)| HttpAct::Share(r, other)),
        2 => route().prop_map(HttpAct::Part),
        1 => route().prop_map(HttpAct::Empty),
        2 => (route(), any::<bool>()).prop_map(|(r, on)| HttpAct::Role(r, on)),
        3 => (stage(), variable).prop_map(|(s, (name, value))| HttpAct::Variable(s, name, value)),
        4 => stage().prop_map(HttpAct::Deploy),
        2 => (stage(), any::<bool>()).prop_map(|(s, on)| HttpAct::AutoDeploy(s, on)),
        1 => route().prop_map(HttpAct::DeleteRoute),
        1 => Just(HttpAct::DeleteStage),
        2 => target().prop_map(HttpAct::Quick),
        1 => Just(HttpAct::DeleteQuick),
        2 => (proptest::bool::weighted(0.3), 0..4u8).prop_map(|(fail, seconds)| HttpAct::Deployments(fail, seconds)),
    ]
}

impl HttpTarget {
    fn change(self) -> IntegrationChange {
        let kind = if matches!(self, Self::Url) { "HTTP_PROXY" } else { "AWS_PROXY" };
        let (uri, format) = match self {
            Self::Arn(function) => (function_arn(function), None),
            Self::Uri(function) => (uri(function), None),
            Self::Url => ("https://example.com/".to_owned(), Some("1.0".to_owned())),
        };
        IntegrationChange {
            integration_type: Some(kind.into()),
            integration_uri: Some(uri),
            payload_format_version: format,
            ..IntegrationChange::default()
        }
    }
}

impl Scene {
    /// Does something; what AWS refuses is not done.
    pub fn try_http(&mut self, act: &HttpAct) -> Answer<()> {
        match act {
            HttpAct::Retarget(route, target) => self.change_integration(*route, target.change()),
            HttpAct::Role(route, on) => {
                let role = if *on { "arn:aws:iam::111122223333:role/gateway" } else { "" };
                let change = IntegrationChange {
                    credentials_arn: Some(role.into()),
                    ..IntegrationChange::default()
                };
                self.change_integration(*route, change)
            }
            HttpAct::Share(route, with) => {
                let target = self.integration(*with);
                self.change_route(*route, target)
            }
            HttpAct::Part(route) => self.part(*route),
            HttpAct::Empty(route) => self.remove_route(*route, true),
            HttpAct::DeleteRoute(route) => self.remove_route(*route, false),
            HttpAct::Quick(target) => self.retarget_quick(*target),
            HttpAct::DeleteQuick => self.region.delete_http_api(&self.http_apis[1]),
            HttpAct::Deployments(fail, seconds) => {
                self.region.settings.http_deployment_failure = fail.then(|| "the deployment broke".to_owned());
                self.region.settings.http_deployment_ms = u64::from(*seconds) * 1000;
                Ok(())
            }
            HttpAct::Variable(..) | HttpAct::Deploy(_) | HttpAct::AutoDeploy(..) | HttpAct::DeleteStage => self.on_stage(act),
        }
    }

    fn on_stage(&mut self, act: &HttpAct) -> Answer<()> {
        let (api, now, region) = (&self.http_apis[0], self.region.now, &mut self.region);
        let (stage, change) = match act {
            HttpAct::Variable(stage, name, value) => {
                let change = StageChange {
                    stage_variables: Some([((*name).to_owned(), (*value).to_owned())].into()),
                    ..StageChange::default()
                };
                (stage, change)
            }
            HttpAct::AutoDeploy(stage, on) => {
                let change = StageChange {
                    auto_deploy: Some(*on),
                    ..StageChange::default()
                };
                (stage, change)
            }
            HttpAct::Deploy(stage) => return deploy_http(region, api, stage),
            _ => return region.delete_http_stage(api, HTTP_STAGES[1]),
        };
        region.update_http_stage(now, api, stage, change).map(drop)
    }

    fn part(&mut self, route: usize) -> Answer<()> {
        let Some(target) = self.integration(route) else { return Ok(()) };
        let found = self.region.get_http_integration(&self.http_apis[0], &target)?.integration;
        let like = IntegrationChange {
            payload_format_version: found.payload_format_version,
            integration_type: Some(found.integration_type),
            ..proxy(&found.integration_uri.unwrap_or_default())
        };
        let own = self.region.create_http_integration(&self.http_apis[0], like)?.id;
        self.change_route(route, Some(own))
    }

    fn remove_route(&mut self, route: usize, make_anew: bool) -> Answer<()> {
        let (id, now) = (self.route_id(route), self.region.now);
        self.region.delete_http_route(now, &self.http_apis[0], &id)?;
        let new = RouteChange {
            route_key: Some(HTTP_ROUTES[route].0.into()),
            ..RouteChange::default()
        };
        if make_anew {
            self.region.create_http_route(now, &self.http_apis[0], new)?;
        }
        Ok(())
    }

    fn retarget_quick(&mut self, target: HttpTarget) -> Answer<()> {
        let (quick, now) = (&self.http_apis[1], self.region.now);
        let api = self.region.http_apis.get(quick);
        let ids: Vec<_> = api.into_iter().flat_map(|a| a.integrations.keys().cloned()).collect();
        for id in ids {
            self.region.update_http_integration(now, quick, &id, target.change())?;
        }
        Ok(())
    }

    fn route_id(&self, route: usize) -> String {
        let api = self.region.http_apis.get(&self.http_apis[0]);
        let found = api.and_then(|api| api.routes.get(HTTP_ROUTES[route].0));
        found.map(|route| route.route_id.clone()).unwrap_or_default()
    }

    fn integration(&self, route: usize) -> Option<String> {
        let api = self.region.http_apis.get(&self.http_apis[0])?;
        api.routes.get(HTTP_ROUTES[route].0)?.integration_id().map(str::to_owned)
    }

    fn change_integration(&mut self, route: usize, change: IntegrationChange) -> Answer<()> {
        let id = self.integration(route).unwrap_or_default();
        let changed = self
            .region
            .update_http_integration(self.region.now, &self.http_apis[0], &id, change);
        changed.map(drop)
    }

    fn change_route(&mut self, route: usize, integration: Option<String>) -> Answer<()> {
        let change = RouteChange {
            target: integration.map(|id| format!("integrations/{id}")),
            ..RouteChange::default()
        };
        let id = self.route_id(route);
        let changed = self.region.update_http_route(self.region.now, &self.http_apis[0], &id, change);
        changed.map(drop)
    }
}
