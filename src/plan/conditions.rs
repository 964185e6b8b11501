//! The list of conditions: kept in kstatus' order, with transition times that move only with the status.

use std::time::Duration;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use k8s_openapi::jiff::Timestamp;

use super::assess::Moment;
use crate::api::{ConditionType, Reason};

/// Conditions of one verdict, put together from the previous ones.
#[derive(Clone, Debug)]
pub struct Conditions<'a> {
    previous: &'a [Condition],
    moment: Moment,
    set: Vec<Condition>,
}

impl<'a> Conditions<'a> {
    /// None yet; transition times are taken over from `previous`.
    pub fn new(previous: &'a [Condition], moment: Moment) -> Self {
        Self {
            previous,
            moment,
            set: Vec::new(),
        }
    }

    /// The instant and patience of the verdict.
    pub fn moment(&self) -> Moment {
        self.moment
    }

    /// Sets a condition. One that is never set is absent: that is how conditions that exist only while True end.
    pub fn set(&mut self, kind: ConditionType, status: Status, reason: Reason, message: impl Into<String>) {
        let before = find(self.previous, kind).filter(|c| c.status == status.as_str());
        let since = before.map(|c| c.last_transition_time.clone());
        self.set.retain(|c| c.type_ != kind.as_str());
        self.set.push(Condition {
            type_: kind.as_str().into(),
            status: status.as_str().into(),
            reason: reason.as_str().into(),
            message: message.into(),
            observed_generation: Some(self.moment.generation),
            last_transition_time: since.unwrap_or(Time(self.moment.now)),
        });
    }

    /// Takes a condition over as it stands in status, when there is nothing new to say. Whether there was one.
    pub fn keep(&mut self, kind: ConditionType) -> bool {
        let Some(before) = find(self.previous, kind) else { return false };
        self.set.retain(|c| c.type_ != kind.as_str());
        self.set.push(Condition {
            observed_generation: Some(self.moment.generation),
            ..before.clone()
        });
        true
    }

    /// Since when a condition that was set here has this status; `None` when it has another one.
    pub fn since(&self, kind: ConditionType, status: Status) -> Option<Timestamp> {
        let condition = find(&self.set, kind).filter(|c| c.status == status.as_str());
        condition.map(|c| c.last_transition_time.0)
    }

    /// How long `Ready` has been False or Unknown; zero when it was True, or absent.
    pub fn not_ready_for(&self) -> Duration {
        let ready = find(self.previous, ConditionType::Ready);
        let since = ready
            .filter(|c| c.status != Status::True.as_str())
            .map(|c| c.last_transition_time.0);
        let seconds = since.map_or(0, |since| self.moment.now.as_second().saturating_sub(since.as_second()));
        Duration::from_secs(u64::try_from(seconds).unwrap_or(0))
    }

    /// All conditions, `Ready` first, in the order of [`ConditionType::ALL`].
    pub fn finish(mut self) -> Vec<Condition> {
        let place = |c: &Condition| ConditionType::ALL.iter().position(|(kind, _)| kind.as_str() == c.type_);
        self.set.sort_by_key(place);
        self.set
    }
}

/// The condition of a type in a list.
pub fn find(conditions: &[Condition], kind: ConditionType) -> Option<&Condition> {
    conditions.iter().find(|c| c.type_ == kind.as_str())
}

/// Status of a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It is so.
    True,
    /// It is not.
    False,
    /// It cannot be said.
    Unknown,
}

impl Status {
    /// As it stands in a condition.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::True => "True",
            Self::False => "False",
            Self::Unknown => "Unknown",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::fixtures::{at, moment};

    fn later() -> Moment {
        Moment {
            generation: 2,
            ..moment(60)
        }
    }

    fn warm() -> Vec<Condition> {
        let mut conditions = Conditions::new(&[], moment(0));
        conditions.set(ConditionType::CapacityReady, Status::True, Reason::Warm, "3 of 3");
        conditions.finish()
    }

    #[test]
    fn what_is_said_or_kept_is_said_of_this_generation_and_its_time_moves_only_with_the_status() {
        type Say = fn(&mut Conditions<'_>);
        let says: [(Say, i64); 3] = [
            (|c| c.set(ConditionType::CapacityReady, Status::True, Reason::Warm, "4 of 4"), 0),
            (
                |c| c.set(ConditionType::CapacityReady, Status::False, Reason::AllocationFailed, "no"),
                60,
            ),
            (|c| assert!(c.keep(ConditionType::CapacityReady)), 0),
        ];
        let before = warm();
        for (say, since) in says {
            let mut conditions = Conditions::new(&before, later());
            say(&mut conditions);
            let now = conditions.finish();
            assert_eq!(now.len(), 1, "{now:?}");
            assert_eq!((now[0].observed_generation, now[0].last_transition_time.0), (Some(2), at(since)));
        }
    }

    #[test]
    fn what_nobody_said_before_cannot_be_kept() {
        let before = warm();
        let mut conditions = Conditions::new(&before, later());
        assert!(!conditions.keep(ConditionType::AliasReady));
        assert_eq!(conditions.finish(), []);
    }
}
