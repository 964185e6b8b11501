//! Everything that may happen next.
#![expect(missing_docs, reason = "an operator, an endpoint or another thing, by its number")]

/// One thing that happens. Operators, endpoints and others are meant by their number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// The watch brings an operator an endpoint as it is now.
    Watch { operator: u8, slot: u8 },
    /// The leader looks at AWS and plans.
    Observe { operator: u8, slot: u8 },
    /// The same, but AWS shows what was before the last write.
    ObserveStale { operator: u8, slot: u8 },
    /// A write goes out and is answered.
    Send { operator: u8, slot: u8 },
    /// A write goes out and no answer comes; AWS gets it later, or never.
    Lose { operator: u8, slot: u8 },
    /// A write is refused before anything is done: throttled, or not connected.
    Refuse { operator: u8, slot: u8 },
    /// A process that does not lead any more drops what it was doing.
    GiveUp { operator: u8, slot: u8 },
    /// AWS gets a request that was under way.
    Arrive { flight: u8 },
    /// A request that was under way never arrives.
    Vanish { flight: u8 },
    /// The late-arrival window of unknown outcomes has passed.
    Expire { operator: u8, slot: u8 },
    /// The window after a takeover has passed.
    Trust { operator: u8 },
    /// An operator takes the lease.
    Lead { operator: u8 },
    /// The leader ends well and gives the lease back.
    Release { operator: u8 },
    /// The leader's process dies.
    Crash { operator: u8 },
    /// AWS finishes something.
    Progress { nth: u8 },
    /// Somebody else writes to AWS.
    Rival { rival: u8 },
    /// A user edits a spec.
    Edit { slot: u8, spec: u8 },
    /// A user deletes an endpoint.
    Delete { slot: u8 },
    /// A user makes it again.
    Recreate { slot: u8 },
}
