//! A world with a clock, faults, quotas and a ledger around it: what stands behind the socket, and what tests hold in their hands.

pub mod clock;
pub mod fault;
pub mod ledger;
mod past;
pub mod quota;
mod reply;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

pub use clock::{Clock, ClockError};
pub use fault::{Fault, Loss, Matching, Rule};
pub use ledger::{Entry, Filter};
pub use reply::Reply;

use crate::wire::{self, Caller, Operation, Request, Response, parameters};
use crate::world::{AwsError, Millis, Region, World};

/// A simulated AWS that many callers share; cloning gives another handle on the same one.
#[derive(Clone, Debug)]
pub struct Sim {
    state: Arc<Mutex<State>>,
    /// Real time is read from a clock that no adjustment of the system's time moves, and that stands still where a test pauses tokio's time.
    started: (Instant, Millis),
}

#[derive(Debug)]
struct State {
    world: World,
    clock: Clock,
    faults: fault::Faults,
    quotas: quota::Quotas,
    ledger: ledger::Ledger,
    past: past::Past,
    /// Whether callers write CloudWatch's time windows in real time; by default they do unless the clock is manual.
    callers_in_real_time: Option<bool>,
}

/// A request that was let in.
#[derive(Clone, Debug)]
struct Call {
    sequence: u64,
    caller: Caller,
    operation: Operation,
    fault: Option<Fault>,
}

impl Sim {
    /// Puts a world under a clock, which begins to run; quotas are AWS's, faults there are none.
    pub fn new(world: World, clock: Clock) -> Self {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let wall = Millis::try_from(wall.as_millis()).unwrap_or(Millis::MAX);
        let state = State {
            world,
            clock: clock.started(wall),
            faults: fault::Faults::default(),
            quotas: quota::Quotas::default(),
            ledger: ledger::Ledger::default(),
            past: past::Past::default(),
            callers_in_real_time: None,
        };
        Self {
            state: Arc::new(Mutex::new(state)),
            started: (Instant::now(), wall),
        }
    }

    /// Answers one request as AWS does, or as the faults want it.
    pub async fn handle(&self, request: Request) -> Reply {
        let call = match self.receive(&request) {
            Ok(call) => call,
            Err(refusal) => return Reply::Answer(refusal),
        };
        match call.fault {
            // In a task of its own: the request arrives late even when its sender has gone away.
            Some(Fault::Delay { milliseconds }) => {
                let sim = self.clone();
                let held = tokio::spawn(async move {
                    tokio::time::sleep(Duration::from_millis(milliseconds)).await;
                    sim.fulfil(&call, &request)
                });
                held.await.unwrap_or(Reply::Close)
            }
            Some(Fault::DelayAnswer { milliseconds }) => {
                let reply = self.fulfil(&call, &request);
                tokio::time::sleep(Duration::from_millis(milliseconds)).await;
                reply
            }
            _ => self.fulfil(&call, &request),
        }
    }

    /// Lets a request in, or refuses it at the door: unsigned, unknown, or above a quota.
    fn receive(&self, request: &Request) -> Result<Call, Response> {
        let wall = self.wall();
        let mut state = self.state();
        let operation = wire::recognise(request);
        let caller = Caller::of(request);
        let entry = entry(request, caller.as_ref().ok(), operation.as_ref(), state.clock.now(wall), wall);
        let hit = state.faults.hit(&entry);
        let fault_name = hit.as_ref().map(|(id, fault)| format!("{id} {}", fault.name()));
        let sequence = state.ledger.begin(Entry {
            fault: fault_name,
            ..entry
        });
        let refuse = |state: &mut State, response: Response| Err(state.finish(sequence, 0, response, true));
        let (caller, operation) = match (caller, operation) {
            (_, None) => return refuse(&mut state, wire::unknown(request)),
            (Err(error), _) => return refuse(&mut state, wire::error::refuse(request, &error)),
            (Ok(caller), Some(operation)) => (caller, operation),
        };
        let fault = hit.map(|(_, fault)| fault);
        // What a fault keeps away from AWS does not count there.
        if !matches!(fault, Some(Fault::Fail { .. } | Fault::Disconnect)) {
            let at = if state.clock.is_manual() { state.clock.now(wall) } else { wall };
            if let Err(throttle) = state.quotas.take(&caller, &operation, at) {
                return refuse(&mut state, wire::error::refuse(request, &throttle));
            }
        }
        Ok(Call {
            sequence,
            caller,
            operation,
            fault,
        })
    }

    /// Carries a call out as often as its fault says, and gives or loses the answer.
    fn fulfil(&self, call: &Call, request: &Request) -> Reply {
        let wall = self.wall();
        let mut state = self.state();
        match &call.fault {
            Some(Fault::Fail {
                status,
                code,
                message,
                retry_after_seconds,
                reason,
            }) => {
                let error = AwsError {
                    retry_after: *retry_after_seconds,
                    reason: reason.clone(),
                    ..AwsError::new(*status, code, message)
                };
                Reply::Answer(state.finish(call.sequence, 0, wire::error::refuse(request, &error), true))
            }
            Some(Fault::Disconnect) => {
                state.lose(call.sequence);
                Reply::Close
            }
            Some(Fault::LoseAnswer { how }) => {
                let response = state.carry_out(call, request, wall);
                Reply::lost(*how, state.finish(call.sequence, 1, response, false))
            }
            Some(Fault::Duplicate) => {
                state.carry_out(call, request, wall);
                let response = state.carry_out(call, request, wall);
                Reply::Answer(state.finish(call.sequence, 2, response, true))
            }
            _ => {
                let response = state.carry_out(call, request, wall);
                Reply::Answer(state.finish(call.sequence, 1, response, true))
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic in a test's closure must not hide behind a second one here; the world has no invariant across calls.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wall(&self) -> Millis {
        self.started.1 + Millis::try_from(self.started.0.elapsed().as_millis()).unwrap_or(Millis::MAX / 2)
    }
}

/// What tests and the control plane do with a simulation.
impl Sim {
    /// Simulated time.
    pub fn now(&self) -> Millis {
        self.state().clock.now(self.wall())
    }

    /// The clock for people.
    pub fn clock(&self) -> clock::Shown {
        self.state().clock.shown(self.wall())
    }

    /// Changes the clock.
    ///
    /// # Errors
    /// [`ClockError`] as the change gives it.
    pub fn change_clock(&self, change: impl FnOnce(&mut Clock, Millis) -> Result<(), ClockError>) -> Result<(), ClockError> {
        change(&mut self.state().clock, self.wall())
    }

    /// Lets simulated time jump ahead.
    pub fn advance(&self, by: Duration) {
        let by = Millis::try_from(by.as_millis()).unwrap_or(Millis::MAX / 2);
        self.state().clock.advance(self.wall(), by);
    }

    /// Whether CloudWatch's time windows and timestamps are in the callers' real time; `None` for the default, which is no only under a manual clock.
    pub fn set_callers_in_real_time(&self, real: Option<bool>) {
        self.state().callers_in_real_time = real;
    }

    /// A copy of the world, settled up to now.
    pub fn world(&self) -> World {
        self.with_world(|world, now| {
            for region in &mut world.regions {
                region.settle(now);
            }
            world.clone()
        })
    }

    /// Puts another world in place; clock, faults, quotas and ledger stay.
    pub fn set_world(&self, world: World) {
        let mut state = self.state();
        state.world = world;
        state.past.clear();
    }

    /// Looks at the world or changes it behind AWS's back, at the present simulated time.
    pub fn with_world<T>(&self, act: impl FnOnce(&mut World, Millis) -> T) -> T {
        let now = self.now();
        act(&mut self.state().world, now)
    }

    /// The same with one region, settled up to now.
    pub fn with_region<T>(&self, account: &str, region: &str, act: impl FnOnce(&mut Region, Millis) -> T) -> T {
        self.with_world(|world, now| act(world.region(account, region, now), now))
    }

    /// Adds a rule of faults; the answer is its id.
    pub fn add_fault(&self, rule: Rule) -> u64 {
        self.state().faults.add(rule)
    }

    /// Removes a rule; false when there is none of that id.
    pub fn remove_fault(&self, id: u64) -> bool {
        self.state().faults.remove(id)
    }

    /// Removes all rules.
    pub fn clear_faults(&self) {
        self.state().faults.clear();
    }

    /// All rules and what they have done.
    pub fn faults(&self) -> Vec<fault::Active> {
        self.state().faults.all().to_vec()
    }

    /// The entries that fit, oldest first.
    pub fn ledger(&self, filter: &Filter) -> Vec<Entry> {
        self.state().ledger.read(filter)
    }

    /// The number of the newest request; 0 before the first.
    pub fn last_sequence(&self) -> u64 {
        self.state().ledger.last()
    }

    /// Forgets all entries; numbers go on.
    pub fn clear_ledger(&self) {
        self.state().ledger.clear();
    }

    /// How strictly quotas hold, and the pools used so far.
    pub fn quotas(&self) -> (quota::Settings, Vec<quota::Shown>) {
        let state = self.state();
        (state.quotas.settings(), state.quotas.shown())
    }

    /// Changes how strictly quotas hold; all buckets are full afterwards.
    pub fn set_quotas(&self, settings: quota::Settings) {
        self.state().quotas.set(settings);
    }
}

impl State {
    fn carry_out(&mut self, call: &Call, request: &Request, wall: Millis) -> Response {
        let now = self.clock.now(wall);
        let Call { caller, operation, .. } = call;
        let in_real_time = self.callers_in_real_time.unwrap_or(!self.clock.is_manual());
        let ahead = if in_real_time { now.cast_signed() - wall.cast_signed() } else { 0 };
        if let Some(Fault::Stale { milliseconds }) = call.fault
            && !operation.write
            && let Some(mut region) = self.past.at(now.saturating_sub(milliseconds), caller)
        {
            let then = now.saturating_sub(milliseconds);
            region.settle(then);
            region.metrics.ahead = ahead;
            return wire::carry_out_in(&mut region, caller, operation, request, then);
        }
        let region = self.world.region(&caller.account, &caller.region, now);
        if operation.write
            && let Some(reach) = self.faults.oldest_read()
        {
            self.past.keep(now, reach, region);
        }
        region.metrics.ahead = ahead;
        let response = wire::carry_out_in(region, caller, operation, request, now);
        // It describes the caller, not the world.
        region.metrics.ahead = 0;
        response
    }

    /// Notes what became of a request; the answer gets AWS's request id.
    fn finish(&mut self, sequence: u64, carried_out: u32, response: Response, answered: bool) -> Response {
        if let Some(entry) = self.ledger.entry(sequence) {
            *entry = Entry {
                status: Some(response.status),
                code: response.error_code(),
                carried_out,
                answered,
                ..entry.clone()
            };
            log(entry);
        }
        if response.header("x-amzn-requestid").is_some() {
            return response;
        }
        response.with("x-amzn-requestid", &format!("{sequence:08x}-0000-4000-8000-000000000000"))
    }

    /// Notes that a request was neither carried out nor answered.
    fn lose(&mut self, sequence: u64) {
        if let Some(entry) = self.ledger.entry(sequence) {
            log(entry);
        }
    }
}

/// One line per request.
fn log(entry: &Entry) {
    let names: Vec<_> = entry.parameters.iter().map(|(name, value)| format!("{name}={value}")).collect();
    tracing::info!(
        sequence = entry.sequence,
        account = entry.account,
        region = entry.region,
        status = entry.status,
        code = entry.code,
        fault = entry.fault,
        "{} {}",
        entry.operation,
        names.join(" ")
    );
}

fn entry(request: &Request, caller: Option<&Caller>, operation: Option<&Operation>, time: Millis, wall_time: Millis) -> Entry {
    use sha2::{Digest, Sha256};
    let hash = Sha256::digest(&request.body);
    Entry {
        time,
        wall_time,
        account: caller.map(|caller| caller.account.clone()).unwrap_or_default(),
        region: caller.map(|caller| caller.region.clone()).unwrap_or_default(),
        service: operation.map(|operation| operation.service.to_owned()).unwrap_or_default(),
        operation: operation.map_or_else(
            || format!("{} {}", request.method, request.path),
            |operation| operation.name.to_owned(),
        ),
        write: operation.is_some_and(|operation| operation.write),
        parameters: parameters::of(request),
        body_hash: hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect(),
        user_agent: request.header("user-agent").unwrap_or_default().to_owned(),
        ..Entry::default()
    }
}

#[cfg(test)]
mod tests;
