//! What AWS says about the work of an event source mapping, in its own texts, and what that means to a person.

use super::finding::Ends;
use super::source_kind::SourceKind;
use crate::api::Reason;

/// What keeps Lambda from reading a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceProblem {
    /// The execution role may not read it. Source: AWS-92.
    AccessDenied,
    /// Lambda may not assume the execution role. Source: AWS-92.
    RoleNotAssumable,
    /// It does not exist. Source: AWS-91, AWS-94.
    NotFound,
}

/// What AWS says about a mapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// Lambda cannot read the source.
    Source(SourceProblem),
    /// The function fails, or cannot be called.
    Function,
    /// Some other problem.
    Other,
}

/// Parts of AWS's texts in small letters, the first that is found counts. AWS documents the words of refusals and of reasons; those of
/// `LastProcessingResult` are known from reports only. Source: AWS-91, AWS-92, AWS-93, AWS-94.
const TEXTS: &[(&str, Said)] = &[
    ("function call failed", Said::Function),
    ("function not found", Said::Function),
    ("function does not exist", Said::Function),
    ("function_", Said::Function),
    ("assume", Said::Source(SourceProblem::RoleNotAssumable)),
    ("ensure the role can perform", Said::Source(SourceProblem::AccessDenied)),
    ("permission", Said::Source(SourceProblem::AccessDenied)),
    ("authoriz", Said::Source(SourceProblem::AccessDenied)),
    ("authz", Said::Source(SourceProblem::AccessDenied)),
    ("access denied", Said::Source(SourceProblem::AccessDenied)),
    ("accessdenied", Said::Source(SourceProblem::AccessDenied)),
    ("not found", Said::Source(SourceProblem::NotFound)),
    ("not_found", Said::Source(SourceProblem::NotFound)),
    ("does not exist", Said::Source(SourceProblem::NotFound)),
    ("nonexistentqueue", Said::Source(SourceProblem::NotFound)),
];

/// What a text of AWS says, when it says that something is wrong.
pub fn meaning(text: &str) -> Said {
    let text = text.to_lowercase();
    let known = TEXTS.iter().find(|(words, _)| text.contains(words));
    known.map_or(Said::Other, |(_, said)| *said)
}

/// What a `LastProcessingResult` says; `None` when nothing is wrong. Source: AWS-93.
pub fn of_result(text: &str) -> Option<Said> {
    text.starts_with("PROBLEM").then(|| meaning(text))
}

/// A source that cannot be read: who can end it, the reason, and a sentence with the next step. `role` is the ARN of the execution
/// role, as far as it is known; `said` is AWS's text.
pub fn sentence(problem: SourceProblem, kind: SourceKind, source: &str, role: Option<&str>, said: &str) -> (Ends, Reason, String) {
    let role = role.filter(|r| !r.is_empty()).map_or_else(
        || "the execution role of the function".to_owned(),
        |arn| format!("the function's execution role {arn}"),
    );
    let word = kind.word();
    let (reason, text) = match problem {
        SourceProblem::AccessDenied => {
            let key = if kind.is_kafka() {
                ""
            } else {
                ", and kms:Decrypt on the key when it is encrypted with one of yours"
            };
            let text = format!("Lambda may not read {word} {source}: allow {role} {}{key}", kind.role_actions());
            (Reason::SourceAccessDenied, text)
        }
        SourceProblem::RoleNotAssumable => {
            let text = format!("Lambda cannot assume {role}: its trust policy has to allow sts:AssumeRole for lambda.amazonaws.com");
            (Reason::RoleNotAssumable, text)
        }
        SourceProblem::NotFound => {
            let stream = if kind == SourceKind::DynamoDb {
                " (a table whose stream was switched off and on has a stream with another ARN)"
            } else {
                ""
            };
            let text = format!("{word} {source} does not exist{stream}: make it again, or correct the trigger");
            (Reason::SourceNotFound, text)
        }
    };
    // Another controller may be about to make the source or the role, and IAM takes a while to know it everywhere.
    (Ends::ByDelivery, reason, format!("{text}; AWS says: {said}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_stream_of_a_table_may_have_been_switched_off_and_on() {
        for (kind, told) in [(SourceKind::DynamoDb, true), (SourceKind::Kinesis, false)] {
            let (.., text) = sentence(SourceProblem::NotFound, kind, "s", None, "no");
            assert_eq!(text.contains("switched off and on"), told, "{text}");
        }
    }

    #[test]
    fn the_known_texts_have_their_meaning() {
        let source = |problem| Said::Source(problem);
        for (text, said) in [
            ("PROBLEM: Function call failed", Said::Function),
            ("FUNCTION_CONFIG_NOT_VALID", Said::Function),
            (
                "The role defined for the function cannot be assumed by Lambda.",
                source(SourceProblem::RoleNotAssumable),
            ),
            (
                "PROBLEM: Lambda failed to assume your function execution role.",
                source(SourceProblem::RoleNotAssumable),
            ),
            (
                "The function execution role does not have permissions to call ReceiveMessage on SQS",
                source(SourceProblem::AccessDenied),
            ),
            (
                "Cannot access stream s. Please ensure the role can perform the GetRecords Actions on your stream in IAM.",
                source(SourceProblem::AccessDenied),
            ),
            ("EVENT_SOURCE_AUTHZ_ERROR", source(SourceProblem::AccessDenied)),
            ("AUTHORIZATION_ERROR", source(SourceProblem::AccessDenied)),
            ("PROBLEM: Cluster failed to authorize Lambda.", source(SourceProblem::AccessDenied)),
            ("Stream not found: arn:aws:kinesis:r:1:stream/s", source(SourceProblem::NotFound)),
            ("RESOURCE_NOT_FOUND", source(SourceProblem::NotFound)),
            (
                "PROBLEM: internal Lambda error. Please contact Lambda customer support.",
                Said::Other,
            ),
        ] {
            assert_eq!(meaning(text), said, "{text}");
        }
    }

    #[test]
    fn a_result_without_a_problem_says_nothing() {
        for text in ["", "OK", "No records processed"] {
            assert_eq!(of_result(text), None, "{text}");
        }
        assert_eq!(of_result("PROBLEM: Function call failed"), Some(Said::Function));
    }

    #[test]
    fn a_denied_source_names_the_actions_of_its_kind_and_the_role() {
        let role = Some("arn:aws:iam::1:role/fir");
        for (kind, action) in [
            (SourceKind::DynamoDb, "dynamodb:GetRecords"),
            (SourceKind::Kinesis, "kinesis:GetShardIterator"),
            (SourceKind::Sqs, "sqs:ReceiveMessage"),
            (SourceKind::Msk, "kafka:GetBootstrapBrokers"),
        ] {
            let (_, reason, text) = sentence(SourceProblem::AccessDenied, kind, "s", role, "no");
            assert_eq!(reason, Reason::SourceAccessDenied);
            assert!(text.contains(action) && text.contains("arn:aws:iam::1:role/fir"), "{text}");
        }
    }
}
