//! The triggers of the spec, resolved by kind.

use super::desired::{DesiredEventSource, DesiredHttpApi, DesiredRestApi, InvalidSpec, MethodKey, Source, invalid};
use crate::api::{EventSourceTrigger, HttpApiTrigger, RestApiTrigger, Trigger};

/// The triggers by kind, each kind in the order of the spec.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Callers {
    /// Stages of REST APIs.
    pub rest_apis: Vec<DesiredRestApi>,
    /// Stages of HTTP APIs.
    pub http_apis: Vec<DesiredHttpApi>,
    /// Sources of records.
    pub event_sources: Vec<DesiredEventSource>,
}

impl Callers {
    /// Resolves all triggers.
    ///
    /// # Errors
    /// [`InvalidSpec`] for the first field that cannot be carried out.
    pub fn resolve(triggers: &[Trigger]) -> Result<Self, InvalidSpec> {
        let mut callers = Self::default();
        for trigger in triggers {
            match (&trigger.rest_api, &trigger.http_api, &trigger.event_source) {
                (Some(api), None, None) => callers.rest_apis.push(rest_api(trigger, api)?),
                (None, Some(api), None) => callers.http_apis.push(http_api(trigger, api)?),
                (None, None, Some(source)) => callers.event_sources.push(event_source(trigger, source)?),
                _ => {
                    let field = format!("spec.triggers[{}]", trigger.name);
                    return Err(invalid(field, "", "set exactly one of restApi, httpApi and eventSource"));
                }
            }
        }
        Ok(callers)
    }
}

fn rest_api(trigger: &Trigger, api: &RestApiTrigger) -> Result<DesiredRestApi, InvalidSpec> {
    let field = |rest: &str| format!("spec.triggers[{}].{rest}", trigger.name);
    if api.api_id.is_empty() || !api.api_id.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Err(invalid(
            field("restApi.apiId"),
            &api.api_id,
            "use the id of the REST API, for instance a1b2c3d4e5",
        ));
    }
    let stage = api.stage_name.as_str();
    if stage.is_empty() || !stage.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-') {
        return Err(invalid(
            field("restApi.stageName"),
            stage,
            "use the name of the stage, for instance prod",
        ));
    }
    let mut methods: Vec<_> = api
        .methods
        .iter()
        .map(|m| MethodKey {
            path: m.path.clone(),
            http_method: m.http_method.clone(),
        })
        .collect();
    if let Some(bad) = methods.iter().find(|m| !m.path.starts_with('/')) {
        return Err(invalid(field("restApi.methods.path"), &bad.path, "start the path with a slash"));
    }
    methods.sort();
    methods.dedup();
    Ok(DesiredRestApi {
        trigger: trigger.name.clone(),
        api_id: api.api_id.clone(),
        stage: stage.into(),
        methods,
        deployment: api.deployment,
        scope: api.permission_scope,
    })
}

fn http_api(trigger: &Trigger, api: &HttpApiTrigger) -> Result<DesiredHttpApi, InvalidSpec> {
    let field = |rest: &str| format!("spec.triggers[{}].httpApi.{rest}", trigger.name);
    if api.api_id.is_empty() || !api.api_id.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Err(invalid(
            field("apiId"),
            &api.api_id,
            "use the id of the HTTP API, for instance f6g7h8i9j0",
        ));
    }
    let stage = api.stage_name.as_str();
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
    if stage.is_empty() || (stage != "$default" && !stage.bytes().all(plain)) {
        return Err(invalid(
            field("stageName"),
            stage,
            "use the name of the stage, for instance $default",
        ));
    }
    let is_key = |key: &str| key == "$default" || key.split_once(' ').is_some_and(|(_, path)| path.starts_with('/'));
    if let Some(bad) = api.route_keys.iter().find(|key| !is_key(key)) {
        return Err(invalid(
            field("routeKeys"),
            bad,
            "use a route key, for instance POST /reviews, or $default",
        ));
    }
    let mut routes = api.route_keys.clone();
    routes.sort();
    routes.dedup();
    Ok(DesiredHttpApi {
        trigger: trigger.name.clone(),
        api_id: api.api_id.clone(),
        stage: stage.into(),
        routes,
        deployment: api.deployment,
        scope: api.permission_scope,
    })
}

fn event_source(trigger: &Trigger, source: &EventSourceTrigger) -> Result<DesiredEventSource, InvalidSpec> {
    let topic = source.topic.clone();
    let named = match (&source.arn, &source.uuid, &source.self_managed_kafka) {
        (Some(arn), None, None) => Source::Arn { arn: arn.clone(), topic },
        (None, Some(uuid), None) => Source::Uuid(uuid.clone()),
        (None, None, Some(kafka)) => {
            let mut bootstrap_servers = kafka.bootstrap_servers.clone();
            bootstrap_servers.sort();
            bootstrap_servers.dedup();
            Source::SelfManagedKafka { bootstrap_servers, topic }
        }
        _ => {
            let field = format!("spec.triggers[{}].eventSource", trigger.name);
            return Err(invalid(field, "", "set exactly one of arn, uuid and selfManagedKafka"));
        }
    };
    Ok(DesiredEventSource {
        trigger: trigger.name.clone(),
        source: named,
        create: source.create.clone(),
    })
}
