//! The ledger: every request that came in, in order, and what became of it.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use crate::world::Millis;

/// Entries that are kept; older ones are forgotten.
const KEPT: usize = 200_000;

/// One request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// From 1, without gaps, in the order in which requests came in.
    pub sequence: u64,
    /// Simulated time at which it came in.
    pub time: Millis,
    /// Real time at which it came in.
    pub wall_time: Millis,
    /// Twelve digits; empty when the request was not signed.
    pub account: String,
    /// From the credential scope.
    pub region: String,
    /// `lambda`, `apigateway`, `cloudwatch`, `sts`, `autoscaling`; empty when no service has the operation.
    pub service: String,
    /// AWS's name of the operation; method and path when no service has it.
    pub operation: String,
    /// Whether it changes AWS.
    pub write: bool,
    /// What it names: function, alias, qualifier, functionVersion, api, stage and so on.
    pub parameters: BTreeMap<String, String>,
    /// The first 16 hexadecimal digits of the SHA-256 of the body; equal requests have equal ones.
    pub body_hash: String,
    /// The caller's `User-Agent`.
    pub user_agent: String,
    /// The fault that hit it and the id of its rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
    /// How often it was carried out: 0 when refused, throttled or failed by a fault, 2 when duplicated.
    pub carried_out: u32,
    /// HTTP status of the answer that the world gave; absent while it is held and when nothing was carried out and no answer given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The error's code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Whether that answer was given to the caller.
    pub answered: bool,
}

/// The newest requests.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    entries: VecDeque<Entry>,
    last: u64,
}

/// Which entries are asked for: all members that are given must fit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only later ones than this sequence number.
    pub since: Option<u64>,
    /// AWS's name of the operation.
    pub operation: Option<String>,
    /// The service.
    pub service: Option<String>,
    /// Only writes, or only reads.
    pub write: Option<bool>,
    /// The account.
    pub account: Option<String>,
    /// The region.
    pub region: Option<String>,
    /// Part of the caller's `User-Agent`.
    pub user_agent: Option<String>,
    /// The function, as the caller named it.
    pub function: Option<String>,
    /// Only that many, the newest.
    pub limit: Option<usize>,
}

impl Ledger {
    /// Notes a request that came in and gives it its number.
    pub fn begin(&mut self, entry: Entry) -> u64 {
        self.last += 1;
        if self.entries.len() == KEPT {
            self.entries.pop_front();
        }
        self.entries.push_back(Entry {
            sequence: self.last,
            ..entry
        });
        self.last
    }

    /// An entry, unless it is forgotten.
    pub fn entry(&mut self, sequence: u64) -> Option<&mut Entry> {
        let first = self.entries.front()?.sequence;
        self.entries.get_mut(usize::try_from(sequence.checked_sub(first)?).ok()?)
    }

    /// The entries that fit, oldest first.
    pub fn read(&self, filter: &Filter) -> Vec<Entry> {
        let newest = self
            .entries
            .iter()
            .rev()
            .take_while(|entry| filter.since.is_none_or(|since| entry.sequence > since));
        let mut found: Vec<_> = newest
            .filter(|entry| filter.fits(entry))
            .take(filter.limit.unwrap_or(usize::MAX))
            .cloned()
            .collect();
        found.reverse();
        found
    }

    /// Forgets all entries; numbers go on.
    pub fn clear(&mut self) {
        self.entries.clear();
    }

    /// The number given last; 0 before the first request.
    pub fn last(&self) -> u64 {
        self.last
    }
}

impl Filter {
    /// Every request of one operation.
    pub fn operation(operation: &str) -> Self {
        Self {
            operation: Some(operation.into()),
            ..Self::default()
        }
    }

    /// Every request that changes AWS.
    pub fn writes() -> Self {
        Self {
            write: Some(true),
            ..Self::default()
        }
    }

    fn fits(&self, entry: &Entry) -> bool {
        let same = |wanted: &Option<String>, found: &str| wanted.as_ref().is_none_or(|wanted| wanted == found);
        same(&self.operation, &entry.operation)
            && same(&self.service, &entry.service)
            && same(&self.account, &entry.account)
            && same(&self.region, &entry.region)
            && self.write.is_none_or(|write| write == entry.write)
            && self.user_agent.as_ref().is_none_or(|part| entry.user_agent.contains(part.as_str()))
            && self
                .function
                .as_ref()
                .is_none_or(|function| entry.parameters.get("function") == Some(function))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ledger(operations: &[&str]) -> Ledger {
        let mut ledger = Ledger::default();
        for operation in operations {
            ledger.begin(Entry {
                operation: (*operation).into(),
                write: operation.starts_with("Update"),
                ..Entry::default()
            });
        }
        ledger
    }

    fn numbers(ledger: &Ledger, filter: &Filter) -> Vec<u64> {
        ledger.read(filter).iter().map(|entry| entry.sequence).collect()
    }

    #[test]
    fn entries_are_found_by_number_operation_and_kind() {
        let ledger = ledger(&["GetAlias", "UpdateAlias", "GetAlias", "GetPolicy"]);
        assert_eq!(numbers(&ledger, &Filter::operation("GetAlias")), [1, 3]);
        assert_eq!(
            numbers(
                &ledger,
                &Filter {
                    since: Some(2),
                    ..Filter::default()
                }
            ),
            [3, 4]
        );
        assert_eq!(numbers(&ledger, &Filter::writes()), [2]);
        assert_eq!(
            numbers(
                &ledger,
                &Filter {
                    limit: Some(2),
                    ..Filter::default()
                }
            ),
            [3, 4]
        );
    }

    #[test]
    fn numbers_go_on_after_clearing() {
        let mut ledger = ledger(&["GetAlias"]);
        ledger.clear();
        assert_eq!(ledger.begin(Entry::default()), 2);
        assert!(ledger.entry(1).is_none());
        assert_eq!(ledger.entry(2).map(|entry| entry.sequence), Some(2));
    }

    #[test]
    fn the_oldest_entries_are_forgotten_first() {
        let mut ledger = Ledger::default();
        for _ in 0..=KEPT {
            ledger.begin(Entry::default());
        }
        assert_eq!(numbers(&ledger, &Filter::default()).len(), KEPT);
        assert!(ledger.entry(1).is_none());
        assert_eq!(ledger.entry(2).map(|entry| entry.sequence), Some(2));
    }
}
