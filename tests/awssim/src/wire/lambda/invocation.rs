//! `Invoke`.

use serde_json::{Value, json};

use crate::world::{Answer, Invoker, Region};

use super::call::Call;
use super::shape::Reply;

/// `Invoke`: the payload says how the request was served; `X-Amz-Executed-Version` says which version did it.
pub fn invoke(region: &mut Region, call: &Call) -> Answer<Reply> {
    let kind = call.header("x-amz-invocation-type").unwrap_or("RequestResponse");
    if kind == "DryRun" {
        region.get_function_configuration(&call.function, call.qualifier())?;
        return Ok(Reply {
            status: Some(204),
            ..Reply::default()
        });
    }
    let now = region.now;
    let served = region.invoke(now, &call.function, call.qualifier(), &Invoker::Direct)?;
    if kind == "Event" {
        return Ok(Reply {
            status: Some(202),
            ..Reply::default()
        });
    }
    let mut headers = vec![("x-amz-executed-version".to_owned(), served.executed_version.clone())];
    let body = match &served.function_error {
        Some(error) => {
            headers.push(("x-amz-function-error".into(), error.clone()));
            json!({"errorType": "Runtime.ExitError", "errorMessage": "the function cannot initialise"})
        }
        None => json!({
            "version": served.executed_version,
            "invokedFunctionArn": served.invoked_arn,
            "initializationType": if served.provisioned { "provisioned-concurrency" } else { "on-demand" },
            "warm": served.warm,
            "spillover": served.spillover,
            "durationMs": served.duration_ms,
            "initMs": served.init_ms,
            "event": serde_json::from_slice::<Value>(call.payload()).unwrap_or(Value::Null),
        }),
    };
    Ok(Reply {
        body: Some(body),
        headers,
        status: None,
    })
}
