//! Resource policies.

use serde::Deserialize;
use serde_json::json;

use crate::world::{Answer, Region, Statement};

use super::call::Call;
use super::shape::Reply;

#[derive(Deserialize)]
struct Add {
    #[serde(rename = "StatementId")]
    sid: String,
    #[serde(rename = "Principal")]
    principal: String,
    #[serde(rename = "Action")]
    action: String,
    #[serde(rename = "SourceArn")]
    source_arn: Option<String>,
    #[serde(rename = "SourceAccount")]
    source_account: Option<String>,
    #[serde(rename = "PrincipalOrgID")]
    principal_org_id: Option<String>,
    #[serde(rename = "EventSourceToken")]
    event_source_token: Option<String>,
    #[serde(rename = "FunctionUrlAuthType")]
    function_url_auth_type: Option<String>,
    #[serde(rename = "RevisionId")]
    revision_id: Option<String>,
}

/// `AddPermission`: the statement comes back as text.
pub fn add(region: &mut Region, call: &Call) -> Answer<Reply> {
    let given: Add = call.body()?;
    let statement = Statement {
        sid: given.sid,
        principal: given.principal,
        action: given.action,
        source_arn: given.source_arn,
        source_account: given.source_account,
        principal_org_id: given.principal_org_id,
        event_source_token: given.event_source_token,
        function_url_auth_type: given.function_url_auth_type,
    };
    let answer = region.add_permission(&call.function, call.qualifier(), statement, given.revision_id.as_deref())?;
    Ok(json!({"Statement": answer.to_string()}).into())
}

/// `GetPolicy`: the document comes as text.
pub fn get(region: &mut Region, call: &Call) -> Answer<Reply> {
    let answer = region.get_policy(&call.function, call.qualifier())?;
    Ok(json!({"Policy": answer.policy.to_string(), "RevisionId": answer.revision_id}).into())
}

/// `RemovePermission`.
pub fn remove(region: &mut Region, call: &Call) -> Answer<Reply> {
    region.remove_permission(&call.function, call.qualifier(), &call.extra, call.query("RevisionId").as_deref())?;
    Ok(Reply::default())
}
