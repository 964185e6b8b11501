//! Every endpoint comes to rest, says so truthfully, and stays there.

use proptest::prelude::*;
use warmlambda::plan::step::Step;

use crate::callers::{Caller, OnStage};
use crate::driver::{Endpoint, Fault, Law};
use crate::life::{disturbed, faulty, quiet};
use crate::scene::{MINUTE, SECOND, Scene};
use crate::settings;
use crate::specs::Spec;
use crate::worlds::{Act, Start, Target};

proptest! {
    #![proptest_config(settings(1, 75))]

    #[test]
    fn ready_is_said_exactly_when_aws_is_as_asked(life in disturbed()) {
        let end = life.live();
        prop_assert_eq!(end.endpoint.kept(Law::Truth), Ok(()));
    }

    #[test]
    fn from_any_world_an_endpoint_becomes_ready_or_says_what_stands_in_its_way(life in quiet()) {
        let end = life.live();
        prop_assert_eq!(end.at_rest(), Ok(()));
        let end = end.stays();
        prop_assert!(end.is_ok(), "{}", end.unwrap_err());
    }

    #[test]
    fn whatever_prefix_answer_or_status_is_lost_it_becomes_ready_all_the_same(life in faulty()) {
        let end = life.live();
        prop_assert_eq!(end.at_rest(), Ok(()));
        let end = end.stays();
        prop_assert!(end.is_ok(), "{}", end.unwrap_err());
    }
}

#[test]
fn weights_that_a_person_set_are_named_as_theirs_and_stay_so() {
    let mut scene = Scene::started(Start::Warm);
    for act in [Act::Code(2), Act::Wait(MINUTE), Act::Publish, Act::Weigh(2, 10)] {
        scene.act(&act);
    }
    let mut endpoint = Endpoint::new(Spec::warm(2).desired(&scene), &scene.region);
    let mut reasons = Vec::new();
    for _ in 0..24 {
        endpoint.pass(&mut scene.region, Fault::None, 0);
        endpoint.wait(&mut scene.region, 5 * MINUTE);
        reasons.push(endpoint.reason());
    }
    // For as long as a rollout may take they look like AWS's own.
    reasons.dedup();
    assert_eq!(reasons, ["WarmingNewVersion", "ForeignRouting"]);
    assert_eq!(endpoint.written, []);
}

#[test]
fn a_deployed_integration_that_does_not_post_is_not_taken_for_one_that_calls_the_alias() {
    let mut scene = Scene::started(Start::Warm);
    for act in [
        Act::Code(0),
        Act::Retarget(0, 0, Target::Get),
        Act::Deploy(0, "prod"),
        Act::Wait(MINUTE),
    ] {
        scene.act(&act);
    }
    let mut spec = Spec::warm(2);
    spec.triggers = vec![Caller::Rest(OnStage {
        routes: vec![0],
        ..OnStage::first("prod")
    })];
    let mut endpoint = Endpoint::new(spec.desired(&scene), &scene.region);
    // The process dies between the edit and the deployment.
    endpoint.pass(&mut scene.region, Fault::Crash(1), 0);
    assert!(
        matches!(endpoint.written[..], [Step::PutIntegration { .. }]),
        "{:?}",
        endpoint.written
    );
    for _ in 0..2 {
        endpoint.pass(&mut scene.region, Fault::None, 0);
    }
    assert_eq!(endpoint.kept(Law::Truth), Ok(()));
    assert!(endpoint.is_ready());
}

#[test]
fn an_allocation_under_a_version_that_excludes_it_is_not_called_ready() {
    let mut scene = Scene::started(Start::Aliased);
    for act in [Act::SnapStart(true), Act::Warm("live", 1), Act::Wait(3 * SECOND), Act::Publish] {
        scene.act(&act);
    }
    let mut endpoint = Endpoint::new(Spec::warm(1).desired(&scene), &scene.region);
    endpoint.pass(&mut scene.region, Fault::None, 0);
    assert_eq!(endpoint.kept(Law::Truth), Ok(()));
    assert_eq!((endpoint.is_ready(), endpoint.reason().as_str()), (false, "InvalidSpec"));
}
