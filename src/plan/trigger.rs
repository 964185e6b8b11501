//! The triggers of the spec, resolved by kind.

use std::collections::BTreeSet;

use super::desired::{DesiredEventSource, DesiredHttpApi, DesiredRestApi, InvalidSpec, MethodKey, Source, invalid};
use super::source_rules;
use crate::api::{EventSourceTrigger, HttpApiTrigger, RestApiTrigger, Trigger};

/// Most triggers of an endpoint.
const MOST_TRIGGERS: usize = 16;
/// Most methods or routes that a trigger may name.
const MOST_CALLERS: usize = 100;
/// Longest path, or key of a route.
const LONGEST_PATH: usize = 512;
const HTTP_METHODS: [&str; 8] = ["ANY", "GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

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
        let mut names = BTreeSet::new();
        if triggers.len() > MOST_TRIGGERS {
            return Err(invalid("spec.triggers", &triggers.len().to_string(), "use 16 at most"));
        }
        for trigger in triggers {
            if !is_label(&trigger.name) || !names.insert(&trigger.name) {
                return Err(invalid(
                    "spec.triggers.name",
                    &trigger.name,
                    "use a lower-case DNS label of its own for each",
                ));
            }
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

/// A lower-case DNS label, as in a name of Kubernetes.
fn is_label(name: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let ends = name.bytes().next().is_some_and(plain) && name.bytes().next_back().is_some_and(plain);
    ends && name.len() <= 63 && name.bytes().all(|b| plain(b) || b == b'-')
}

/// The id of an API, of either kind.
fn is_api_id(id: &str) -> bool {
    !id.is_empty() && id.len() <= 64 && id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
}

fn is_stage(name: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
    !name.is_empty() && name.len() <= 128 && name.bytes().all(plain)
}

/// A path as an API has it; API Gateway's paths are one line.
fn is_path(path: &str, longest: usize) -> bool {
    path.starts_with('/') && path.chars().count() <= longest && !path.contains('\n')
}

fn rest_api(trigger: &Trigger, api: &RestApiTrigger) -> Result<DesiredRestApi, InvalidSpec> {
    let field = |rest: &str| format!("spec.triggers[{}].{rest}", trigger.name);
    if !is_api_id(&api.api_id) {
        return Err(invalid(
            field("restApi.apiId"),
            &api.api_id,
            "use the id of the REST API, for instance a1b2c3d4e5",
        ));
    }
    let stage = api.stage_name.as_str();
    if !is_stage(stage) {
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
    if methods.len() > MOST_CALLERS {
        return Err(invalid(field("restApi.methods"), &methods.len().to_string(), "use 100 at most"));
    }
    if let Some(bad) = methods.iter().find(|m| !is_path(&m.path, LONGEST_PATH)) {
        return Err(invalid(field("restApi.methods.path"), &bad.path, "start the path with a slash"));
    }
    if let Some(bad) = methods.iter().find(|m| !HTTP_METHODS.contains(&m.http_method.as_str())) {
        let remedy = "use an HTTP method in capitals, or ANY";
        return Err(invalid(field("restApi.methods.httpMethod"), &bad.http_method, remedy));
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
    if !is_api_id(&api.api_id) {
        return Err(invalid(
            field("apiId"),
            &api.api_id,
            "use the id of the HTTP API, for instance f6g7h8i9j0",
        ));
    }
    let stage = api.stage_name.as_str();
    if stage != "$default" && !is_stage(stage) {
        return Err(invalid(
            field("stageName"),
            stage,
            "use the name of the stage, for instance $default",
        ));
    }
    if api.route_keys.len() > MOST_CALLERS {
        return Err(invalid(field("routeKeys"), &api.route_keys.len().to_string(), "use 100 at most"));
    }
    let is_route = |(method, path): (&str, &str)| HTTP_METHODS.contains(&method) && is_path(path, LONGEST_PATH - method.len() - 1);
    let is_key = |key: &str| key == "$default" || key.split_once(' ').is_some_and(is_route);
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
    source_rules::check(&trigger.name, source)?;
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

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// The field for which triggers are refused; empty when they are taken.
    fn refused(triggers: &Value) -> String {
        let triggers: Vec<Trigger> = serde_json::from_value(triggers.clone()).unwrap();
        Callers::resolve(&triggers).err().map(|invalid| invalid.field).unwrap_or_default()
    }

    fn named(name: &str) -> Value {
        json!({"name": name, "restApi": {"apiId": "a1", "stageName": "prod"}})
    }

    fn rest(change: &Value) -> Value {
        let mut trigger = named("t");
        trigger["restApi"]
            .as_object_mut()
            .unwrap()
            .extend(change.as_object().unwrap().clone());
        json!([trigger])
    }

    fn http(change: &Value) -> Value {
        let mut api = json!({"apiId": "a1"});
        api.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        json!([{"name": "t", "httpApi": api}])
    }

    #[test]
    fn a_trigger_has_a_name_of_its_own_that_is_a_dns_label() {
        for name in ["a", "0", "a-b", &"x".repeat(63)] {
            assert_eq!(refused(&json!([named(name)])), "", "{name}");
        }
        for name in ["", "-a", "a-", "A", "a.b", "ä", &"x".repeat(64)] {
            assert_eq!(refused(&json!([named(name)])), "spec.triggers.name", "{name}");
        }
        assert_eq!(refused(&json!([named("a"), named("a")])), "spec.triggers.name");
        let many = |n: usize| Value::from((0..n).map(|n| named(&format!("t{n}"))).collect::<Vec<_>>());
        assert_eq!((refused(&many(16)), refused(&many(17))), (String::new(), "spec.triggers".into()));
    }

    #[test]
    fn a_stage_of_an_api_is_named_as_aws_names_it() {
        let long = |n: usize| "x".repeat(n);
        for (change, field) in [
            (json!({"apiId": long(64), "stageName": long(128)}), ""),
            (json!({"stageName": "Prod_1-a"}), ""),
            (json!({"apiId": long(65)}), "apiId"),
            (json!({"apiId": ""}), "apiId"),
            (json!({"apiId": "A1"}), "apiId"),
            (json!({"apiId": "a-1"}), "apiId"),
            (json!({"stageName": long(129)}), "stageName"),
            (json!({"stageName": ""}), "stageName"),
            (json!({"stageName": "a.b"}), "stageName"),
        ] {
            let place = |kind: &str| {
                if field.is_empty() {
                    String::new()
                } else {
                    format!("spec.triggers[t].{kind}.{field}")
                }
            };
            assert_eq!(refused(&rest(&change)), place("restApi"), "{change}");
            assert_eq!(refused(&http(&change)), place("httpApi"), "{change}");
        }
        assert_eq!(refused(&http(&json!({"stageName": "$default"}))), "");
        assert_eq!(
            refused(&rest(&json!({"stageName": "$default"}))),
            "spec.triggers[t].restApi.stageName"
        );
    }

    #[test]
    fn methods_and_routes_are_written_as_api_gateway_writes_them() {
        let path = |n: usize| format!("/{}", "x".repeat(n - 1));
        let method = |path: &str, http_method: &str| rest(&json!({"methods": [{"path": path, "httpMethod": http_method}]}));
        let route = |key: &str| http(&json!({"routeKeys": [key]}));
        for (triggers, field) in [
            (method("/reviews/{id}", "ANY"), ""),
            (method(&path(512), "GET"), ""),
            (method(&path(513), "GET"), "restApi.methods.path"),
            (method("reviews", "GET"), "restApi.methods.path"),
            (method("/a\nb", "GET"), "restApi.methods.path"),
            (method("/a", "get"), "restApi.methods.httpMethod"),
            (route("$default"), ""),
            (route("POST /reviews"), ""),
            (route(&format!("GET {}", path(508))), ""),
            (route(&format!("GET {}", path(509))), "httpApi.routeKeys"),
            (route("$connect"), "httpApi.routeKeys"),
            (route("POST reviews"), "httpApi.routeKeys"),
            (route("FETCH /reviews"), "httpApi.routeKeys"),
            (http(&json!({"routeKeys": vec!["$default"; 100]})), ""),
            (http(&json!({"routeKeys": vec!["$default"; 101]})), "httpApi.routeKeys"),
            (rest(&json!({"methods": vec![json!({"path": "/", "httpMethod": "GET"}); 100]})), ""),
            (
                rest(&json!({"methods": vec![json!({"path": "/", "httpMethod": "GET"}); 101]})),
                "restApi.methods",
            ),
        ] {
            let field = if field.is_empty() {
                String::new()
            } else {
                format!("spec.triggers[t].{field}")
            };
            assert_eq!(refused(&triggers), field, "{triggers}");
        }
    }

    #[test]
    fn a_trigger_is_of_exactly_one_kind() {
        let mut both = named("t");
        both["httpApi"] = json!({"apiId": "a1"});
        assert_eq!(refused(&json!([both])), "spec.triggers[t]");
        assert_eq!(refused(&json!([{"name": "t", "eventSource": {}}])), "spec.triggers[t].eventSource");
    }
}
