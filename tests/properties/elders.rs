//! Two endpoints on two aliases of one function that ask for the same callers: the older one keeps what it asks for, both come to
//! rest, and the younger one takes over once the older one is gone.

use std::collections::BTreeSet;

use awssim::world::Region;
use proptest::prelude::*;
use warmlambda::plan::desired::{Desired, DesiredHttpApi, DesiredRestApi};
use warmlambda::plan::elder::Elder;
use warmlambda::plan::trigger::Callers;

use crate::driver::{Endpoint, Fault, Law};
use crate::life::fault;
use crate::scene::{ALIAS, MINUTE, NEXT, SECOND, Scene};
use crate::specs::{Spec, spec};
use crate::worlds::{Act, Start, act, start};
use crate::{obstacles, oracle, settings};

/// `metadata.uid` of the younger endpoint.
const YOUNGER: &str = "1b2c3d4e-0000-4000-8000-000000000002";
/// Rounds in which both come to rest, and rounds for which they must stay there.
const PATIENCE: usize = 20;
const REST: usize = 6;

/// What happens in a round: which of the two has its pass, what goes wrong in it, and what somebody does afterwards.
type Round = (bool, Fault, Option<Act>);

#[derive(Clone, Debug)]
struct Life {
    start: Start,
    before: Vec<Act>,
    older: Spec,
    younger: Spec,
    rounds: Vec<Round>,
}

fn life() -> impl Strategy<Value = Life> {
    let round = (any::<bool>(), fault().boxed(), proptest::option::weighted(0.2, act().boxed()));
    let before = proptest::collection::vec(act().boxed(), 0..5);
    let rounds = proptest::collection::vec(round, 0..10);
    (start(), before, spec().boxed(), spec().boxed(), rounds).prop_map(|(start, before, mut older, mut younger, rounds)| {
        // Two allocations on one version exclude each other (AWS-24), which is another matter.
        (older.capacity, younger.capacity) = (None, None);
        // One of them without callers has nothing to quarrel about.
        let shared = older.triggers.first().or(younger.triggers.first()).cloned();
        if let (Some(shared), true) = (shared, older.triggers.is_empty() || younger.triggers.is_empty()) {
            (older.triggers, younger.triggers) = (vec![shared.clone()], vec![shared]);
        }
        Life {
            start,
            before,
            older,
            younger,
            rounds,
        }
    })
}

/// Callers that an endpoint asks for and that call its alias.
fn given(desired: &Desired, region: &Region) -> BTreeSet<String> {
    let mut given = BTreeSet::new();
    for trigger in &desired.rest_apis {
        given.extend(methods(desired, trigger, region).into_iter().flatten());
    }
    for trigger in &desired.http_apis {
        given.extend(routes(desired, trigger, region).into_iter().flatten());
    }
    for trigger in &desired.event_sources {
        let meant = oracle::mapping::meant(desired, trigger, region).into_iter();
        let ours = meant.filter(|(_, mapping)| oracle::mapping::calls_alias(desired, mapping));
        given.extend(ours.map(|(uuid, _)| uuid.clone()));
    }
    given
}

fn methods(desired: &Desired, trigger: &DesiredRestApi, region: &Region) -> Option<Vec<String>> {
    let api = region.rest_apis.get(&trigger.api_id)?;
    let variables = &api.stages.get(&trigger.stage)?.variables;
    let calls = |key: &_| oracle::integration(&api.resources, key).is_some_and(|i| oracle::calls_alias(desired, i, variables));
    let meant = oracle::methods(desired, trigger, region).into_iter();
    let ours = meant
        .filter(calls)
        .map(|key| format!("{}/{} {key:?}", trigger.api_id, trigger.stage));
    Some(ours.collect())
}

fn routes(desired: &Desired, trigger: &DesiredHttpApi, region: &Region) -> Option<Vec<String>> {
    let api = region.http_apis.get(&trigger.api_id)?;
    let variables = &api.stages.get(&trigger.stage)?.stage_variables;
    let calls = |key: &String| {
        let integration = oracle::http_api::integration(&api.integrations, &api.routes, key);
        integration.is_some_and(|i| oracle::http_api::calls_alias(desired, i, variables))
    };
    let meant = oracle::http_api::routes(desired, trigger, region).into_iter();
    let ours = meant.filter(calls).map(|key| format!("{}/{} {key}", trigger.api_id, trigger.stage));
    Some(ours.collect())
}

/// Both endpoints in one world.
struct Pair {
    scene: Scene,
    older: Endpoint,
    younger: Endpoint,
    taken: Option<String>,
}

impl Pair {
    fn new(life: &Life) -> Self {
        let mut scene = Scene::started(life.start);
        life.before.iter().for_each(|act| scene.act(act));
        let elder = |desired: &Desired| Elder {
            name: "shop/older".into(),
            alias: desired.alias.clone(),
            callers: Callers {
                rest_apis: desired.rest_apis.clone(),
                http_apis: desired.http_apis.clone(),
                event_sources: desired.event_sources.clone(),
            },
        };
        let older = life.older.on_alias(&scene, ALIAS, crate::scene::UID);
        let younger = life.younger.on_alias(&scene, NEXT, YOUNGER).beside(vec![elder(&older)]);
        Self {
            older: Endpoint::new(older, &scene.region),
            younger: Endpoint::new(younger, &scene.region),
            scene,
            taken: None,
        }
    }

    fn pass(&mut self, of_younger: bool, fault: Fault) {
        let region = &mut self.scene.region;
        let (one, other, name) = if of_younger {
            (&mut self.younger, &mut self.older, "younger")
        } else {
            (&mut self.older, &mut self.younger, "older")
        };
        let before = given(&other.desired, region);
        let written = one.written.len();
        one.pass(region, fault, 0);
        let steps = format!("{:?}", &one.written[written..]);
        let lost = before.difference(&given(&other.desired, region)).next().cloned();
        if let (true, Some(lost)) = (of_younger, lost) {
            self.taken
                .get_or_insert(format!("the younger endpoint took {lost} from the older one by {steps}"));
        }
        if one.written.len() > written {
            other.disturbed(format!("the {name} endpoint: {steps}"));
        }
    }

    fn wait(&mut self, duration: u64) {
        self.scene.act(&Act::Wait(duration));
        for endpoint in [&mut self.older, &mut self.younger] {
            endpoint.disturbed("time".into());
        }
    }

    fn rounds(&mut self, count: usize) {
        for _ in 0..count {
            for of_younger in [false, true] {
                self.pass(of_younger, Fault::None);
                self.wait(2 * MINUTE);
            }
        }
    }

    fn written(&self) -> usize {
        self.older.written.len() + self.younger.written.len()
    }

    fn told(&self, text: &str) -> Result<(), String> {
        let stories = [&self.older, &self.younger].map(|endpoint| endpoint.story.join("\n"));
        Err(format!("{text}\nolder:\n{}\nyounger:\n{}", stories[0], stories[1]))
    }

    /// Whether an endpoint is `Ready` or short of it for a reason that the world bears out.
    fn is_at_rest(&self, endpoint: &Endpoint, also: &str) -> bool {
        let reason = endpoint.reason();
        endpoint.is_ready() || reason == also || obstacles::real(&endpoint.desired, &self.scene.region).contains(reason.as_str())
    }
}

fn check(life: &Life) -> Result<(), String> {
    let mut pair = Pair::new(life);
    for (of_younger, fault, then) in &life.rounds {
        pair.pass(*of_younger, *fault);
        pair.wait(30 * SECOND);
        if let Some(act) = then {
            pair.scene.act(act);
            pair.wait(SECOND);
        }
    }
    pair.scene.region.settings.http_deployment_failure = None;
    pair.rounds(PATIENCE);
    let written = pair.written();
    pair.rounds(REST);
    if pair.written() > written {
        return pair.told("they go on writing");
    }
    if let Some(taken) = pair.taken.clone() {
        return pair.told(&taken);
    }
    if !pair.is_at_rest(&pair.older, "") {
        return pair.told(&format!("the older one is not at rest: {}", pair.older.reason()));
    }
    if !pair.is_at_rest(&pair.younger, "TriggerClaimed") {
        return pair.told(&format!("the younger one is not at rest: {}", pair.younger.reason()));
    }
    pair.older.kept(Law::Truth)?;
    [Law::Foreign, Law::Traffic]
        .iter()
        .try_for_each(|law| pair.older.kept(*law).and_then(|()| pair.younger.kept(*law)))?;
    take_over(&mut pair)
}

/// The older object is deleted and leaves everything as it is.
fn take_over(pair: &mut Pair) -> Result<(), String> {
    pair.younger.desired.elders.clear();
    pair.younger.broken.clear();
    for _ in 0..PATIENCE {
        pair.pass(true, Fault::None);
        pair.wait(5 * MINUTE);
    }
    if !pair.is_at_rest(&pair.younger, "") {
        return pair.told(&format!("the younger one did not take over: {}", pair.younger.reason()));
    }
    pair.younger.kept(Law::Truth)
}

proptest! {
    #![proptest_config(settings(9, 24))]

    #[test]
    fn two_endpoints_that_ask_for_the_same_callers_come_to_rest_and_the_older_one_keeps_them(life in life()) {
        prop_assert_eq!(check(&life), Ok(()));
    }
}
