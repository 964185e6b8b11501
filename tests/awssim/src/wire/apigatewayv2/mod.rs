//! API Gateway v2 on the wire (HTTP APIs): REST with JSON bodies in camel case, as the AWS SDKs speak it.

mod answers;
mod calls;
mod route;

use serde_json::json;

use crate::wire::{Caller, Operation, Request, Response};
use crate::world::{Millis, Region};

/// The operation that a request asks for; none when the path is not one of `/v2/apis` that is simulated.
pub fn recognise(request: &Request) -> Option<Operation> {
    let name = route::operation_name(&request.method, &request.segments())?;
    Some(Operation {
        service: "apigatewayv2",
        name,
        write: request.method != "GET",
    })
}

/// Carries one recognised operation out. The region is the caller's, so the caller itself is not needed.
pub fn carry_out(region: &mut Region, _caller: &Caller, operation: &Operation, request: &Request, now: Millis) -> Response {
    let call = calls::Call {
        operation: operation.name,
        ids: &request.segments(),
        request,
        now,
    };
    calls::carry_out(region, &call).unwrap_or_else(|error| {
        // The body holds the text alone, as recorded (AWS-109).
        Response::json(error.status, &json!({ "message": error.message })).with("x-amzn-errortype", &error.code)
    })
}

#[cfg(test)]
mod tests;
