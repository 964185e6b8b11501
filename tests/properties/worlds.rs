//! Worlds that are reached by calls of AWS and by time, made by people and other tools.

pub mod gateway;
pub mod sources;

use awssim::world::autoscaling::Registration;
use awssim::world::rest_api::{CanarySettings, NewDeployment, NewIntegration, PatchOperation};
use awssim::world::{AliasChange, Answer, ById, ConfigurationChange, Millis, Region, Statement};
use proptest::prelude::*;

use crate::scene::gateway::HTTP_STAGES;
use crate::scene::sources::Place;
use crate::scene::{ALIAS, FUNCTION, MINUTE, NEXT, ROUTES, SECOND, STAGES, Scene, advance, deploy, execution_arn, proxy, uri};
use gateway::{HttpAct, HttpTarget, http_act};
use sources::{SourceAct, source_act};

/// How far the chain is built when the endpoint comes.
#[derive(Clone, Copy, Debug)]
pub enum Start {
    /// A function with version 1, and integrations that call it without a qualifier.
    Bare,
    /// An alias on version 1.
    Aliased,
    /// Two warm environments on the alias, and the first API calls it.
    Warm,
}

/// Something that somebody does. What AWS refuses is not done.
#[derive(Clone, Debug)]
pub enum Act {
    /// New code: 1 does not start at all, 3 not when it is kept warm, 7 fails each call, 8 and 9 take 3 and 6 seconds.
    Code(u8),
    /// Another amount of memory.
    Memory(u8),
    /// SnapStart on or off.
    SnapStart(bool),
    /// Publishes.
    Publish,
    /// Deletes a version.
    DeleteVersion(u64),
    /// Deletes the function.
    DeleteFunction,
    /// Makes or moves an alias; version 0 is `$LATEST`.
    Point(&'static str, u64),
    /// Deletes the alias.
    DeleteAlias,
    /// Shifts traffic to a version, in tenths.
    Weigh(u64, u8),
    /// Takes all weights away.
    ClearWeights,
    /// Asks for environments on an alias or version; 0 deletes.
    Warm(&'static str, u8),
    /// Registers a scalable target with these bounds, or takes it away.
    Scale(Option<(u8, u8)>),
    /// Adds a statement.
    Permit(&'static str, Option<&'static str>, Reach),
    /// Removes a statement.
    Forbid(&'static str),
    /// Points a method of an API elsewhere.
    Retarget(usize, usize, Target),
    /// Sets a stage variable.
    Variable(usize, &'static str, &'static str, &'static str),
    /// Deploys.
    Deploy(usize, &'static str),
    /// Starts a canary on a stage, or ends it.
    Canary(usize, &'static str, bool),
    /// Deletes a stage.
    DeleteStage(usize, &'static str),
    /// Deletes an API.
    DeleteApi(usize),
    /// Reserves so many executions for the function, or none.
    Reserve(Option<u8>),
    /// Something on an HTTP API.
    Http(HttpAct),
    /// Something on a source of records or its mappings.
    Source(SourceAct),
    /// Makes or deletes the function URL of the function or of an alias.
    Url(Option<&'static str>, bool),
    /// Time passes.
    Wait(Millis),
}

/// What a statement lets in.
#[derive(Clone, Copy, Debug)]
pub enum Reach {
    /// An API.
    Api(usize),
    /// A stage.
    Stage(usize, &'static str),
    /// A method.
    Method(usize, &'static str, usize),
    /// The first HTTP API.
    HttpApi,
    /// A stage of it.
    HttpStage(&'static str),
    /// Every API of the account.
    EveryApi,
    /// Everything, without a condition.
    Anything,
    /// Another service.
    Events,
}

/// What a method calls.
#[derive(Clone, Copy, Debug)]
pub enum Target {
    /// A function with a qualifier or a stage variable.
    Function(&'static str),
    /// The alias with a role.
    Role,
    /// The alias by GET, which never works.
    Get,
    /// Nothing real.
    Mock,
    /// No integration at all.
    None,
}

/// Any way in which the chain may stand when the endpoint comes.
pub fn start() -> impl Strategy<Value = Start> {
    prop_oneof![Just(Start::Bare), Just(Start::Aliased), Just(Start::Warm)]
}

/// Anything that somebody may do.
pub fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        3 => function_act().boxed(),
        4 => alias_act().boxed(),
        3 => permission_act().boxed(),
        4 => api_act().boxed(),
        3 => http_act().prop_map(Act::Http).boxed(),
        3 => source_act().prop_map(Act::Source).boxed(),
        2 => wait().prop_map(Act::Wait).boxed(),
    ]
}

/// From a second to ten minutes.
pub fn wait() -> impl Strategy<Value = Millis> {
    prop_oneof![
        Just(SECOND / 2),
        (1..60u64).prop_map(|s| s * SECOND),
        (1..10u64).prop_map(|m| m * MINUTE),
    ]
}

/// What people do to functions.
pub fn function_act() -> impl Strategy<Value = Act> {
    prop_oneof![
        16 => (0..6u8).prop_map(Act::Code),
        2 => (0..3u8).prop_map(Act::Memory),
        1 => any::<bool>().prop_map(Act::SnapStart),
        16 => Just(Act::Publish),
        1 => version().prop_map(Act::DeleteVersion),
        1 => Just(Act::DeleteFunction),
        2 => (prop_oneof![Just(None), Just(Some(ALIAS))], any::<bool>()).prop_map(|(q, on)| Act::Url(q, on)),
    ]
}

fn version() -> impl Strategy<Value = u64> {
    1..5u64
}

fn alias_act() -> impl Strategy<Value = Act> {
    prop_oneof![
        6 => (0..5u64).prop_map(|v| Act::Point(ALIAS, v)),
        1 => (0..5u64).prop_map(|v| Act::Point(NEXT, v)),
        1 => Just(Act::DeleteAlias),
        2 => (version(), 0..=10u8).prop_map(|(v, w)| Act::Weigh(v, w)),
        1 => Just(Act::ClearWeights),
        6 => (0..5u8).prop_map(|n| Act::Warm(ALIAS, n)),
        1 => (prop_oneof![Just(NEXT), Just("1"), Just("2")], 0..3u8).prop_map(|(q, n)| Act::Warm(q, n)),
        2 => proptest::option::of((0..3u8, 3..6u8)).prop_map(Act::Scale),
    ]
}

fn stage() -> impl Strategy<Value = &'static str> {
    prop_oneof![3 => Just(STAGES[0]), 1 => Just(STAGES[1])]
}

fn api() -> impl Strategy<Value = usize> {
    prop_oneof![4 => Just(0usize), 1 => Just(1usize)]
}

fn permission_act() -> impl Strategy<Value = Act> {
    let reach = prop_oneof![
        3 => api().prop_map(Reach::Api),
        2 => (api(), stage()).prop_map(|(a, s)| Reach::Stage(a, s)),
        2 => (api(), stage(), 0..3usize).prop_map(|(a, s, r)| Reach::Method(a, s, r)),
        2 => Just(Reach::HttpApi),
        1 => prop_oneof![Just(HTTP_STAGES[0]), Just(HTTP_STAGES[1])].prop_map(Reach::HttpStage),
        1 => Just(Reach::EveryApi),
        1 => Just(Reach::Anything),
        1 => Just(Reach::Events),
    ];
    let sid = || prop_oneof![2 => Just("theirs"), 1 => Just("theirs-too"), 2 => Just("warmlambda-0a1b2c3d-0123456789")];
    let qualifier = prop_oneof![6 => Just(Some(ALIAS)), 1 => Just(Some(NEXT)), 1 => Just(None)];
    prop_oneof![
        4 => (sid(), qualifier, reach).prop_map(|(sid, q, reach)| Act::Permit(sid, q, reach)),
        1 => sid().prop_map(Act::Forbid),
    ]
}

fn api_act() -> impl Strategy<Value = Act> {
    let target = prop_oneof![
        3 => Just(Target::Function("fir-api")),
        4 => Just(Target::Function("fir-api:live")),
        1 => Just(Target::Function("fir-api:1")),
        1 => Just(Target::Function("fir-api:next")),
        1 => Just(Target::Function("other:live")),
        2 => Just(Target::Function("fir-api:${stageVariables.alias}")),
        1 => Just(Target::Function("${stageVariables.function}")),
        1 => Just(Target::Role),
        1 => Just(Target::Get),
        1 => Just(Target::Mock),
        1 => Just(Target::None),
    ];
    let variable = prop_oneof![
        3 => (Just("alias"), prop_oneof![Just("live"), Just("next"), Just("1")]),
        2 => (Just("function"), prop_oneof![Just("fir-api"), Just("fir-api:live"), Just("other")]),
    ];
    prop_oneof![
        8 => (api(), 0..3usize, target).prop_map(|(a, r, t)| Act::Retarget(a, r, t)),
        3 => (api(), stage(), variable).prop_map(|(a, s, (name, value))| Act::Variable(a, s, name, value)),
        5 => (api(), stage()).prop_map(|(a, s)| Act::Deploy(a, s)),
        2 => (api(), stage(), any::<bool>()).prop_map(|(a, s, on)| Act::Canary(a, s, on)),
        1 => (api(), Just("test")).prop_map(|(a, s)| Act::DeleteStage(a, s)),
        1 => Just(Act::DeleteApi(1)),
    ]
}

/// The bytes of code number `n`.
pub fn code(n: u8) -> String {
    match n {
        1 => "code 1\ninit: fail\n".into(),
        3 => "code 3\ninit: fail-provisioned\n".into(),
        7 => "code 7\nhandler: fail\n".into(),
        8 | 9 => format!("code {n}\nduration: {}ms\n", u32::from(n - 7) * 3000),
        n => format!("code {n}"),
    }
}

impl Scene {
    /// The scene with the chain built this far.
    pub fn started(start: Start) -> Self {
        let mut scene = Self::new();
        if !matches!(start, Start::Bare) {
            scene.act(&Act::Point(ALIAS, 1));
        }
        if matches!(start, Start::Warm) {
            scene.act(&Act::Warm(ALIAS, 2));
            scene.act(&Act::Permit("theirs", Some(ALIAS), Reach::Api(0)));
            scene.act(&Act::Wait(5 * MINUTE));
            for route in 0..ROUTES.len() {
                scene.act(&Act::Retarget(0, route, Target::Function("fir-api:live")));
            }
            scene.act(&Act::Deploy(0, STAGES[0]));
            scene.act(&Act::Source(SourceAct::Move(Place::Orders, "fir-api:live")));
            scene.act(&Act::Http(HttpAct::Retarget(0, HttpTarget::Arn("fir-api:live"))));
            scene.act(&Act::Permit("theirs-http", Some(ALIAS), Reach::HttpApi));
            scene.act(&Act::Wait(MINUTE));
        }
        scene
    }

    /// Does something; what AWS refuses is not done.
    pub fn act(&mut self, act: &Act) {
        drop(self.try_act(act));
    }

    fn try_act(&mut self, act: &Act) -> Answer<()> {
        let region = &mut self.region;
        match act {
            Act::Code(n) => region.update_function_code(FUNCTION, code(*n).as_str(), false, None).map(drop),
            Act::Memory(n) => configure(region, 128 * (u32::from(*n) + 1), None),
            Act::SnapStart(on) => configure(region, 128, Some(*on)),
            Act::Publish => region.publish_version(FUNCTION, None, None, None).map(drop),
            Act::DeleteVersion(n) => region.delete_function(FUNCTION, Some(&n.to_string())),
            Act::DeleteFunction => region.delete_function(FUNCTION, None),
            Act::Point(alias, n) => point(region, alias, *n),
            Act::DeleteAlias => region.delete_alias(FUNCTION, ALIAS),
            Act::Weigh(n, tenths) => weigh(region, ById::from([(n.to_string(), f64::from(*tenths) / 10.0)])),
            Act::ClearWeights => weigh(region, ById::new()),
            Act::Warm(qualifier, 0) => region.delete_provisioned_concurrency_config(FUNCTION, qualifier),
            Act::Warm(qualifier, n) => region
                .put_provisioned_concurrency_config(FUNCTION, qualifier, i64::from(*n))
                .map(drop),
            Act::Scale(bounds) => scale(region, *bounds),
            Act::Permit(sid, qualifier, reach) => {
                let statement = self.statement(sid, *reach);
                self.region.add_permission(FUNCTION, *qualifier, statement, None).map(drop)
            }
            Act::Forbid(sid) => region.remove_permission(FUNCTION, Some(ALIAS), sid, None),
            Act::Retarget(api, route, target) => self.retarget(*api, *route, *target),
            Act::Variable(api, stage, name, value) => {
                let change = [PatchOperation::replace(&format!("/variables/{name}"), value)];
                region.update_stage(region.now, &self.apis[*api], stage, &change).map(drop)
            }
            Act::Deploy(api, stage) => deploy(region, &self.apis[*api], stage),
            Act::Canary(api, stage, on) => canary(region, &self.apis[*api], stage, *on),
            Act::DeleteStage(api, stage) => region.delete_stage(&self.apis[*api], stage),
            Act::DeleteApi(api) => region.delete_rest_api(&self.apis[*api]),
            Act::Reserve(Some(n)) => region.put_function_concurrency(FUNCTION, u32::from(*n)).map(drop),
            Act::Reserve(None) => region.delete_function_concurrency(FUNCTION),
            Act::Http(act) => self.try_http(act),
            Act::Source(act) => self.try_source(act),
            Act::Url(qualifier, true) => {
                let made = region.create_function_url_config(FUNCTION, *qualifier, "NONE", None);
                made.map(drop)
            }
            Act::Url(qualifier, false) => region.delete_function_url_config(FUNCTION, *qualifier),
            Act::Wait(duration) => {
                advance(region, *duration);
                Ok(())
            }
        }
    }

    fn statement(&self, sid: &str, reach: Reach) -> Statement {
        let api = |n: usize, rest: &str| Statement::for_api(sid, &execution_arn(&self.apis[n], rest));
        match reach {
            Reach::Api(n) => api(n, "*/*"),
            Reach::Stage(n, stage) => api(n, &format!("{stage}/*")),
            Reach::Method(n, stage, route) => {
                let (path, http_method, _) = ROUTES[route];
                let http_method = if http_method == "ANY" { "*" } else { http_method };
                api(n, &format!("{stage}/{http_method}{}", path.replace("{id}", "*")))
            }
            Reach::HttpApi => Statement::for_api(sid, &execution_arn(&self.http_apis[0], "*/*")),
            Reach::HttpStage(stage) => Statement::for_api(sid, &execution_arn(&self.http_apis[0], &format!("{stage}/*"))),
            // Only foreign ones reach this far: the operator never writes such a statement.
            Reach::EveryApi => Statement::for_api("theirs-wide", &execution_arn("*", "*/*")),
            Reach::Anything => Statement {
                sid: "theirs-wide".into(),
                ..Statement::default()
            },
            Reach::Events => Statement {
                sid: "theirs-events".into(),
                principal: "events.amazonaws.com".into(),
                ..Statement::default()
            },
        }
    }

    fn retarget(&mut self, api: usize, route: usize, target: Target) -> Answer<()> {
        let api = &self.apis[api];
        let (path, http_method, _) = ROUTES[route];
        let resource = self.region.rest_apis.get(api).and_then(|a| a.resources.get(path));
        let resource = resource.map(|r| r.id.clone()).unwrap_or_default();
        let live = || proxy(&uri("fir-api:live"));
        let new = match target {
            Target::Function(function) => proxy(&uri(function)),
            Target::Role => NewIntegration {
                credentials: Some("arn:aws:iam::111122223333:role/gateway".into()),
                ..live()
            },
            Target::Get => NewIntegration {
                http_method: Some("GET".into()),
                ..live()
            },
            Target::Mock => NewIntegration {
                kind: "MOCK".into(),
                ..NewIntegration::default()
            },
            Target::None => return self.region.delete_integration(api, &resource, http_method),
        };
        self.region.put_integration(api, &resource, http_method, new).map(drop)
    }
}

fn configure(region: &mut Region, memory: u32, snap_start: Option<bool>) -> Answer<()> {
    let change = ConfigurationChange {
        memory_size: Some(memory),
        snap_start,
        ..ConfigurationChange::default()
    };
    region.update_function_configuration(FUNCTION, change, None).map(drop)
}

fn point(region: &mut Region, alias: &str, n: u64) -> Answer<()> {
    let version = if n == 0 { "$LATEST".to_owned() } else { n.to_string() };
    match region.get_alias(FUNCTION, alias) {
        Ok(_) => region.update_alias(FUNCTION, alias, &AliasChange::version(&version)).map(drop),
        Err(_) => region.create_alias(FUNCTION, alias, &version, ById::new(), "theirs").map(drop),
    }
}

fn weigh(region: &mut Region, weights: ById<f64>) -> Answer<()> {
    let change = AliasChange {
        additional_version_weights: Some(weights),
        ..AliasChange::default()
    };
    region.update_alias(FUNCTION, ALIAS, &change).map(drop)
}

/// As AWS does, the number is brought within the bounds at once.
fn scale(region: &mut Region, bounds: Option<(u8, u8)>) -> Answer<()> {
    let id = format!("function:{FUNCTION}:{ALIAS}");
    let Some((min, max)) = bounds else {
        return region.deregister_scalable_target(&id);
    };
    let asked = Registration {
        min_capacity: Some(min.into()),
        max_capacity: Some(max.into()),
        suspended: None,
    };
    region.register_scalable_target(&id, asked, region.now)?;
    let now = region
        .get_provisioned_concurrency_config(FUNCTION, ALIAS)
        .map_or(0, |c| c.requested);
    let within = now.clamp(min.into(), max.into());
    if within == now {
        return Ok(());
    }
    region.put_provisioned_concurrency_config(FUNCTION, ALIAS, within.into()).map(drop)
}

fn canary(region: &mut Region, api: &str, stage: &str, on: bool) -> Answer<()> {
    if !on {
        return region
            .update_stage(region.now, api, stage, &[PatchOperation::remove("/canarySettings")])
            .map(drop);
    }
    let new = NewDeployment {
        stage_name: Some(stage.into()),
        canary_settings: Some(CanarySettings {
            percent_traffic: 0.0,
            ..CanarySettings::default()
        }),
        ..NewDeployment::default()
    };
    region.create_deployment(region.now, api, new).map(drop)
}
