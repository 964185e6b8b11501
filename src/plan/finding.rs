//! What keeps a link of the chain from being as desired when no write can mend it now: reason and message of the condition
//! come from here, there is no second mapping.

use crate::api::Reason;

/// A link of the chain, in the order in which it is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Link {
    /// Function, version and alias.
    Alias,
    /// Warm capacity of the alias.
    Capacity,
    /// Who may call the alias.
    Permission,
    /// Who does call it.
    Trigger,
}

/// Who can end it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ends {
    /// AWS, by itself, within minutes.
    ByItself,
    /// An earlier link of the chain: whatever ends that, ends this.
    ByEarlierLink,
    /// Another tool at work: looked at slowly, and not an error.
    ByOthers,
    /// Another controller that may still deliver what is missing; a person after the grace period.
    ByDelivery,
    /// A person.
    ByPerson,
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Where the chain breaks.
    pub link: Link,
    /// Who can end it.
    pub ends: Ends,
    /// For one line.
    pub reason: Reason,
    /// Fact, place and next step, in a sentence without a full stop.
    pub message: String,
}

impl Finding {
    /// A finding.
    pub fn new(link: Link, ends: Ends, reason: Reason, message: impl Into<String>) -> Self {
        Self {
            link,
            ends,
            reason,
            message: message.into(),
        }
    }
}
