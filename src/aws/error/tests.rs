//! What each answer of AWS means.

use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::error::metadata::ErrorMetadata;

use super::*;

fn classified(status: u16, code: &str, text: &str) -> Class {
    let retry_after = (status == 429).then_some(Duration::from_secs(2));
    let answer = Answer {
        status,
        code,
        text,
        retry_after,
    };
    class("lambda:UpdateAlias", &answer)
}

const CONFLICT: &str = "ResourceConflictException";
const PARAMETER: &str = "InvalidParameterValueException";
const THROTTLED: Class = Class::Throttled(Some(Duration::from_secs(2)));

/// Status, code, a part of the text that AWS sends, and the class.
const ANSWERS: &[(u16, &str, &str, Class)] = &[
    (429, "TooManyRequestsException", "Rate exceeded", THROTTLED),
    (429, "LimitExceededException", "The request exceeded the rate limit.", THROTTLED),
    (400, "Throttling", "Rate exceeded", Class::Throttled(None)),
    (400, "LimitExceededException", "Maximum number of generated targets", Class::Quota),
    (409, CONFLICT, "An update is in progress for resource: x", Class::Waiting),
    (409, CONFLICT, "The operation cannot be performed at this time.", Class::Waiting),
    (
        409,
        CONFLICT,
        "Alias already exists: arn:aws:lambda:eu-west-1:1:function:f:live",
        Class::Conflict,
    ),
    (409, CONFLICT, "The statement id (x) provided already exists.", Class::Conflict),
    (
        409,
        CONFLICT,
        "Alias can't be used ... on an already Provisioned version",
        Class::Invalid,
    ),
    (
        409,
        CONFLICT,
        "Version is pointed by a Provisioned Concurrency alias",
        Class::Invalid,
    ),
    (409, "ConflictException", "concurrent modification", Class::Conflict),
    (
        429,
        "ConflictException",
        "Maximum number of Integrations for this API has been reached.",
        Class::Quota,
    ),
    (
        412,
        "PreconditionFailedException",
        "The Revision Id provided does not match",
        Class::Precondition,
    ),
    (
        400,
        PARAMETER,
        "CodeSHA256 (x) is different from current CodeSHA256 in $LATEST (y).",
        Class::Precondition,
    ),
    (
        400,
        PARAMETER,
        "Alias with weights can not be used with Provisioned Concurrency",
        Class::Waiting,
    ),
    (
        400,
        PARAMETER,
        "Invalid alias configuration for Provisioned Concurrency",
        Class::Invalid,
    ),
    (
        400,
        PARAMETER,
        "Function version 2 is already included in routing configuration.",
        Class::Conflict,
    ),
    (
        400,
        PARAMETER,
        "is greater than account's unreserved concurrency [9].",
        Class::Quota,
    ),
    (
        400,
        PARAMETER,
        "UnreservedConcurrentExecution below its minimum value of [100].",
        Class::Quota,
    ),
    (
        400,
        PARAMETER,
        "greater than the reservedConcurrentExecution for function",
        Class::Quota,
    ),
    (
        400,
        PARAMETER,
        "cannot be applied to unpublished function versions.",
        Class::Invalid,
    ),
    (
        400,
        PARAMETER,
        "The role defined for the function cannot be assumed by Lambda.",
        Class::Source(SourceProblem::RoleNotAssumable),
    ),
    (
        400,
        PARAMETER,
        "The function execution role does not have permissions to call ReceiveMessage on SQS",
        Class::Source(SourceProblem::AccessDenied),
    ),
    (
        400,
        PARAMETER,
        "Cannot access stream s. Please ensure the role can perform the GetRecords Actions on your stream in IAM.",
        Class::Source(SourceProblem::AccessDenied),
    ),
    (
        400,
        PARAMETER,
        "Stream not found: arn:aws:kinesis:r:1:stream/s",
        Class::Source(SourceProblem::NotFound),
    ),
    (
        400,
        PARAMETER,
        "Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue.",
        Class::Source(SourceProblem::NotFound),
    ),
    (400, PARAMETER, "Function does not exist", Class::Waiting),
    (400, "ResourceInUseException", "", Class::Waiting),
    (400, "ValidationException", "greater than or equal to 1", Class::Invalid),
    (400, "PolicyLengthExceededException", "too long", Class::Quota),
    (404, "ResourceNotFoundException", "Function not found: arn", Class::NotFound),
    (404, "ProvisionedConcurrencyConfigNotFoundException", "", Class::NotFound),
    (404, "NotFoundException", "Invalid API identifier specified", Class::NotFound),
    (403, "ExpiredTokenException", "", Class::Credentials),
    (403, "UnrecognizedClientException", "", Class::Credentials),
    (500, "ServiceException", "", Class::Transient),
    (503, "ServiceUnavailableException", "", Class::Transient),
    (418, "NeverSeen", "", Class::Invalid),
    (502, "", "", Class::Transient),
    (404, "", "", Class::Transient),
    (409, "NeverSeen", "", Class::Conflict),
];

/// Codes that count whatever the status, which AWS has changed before.
const CODES: &[(&str, Class)] = &[
    ("ResourceNotFoundException", Class::NotFound),
    ("ProvisionedConcurrencyConfigNotFoundException", Class::NotFound),
    ("NotFoundException", Class::NotFound),
    ("ConflictException", Class::Conflict),
    ("PreconditionFailedException", Class::Precondition),
    ("ResourceInUseException", Class::Waiting),
    ("TooManyRequestsException", Class::Throttled(None)),
    ("AliasLimitExceededException", Class::Quota),
    ("ExpiredToken", Class::Credentials),
    ("ServiceException", Class::Transient),
    ("RequestTimeoutException", Class::Transient),
];

#[test]
fn every_known_answer_has_its_class() {
    for (status, code, text, class) in ANSWERS {
        assert_eq!(classified(*status, code, text), *class, "{code}: {text}");
    }
}

#[test]
fn a_code_says_more_than_a_status() {
    for (code, class) in CODES {
        assert_eq!(classified(418, code, ""), *class, "{code}");
    }
    assert_eq!(classified(418, "AccessDenied", ""), Class::Denied("lambda:UpdateAlias".into()));
    assert_eq!(classified(500, "ValidationException", ""), Class::Invalid);
}

#[test]
fn an_unknown_code_is_judged_by_its_status() {
    for (status, class) in [
        (401, Class::Credentials),
        (403, Class::Denied("lambda:UpdateAlias".into())),
        (404, Class::NotFound),
        (408, Class::Transient),
        (412, Class::Precondition),
        (429, THROTTLED),
        (500, Class::Transient),
    ] {
        assert_eq!(classified(status, "NeverSeen", ""), class, "{status}");
    }
}

#[test]
fn one_code_is_a_throttle_by_its_text_or_header_and_else_a_quota() {
    const LIMIT: &str = "LimitExceededException";
    assert_eq!(classified(400, LIMIT, "Rate exceeded"), Class::Throttled(None));
    assert_eq!(classified(400, LIMIT, "Too Many Requests"), Class::Throttled(None));
    assert_eq!(classified(429, LIMIT, "no words"), THROTTLED);
    assert_eq!(classified(400, LIMIT, "Maximum number of APIs"), Class::Quota);
}

/// What a write comes to that ended with this error of the SDK.
fn written(error: SdkError<ErrorMetadata, HttpResponse>) -> (Class, Effect, String, String) {
    let Failure {
        class,
        effect,
        code,
        message,
        ..
    } = failure(Kind::Write, "lambda:UpdateAlias", "fir-api:live", &error);
    (class, effect, code, message)
}

fn answer(status: u16) -> HttpResponse {
    let mut answer = HttpResponse::new(status.try_into().unwrap(), SdkBody::empty());
    answer.headers_mut().insert("retry-after", "7");
    answer.headers_mut().insert("x-amzn-requestid", "r-1");
    answer
}

#[test]
fn an_answer_of_aws_is_judged_by_its_code_with_its_request_id() {
    let error = ErrorMetadata::builder()
        .code("TooManyRequestsException")
        .message("Rate exceeded")
        .build();
    let found = failure(
        Kind::Write,
        "lambda:UpdateAlias",
        "f",
        &SdkError::service_error(error.clone(), answer(429)),
    );
    assert_eq!(found.class, Class::Throttled(Some(Duration::from_secs(7))));
    assert_eq!((found.effect, found.request_id.as_deref()), (Effect::NotApplied, Some("r-1")));
    let read = failure(Kind::Read, "lambda:GetAlias", "f", &SdkError::service_error(error, answer(500)));
    assert_eq!(read.effect, Effect::NotApplied, "a read changes nothing");
    let bare = SdkError::service_error(ErrorMetadata::builder().build(), answer(502));
    let (class, effect, code, _) = written(bare);
    assert_eq!((class, effect, code.as_str()), (Class::Transient, Effect::Unknown, "HTTP502"));
}

#[test]
fn what_came_of_a_write_without_an_answer_is_unknown_unless_it_was_never_sent() {
    use Class::{Credentials, Invalid, Transient};
    use Effect::{NotApplied, Unknown};
    let dispatch = |error: ConnectorError| written(SdkError::dispatch_failure(error));
    let timeout = |text: &'static str| dispatch(ConnectorError::timeout(text.into()));
    let io = |text: &'static str| dispatch(ConnectorError::io(text.into()));
    let unmade = |text: &'static str| written(SdkError::construction_failure(text));
    let cut = written(SdkError::response_error("cut", answer(200)));
    let slow = written(SdkError::timeout_error("slow"));
    let unsigned = dispatch(ConnectorError::other("no credentials".into(), None));
    for (found, expected) in [
        (cut, (Transient, Unknown, "NoAnswer")),
        (slow, (Transient, Unknown, "Timeout")),
        (timeout("read timed out"), (Transient, Unknown, "Timeout")),
        (timeout("HTTP connect timeout"), (Transient, NotApplied, "Timeout")),
        (io("connection reset"), (Transient, Unknown, "NoAnswer")),
        (io("dns error"), (Transient, NotApplied, "NoAnswer")),
        (unsigned, (Credentials, NotApplied, "NoCredentials")),
        (unmade("bad member"), (Invalid, NotApplied, "InvalidRequest")),
        (unmade("no identity"), (Credentials, NotApplied, "NoCredentials")),
        (unmade("no credentials"), (Credentials, NotApplied, "NoCredentials")),
    ] {
        assert_eq!((found.0, found.1, found.2.as_str()), expected, "{}", found.3);
    }
}

#[test]
fn the_text_names_all_causes() {
    let (.., message) = written(SdkError::dispatch_failure(ConnectorError::io("connection reset".into())));
    assert!(
        message.contains("dispatch failure") && message.contains("connection reset"),
        "{message}"
    );
    let (.., message) = written(SdkError::response_error("cut", answer(200)));
    assert_eq!(message, "the answer (HTTP 200) could not be read");
}

#[test]
fn a_denied_call_names_the_missing_action() {
    let text = "User: arn:aws:sts::111122223333:assumed-role/op/s is not authorized to perform: lambda:GetAlias on resource: arn:aws:x";
    assert_eq!(
        classified(403, "AccessDeniedException", text),
        Class::Denied("lambda:GetAlias".into())
    );
    assert_eq!(
        classified(403, "AccessDeniedException", "no"),
        Class::Denied("lambda:UpdateAlias".into())
    );
    let answer = Answer {
        status: 403,
        code: "AccessDeniedException",
        text: "no",
        retry_after: None,
    };
    assert_eq!(class("apigateway:GetResources", &answer), Class::Denied("apigateway:GET".into()));
}

#[test]
fn only_a_refusal_says_that_nothing_was_done() {
    for status in [400, 403, 404, 409, 412, 429] {
        assert_eq!(effect_of_status(status), Effect::NotApplied, "{status}");
    }
    for status in [200, 302, 408, 500, 503] {
        assert_eq!(effect_of_status(status), Effect::Unknown, "{status}");
    }
    assert_eq!(
        unless_unsent("dispatch failure: io error: client error (Connect): refused"),
        Effect::NotApplied
    );
    assert_eq!(
        unless_unsent("dispatch failure: other: connection closed before message completed"),
        Effect::Unknown
    );
}

#[test]
fn texts_are_fit_for_status() {
    let blob = "You are not authorized.\nEncoded authorization failure message: AbCdEf0123";
    assert_eq!(clean(blob), "You are not authorized.");
    assert_eq!(clean("key AKIAIOSFODNN7EXAMPLE is unknown"), "key [removed] is unknown");
    assert_eq!(clean("id=xASIAIOSFODNN7EXAMPLEx,"), "[removed]", "also glued to other letters");
    assert_eq!(
        clean("AKIAIOSFODNN7EXAMPL AKIAiosfodnn7example"),
        "AKIAIOSFODNN7EXAMPL AKIAiosfodnn7example",
        "no key ids"
    );
    assert_eq!(clean("ä".repeat(LONGEST_MESSAGE).as_str()).chars().count(), LONGEST_MESSAGE);
    assert_eq!(clean("see https://b.s3.amazonaws.com/x?X-Amz-Signature=1 now"), "see [removed] now");
    assert_eq!(clean(&"ä ".repeat(400)).chars().count(), LONGEST_MESSAGE);
}
