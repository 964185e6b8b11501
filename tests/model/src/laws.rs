//! The laws, S1 to S5: what must hold in every state.

use stateright::Property;

use crate::judge;
use crate::model::Operators;
use crate::plan::step::Step;
use crate::state::{Noted, Object, State};
use crate::tables::{Asked, Doubt, Write};

/// Names of the laws, in their order.
pub const NAMES: [&str; 5] = [
    "S1 what is not ours is unchanged",
    "S2 all becomes well from here once the faults end",
    "S3 nobody who was served loses it to us",
    "S4 with the object all that is its own is gone, and nothing of it is under way",
    "S5 there is one of what must be one",
];

/// The laws as stateright checks them.
pub fn properties() -> Vec<Property<Operators>> {
    vec![
        Property::always(NAMES[0], |_, state: &State| !state.broken.foreign),
        Property::always(NAMES[1], recovers),
        Property::always(NAMES[2], |_, state: &State| !state.broken.traffic),
        Property::always(NAMES[3], is_clean),
        Property::always(NAMES[4], |model: &Operators, state: &State| {
            !model
                .tables
                .laws
                .get((state.region, 255, 0), || judge::has_twins(&model.tables.region(state.region)))
        }),
    ]
}

/// Passes within which all has to be well.
const ROUNDS: usize = 24;

/// Whether fair passes without faults bring AWS to what is asked. Only states at rest need to be asked: every other one comes to rest
/// on its own, and whatever it comes to is a state as well.
fn recovers(model: &Operators, state: &State) -> bool {
    let at_rest = state.under_way().next().is_none() && state.operators.iter().all(|o| o.pass.iter().all(|pass| pass.plan == 0));
    let objects = state.objects.map(|object| Object { generation: 0, ..object });
    !at_rest
        || model
            .tables
            .recoveries
            .get((state.region, objects), || becomes_well(model, state.region, objects))
}

fn becomes_well(model: &Operators, mut region: u32, mut objects: [Object; 2]) -> bool {
    for _ in 0..ROUNDS {
        let before = (region, objects);
        while let Some((next, _)) = model.tables.progressed(region, 0) {
            region = next;
        }
        for (slot, object) in objects.iter_mut().enumerate().filter(|(_, object)| object.exists) {
            object.finalizer |= !object.deleting;
            let plan = model.tables.plan(planned(model, region, slot, *object));
            let Some(planned) = plan.as_ref() else { continue };
            for step in &planned.steps {
                let effect = model.tables.effect(region, *step);
                if effect.refused {
                    break;
                }
                region = effect.region;
            }
            object.exists &= !planned.done;
        }
        if before == (region, objects) {
            return (0..model.slots()).all(|slot| is_well(model, region, slot, objects[slot]));
        }
    }
    false
}

fn planned(model: &Operators, region: u32, slot: usize, object: Object) -> u32 {
    model
        .tables
        .planned(region, Asked::by(slot, object), object.deleting, Noted::default(), Doubt::default())
        .0
}

fn is_well(model: &Operators, region: u32, slot: usize, object: Object) -> bool {
    let desired = model.tables.setting.desired(slot, object.incarnation, object.spec);
    let region = model.tables.region(region);
    match (object.exists, object.deleting) {
        (false, _) => true,
        (true, true) => judge::is_in_use(&desired, &region),
        // What an elder keeps, the younger endpoint does not get.
        (true, false) => !desired.elders.is_empty() || judge::is_as_asked(&desired, &region),
    }
}

fn is_clean(model: &Operators, state: &State) -> bool {
    (0..model.slots()).all(|slot| {
        let object = state.objects[slot];
        let gone = (0..=object.incarnation).filter(|incarnation| *incarnation < object.incarnation || !object.exists);
        gone.into_iter().all(|incarnation| is_gone(model, state, slot, incarnation))
    })
}

fn is_gone(model: &Operators, state: &State, slot: usize, incarnation: u8) -> bool {
    let object = state.objects[slot];
    let alone = !object.exists;
    let key = u8::try_from(slot * 16).unwrap_or_default() + incarnation;
    let left = model.tables.laws.get((state.region, key, u8::from(alone)), || {
        let desired = model.tables.setting.desired(slot, incarnation, 0);
        let region = model.tables.region(state.region);
        judge::is_owned(&desired, &region) || (alone && judge::keeps_capacity(&desired, &region))
    });
    let coming = state.under_way().any(|flight| {
        let write = model.tables.write(flight.step);
        let of_it = |write: &&Write| usize::from(write.asked.slot) == slot && write.asked.incarnation == incarnation;
        let Some(write) = write.as_ref().as_ref().filter(of_it) else {
            return false;
        };
        // Who takes away what we asked AWS to take away shows us the effect of our request. When ours still comes, nothing is left
        // behind; what it may take from a later object of the name, the next look puts back.
        let forestalled = flight.disturbed && write.step.is_destructive();
        !forestalled && !model.tables.is_void(flight.step)
    });
    !left && !coming
}

/// Whether a write takes warm capacity away that the object asks for now. Asked when it is sent: what a user asked for a moment ago
/// may still arrive, and is put right by the next look.
pub fn takes_from_traffic(model: &Operators, state: &State, slot: usize, step: u16) -> bool {
    let object = state.objects[slot];
    let write = model.tables.write(step);
    let Some(write) = write.as_ref() else { return false };
    let then = match write.step {
        Step::PutCapacity { requested } => requested,
        Step::DeleteCapacity | Step::DeleteAlias => 0,
        _ => return false,
    };
    if !object.exists || object.deleting {
        return false;
    }
    let wanted = model
        .tables
        .setting
        .desired(slot, object.incarnation, object.spec)
        .capacity
        .unwrap_or(0);
    let region = model.tables.region(state.region);
    let capacity = region.functions[&write.desired.function]
        .provisioned_concurrency
        .get(&write.desired.alias);
    let requested = capacity.map_or(0, |capacity| capacity.requested);
    then < wanted && then < requested
}
