//! Which runs there are: every call of every scenario, with everything that can go wrong with it, in classes.

use crate::leaders::Failover;
use crate::point::{Damage, Point};
use crate::proxy::fault::{Loss, Moment, Sender};
use crate::proxy::ledger::{Call, Side};

/// Runs of one kind, which are told of in one line.
pub struct Class {
    /// How it is called.
    pub name: &'static str,
    /// The row of the results that its runs count for.
    pub row: &'static str,
    /// How many of them are in a sample.
    pub sampled: usize,
    damages: &'static [Damage],
    each: Each,
    of: fn(&Call) -> bool,
}

/// What goes wrong with a call of a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Each {
    /// Everything, one run for each.
    Every,
    /// One thing, in turn: for what takes long and does not depend much on the call.
    InTurn,
}

/// All of them.
pub const CLASSES: [Class; 10] = [
    Class {
        name: "crash before the request",
        row: "R1",
        sampled: 3,
        damages: &[Damage::Crash(Moment::BeforeRequest)],
        each: Each::Every,
        of: any_call,
    },
    Class {
        name: "crash after it was carried out",
        row: "R1",
        sampled: 3,
        damages: &[Damage::Crash(Moment::AfterApply)],
        each: Each::Every,
        of: any_write,
    },
    Class {
        name: "crash after the answer",
        row: "R1",
        sampled: 3,
        damages: &[Damage::Crash(Moment::AfterAnswer)],
        each: Each::Every,
        of: any_write,
    },
    Class {
        name: "lost answers",
        row: "R2",
        sampled: 3,
        damages: &[
            Damage::Lost(Loss::Reset),
            Damage::Lost(Loss::Silence),
            Damage::Lost(Loss::Truncated),
            Damage::Lost(Loss::Html),
            Damage::Lost(Loss::Status(500)),
            Damage::Lost(Loss::Status(503)),
        ],
        each: Each::Every,
        of: mutation,
    },
    Class {
        name: "late and double arrival",
        row: "R3",
        sampled: 2,
        damages: &[
            Damage::Twice,
            Damage::Late(300, Sender::Reset),
            Damage::Late(1_500, Sender::Reset),
            Damage::Late(1_000, Sender::Waits),
            Damage::Late(1_000, Sender::Killed),
            Damage::Late(9_000, Sender::Killed),
        ],
        each: Each::Every,
        of: aws_mutation,
    },
    Class {
        name: "refused before",
        row: "R2",
        sampled: 1,
        damages: &[Damage::Refused(0), Damage::Refused(429), Damage::Refused(500), Damage::Refused(503)],
        each: Each::Every,
        of: mutation,
    },
    Class {
        name: "leader killed or frozen",
        row: "R9",
        sampled: 1,
        damages: &[
            Damage::Failover(Failover::Killed),
            Damage::Failover(Failover::Frozen(6)),
            Damage::Failover(Failover::Frozen(17)),
        ],
        each: Each::Every,
        of: aws_mutation,
    },
    Class {
        name: "leader without the API server",
        row: "R9",
        sampled: 0,
        damages: &[
            Damage::Failover(Failover::Partitioned(2)),
            Damage::Failover(Failover::Partitioned(20)),
            Damage::Failover(Failover::CutOff(20)),
            Damage::Failover(Failover::SlowApi(1_000)),
            Damage::Failover(Failover::SlowApi(4_000)),
        ],
        each: Each::InTurn,
        of: aws_mutation,
    },
    Class {
        name: "lease rewritten",
        row: "R9",
        sampled: 0,
        damages: &[
            Damage::Failover(Failover::LeaseDeleted),
            Damage::Failover(Failover::LeaseCleared),
            Damage::Failover(Failover::LeaseGiven),
            Damage::Failover(Failover::LeaseTaken),
        ],
        each: Each::InTurn,
        of: aws_mutation,
    },
    Class {
        name: "clocks ten minutes off",
        row: "R19",
        sampled: 0,
        damages: &[Damage::Failover(Failover::ClockOff(10)), Damage::Failover(Failover::ClockStep(-10))],
        each: Each::InTurn,
        of: aws_mutation,
    },
];

/// Points that say nothing about the operator, and why.
const UNDECIDABLE: [(&str, &str); 1] = [(
    "create-http/CreateIntegration#1/twice",
    "a network that delivers CreateIntegration twice makes two: there is no token (AWS-101). The second is used by nobody, and goes when the endpoint is deleted",
)];

/// What is left out, for who reads the results.
pub fn left_out() -> Vec<String> {
    UNDECIDABLE
        .iter()
        .map(|(point, why)| format!("`{point}` is left out: {why}."))
        .collect()
}

/// Every call but the renewals of the lease, which come with the clock and not with what the operator does. The first write of the
/// lease is one.
fn any_call(call: &Call) -> bool {
    call.name != "update:leases" || call.occurrence == 1
}

/// What changes something, but for the renewals of the lease. A read leaves nothing behind: killed after it or before the next call is
/// the same.
fn any_write(call: &Call) -> bool {
    call.write && any_call(call)
}

/// What changes something, of AWS or of Kubernetes. Nothing waits for an event to be told, and none is told again.
fn mutation(call: &Call) -> bool {
    any_write(call) && call.name != "create:events"
}

fn aws_mutation(call: &Call) -> bool {
    call.write && call.side == Side::Aws
}

impl Class {
    /// Its runs of a scenario whose calls these are.
    pub fn points(&self, scenario: &str, calls: &[Call]) -> Vec<Point> {
        let mut points = Vec::new();
        for (place, call) in calls.iter().filter(|call| (self.of)(call)).enumerate() {
            // Begun anew in each scenario they would meet the first calls of all of them with the same.
            let turn = (place + scenario.len()) % self.damages.len();
            let due = match self.each {
                Each::Every => self.damages,
                Each::InTurn => &self.damages[turn..=turn],
            };
            points.extend(due.iter().map(|damage| Point {
                scenario: scenario.into(),
                call: call.name.clone(),
                occurrence: call.occurrence,
                damage: *damage,
            }));
        }
        points.retain(|point| UNDECIDABLE.iter().all(|(left_out, _)| *left_out != point.to_string()));
        points
    }

    /// Whether a point is of this class.
    pub fn has(&self, point: &Point) -> bool {
        self.damages.contains(&point.damage)
    }
}
