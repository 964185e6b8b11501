//! The ledger: every call of every process, in the order in which they came in, and what became of each.

use std::collections::BTreeMap;

use serde::Serialize;

use super::name::Name;
use super::upstream::Request;

/// What a call is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Side {
    /// The simulated AWS.
    Aws,
    /// The API server.
    Kubernetes,
}

/// One call.
#[derive(Clone, Debug, Serialize)]
pub struct Call {
    /// From 1, without gaps.
    pub index: usize,
    /// Who called.
    pub process: String,
    /// Whom.
    pub side: Side,
    /// `UpdateAlias`; `patch:warmlambdaendpoints.status`.
    pub name: String,
    /// The how many-th call of that name it is, from 1. Concurrent reads change places from run to run; this number hardly does.
    pub occurrence: usize,
    /// Whether it changes something.
    pub write: bool,
    /// What it names.
    pub target: String,
    /// Digest of its body without what differs between two runs.
    pub body: String,
    /// Who it says it is.
    pub user_agent: String,
    /// Milliseconds since the beginning at which it came in.
    pub time: u64,
    /// What was made go wrong.
    pub fault: Option<String>,
    /// How often it was carried to where it is for.
    pub delivered: u32,
    /// Milliseconds at which it was carried there last.
    pub delivered_at: Option<u64>,
    /// HTTP status of the last answer from there.
    pub status: Option<u16>,
    /// Milliseconds at which the caller was given that answer.
    pub answered_at: Option<u64>,
}

impl Call {
    /// How a person names it: `UpdateAlias#2`.
    pub fn label(&self) -> String {
        format!("{}#{}", self.name, self.occurrence)
    }

    /// Whether it was carried out, with success, or nobody knows.
    pub fn may_have_changed(&self) -> bool {
        self.write && self.delivered > 0 && self.status.is_none_or(|status| status < 400)
    }
}

/// All calls of a scenario.
#[derive(Debug, Default)]
pub struct Ledger {
    calls: Vec<Call>,
    seen: BTreeMap<String, usize>,
}

impl Ledger {
    /// Notes a call that came in, and gives it its numbers.
    pub fn begin(&mut self, process: &str, side: Side, request: &Request, time: u64) -> Call {
        let Name { name, target, write } = Name::of(side, request);
        let seen = self.seen.entry(name.clone()).or_default();
        *seen += 1;
        let call = Call {
            index: self.calls.len() + 1,
            process: process.into(),
            side,
            name,
            occurrence: *seen,
            write,
            target,
            body: super::name::digest(side, &request.body),
            user_agent: request.header("user-agent").unwrap_or_default().into(),
            time,
            fault: None,
            delivered: 0,
            delivered_at: None,
            status: None,
            answered_at: None,
        };
        self.calls.push(call.clone());
        call
    }

    /// Counts the calls of each name from one again. Answers how many there were in all.
    pub fn count_anew(&mut self) -> usize {
        self.seen.clear();
        self.calls.len()
    }

    /// Notes what became of a call.
    pub fn change(&mut self, index: usize, change: impl FnOnce(&mut Call)) {
        change(&mut self.calls[index - 1]);
    }

    /// All calls.
    pub fn calls(&self) -> &[Call] {
        &self.calls
    }

    /// All calls, a JSON object in each line.
    pub fn jsonl(&self) -> String {
        let line = |call: &Call| serde_json::to_string(call).expect("a call is JSON") + "\n";
        self.calls.iter().map(line).collect()
    }
}
