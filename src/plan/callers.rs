//! Who calls the function through an API, as far as the API shows it: integrations as they stand and as they are deployed.

use std::collections::BTreeMap;

use super::arn::FunctionRef;
use super::desired::{Desired, MethodKey};
use super::observed::{RestApi, Stage};

/// A method of a stage that calls the alias, or may do so.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Caller {
    /// Id of the API.
    pub api_id: String,
    /// Name of the stage; `None` for an integration that is not deployed on any stage that could be read.
    pub stage: Option<String>,
    /// The method; `None` when it cannot be told, because the stage was not read or has a canary.
    pub method: Option<MethodKey>,
}

impl Caller {
    /// For people: `a1b2c3d4e5/prod GET /reviews`.
    pub fn describe(&self) -> String {
        let stage = self.stage.as_deref().unwrap_or("(not deployed)");
        match &self.method {
            Some(method) => format!("REST API {}/{stage} {} {}", self.api_id, method.http_method, method.path),
            None => format!("REST API {}/{stage} (its deployed integrations cannot be told)", self.api_id),
        }
    }

    /// The source ARN with which API Gateway calls for it; `None` when that cannot be told. Source: AWS-50.
    pub fn source_arn(&self, desired: &Desired) -> Option<String> {
        let method = self.method.as_ref()?;
        Some(
            desired
                .site
                .execution_arn(&self.api_id, &method_pattern(self.stage.as_deref().unwrap_or("*"), method)),
        )
    }
}

/// Stage, method and path of a method as an execution ARN writes them: `ANY` and path parameters as `*`. Source: AWS-50.
pub fn method_pattern(stage: &str, method: &MethodKey) -> String {
    let http_method = if method.http_method == "ANY" { "*" } else { &method.http_method };
    let path: Vec<_> = method
        .path
        .split('/')
        .map(|part| if part.starts_with('{') { "*" } else { part })
        .collect();
    format!("{stage}/{http_method}{}", path.join("/"))
}

/// Replaces `${stageVariables.x}` in a URI; `None` when a variable has no value on the stage. Source: AWS-48.
pub fn resolve_variables(uri: &str, variables: &BTreeMap<String, String>) -> Option<String> {
    let mut resolved = String::new();
    let mut rest = uri;
    while let Some((before, after)) = rest.split_once("${stageVariables.") {
        let (name, tail) = after.split_once('}')?;
        resolved.push_str(before);
        resolved.push_str(variables.get(name)?);
        rest = tail;
    }
    resolved.push_str(rest);
    Some(resolved)
}

/// The function that a URI calls on a stage.
pub fn function_called(uri: &str, stage: &Stage) -> Option<FunctionRef> {
    FunctionRef::from_uri(&resolve_variables(uri, &stage.variables)?)
}

/// Everything in an API that calls the alias, or may do so because it could not be read.
pub fn of_alias(desired: &Desired, api_id: &str, api: &RestApi) -> Vec<Caller> {
    let Some(methods) = &api.methods else { return Vec::new() };
    let caller = |stage: Option<&String>, method: Option<&MethodKey>| Caller {
        api_id: api_id.into(),
        stage: stage.cloned(),
        method: method.cloned(),
    };
    let ours = |uri: &str, stage: &Stage| function_called(uri, stage).is_some_and(|f| desired.is_our_alias(&f));
    let mut callers = Vec::new();
    for (name, stage) in &api.stages {
        match &stage.deployed {
            Some(deployed) => {
                callers.extend(
                    deployed
                        .iter()
                        .filter(|(_, uri)| ours(uri, stage))
                        .map(|(method, _)| caller(Some(name), Some(method))),
                );
            }
            None => callers.push(caller(Some(name), None)),
        }
        if stage.canary {
            callers.push(caller(Some(name), None));
        }
    }
    let no_stage = Stage {
        deployment_id: String::new(),
        variables: BTreeMap::new(),
        canary: false,
        deployed: None,
    };
    let stages: Vec<_> = if api.stages.is_empty() {
        vec![&no_stage]
    } else {
        api.stages.values().collect()
    };
    for (method, current) in methods {
        let uri = current.integration.as_ref().and_then(|i| i.uri.as_deref()).unwrap_or_default();
        let known = callers.iter().any(|c| c.method.as_ref() == Some(method));
        if !known && stages.iter().any(|stage| ours(uri, stage)) {
            callers.push(caller(None, Some(method)));
        }
    }
    callers.sort();
    callers.dedup();
    callers
}
