//! Which calls go wrong, and how.

use std::time::Duration;

use super::ledger::{Call, Side};

/// What goes wrong with a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The process that sent it is killed.
    Kill(Moment),
    /// It is carried out, and the answer does not arrive.
    Lose(Loss),
    /// It arrives late, whatever became of its sender meanwhile.
    Late(Duration, Sender),
    /// It arrives twice; the sender gets the second answer.
    Twice,
    /// It is carried out, and the answer arrives late.
    AnswerLate(Duration),
    /// It is not carried out.
    Refuse(Refusal),
    /// It waits while something else happens, of which [`super::Network::meet`] is told; then it is carried out.
    Meet,
}

/// When a process is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Moment {
    /// Before the request is sent.
    BeforeRequest,
    /// After it was carried out, before the answer arrives.
    AfterApply,
    /// After the answer arrived, before the next call.
    AfterAnswer,
}

/// What the sender gets instead of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Loss {
    /// A connection that ends.
    Reset,
    /// Nothing, for as long as it waits.
    Silence,
    /// The head and half of the body.
    Truncated,
    /// A page of a proxy, with status 200.
    Html,
    /// An error of a gateway in between, with this status.
    Status(u16),
}

/// What becomes of the sender of a request that arrives late.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sender {
    /// It waits for the answer, for as long as it does.
    Waits,
    /// It loses the connection at once.
    Reset,
    /// It is killed at once.
    Killed,
}

/// How a call is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The connection ends.
    Reset,
    /// Nothing comes, for as long as the sender waits.
    Silence,
    /// An answer with this status, and a code and a message as AWS and Kubernetes write them.
    Status(u16, &'static str, &'static str),
}

/// A fault for some calls. All members of the match that are given must fit.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Only calls of this process.
    pub process: Option<String>,
    /// Only calls to there.
    pub side: Option<Side>,
    /// Only calls of this name.
    pub name: Option<String>,
    /// Only the how many-th of that name.
    pub occurrence: Option<usize>,
    /// Only writes, or only reads.
    pub write: Option<bool>,
    /// At most so many calls.
    pub times: Option<usize>,
    /// What goes wrong.
    pub fault: Fault,
}

impl Rule {
    /// For every call, until it is lifted.
    pub fn always(fault: Fault) -> Self {
        Self {
            process: None,
            side: None,
            name: None,
            occurrence: None,
            write: None,
            times: None,
            fault,
        }
    }

    /// For one call: the how many-th of a name, from 1.
    pub fn at(name: &str, occurrence: usize, fault: Fault) -> Self {
        Self {
            name: Some(name.into()),
            occurrence: Some(occurrence),
            times: Some(1),
            ..Self::always(fault)
        }
    }

    fn fits(&self, call: &Call) -> bool {
        self.process.as_ref().is_none_or(|process| *process == call.process)
            && self.side.is_none_or(|side| side == call.side)
            && self.name.as_ref().is_none_or(|name| *name == call.name)
            && self.occurrence.is_none_or(|occurrence| occurrence == call.occurrence)
            && self.write.is_none_or(|write| write == call.write)
    }
}

/// The rules of a scenario, in the order in which they were made, with how often each hit.
#[derive(Debug, Default)]
pub struct Rules(Vec<(Rule, usize)>);

impl Rules {
    /// Adds a rule.
    pub fn add(&mut self, rule: Rule) {
        self.0.push((rule, 0));
    }

    /// Removes all.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// The fault of the first rule that fits a call and is not used up.
    pub fn hit(&mut self, call: &Call) -> Option<Fault> {
        let due = |(rule, hits): &&mut (Rule, usize)| rule.times.is_none_or(|times| *hits < times) && rule.fits(call);
        let (rule, hits) = self.0.iter_mut().find(due)?;
        *hits += 1;
        Some(rule.fault.clone())
    }
}
