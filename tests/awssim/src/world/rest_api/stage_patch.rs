//! `UpdateStage`: which changes of a stage API Gateway takes, and its words for the others. The canary's rules are recorded (AWS-49).

use serde_json::Value;

use crate::world::gateway::Texts;
use crate::world::{Answer, AwsError, Millis, Region};

use super::errors::{bad_request, no_stage, no_such_deployment};
use super::model::{CanarySettings, RestApi, Stage};
use super::patch::{PatchOperation, known_operations};
use super::stages::{StageSummary, allow_variables};

const PATHS: &str = "/deploymentId, /description, /cacheClusterEnabled, /cacheClusterSize, /clientCertificateId, /accessLogSettings, \
    /accessLogSettings/destinationArn, /accessLogSettings/format, /{resourcePath}/{httpMethod}/metrics/enabled, \
    /{resourcePath}/{httpMethod}/logging/dataTrace, /{resourcePath}/{httpMethod}/logging/loglevel, \
    /{resourcePath}/{httpMethod}/throttling/burstLimit/{resourcePath}/{httpMethod}/throttling/rateLimit\
    /{resourcePath}/{httpMethod}/caching/ttlInSeconds, /{resourcePath}/{httpMethod}/caching/enabled, \
    /{resourcePath}/{httpMethod}/caching/dataEncrypted, /{resourcePath}/{httpMethod}/caching/requireAuthorizationForCacheControl, \
    /{resourcePath}/{httpMethod}/caching/unauthorizedCacheControlHeaderStrategy, /*/*/metrics/enabled, /*/*/logging/dataTrace, \
    /*/*/logging/loglevel, /*/*/throttling/burstLimit /*/*/throttling/rateLimit /*/*/caching/ttlInSeconds, /*/*/caching/enabled, \
    /*/*/caching/dataEncrypted, /*/*/caching/requireAuthorizationForCacheControl, \
    /*/*/caching/unauthorizedCacheControlHeaderStrategy, /variables/{variable_name}, /tracingEnabled";

/// The last two parts of a method setting's path, its name in `methodSettings`, and how its value reads.
const METHOD_SETTINGS: [(&str, &str, Reads); 10] = [
    ("metrics/enabled", "metricsEnabled", Reads::Flag),
    ("logging/dataTrace", "dataTraceEnabled", Reads::Flag),
    ("logging/loglevel", "loggingLevel", Reads::Text),
    ("throttling/burstLimit", "throttlingBurstLimit", Reads::Integer),
    ("throttling/rateLimit", "throttlingRateLimit", Reads::Number),
    ("caching/ttlInSeconds", "cacheTtlInSeconds", Reads::Integer),
    ("caching/enabled", "cachingEnabled", Reads::Flag),
    ("caching/dataEncrypted", "cacheDataEncrypted", Reads::Flag),
    (
        "caching/requireAuthorizationForCacheControl",
        "requireAuthorizationForCacheControl",
        Reads::Flag,
    ),
    (
        "caching/unauthorizedCacheControlHeaderStrategy",
        "unauthorizedCacheControlHeaderStrategy",
        Reads::Text,
    ),
];

#[derive(Clone, Copy)]
enum Reads {
    Flag,
    Integer,
    Number,
    Text,
}

impl Region {
    /// `UpdateStage`: all operations or none. Takes effect without a deployment (AWS-48); a new deployment spreads as
    /// `deployment_propagation_ms` says.
    ///
    /// # Errors
    /// 404 for an unknown API or stage, 400 for a change that AWS does not take.
    pub fn update_stage(&mut self, now: Millis, api_id: &str, name: &str, operations: &[PatchOperation]) -> Answer<StageSummary> {
        known_operations(operations, "updateStageInput")?;
        let spread = self.deployment_propagation_ms;
        let api = self.rest_api_mut(api_id)?;
        let stage = api.stages.get(name).ok_or_else(no_stage)?;
        let mut changed = stage.clone();
        for operation in operations {
            apply(&mut changed, api, operation)?;
        }
        if changed.deployment_id != stage.deployment_id {
            let target = std::mem::replace(&mut changed.deployment_id, stage.deployment_id.clone());
            changed.move_to(&target, now, spread);
        }
        if changed.canary_settings != stage.canary_settings {
            changed.canary_calls = 0;
        }
        changed.last_updated = now;
        api.stages.insert(name.into(), changed.clone());
        Ok(StageSummary {
            name: name.into(),
            stage: changed,
        })
    }
}

fn invalid_path(path: &str) -> AwsError {
    bad_request(format!("Invalid method setting path: {path}. Must be one of: [{PATHS}]"))
}

fn invalid_add(path: &str) -> AwsError {
    bad_request(format!("Invalid add operation with path: {path}"))
}

/// A `remove` of what is not there: AWS takes every path for the one of a method setting.
fn nothing_to_remove(path: &str) -> AwsError {
    let path = path.trim_start_matches('/');
    bad_request(format!(
        "Cannot remove method setting {path} because there is no method setting for this method "
    ))
}

fn apply(stage: &mut Stage, api: &RestApi, operation: &PatchOperation) -> Answer<()> {
    if operation.op == "copy" {
        return promote(stage, operation);
    }
    let keys = operation.keys();
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    match keys.as_slice() {
        ["canarySettings", rest @ ..] => patch_canary(stage, api, rest, operation),
        ["accessLogSettings", rest @ ..] => patch_access_log(stage, rest, operation),
        ["variables", name] => patch_texts(&mut stage.variables, name, operation),
        [field] if operation.op == "replace" => replace_field(stage, api, field, operation),
        [path @ .., method, group, setting] if !path.is_empty() => {
            patch_method_setting(stage, &method_key(path, method), &format!("{group}/{setting}"), operation)
        }
        [path @ .., method] if operation.op == "remove" && !path.is_empty() => {
            match stage.method_settings.remove(&method_key(path, method)) {
                Some(_) => Ok(()),
                None => Err(nothing_to_remove(&operation.path)),
            }
        }
        _ if operation.op == "remove" => Err(nothing_to_remove(&operation.path)),
        _ => Err(invalid_path(&operation.path)),
    }
}

fn patch_texts(texts: &mut Texts, name: &str, operation: &PatchOperation) -> Answer<()> {
    match operation.op.as_str() {
        "replace" => {
            let change = Texts::from([(name.to_owned(), operation.text())]);
            allow_variables(&change)?;
            texts.extend(change);
            Ok(())
        }
        "remove" => texts.remove(name).map(drop).ok_or_else(|| nothing_to_remove(&operation.path)),
        _ => Err(invalid_add(&operation.path)),
    }
}

fn replace_field(stage: &mut Stage, api: &RestApi, field: &str, operation: &PatchOperation) -> Answer<()> {
    let text = operation.text();
    match field {
        "deploymentId" => {
            if !api.deployments.contains_key(&text) {
                return Err(no_such_deployment());
            }
            stage.deployment_id = text;
        }
        "description" => stage.description = Some(text),
        "tracingEnabled" => stage.tracing_enabled = operation.flag(),
        "cacheClusterEnabled" => stage.cache_cluster_enabled = operation.flag(),
        "cacheClusterSize" => stage.cache_cluster_size = Some(text),
        "clientCertificateId" => stage.client_certificate_id = Some(text),
        _ => return Err(invalid_path(&operation.path)),
    }
    Ok(())
}

/// `copy` promotes a canary and does nothing else.
fn promote(stage: &mut Stage, operation: &PatchOperation) -> Answer<()> {
    let from = operation.from.as_deref().unwrap_or_default();
    let pair = (from, operation.path.as_str());
    if !matches!(
        pair,
        ("/canarySettings/deploymentId", "/deploymentId") | ("/canarySettings/stageVariableOverrides", "/variables")
    ) {
        let valid = "Valid copy:path are [/deploymentId, /variables] and valid copy:from are \
            [/canarySettings/deploymentId, /canarySettings/stageVariableOverrides]";
        return Err(bad_request(format!(
            "Invalid copy operation with path: {} and from {from}. {valid}",
            operation.path
        )));
    }
    let Some(canary) = &stage.canary_settings else {
        return Err(bad_request("Promotion not available. Canary does not exist."));
    };
    if operation.path == "/deploymentId" {
        stage.deployment_id.clone_from(&canary.deployment_id);
    } else {
        stage.variables.extend(canary.stage_variable_overrides.clone());
    }
    Ok(())
}

fn patch_canary(stage: &mut Stage, api: &RestApi, keys: &[&str], operation: &PatchOperation) -> Answer<()> {
    match (operation.op.as_str(), keys) {
        ("remove", []) if stage.canary_settings.is_some() => {
            stage.canary_settings = None;
            Ok(())
        }
        ("remove", ["stageVariableOverrides", name]) => {
            let overrides = stage.canary_settings.as_mut().map(|canary| &mut canary.stage_variable_overrides);
            overrides
                .and_then(|texts| texts.remove(*name))
                .map(drop)
                .ok_or_else(|| nothing_to_remove(&operation.path))
        }
        ("remove", _) => Err(nothing_to_remove(&operation.path)),
        ("replace", _) => replace_in_canary(stage, api, keys, operation),
        _ => Err(invalid_add(&operation.path)),
    }
}

/// A first `replace` below `/canarySettings` makes the canary, on the stage's own deployment and without a share.
fn replace_in_canary(stage: &mut Stage, api: &RestApi, keys: &[&str], operation: &PatchOperation) -> Answer<()> {
    let fresh = || CanarySettings {
        deployment_id: stage.deployment_id.clone(),
        ..CanarySettings::default()
    };
    let mut canary = stage.canary_settings.clone().unwrap_or_else(fresh);
    let text = operation.text();
    match keys {
        ["deploymentId"] if api.deployments.contains_key(&text) => canary.deployment_id = text,
        ["deploymentId"] => return Err(no_such_deployment()),
        ["percentTraffic"] => {
            let percent = text.parse().ok().filter(|p| (0.0..=100.0).contains(p));
            canary.percent_traffic = percent.ok_or_else(|| bad_request("Canary percent traffic must be between 0.0 and 100.0"))?;
        }
        ["useStageCache"] => canary.use_stage_cache = operation.flag(),
        ["stageVariableOverrides", name] => patch_texts(&mut canary.stage_variable_overrides, name, operation)?,
        _ => return Err(invalid_path(&operation.path)),
    }
    stage.canary_settings = Some(canary);
    Ok(())
}

fn patch_access_log(stage: &mut Stage, keys: &[&str], operation: &PatchOperation) -> Answer<()> {
    if operation.op == "remove" {
        if keys.is_empty() && stage.access_log_settings.is_some() {
            stage.access_log_settings = None;
            return Ok(());
        }
        return Err(nothing_to_remove(&operation.path));
    }
    let mut settings = stage.access_log_settings.clone().unwrap_or_default();
    let field = match keys {
        ["destinationArn"] => &mut settings.destination_arn,
        ["format"] => &mut settings.format,
        _ => {
            return Err(bad_request(
                "Invalid accessLogSettings path. Must be one of : [/accessLogSettings/destinationArn, /accessLogSettings/format]",
            ));
        }
    };
    if operation.text().is_empty() {
        return Err(bad_request("Access Log value must not be empty"));
    }
    *field = operation.value.clone();
    stage.access_log_settings = Some(settings);
    Ok(())
}

/// The key of a method's settings: its path without the first slash, then the method.
fn method_key(path: &[&str], method: &str) -> String {
    format!("{}/{method}", path.join("/").trim_start_matches('/'))
}

fn patch_method_setting(stage: &mut Stage, method: &str, setting: &str, operation: &PatchOperation) -> Answer<()> {
    if operation.op != "replace" {
        return Err(if operation.op == "remove" {
            nothing_to_remove(&operation.path)
        } else {
            invalid_add(&operation.path)
        });
    }
    let known = METHOD_SETTINGS
        .iter()
        .find(|(path, ..)| *path == setting)
        .ok_or_else(|| invalid_path(&operation.path))?;
    let text = operation.text();
    let value = match known.2 {
        Reads::Flag => Some(Value::from(operation.flag())),
        Reads::Integer => text.parse::<i64>().ok().map(Value::from),
        Reads::Number => text.parse::<f64>().ok().map(Value::from),
        Reads::Text => Some(Value::from(text)),
    };
    let value = value.ok_or_else(|| invalid_path(&operation.path))?;
    let settings = stage.method_settings.entry(method.into()).or_default();
    settings.insert(known.1.into(), value);
    Ok(())
}
