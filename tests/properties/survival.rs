//! Nobody else loses anything: neither what is theirs, nor a request.

use proptest::prelude::*;
use warmlambda::api::PermissionScope;
use warmlambda::plan::step::Step;

use crate::callers::{Caller, FromSource, OnStage};
use crate::driver::{Endpoint, Fault, Law};
use crate::life::disturbed;
use crate::scene::gateway::HTTP_STAGES;
use crate::scene::sources::Place;
use crate::scene::{MINUTE, NEXT, SECOND, Scene};
use crate::settings;
use crate::specs::Spec;
use crate::worlds::gateway::{HttpAct, HttpTarget};
use crate::worlds::sources::SourceAct;
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

#[test]
fn whatever_routes_are_named_and_however_narrow_the_permission_is_nobody_on_any_stage_is_cut_off() {
    let given_away = Act::Http(HttpAct::Retarget(0, HttpTarget::Arn("other:live")));
    for (scope, before) in [
        (PermissionScope::Api, None),
        (PermissionScope::Stage, None),
        (PermissionScope::Method, None),
        // The first two routes share it.
        (PermissionScope::Api, Some(given_away)),
    ] {
        for stage in HTTP_STAGES {
            for routes in [vec![], vec![0], vec![2], vec![3], vec![1, 3]] {
                let case = format!("{stage} {scope:?} {routes:?} {before:?}");
                let mut scene = Scene::started(Start::Bare);
                before.iter().for_each(|act| scene.act(act));
                let mut spec = Spec::warm(1);
                spec.triggers = vec![Caller::Http(OnStage {
                    routes,
                    scope,
                    ..OnStage::first(stage)
                })];
                let mut endpoint = Endpoint::new(spec.desired(&scene), &scene.region);
                for _ in 0..8 {
                    endpoint.wait(&mut scene.region, 90 * SECOND);
                    endpoint.pass(&mut scene.region, Fault::None, 0);
                }
                assert!(endpoint.is_ready(), "{case}: {}", endpoint.story.join("\n"));
                for law in [Law::Truth, Law::Foreign, Law::Traffic] {
                    assert_eq!(endpoint.kept(law), Ok(()), "{case}");
                }
            }
        }
    }
}

#[test]
fn a_mapping_on_anything_of_the_function_is_moved_once_and_stays_paused_when_it_was() {
    for place in [Place::Orders, Place::Jobs, Place::Kafka(0)] {
        for target in ["fir-api", "fir-api:$LATEST", "fir-api:1", "fir-api:next", "fir-api:live"] {
            for enabled in [true, false] {
                let mut scene = Scene::started(Start::Aliased);
                for act in [
                    Act::Point(NEXT, 1),
                    Act::Source(SourceAct::Move(place, target)),
                    Act::Wait(MINUTE),
                    Act::Source(SourceAct::Enable(place, enabled)),
                    Act::Wait(MINUTE),
                ] {
                    scene.act(&act);
                }
                let before = scene.mappings(place);
                let mut spec = Spec::warm(0);
                spec.triggers = vec![Caller::Source(FromSource::of(place))];
                let mut endpoint = Endpoint::new(spec.desired(&scene), &scene.region);
                for _ in 0..4 {
                    endpoint.pass(&mut scene.region, Fault::None, 0);
                    endpoint.wait(&mut scene.region, 30 * SECOND);
                }
                let case = format!("{place:?} {target} {enabled}");
                let updates = usize::from(target != "fir-api:live");
                assert_eq!((scene.mappings(place), endpoint.written.len()), (before, updates), "{case}");
                let reason = if enabled { "InPlace" } else { "MappingDisabled" };
                assert_eq!(endpoint.reason(), reason, "{case}");
                for law in [Law::Truth, Law::Foreign, Law::Traffic] {
                    assert_eq!(endpoint.kept(law), Ok(()), "{case}");
                }
            }
        }
    }
}
