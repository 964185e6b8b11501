//! Provisioned and reserved concurrency, and the account's limits.

use serde::Deserialize;
use serde_json::json;

use crate::world::{Answer, AwsError, Region};

use super::call::Call;
use super::shape::{Reply, listing, provisioned};

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Put {
    provisioned_concurrent_executions: i64,
    reserved_concurrent_executions: i64,
}

/// `PutProvisionedConcurrencyConfig`.
pub fn put(region: &mut Region, call: &Call) -> Answer<Reply> {
    let given: Put = call.body()?;
    let qualifier = call.required_qualifier()?;
    let answer = region.put_provisioned_concurrency_config(&call.function, qualifier, given.provisioned_concurrent_executions)?;
    Ok(provisioned(&answer).into())
}

/// `GetProvisionedConcurrencyConfig`.
pub fn get(region: &mut Region, call: &Call) -> Answer<Reply> {
    Ok(provisioned(&region.get_provisioned_concurrency_config(&call.function, call.required_qualifier()?)?).into())
}

/// `DeleteProvisionedConcurrencyConfig`.
pub fn delete(region: &mut Region, call: &Call) -> Answer<Reply> {
    region.delete_provisioned_concurrency_config(&call.function, call.required_qualifier()?)?;
    Ok(Reply::default())
}

/// `ListProvisionedConcurrencyConfigs`.
pub fn list(region: &mut Region, call: &Call) -> Answer<Reply> {
    let page = region.list_provisioned_concurrency_configs(&call.function, call.query("Marker").as_deref(), call.max_items())?;
    Ok(listing("ProvisionedConcurrencyConfigs", &page, |each| {
        let mut shape = provisioned(each);
        shape["FunctionArn"] = json!(each.function_arn);
        shape
    }))
}

/// `PutFunctionConcurrency`.
pub fn put_reserved(region: &mut Region, call: &Call) -> Answer<Reply> {
    refuse_qualified(call)?;
    let given: Put = call.body()?;
    let reserved = u32::try_from(given.reserved_concurrent_executions).unwrap_or_default();
    Ok(json!({"ReservedConcurrentExecutions": region.put_function_concurrency(&call.function, reserved)?}).into())
}

/// `GetFunctionConcurrency`.
pub fn get_reserved(region: &mut Region, call: &Call) -> Answer<Reply> {
    refuse_qualified(call)?;
    let reserved = region.get_function_concurrency(&call.function)?;
    Ok(reserved
        .map_or_else(|| json!({}), |reserved| json!({"ReservedConcurrentExecutions": reserved}))
        .into())
}

/// `DeleteFunctionConcurrency`.
pub fn delete_reserved(region: &mut Region, call: &Call) -> Answer<Reply> {
    refuse_qualified(call)?;
    region.delete_function_concurrency(&call.function)?;
    Ok(Reply::default())
}

fn refuse_qualified(call: &Call) -> Answer<()> {
    if call.qualifier.is_none() {
        return Ok(());
    }
    let text = "This operation is permitted on Lambda functions only. Aliases and versions do not support this operation. Please specify either a function name or an unqualified function ARN.";
    Err(AwsError::new(400, "InvalidParameterValueException", text))
}

/// `GetAccountSettings` (AWS-58).
pub fn account_settings(region: &mut Region, _call: &Call) -> Answer<Reply> {
    let settings = region.get_account_settings();
    Ok(json!({
        "AccountLimit": {
            "TotalCodeSize": 80_530_636_800_u64,
            "CodeSizeUnzipped": 262_144_000,
            "CodeSizeZipped": 52_428_800,
            "ConcurrentExecutions": settings.concurrent_executions,
            "UnreservedConcurrentExecutions": settings.unreserved_concurrent_executions,
        },
        "AccountUsage": {"TotalCodeSize": settings.total_code_size, "FunctionCount": settings.function_count},
    })
    .into())
}
