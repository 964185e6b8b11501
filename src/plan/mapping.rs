//! Event source mappings as data: what one reads, what it calls, and who changed it last.

use super::arn::FunctionRef;
use super::desired::Source;
use super::observed::{Mapping, MappingState};

impl Source {
    /// Whether a mapping reads from it. A topic that is not named is any topic.
    pub fn is_read_by(&self, mapping: &Mapping) -> bool {
        let has_topic = |topic: &Option<String>| topic.as_ref().is_none_or(|topic| mapping.topics.contains(topic));
        match self {
            Self::Arn { arn, topic } => mapping.source_arn.as_ref() == Some(arn) && has_topic(topic),
            Self::Uuid(_) => false,
            Self::SelfManagedKafka { bootstrap_servers, topic } => mapping.bootstrap_servers == *bootstrap_servers && has_topic(topic),
        }
    }
}

impl Mapping {
    /// Whether two mappings read the same records.
    pub fn reads_the_same(&self, other: &Self) -> bool {
        let same_source = self.source_arn == other.source_arn && self.bootstrap_servers == other.bootstrap_servers;
        same_source && (self.topics == other.topics || self.topics.iter().any(|topic| other.topics.contains(topic)))
    }

    /// The function that it calls; `None` when AWS's answer names none.
    pub fn function(&self) -> Option<FunctionRef> {
        FunctionRef::parse(&self.function_arn)
    }

    /// The function that it calls, for people.
    pub fn called(&self) -> String {
        self.function().map_or_else(|| self.function_arn.clone(), |f| f.describe())
    }

    /// Its source, for people.
    pub fn source_name(&self) -> String {
        match &self.source_arn {
            Some(arn) => arn.clone(),
            None => format!("Kafka at {}", self.bootstrap_servers.join(",")),
        }
    }

    /// Whether the last change was a person's; in doubt it was. Source: AWS-81, AWS-94.
    pub fn is_disabled_by_a_person(&self) -> bool {
        self.state_reason.is_empty() || self.state_reason.to_lowercase().starts_with("user")
    }
}

impl MappingState {
    /// As AWS writes it.
    pub fn word(&self) -> &str {
        match self {
            Self::Enabled => "Enabled",
            Self::Disabled => "Disabled",
            Self::Changing(word) => word,
        }
    }

    /// Whether AWS writes it so.
    pub fn is(&self, word: &str) -> bool {
        self.word() == word
    }
}
