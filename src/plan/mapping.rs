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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::fixtures::{STREAM, mapping, mapping_of};

    fn kafka(brokers: &[&str], topics: &[&str]) -> Mapping {
        let texts = |list: &[&str]| list.iter().map(ToString::to_string).collect();
        Mapping {
            source_arn: None,
            bootstrap_servers: texts(brokers),
            topics: texts(topics),
            ..mapping(":live")
        }
    }

    #[test]
    fn a_source_is_read_by_the_mappings_of_its_arn_and_topic() {
        let source = |topic: Option<&str>| Source::Arn {
            arn: STREAM.into(),
            topic: topic.map(str::to_owned),
        };
        assert!(source(None).is_read_by(&mapping("")));
        assert!(!source(Some("t")).is_read_by(&mapping("")), "the topic is another one");
        let other = mapping_of("arn:aws:kinesis:eu-west-1:1:stream/other", &mapping("").function_arn);
        assert!(!source(None).is_read_by(&other));
        assert!(!Source::Uuid("u".into()).is_read_by(&mapping("")));
    }

    #[test]
    fn brokers_are_read_by_the_mappings_of_all_of_them_and_the_topic() {
        let source = Source::SelfManagedKafka {
            bootstrap_servers: vec!["a:1".into(), "b:1".into()],
            topic: Some("t".into()),
        };
        assert!(source.is_read_by(&kafka(&["a:1", "b:1"], &["t"])));
        assert!(!source.is_read_by(&kafka(&["a:1"], &["t"])));
        assert!(!source.is_read_by(&kafka(&["a:1", "b:1"], &["other"])));
    }

    #[test]
    fn two_mappings_read_the_same_when_source_and_a_topic_are_the_same() {
        assert!(mapping("").reads_the_same(&mapping(":live")));
        let other = mapping_of("arn:aws:kinesis:eu-west-1:1:stream/other", &mapping("").function_arn);
        assert!(!mapping("").reads_the_same(&other));
        assert!(kafka(&["a"], &["t", "u"]).reads_the_same(&kafka(&["a"], &["u"])));
        assert!(!kafka(&["a"], &["t"]).reads_the_same(&kafka(&["a"], &["u"])));
        assert!(!kafka(&["a"], &["t"]).reads_the_same(&kafka(&["b"], &["t"])));
    }

    #[test]
    fn who_disabled_a_mapping_is_a_person_unless_aws_says_otherwise() {
        for (reason, person) in [
            ("", true),
            ("User action", true),
            ("USER_INITIATED", true),
            ("Lambda disabled it", false),
        ] {
            let disabled = Mapping {
                state_reason: reason.into(),
                ..mapping("")
            };
            assert_eq!(disabled.is_disabled_by_a_person(), person, "{reason}");
        }
    }

    #[test]
    fn people_read_a_source_and_a_function_by_their_names() {
        assert_eq!(mapping(":live").called(), "fir-api:live");
        assert_eq!(mapping_of(STREAM, "no arn").called(), "no arn");
        assert_eq!(mapping("").source_name(), STREAM);
        assert_eq!(kafka(&["a:1", "b:1"], &[]).source_name(), "Kafka at a:1,b:1");
    }
}
