//! How each protocol words an error.

use ciborium::Value as Cbor;
use serde_json::json;

use super::{Request, Response, cbor};
use crate::world::AwsError;

/// The protocol of a request, as far as errors are concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// Lambda and API Gateway: the code in `x-amzn-errortype`, the text in `message`.
    RestJson,
    /// `X-Amz-Target`: the code in `__type`.
    AwsJson,
    /// `smithy-protocol: rpc-v2-cbor`.
    Cbor,
    /// A form in, XML out.
    Query,
}

impl Protocol {
    /// Which one a request speaks.
    pub fn of(request: &Request) -> Self {
        let form = |kind: &str| kind.starts_with("application/x-www-form-urlencoded");
        if request.header("smithy-protocol") == Some("rpc-v2-cbor") {
            Self::Cbor
        } else if request.header("x-amz-target").is_some() {
            Self::AwsJson
        } else if request.path == "/" && request.header("content-type").is_some_and(form) {
            Self::Query
        } else {
            Self::RestJson
        }
    }
}

/// An error as the caller's SDK reads it (AWS-54, AWS-55).
pub fn refuse(request: &Request, error: &AwsError) -> Response {
    let fault = if error.status < 500 { "User" } else { "Service" };
    let mut response = match Protocol::of(request) {
        Protocol::RestJson => {
            let mut body = json!({ "Type": fault, "message": error.message });
            if let Some(reason) = &error.reason {
                body["Reason"] = json!(reason);
            }
            Response::json(error.status, &body).with("x-amzn-errortype", &error.code)
        }
        Protocol::AwsJson => query_error(
            Response::json(error.status, &json!({ "__type": error.code, "message": error.message })),
            request,
            error,
        ),
        Protocol::Cbor => {
            let body = Cbor::Map(vec![text_pair("__type", &error.code), text_pair("message", &error.message)]);
            query_error(cbor::response(error.status, &body), request, error)
        }
        Protocol::Query => Response::xml(error.status, &query_body(error)),
    };
    if let Some(seconds) = error.retry_after {
        response = response.with("retry-after", &seconds.to_string());
    }
    response
}

/// Services that once spoke the query protocol repeat its code for SDKs that ask so.
fn query_error(response: Response, request: &Request, error: &AwsError) -> Response {
    let asked = request.header("x-amzn-query-mode") == Some("true");
    if asked {
        response.with("x-amzn-query-error", &format!("{};{}", error.code, sender(error)))
    } else {
        response
    }
}

fn query_body(error: &AwsError) -> String {
    let (kind, code, message) = (sender(error), escape(&error.code), escape(&error.message));
    format!("<ErrorResponse><Error><Type>{kind}</Type><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>")
}

fn sender(error: &AwsError) -> &'static str {
    if error.status < 500 { "Sender" } else { "Receiver" }
}

fn text_pair(key: &str, value: &str) -> (Cbor, Cbor) {
    (Cbor::Text(key.into()), Cbor::Text(value.into()))
}

/// Text inside an XML element.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn throttled() -> AwsError {
        AwsError {
            retry_after: Some(1),
            reason: Some("CallerRateLimitExceeded".into()),
            ..AwsError::new(429, "TooManyRequestsException", "Rate exceeded")
        }
    }

    #[test]
    fn rest_json_carries_the_code_in_a_header_and_the_reason_in_the_body() {
        let response = refuse(&Request::new("GET", "/2015-03-31/functions", ""), &throttled());
        assert_eq!(response.status, 429);
        assert_eq!(response.header("x-amzn-errortype"), Some("TooManyRequestsException"));
        assert_eq!(response.header("retry-after"), Some("1"));
        assert_eq!(
            String::from_utf8(response.body).unwrap(),
            r#"{"Reason":"CallerRateLimitExceeded","Type":"User","message":"Rate exceeded"}"#
        );
    }

    #[test]
    fn aws_json_repeats_the_query_code_only_for_callers_that_ask() {
        let request = Request::new("POST", "/", "").with("x-amz-target", "GraniteServiceVersion20100801.GetMetricData");
        assert_eq!(refuse(&request, &throttled()).header("x-amzn-query-error"), None);
        let asking = request.with("x-amzn-query-mode", "true");
        assert_eq!(
            refuse(&asking, &throttled()).header("x-amzn-query-error"),
            Some("TooManyRequestsException;Sender")
        );
    }

    #[test]
    fn the_query_protocol_escapes_its_xml() {
        let request = Request::new("POST", "/", "").with("content-type", "application/x-www-form-urlencoded; charset=utf-8");
        let response = refuse(&request, &AwsError::new(400, "ValidationError", "a < b"));
        assert!(String::from_utf8(response.body).unwrap().contains("<Message>a &lt; b</Message>"));
    }
}
