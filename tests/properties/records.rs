//! Records: written all the time, and judged by what the simulated Lambda says it delivered, to whom, and in which order.

use std::collections::{BTreeMap, BTreeSet};

use awssim::world::event_source::{Attempt, Delivery, Outcome};
use awssim::world::{Millis, Region};
use proptest::prelude::*;
use warmlambda::api::VersionPolicy;
use warmlambda::plan::step::Step;

use crate::callers::{Caller, FromSource};
use crate::driver::{Endpoint, Fault, Law};
use crate::life::fault;
use crate::oracle;
use crate::scene::sources::Place;
use crate::scene::{ALIAS, FUNCTION, MINUTE, SECOND, Scene, advance, function_arn};
use crate::settings;
use crate::specs::Spec;
use crate::worlds::sources::SourceAct;
use crate::worlds::{Act, Start, start};

/// Where records come from: all but the last are mapped when the endpoint comes.
const PLACES: [Place; 4] = [Place::Orders, Place::Jobs, Place::Kafka(0), Place::Clicks];

/// What happens around one pass.
#[derive(Clone, Debug)]
struct Moment {
    records: u8,
    fault: Fault,
    gap: Millis,
    then: Option<Act>,
    wait: Millis,
}

/// A life with records.
#[derive(Clone, Debug)]
struct Life {
    start: Start,
    policy: VersionPolicy,
    capacity: u8,
    moments: Vec<Moment>,
}

fn moment() -> impl Strategy<Value = Moment> {
    let fault = prop_oneof![2 => Just(Fault::None).boxed(), 1 => fault().boxed()];
    let gap = prop_oneof![4 => Just(0), 1 => Just(SECOND / 2)];
    let then = proptest::option::weighted(0.5, disturbance());
    let wait = prop_oneof![3 => (1..16u64).prop_map(|n| n * SECOND / 2), 2 => (5..60u64).prop_map(|s| s * SECOND), 1 => Just(3 * MINUTE)];
    (0..60u8, fault, gap, then, wait).prop_map(|(records, fault, gap, then, wait)| Moment {
        records,
        fault,
        gap,
        then,
        wait,
    })
}

/// What others do that loses no record by itself.
fn disturbance() -> impl Strategy<Value = Act> {
    let place = || proptest::sample::select(&PLACES[..]);
    let target = proptest::sample::select(&["fir-api", "fir-api:$LATEST", "fir-api:1", "fir-api:live"][..]);
    prop_oneof![
        // Code that does not start, fails each call, or takes its time.
        4 => proptest::sample::select(&[0u8, 1, 2, 3, 7, 8, 9][..]).prop_map(Act::Code),
        4 => Just(Act::Publish),
        2 => (1..4u64).prop_map(|v| Act::Point(ALIAS, v)),
        1 => (0..3u8).prop_map(|n| Act::Warm(ALIAS, n)),
        3 => (place(), target).prop_map(|(p, t)| Act::Source(SourceAct::Move(p, t))),
        3 => (place(), any::<bool>()).prop_map(|(p, on)| Act::Source(SourceAct::Enable(p, on))),
        1 => (place(), 1..20u8).prop_map(|(p, n)| Act::Source(SourceAct::BatchSize(p, n))),
        2 => proptest::option::of(1..4u8).prop_map(Act::Reserve),
    ]
    .boxed()
}

fn life() -> impl Strategy<Value = Life> {
    let policy = prop_oneof![Just(VersionPolicy::PublishOnChange), Just(VersionPolicy::LatestPublished)];
    let moments = proptest::collection::vec(moment(), 4..16);
    (start(), policy, 0..3u8, moments).prop_map(|(start, policy, capacity, moments)| Life {
        start,
        policy,
        capacity,
        moments,
    })
}

/// A scene with an endpoint and what was written in it.
struct Flow {
    scene: Scene,
    endpoint: Endpoint,
    /// Sequence numbers by source.
    written: BTreeMap<String, BTreeSet<u64>>,
    /// How often a person moved a mapping, by its UUID.
    moved: BTreeMap<String, usize>,
}

impl Flow {
    fn begin(life: &Life) -> Self {
        let mut scene = Scene::started(life.start);
        // Batches take their time, so that some are in flight whenever something happens.
        for act in [Act::Code(8), Act::Wait(3 * SECOND), Act::Publish] {
            scene.act(&act);
        }
        let sources = PLACES.map(|place| {
            Caller::Source(FromSource {
                create: Some(true),
                ..FromSource::of(place)
            })
        });
        let spec = Spec {
            version: Err(life.policy),
            triggers: sources.to_vec(),
            ..Spec::warm(life.capacity)
        };
        let endpoint = Endpoint::new(spec.desired(&scene), &scene.region);
        Self {
            scene,
            endpoint,
            written: BTreeMap::new(),
            moved: BTreeMap::new(),
        }
    }

    fn write(&mut self, count: u8) {
        for place in PLACES {
            let written = place.write(&mut self.scene.region, count);
            self.written.entry(place.key()).or_default().extend(written);
        }
    }

    fn through(&mut self, moment: &Moment) {
        self.write(moment.records);
        // Not at a whole second, when everything else happens.
        advance(&mut self.scene.region, 350);
        self.endpoint.pass(&mut self.scene.region, moment.fault, moment.gap);
        self.write(moment.records / 4);
        advance(&mut self.scene.region, moment.wait);
        if let Some(act) = &moment.then {
            self.disturb(act);
        }
    }

    fn disturb(&mut self, act: &Act) {
        let targets = |scene: &Scene| -> BTreeMap<String, String> {
            let all = scene.region.event_source_mappings.iter();
            all.map(|(uuid, m)| (uuid.clone(), m.function_arn.clone())).collect()
        };
        let before = targets(&self.scene);
        self.scene.act(act);
        for (uuid, target) in targets(&self.scene) {
            if before.get(&uuid).is_some_and(|old| *old != target) {
                *self.moved.entry(uuid).or_default() += 1;
            }
        }
        self.endpoint.disturbed(format!("{act:?}"));
    }

    /// Everything works again, and the operator has its time.
    fn heal(&mut self) {
        self.disturb(&Act::Wait(MINUTE));
        for act in [Act::Reserve(None), Act::Code(2), Act::Wait(MINUTE), Act::Publish] {
            self.disturb(&act);
        }
        for place in PLACES {
            self.disturb(&Act::Source(SourceAct::Enable(place, true)));
        }
        for _ in 0..40 {
            self.endpoint.pass(&mut self.scene.region, Fault::None, 0);
            advance(&mut self.scene.region, 5 * MINUTE);
        }
    }
}

/// Deliveries by mappings of the endpoint's function, oldest first.
fn deliveries(region: &Region) -> Vec<Delivery> {
    let ours = |attempt: &Attempt| oracle::function_named(&attempt.target).is_some_and(|(name, _)| name == FUNCTION);
    region.deliveries.since(0).filter(|delivery| ours(&delivery.of)).collect()
}

/// Records of each shard in the order in which they were processed first, and the batches that were processed once more.
#[derive(Default)]
struct Shard {
    order: Vec<u64>,
    again: BTreeSet<(String, Millis, String)>,
}

fn shards(deliveries: &[Delivery]) -> BTreeMap<(String, String), Shard> {
    let mut shards: BTreeMap<_, Shard> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for Delivery { sequence, of, .. } in deliveries.iter().filter(|d| d.of.outcome == Outcome::Processed) {
        let shard = shards.entry((of.source.clone(), of.shard.clone())).or_default();
        if seen.insert((&of.source, *sequence)) {
            shard.order.push(*sequence);
        } else {
            shard.again.insert((of.mapping.clone(), of.time, of.target.clone()));
        }
    }
    shards
}

fn judge(flow: &Flow) -> Result<(), String> {
    let deliveries = deliveries(&flow.scene.region);
    let shards = shards(&deliveries);
    for (source, written) in &flow.written {
        let of_source = shards.iter().filter(|((of, _), _)| of == source);
        let processed: BTreeSet<u64> = of_source.flat_map(|(_, shard)| shard.order.iter().copied()).collect();
        let lost: Vec<_> = written.difference(&processed).collect();
        if !lost.is_empty() {
            return Err(format!(
                "{} of {} records of {source} are lost: {lost:?}",
                lost.len(),
                written.len()
            ));
        }
    }
    for ((source, shard), seen) in &shards {
        if !shard.is_empty() && !seen.order.is_sorted() {
            return Err(format!("{source} {shard} was processed out of order: {:?}", seen.order));
        }
    }
    let moves = |uuid: &str| {
        let ours = flow
            .endpoint
            .written
            .iter()
            .filter(|s| matches!(s, Step::UpdateMapping { uuid: of, .. } if of == uuid));
        (ours.count(), flow.moved.get(uuid).copied().unwrap_or_default())
    };
    for ((source, shard), seen) in &shards {
        let mut again: BTreeMap<&str, usize> = BTreeMap::new();
        seen.again.iter().for_each(|(uuid, ..)| *again.entry(uuid).or_default() += 1);
        for (uuid, batches) in again {
            let (ours, theirs) = moves(uuid);
            if batches > ours + theirs {
                return Err(format!(
                    "{batches} batches of {source} {shard} came again after {ours} and {theirs} moves"
                ));
            }
        }
    }
    let refused = deliveries.iter().find(|d| d.of.outcome == Outcome::Refused);
    refused.map_or(Ok(()), |d| Err(format!("nobody was there for {d:?}")))
}

/// UUIDs of the mappings of the endpoint's function.
fn uuids(region: &Region) -> BTreeSet<String> {
    let ours = region.event_source_mappings.iter();
    let ours = ours.filter(|(_, m)| oracle::mapping::called(m).is_some_and(|(name, _)| name == FUNCTION));
    ours.map(|(uuid, _)| uuid.clone()).collect()
}

fn live(life: &Life) -> Result<(), String> {
    let mut flow = Flow::begin(life);
    let before = uuids(&flow.scene.region);
    life.moments.iter().for_each(|moment| flow.through(moment));
    flow.heal();
    let told = |flow: &Flow, text: &str| Err(format!("{text}\n{}", flow.endpoint.story.join("\n")));
    if !flow.endpoint.is_ready() {
        return told(&flow, "it did not become Ready");
    }
    if let Err(text) = judge(&flow) {
        return told(&flow, &text);
    }
    let after = uuids(&flow.scene.region);
    let made = flow
        .endpoint
        .written
        .iter()
        .filter(|s| matches!(s, Step::CreateMapping { .. }))
        .count();
    if !before.is_subset(&after) || after.len() != before.len() + 1 || made != 1 {
        return told(&flow, &format!("mappings {before:?} became {after:?}, {made} were made"));
    }
    for uuid in &after {
        let ours = flow
            .endpoint
            .written
            .iter()
            .filter(|s| matches!(s, Step::UpdateMapping { uuid: of, .. } if of == uuid));
        let (ours, theirs) = (ours.count(), flow.moved.get(uuid).copied().unwrap_or_default());
        if ours > 1 + theirs {
            return told(&flow, &format!("{uuid} was moved {ours} times, by others {theirs} times"));
        }
    }
    through_alias(&mut flow, life).or_else(|text| told(&flow, &text))?;
    [Law::Truth, Law::Foreign].iter().try_for_each(|law| flow.endpoint.kept(*law))
}

/// Once it is Ready, every record comes through the alias, and warm as far as that was asked for.
fn through_alias(flow: &mut Flow, life: &Life) -> Result<(), String> {
    let known = flow.scene.region.deliveries.last;
    for _ in 0..u64::from(life.capacity) {
        // One at a time, so that there is a warm environment for each.
        for place in PLACES {
            place.write(&mut flow.scene.region, 1);
            advance(&mut flow.scene.region, 20 * SECOND);
        }
    }
    let late = deliveries(&flow.scene.region).into_iter().filter(|d| d.index > known);
    let alias = function_arn(&format!("{FUNCTION}:{ALIAS}"));
    let mut past = late.filter(|d| d.of.target != alias || !d.of.provisioned);
    past.next()
        .map_or(Ok(()), |d| Err(format!("a record did not come through the warm alias: {d:?}")))
}

proptest! {
    #![proptest_config(settings(8, 24))]

    #[test]
    fn every_record_is_processed_in_order_and_comes_again_once_a_move_at_most(life in life()) {
        prop_assert_eq!(live(&life), Ok(()));
    }
}
