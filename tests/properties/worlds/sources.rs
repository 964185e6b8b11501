//! What people, other tools and bad luck do to event source mappings and their sources.

use awssim::world::Answer;
use awssim::world::event_source::{MappingChange, Role};
use proptest::prelude::*;

use crate::oracle::mapping::called;
use crate::scene::sources::{Place, ROLE};
use crate::scene::{FUNCTION, Scene};

/// Something that happens to a source or to its mappings on the endpoint's function.
#[derive(Clone, Debug)]
pub enum SourceAct {
    /// Makes a mapping to a function with this qualifier, beside those that there are.
    Map(Place, &'static str),
    /// Moves the first mapping.
    Move(Place, &'static str),
    /// Disables or enables all of them.
    Enable(Place, bool),
    /// Deletes the first one.
    Unmap(Place),
    /// Lambda gives all of them up.
    GiveUp(Place),
    /// Another batch size.
    BatchSize(Place, u8),
    /// Writes records.
    Write(Place, u8),
    /// Deletes the source, or makes it anew.
    There(Place, bool),
    /// What the execution role may do.
    Role(Trust),
}

/// What the execution role may do.
#[derive(Clone, Copy, Debug)]
pub enum Trust {
    /// Everything.
    Whole,
    /// Nothing.
    Powerless,
    /// Lambda may not assume it.
    Unassumable,
}

fn place() -> impl Strategy<Value = Place> {
    prop_oneof![
        6 => Just(Place::Orders),
        3 => Just(Place::Clicks),
        3 => Just(Place::Jobs),
        2 => Just(Place::Kafka(0)),
        1 => Just(Place::Kafka(1)),
    ]
}

/// Any qualified name of the endpoint's function.
pub fn target() -> impl Strategy<Value = &'static str> {
    prop_oneof![
        3 => Just("fir-api"),
        2 => Just("fir-api:$LATEST"),
        2 => Just("fir-api:1"),
        2 => Just("fir-api:next"),
        4 => Just("fir-api:live"),
        1 => Just("other"),
    ]
}

/// Anything that may happen.
pub fn source_act() -> impl Strategy<Value = SourceAct> {
    let trust = prop_oneof![3 => Just(Trust::Whole), 1 => Just(Trust::Powerless), 1 => Just(Trust::Unassumable)];
    prop_oneof![
        2 => (place(), target()).prop_map(|(p, t)| SourceAct::Map(p, t)),
        5 => (place(), target()).prop_map(|(p, t)| SourceAct::Move(p, t)),
        3 => (place(), any::<bool>()).prop_map(|(p, on)| SourceAct::Enable(p, on)),
        2 => place().prop_map(SourceAct::Unmap),
        1 => place().prop_map(SourceAct::GiveUp),
        1 => (place(), 1..20u8).prop_map(|(p, n)| SourceAct::BatchSize(p, n)),
        2 => (place(), 1..30u8).prop_map(|(p, n)| SourceAct::Write(p, n)),
        1 => (place(), proptest::bool::weighted(0.6)).prop_map(|(p, there)| SourceAct::There(p, there)),
        1 => trust.prop_map(SourceAct::Role),
    ]
}

impl SourceAct {
    /// The same at another place.
    pub fn at(self, place: Place) -> Self {
        match self {
            Self::Map(_, target) => Self::Map(place, target),
            Self::Move(_, target) => Self::Move(place, target),
            Self::Enable(_, on) => Self::Enable(place, on),
            Self::Unmap(_) => Self::Unmap(place),
            Self::GiveUp(_) => Self::GiveUp(place),
            Self::BatchSize(_, size) => Self::BatchSize(place, size),
            Self::Write(_, count) => Self::Write(place, count),
            Self::There(_, there) => Self::There(place, there),
            Self::Role(trust) => Self::Role(trust),
        }
    }
}

impl Scene {
    /// UUIDs of the mappings of a source on the endpoint's function.
    pub fn mappings(&self, place: Place) -> Vec<String> {
        let ours = self.region.event_source_mappings.iter().filter(|(_, m)| {
            let topics = place.topic().is_none_or(|topic| m.topics.iter().any(|t| t == topic));
            m.event_source_arn.as_deref() == place.arn() && topics && called(m).is_some_and(|(name, _)| name == FUNCTION)
        });
        ours.map(|(uuid, _)| uuid.clone()).collect()
    }

    /// Does something; what AWS refuses is not done.
    pub fn try_source(&mut self, act: &SourceAct) -> Answer<()> {
        match act {
            SourceAct::Map(place, target) => self.region.create_event_source_mapping(&place.mapping(target)).map(drop),
            SourceAct::Move(place, target) => self.change_mappings(*place, 1, &MappingChange::function(target)),
            SourceAct::Enable(place, on) => self.change_mappings(*place, 9, &MappingChange::enabled(*on)),
            SourceAct::BatchSize(place, size) => {
                let change = MappingChange {
                    batch_size: Some(i64::from(*size).min(10)),
                    ..MappingChange::default()
                };
                self.change_mappings(*place, 9, &change)
            }
            SourceAct::Unmap(place) => match self.mappings(*place).first() {
                Some(uuid) => self.region.delete_event_source_mapping(uuid).map(drop),
                None => Ok(()),
            },
            SourceAct::GiveUp(place) => {
                for uuid in self.mappings(*place) {
                    self.region.disable_event_source_mapping(&uuid, "FUNCTION_ERROR_TOO_OFTEN");
                }
                Ok(())
            }
            SourceAct::Write(place, count) => {
                drop(place.write(&mut self.region, *count));
                Ok(())
            }
            SourceAct::There(place, true) => {
                let there = self.region.streams.contains_key(&place.key()) || self.region.queues.contains_key(&place.key());
                if !there {
                    place.make(&mut self.region);
                }
                Ok(())
            }
            SourceAct::There(place, false) => {
                self.region.delete_stream(&place.key());
                self.region.delete_queue(&place.key());
                Ok(())
            }
            SourceAct::Role(trust) => {
                let role = Role {
                    assumable: !matches!(trust, Trust::Unassumable),
                    actions: if matches!(trust, Trust::Powerless) {
                        vec![]
                    } else {
                        vec!["*".into()]
                    },
                };
                self.region.roles.insert(ROLE.into(), role);
                Ok(())
            }
        }
    }

    fn change_mappings(&mut self, place: Place, most: usize, change: &MappingChange) -> Answer<()> {
        for uuid in self.mappings(place).iter().take(most) {
            self.region.update_event_source_mapping(uuid, change)?;
        }
        Ok(())
    }
}
