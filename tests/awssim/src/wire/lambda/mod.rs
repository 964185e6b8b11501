//! Lambda's REST-JSON protocol.
//!
//! [`route`] knows the paths, [`call`] reads a request, the files named after subjects carry operations out on the world, [`shape`] writes
//! the answers and [`refusal`] the errors.

mod alias;
mod call;
mod concurrency;
mod event_source_mapping;
mod function;
mod function_url;
mod invocation;
mod permission;
mod refusal;
mod route;
mod shape;

use super::{Caller, Operation, Request, Response};
use crate::world::{Millis, Region};

use call::Call;

/// The operation that a request asks for; nothing when it is none of Lambda's that awssim knows.
pub fn recognise(request: &Request) -> Option<Operation> {
    let (route, _) = route::find(request)?;
    Some(Operation {
        service: "lambda",
        name: route.name,
        write: route.write,
    })
}

/// Carries one of Lambda's operations out.
pub fn carry_out(region: &mut Region, _caller: &Caller, operation: &Operation, request: &Request, now: Millis) -> Response {
    region.settle(now);
    let Some((route, parameters)) = route::find(request) else {
        let error = crate::world::AwsError::new(
            404,
            "UnknownOperationException",
            format!("{} is not one of Lambda's", operation.name),
        );
        return refusal::response(&error);
    };
    let answer = Call::read(region, parameters, request).and_then(|call| (route.handler)(region, &call));
    match answer {
        Ok(reply) => shape::response(route.status, reply),
        Err(error) => refusal::response(&error),
    }
}
