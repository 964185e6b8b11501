//! CloudWatch's `GetMetricData` in its three protocols: CBOR (the Rust SDK), AWS JSON 1.0 (boto3) and query (older SDKs).

mod get_metric_data;
mod protocol;

use super::{Caller, Operation, Request, Response};
use crate::world::{Millis, Region};

/// `GetMetricData`, in whichever protocol.
pub fn recognise(request: &Request) -> Option<Operation> {
    let asked = request.method == "POST" && protocol::operation(request).as_deref() == Some("GetMetricData");
    asked.then_some(Operation {
        service: "cloudwatch",
        name: "GetMetricData",
        write: false,
    })
}

/// Reads the metrics asked for.
pub fn carry_out(region: &mut Region, _caller: &Caller, _operation: &Operation, request: &Request, now: Millis) -> Response {
    let answer = protocol::input(request)
        .and_then(|input| get_metric_data::Query::read(&input))
        .and_then(|query| query.answer(&region.metrics, now));
    match answer {
        Ok(page) => protocol::response(request, &page),
        Err(error) => super::error::refuse(request, &error),
    }
}

#[cfg(test)]
mod tests;
