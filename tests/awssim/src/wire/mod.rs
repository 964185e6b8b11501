//! The wire protocols of the AWS SDKs, as pure functions of a request and a world.

pub mod apigateway;

use crate::world::{Millis, World};

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
    /// From the credential scope: `lambda`, `apigateway`, `monitoring`, `sts`, `application-autoscaling`.
    pub service: String,
}

/// A request whose operation is known, before it is carried out: what quotas, faults and the ledger need.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// `lambda`, `apigateway`, `cloudwatch`, `sts`, `autoscaling`.
    pub service: &'static str,
    /// AWS's name of the operation, for instance `UpdateAlias`.
    pub name: &'static str,
    /// Whether it changes AWS.
    pub write: bool,
}

/// Carries one operation out on the world.
pub fn carry_out(_world: &mut World, _caller: &Caller, _operation: &Operation, _request: &Request, _now: Millis) -> Response {
    Response {
        status: 404,
        headers: Vec::new(),
        body: Vec::new(),
    }
}
