//! What went wrong with a call, as data: the pure part decides by the class, people read the text.

use std::fmt;
use std::time::Duration;

use super::source_problem::SourceProblem;

/// What to do about an error of AWS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Class {
    /// The thing does not exist.
    NotFound,
    /// Too many calls; the pool pauses for the time AWS gave, if it gave one.
    Throttled(Option<Duration>),
    /// Somebody else changes the same thing now, or the thing exists already: read again.
    Conflict,
    /// The revision that was sent is not the current one: read again.
    Precondition,
    /// AWS's fault, or the network's: try again.
    Transient,
    /// A 4xx whose text says that AWS is busy with an earlier change: wait.
    Waiting,
    /// Not allowed; the action that is missing.
    Denied(String),
    /// No valid credentials.
    Credentials,
    /// The request is wrong, and will be until somebody changes something.
    Invalid,
    /// A limit of the account or the resource.
    Quota,
    /// Lambda cannot read the source that an event source mapping is for.
    Source(SourceProblem),
}

/// Whether a write that failed may have been carried out. Source: AWS-61.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// AWS refused it before doing anything, or it was never sent.
    NotApplied,
    /// Nobody knows: no answer, a broken one, or a 5xx. Only a new observation tells.
    Unknown,
}

/// A call that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What to do about it.
    pub class: Class,
    /// Whether it may have been carried out all the same; `NotApplied` for reads.
    pub effect: Effect,
    /// The call, for instance `lambda:UpdateAlias`.
    pub operation: &'static str,
    /// What it was about, for instance `fir-api:live`.
    pub resource: String,
    /// AWS's error code, for instance `ResourceConflictException`; for no answer `Timeout` or `NoAnswer`.
    pub code: String,
    /// AWS's text, fit for status: no secrets, at most some hundred characters.
    pub message: String,
    /// AWS's id of the request, for its support.
    pub request_id: Option<String>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} on {}: {}: {}", self.operation, self.resource, self.code, self.message)
    }
}

impl std::error::Error for Failure {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_reads_as_call_place_code_and_text() {
        let failure = Failure {
            class: Class::Conflict,
            effect: Effect::NotApplied,
            operation: "lambda:UpdateAlias",
            resource: "fir-api:live".into(),
            code: "ResourceConflictException".into(),
            message: "busy".into(),
            request_id: None,
        };
        assert_eq!(
            failure.to_string(),
            "lambda:UpdateAlias on fir-api:live: ResourceConflictException: busy"
        );
    }
}
