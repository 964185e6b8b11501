//! The model: what may happen in a state, and what becomes of it.

use stateright::{Model, Property};

use crate::action::Action;
use crate::canonical::Moved;
use crate::laws;
use crate::rules::{Fence, Kind, Rules};
use crate::setting::Setting;
use crate::state::{DONE, Flight, Lease, Left, Noted, Object, Operator, Pass, REPEATED, State, step_of};
use crate::tables::{Asked, Doubt, Tables, Write};

/// The operators in one setting, with the rules of one variant.
#[derive(Debug)]
pub struct Operators {
    /// What was computed.
    pub tables: Tables,
    /// The rules.
    pub rules: Rules,
    /// The only law that is looked at, by its place; all when there is none.
    pub law: Option<usize>,
    start: u32,
    left: Left,
}

impl Operators {
    /// Two operators, with what may go wrong.
    pub fn new(setting: Setting, rules: Rules, left: Left) -> Self {
        let (tables, start) = Tables::new(setting, rules);
        Self {
            tables,
            rules,
            law: None,
            start,
            left,
        }
    }

    /// The same, looking at one law only.
    #[must_use]
    pub fn under(self, law: usize) -> Self {
        Self { law: Some(law), ..self }
    }

    /// How many endpoints there are.
    pub fn slots(&self) -> usize {
        self.tables.setting.specs.len()
    }
}

const OPERATORS: u8 = 2;

impl Model for Operators {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        let mut objects = [Object::default(); 2];
        objects[..self.slots()].fill(Object {
            exists: true,
            ..Object::default()
        });
        let operator = Operator {
            view: objects,
            ..Operator::default()
        };
        vec![State {
            region: self.start,
            before: if self.left.stale == 0 { 0 } else { self.start },
            since: Moved::default(),
            objects,
            operators: [operator; 2],
            lease: Lease {
                holder: Some(0),
                epoch: 1,
                vanished: false,
            },
            flights: [Flight::default(); 3],
            left: self.left,
            excused: false,
            broken: crate::state::Broken::default(),
        }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        // Nothing is to be learnt from what follows a broken law.
        if state.broken != crate::state::Broken::default() {
            return;
        }
        let slots = 0..u8::try_from(self.slots()).unwrap_or_default();
        for operator in 0..OPERATORS {
            for slot in slots.clone() {
                self.of_pass(state, operator, slot, actions);
            }
            of_lease(state, operator, actions);
        }
        for (flight, _) in (0..).zip(state.under_way()) {
            actions.extend([Action::Arrive { flight }, Action::Vanish { flight }]);
        }
        for nth in 0.. {
            if self.tables.progressed(state.region, nth).is_none() {
                break;
            }
            actions.push(Action::Progress { nth });
        }
        self.of_others(state, slots, actions);
    }

    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        let mut next = *last;
        let happened = self.happens(&mut next, action);
        (happened && next != *last).then_some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let all = laws::properties();
        all.into_iter()
            .enumerate()
            .filter(|(n, _)| self.law.is_none_or(|law| law == *n))
            .map(|(_, law)| law)
            .collect()
    }
}

fn of_lease(state: &State, operator: u8, actions: &mut Vec<Action>) {
    let lease = state.lease;
    let holds = lease.holder == Some(operator) && !lease.vanished;
    if holds {
        if state.left.crashes > 0 {
            actions.push(Action::Crash { operator });
        }
        if state.left.failovers > 0 {
            actions.push(Action::Release { operator });
        }
    } else if lease.holder.is_none() || lease.vanished || state.left.failovers > 0 {
        actions.push(Action::Lead { operator });
    }
    let process = &state.operators[usize::from(operator)];
    if process.wary && process.pass.iter().all(|pass| pass.plan == 0) {
        actions.push(Action::Trust { operator });
    }
}

impl Operators {
    fn of_pass(&self, state: &State, operator: u8, slot: u8, actions: &mut Vec<Action>) {
        let process = &state.operators[usize::from(operator)];
        let at = usize::from(slot);
        let holds = state.lease.holder == Some(operator) && !state.lease.vanished;
        if process.view[at] != state.objects[at] {
            actions.push(Action::Watch { operator, slot });
        }
        // A pass is shorter than the window.
        if !process.noted[at].is_empty() && process.pass[at].plan == 0 {
            actions.push(Action::Expire { operator, slot });
        }
        if process.pass[at].plan == 0 {
            if holds && process.view[at].exists {
                actions.push(Action::Observe { operator, slot });
                if state.left.stale > 0 && state.before != state.region {
                    actions.push(Action::ObserveStale { operator, slot });
                }
            }
            return;
        }
        if !self.may_send(state, operator, process.pass[at]) {
            actions.push(Action::GiveUp { operator, slot });
            return;
        }
        actions.push(Action::Send { operator, slot });
        if state.left.lost > 0 {
            actions.push(Action::Lose { operator, slot });
        }
        if state.left.refused > 0 {
            actions.push(Action::Refuse { operator, slot });
        }
    }

    fn of_others(&self, state: &State, slots: std::ops::Range<u8>, actions: &mut Vec<Action>) {
        if state.left.rivals > 0 && state.objects.iter().any(|object| object.exists) {
            let rivals = u8::try_from(self.tables.setting.rivals.len()).unwrap_or_default();
            actions.extend((0..rivals).map(|rival| Action::Rival { rival }));
        }
        for slot in slots {
            let object = state.objects[usize::from(slot)];
            if object.exists && !object.deleting {
                if state.left.edits > 0 {
                    let specs = u8::try_from(self.tables.setting.specs[usize::from(slot)].len()).unwrap_or_default();
                    actions.extend(
                        (0..specs)
                            .filter(|spec| *spec != object.spec)
                            .map(|spec| Action::Edit { slot, spec }),
                    );
                }
                if state.left.deletions > 0 {
                    actions.push(Action::Delete { slot });
                }
            }
            if !object.exists && state.left.recreations > 0 {
                actions.push(Action::Recreate { slot });
            }
        }
    }

    /// Changes the state; false when the action cannot happen after all.
    #[expect(clippy::too_many_lines, reason = "one arm for each action")]
    fn happens(&self, state: &mut State, action: Action) -> bool {
        match action {
            Action::Watch { operator, slot } => {
                let object = state.objects[usize::from(slot)];
                state.operators[usize::from(operator)].view[usize::from(slot)] = object;
            }
            Action::Observe { operator, slot } => {
                state.catch_up();
                return self.observe(state, operator.into(), slot.into(), false);
            }
            Action::ObserveStale { operator, slot } => {
                state.left.stale -= 1;
                return self.observe(state, operator.into(), slot.into(), true);
            }
            Action::Send { operator, slot } => self.send(state, operator.into(), slot.into(), true),
            Action::Lose { operator, slot } => {
                let plan = self
                    .tables
                    .plan(state.operators[usize::from(operator)].pass[usize::from(slot)].plan);
                if plan.as_ref().as_ref().is_none_or(|planned| planned.steps.is_empty()) {
                    return false;
                }
                state.left.lost -= 1;
                self.send(state, operator.into(), slot.into(), false);
            }
            Action::Refuse { operator, slot } => {
                state.left.refused -= 1;
                state.operators[usize::from(operator)].pass[usize::from(slot)] = Pass::default();
            }
            Action::GiveUp { operator, slot } => state.operators[usize::from(operator)].pass[usize::from(slot)] = Pass::default(),
            Action::Arrive { flight } => self.arrive(state, flight.into()),
            Action::Vanish { flight } => drop(take(state, flight.into())),
            Action::Expire { operator, slot } => return expire(state, operator.into(), slot.into()),
            Action::Trust { operator } => {
                let old = state.under_way().any(|flight| flight.epoch < state.lease.epoch);
                state.operators[usize::from(operator)].wary = false;
                state.catch_up();
                return !old;
            }
            Action::Lead { operator } => self.lead(state, operator),
            Action::Release { operator } => return self.release(state, operator.into()),
            Action::Crash { operator } => {
                state.left.crashes -= 1;
                state.lease.vanished = true;
                forget(&mut state.operators[usize::from(operator)]);
            }
            Action::Progress { nth } => {
                let Some((region, moved)) = self.tables.progressed(state.region, nth) else {
                    return false;
                };
                self.shift(state, region, moved);
            }
            Action::Rival { rival } => return self.rival(state, rival),
            Action::Edit { slot, spec } => {
                state.left.edits -= 1;
                let object = &mut state.objects[usize::from(slot)];
                (object.spec, object.generation) = (spec, object.generation + 1);
            }
            Action::Delete { slot } => {
                state.left.deletions -= 1;
                let object = &mut state.objects[usize::from(slot)];
                object.deleting = object.finalizer;
                object.exists = object.finalizer;
            }
            Action::Recreate { slot } => {
                state.left.recreations -= 1;
                let object = &mut state.objects[usize::from(slot)];
                *object = Object {
                    incarnation: object.incarnation + 1,
                    exists: true,
                    ..Object::default()
                };
            }
        }
        true
    }

    /// Whether a pass may send its next write.
    fn may_send(&self, state: &State, operator: u8, pass: Pass) -> bool {
        let leads = state.lease.holder == Some(operator) && !state.lease.vanished;
        match self.rules.fence {
            Fence::Open => true,
            Fence::LeadsNow => leads,
            Fence::Epoch => leads && pass.epoch == state.lease.epoch,
        }
    }

    /// The beginning of a pass: what is due by what AWS shows, without what has to wait.
    fn observe(&self, state: &mut State, operator: usize, slot: usize, behind: bool) -> bool {
        let object = state.objects[slot];
        let epoch = state.lease.epoch;
        let view = state.operators[operator].view[slot];
        if !view.finalizer {
            // Put on before the first write to AWS; a conflict when the object is another one by now.
            let fits = !view.deleting && view == object;
            if fits {
                state.objects[slot].finalizer = true;
                state.operators[operator].view[slot].finalizer = true;
            }
            return fits;
        }
        let process = &mut state.operators[operator];
        let asked = Asked::by(slot, view);
        let doubt = Doubt {
            wary: process.wary,
            behind,
        };
        let (region, since) = if behind {
            (state.before, state.since)
        } else {
            (state.region, Moved::default())
        };
        let (plan, noted) = self.tables.planned(region, asked, view.deleting, process.noted[slot], doubt);
        let plan = self.tables.aged_plan(plan, since);
        process.noted[slot] = noted;
        if plan != 0 {
            process.pass[slot] = Pass {
                plan,
                epoch,
                generation: view.generation,
                begun: false,
                misled: view != object,
                disturbed: false,
            };
        }
        true
    }

    fn kind(&self, step: u16) -> Kind {
        self.tables
            .write(step)
            .as_ref()
            .as_ref()
            .map_or(Kind::RemoveFinalizer, |write| write.kind)
    }

    /// The next write of a pass.
    fn send(&self, state: &mut State, operator: usize, slot: usize, answered: bool) {
        let pass = state.operators[operator].pass[slot];
        let over = |state: &mut State| state.operators[operator].pass[slot] = Pass::default();
        let planned = self.tables.plan(pass.plan);
        let Some(planned) = planned.as_ref() else { return over(state) };
        let object = state.objects[slot];
        let step = planned.steps.first().copied().unwrap_or_default();
        let kind = self.kind(step);
        let is_it = object.generation == pass.generation
            && object.exists
            && Asked::by(slot, object) == planned.asked
            && object.deleting == planned.deleting;
        let write = self.tables.write(step);
        let destructive = write.as_ref().as_ref().is_some_and(|write| write.step.is_destructive());
        let reread = (self.rules.reread_first && !pass.begun && step != 0) || (self.rules.reread_destructive && destructive);
        if reread && !is_it {
            return over(state);
        }
        if step == 0 {
            over(state);
            // Guarded by uid and resourceVersion; an answer that is lost changes nothing.
            if is_it {
                state.objects[slot] = Object {
                    exists: false,
                    finalizer: false,
                    ..object
                };
                state.operators[operator].noted[slot] = Noted::default();
            }
            return;
        }
        if (pass.misled || !is_it) && !pass.disturbed && laws::takes_from_traffic(self, state, slot, step) {
            state.broken.traffic = true;
        }
        let doubt = state.operators[operator].wary && self.rules.doubt;
        let repeated = self.repeat(&mut state.operators[operator].noted[slot], step) || doubt;
        if !answered {
            over(state);
            self.leave(state, operator, slot, (step, repeated, pass));
            return;
        }
        let effect = self.tables.effect(state.region, step);
        if effect.refused {
            return over(state);
        }
        state.catch_up();
        state.judge(effect.broken, pass.disturbed);
        // Where no read is behind, the next observation shows it.
        let seen_later = write.as_ref().as_ref().is_some_and(|write| write.step.can_be_seen()) && self.rules.until_seen.has(kind);
        if seen_later && state.left.stale > 0 {
            state.operators[operator].noted[slot].add(step | DONE);
        }
        let rest = self.tables.rest(pass.plan);
        let goes_on = Pass {
            plan: rest,
            begun: true,
            ..pass
        };
        state.operators[operator].pass[slot] = if rest == 0 { Pass::default() } else { goes_on };
        self.shift(state, effect.region, effect.moved);
    }

    /// Keeps in mind that a write is sent whose effect looks like that of one without an answer; says whether there is one.
    fn repeat(&self, noted: &mut Noted, step: u16) -> bool {
        let write = self.tables.write(step);
        let Some(write) = write.as_ref() else { return false };
        let alike = |number: u16| {
            let other = self.tables.write(step_of(number));
            other.as_ref().as_ref().is_some_and(|other| other.step.looks_like(&write.step))
        };
        let before = *noted;
        noted.change(|number| if alike(number) { number | REPEATED } else { number });
        before.numbers().any(alike)
    }

    /// A request is under way, and its sender does not know what becomes of it.
    fn leave(&self, state: &mut State, operator: usize, slot: usize, (step, repeated, pass): (u16, bool, Pass)) {
        let Some(free) = state.flights.iter_mut().find(|flight| flight.step == 0) else {
            panic!("a fourth request under way");
        };
        *free = Flight {
            step,
            epoch: pass.epoch,
            disturbed: pass.disturbed,
        };
        state.flights.sort_unstable_by(|a, b| b.cmp(a));
        let write = self.tables.write(step);
        let noted = |write: &Write| self.rules.noted.has(write.kind) && write.step.matters_late();
        if write.as_ref().as_ref().is_some_and(noted) {
            state.operators[operator].noted[slot].add(if repeated { step | REPEATED } else { step });
        }
    }

    fn arrive(&self, state: &mut State, flight: usize) {
        let flight = take(state, flight);
        if flight.epoch < state.lease.epoch && self.kind(flight.step) == Kind::RemovePermission {
            // After a takeover callers do not wait for what the operator before may have removed: the next look puts it back.
            state.excused |= !self.rules.callers_wait_after_takeover;
        }
        let effect = self.tables.effect(state.region, flight.step);
        state.judge(effect.broken, flight.disturbed);
        self.shift(state, effect.region, effect.moved);
    }

    /// Goes on with another region. What held a revision that is not the current one any more fits nowhere.
    fn shift(&self, state: &mut State, region: u32, moved: Moved) {
        state.region = region;
        if state.left.stale == 0 || state.before == region {
            state.catch_up();
        } else {
            state.since.0 |= moved.0;
        }
        if moved == Moved::default() {
            return;
        }
        for flight in &mut state.flights {
            flight.step = self.tables.aged(flight.step, moved);
        }
        state.flights.sort_unstable_by(|a, b| b.cmp(a));
        for process in &mut state.operators {
            for pass in &mut process.pass {
                pass.plan = self.tables.aged_plan(pass.plan, moved);
            }
            for noted in &mut process.noted {
                noted.change(|number| self.tables.aged(step_of(number), moved) | (number & (REPEATED | DONE)));
            }
        }
    }

    fn rival(&self, state: &mut State, rival: u8) -> bool {
        let (region, moved) = self.tables.rivalled(state.region, rival);
        if region == state.region {
            return false;
        }
        state.left.rivals -= 1;
        for flight in state.flights.iter_mut().filter(|flight| flight.step != 0) {
            flight.disturbed = true;
        }
        for pass in state
            .operators
            .iter_mut()
            .flat_map(|process| &mut process.pass)
            .filter(|pass| pass.plan != 0)
        {
            pass.disturbed = true;
        }
        self.shift(state, region, moved);
        true
    }

    fn lead(&self, state: &mut State, operator: u8) {
        let lease = state.lease;
        if lease.holder.is_some() && !lease.vanished {
            state.left.failovers -= 1;
        }
        for process in &mut state.operators {
            process.wary = false;
            if self.rules.fence == Fence::Epoch {
                // A process that has lost the lease ends.
                forget(process);
            }
        }
        state.operators[usize::from(operator)].wary = self.rules.takeover_window && lease.holder.is_some();
        state.lease = Lease {
            holder: Some(operator),
            epoch: lease.epoch + 1,
            vanished: false,
        };
    }

    fn release(&self, state: &mut State, operator: usize) -> bool {
        let process = &mut state.operators[operator];
        let idle = process.pass == [Pass::default(); 2];
        let settled = process.noted.iter().all(|noted| noted.is_done()) && !process.wary;
        if !idle || (self.rules.release_settled && !settled) {
            return false;
        }
        forget(process);
        state.catch_up();
        state.left.failovers -= 1;
        state.lease.holder = None;
        true
    }
}

/// What a process knows dies with it; its successor lists the endpoints anew, perhaps from a cache.
fn forget(process: &mut Operator) {
    *process = Operator {
        view: process.view,
        ..Operator::default()
    };
}

fn take(state: &mut State, flight: usize) -> Flight {
    let taken = std::mem::take(&mut state.flights[flight]);
    state.flights.sort_unstable_by(|a, b| b.cmp(a));
    taken
}

/// The window is as long as a request may be under way, so it has passed only when none is. Reads do not lag that long.
fn expire(state: &mut State, operator: usize, slot: usize) -> bool {
    state.catch_up();
    let flights = state.flights;
    let noted = &mut state.operators[operator].noted[slot];
    let before = *noted;
    noted.change(|number| {
        if flights.iter().any(|flight| flight.step == step_of(number)) {
            number
        } else {
            0
        }
    });
    *noted != before
}
