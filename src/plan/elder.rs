//! Older endpoints on other aliases of the same function: what they ask for stays theirs, or two endpoints would point one caller
//! back and forth for ever.

use super::arn::FunctionRef;
use super::desired::{Desired, DesiredEventSource, DesiredHttpApi, DesiredRestApi, MethodKey, Source};
use super::finding::{Ends, Finding, Link};
use super::observed::Mapping;
use super::trigger::Callers;
use crate::api::Reason;

/// An older endpoint on another alias of the function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Elder {
    /// Its `namespace/name`.
    pub name: String,
    /// Its alias.
    pub alias: String,
    /// The callers that it asks for.
    pub callers: Callers,
}

impl Elder {
    /// Whether it asks for a method of a REST API on a stage. An integration is the API's and not the stage's, unless stage variables
    /// make it differ: `by_variable` tells that they do.
    pub fn claims_method(&self, api_id: &str, stage: &str, method: &MethodKey, by_variable: bool) -> bool {
        let claims = |t: &&DesiredRestApi| {
            t.api_id == api_id && (t.stage == stage || !by_variable) && (t.methods.is_empty() || t.methods.contains(method))
        };
        self.callers.rest_apis.iter().any(|t| claims(&t))
    }

    /// The same for a route of an HTTP API.
    pub fn claims_route(&self, api_id: &str, stage: &str, route_key: &str, by_variable: bool) -> bool {
        let claims = |t: &&DesiredHttpApi| {
            let named = t.routes.is_empty() || t.routes.iter().any(|r| r == route_key);
            t.api_id == api_id && (t.stage == stage || !by_variable) && named
        };
        self.callers.http_apis.iter().any(|t| claims(&t))
    }

    /// Whether it asks for a mapping, by its UUID or its source.
    pub fn claims_mapping(&self, uuid: &str, mapping: &Mapping) -> bool {
        let claims = |t: &&DesiredEventSource| match &t.source {
            Source::Uuid(theirs) => theirs == uuid,
            source => source.is_read_by(mapping),
        };
        self.callers.event_sources.iter().any(|t| claims(&t))
    }
}

impl Desired {
    /// The older endpoint whose alias a function is.
    pub fn elder_on(&self, function: &FunctionRef) -> Option<&Elder> {
        let alias = function.qualifier.as_deref().filter(|_| self.is_ours(function))?;
        self.elders.iter().find(|elder| elder.alias == alias)
    }
}

/// A caller that an older endpoint keeps; `caller` is for people.
pub fn keeps(elder: &Elder, caller: &str) -> Finding {
    let text = format!(
        "{caller} calls alias {}, and WarmLambdaEndpoint {}, which is older, asks for it too: it is left there; take the trigger out of one \
         of the two",
        elder.alias, elder.name
    );
    Finding::new(Link::Trigger, Ends::ByPerson, Reason::TriggerClaimed, text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::fixtures::{ORDERS, STREAM, mapping};
    use serde_json::json;

    fn elder(triggers: serde_json::Value) -> Elder {
        let triggers: Vec<crate::api::Trigger> = serde_json::from_value(triggers).unwrap();
        Elder {
            name: "shop/old".into(),
            alias: "live".into(),
            callers: Callers::resolve(&triggers).unwrap(),
        }
    }

    fn get(path: &str) -> MethodKey {
        MethodKey {
            path: path.into(),
            http_method: "GET".into(),
        }
    }

    #[test]
    fn an_integration_is_claimed_on_every_stage_and_a_stage_variable_on_its_own() {
        let elder = elder(json!([{"name": "t", "restApi": {"apiId": "a1", "stageName": "prod"}}]));
        assert!(elder.claims_method("a1", "prod", &get("/"), true));
        assert!(elder.claims_method("a1", "beta", &get("/"), false));
        assert!(!elder.claims_method("a1", "beta", &get("/"), true));
        assert!(!elder.claims_method("a2", "prod", &get("/"), false));
    }

    #[test]
    fn methods_and_routes_that_are_named_are_claimed_and_others_are_not() {
        let elder = elder(json!([
            {"name": "t", "restApi": {"apiId": "a1", "stageName": "prod", "methods": [{"path": "/a", "httpMethod": "GET"}]}},
            {"name": "h", "httpApi": {"apiId": "b1", "routeKeys": ["GET /a"]}},
        ]));
        assert!(elder.claims_method("a1", "prod", &get("/a"), false) && !elder.claims_method("a1", "prod", &get("/b"), false));
        assert!(elder.claims_route("b1", "$default", "GET /a", false) && !elder.claims_route("b1", "$default", "GET /b", false));
    }

    #[test]
    fn a_mapping_is_claimed_by_its_source_or_its_uuid() {
        let other = Mapping {
            source_arn: Some("arn:aws:sqs:eu-west-1:111122223333:orders".into()),
            ..mapping(":live")
        };
        let by_arn = elder(json!([{"name": "s", "eventSource": {"arn": STREAM}}]));
        assert!(by_arn.claims_mapping(ORDERS, &mapping(":live")) && !by_arn.claims_mapping(ORDERS, &other));
        let by_uuid = elder(json!([{"name": "s", "eventSource": {"uuid": ORDERS}}]));
        assert!(by_uuid.claims_mapping(ORDERS, &other));
    }

    #[test]
    fn a_route_is_claimed_on_its_stage_alone_when_a_stage_variable_tells_them_apart() {
        let elder = elder(json!([{"name": "h", "httpApi": {"apiId": "b1", "stageName": "prod"}}]));
        assert!(elder.claims_route("b1", "prod", "GET /a", true));
        assert!(elder.claims_route("b1", "beta", "GET /a", false));
        assert!(!elder.claims_route("b1", "beta", "GET /a", true));
        assert!(!elder.claims_route("b2", "prod", "GET /a", false));
    }
}
