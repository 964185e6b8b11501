//! What an error of AWS means: by its code, and by its text where AWS uses one code for several things.
//!
//! Every code and every text that the operator knows stands in this file.

use std::error::Error;
use std::time::Duration;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::iam;
use crate::plan::failure::{Class, Effect, Failure};
use crate::plan::source_problem::SourceProblem;

/// Longest text that is taken over into a [`Failure`], in characters.
const LONGEST_MESSAGE: usize = 300;

/// Whether a call changes something: then a missing answer leaves its outcome unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Changes nothing.
    Read,
    /// Changes something.
    Write,
}

/// An answer of AWS, or the lack of one, as the tables below see it.
#[derive(Clone, Copy, Debug)]
struct Answer<'a> {
    status: u16,
    code: &'a str,
    text: &'a str,
    retry_after: Option<Duration>,
}

/// Turns an error of the SDK into a [`Failure`]; `operation` is written as in `lambda:UpdateAlias`.
pub fn failure<E>(kind: Kind, operation: &'static str, resource: &str, error: &SdkError<E, HttpResponse>) -> Failure
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let raw = error.raw_response();
    let header = |name: &str| raw.and_then(|r| r.headers().get(name));
    let request_id = header("x-amzn-requestid").or_else(|| header("x-amz-request-id")).map(str::to_owned);
    let (class, applied, code, message) = match error {
        SdkError::ServiceError(service) => {
            let answer = Answer {
                status: service.raw().status().as_u16(),
                code: service.err().code().unwrap_or_default(),
                text: service.err().message().unwrap_or_default(),
                // The SDK honours another header only, so this one is read here. Source: AWS-54.
                retry_after: header("retry-after").and_then(|s| s.parse().ok()).map(Duration::from_secs),
            };
            let code = if answer.code.is_empty() {
                format!("HTTP{}", answer.status)
            } else {
                answer.code.into()
            };
            (
                class(operation, &answer),
                effect_of_status(answer.status),
                code,
                answer.text.to_owned(),
            )
        }
        SdkError::ResponseError(broken) => {
            let text = format!("the answer (HTTP {}) could not be read", broken.raw().status().as_u16());
            (Class::Transient, Effect::Unknown, "NoAnswer".into(), text)
        }
        SdkError::TimeoutError(_) => (Class::Transient, Effect::Unknown, "Timeout".into(), "no answer in time".into()),
        SdkError::DispatchFailure(dispatch) if dispatch.is_timeout() => (
            Class::Transient,
            unless_unsent(&chain(error)),
            "Timeout".into(),
            "no answer in time".into(),
        ),
        SdkError::ConstructionFailure(_) => unsent(Class::Invalid, "InvalidRequest", chain(error)),
        _ => unanswered(chain(error)),
    };
    Failure {
        class,
        effect: if kind == Kind::Write { applied } else { Effect::NotApplied },
        operation,
        resource: resource.into(),
        code,
        message: clean(&message),
        request_id,
    }
}

/// The text of an error and of all its causes.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}

fn unsent(class: Class, code: &str, text: String) -> (Class, Effect, String, String) {
    let credentials = text.contains("credential") || text.contains("identity");
    if credentials {
        return (Class::Credentials, Effect::NotApplied, "NoCredentials".into(), text);
    }
    (class, Effect::NotApplied, code.into(), text)
}

fn unanswered(text: String) -> (Class, Effect, String, String) {
    match unless_unsent(&text) {
        // The SDK asks for credentials before it connects and reports their lack as a failed dispatch.
        Effect::Unknown if text.contains("credential") => unsent(Class::Credentials, "NoCredentials", text),
        effect => (Class::Transient, effect, "NoAnswer".into(), text),
    }
}

/// What never reached a server was not applied; anything else may have been. Source: AWS-61.
fn unless_unsent(text: &str) -> Effect {
    // hyper's words for a connection that was never made (refused, unreachable, no such name, TLS refused).
    let unsent = ["client error (Connect)", "HTTP connect timeout", "dns error", "Connection refused"];
    if unsent.iter().any(|words| text.contains(words)) {
        Effect::NotApplied
    } else {
        Effect::Unknown
    }
}

/// A refusal changes nothing; a server error may come after the change. Source: AWS-61.
const fn effect_of_status(status: u16) -> Effect {
    match status {
        400..=407 | 409..=499 => Effect::NotApplied,
        _ => Effect::Unknown,
    }
}

fn class(operation: &'static str, answer: &Answer<'_>) -> Class {
    let by_text = match answer.code {
        "ResourceConflictException" => in_table(CONFLICTS, answer.text).or(Some(Class::Conflict)),
        "InvalidParameterValueException" => in_table(PARAMETERS, answer.text).or(Some(Class::Invalid)),
        "LimitExceededException" => Some(limit(answer)),
        // AWS-109: with status 429, and yet nothing that passes.
        "ConflictException" | "TooManyRequestsException" if answer.text.contains("Maximum number of") => Some(Class::Quota),
        _ => None,
    };
    by_text
        .or_else(|| by_code(operation, answer))
        .unwrap_or_else(|| by_status(operation, answer))
}

/// Texts of `ResourceConflictException`; any other one is a conflict like most.
const CONFLICTS: &[(&str, Class)] = &[
    // AWS-5.
    ("update is in progress", Class::Waiting),
    ("cannot be performed at this time", Class::Waiting),
    // AWS-24: holds until somebody removes the other configuration.
    ("already Provisioned version", Class::Invalid),
    ("pointed by a Provisioned Concurrency alias", Class::Invalid),
    ("Two aliases can't allocate provisioned concurrency", Class::Invalid),
];

/// Texts of `InvalidParameterValueException`; any other one is a wrong parameter.
const PARAMETERS: &[(&str, Class)] = &[
    // AWS-30: a 400 that passes.
    ("Alias with weights can not be used with Provisioned Concurrency", Class::Waiting),
    // AWS-18: the alias is not as it was observed.
    ("already included in routing configuration", Class::Conflict),
    // AWS-3: the code is not as it was observed.
    ("is different from current CodeSHA256", Class::Precondition),
    // AWS-25.
    ("greater than account's unreserved concurrency", Class::Quota),
    ("below its minimum value", Class::Quota),
    ("greater than the reservedConcurrentExecution", Class::Quota),
    // AWS-91, AWS-92: the role, or the source, is somebody else's to mend.
    ("cannot be assumed by Lambda", Class::Source(SourceProblem::RoleNotAssumable)),
    (
        "execution role does not have permissions",
        Class::Source(SourceProblem::AccessDenied),
    ),
    ("ensure the role can perform", Class::Source(SourceProblem::AccessDenied)),
    ("Stream not found", Class::Source(SourceProblem::NotFound)),
    ("NonExistentQueue", Class::Source(SourceProblem::NotFound)),
    // AWS-91: the alias was observed just before, so it is not known everywhere yet.
    ("Function does not exist", Class::Waiting),
    // AWS-31: only a new move of the alias mends it, so it is reported.
    ("Invalid alias configuration for Provisioned Concurrency", Class::Invalid),
];

fn in_table(table: &[(&str, Class)], text: &str) -> Option<Class> {
    table.iter().find(|(words, _)| text.contains(words)).map(|(_, class)| class.clone())
}

/// One code for "too fast" and "too many". Source: AWS-54.
fn limit(answer: &Answer<'_>) -> Class {
    let text = answer.text.to_ascii_lowercase();
    let too_fast = ["rate limit", "rate exceeded", "too many requests"];
    if answer.retry_after.is_some() || too_fast.iter().any(|words| text.contains(words)) {
        Class::Throttled(answer.retry_after)
    } else {
        Class::Quota
    }
}

fn by_code(operation: &'static str, answer: &Answer<'_>) -> Option<Class> {
    Some(match answer.code {
        "TooManyRequestsException"
        | "Throttling"
        | "ThrottlingException"
        | "ThrottledException"
        | "RequestThrottled"
        | "RequestThrottledException"
        | "RequestLimitExceeded"
        | "SlowDown"
        | "BandwidthLimitExceeded" => Class::Throttled(answer.retry_after),
        "ResourceNotFoundException" | "ProvisionedConcurrencyConfigNotFoundException" | "NotFoundException" => Class::NotFound,
        "ConflictException" => Class::Conflict,
        "PreconditionFailedException" => Class::Precondition,
        "ResourceInUseException" => Class::Waiting,
        "CodeStorageExceededException"
        | "AliasLimitExceededException"
        | "PolicyLengthExceededException"
        | "FunctionVersionsPerCapacityProviderLimitExceededException" => Class::Quota,
        "AccessDenied" | "AccessDeniedException" | "UnauthorizedException" | "UnauthorizedOperation" => {
            Class::Denied(missing_action(operation, answer.text))
        }
        "ExpiredToken"
        | "ExpiredTokenException"
        | "UnrecognizedClientException"
        | "InvalidClientTokenId"
        | "InvalidSignatureException"
        | "SignatureDoesNotMatch"
        | "IncompleteSignature"
        | "IncompleteSignatureException"
        | "MissingAuthenticationToken"
        | "MissingAuthenticationTokenException"
        | "RequestExpired" => Class::Credentials,
        "ServiceException"
        | "ServiceUnavailable"
        | "ServiceUnavailableException"
        | "InternalFailure"
        | "InternalServiceException"
        | "InternalServiceFault"
        | "InternalServerError"
        | "ConcurrentUpdateException"
        | "RequestTimeout"
        | "RequestTimeoutException" => Class::Transient,
        "ValidationException"
        | "ValidationError"
        | "BadRequestException"
        | "PublicPolicyException"
        | "InvalidRequestContentException"
        | "InvalidNextToken"
        | "InvalidNextTokenException" => Class::Invalid,
        _ => return None,
    })
}

/// For codes that nobody told the operator about.
fn by_status(operation: &'static str, answer: &Answer<'_>) -> Class {
    match answer.status {
        401 => Class::Credentials,
        403 => Class::Denied(missing_action(operation, answer.text)),
        // Without a code it does not come from AWS but from something between, and says nothing about the resource.
        404 if answer.code.is_empty() => Class::Transient,
        404 => Class::NotFound,
        409 => Class::Conflict,
        412 => Class::Precondition,
        429 => Class::Throttled(answer.retry_after),
        408 => Class::Transient,
        400..=499 => Class::Invalid,
        _ => Class::Transient,
    }
}

/// The action that AWS names ("... is not authorized to perform: ACTION on resource: ..."), else the call's own. Source: AWS-55.
fn missing_action(operation: &'static str, text: &str) -> String {
    let named = text
        .split_once("is not authorized to perform: ")
        .and_then(|(_, rest)| rest.split_whitespace().next());
    let named = named.map(|action| action.trim_end_matches(['.', ',']));
    named
        .filter(|action| action.contains(':'))
        .unwrap_or_else(|| iam::action(operation))
        .into()
}

/// Makes a text fit for status: one line, no encoded blobs, no key ids, no signed links, not too long.
fn clean(text: &str) -> String {
    let text = text
        .split_once("Encoded authorization failure message")
        .map_or(text, |(before, _)| before);
    let mut words: Vec<&str> = Vec::new();
    for word in text.split_whitespace() {
        words.push(if is_secret(word) { "[removed]" } else { word });
    }
    let line = words.join(" ");
    if line.chars().count() <= LONGEST_MESSAGE {
        return line;
    }
    let mut short: String = line.chars().take(LONGEST_MESSAGE - 1).collect();
    short.push('…');
    short
}

fn is_secret(word: &str) -> bool {
    // Wherever it stands: what is glued to a key id does not make it less of one.
    let mut places = ["AKIA", "ASIA"].iter().flat_map(|start| word.match_indices(start));
    let is_rest = |rest: &[u8]| rest.iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    let key_id = |(at, _): (usize, &str)| word.as_bytes().get(at + 4..at + 20).is_some_and(is_rest);
    word.contains("X-Amz-") || places.any(key_id)
}

#[cfg(test)]
mod tests;
