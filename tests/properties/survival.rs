//! Nobody else loses anything: neither what is theirs, nor a request.

use proptest::prelude::*;
use warmlambda::plan::step::Step;

use crate::callers::{Caller, OnStage};
use crate::driver::{Endpoint, Fault, Law};
use crate::life::disturbed;
use crate::scene::Scene;
use crate::settings;
use crate::specs::Spec;
use crate::worlds::{Act, Start, Target};

proptest! {
    #![proptest_config(settings(2, 70))]

    #[test]
    fn what_is_not_ours_survives_byte_for_byte(life in disturbed()) {
        prop_assert_eq!(life.live().endpoint.kept(Law::Foreign), Ok(()));
    }

}

proptest! {
    #![proptest_config(settings(3, 80))]

    #[test]
    fn who_was_served_once_is_served_at_every_moment_and_warm_when_it_was_asked_for(life in disturbed()) {
        prop_assert_eq!(life.live().endpoint.kept(Law::Traffic), Ok(()));
    }
}

/// One trigger names a method that works; one means the method that somebody edited so that it will not.
fn two_triggers() -> Spec {
    let mut spec = Spec::warm(2);
    spec.triggers = [vec![1], vec![]]
        .map(|routes| {
            Caller::Rest(OnStage {
                routes,
                ..OnStage::first("prod")
            })
        })
        .to_vec();
    spec
}

#[test]
fn an_edit_that_is_known_not_to_work_is_not_deployed_for_any_trigger_of_the_stage() {
    for triggers in [0..2, 1..2] {
        let mut scene = Scene::started(Start::Warm);
        for act in [
            Act::Retarget(0, 0, Target::Function("fir-api")),
            Act::Retarget(0, 1, Target::Function("fir-api")),
        ] {
            scene.act(&act);
        }
        scene.act(&Act::Deploy(0, "prod"));
        scene.act(&Act::Retarget(0, 0, Target::Get));
        let mut spec = two_triggers();
        spec.triggers = spec.triggers[triggers].to_vec();
        let mut endpoint = Endpoint::new(spec.desired(&scene), &scene.region);
        for _ in 0..4 {
            endpoint.pass(&mut scene.region, Fault::None, 0);
        }
        assert_eq!(endpoint.kept(Law::Traffic), Ok(()));
        assert!(
            endpoint.written.iter().any(|s| matches!(s, Step::UpdateIntegration { .. })),
            "{:?}",
            endpoint.written
        );
        assert_eq!(endpoint.reason(), "UnqualifiedTarget");
    }
}

#[test]
fn a_stage_is_deployed_only_after_its_canary_has_ended() {
    let mut scene = Scene::started(Start::Warm);
    for act in [
        Act::Retarget(0, 1, Target::Function("fir-api")),
        Act::Deploy(0, "prod"),
        Act::Canary(0, "prod", true),
    ] {
        scene.act(&act);
    }
    let mut endpoint = Endpoint::new(two_triggers().desired(&scene), &scene.region);
    let deployed = |endpoint: &Endpoint| endpoint.written.iter().any(|s| matches!(s, Step::DeployStage { .. }));
    for _ in 0..4 {
        endpoint.pass(&mut scene.region, Fault::None, 0);
    }
    assert_eq!((endpoint.reason().as_str(), deployed(&endpoint)), ("CanaryActive", false));
    scene.act(&Act::Canary(0, "prod", false));
    for _ in 0..2 {
        endpoint.pass(&mut scene.region, Fault::None, 0);
    }
    assert!(deployed(&endpoint) && endpoint.is_ready());
}
