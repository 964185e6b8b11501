//! What no write can mend about the event source mapping of a trigger, in words that name the next step.

use super::desired::{Desired, DesiredEventSource, Source};
use super::event_source::Found;
use super::finding::{Ends, Finding, Link};
use super::observed::{Mapping, Observed};
use super::source_kind::SourceKind;
use super::source_problem::{Said, meaning, of_result, sentence};
use crate::api::Reason;

fn finding(ends: Ends, reason: Reason, message: String) -> Finding {
    Finding::new(Link::Trigger, ends, reason, message)
}

/// The mappings were not asked for.
pub fn unread() -> Finding {
    let text = "the event source mappings were not read yet".to_owned();
    finding(Ends::ByItself, Reason::MappingChanging, text)
}

/// The trigger names a mapping that does not exist.
pub fn no_such_mapping(desired: &Desired, trigger: &DesiredEventSource, uuid: &str) -> Finding {
    let text = format!(
        "event source mapping {uuid} does not exist in {}: correct spec.triggers[{}].eventSource.uuid, or name the source by arn",
        desired.site.region, trigger.trigger
    );
    finding(Ends::ByPerson, Reason::MappingNotFound, text)
}

/// The trigger names a mapping of another function: it is not ours to move.
pub fn foreign(desired: &Desired, trigger: &DesiredEventSource, uuid: &str, mapping: &Mapping) -> Finding {
    let text = format!(
        "event source mapping {uuid} is of {}, not of function {}, and is left alone: correct spec.triggers[{}].eventSource.uuid",
        mapping.called(),
        desired.function,
        trigger.trigger
    );
    finding(Ends::ByPerson, Reason::InvalidSpec, text)
}

/// The source has no mapping, and the spec does not say how to make one.
pub fn no_mapping(desired: &Desired, trigger: &DesiredEventSource) -> Finding {
    let kind = trigger.source.kind();
    let block = match kind {
        SourceKind::Other => String::new(),
        _ => format!(
            ", or let the operator make it: spec.triggers[{}].eventSource.create: {}",
            trigger.trigger,
            if needs_position(kind) {
                "{startingPosition: TrimHorizon}"
            } else {
                "{}"
            }
        ),
    };
    let text = format!(
        "{} has no event source mapping on function {}: make it by `{}`{block}",
        trigger.source.name(),
        desired.function,
        create_command(desired, &trigger.source)
    );
    finding(Ends::ByDelivery, Reason::MappingNotFound, text)
}

fn needs_position(kind: SourceKind) -> bool {
    kind.is_stream() || kind.is_kafka()
}

fn create_command(desired: &Desired, source: &Source) -> String {
    let mut command = format!(
        "aws lambda create-event-source-mapping --region {} --function-name {}",
        desired.site.region,
        desired.alias_arn()
    );
    let topic = match source {
        Source::Arn { arn, topic } => {
            command.push_str(&format!(" --event-source-arn {arn}"));
            topic
        }
        Source::SelfManagedKafka { bootstrap_servers, topic } => {
            let servers: Vec<_> = bootstrap_servers.iter().map(|server| format!("\"{server}\"")).collect();
            command.push_str(&format!(
                " --self-managed-event-source '{{\"Endpoints\":{{\"KAFKA_BOOTSTRAP_SERVERS\":[{}]}}}}' --source-access-configurations \
                 Type=TYPE,URI=URI",
                servers.join(",")
            ));
            topic
        }
        Source::Uuid(_) => &None,
    };
    if source.kind().is_kafka() {
        command.push_str(&format!(" --topics {}", topic.as_deref().unwrap_or("TOPIC")));
    }
    if needs_position(source.kind()) {
        command.push_str(" --starting-position TRIM_HORIZON");
    }
    command
}

/// Several mappings hand records of the source to the function. None of them is touched: which one is wanted, only a person knows.
pub fn several(desired: &Desired, trigger: &DesiredEventSource, found: &[Found<'_>]) -> Finding {
    let name = trigger.source.name();
    let each: Vec<_> = found
        .iter()
        .map(|(uuid, mapping)| format!("{uuid} to {} ({})", mapping.called(), mapping.state.word()))
        .collect();
    let (count, each) = (found.len(), each.join(", "));
    let same = found
        .iter()
        .zip(found.iter().skip(1))
        .any(|((_, one), (_, next))| one.reads_the_same(next));
    if !same {
        let text = format!(
            "{name} has {count} event source mappings for different topics on function {}: {each}; name one of the topics in \
             spec.triggers[{}].eventSource.topic",
            desired.function, trigger.trigger
        );
        return finding(Ends::ByPerson, Reason::InvalidSpec, text);
    }
    let kind = found.first().map_or(SourceKind::Other, |(_, mapping)| mapping.kind());
    let effect = if kind == SourceKind::Sqs {
        "its messages are divided among those that are enabled"
    } else {
        "each record is processed once for each that is enabled"
    };
    let region = &desired.site.region;
    let text = format!(
        "{name} has {count} event source mappings on function {}: {each}; {effect}. None of them is touched: delete what is not wanted by \
         `aws lambda delete-event-source-mapping --region {region} --uuid UUID`, then the one that is left is moved to the alias",
        desired.function
    );
    finding(Ends::ByPerson, Reason::DuplicateMappings, text)
}

/// AWS is at work on the mapping.
pub fn changing(uuid: &str, mapping: &Mapping) -> Finding {
    let text = format!(
        "event source mapping {uuid} of {} to {} is {}: AWS is awaited",
        mapping.source_name(),
        mapping.called(),
        mapping.state.word()
    );
    finding(Ends::ByItself, Reason::MappingChanging, text)
}

/// Somebody paused the mapping: that is theirs to end.
pub fn disabled(desired: &Desired, uuid: &str, mapping: &Mapping) -> Finding {
    let text = format!(
        "event source mapping {uuid} of {} was disabled by somebody and stays so; its place is kept, but records older than the source keeps \
         them are lost: enable it by `aws lambda update-event-source-mapping --region {} --uuid {uuid} --enabled`",
        mapping.source_name(),
        desired.site.region
    );
    finding(Ends::ByOthers, Reason::MappingDisabled, text)
}

/// Lambda gave the mapping up.
pub fn disabled_by_lambda(desired: &Desired, observed: &Observed, uuid: &str, mapping: &Mapping) -> Finding {
    let said = match of_result(&mapping.last_result) {
        Some(_) if !mapping.state_reason.contains(' ') => format!("{} ({})", mapping.state_reason, mapping.last_result),
        _ => mapping.state_reason.clone(),
    };
    let cause = match meaning(&said) {
        Said::Source(problem) => sentence(problem, mapping.kind(), &mapping.source_name(), role(observed), &said).2,
        Said::Function => format!("{} cannot be called; AWS says: {said}", mapping.called()),
        Said::Other => format!("AWS says: {said}"),
    };
    let text = format!(
        "Lambda disabled event source mapping {uuid} of {}: {cause}. Once that is mended, enable it by `aws lambda \
         update-event-source-mapping --region {} --uuid {uuid} --function-name {} --enabled`",
        mapping.source_name(),
        desired.site.region,
        desired.alias_arn()
    );
    finding(Ends::ByPerson, Reason::MappingDisabledByLambda, text)
}

/// The mapping is enabled, and Lambda cannot read its source; `None` when it can.
pub fn unreadable_source(observed: &Observed, mapping: &Mapping) -> Option<Finding> {
    let Said::Source(problem) = of_result(&mapping.last_result)? else {
        return None;
    };
    let (ends, reason, text) = sentence(
        problem,
        mapping.kind(),
        &mapping.source_name(),
        role(observed),
        &mapping.last_result,
    );
    Some(finding(ends, reason, text))
}

fn role(observed: &Observed) -> Option<&str> {
    observed.function.as_ref().map(|f| f.role.as_str())
}

impl Source {
    /// For people: the ARN, or what else names it.
    pub fn name(&self) -> String {
        let of = |topic: &Option<String>| topic.as_ref().map_or_else(String::new, |topic| format!("topic {topic} of "));
        match self {
            Self::Arn { arn, topic } => format!("{}{arn}", of(topic)),
            Self::Uuid(uuid) => format!("event source mapping {uuid}"),
            Self::SelfManagedKafka { bootstrap_servers, topic } => format!("{}Kafka at {}", of(topic), bootstrap_servers.join(",")),
        }
    }

    /// What kind of source it is; of a UUID that cannot be told.
    pub fn kind(&self) -> SourceKind {
        match self {
            Self::Arn { arn, .. } => SourceKind::of_arn(arn),
            Self::Uuid(_) => SourceKind::Other,
            Self::SelfManagedKafka { .. } => SourceKind::SelfManagedKafka,
        }
    }
}

impl Mapping {
    /// What kind of source it reads.
    pub fn kind(&self) -> SourceKind {
        self.source_arn.as_deref().map_or(SourceKind::SelfManagedKafka, SourceKind::of_arn)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::fixtures::{ORDERS, mapping, orders, orders_by, quiet};
    use serde_json::json;

    fn block(source: serde_json::Value) -> String {
        let desired = orders_by(source);
        no_mapping(&desired, &desired.event_sources[0]).message
    }

    #[test]
    fn who_has_no_mapping_is_told_how_the_operator_would_make_it_if_it_can() {
        assert!(
            block(json!({"arn": "arn:aws:kinesis:eu-west-1:111122223333:stream/orders"}))
                .contains("create: {startingPosition: TrimHorizon}")
        );
        assert!(block(json!({"arn": "arn:aws:sqs:eu-west-1:111122223333:orders"})).contains("create: {}"));
        assert!(!block(json!({"arn": "arn:aws:mq:eu-west-1:111122223333:broker:b"})).contains("create:"));
    }

    #[test]
    fn why_lambda_disabled_a_mapping_is_told_with_its_last_result_when_the_reason_is_a_mere_word() {
        let said = |reason: &str, result: &str| {
            let mut disabled = mapping(":live");
            (disabled.state_reason, disabled.last_result) = (reason.into(), result.into());
            disabled_by_lambda(&orders(), &quiet(), ORDERS, &disabled).message
        };
        let denied = "PROBLEM: Cannot access stream s. Please ensure the role can perform the GetRecords Actions on your stream in IAM.";
        assert!(
            said("LambdaDisabled", denied).contains("LambdaDisabled (PROBLEM: Cannot access stream"),
            "{}",
            said("LambdaDisabled", denied)
        );
        let spoken = said("Lambda gave it up for a reason", denied);
        assert!(
            spoken.contains("Lambda gave it up for a reason") && !spoken.contains("PROBLEM"),
            "{spoken}"
        );
        assert!(!said("LambdaDisabled", "OK").contains("(OK)"));
    }
}
