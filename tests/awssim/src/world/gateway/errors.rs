//! Refusals that both kinds of API word alike.

use crate::world::AwsError;

/// 404 `NotFoundException`.
pub(in crate::world) fn not_found(message: impl Into<String>) -> AwsError {
    AwsError::new(404, "NotFoundException", message)
}

/// 400 `BadRequestException`.
pub(in crate::world) fn bad_request(message: impl Into<String>) -> AwsError {
    AwsError::new(400, "BadRequestException", message)
}

/// 409 `ConflictException`.
pub(in crate::world) fn conflict(message: impl Into<String>) -> AwsError {
    AwsError::new(409, "ConflictException", message)
}

/// Unknown API (recorded).
pub(in crate::world) fn no_api(account: &str, api_id: &str) -> AwsError {
    not_found(format!("Invalid API identifier specified {account}:{api_id}"))
}

/// Unknown stage (recorded).
pub(in crate::world) fn no_stage() -> AwsError {
    not_found("Invalid stage identifier specified")
}

/// A deployment that cannot be deleted (AWS-73, AWS-106).
pub(in crate::world) fn active_deployment() -> AwsError {
    bad_request("Active stages pointing to this deployment must be moved or deleted")
}
