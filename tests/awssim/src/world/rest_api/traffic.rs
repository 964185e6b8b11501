//! Calls through a stage: what a user of the API would get at that moment.

use serde::{Deserialize, Serialize};

use crate::world::{Invocation, Invoker, Millis, Region};

use super::model::{Integration, Stage, Texts};
use super::routing::{arn_path, route};
use super::uri::{function, resolve};

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

/// One invocation that the stage makes.
struct Call {
    /// Bare name of a function of this region.
    function_name: String,
    /// Alias or version.
    qualifier: Option<String>,
    /// Whose permission decides.
    by: Invoker,
}

/// What the deployed API says about one call.
enum Way {
    Refused(Served),
    Invoke(Call),
}

impl Served {
    fn failed(status: u16, message: &str, reason: impl Into<String>) -> Self {
        Self {
            status,
            reason: Some(reason.into()),
            body: format!("{{\"message\": \"{message}\"}}"),
            ..Self::default()
        }
    }

    /// A function that fails is a bad gateway to its callers.
    fn by_function(invocation: Invocation) -> Self {
        let (executed_version, warm) = (Some(invocation.executed_version), invocation.warm);
        let answered = match invocation.function_error {
            Some(error) => Self::failed(502, "Internal server error", format!("the function failed: {error}")),
            None => Self {
                status: 200,
                body: serde_json::json!({"executedVersion": executed_version, "warm": warm}).to_string(),
                ..Self::default()
            },
        };
        Self {
            executed_version,
            warm,
            ..answered
        }
    }

    fn internal(reason: impl Into<String>) -> Self {
        Self::failed(500, "Internal server error", reason)
    }
}

impl Stage {
    /// Deployment and variables for the next call; the canary gets its share of every hundred calls evenly (AWS-49).
    fn next_call(&mut self, now: Millis) -> (String, Texts) {
        let Some(canary) = &self.canary_settings else {
            return (self.visible_deployment(now).to_owned(), self.variables.clone());
        };
        let share = |calls: u64| (calls as f64 * canary.percent_traffic / 100.0).floor();
        let takes = share(self.canary_calls + 1) > share(self.canary_calls);
        self.canary_calls += 1;
        if !takes {
            return (self.visible_deployment(now).to_owned(), self.variables.clone());
        }
        let mut variables = self.variables.clone();
        variables.extend(canary.stage_variable_overrides.clone());
        (canary.deployment_id.clone(), variables)
    }
}

impl Region {
    /// A call of `https://API.execute-api.../STAGE/PATH`: through the deployed snapshot, not through the edits (AWS-46).
    ///
    /// Unknown APIs, stages and routes are 403; a missing function, alias or permission is 500 (AWS-43).
    pub fn call_stage(&mut self, now: Millis, api_id: &str, stage: &str, http_method: &str, path: &str) -> Served {
        let call = match self.way((api_id, stage), (http_method, path), now) {
            Way::Refused(served) => return served,
            Way::Invoke(call) => call,
        };
        match self.invoke(now, &call.function_name, call.qualifier.as_deref(), &call.by) {
            Ok(invocation) => Served::by_function(invocation),
            Err(refused) => Served::internal(refused.to_string()),
        }
    }

    fn way(&mut self, (api_id, stage_name): (&str, &str), (http_method, path): (&str, &str), now: Millis) -> Way {
        let forbidden = |reason: String| Way::Refused(Served::failed(403, "Forbidden", reason));
        let Some(api) = self.rest_apis.get_mut(api_id) else {
            return forbidden(format!("no API {api_id}"));
        };
        let Some(stage) = api.stages.get_mut(stage_name) else {
            return forbidden(format!("no stage {stage_name}"));
        };
        let (deployment_id, variables) = stage.next_call(now);
        let Some(deployment) = api.deployments.get(&deployment_id) else {
            return forbidden(format!("no deployment {deployment_id}"));
        };
        let Some(found) = route(&deployment.resources, http_method, path) else {
            let reason = format!("{http_method} {path} is not deployed");
            return Way::Refused(Served::failed(403, "Missing Authentication Token", reason));
        };
        let Some(integration) = &found.method.integration else {
            return Way::Refused(Served::internal("the method has no integration"));
        };
        let place = Place {
            account: &self.account,
            region: &self.region,
            execution: format!("{api_id}/{stage_name}/{http_method}/{}", arn_path(found.path)),
        };
        behind(integration, &variables, &place)
    }
}

/// Where a call arrives.
struct Place<'a> {
    account: &'a str,
    region: &'a str,
    /// `API/STAGE/METHOD/PATH` of the execution ARN (AWS-50).
    execution: String,
}

fn behind(integration: &Integration, variables: &Texts, place: &Place<'_>) -> Way {
    let uri = resolve(integration.uri.as_deref().unwrap_or_default(), variables);
    if !matches!(integration.kind.as_str(), "AWS" | "AWS_PROXY") {
        let reason = format!("the backend of a {} integration is not simulated", integration.kind);
        return Way::Refused(Served {
            status: 200,
            reason: Some(reason),
            body: "{}".into(),
            ..Served::default()
        });
    }
    let Some(target) = function(&uri) else {
        return Way::Refused(Served::internal(format!("{uri} means no function")));
    };
    if integration.http_method.as_deref() != Some("POST") {
        return Way::Refused(Served::internal("the integration's method towards Lambda is not POST"));
    }
    if (target.account.as_str(), target.region.as_str()) != (place.account, place.region) {
        return Way::Refused(Served::internal("functions of other accounts and regions are not simulated"));
    }
    let partition = uri.split(':').nth(1).unwrap_or("aws");
    let by = if integration.credentials.is_some() {
        Invoker::Direct
    } else {
        let source_arn = format!("arn:{partition}:execute-api:{}:{}:{}", place.region, place.account, place.execution);
        Invoker::Service {
            principal: "apigateway.amazonaws.com".into(),
            source_arn,
        }
    };
    Way::Invoke(Call {
        function_name: target.name,
        qualifier: target.qualifier,
        by,
    })
}
