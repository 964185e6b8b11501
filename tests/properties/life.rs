//! A whole life of an endpoint: the world that it comes into, what goes wrong for a while, and then the quiet in which it must
//! get where its spec wants it.

use awssim::world::{Millis, Region};
use proptest::prelude::*;
use warmlambda::plan::step::Step;

use crate::callers::{Caller, caller};
use crate::driver::{Endpoint, Fault, timestamp};
use crate::obstacles;
use crate::scene::{MINUTE, SECOND, Scene};
use crate::specs::{Spec, spec};
use crate::worlds::gateway::http_act;
use crate::worlds::sources::source_act;
use crate::worlds::{Act, Start, act, start, wait};

/// Passes within which an undisturbed endpoint comes to rest.
const PATIENCE: usize = 30;
/// Passes for which it must stay there.
const REST: usize = 10;

/// One pass, and what comes after it.
#[derive(Clone, Debug)]
pub struct Turn {
    fault: Fault,
    gap: Millis,
    then: Option<Act>,
    wait: Millis,
}

/// Everything that happens.
#[derive(Clone, Debug)]
pub struct Life {
    /// How the world begins.
    pub start: Start,
    /// What others did before the endpoint came.
    pub before: Vec<Act>,
    /// The spec.
    pub spec: Spec,
    /// The triggers that the spec had at first, when they were others.
    pub earlier: Option<Vec<Caller>>,
    /// Passes while things go wrong and others go on.
    pub turns: Vec<Turn>,
    /// Milliseconds between the quiet passes; used over and over.
    pub pace: Vec<Millis>,
}

/// Any life in which nothing goes wrong after the endpoint came.
pub fn quiet() -> impl Strategy<Value = Life> {
    lives(proptest::collection::vec(turn(Just(Fault::None).boxed(), false), 0..1), 0.1)
}

/// Any life in which passes end anywhere, and answers and status writes are lost.
pub fn faulty() -> impl Strategy<Value = Life> {
    lives(proptest::collection::vec(turn(fault().boxed(), false), 1..12), 0.2)
}

/// Any life in which others go on while the endpoint works, faults and all.
pub fn disturbed() -> impl Strategy<Value = Life> {
    lives(proptest::collection::vec(turn(fault().boxed(), true), 1..12), 0.5)
}

/// `changed`: how many of the specs had other triggers at first.
fn lives(turns: impl Strategy<Value = Vec<Turn>>, changed: f64) -> impl Strategy<Value = Life> {
    let before = proptest::collection::vec(act(), 0..12);
    let meant = proptest::collection::vec(
        prop_oneof![http_act().prop_map(Act::Http), source_act().prop_map(Act::Source)].boxed(),
        0..6,
    );
    let pace = proptest::collection::vec(prop_oneof![Just(SECOND), Just(30 * SECOND), wait()], 1..5);
    let earlier = proptest::option::weighted(changed, proptest::collection::vec(caller(), 1..3));
    let life = (start(), before, meant, spec().boxed(), earlier, turns, pace);
    life.prop_map(|(start, mut before, meant, spec, earlier, mut turns, pace)| {
        before.extend(meant.into_iter().filter_map(|act| about(act, &spec)));
        for act in turns.iter_mut().filter_map(|turn| turn.then.as_mut()) {
            *act = about(act.clone(), &spec).unwrap_or_else(|| act.clone());
        }
        Life {
            start,
            before,
            spec,
            earlier,
            turns,
            pace,
        }
    })
}

/// The same done to what the spec is about; nothing when it is about no HTTP API or source.
fn about(act: Act, spec: &Spec) -> Option<Act> {
    let places: Vec<_> = spec
        .triggers
        .iter()
        .filter_map(|caller| match caller {
            Caller::Source(source) => Some(source.place),
            _ => None,
        })
        .collect();
    let has_http = spec.triggers.iter().any(|caller| matches!(caller, Caller::Http(_)));
    match act {
        Act::Source(act) => Some(Act::Source(act.at(*places.first()?))),
        Act::Http(act) => Some(Act::Http(act)).filter(|_| has_http),
        _ => None,
    }
}

fn turn(fault: BoxedStrategy<Fault>, disturbed: bool) -> impl Strategy<Value = Turn> {
    let then = if disturbed {
        proptest::option::weighted(0.4, act()).boxed()
    } else {
        Just(None).boxed()
    };
    let gap = prop_oneof![4 => Just(0), 1 => Just(SECOND / 2), 1 => Just(2 * SECOND)];
    (fault, gap, then, wait()).prop_map(|(fault, gap, then, wait)| Turn { fault, gap, then, wait })
}

/// Anything that may go wrong in a pass.
pub fn fault() -> impl Strategy<Value = Fault> {
    prop_oneof![
        3 => Just(Fault::None),
        2 => (0..4usize).prop_map(Fault::Crash),
        2 => (0..4usize).prop_map(Fault::AnswerLost),
        1 => (0..4usize).prop_map(Fault::RequestLost),
        2 => Just(Fault::StatusLost),
    ]
}

/// Passes in which things go wrong, and nobody else does anything.
pub fn fault_turns() -> impl Strategy<Value = Vec<Turn>> {
    proptest::collection::vec(turn(fault().boxed(), false), 0..8)
}

impl Turn {
    /// The pass, and what comes after it.
    pub fn pass(&self, endpoint: &mut Endpoint, scene: &mut Scene) {
        endpoint.pass(&mut scene.region, self.fault, self.gap);
        endpoint.wait(&mut scene.region, self.wait);
        if let Some(act) = &self.then {
            scene.act(act);
            endpoint.disturbed(format!("{act:?}"));
        }
    }
}

/// Whether nothing will happen any more: for longer than the endpoint is patient with others a person has been asked for, and AWS
/// has nothing left to do.
fn is_over(endpoint: &Endpoint, region: &Region) -> bool {
    let stalled = endpoint.status.conditions.iter().find(|c| c.type_ == "Stalled");
    let asked_for = stalled.map_or(0, |c| timestamp(region).as_second() - c.last_transition_time.0.as_second());
    asked_for > 660 && region.due().is_none()
}

/// How a life ended.
#[derive(Debug)]
pub struct End {
    /// The endpoint with its story.
    pub endpoint: Endpoint,
    /// The world.
    pub region: Region,
}

impl Life {
    /// The world as the endpoint finds it.
    pub fn scene(&self) -> Scene {
        let mut scene = Scene::started(self.start);
        self.before.iter().for_each(|act| scene.act(act));
        scene
    }

    /// Lives through the turns, and then until it is at rest.
    pub fn live(&self) -> End {
        let mut scene = self.scene();
        let mut endpoint = Endpoint::new(self.spec.desired(&scene), &scene.region);
        if let Some(triggers) = &self.earlier {
            let desired = std::mem::replace(&mut endpoint.desired, self.spec.with_triggers(triggers, &scene));
            endpoint.disturbed("with other triggers".into());
            for _ in 0..8 {
                endpoint.pass(&mut scene.region, Fault::None, 0);
                endpoint.wait(&mut scene.region, 5 * MINUTE);
            }
            endpoint.desired = desired;
            endpoint.disturbed("the triggers are changed".into());
        }
        for turn in &self.turns {
            turn.pass(&mut endpoint, &mut scene);
        }
        endpoint.story.push("      quiet".into());
        // What others edited in APIs that deploy themselves goes out.
        endpoint.wait(&mut scene.region, 10 * SECOND);
        for n in 0..PATIENCE {
            endpoint.pass(&mut scene.region, Fault::None, 0);
            if endpoint.is_ready() || is_over(&endpoint, &scene.region) {
                break;
            }
            let pace = self.pace[n % self.pace.len()];
            // However hurried the controller is: at last AWS has had an hour.
            let pace = if n > PATIENCE / 3 { pace.max(5 * MINUTE) } else { pace };
            endpoint.wait(&mut scene.region, pace);
        }
        End {
            endpoint,
            region: scene.region,
        }
    }
}

impl End {
    /// Whether the endpoint came to rest: `Ready`, or for a reason that the world bears out.
    pub fn at_rest(&self) -> Result<(), String> {
        let real = obstacles::real(&self.endpoint.desired, &self.region);
        if self.endpoint.is_ready() || real.contains(self.endpoint.reason().as_str()) {
            return Ok(());
        }
        let reason = self.endpoint.reason();
        Err(format!("{reason} is none of {real:?}\n{}", self.endpoint.story.join("\n")))
    }

    /// Whether nothing changes any more, neither in AWS nor in status, however often it is looked at.
    pub fn stays(mut self) -> Result<Self, String> {
        let (status, written) = (self.endpoint.status.clone(), self.endpoint.written.len());
        for _ in 0..REST {
            self.endpoint.wait(&mut self.region, 5 * MINUTE);
            self.endpoint.pass(&mut self.region, Fault::None, 0);
        }
        let story = || self.endpoint.story.join("\n");
        if self.region.settings.http_deployment_failure.is_some() {
            // What fails is tried again after half an hour, and looks different while it is tried.
            let again = &self.endpoint.written[written..];
            let deploys = again.iter().all(|step| matches!(step, Step::DeployHttpStage { .. }));
            let stages = self.endpoint.desired.http_apis.len();
            if deploys && again.len() <= 2 * stages {
                return Ok(self);
            }
            return Err(format!("it went on writing\n{}", story()));
        }
        if self.endpoint.written.len() > written {
            return Err(format!("it went on writing\n{}", story()));
        }
        let still = |s: &warmlambda::api::WarmLambdaEndpointStatus| {
            let told = s.conditions.iter().map(|c| (c.type_.clone(), c.status.clone(), c.reason.clone()));
            told.collect::<Vec<_>>()
        };
        let same = if self.endpoint.is_ready() {
            self.endpoint.status == status
        } else {
            still(&self.endpoint.status) == still(&status)
        };
        if !same {
            return Err(format!(
                "status goes on changing: {:#?}\n{:#?}\n{}",
                status,
                self.endpoint.status,
                story()
            ));
        }
        Ok(self)
    }
}
