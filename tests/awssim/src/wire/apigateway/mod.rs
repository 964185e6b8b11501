//! API Gateway v1 on the wire: REST with JSON bodies, as the AWS SDKs speak it.

mod answers;
mod body;
mod calls;
mod route;

use crate::wire::{Caller, Operation, Request, Response};
use crate::world::{AwsError, Millis, Region};

/// The operation that a request asks for; none when the path is not one of `/restapis` that is simulated.
pub fn recognise(request: &Request) -> Option<Operation> {
    let name = route::operation_name(&request.method, &route::segments(request))?;
    Some(Operation {
        service: "apigateway",
        name,
        write: request.method != "GET",
    })
}

/// Carries one recognised operation out. The region is the caller's, so the caller itself is not needed.
pub fn carry_out(region: &mut Region, _caller: &Caller, operation: &Operation, request: &Request, now: Millis) -> Response {
    let segments = route::segments(request);
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let answer = body::Body::read(&request.body).and_then(|body| {
        let call = calls::Call {
            operation: operation.name,
            ids: &segments,
            query: route::query(request),
            accept: route::accept(request),
            body,
            now,
        };
        calls::carry_out(region, &call)
    });
    answer.unwrap_or_else(|error| refusal(&error))
}

/// An error as API Gateway answers it.
fn refusal(error: &AwsError) -> Response {
    let mut response = answers::json(error.status, &serde_json::json!({"message": error.message}));
    response.headers.push(("x-amzn-errortype".into(), error.code.clone()));
    if let Some(seconds) = error.retry_after {
        response.headers.push(("retry-after".into(), seconds.to_string()));
    }
    response
}
