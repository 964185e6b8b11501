//! What goes wrong, as data: which call, and how.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One fault of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fault {
    /// Which call.
    pub at: At,
    /// What happens to it.
    pub kind: Kind,
}

/// Which call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum At {
    /// The call of this number, counted over AWS and Kubernetes from the first of the run. Lease, lists and watches are not counted.
    Call(usize),
    /// The n-th call of this name, from 0.
    Named(String, usize),
    /// All calls of a name that begins so, in this part of the run (seconds).
    During(String, u64, u64),
    /// Like `During`, for so many percent of the calls.
    Some(String, u64, u64, u8),
}

/// What happens to a call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Kind {
    /// It never reaches the server: no connection.
    Refused,
    /// The server says 503 and does nothing.
    Unavailable,
    /// The server says 429 and does nothing.
    Throttled,
    /// The server says that it is not allowed.
    Denied,
    /// The server says that the credentials have expired.
    Expired,
    /// The server says that somebody else was faster.
    Conflict,
    /// It is carried out, and the answer is lost.
    Lost(Loss),
    /// The caller sees the connection break, and the request arrives that much later (milliseconds).
    Late(u64),
    /// It is carried out twice, one right after the other.
    Twice,
    /// It is carried out and answered, and once more that much later (milliseconds).
    Again(u64),
    /// It is carried out, and the answer takes that long (milliseconds).
    Slow(u64),
    /// The operator dies before it is sent.
    CrashBefore,
    /// It is carried out, and the operator dies before the answer.
    CrashAfter,
    /// The operator dies when it was sent, and it arrives that much later (milliseconds).
    CrashLate(u64),
    /// Somebody does something just before it arrives.
    Act(Act),
}

/// What a caller gets instead of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Loss {
    /// The connection is reset.
    Reset,
    /// Nothing; the connection stays open.
    Hang,
    /// Half of the body.
    Half,
    /// A 500 without a body that could be read.
    InternalError,
    /// A 200 with a page of HTML.
    Html,
}

/// What people and other tools do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Act {
    /// Other code for the function.
    Code(String),
    /// The endpoint asks for that many warm environments.
    Capacity(i64),
    /// The endpoint asks for something else altogether.
    Spec(Value),
    /// Somebody points the alias at version 1.
    MoveAlias,
    /// Somebody takes the warm capacity away.
    DropCapacity,
    /// Application Auto Scaling has the capacity, within 1 and 5, and asks for so many environments.
    Scale(u32),
    /// Somebody points the callers of the triggers at the function without its alias, and deploys.
    CallersAway,
    /// Somebody points one method at the function without its alias, and does not deploy.
    Uri,
    /// The endpoint is deleted.
    Delete,
    /// The endpoint is made again under its name, when it is gone.
    Recreate,
    /// Somebody asks for a look.
    Request(String),
    /// The operator's wall clock is off by so many seconds.
    ClockOff(i64),
    /// All watches end; true: what happened is forgotten, too (410).
    DropWatches(bool),
    /// Watches show everything that happened once more; true: the newest first.
    Repeat(bool),
    /// Watches show nothing new until `Thaw`.
    Freeze,
    /// They catch up.
    Thaw,
}

impl Kind {
    /// Whether nobody can know at once what became of the call.
    pub fn is_ambiguous(&self) -> bool {
        use Kind::{Again, CrashAfter, CrashBefore, CrashLate, Late, Lost, Twice, Unavailable};
        matches!(
            self,
            Lost(_) | Late(_) | Twice | Again(_) | CrashAfter | CrashBefore | CrashLate(_) | Unavailable
        )
    }
}

/// A fault of every call to AWS, and to nobody else, in a part of the run (seconds).
pub fn on_aws(from: u64, until: u64, kind: &Kind) -> Vec<Fault> {
    let of = |service: &str| Fault {
        at: At::During(format!("{service}:"), from, until),
        kind: kind.clone(),
    };
    ["lambda", "apigateway", "apigatewayv2", "autoscaling", "sqs", "sts", "cloudwatch"]
        .map(of)
        .to_vec()
}

impl Fault {
    /// A fault of one call by its number.
    pub const fn call(k: usize, kind: Kind) -> Self {
        Self { at: At::Call(k), kind }
    }
}
