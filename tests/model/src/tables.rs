//! What the shipping plan decides and what awssim makes of a write, asked once for each argument and then looked up.
//!
//! Both are pure, so nothing is lost by it: a state of the model is a handful of numbers, and a transition costs a look into a table.

use std::sync::Arc;

use awssim::world::Region;
use k8s_openapi::jiff::Timestamp;

use crate::canonical::{Moved, Place, STALE, canonical, progress};
use crate::cloud::{self, Look};
use crate::judge;
use crate::memo::{Memo, Numbered};
use crate::plan::cleanup::cleanup;
use crate::plan::desired::Desired;
use crate::plan::finding::Link;
use crate::plan::memory::Memory;
use crate::plan::observed::Observed;
use crate::plan::step::{PlannedStep, Step};
use crate::plan::steps::plan;
use crate::plan::unresolved::{Unanswered, Unresolved};
use crate::rules::{Kind, Rules};
use crate::scene::START;
use crate::setting::Setting;
use crate::state::{Broken, Noted, Object, REPEATED, step_of};

/// What an endpoint asks for: slot, incarnation and spec.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Asked {
    /// Which endpoint.
    pub slot: u8,
    /// Which object under its name.
    pub incarnation: u8,
    /// Which of its specs.
    pub spec: u8,
}

impl Asked {
    /// What an object asks for.
    pub fn by(slot: usize, object: Object) -> Self {
        Self {
            slot: u8::try_from(slot).unwrap_or_default(),
            incarnation: object.incarnation,
            spec: object.spec,
        }
    }
}

/// What else an observation leaves open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Doubt {
    /// Whether an operator vanished a moment ago.
    pub wary: bool,
    /// Whether the observation shows AWS as it was before its last write.
    pub behind: bool,
}

/// A step with what it was planned for.
#[derive(Debug)]
pub struct Write {
    /// For whom.
    pub asked: Asked,
    /// What that is.
    pub desired: Arc<Desired>,
    /// The call.
    pub step: Step,
    /// Its kind.
    pub kind: Kind,
}

/// What a pass is to do.
#[derive(Debug)]
pub struct Planned {
    /// For whom.
    pub asked: Asked,
    /// Whether the object is being deleted.
    pub deleting: bool,
    /// Numbers of the steps.
    pub steps: Vec<u16>,
    /// Whether nothing is left, so that the finalizer may go.
    pub done: bool,
}

/// What became of a write that AWS got.
#[derive(Clone, Copy, Debug)]
pub struct Effect {
    /// The region after it.
    pub region: u32,
    /// Revisions that it changed.
    pub moved: Moved,
    /// Whether AWS refused it.
    pub refused: bool,
    /// Laws that it broke.
    pub broken: Broken,
}

/// What a plan depends on: the region, who asks, whether the object is going, what is noted, and what the observation leaves open.
type Question = (u32, Asked, bool, Noted, Doubt);

/// Everything that was computed.
#[derive(Debug)]
pub struct Tables {
    /// Where all of it plays.
    pub setting: Setting,
    rules: Rules,
    regions: Numbered<Region>,
    writes: Numbered<Option<Write>>,
    plans: Numbered<Option<Planned>>,
    planned: Memo<Question, (u32, Noted)>,
    effects: Memo<(u32, u16), Effect>,
    progressed: Memo<(u32, u8), Option<(u32, Moved)>>,
    rivalled: Memo<(u32, u8), (u32, Moved)>,
    aged_writes: Memo<(u16, Moved), u16>,
    aged_plans: Memo<(u32, Moved), u32>,
    rest_of_plans: Memo<u32, u32>,
    /// Laws about one region; the keys are those of [`judge`].
    pub laws: Memo<(u32, u8, u8), bool>,
    /// Whether all becomes well from a region and two endpoints.
    pub recoveries: Memo<(u32, [Object; 2]), bool>,
}

/// When every observation is made.
pub fn now() -> Timestamp {
    Timestamp::from_millisecond(i64::try_from(START).unwrap()).unwrap()
}

impl Tables {
    /// Empty ones, and the number of the region in the beginning.
    pub fn new(setting: Setting, rules: Rules) -> (Self, u32) {
        let mut start = setting.start.clone();
        canonical(&mut start);
        let tables = Self {
            setting,
            rules,
            regions: Numbered::default(),
            writes: Numbered::default(),
            plans: Numbered::default(),
            planned: Memo::default(),
            effects: Memo::default(),
            progressed: Memo::default(),
            rivalled: Memo::default(),
            aged_writes: Memo::default(),
            aged_plans: Memo::default(),
            rest_of_plans: Memo::default(),
            laws: Memo::default(),
            recoveries: Memo::default(),
        };
        tables.writes.number("none", None);
        tables.plans.number("none", None);
        let start = tables.number(start);
        (tables, start)
    }

    fn number(&self, region: Region) -> u32 {
        self.regions.number(&serde_json::to_string(&region).unwrap(), region)
    }

    /// The region with a number.
    pub fn region(&self, number: u32) -> Arc<Region> {
        self.regions.value(number)
    }

    /// The write with a number.
    pub fn write(&self, number: u16) -> Arc<Option<Write>> {
        self.writes.value(number.into())
    }

    /// The plan with a number.
    pub fn plan(&self, number: u32) -> Arc<Option<Planned>> {
        self.plans.value(number)
    }

    /// How many different regions, plans and writes were met.
    pub fn sizes(&self) -> [usize; 3] {
        [self.regions.len(), self.planned.len(), self.effects.len()]
    }

    /// What the shipping core decides, given what may still arrive; and what of that is unknown after the observation.
    pub fn planned(&self, region: u32, asked: Asked, deleting: bool, noted: Noted, doubt: Doubt) -> (u32, Noted) {
        self.planned.get((region, asked, deleting, noted, doubt), || {
            let desired = Arc::new(self.setting.desired(asked.slot.into(), asked.incarnation, asked.spec));
            let mut seen = Region::clone(&self.region(region));
            let memory = Memory::default();
            let look = Look {
                every_caller: deleting,
                gap: 0,
            };
            let observed = cloud::observe(&mut seen, &desired, &memory, look);
            let (left, unresolved) = self.unresolved(&desired, &observed, asked, noted, doubt);
            let (steps, done) = if deleting {
                self.cleaned_up(&desired, &observed, &unresolved)
            } else {
                let mut plan = plan(&desired, &observed, &memory, now());
                let all = plan.steps.clone();
                plan.hold_back(&desired, &unresolved);
                (self.let_go(all, &plan.steps, &unresolved), false)
            };
            let steps = steps
                .into_iter()
                .map(|planned| self.write_number(asked, &desired, planned.step))
                .collect();
            let planned = Planned {
                asked,
                deleting,
                steps,
                done,
            };
            (self.plan_number(planned), left)
        })
    }

    /// What may still arrive for an object, as the controller keeps it; what the observation settles is dropped.
    fn unresolved(&self, desired: &Desired, observed: &Observed, asked: Asked, noted: Noted, doubt: Doubt) -> (Noted, Unresolved) {
        let mut left = Noted::default();
        let mut unresolved = Unresolved {
            writes: Vec::new(),
            predecessor: doubt.wary.then(now),
        };
        for number in noted.numbers() {
            let written = self.write(step_of(number));
            // Of an object that is gone nothing is kept.
            let Some(written) = written
                .as_ref()
                .as_ref()
                .filter(|written| written.asked.incarnation == asked.incarnation)
            else {
                continue;
            };
            let mut one = Unresolved {
                writes: vec![Unanswered {
                    step: written.step.clone(),
                    until: now(),
                    repeated: number & REPEATED != 0 && self.rules.repetitions,
                }],
                predecessor: None,
            };
            // A read that is behind shows the revision of before the change.
            let old = doubt.behind && guard(&written.step) == Some(STALE);
            if self.rules.settled_by_sight && !old {
                one.settle(desired, observed);
            }
            if !one.writes.is_empty() {
                left.add(number);
                unresolved.writes.append(&mut one.writes);
            }
        }
        (left, unresolved)
    }

    fn cleaned_up(&self, desired: &Desired, observed: &Observed, unresolved: &Unresolved) -> (Vec<PlannedStep>, bool) {
        let all = cleanup(desired, observed);
        let mut due = all.clone();
        due.hold_back(desired, unresolved);
        let done = due.is_done() || (all.is_done() && self.rules.exempt.has(Kind::RemoveFinalizer));
        (self.let_go(all.steps, &due.steps, unresolved), done)
    }

    /// The steps that go: those that the shipping code lets go, but for what the rules of the variant say otherwise.
    fn let_go(&self, all: Vec<PlannedStep>, free: &[PlannedStep], unresolved: &Unresolved) -> Vec<PlannedStep> {
        let goes = |planned: &PlannedStep| {
            let kind = Kind::of(&planned.step);
            let in_doubt = unresolved.predecessor.is_some() && self.rules.callers_wait_after_takeover;
            (free.contains(planned) || self.rules.exempt.has(kind)) && !(in_doubt && planned.step.link() == Link::Trigger)
        };
        all.into_iter().filter(goes).collect()
    }

    fn write_number(&self, asked: Asked, desired: &Arc<Desired>, step: Step) -> u16 {
        let kind = Kind::of(&step);
        let identity = format!("{asked:?} {step:?}");
        let write = Write {
            asked,
            desired: Arc::clone(desired),
            step,
            kind,
        };
        u16::try_from(self.writes.number(&identity, Some(write))).unwrap()
    }

    /// A plan without anything to do is no plan.
    fn plan_number(&self, planned: Planned) -> u32 {
        if planned.steps.is_empty() && !planned.done {
            return 0;
        }
        self.plans.number(&format!("{planned:?}"), Some(planned))
    }

    /// The plan after its first step.
    pub fn rest(&self, plan: u32) -> u32 {
        self.rest_of_plans.get(plan, || {
            let planned = self.plan(plan);
            let Some(planned) = planned.as_ref() else { return 0 };
            self.plan_number(Planned {
                steps: planned.steps.iter().skip(1).copied().collect(),
                ..*planned
            })
        })
    }

    /// What becomes of a write that AWS gets now.
    pub fn effect(&self, region: u32, write: u16) -> Effect {
        self.effects.get((region, write), || {
            let written = self.write(write);
            let Some(written) = written.as_ref() else {
                return self.nothing(region);
            };
            let before = self.region(region);
            let mut after = Region::clone(&before);
            if cloud::execute(&mut after, &written.desired, &written.step).is_err() {
                return Effect {
                    refused: true,
                    ..self.nothing(region)
                };
            }
            let broken = judge::write(written, &before, &after);
            let (region, moved) = self.settled(&before, after);
            Effect {
                region,
                moved,
                refused: false,
                broken,
            }
        })
    }

    /// What a write broke, in words.
    pub fn complaints(&self, region: u32, write: u16) -> Vec<String> {
        let (written, before) = (self.write(write), self.region(region));
        let Some(written) = written.as_ref() else { return Vec::new() };
        let mut after = Region::clone(&before);
        if cloud::execute(&mut after, &written.desired, &written.step).is_err() {
            return Vec::new();
        }
        let (foreign, traffic) = judge::complaints(written, &before, &after);
        foreign.into_iter().chain(traffic).collect()
    }

    fn nothing(&self, region: u32) -> Effect {
        Effect {
            region,
            moved: Moved::default(),
            refused: false,
            broken: Broken::default(),
        }
    }

    /// Brings a region into its form. Ids of what was made are never used again; those of revisions are no loss.
    fn settled(&self, before: &Region, mut after: Region) -> (u32, Moved) {
        let known = made(before);
        if made(&after).iter().all(|id| known.contains(id)) {
            after.ids = before.ids;
        }
        let mut moved = canonical(&mut after);
        moved.0 |= gone(before, &after);
        (self.number(after), moved)
    }

    /// Lets AWS finish one thing of its own.
    pub fn progressed(&self, region: u32, nth: u8) -> Option<(u32, Moved)> {
        self.progressed.get((region, nth), || {
            let before = self.region(region);
            let mut after = Region::clone(&before);
            progress(&mut after, nth.into()).then(|| self.settled(&before, after))
        })
    }

    /// What somebody else does.
    pub fn rivalled(&self, region: u32, rival: u8) -> (u32, Moved) {
        self.rivalled.get((region, rival), || {
            let before = self.region(region);
            let mut after = Region::clone(&before);
            (self.setting.rivals[usize::from(rival)].act)(&mut after);
            self.settled(&before, after)
        })
    }

    /// Whether a write still may do something when AWS gets it: its guard, if it has one, is not of before a change.
    pub fn is_void(&self, write: u16) -> bool {
        let written = self.write(write);
        written.as_ref().as_ref().is_none_or(|written| guard(&written.step) == Some(STALE))
    }

    /// A write after revisions changed: one that held such a revision fits nowhere any more.
    pub fn aged(&self, write: u16, moved: Moved) -> u16 {
        if write == 0 || moved == Moved::default() {
            return write;
        }
        self.aged_writes.get((write, moved), || {
            let written = self.write(write);
            let Some(written) = written.as_ref() else { return write };
            let mut step = written.step.clone();
            let alias = &written.desired.alias;
            let hit = match &mut step {
                Step::UpdateAlias { revision_id, .. } if moved.has(Place::Alias, alias) => Some(revision_id),
                Step::RemovePermission { revision_id, .. } if moved.has(Place::Policy, alias) => Some(revision_id),
                Step::AddPermission {
                    revision_id: Some(revision_id),
                    ..
                } if moved.has(Place::Policy, alias) => Some(revision_id),
                Step::PublishVersion { revision_id, .. } if moved.has(Place::Latest, alias) => Some(revision_id),
                _ => None,
            };
            match hit {
                Some(revision_id) => *revision_id = STALE.into(),
                None => return write,
            }
            self.write_number(written.asked, &written.desired, step)
        })
    }

    /// A plan after revisions changed.
    pub fn aged_plan(&self, plan: u32, moved: Moved) -> u32 {
        if plan == 0 || moved == Moved::default() {
            return plan;
        }
        self.aged_plans.get((plan, moved), || {
            let planned = self.plan(plan);
            let Some(planned) = planned.as_ref() else { return 0 };
            self.plan_number(Planned {
                steps: planned.steps.iter().map(|step| self.aged(*step, moved)).collect(),
                ..*planned
            })
        })
    }
}

/// Everything that has an id of its own.
fn made(region: &Region) -> Vec<&String> {
    let integrations = region.http_apis.values().flat_map(|api| api.integrations.keys());
    integrations.chain(region.event_source_mappings.keys()).collect()
}

/// Aliases and policies that were there: what was guarded by their revision finds none.
fn gone(before: &Region, after: &Region) -> u8 {
    let mut moved = 0;
    for (name, function) in &before.functions {
        let now = &after.functions[name];
        for (place, bit) in [(crate::scene::ALIAS, 0), (crate::scene::NEXT, 1)] {
            if function.aliases.contains_key(place) && !now.aliases.contains_key(place) {
                moved |= 1 << bit;
            }
            if function.policies.contains_key(place) && !now.policies.contains_key(place) {
                moved |= 4 << bit;
            }
        }
    }
    moved
}

/// The revision that guards a step.
fn guard(step: &Step) -> Option<&str> {
    match step {
        Step::UpdateAlias { revision_id, .. } | Step::RemovePermission { revision_id, .. } | Step::PublishVersion { revision_id, .. } => {
            Some(revision_id)
        }
        Step::AddPermission { revision_id, .. } => revision_id.as_deref(),
        _ => None,
    }
}
