//! Traffic: an invocation, and a request to a deployed stage.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde_json::Value;

use super::body::{read, refuse};
use crate::sim::Sim;
use crate::wire::{self, Caller, DEFAULT_ACCOUNT, Request, Response};

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
pub async fn invoke(sim: &Sim, request: &Request) -> Result<Response, Response> {
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
    Ok(sim.with_world(|world, now| wire::carry_out(world, &caller, &operation, &invoke, now)))
}

/// A request of a user to a deployed stage.
pub fn through_stage(
    _sim: &Sim,
    _request: &Request,
    _account: &str,
    _region: &str,
    _stage: (&str, &str),
    _path: &[&str],
) -> Result<Response, Response> {
    Err(refuse(501, "this build has no APIs"))
}
