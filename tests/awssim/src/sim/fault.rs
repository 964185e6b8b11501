//! Faults: which requests go wrong, and how.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::ledger::Entry;
use crate::world::{AwsError, Millis};

/// One rule of faults.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Rule {
    /// Which requests; an empty one matches all.
    #[serde(default, rename = "match")]
    pub matching: Matching,
    /// That many matching requests pass unharmed first.
    #[serde(default)]
    pub skip: u64,
    /// That many are hit then; absent: all, until the rule is deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u64>,
    /// What happens to them.
    pub fault: Fault,
}

/// Which requests a rule is for: all members that are given must fit.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase", bound(deserialize = ""))]
pub struct Matching {
    /// `lambda`, `apigateway`, `cloudwatch`, `sts` or `autoscaling`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// AWS's name of the operation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// Only writes, or only reads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub write: Option<bool>,
    /// Twelve digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// For instance `eu-west-1`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Part of the caller's `User-Agent`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
    /// Parameters as the ledger shows them, each with exactly this value.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub parameters: BTreeMap<String, String>,
}

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, tag = "kind", rename_all_fields = "camelCase")]
pub enum Fault {
    /// An error is answered and nothing is carried out.
    Fail {
        /// HTTP status.
        status: u16,
        /// The exception's name.
        code: String,
        /// The text.
        #[serde(default)]
        message: String,
        /// For throttles.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after_seconds: Option<u32>,
        /// Lambda's reason of a throttle.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// The connection is closed before anything is carried out.
    Disconnect,
    /// The request is carried out, but the caller does not get the answer (AWS-61).
    LoseAnswer {
        /// What it gets instead.
        how: Loss,
    },
    /// The request is held before it is carried out, also when the caller goes away meanwhile.
    Delay {
        /// Real time.
        milliseconds: u64,
    },
    /// The request is carried out, and the answer is held.
    DelayAnswer {
        /// Real time.
        milliseconds: u64,
    },
    /// The request is carried out twice; the second answer is given.
    Duplicate,
    /// A read sees the world as it was (AWS-60); writes are not touched.
    Stale {
        /// Simulated time.
        milliseconds: Millis,
    },
}

/// What a caller gets instead of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Loss {
    /// The connection is closed without a byte.
    Close,
    /// Nothing, and the connection stays open until the caller gives up.
    Hang,
    /// The head and half of the body, then the connection is closed.
    Truncate,
    /// 500 without a body that an SDK can read.
    InternalError,
    /// 503 likewise.
    ServiceUnavailable,
    /// 200 with a page of HTML, as from a proxy.
    Html,
}

/// A rule and what it has done so far.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Active {
    /// Given when the rule was made.
    pub id: u64,
    /// The rule.
    #[serde(flatten)]
    pub rule: Rule,
    /// Requests that matched.
    pub seen: u64,
    /// Requests that were hit.
    pub hits: u64,
}

/// All rules, in the order in which they were made.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    rules: Vec<Active>,
    made: u64,
}

impl Matching {
    fn fits(&self, entry: &Entry) -> bool {
        let same = |wanted: &Option<String>, found: &str| wanted.as_ref().is_none_or(|wanted| wanted == found);
        same(&self.service, &entry.service)
            && same(&self.operation, &entry.operation)
            && same(&self.account, &entry.account)
            && same(&self.region, &entry.region)
            && self.write.is_none_or(|write| write == entry.write)
            && self.user_agent.as_ref().is_none_or(|part| entry.user_agent.contains(part.as_str()))
            && self
                .parameters
                .iter()
                .all(|(name, value)| entry.parameters.get(name) == Some(value))
    }
}

impl Faults {
    /// Adds a rule; the answer is its id.
    pub fn add(&mut self, rule: Rule) -> u64 {
        self.made += 1;
        self.rules.push(Active {
            id: self.made,
            rule,
            seen: 0,
            hits: 0,
        });
        self.made
    }

    /// Removes a rule; false when there is none of that id.
    pub fn remove(&mut self, id: u64) -> bool {
        let before = self.rules.len();
        self.rules.retain(|active| active.id != id);
        self.rules.len() < before
    }

    /// Removes all rules.
    pub fn clear(&mut self) {
        self.rules.clear();
    }

    /// All rules, spent ones included.
    pub fn all(&self) -> &[Active] {
        &self.rules
    }

    /// The fault that hits this request and the id of its rule: the first rule in order that fits and is due. Every rule that fits counts it as seen.
    pub fn hit(&mut self, entry: &Entry) -> Option<(u64, Fault)> {
        let mut hit = None;
        for active in self.rules.iter_mut().filter(|active| active.rule.matching.fits(entry)) {
            active.seen += 1;
            let due = active.seen > active.rule.skip && active.rule.times.is_none_or(|times| active.hits < times);
            if due && hit.is_none() {
                active.hits += 1;
                hit = Some((active.id, active.rule.fault.clone()));
            }
        }
        hit
    }

    /// How far back reads may have to see, in simulated time.
    pub fn oldest_read(&self) -> Option<Millis> {
        let stale = |active: &Active| match active.rule.fault {
            Fault::Stale { milliseconds } => Some(milliseconds),
            _ => None,
        };
        self.rules.iter().filter_map(stale).max()
    }
}

impl Rule {
    /// A fault for every request of one operation.
    pub fn on(operation: &str, fault: Fault) -> Self {
        Self {
            matching: Matching {
                operation: Some(operation.into()),
                ..Matching::default()
            },
            skip: 0,
            times: None,
            fault,
        }
    }

    /// The same for the first `times` requests only.
    #[must_use]
    pub fn times(self, times: u64) -> Self {
        Self {
            times: Some(times),
            ..self
        }
    }

    /// The same after `skip` requests have passed.
    #[must_use]
    pub fn after(self, skip: u64) -> Self {
        Self { skip, ..self }
    }
}

impl Fault {
    /// An error before anything is carried out.
    pub fn fail(error: AwsError) -> Self {
        Self::Fail {
            status: error.status,
            code: error.code,
            message: error.message,
            retry_after_seconds: error.retry_after,
            reason: error.reason,
        }
    }

    /// For the ledger.
    pub fn name(&self) -> String {
        match self {
            Self::Fail { status, code, .. } => format!("Fail {status} {code}"),
            Self::Disconnect => "Disconnect".into(),
            Self::LoseAnswer { how } => format!("LoseAnswer {how:?}"),
            Self::Delay { milliseconds } => format!("Delay {milliseconds} ms"),
            Self::DelayAnswer { milliseconds } => format!("DelayAnswer {milliseconds} ms"),
            Self::Duplicate => "Duplicate".into(),
            Self::Stale { milliseconds } => format!("Stale {milliseconds} ms"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(operation: &str, function: &str) -> Entry {
        let parameters = [("function".to_owned(), function.to_owned())].into();
        Entry {
            operation: operation.into(),
            service: "lambda".into(),
            write: true,
            user_agent: "warmlambda/0.1 pod/7".into(),
            parameters,
            ..Entry::default()
        }
    }

    #[test]
    fn a_rule_hits_after_its_skip_and_as_often_as_it_says() {
        let mut faults = Faults::default();
        let id = faults.add(Rule::on("UpdateAlias", Fault::Disconnect).after(1).times(2));
        let hits: Vec<bool> = (0..5).map(|_| faults.hit(&entry("UpdateAlias", "f")).is_some()).collect();
        assert_eq!(hits, [false, true, true, false, false]);
        assert_eq!((faults.all()[0].seen, faults.all()[0].hits, faults.all()[0].id), (5, 2, id));
    }

    #[test]
    fn every_member_of_a_match_must_fit() {
        let mut faults = Faults::default();
        let matching = Matching {
            service: Some("lambda".into()),
            write: Some(true),
            user_agent: Some("pod/7".into()),
            parameters: [("function".to_owned(), "f".to_owned())].into(),
            ..Matching::default()
        };
        faults.add(Rule {
            matching,
            skip: 0,
            times: None,
            fault: Fault::Duplicate,
        });
        assert!(faults.hit(&entry("PublishVersion", "f")).is_some());
        assert!(faults.hit(&entry("PublishVersion", "g")).is_none());
        assert!(
            faults
                .hit(&Entry {
                    user_agent: "pod/8".into(),
                    ..entry("PublishVersion", "f")
                })
                .is_none()
        );
        assert!(
            faults
                .hit(&Entry {
                    write: false,
                    ..entry("PublishVersion", "f")
                })
                .is_none()
        );
    }

    #[test]
    fn the_first_rule_wins_and_the_next_takes_over_when_it_is_spent() {
        let mut faults = Faults::default();
        faults.add(Rule::on("GetAlias", Fault::Disconnect).times(1));
        faults.add(Rule::on("GetAlias", Fault::Duplicate));
        let hits: Vec<_> = (0..2).filter_map(|_| faults.hit(&entry("GetAlias", "f"))).collect();
        assert_eq!(hits, [(1, Fault::Disconnect), (2, Fault::Duplicate)]);
    }

    #[test]
    fn rules_are_written_as_people_write_them() {
        let text = "match: {operation: UpdateAlias}\ntimes: 1\nfault: {kind: LoseAnswer, how: Close}\n";
        let rule: Rule = serde_saphyr::from_str(text).unwrap();
        assert_eq!(rule, Rule::on("UpdateAlias", Fault::LoseAnswer { how: Loss::Close }).times(1));
        assert!(serde_saphyr::from_str::<Rule>("match: {operaton: UpdateAlias}\nfault: {kind: Duplicate}\n").is_err());
    }
}
