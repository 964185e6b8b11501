//! Answers in AWS's field names, with AWS's omissions.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::wire::{Response, time};
use crate::world::{AliasConfiguration, FunctionConfiguration, LastUpdateStatus, Millis, Page, ProvisionedConcurrencyConfig, State};

/// What an operation answers, before it becomes a response.
#[derive(Default)]
pub struct Reply {
    /// JSON, or the payload of an invocation; nothing with 204.
    pub body: Option<Value>,
    /// Beside the usual ones.
    pub headers: Vec<(String, String)>,
    /// Instead of the operation's usual one.
    pub status: Option<u16>,
}

impl From<Value> for Reply {
    fn from(body: Value) -> Self {
        Self {
            body: Some(body),
            ..Self::default()
        }
    }
}

/// A successful response.
pub fn response(status: u16, reply: Reply) -> Response {
    let status = reply.status.unwrap_or(status);
    let response = reply
        .body
        .map_or_else(|| Response::empty(status), |body| Response::json(status, &body));
    reply
        .headers
        .iter()
        .fold(response, |response, (name, value)| response.with(name, value))
}

/// A point in time as Lambda writes it: always with milliseconds and an offset.
pub fn timestamp(at: Millis) -> String {
    let seconds = time::iso(at - at % 1000);
    format!("{}.{:03}+0000", seconds.trim_end_matches('Z'), at % 1000)
}

/// `FunctionConfiguration` in full.
pub fn configuration(answer: &FunctionConfiguration) -> Value {
    let mut shape = listed(answer);
    let detail = &answer.detail;
    shape["State"] = json!(detail.state);
    if detail.state != State::Active {
        shape["StateReason"] = json!(detail.state_reason.as_deref().unwrap_or("The function is being created."));
        shape["StateReasonCode"] = json!(detail.state_reason_code.as_deref().unwrap_or("Creating"));
    }
    if let Some(status) = answer.last_update_status {
        shape["LastUpdateStatus"] = json!(status);
        if status != LastUpdateStatus::Successful {
            shape["LastUpdateStatusReason"] = json!(detail.state_reason.as_deref().unwrap_or("The function is being created."));
            shape["LastUpdateStatusReasonCode"] = json!(detail.state_reason_code.as_deref().unwrap_or("Creating"));
        }
    }
    if let Some(runtime) = &detail.runtime {
        let region = answer.function_arn.split(':').nth(3).unwrap_or_default();
        let build: String = Sha256::digest(runtime).iter().map(|byte| format!("{byte:02x}")).collect();
        shape["RuntimeVersionConfig"] = json!({"RuntimeVersionArn": format!("arn:aws:lambda:{region}::runtime:{build}")});
    }
    shape
}

/// `FunctionConfiguration` in lists: without states (AWS-9).
pub fn listed(answer: &FunctionConfiguration) -> Value {
    let detail = &answer.detail;
    let image = detail.runtime.is_none();
    let optimization = if detail.snap_start && answer.version != "$LATEST" {
        "On"
    } else {
        "Off"
    };
    let mut shape = json!({
        "Architectures": [detail.architecture],
        "CodeSha256": answer.code_sha256,
        "CodeSize": answer.code_size,
        "Description": detail.description,
        "EphemeralStorage": {"Size": 512},
        "FunctionArn": answer.function_arn,
        "FunctionName": answer.function_name,
        "LastModified": timestamp(detail.last_modified),
        "LoggingConfig": {"LogFormat": "Text", "LogGroup": format!("/aws/lambda/{}", answer.function_name)},
        "MemorySize": detail.memory_size,
        "PackageType": if image { "Image" } else { "Zip" },
        "RevisionId": detail.revision_id,
        "Role": detail.role,
        "SnapStart": {"ApplyOn": if detail.snap_start { "PublishedVersions" } else { "None" }, "OptimizationStatus": optimization},
        "Timeout": detail.timeout,
        "TracingConfig": {"Mode": "PassThrough"},
        "Version": answer.version,
    });
    for (member, value) in [("Runtime", &detail.runtime), ("Handler", &detail.handler)] {
        if let Some(value) = value {
            shape[member] = json!(value);
        }
    }
    if let Some(variables) = &detail.environment {
        shape["Environment"] = json!({"Variables": variables});
    }
    shape
}

/// `AliasConfiguration`; without `RoutingConfig` when there are no weights.
pub fn alias(answer: &AliasConfiguration) -> Value {
    let mut shape = json!({
        "AliasArn": answer.alias_arn,
        "Description": answer.description,
        "FunctionVersion": answer.function_version,
        "Name": answer.name,
        "RevisionId": answer.revision_id,
    });
    if !answer.additional_version_weights.is_empty() {
        shape["RoutingConfig"] = json!({"AdditionalVersionWeights": answer.additional_version_weights});
    }
    shape
}

/// A provisioned concurrency configuration (AWS-33).
pub fn provisioned(answer: &ProvisionedConcurrencyConfig) -> Value {
    let mut shape = json!({
        "AllocatedProvisionedConcurrentExecutions": answer.allocated,
        "AvailableProvisionedConcurrentExecutions": answer.available,
        "LastModified": timestamp(answer.last_modified),
        "RequestedProvisionedConcurrentExecutions": answer.requested,
        "Status": answer.status.name(),
    });
    if let Some(reason) = &answer.status_reason {
        shape["StatusReason"] = json!(reason);
    }
    shape
}

/// One page of a list under the name that the operation gives it.
pub fn listing<T>(member: &str, page: &Page<T>, each: impl Fn(&T) -> Value) -> Reply {
    let mut shape = json!({member: page.items.iter().map(each).collect::<Vec<Value>>()});
    if let Some(marker) = &page.next_marker {
        shape["NextMarker"] = json!(marker);
    }
    shape.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_in_time_is_written_as_lambda_writes_it() {
        assert_eq!(timestamp(0), "1970-01-01T00:00:00.000+0000");
        assert_eq!(timestamp(1_709_210_096_789), "2024-02-29T12:34:56.789+0000");
    }
}
