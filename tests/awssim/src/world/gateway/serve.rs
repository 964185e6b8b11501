//! A call of an API, whichever kind it is: what its caller gets, and the invocation that it makes.

use serde::{Deserialize, Serialize};

use crate::world::qualifier::partition;
use crate::world::{Invocation, Invoker, Millis, Region};

use super::uri::Target;

/// What a caller of an API gets, and why.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Served {
    /// HTTP status.
    pub status: u16,
    /// The function version that answered or failed; none when no function was reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub executed_version: Option<String>,
    /// Whether the environment that answered was warm before.
    pub warm: bool,
    /// Why no function answered, in words for people; AWS tells its callers only the body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What the caller reads.
    pub body: String,
}

/// One invocation that an integration makes.
pub(in crate::world) struct Call {
    /// Bare name of a function of this region.
    pub function_name: String,
    /// Alias or version.
    pub qualifier: Option<String>,
    /// Whose permission decides.
    pub by: Invoker,
}

/// Where a call arrives.
pub(in crate::world) struct Place<'a> {
    /// Of the API.
    pub account: &'a str,
    /// Of the API.
    pub region: &'a str,
    /// The last part of the execution ARN, for instance `API/STAGE/METHOD/PATH` (AWS-50, AWS-108).
    pub execution: String,
}

impl Served {
    /// A call that no function answered.
    pub(in crate::world) fn refused(status: u16, body: &str, reason: impl Into<String>) -> Self {
        Self {
            status,
            reason: Some(reason.into()),
            body: body.into(),
            ..Self::default()
        }
    }

    /// A call that a function answered; `failure` is what its caller gets when the function failed.
    pub(in crate::world) fn by_function(invocation: Invocation, failure: Option<Self>) -> Self {
        let (executed_version, warm) = (Some(invocation.executed_version), invocation.warm);
        let answered = failure.unwrap_or_else(|| Self {
            status: 200,
            body: serde_json::json!({"executedVersion": executed_version, "warm": warm}).to_string(),
            ..Self::default()
        });
        Self {
            executed_version,
            warm,
            ..answered
        }
    }
}

impl Call {
    /// The invocation of that function on behalf of that place. With a role no policy is asked (AWS-51).
    ///
    /// # Errors
    /// A reason for people, when the function is out of reach.
    pub(in crate::world) fn to(target: Target, with_role: bool, place: &Place<'_>) -> Result<Self, String> {
        if (target.account.as_str(), target.region.as_str()) != (place.account, place.region) {
            return Err("functions of other accounts and regions are not simulated".into());
        }
        let (region, account) = (place.region, place.account);
        let by = if with_role {
            Invoker::Direct
        } else {
            Invoker::Service {
                principal: "apigateway.amazonaws.com".into(),
                source_arn: format!("arn:{}:execute-api:{region}:{account}:{}", partition(region), place.execution),
            }
        };
        Ok(Self {
            function_name: target.name,
            qualifier: target.qualifier,
            by,
        })
    }
}

impl Region {
    /// A call of `https://API.execute-api.../STAGE/PATH` at that moment: through what is deployed on the stage, not through the edits
    /// (AWS-46, AWS-105). The API is a REST API or an HTTP API; `$default` is the stage of an HTTP API that has no name in the URL.
    ///
    /// A missing function, alias or permission is 500 (AWS-43); what is not deployed is 403 for REST APIs (AWS-74) and 404 for HTTP APIs.
    pub fn call_stage(&mut self, now: Millis, api_id: &str, stage: &str, http_method: &str, path: &str) -> Served {
        if self.http_apis.contains_key(api_id) {
            self.call_http_api(now, (api_id, stage), (http_method, path))
        } else {
            self.call_rest_api(now, api_id, stage, http_method, path)
        }
    }
}
