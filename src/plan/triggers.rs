//! All triggers, whatever their kind: what is due for each, and its state in status.

use std::collections::BTreeMap;

use super::assess::Pass;
use super::callers::ApiKind;
use super::desired::{Desired, DesiredHttpApi, DesiredRestApi};
use super::due::Due;
use super::observed::Observed;
use super::permission::Required;
use super::{event_source, event_source_status, http_api, rest_api};
use crate::api::{TriggerKind, TriggerStatus};

/// What is due for each trigger that is not as desired, by its name.
pub fn dues(desired: &Desired, observed: &Observed) -> BTreeMap<String, Due> {
    let rest = desired.rest_apis.iter().map(|t| (&t.trigger, rest_api::due(desired, observed, t)));
    let http = desired.http_apis.iter().map(|t| (&t.trigger, http_api::due(desired, observed, t)));
    let sources = desired
        .event_sources
        .iter()
        .map(|t| (&t.trigger, event_source::due(desired, observed, t)));
    let all = rest.chain(http).chain(sources);
    all.filter(|(_, due)| !due.is_empty())
        .map(|(trigger, due)| (trigger.clone(), due))
        .collect()
}

/// The state of each trigger, in the order of the spec.
pub fn status(pass: &Pass, required: &Required) -> Vec<TriggerStatus> {
    let desired = pass.desired;
    let rest = desired.rest_apis.iter().map(|trigger| rest_api(pass, required, trigger));
    let http = desired.http_apis.iter().map(|trigger| http_api(pass, required, trigger));
    let sources = desired
        .event_sources
        .iter()
        .map(|trigger| event_source_status::status(pass, trigger));
    let mut all: Vec<_> = rest.chain(http).chain(sources).collect();
    all.sort_by_key(|status| desired.triggers.iter().position(|name| *name == status.name));
    all
}

fn rest_api(pass: &Pass, required: &Required, trigger: &DesiredRestApi) -> TriggerStatus {
    let api = pass.observed.rest_apis.get(&trigger.api_id);
    let methods = api.map(|api| rest_api::methods_of(pass.desired, trigger, api)).unwrap_or_default();
    let uris = methods.values().map(|m| m.integration.as_ref().and_then(|i| i.uri.as_deref()));
    TriggerStatus {
        uri: common(uris),
        ..on_api(pass, required, &trigger.trigger, ApiKind::Rest)
    }
}

fn http_api(pass: &Pass, required: &Required, trigger: &DesiredHttpApi) -> TriggerStatus {
    let api = pass.observed.http_apis.get(&trigger.api_id);
    let uris = api.map(|api| http_api::uris(pass.desired, trigger, api)).unwrap_or_default();
    TriggerStatus {
        uri: common(uris.into_iter()),
        ..on_api(pass, required, &trigger.trigger, ApiKind::Http)
    }
}

fn on_api(pass: &Pass, required: &Required, trigger: &str, kind: ApiKind) -> TriggerStatus {
    let missing = required.missing(trigger);
    let message = due(pass, trigger).or_else(|| missing.first().map(|arn| format!("nothing lets {arn} call the alias")));
    let mut ids: Vec<_> = required.statements(trigger).into_iter().map(|s| s.id.clone()).collect();
    ids.dedup();
    let kind = match kind {
        ApiKind::Rest => TriggerKind::RestApi,
        ApiKind::Http => TriggerKind::HttpApi,
    };
    TriggerStatus {
        qualified: message.is_none() && pass.observed.alias.is_some(),
        statement_ids: ids,
        message,
        ..blank(trigger, kind)
    }
}

/// The first thing that is due for a trigger, in words.
pub fn due(pass: &Pass, trigger: &str) -> Option<String> {
    let due = pass.plan.dues.get(trigger)?;
    let finding = due.findings.first().map(|f| f.message.clone());
    finding
        .or_else(|| due.edits.first().map(|e| e.why.clone()))
        .or_else(|| due.deploy.clone())
}

/// A trigger of which nothing is known but its name and kind.
pub fn blank(trigger: &str, kind: TriggerKind) -> TriggerStatus {
    TriggerStatus {
        name: trigger.into(),
        kind,
        uri: None,
        qualified: false,
        uuid: None,
        state: None,
        last_processing_result: None,
        iterator_age_seconds: None,
        offset_lag: None,
        queue_age_seconds: None,
        failed_messages: None,
        throttles: None,
        statement_ids: Vec::new(),
        message: None,
    }
}

/// What all call, when it is the same.
fn common<'a>(mut uris: impl Iterator<Item = Option<&'a str>>) -> Option<String> {
    let first = uris.next()??;
    uris.all(|uri| uri == Some(first)).then(|| first.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::api::WarmLambdaEndpointStatus;
    use crate::plan::assess::Outcome;
    use crate::plan::fixtures::{HTTP_API, UID, desired, desired_by, desired_http, http_integration, quiet, quiet_http, verdict};
    use crate::plan::policy::statement_prefix;

    fn triggers(desired: &Desired, observed: &Observed) -> Vec<TriggerStatus> {
        let status = verdict(desired, observed, &Outcome::default(), &WarmLambdaEndpointStatus::default(), 0).status;
        status.triggers
    }

    #[test]
    fn a_trigger_that_calls_the_alias_shows_its_uri_and_statement() {
        let http = desired_http(json!({}));
        let rest = (desired(), quiet(), TriggerKind::RestApi, desired().alias_uri());
        let routes = (http.clone(), quiet_http(&http.alias_arn()), TriggerKind::HttpApi, http.alias_arn());
        for (desired, observed, kind, uri) in [rest, routes] {
            let [trigger] = &triggers(&desired, &observed)[..] else {
                panic!("one trigger")
            };
            assert_eq!((trigger.kind, trigger.uri.as_deref()), (kind, Some(uri.as_str())));
            assert!(trigger.qualified && trigger.message.is_none(), "{:?}", trigger.message);
            assert!(
                trigger.statement_ids[0].starts_with(&statement_prefix(UID)),
                "{:?}",
                trigger.statement_ids
            );
        }
    }

    #[test]
    fn a_trigger_that_is_not_let_in_or_has_no_alias_is_not_qualified() {
        let mut locked_out = quiet();
        locked_out.policy = None;
        let told = &triggers(&desired(), &locked_out)[0];
        assert!(!told.qualified && told.statement_ids.is_empty());
        assert!(
            told.message.as_ref().unwrap().starts_with("nothing lets arn:"),
            "{:?}",
            told.message
        );
        let mut without = quiet();
        without.alias = None;
        assert!(!triggers(&desired(), &without)[0].qualified);
    }

    #[test]
    fn routes_that_call_different_things_have_no_uri_in_common() {
        let desired = desired_http(json!({}));
        let mut observed = quiet_http(&desired.alias_arn());
        let api = observed.http_apis.get_mut(HTTP_API).unwrap();
        api.integrations.insert("int2".into(), http_integration(&desired.function_arn()));
        api.routes.as_mut().unwrap().get_mut("$default").unwrap().integration_id = Some("int2".into());
        assert_eq!(triggers(&desired, &observed)[0].uri, None);
    }

    #[test]
    fn triggers_stand_in_the_order_of_the_spec() {
        let edge = json!({"name": "edge", "httpApi": {"apiId": HTTP_API, "stageName": "prod"}});
        let public = json!({"name": "public", "restApi": {"apiId": "a1b2c3d4e5", "stageName": "prod"}});
        for order in [[&edge, &public], [&public, &edge]] {
            let desired = desired_by(json!({"functionName": "fir-api", "triggers": order}));
            let names: Vec<_> = triggers(&desired, &quiet()).into_iter().map(|trigger| trigger.name).collect();
            assert_eq!(names, order.map(|trigger| trigger["name"].as_str().unwrap().to_owned()));
        }
    }
}
