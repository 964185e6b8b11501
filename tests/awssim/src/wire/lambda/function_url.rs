//! Function URLs.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::world::{Answer, FunctionUrlConfig, Region};

use super::call::Call;
use super::shape::{Reply, listing, timestamp};

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Create {
    auth_type: String,
    invoke_mode: Option<String>,
}

/// `CreateFunctionUrlConfig`.
pub fn create(region: &mut Region, call: &Call) -> Answer<Reply> {
    let given: Create = call.body()?;
    let answer = region.create_function_url_config(&call.function, call.qualifier(), &given.auth_type, given.invoke_mode.as_deref())?;
    let mut shape = shape(&answer);
    if let Some(members) = shape.as_object_mut() {
        members.remove("LastModifiedTime");
    }
    Ok(shape.into())
}

/// `GetFunctionUrlConfig`.
pub fn get(region: &mut Region, call: &Call) -> Answer<Reply> {
    Ok(shape(&region.get_function_url_config(&call.function, call.qualifier())?).into())
}

/// `DeleteFunctionUrlConfig`.
pub fn delete(region: &mut Region, call: &Call) -> Answer<Reply> {
    region.delete_function_url_config(&call.function, call.qualifier())?;
    Ok(Reply::default())
}

/// `ListFunctionUrlConfigs`.
pub fn list(region: &mut Region, call: &Call) -> Answer<Reply> {
    let page = region.list_function_url_configs(&call.function, call.query("Marker").as_deref(), call.max_items())?;
    Ok(listing("FunctionUrlConfigs", &page, shape))
}

fn shape(answer: &FunctionUrlConfig) -> Value {
    json!({
        "FunctionUrl": answer.function_url,
        "FunctionArn": answer.function_arn,
        "AuthType": answer.url.auth_type,
        "InvokeMode": answer.url.invoke_mode,
        "CreationTime": timestamp(answer.url.created),
        "LastModifiedTime": timestamp(answer.url.created),
    })
}
