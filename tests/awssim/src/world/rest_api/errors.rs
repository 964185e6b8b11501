//! The refusals of API Gateway in its own words.

use crate::world::AwsError;

pub(super) use crate::world::gateway::errors::{bad_request, conflict, no_stage, not_found};

/// Unknown resource, and unknown API in every operation below a resource (recorded).
pub(super) fn no_resource() -> AwsError {
    not_found("Invalid Resource identifier specified")
}

/// Unknown method of a resource (recorded).
pub(super) fn no_method() -> AwsError {
    not_found("Invalid Method identifier specified")
}

/// A method without an integration (recorded).
pub(super) fn no_integration() -> AwsError {
    not_found("Invalid Integration identifier specified")
}

/// Unknown status code of a method or an integration (recorded).
pub(super) fn no_response() -> AwsError {
    not_found("Invalid Response status code specified")
}

/// A deployment that a stage shall point to but that is not there (recorded).
pub(super) fn no_such_deployment() -> AwsError {
    bad_request("Deployment id does not exist")
}

/// 400 `ValidationException` with one violated constraint, in the words of the service's front end (recorded).
pub(super) fn constraint(value: &str, at: &str, rule: &str) -> AwsError {
    constraints(&[violated(value, at, rule)])
}

/// One violated constraint, for [`constraints`].
pub(super) fn violated(value: &str, at: &str, rule: &str) -> String {
    format!("Value '{value}' at '{at}' failed to satisfy constraint: Member must satisfy {rule}")
}

/// 400 `ValidationException` that lists all violated constraints.
pub(super) fn constraints(violations: &[String]) -> AwsError {
    let (count, noun) = (violations.len(), if violations.len() == 1 { "error" } else { "errors" });
    AwsError::new(
        400,
        "ValidationException",
        format!("{count} validation {noun} detected: {}", violations.join("; ")),
    )
}
