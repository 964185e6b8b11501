//! An error as AWS answers it.

use thiserror::Error;

/// Status, code, text and the few extra fields that callers read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{status} {code}: {message}")]
pub struct AwsError {
    /// HTTP status.
    pub status: u16,
    /// The exception's name, for instance `ResourceNotFoundException`.
    pub code: String,
    /// The text, as AWS words it.
    pub message: String,
    /// Seconds after which the caller may try again; throttles only.
    pub retry_after: Option<u32>,
    /// Lambda's `Reason` on throttles, for instance `CallerRateLimitExceeded`.
    pub reason: Option<String>,
}

impl AwsError {
    /// An error without extra fields.
    pub fn new(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self {
            status,
            code: code.into(),
            message: message.into(),
            retry_after: None,
            reason: None,
        }
    }
}
