//! The wire protocols of the AWS SDKs, as pure functions of a request and a world.

pub mod apigateway;
pub mod apigatewayv2;
pub mod autoscaling;
pub mod cbor;
pub mod cloudwatch;
pub mod error;
pub mod form;
pub mod lambda;
pub mod parameters;
mod request;
mod response;
pub mod sqs;
pub mod sts;
pub mod time;

use crate::world::{AwsError, Millis, Region, World};

pub use request::DEFAULT_ACCOUNT;

/// A request as it came in, the body read to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// `GET`, `POST`, ...
    pub method: String,
    /// Path without the query, still percent-encoded.
    pub path: String,
    /// Query without the question mark, still encoded; empty when there is none.
    pub query: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The whole body.
    pub body: Vec<u8>,
}

/// An answer ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// HTTP status.
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The whole body.
    pub body: Vec<u8>,
}

/// Who calls, and where: read from the SigV4 `Authorization` header, whose signature is not checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The access key id when it has 12 digits, else `111122223333`.
    pub account: String,
    /// From the credential scope.
    pub region: String,
    /// From the credential scope: `lambda`, `apigateway`, `monitoring`, `sqs`, `sts`, `application-autoscaling`.
    pub service: String,
}

/// A request whose operation is known, before it is carried out: what quotas, faults and the ledger need.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// `lambda`, `apigateway`, `apigatewayv2`, `cloudwatch`, `sqs`, `sts`, `autoscaling`.
    pub service: &'static str,
    /// AWS's name of the operation, for instance `UpdateAlias`.
    pub name: &'static str,
    /// Whether it changes AWS.
    pub write: bool,
}

/// Which operation a request asks for; `None` when no simulated service has it.
pub fn recognise(request: &Request) -> Option<Operation> {
    lambda::recognise(request)
        .or_else(|| apigateway::recognise(request))
        .or_else(|| apigatewayv2::recognise(request))
        .or_else(|| cloudwatch::recognise(request))
        .or_else(|| sqs::recognise(request))
        .or_else(|| sts::recognise(request))
        .or_else(|| autoscaling::recognise(request))
}

/// Carries one operation out on the world.
pub fn carry_out(world: &mut World, caller: &Caller, operation: &Operation, request: &Request, now: Millis) -> Response {
    carry_out_in(world.region(&caller.account, &caller.region, now), caller, operation, request, now)
}

/// The same on one region, already settled up to `now`.
pub fn carry_out_in(region: &mut Region, caller: &Caller, operation: &Operation, request: &Request, now: Millis) -> Response {
    match operation.service {
        "lambda" => lambda::carry_out(region, caller, operation, request, now),
        "apigateway" => apigateway::carry_out(region, caller, operation, request, now),
        "apigatewayv2" => apigatewayv2::carry_out(region, caller, operation, request, now),
        "cloudwatch" => cloudwatch::carry_out(region, caller, operation, request, now),
        "sqs" => sqs::carry_out(region, caller, operation, request, now),
        "sts" => sts::carry_out(region, caller, operation, request, now),
        "autoscaling" => autoscaling::carry_out(region, caller, operation, request, now),
        _ => unknown(request),
    }
}

/// The answer to what no simulated service has.
pub fn unknown(request: &Request) -> Response {
    let message = format!("awssim has no operation for {} {}", request.method, request.path);
    error::refuse(request, &AwsError::new(404, "UnknownOperationException", message))
}
