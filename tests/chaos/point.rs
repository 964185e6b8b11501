//! One thing that goes wrong in one scenario: its name, which replays it, and what the proxies make of it.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::leaders::Failover;
use crate::proxy::fault::{Fault, Loss, Moment, Refusal, Rule, Sender};

/// A call of a scenario, and what goes wrong with it: `create-rest/AddPermission#1/after-apply`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Point {
    /// Name of the scenario.
    pub scenario: String,
    /// Name of the call.
    pub call: String,
    /// The how many-th of that name.
    pub occurrence: usize,
    /// What goes wrong.
    pub damage: Damage,
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Damage {
    /// The process is killed.
    Crash(Moment),
    /// The answer does not arrive.
    Lost(Loss),
    /// The request arrives so many milliseconds later.
    Late(u64, Sender),
    /// The request arrives twice.
    Twice,
    /// The request is refused with this status; with 0, the connection ends before it is carried out.
    Refused(u16),
    /// Another replica waits, and something befalls the leader.
    Failover(Failover),
}

/// Every damage that has no number of its own in it, by its name.
const NAMED: [(&str, Damage); 8] = [
    ("before-request", Damage::Crash(Moment::BeforeRequest)),
    ("after-apply", Damage::Crash(Moment::AfterApply)),
    ("after-answer", Damage::Crash(Moment::AfterAnswer)),
    ("reset-answer", Damage::Lost(Loss::Reset)),
    ("no-answer", Damage::Lost(Loss::Silence)),
    ("truncated-answer", Damage::Lost(Loss::Truncated)),
    ("html-answer", Damage::Lost(Loss::Html)),
    ("twice", Damage::Twice),
];

/// Who sends a request that arrives late, by name.
const SENDERS: [(&str, Sender); 3] = [("waiting", Sender::Waits), ("reset", Sender::Reset), ("killed", Sender::Killed)];

impl Damage {
    /// Whether nobody can know whether the call was carried out, or it was more than once.
    pub fn is_ambiguous(self) -> bool {
        !matches!(
            self,
            Self::Crash(Moment::BeforeRequest | Moment::AfterAnswer) | Self::Refused(_) | Self::Failover(Failover::ClockStep(_))
        )
    }

    fn fault(self) -> Fault {
        match self {
            Self::Crash(moment) => Fault::Kill(moment),
            Self::Lost(loss) => Fault::Lose(loss),
            Self::Late(after, sender) => Fault::Late(Duration::from_millis(after), sender),
            Self::Twice => Fault::Twice,
            Self::Refused(0) => Fault::Refuse(Refusal::Reset),
            Self::Refused(403) => Fault::Refuse(Refusal::Status(403, "AccessDeniedException", "not now")),
            Self::Refused(429) => Fault::Refuse(Refusal::Status(429, "TooManyRequestsException", "Rate exceeded")),
            Self::Refused(status) => Fault::Refuse(Refusal::Status(status, "ServiceException", "not now")),
            Self::Failover(_) => Fault::Meet,
        }
    }
}

impl Point {
    /// The call as the ledger labels it.
    pub fn label(&self) -> String {
        format!("{}#{}", self.call, self.occurrence)
    }

    /// What befalls the leader, if another replica waits.
    pub fn failover(&self) -> Option<Failover> {
        match self.damage {
            Damage::Failover(failover) => Some(failover),
            _ => None,
        }
    }

    /// What the proxies are told.
    pub fn rule(&self) -> Rule {
        Rule::at(&self.call, self.occurrence, self.damage.fault())
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((name, _)) = NAMED.iter().find(|(_, damage)| damage == self) {
            return f.write_str(name);
        }
        match self {
            Self::Lost(Loss::Status(status)) => write!(f, "{status}-after-apply"),
            Self::Late(after, sender) => {
                let sender = SENDERS.iter().find(|(_, known)| known == sender).map_or("", |(name, _)| name);
                write!(f, "late-{after}ms-{sender}")
            }
            Self::Refused(0) => f.write_str("reset-before"),
            Self::Refused(status) => write!(f, "{status}-before"),
            Self::Failover(failover) => write!(f, "{failover}"),
            _ => f.write_str("unnamed"),
        }
    }
}

impl FromStr for Damage {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is nothing that goes wrong");
        if let Some((_, damage)) = NAMED.iter().find(|(name, _)| *name == text) {
            return Ok(*damage);
        }
        if let Some(failover) = Failover::of(text) {
            return Ok(Self::Failover(failover));
        }
        if text == "reset-before" {
            return Ok(Self::Refused(0));
        }
        if let Some(status) = text.strip_suffix("-after-apply") {
            return status.parse().map(|status| Self::Lost(Loss::Status(status))).map_err(|_| wrong());
        }
        if let Some(status) = text.strip_suffix("-before") {
            return status.parse().map(Self::Refused).map_err(|_| wrong());
        }
        let late = text.strip_prefix("late-").and_then(|rest| rest.split_once("ms-"));
        let (after, sender) = late.ok_or_else(wrong)?;
        let (_, sender) = SENDERS.iter().find(|(name, _)| *name == sender).ok_or_else(wrong)?;
        after.parse().map(|after| Self::Late(after, *sender)).map_err(|_| wrong())
    }
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}#{}/{}", self.scenario, self.call, self.occurrence, self.damage)
    }
}

impl FromStr for Point {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is not like create-rest/AddPermission#1/after-apply");
        let (scenario, rest) = text.split_once('/').ok_or_else(wrong)?;
        let (call, damage) = rest.rsplit_once('/').ok_or_else(wrong)?;
        let (call, occurrence) = call.rsplit_once('#').ok_or_else(wrong)?;
        Ok(Self {
            scenario: scenario.into(),
            call: call.into(),
            occurrence: occurrence.parse().map_err(|_| wrong())?,
            damage: damage.parse()?,
        })
    }
}
