//! Calls through a stage of an HTTP API: what a user of the API would get at that moment.

use std::collections::BTreeMap;

use crate::world::gateway::Texts;
use crate::world::gateway::path::fit;
use crate::world::gateway::serve::{Call, Place, Served};
use crate::world::gateway::uri::{function, of_arn, resolve};
use crate::world::{Invocation, Millis, Region};

use super::apis::DEFAULT;
use super::model::{Integration, Route};

fn failed(status: u16, message: &str, reason: impl Into<String>) -> Served {
    Served::refused(status, &serde_json::json!({ "message": message }).to_string(), reason)
}

fn internal(reason: impl Into<String>) -> Served {
    failed(500, "Internal Server Error", reason)
}

fn nothing(reason: impl Into<String>) -> Served {
    failed(404, "Not Found", reason)
}

fn by_function(invocation: Invocation) -> Served {
    let error = invocation.function_error.as_ref();
    let answer = error.map(|error| internal(format!("the function failed: {error}")));
    Served::by_function(invocation, answer)
}

/// The key and the route for a call: the most specific path that fits, on it the method before `ANY`, and `$default` when none fits
/// (AWS-103).
fn route<'a>(routes: &'a BTreeMap<String, Route>, http_method: &str, path: &str) -> Option<(&'a str, &'a Route)> {
    let path = path.split('?').next().unwrap_or_default();
    let called: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let candidates = routes.iter().filter_map(|(key, route)| {
        let (method, declared) = key.split_once(' ')?;
        let rank = [http_method, "ANY"].iter().position(|wanted| *wanted == method)?;
        Some(((fit(declared, &called)?, rank), (key.as_str(), route)))
    });
    let best = candidates.min_by(|(a, _), (b, _)| a.cmp(b)).map(|(_, found)| found);
    best.or_else(|| routes.get_key_value(DEFAULT).map(|(key, route)| (key.as_str(), route)))
}

/// The last part of the execution ARN: the path stands in it as in the route's key (AWS-108).
fn execution(api_id: &str, stage_name: &str, http_method: &str, key: &str) -> String {
    match key.split_once(' ') {
        Some((_, path)) => format!("{api_id}/{stage_name}/{http_method}{path}"),
        None => format!("{api_id}/{stage_name}/{key}"),
    }
}

impl Region {
    /// A call through what is deployed on the stage (AWS-105). Unknown stages and routes are 404; a missing function, alias or permission is
    /// 500, a throttled function 503.
    pub(in crate::world) fn call_http_api(&mut self, now: Millis, place: (&str, &str), call: (&str, &str)) -> Served {
        self.settle(now);
        let call = match self.http_way(now, place, call) {
            Ok(call) => call,
            Err(served) => return served,
        };
        match self.invoke(now, &call.function_name, call.qualifier.as_deref(), &call.by) {
            Ok(invocation) => by_function(invocation),
            Err(refused) if refused.status == 429 => failed(503, "Service Unavailable", refused.to_string()),
            Err(refused) => internal(refused.to_string()),
        }
    }

    fn http_way(&self, now: Millis, (api_id, stage_name): (&str, &str), (http_method, path): (&str, &str)) -> Result<Call, Served> {
        let api = self.http_apis.get(api_id).ok_or_else(|| nothing(format!("no API {api_id}")))?;
        let stage = api
            .stages
            .get(stage_name)
            .ok_or_else(|| nothing(format!("no stage {stage_name}")))?;
        let deployment = api.deployments.get(stage.visible_deployment(now));
        let deployment = deployment.ok_or_else(|| nothing(format!("nothing is deployed on {stage_name}")))?;
        let (key, route) =
            route(&deployment.routes, http_method, path).ok_or_else(|| nothing(format!("{http_method} {path} is not deployed")))?;
        let integration = route.integration_id().and_then(|id| deployment.integrations.get(id));
        let integration = integration.ok_or_else(|| internal(format!("the route {key} has no integration")))?;
        let place = Place {
            account: &self.account,
            region: &self.region,
            execution: execution(api_id, stage_name, http_method, key),
        };
        behind(integration, &stage.stage_variables, &place)
    }
}

fn behind(integration: &Integration, variables: &Texts, place: &Place<'_>) -> Result<Call, Served> {
    let uri = resolve(integration.integration_uri.as_deref().unwrap_or_default(), variables);
    if integration.integration_type != "AWS_PROXY" || integration.integration_subtype.is_some() {
        let reason = format!("the backend of a {} integration is not simulated", integration.integration_type);
        return Err(Served::refused(200, "{}", reason));
    }
    let target = function(&uri).or_else(|| of_arn(&uri));
    let target = target.ok_or_else(|| internal(format!("{uri} means no function")))?;
    Call::to(target, integration.credentials_arn.is_some(), place).map_err(internal)
}
