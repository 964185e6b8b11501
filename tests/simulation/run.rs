//! One run: a scenario with its faults, until the operator is at rest again, and what the judge saw.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use awssim::sim::clock::Clock;
use awssim::sim::{Rule, Sim};
use awssim::world::http_api::RouteChange;
use awssim::world::{ById, Region, World};
use serde_json::Value;
use tokio::time::{Instant, sleep};

use crate::api_server::{ApiServer, Objects};
use crate::clock;
use crate::fault::{Act, Fault, Kind};
use crate::judge::{Law, Violation};
use crate::operator::{Choices, Process};
use crate::people::{self, NAME, endpoint};
use crate::scenario::{End, Scenario};
use crate::scene::gateway::deploy_http;
use crate::scene::{ALIAS, FUNCTION, MINUTE, SECOND, Scene, advance};
use crate::wire::{Call, Wire};

/// How long the operator may take to be at rest after everything that happened, in virtual time: what may arrive late is waited
/// for, and calls that fail are tried again after five minutes at the latest.
const PATIENCE: Duration = Duration::from_mins(40);
/// How long something may arrive that an operator sent which is not there any more, and a look after it.
const ARRIVES: Duration = Duration::from_mins(7);
/// How long it must then be quiet after faults: at least one look at AWS falls into it.
const QUIET: Duration = Duration::from_mins(6);
/// The same for a world that was merely found.
const QUIET_WITHOUT_FAULTS: Duration = Duration::from_mins(10);
/// How long it takes until the pod is there again.
const RESTART: Duration = Duration::from_secs(1);

/// What came of a run.
#[derive(Debug)]
pub struct Outcome {
    /// Every call.
    pub calls: Vec<Call>,
    /// Broken laws.
    pub violations: Vec<Violation>,
    /// Status writes that were judged.
    pub samples: u64,
    /// Of them those that said Ready.
    pub ready: u64,
    /// Whether it had to wait until nothing could arrive any more.
    pub waited: bool,
    /// Virtual time until it was at rest.
    pub settled: Duration,
    /// Virtual time of the whole run.
    pub virtually: Duration,
    /// The endpoint in the end.
    pub endpoint: Option<Value>,
    /// Permissions that the operator asked for.
    pub granted: u64,
}

/// Runs on a paused clock, on this thread alone.
pub fn on_paused_clock<T>(run: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    let result = runtime.block_on(run);
    runtime.shutdown_background();
    result
}

/// A world in which AWS takes seconds where it takes minutes, which changes no order of things. Two routes of the HTTP API share an
/// integration of somebody else, so that one that is named gets one of its own.
pub fn world() -> Region {
    let Scene { mut region, http_apis, .. } = Scene::new();
    let routes = &region.http_apis[&http_apis[0]].routes;
    let (shared, route) = (routes["$default"].target.clone(), routes["ANY /items/{id}"].route_id.clone());
    let change = RouteChange {
        target: shared,
        ..RouteChange::default()
    };
    region.update_http_route(region.now, &http_apis[0], &route, change).unwrap();
    deploy_http(&mut region, &http_apis[0], "prod").unwrap();
    advance(&mut region, MINUTE);
    let settings = &mut region.settings;
    settings.allocation_delay_ms = 3 * SECOND;
    settings.canary_extra_ms = 5 * SECOND;
    settings.mapping_create_ms = 3 * SECOND;
    settings.mapping_update_ms = 3 * SECOND;
    settings.poll_interval_ms = 60 * SECOND;
    region
}

/// The two servers and the wire between, begun at the time of the world.
pub fn servers(region: Region, objects: Objects, spec: &Value, script: &[Fault], seed: u64) -> Wire {
    let at = region.now;
    clock::begin(at, seed);
    let sim = Sim::new(World { regions: vec![region] }, Clock::manual(at));
    sim.change_clock(|clock, wall| clock.scale(wall, 1.0)).unwrap();
    sim.set_callers_in_real_time(Some(false));
    let api = ApiServer::with(objects);
    Wire::new(sim, api, spec, script.to_vec())
}

/// Plays a scenario with its faults.
pub fn play(scenario: &Scenario, script: &[Fault], seed: u64) -> Outcome {
    play_in(scenario, script, seed, |_| {})
}

/// Plays a scenario while AWS's answers to reads are behind.
pub fn play_behind(scenario: &Scenario, rule: Rule, behind: Duration) -> Outcome {
    play_in(scenario, &[], 1, |wire| {
        wire.sim.add_fault(rule);
        wire.judge().stale = behind;
    })
}

fn play_in(scenario: &Scenario, script: &[Fault], seed: u64, arrange: impl FnOnce(&Wire)) -> Outcome {
    let (region, objects) = beginning(scenario);
    on_paused_clock(async {
        let wire = servers(region, objects, &scenario.spec, script, seed);
        arrange(&wire);
        if !scenario.begins_ready {
            people::create(&wire.api, NAME, &scenario.spec);
            wire.judge().disturbed(&wire.sim, &wire.api);
        }
        let mut stage = Stage::new(wire, Choices::default()).await;
        stage.live(scenario, script).await;
        stage.end()
    })
}

/// How far a scenario has come when the operator dies before its call `k`.
pub fn interrupted(scenario: &Scenario, k: usize) -> (Region, Objects) {
    let (region, objects) = beginning(scenario);
    on_paused_clock(async {
        let wire = servers(region, objects, &scenario.spec, &[Fault::call(k, Kind::CrashBefore)], 0);
        if !scenario.begins_ready {
            people::create(&wire.api, NAME, &scenario.spec);
            wire.judge().disturbed(&wire.sim, &wire.api);
        }
        let process = Process::start(&wire, &Choices::default()).await;
        let acts = async {
            for (second, act) in &scenario.acts {
                sleep(Duration::from_secs(*second).saturating_sub(clock::elapsed())).await;
                wire.act(act);
            }
            sleep(PATIENCE).await;
        };
        tokio::select! {
            () = wire.crash.notified() => {}
            () = acts => {}
        }
        process.kill();
        (wire.sim.world().regions[0].clone(), wire.api.objects())
    })
}

/// Lets an operator find a world, without any fault; the number of passes up to the last write comes with the outcome. A status that
/// was forged may say at once that all is done: what waits until nothing can arrive any more is waited for.
pub fn found(region: Region, objects: Objects, scenario: &Scenario) -> (Outcome, usize) {
    on_paused_clock(async {
        let wire = servers(region, objects, &scenario.spec, &[], 1);
        let mut stage = Stage::new(wire, Choices::default()).await;
        stage.come_to_rest(scenario.end).await;
        stage.pass(ARRIVES).await;
        stage.come_to_rest(scenario.end).await;
        let passes = passes(&stage.wire.calls());
        let quiet = Scenario {
            acts: Vec::new(),
            ..scenario.clone()
        };
        stage.live(&quiet, &[]).await;
        (stage.end(), passes)
    })
}

/// Passes up to the last write. Within a pass the clock stands still, and each reads the function, some of them twice.
fn passes(calls: &[Call]) -> usize {
    let last = calls.iter().rposition(|call| call.changed && !call.name.ends_with("leases"));
    let until = calls[..last.unwrap_or(0)].iter().filter(|call| call.name == "lambda:GetFunction");
    until.map(|call| call.at).collect::<BTreeSet<_>>().len()
}

thread_local! {
    static READY: RefCell<BTreeMap<&'static str, (Region, Objects)>> = const { RefCell::new(BTreeMap::new()) };
}

/// Where a scenario begins.
fn beginning(scenario: &Scenario) -> (Region, Objects) {
    if !scenario.begins_ready {
        let mut region = world();
        if scenario.adopts {
            region.create_alias(FUNCTION, ALIAS, "1", ById::new(), "theirs").unwrap();
        }
        return (region, Objects::default());
    }
    if let Some(ready) = READY.with_borrow(|ready| ready.get(scenario.name).cloned()) {
        return ready;
    }
    let ready = on_paused_clock(async {
        let wire = servers(world(), Objects::default(), &scenario.spec, &[], 0);
        people::create(&wire.api, NAME, &scenario.spec);
        let mut stage = Stage::new(wire.clone(), Choices::default()).await;
        assert!(
            stage.until(PATIENCE, Stage::is_ready).await,
            "an endpoint becomes Ready without faults"
        );
        stage.process.take().unwrap().stop().await;
        (wire.sim.world().regions[0].clone(), wire.api.objects())
    });
    READY.with_borrow_mut(|all| all.insert(scenario.name, ready.clone()));
    ready
}

/// A run in progress.
pub struct Stage {
    /// The servers.
    pub wire: Wire,
    /// How often it is looked whether something holds.
    pub step: Duration,
    choices: Choices,
    process: Option<Process>,
    settled: Duration,
}

impl Stage {
    /// Starts an operator.
    pub async fn new(wire: Wire, choices: Choices) -> Self {
        let process = Process::start(&wire, &choices).await;
        Self {
            wire,
            step: Duration::from_millis(500),
            choices,
            process: Some(process),
            settled: Duration::ZERO,
        }
    }

    /// Lets time pass until something holds, and starts the operator again whenever it dies. False when it took too long.
    pub async fn until(&mut self, patience: Duration, holds: impl Fn(&Self) -> bool) -> bool {
        let deadline = Instant::now() + patience;
        loop {
            if holds(self) {
                return true;
            }
            if Instant::now() >= deadline {
                return false;
            }
            let crash = self.wire.crash.clone();
            tokio::select! {
                biased;
                () = crash.notified() => self.restart().await,
                () = sleep(self.step.min(deadline - Instant::now())) => {}
            }
            if self.process.as_ref().is_some_and(Process::has_ended) {
                self.restart().await;
            }
        }
    }

    /// Lets so much time pass.
    pub async fn pass(&mut self, time: Duration) {
        self.until(time, |_| false).await;
    }

    async fn restart(&mut self) {
        if let Some(process) = self.process.take() {
            process.kill();
        }
        sleep(RESTART).await;
        self.process = Some(Process::start(&self.wire, &self.choices).await);
    }

    /// Whether the endpoint says that all is well with its spec as it stands, and AWS bears it out.
    pub fn is_ready(&self) -> bool {
        let Some(object) = endpoint(&self.wire.api, NAME) else {
            return false;
        };
        let conditions = object["status"]["conditions"].as_array().cloned().unwrap_or_default();
        let ready = conditions.iter().any(|c| c["type"] == "Ready" && c["status"] == "True");
        let current = object["status"]["observedGeneration"] == object["metadata"]["generation"];
        ready && current && self.wire.judge().matches(&object, &self.wire.sim).is_ok()
    }

    fn is_over(&self, end: End) -> bool {
        match end {
            End::Ready => self.is_ready(),
            End::Gone => endpoint(&self.wire.api, NAME).is_none(),
        }
    }

    /// Lives through a scenario to its end, and through a quiet time after it.
    async fn live(&mut self, scenario: &Scenario, script: &[Fault]) {
        for (second, act) in &scenario.acts {
            let wait = Duration::from_secs(*second).saturating_sub(clock::elapsed());
            self.until(wait, |_| false).await;
            self.wire.act(act);
        }
        // What is to arrive arrives, and then it comes to rest.
        self.pass(Duration::from_secs(2)).await;
        self.come_to_rest(scenario.end).await;
        self.until(PATIENCE, |stage| !stage.wire.is_waiting()).await;
        let over = self.come_to_rest(scenario.end).await;
        self.settled = clock::elapsed();
        if !over {
            let why = self.why_not();
            self.wire
                .judge()
                .accuse(Law::Recovery, format!("not at rest after {PATIENCE:?}: {why}"));
            return;
        }
        self.rest(script).await;
    }

    /// Waits for the end. Who deletes an endpoint points its callers elsewhere until it is gone, and makes it again if it is to be there.
    async fn come_to_rest(&mut self, end: End) -> bool {
        for _ in 0..8 {
            let over = self.until(PATIENCE / 8, |stage| stage.is_over(end)).await;
            let object = endpoint(&self.wire.api, NAME);
            match object {
                _ if over => return true,
                None => self.wire.act(&Act::Recreate),
                Some(object) if !object["metadata"]["deletionTimestamp"].is_null() => self.wire.act(&Act::CallersAway),
                Some(_) => {}
            }
        }
        false
    }

    /// From now on nothing may be written, and nobody may be cut off.
    async fn rest(&mut self, script: &[Fault]) {
        self.wire.judge().judge_traffic(&self.wire.sim);
        // What is tidied up when everything serves, and what may only be done when nothing can arrive any more.
        let ambiguous = script.iter().any(|fault| fault.kind.is_ambiguous());
        self.pass(if ambiguous { ARRIVES } else { Duration::from_mins(1) }).await;
        let mut before = self.wire.calls().len();
        self.pass(if script.is_empty() { QUIET_WITHOUT_FAULTS } else { QUIET }).await;
        let mut calls = self.wire.calls();
        // A fault that lasts until some call is over only when that call is made, which may be now.
        if calls[before..].iter().any(|call| call.fault.is_some()) {
            before = calls.len();
            self.pass(QUIET).await;
            calls = self.wire.calls();
        }
        let written: Vec<_> = calls[before..]
            .iter()
            .filter(|c| c.changed && !c.name.ends_with("leases"))
            .map(|c| c.name.clone())
            .collect();
        if !written.is_empty() {
            self.wire
                .judge()
                .accuse(Law::Recovery, format!("written in a quiet time: {written:?}"));
        }
        let left = self.wire.judge().left_behind(&self.wire.api, &self.wire.sim);
        if let Some(text) = left {
            self.wire.judge().accuse(Law::Leak, text);
        }
        if let Some(object) = endpoint(&self.wire.api, NAME) {
            let matches = self.wire.judge().matches(&object, &self.wire.sim);
            if let Err(text) = matches {
                self.wire.judge().accuse(Law::Recovery, format!("Ready once, and then {text}"));
            }
        }
    }

    /// For people: what the endpoint says, and what is missing in AWS.
    fn why_not(&self) -> String {
        let Some(object) = endpoint(&self.wire.api, NAME) else {
            return "the endpoint is gone".into();
        };
        let matches = self.wire.judge().matches(&object, &self.wire.sim);
        format!("{matches:?}; {}", object["status"]["conditions"])
    }

    /// What came of it.
    pub fn end(&mut self) -> Outcome {
        if let Some(process) = self.process.take() {
            process.kill();
        }
        let judge = self.wire.judge();
        Outcome {
            calls: self.wire.calls(),
            violations: judge.violations.clone(),
            samples: judge.samples,
            ready: judge.ready,
            waited: judge.waited,
            settled: self.settled,
            virtually: clock::elapsed(),
            endpoint: endpoint(&self.wire.api, NAME),
            granted: judge.granted,
        }
    }
}
