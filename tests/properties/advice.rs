//! What CloudWatch says is advice: whatever it says, `Ready` and what a tool waits for stay as they are.

use std::collections::BTreeMap;

use k8s_openapi::jiff::{SignedDuration, Timestamp};
use warmlambda::plan::assess::{Pass, Verdict, assess};
use warmlambda::plan::usage::{LongUtilization, QueueUsage, Usage};

use crate::callers::{Caller, FromSource, OnStage};
use crate::driver::{Endpoint, Fault};
use crate::scene::sources::Place;
use crate::scene::{MINUTE, SECOND, Scene, advance};
use crate::specs::Spec;
use crate::worlds::Start;

/// The worst that CloudWatch may say, each in another way.
pub fn worst(now: Timestamp) -> [Usage; 2] {
    let hours = |n: i64| now - SignedDuration::from_hours(n);
    let queue = QueueUsage {
        oldest: Some(90_000.0),
        failed: Some(7.0),
    };
    let unused = Usage {
        utilization: Some(0.0),
        invocations: Some(0.0),
        of_function: Some(5000.0),
        throttles: Some(300.0),
        iterator_age: Some(86_000.0),
        queues: [(Place::Jobs.key(), queue)].into(),
        long_utilization: Some(LongUtilization {
            busiest: None,
            since: hours(6),
        }),
        since: hours(1),
        observed: Some(now),
        sampled: now,
        ..Usage::default()
    };
    let overrun = Usage {
        utilization: Some(1.0),
        spillover: Some(400.0),
        invocations: Some(1000.0),
        warm: Some(600.0),
        of_function: Some(1000.0),
        offset_lag: Some(1e6),
        queues: BTreeMap::new(),
        long_utilization: None,
        ..unused.clone()
    };
    [unused, overrun]
}

/// What a tool waits for, and when the operator looks again.
fn summary(verdict: &Verdict) -> Vec<String> {
    let counts = ["Ready", "Reconciling", "Stalled"];
    let conditions = verdict.status.conditions.iter().filter(|c| counts.contains(&c.type_.as_str()));
    let told = conditions.map(|c| format!("{} {} {} {}", c.type_, c.status, c.reason, c.message));
    told.chain([format!("{:?}", verdict.cadence)]).collect()
}

/// Nothing when the verdict of a pass stays what it is, whatever CloudWatch says.
pub fn moves_nothing(pass: &Pass, verdict: &Verdict) -> Result<(), String> {
    let told = summary(verdict);
    for usage in worst(pass.moment.now) {
        let advised = assess(&Pass {
            usage: Some(&usage),
            ..*pass
        });
        if summary(&advised) != told {
            return Err(format!("advice changed {told:?} to {:?}", summary(&advised)));
        }
    }
    Ok(())
}

#[test]
fn an_endpoint_that_is_ready_stays_so_while_it_is_told_that_its_capacity_is_idle_and_its_callers_go_elsewhere() {
    let mut scene = Scene::started(Start::Warm);
    advance(&mut scene.region, 420 * MINUTE);
    let mut spec = Spec::warm(2);
    spec.triggers = vec![
        Caller::Rest(OnStage::first("prod")),
        Caller::Http(OnStage::first("$default")),
        Caller::Source(FromSource::of(Place::Orders)),
    ];
    let mut endpoint = Endpoint::new(spec.desired(&scene), &scene.region);
    for sample in [None, Some(0), Some(0)] {
        endpoint.usage = sample.map(|n: usize| worst(crate::driver::timestamp(&scene.region))[n].clone());
        for _ in 0..4 {
            endpoint.pass(&mut scene.region, Fault::None, 0);
            advance(&mut scene.region, 30 * SECOND);
        }
        advance(&mut scene.region, 60 * MINUTE);
    }
    let told = |kind: &str| {
        let condition = endpoint.status.conditions.iter().find(|c| c.type_ == kind);
        condition.map(|c| format!("{} {}", c.status, c.reason)).unwrap_or_default()
    };
    assert!(endpoint.is_ready(), "{}", endpoint.story.join("\n"));
    assert_eq!(told("CapacityIdle"), "True LowUtilization");
    assert_eq!(told("TrafficOnAlias"), "False TrafficBypassesAlias");
    assert_eq!(told("RoutedToAlias"), "True Qualified");
}
