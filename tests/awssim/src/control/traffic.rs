//! Traffic: an invocation, and a request to a deployed stage.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde_json::Value;

use super::body::{read, refuse};
use crate::sim::Sim;
use crate::wire::{self, Caller, DEFAULT_ACCOUNT, Request, Response};

/// Header: the version that answered.
const VERSION: &str = "x-awssim-version";
/// Header: whether the environment that answered was warm.
const WARM: &str = "x-awssim-warm";
/// Header: why no function answered.
const REASON: &str = "x-awssim-reason";

/// What a path segment may hold as it is.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.');

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Invocation {
    account: Option<String>,
    region: String,
    function: String,
    qualifier: Option<String>,
    #[serde(default)]
    payload: Value,
}

/// Invokes a function as `Invoke` does, but leaves no entry in the ledger and meets no fault.
pub fn invoke(sim: &Sim, request: &Request) -> Result<Response, Response> {
    let Invocation {
        account,
        region,
        function,
        qualifier,
        payload,
    } = read(request)?;
    let encoded = |text: &str| utf8_percent_encode(text, PLAIN).to_string();
    let query = qualifier
        .map(|qualifier| format!("?Qualifier={}", encoded(&qualifier)))
        .unwrap_or_default();
    let target = format!("/2015-03-31/functions/{}/invocations{query}", encoded(&function));
    let caller = Caller {
        account: account.unwrap_or_else(|| DEFAULT_ACCOUNT.into()),
        region,
        service: "lambda".into(),
    };
    let invoke = Request::new("POST", &target, payload.to_string());
    let Some(operation) = wire::recognise(&invoke) else {
        return Err(refuse(501, "this build has no functions"));
    };
    let response = sim.with_world(|world, now| wire::carry_out(world, &caller, &operation, &invoke, now));
    let Some(version) = response.header("x-amz-executed-version").map(str::to_owned) else {
        return Ok(response);
    };
    let answer: Value = serde_json::from_slice(&response.body).unwrap_or_default();
    let warm = answer["warm"] == true;
    Ok(response.with(VERSION, &version).with(WARM, &warm.to_string()))
}

/// A request of a user to a deployed stage: the answer that the user would get, and in headers which version gave it, whether it was warm,
/// and why there was none. Like an invocation it leaves no entry in the ledger and meets no fault.
pub fn through_stage(sim: &Sim, request: &Request, account: &str, region: &str, (api, stage): (&str, &str), path: &[&str]) -> Response {
    let path = format!("/{}", path.join("/"));
    let served = sim.with_region(account, region, |region, now| {
        region.call_stage(now, api, stage, &request.method, &path)
    });
    let mut response = Response::bytes(served.status, "application/json", served.body.into_bytes()).with(WARM, &served.warm.to_string());
    if let Some(version) = &served.executed_version {
        response = response.with(VERSION, version);
    }
    if let Some(reason) = &served.reason {
        response = response.with(REASON, reason);
    }
    response
}
