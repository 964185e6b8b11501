//! A version that does not start: it is taken back once, not tried again, and does not stand in the way of the next one.

use awssim::world::{Millis, Region};
use proptest::prelude::*;
use warmlambda::api::VersionPolicy;
use warmlambda::plan::step::{MovePurpose, Step};

use crate::callers::{Caller, FromSource, OnStage};
use crate::driver::{Endpoint, Fault, Law};
use crate::life::{Turn, fault_turns};
use crate::scene::sources::Place;
use crate::scene::{ALIAS, FUNCTION, MINUTE, SECOND, Scene};
use crate::settings;
use crate::specs::Spec;
use crate::worlds::{Act, Start, wait};

fn spec(capacity: u8, policy: VersionPolicy) -> Spec {
    Spec {
        version: Err(policy),
        triggers: vec![
            Caller::Rest(OnStage::first("prod")),
            Caller::Http(OnStage::first("$default")),
            Caller::Source(FromSource::of(Place::Orders)),
        ],
        ..Spec::warm(capacity)
    }
}

/// Passes for an hour.
fn an_hour(endpoint: &mut Endpoint, region: &mut Region, pace: Millis) {
    let until = region.now + 60 * MINUTE;
    while region.now < until {
        endpoint.pass(region, Fault::None, 0);
        endpoint.wait(region, pace);
    }
}

fn new_code(endpoint: &mut Endpoint, scene: &mut Scene, code: u8, policy: VersionPolicy) {
    scene.act(&Act::Code(code));
    scene.act(&Act::Wait(3 * SECOND));
    if policy == VersionPolicy::LatestPublished {
        scene.act(&Act::Publish);
    }
    endpoint.disturbed(format!("code {code}"));
}

fn serving(region: &Region) -> String {
    region.functions[FUNCTION].aliases[ALIAS].function_version.clone()
}

fn moves(endpoint: &Endpoint, purpose: MovePurpose, to: u64) -> usize {
    let is = |s: &&Step| matches!(s, Step::UpdateAlias { version, purpose: p, .. } if *version == to && *p == purpose);
    endpoint.written.iter().filter(is).count()
}

fn story(broken: u8, capacity: u8, policy: VersionPolicy, turns: &[Turn], pace: Millis) -> Result<(), String> {
    let mut scene = Scene::started(Start::Warm);
    let mut endpoint = Endpoint::new(spec(capacity, policy).desired(&scene), &scene.region);
    an_hour(&mut endpoint, &mut scene.region, 5 * MINUTE);
    let ready = |endpoint: &Endpoint, on: &str, region: &Region| endpoint.is_ready() && serving(region) == on;
    let told = |endpoint: &Endpoint, text: &str| Err(format!("{text}\n{}", endpoint.story.join("\n")));
    if !ready(&endpoint, "1", &scene.region) {
        return told(&endpoint, "version 1 did not become Ready");
    }
    new_code(&mut endpoint, &mut scene, broken, policy);
    for turn in turns {
        turn.pass(&mut endpoint, &mut scene);
    }
    an_hour(&mut endpoint, &mut scene.region, pace);
    an_hour(&mut endpoint, &mut scene.region, 5 * MINUTE);
    let stalled = endpoint
        .status
        .conditions
        .iter()
        .any(|c| c.type_ == "Stalled" && c.reason == "AllocationFailed");
    if !stalled || serving(&scene.region) != "1" {
        return told(&endpoint, "the broken version was not taken back, or nobody is told");
    }
    let (out, back) = (
        moves(&endpoint, MovePurpose::Rollout, 2),
        moves(&endpoint, MovePurpose::RollBack, 1),
    );
    if (out, back) != (1, 1) {
        return told(&endpoint, &format!("it went out {out} times and was taken back {back} times"));
    }
    new_code(&mut endpoint, &mut scene, 2, policy);
    an_hour(&mut endpoint, &mut scene.region, pace);
    if !ready(&endpoint, "3", &scene.region) {
        return told(&endpoint, "good code did not go out");
    }
    [Law::Truth, Law::Foreign, Law::Traffic]
        .iter()
        .try_for_each(|law| endpoint.kept(*law))
}

proptest! {
    #![proptest_config(settings(7, 10))]

    #[test]
    fn a_version_that_does_not_start_is_taken_back_once_and_good_code_follows_it(
        broken in prop_oneof![Just(1u8), Just(3u8)],
        capacity in 1..4u8,
        policy in prop_oneof![Just(VersionPolicy::PublishOnChange), Just(VersionPolicy::LatestPublished)],
        turns in fault_turns(),
        pace in wait().prop_map(|pace| pace.max(30 * SECOND)),
    ) {
        prop_assert_eq!(story(broken, capacity, policy, &turns, pace), Ok(()));
    }
}
