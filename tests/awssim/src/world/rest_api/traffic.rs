//! Calls through a stage of a REST API: what a user of the API would get at that moment.

use crate::world::gateway::Texts;
use crate::world::gateway::serve::{Call, Place, Served};
use crate::world::gateway::uri::{function, resolve};
use crate::world::{Invocation, Millis, Region};

use super::model::{Integration, Stage};
use super::routing::{arn_path, route};

/// What the deployed API says about one call.
enum Way {
    Refused(Served),
    Invoke(Call),
}

fn failed(status: u16, message: &str, reason: impl Into<String>) -> Served {
    Served::refused(status, &format!("{{\"message\": \"{message}\"}}"), reason)
}

fn internal(reason: impl Into<String>) -> Served {
    failed(500, "Internal server error", reason)
}

/// A function that fails is a bad gateway to its callers (AWS-75).
fn by_function(invocation: Invocation) -> Served {
    let answer = invocation
        .function_error
        .as_ref()
        .map(|error| failed(502, "Internal server error", format!("the function failed: {error}")));
    Served::by_function(invocation, answer)
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
    pub(in crate::world) fn call_rest_api(&mut self, now: Millis, api_id: &str, stage: &str, http_method: &str, path: &str) -> Served {
        let call = match self.way((api_id, stage), (http_method, path), now) {
            Way::Refused(served) => return served,
            Way::Invoke(call) => call,
        };
        match self.invoke(now, &call.function_name, call.qualifier.as_deref(), &call.by) {
            Ok(invocation) => by_function(invocation),
            Err(refused) => internal(refused.to_string()),
        }
    }

    fn way(&mut self, (api_id, stage_name): (&str, &str), (http_method, path): (&str, &str), now: Millis) -> Way {
        let forbidden = |reason: String| Way::Refused(failed(403, "Forbidden", reason));
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
            return Way::Refused(failed(403, "Missing Authentication Token", reason));
        };
        let Some(integration) = &found.method.integration else {
            return Way::Refused(internal("the method has no integration"));
        };
        let place = Place {
            account: &self.account,
            region: &self.region,
            execution: format!("{api_id}/{stage_name}/{http_method}/{}", arn_path(found.path)),
        };
        behind(integration, &variables, &place)
    }
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
        return Way::Refused(internal(format!("{uri} means no function")));
    };
    if integration.http_method.as_deref() != Some("POST") {
        return Way::Refused(internal("the integration's method towards Lambda is not POST"));
    }
    match Call::to(target, integration.credentials.is_some(), place) {
        Ok(call) => Way::Invoke(call),
        Err(reason) => Way::Refused(internal(reason)),
    }
}
