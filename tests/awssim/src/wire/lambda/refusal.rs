//! Errors, with the members that AWS's own have.

use serde_json::{Map, Value, json};

use crate::wire::Response;
use crate::world::AwsError;

/// Texts of errors that come from a layer of Lambda which does not say `Type`; as recorded.
const WITHOUT_TYPE: &[&str] = &[
    "$LATEST is not supported for an alias pointing to more than 1 version",
    "Specified ConcurrentExecutions for function",
    "Specified ReservedConcurrentExecutions for function",
    " ReservedConcurrentExecutions ",
];

/// An error as a response: `x-amzn-errortype`, `Message` or `message`, `Type`, and on throttles `Reason` and `Retry-After`.
pub fn response(error: &AwsError) -> Response {
    let mut body = Map::new();
    let member = if ["ResourceNotFoundException", "ResourceInUseException"].contains(&error.code.as_str()) {
        "Message"
    } else {
        "message"
    };
    body.insert(member.into(), json!(error.message));
    let typed = error.code != "ValidationException" && !WITHOUT_TYPE.iter().any(|text| error.message.starts_with(text));
    if typed {
        body.insert("Type".into(), json!("User"));
    }
    if let Some(reason) = &error.reason {
        body.insert("Reason".into(), json!(reason));
    }
    let response = Response::json(error.status, &Value::Object(body)).with("x-amzn-errortype", &error.code);
    match error.retry_after {
        Some(seconds) => response.with("retry-after", &seconds.to_string()),
        None => response,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(response: &Response) -> Value {
        serde_json::from_slice(&response.body).unwrap()
    }

    #[test]
    fn a_throttle_says_why_and_when_to_come_back() {
        let error = AwsError::new(429, "TooManyRequestsException", "Rate Exceeded.");
        let error = AwsError {
            retry_after: Some(1),
            reason: Some("CallerRateLimitExceeded".into()),
            ..error
        };
        let response = response(&error);
        let headers = (response.header("x-amzn-errortype"), response.header("retry-after"));
        assert_eq!(headers, (Some("TooManyRequestsException"), Some("1")), "AWS-54");
        assert_eq!(
            body(&response),
            json!({"message": "Rate Exceeded.", "Type": "User", "Reason": "CallerRateLimitExceeded"}),
            "AWS-54"
        );
    }

    #[test]
    fn what_is_not_found_writes_its_message_with_a_capital() {
        let response = response(&AwsError::new(404, "ResourceNotFoundException", "Function not found: x"));
        assert_eq!(
            body(&response),
            json!({"Message": "Function not found: x", "Type": "User"}),
            "AWS-10"
        );
    }
}
