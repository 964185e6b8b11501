//! One state of everything, in numbers.

use crate::canonical::Moved;

/// An endpoint object as the API server has it, or as a cache shows it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Object {
    /// Which object under this name it is, from 0; each has a uid of its own.
    pub incarnation: u8,
    /// Which of the setting's specs it has.
    pub spec: u8,
    /// `metadata.generation`.
    pub generation: u8,
    /// Whether it exists.
    pub exists: bool,
    /// Whether `metadata.deletionTimestamp` is set.
    pub deleting: bool,
    /// Whether it carries the finalizer.
    pub finalizer: bool,
}

/// A pass of an operator over one endpoint, between its observation and its last write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Pass {
    /// Number of the plan; 0: no pass.
    pub plan: u32,
    /// The tenure in which it began.
    pub epoch: u8,
    /// The generation of the object that it is for.
    pub generation: u8,
    /// Whether it has sent something already.
    pub begun: bool,
    /// Whether the object was another one, or had another spec, than the cache showed when it began.
    pub misled: bool,
    /// Whether somebody else changed AWS since it observed.
    pub disturbed: bool,
}

/// An operator process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Operator {
    /// The endpoints as its cache shows them.
    pub view: [Object; 2],
    /// What it is doing, by endpoint.
    pub pass: [Pass; 2],
    /// Writes of each endpoint whose outcome is unknown to it, sorted; 0: none.
    pub noted: [Noted; 2],
    /// Whether it took the lease over from one that vanished, so recently that it takes every outcome for unknown.
    pub wary: bool,
}

/// The Lease.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Lease {
    /// The operator that holds it; `None` when it was given back.
    pub holder: Option<u8>,
    /// `leaseTransitions`.
    pub epoch: u8,
    /// Whether the holder's process is gone.
    pub vanished: bool,
}

/// A request that has left its sender and that AWS has not got yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Flight {
    /// Number of the step; 0: no request.
    pub step: u16,
    /// The tenure in which it was sent.
    pub epoch: u8,
    /// Whether somebody else changed AWS since it was sent.
    pub disturbed: bool,
}

/// What may still go wrong, or be done by others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Left {
    /// Requests that stay unanswered.
    pub lost: u8,
    /// Requests that are refused before anything is done.
    pub refused: u8,
    /// Processes that die.
    pub crashes: u8,
    /// Times that the lease changes hands.
    pub failovers: u8,
    /// Edits of specs.
    pub edits: u8,
    /// Deletions of objects.
    pub deletions: u8,
    /// Objects made again under the same name.
    pub recreations: u8,
    /// Writes of others to AWS.
    pub rivals: u8,
    /// Reads that show AWS as it was before the last write.
    pub stale: u8,
}

/// Laws that were broken on the way to a state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Broken {
    /// S1.
    pub foreign: bool,
    /// S3.
    pub traffic: bool,
}

/// One state of everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct State {
    /// Number of the region.
    pub region: u32,
    /// Number of the region as reads may still show it.
    pub before: u32,
    /// Revisions that changed since then.
    pub since: Moved,
    /// The endpoints.
    pub objects: [Object; 2],
    /// The operators.
    pub operators: [Operator; 2],
    /// The Lease.
    pub lease: Lease,
    /// Requests under way, sorted.
    pub flights: [Flight; 3],
    /// What may still happen.
    pub left: Left,
    /// Whether a path is not judged for S3 any more.
    pub excused: bool,
    /// What was broken.
    pub broken: Broken,
}

impl State {
    /// The requests under way.
    pub fn under_way(&self) -> impl Iterator<Item = Flight> {
        self.flights.into_iter().filter(|flight| flight.step != 0)
    }

    /// Notes what a write broke. Where somebody else changed AWS since it was decided, it is not to blame.
    pub fn judge(&mut self, broken: Broken, disturbed: bool) {
        self.broken.foreign |= broken.foreign && !disturbed;
        self.broken.traffic |= broken.traffic && !disturbed && !self.excused;
    }

    /// From now on reads show AWS as it is: they lag less than a takeover or a window, and never behind what was seen already.
    pub fn catch_up(&mut self) {
        self.before = if self.left.stale == 0 { 0 } else { self.region };
        self.since = Moved::default();
    }
}

/// In a noted write: the same was sent before it or after it, and may arrive as well.
pub const REPEATED: u16 = 1 << 15;

/// In a noted write: it was carried out, and no observation has shown it yet.
pub const DONE: u16 = 1 << 14;

/// The step of a noted write.
pub const fn step_of(number: u16) -> u16 {
    number & !(REPEATED | DONE)
}

/// Writes of one process for one endpoint that may still arrive, or that no observation has shown yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Noted(pub [u16; 5]);

impl Noted {
    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self == Self::default()
    }

    /// Whether nothing may arrive any more.
    pub fn is_done(self) -> bool {
        self.0.iter().all(|number| *number == 0 || number & DONE != 0)
    }

    /// Notes a write.
    ///
    /// # Panics
    /// When there are five already: the bounds of a setting allow no more than that.
    pub fn add(&mut self, number: u16) {
        assert_eq!(self.0[0], 0, "a sixth noted write");
        self.0[0] = number;
        self.0.sort_unstable();
    }

    /// Changes each, and drops what becomes 0.
    pub fn change(&mut self, change: impl Fn(u16) -> u16) {
        for noted in self.0.iter_mut().filter(|noted| **noted != 0) {
            *noted = change(*noted);
        }
        self.0.sort_unstable();
    }

    /// The numbers of all.
    pub fn numbers(self) -> impl Iterator<Item = u16> {
        self.0.into_iter().filter(|number| *number != 0)
    }
}
