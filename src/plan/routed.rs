//! By configuration: whether the target of every trigger is the alias.

use super::arn::FunctionRef;
use super::callers::function_called;
use super::conditions::{Conditions, Status};
use super::desired::{Desired, DesiredEventSource, DesiredHttpApi, DesiredRestApi};
use super::event_source::candidates;
use super::observed::{HttpApi, Observed};
use super::rest_api::methods_of;
use crate::api::{ConditionType, Reason};

/// So many callers are named in a message; of the others it says how many there are.
const NAMED: usize = 3;

/// One caller of a trigger, and what it calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// For people: `REST API a1b2c3d4e5/prod GET /reviews`.
    pub caller: String,
    /// The function that it calls; `None` when it calls none.
    pub function: Option<FunctionRef>,
}

/// Sets the condition. It is absent when the spec names no triggers.
pub fn of(desired: &Desired, observed: &Observed, conditions: &mut Conditions) {
    let targets = targets(desired, observed);
    if targets.is_empty() {
        return;
    }
    let (status, reason, message) = verdict(desired, &targets);
    conditions.set(ConditionType::RoutedToAlias, status, reason, message);
}

fn verdict(desired: &Desired, targets: &[(&str, Vec<Target>)]) -> (Status, Reason, String) {
    let all = targets
        .iter()
        .flat_map(|(trigger, targets)| targets.iter().map(move |target| (trigger, target)));
    let is_alias = |target: &Target| target.function.as_ref().is_some_and(|f| desired.is_our_alias(f));
    let wrong: Vec<_> = all.filter(|(_, target)| !is_alias(target)).collect();
    if !wrong.is_empty() {
        let elsewhere = |target: &Target| {
            let ours = target.function.as_ref().filter(|f| desired.is_ours(f));
            ours.and_then(|f| f.qualifier.as_deref()).is_some_and(|q| q != "$LATEST")
        };
        let reason = if wrong.iter().all(|(_, target)| elsewhere(target)) {
            Reason::PointsAtOtherAlias
        } else {
            Reason::UnqualifiedTarget
        };
        let named = wrong
            .iter()
            .map(|(trigger, target)| format!("trigger {trigger}: {}", spoken(target)));
        return (Status::False, reason, listed(named.collect()));
    }
    if let Some((trigger, _)) = targets.iter().find(|(_, targets)| targets.is_empty()) {
        let reason = if desired.event_sources.iter().any(|t| t.trigger == *trigger) {
            Reason::MappingNotFound
        } else {
            Reason::TriggerNotFound
        };
        let text = format!("nothing was found that trigger {trigger} speaks of: see TriggerReady");
        return (Status::Unknown, reason, text);
    }
    let text = format!("the target of every trigger is alias {}", desired.alias_arn());
    (Status::True, Reason::Qualified, text)
}

fn spoken(target: &Target) -> String {
    let called = target
        .function
        .as_ref()
        .map_or_else(|| "no function".to_owned(), FunctionRef::describe);
    format!("{} calls {called}", target.caller)
}

/// The first few, and how many more there are.
pub fn listed(mut texts: Vec<String>) -> String {
    let more = texts.len().saturating_sub(NAMED);
    texts.truncate(NAMED);
    let listed = texts.join("; ");
    if more == 0 { listed } else { format!("{listed}; and {more} more") }
}

/// The callers of each trigger, by its name.
fn targets<'a>(desired: &'a Desired, observed: &Observed) -> Vec<(&'a str, Vec<Target>)> {
    let rest = desired
        .rest_apis
        .iter()
        .map(|t| (t.trigger.as_str(), rest_targets(desired, observed, t)));
    let http = desired
        .http_apis
        .iter()
        .map(|t| (t.trigger.as_str(), http_targets(desired, observed, t)));
    let sources = desired.event_sources.iter();
    let sources = sources.map(|t| (t.trigger.as_str(), mapping_targets(desired, observed, t)));
    rest.chain(http).chain(sources).collect()
}

/// The methods of a trigger as they stand in the API, and as the stage serves them where that differs.
fn rest_targets(desired: &Desired, observed: &Observed, trigger: &DesiredRestApi) -> Vec<Target> {
    let Some(api) = observed.rest_apis.get(&trigger.api_id) else {
        return Vec::new();
    };
    let Some(stage) = api.stages.get(&trigger.stage) else {
        return Vec::new();
    };
    let mut targets = Vec::new();
    for (key, method) in methods_of(desired, trigger, api) {
        let caller = format!("REST API {}/{} {} {}", trigger.api_id, trigger.stage, key.http_method, key.path);
        let uri = method.integration.as_ref().and_then(|i| i.uri.as_deref());
        let function = uri.and_then(|uri| function_called(uri, &stage.variables));
        let deployed = stage
            .deployed
            .as_ref()
            .map(|d| d.get(key).and_then(|call| function_called(&call.uri, &stage.variables)));
        add(&mut targets, caller, function, deployed);
    }
    targets
}

/// The same for the routes of an HTTP API.
fn http_targets(desired: &Desired, observed: &Observed, trigger: &DesiredHttpApi) -> Vec<Target> {
    let Some((api, routes)) = observed
        .http_apis
        .get(&trigger.api_id)
        .and_then(|api| Some((api, api.routes.as_ref()?)))
    else {
        return Vec::new();
    };
    let Some(stage) = api.stages.get(&trigger.stage) else {
        return Vec::new();
    };
    let mut targets = Vec::new();
    for key in routes.keys() {
        let function = uri_of_route(api, key).and_then(|uri| function_called(uri, &stage.variables));
        let ours = function.as_ref().is_some_and(|f| desired.is_ours(f));
        let meant = if trigger.routes.is_empty() {
            ours
        } else {
            trigger.routes.contains(key)
        };
        if !meant {
            continue;
        }
        let caller = format!("HTTP API {}/{} {key}", trigger.api_id, trigger.stage);
        let deployed = stage
            .deployed
            .as_ref()
            .map(|d| d.get(key).and_then(|route| function_called(&route.uri, &stage.variables)));
        add(&mut targets, caller, function, deployed);
    }
    targets
}

fn uri_of_route<'a>(api: &'a HttpApi, key: &str) -> Option<&'a str> {
    let route = api.routes.as_ref()?.get(key)?;
    api.integrations.get(route.integration_id.as_ref()?)?.uri.as_deref()
}

/// Adds a caller as it stands, and as it is deployed when that is something else.
fn add(targets: &mut Vec<Target>, caller: String, function: Option<FunctionRef>, deployed: Option<Option<FunctionRef>>) {
    if let Some(function) = deployed.filter(|deployed| *deployed != function) {
        targets.push(Target {
            caller: format!("{caller} as it is deployed"),
            function,
        });
    }
    targets.push(Target { caller, function });
}

/// The mappings of the function that take records from the source of a trigger.
fn mapping_targets(desired: &Desired, observed: &Observed, trigger: &DesiredEventSource) -> Vec<Target> {
    let all = observed.mappings.iter();
    let meant = all.flat_map(|all| candidates(desired, all, trigger));
    meant
        .map(|(uuid, mapping)| Target {
            caller: format!("event source mapping {uuid}"),
            function: mapping.function(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;
    use crate::plan::fixtures::{API, ORDERS, deployed, desired, desired_by, mapped, moment, orders, quiet, reviews};
    use crate::plan::observed::{HttpIntegration, HttpStage, Route};

    /// Status, reason and message; `None` when it is absent.
    fn routed(desired: &Desired, observed: &Observed) -> Option<(String, String, String)> {
        let mut conditions = Conditions::new(&[], moment(0));
        of(desired, observed, &mut conditions);
        conditions.finish().pop().map(|c| (c.status, c.reason, c.message))
    }

    fn says(desired: &Desired, observed: &Observed, status: &str, reason: &str, words: &str) {
        let (said, why, message) = routed(desired, observed).unwrap();
        assert_eq!((said.as_str(), why.as_str()), (status, reason), "{message}");
        assert!(message.contains(words), "{message}");
    }

    fn uri(qualifier: &str) -> String {
        let desired = desired();
        desired.site.invocation_uri(&format!("{}{qualifier}", desired.function_arn()))
    }

    fn with_method(qualifier: &str) -> Observed {
        let mut observed = quiet();
        let api = observed.rest_apis.get_mut(API).unwrap();
        let method = api.methods.as_mut().unwrap().get_mut(&reviews()).unwrap();
        method.integration.as_mut().unwrap().uri = Some(uri(qualifier));
        api.stages.get_mut("prod").unwrap().deployed = Some(BTreeMap::from([(reviews(), deployed(&uri(qualifier)))]));
        observed
    }

    fn http() -> Desired {
        desired_by(json!({"functionName": "fir-api", "triggers": [{"name": "edge", "httpApi": {"apiId": "f6g7h8i9j0"}}]}))
    }

    fn http_api(uri: &str, served: &str) -> Observed {
        let integration = HttpIntegration {
            kind: "AWS_PROXY".into(),
            uri: Some(uri.into()),
            credentials: None,
            payload_format: None,
            description: String::new(),
        };
        let route = Route {
            id: "r1".into(),
            integration_id: Some("i1".into()),
        };
        let stage = HttpStage {
            deployed: Some(BTreeMap::from([("POST /reviews".to_owned(), deployed(served))])),
            ..HttpStage::default()
        };
        let api = HttpApi {
            routes: Some(BTreeMap::from([("POST /reviews".to_owned(), route)])),
            integrations: BTreeMap::from([("i1".to_owned(), integration)]),
            stages: BTreeMap::from([("$default".to_owned(), stage)]),
        };
        Observed {
            http_apis: BTreeMap::from([("f6g7h8i9j0".to_owned(), api)]),
            ..quiet()
        }
    }

    #[test]
    fn a_trigger_whose_every_target_is_the_alias_is_qualified() {
        says(&desired(), &quiet(), "True", "Qualified", ":function:fir-api:live");
    }

    #[test]
    fn a_method_that_calls_the_function_or_latest_is_named_with_what_it_calls() {
        says(
            &desired(),
            &with_method(""),
            "False",
            "UnqualifiedTarget",
            "trigger public: REST API a1b2c3d4e5/prod GET /reviews calls fir-api without a qualifier, which is $LATEST",
        );
        says(
            &desired(),
            &with_method(":$LATEST"),
            "False",
            "UnqualifiedTarget",
            "calls fir-api:$LATEST",
        );
    }

    #[test]
    fn another_alias_or_a_version_is_told_apart_from_latest() {
        for qualifier in [":blue", ":39"] {
            says(
                &desired(),
                &with_method(qualifier),
                "False",
                "PointsAtOtherAlias",
                &format!("calls fir-api{qualifier}"),
            );
        }
    }

    #[test]
    fn what_the_stage_serves_counts_as_well() {
        let mut observed = quiet();
        let stage = observed.rest_apis.get_mut(API).unwrap().stages.get_mut("prod").unwrap();
        stage.deployed = Some(BTreeMap::from([(reviews(), deployed(&uri("")))]));
        says(
            &desired(),
            &observed,
            "False",
            "UnqualifiedTarget",
            "GET /reviews as it is deployed calls fir-api without",
        );
    }

    #[test]
    fn an_api_that_is_not_there_leaves_it_unknown() {
        let observed = Observed {
            rest_apis: BTreeMap::new(),
            ..quiet()
        };
        says(&desired(), &observed, "Unknown", "TriggerNotFound", "trigger public");
        says(&orders(), &quiet(), "Unknown", "MappingNotFound", "trigger orders");
    }

    #[test]
    fn without_triggers_there_is_nothing_to_say() {
        assert_eq!(routed(&desired_by(json!({"functionName": "fir-api"})), &quiet()), None);
    }

    #[test]
    fn a_mapping_is_judged_by_the_qualifier_of_its_function() {
        says(&orders(), &mapped(":live"), "True", "Qualified", "live");
        let named = format!("trigger orders: event source mapping {ORDERS} calls fir-api");
        says(&orders(), &mapped(""), "False", "UnqualifiedTarget", &format!("{named} without"));
        says(&orders(), &mapped(":blue"), "False", "PointsAtOtherAlias", &format!("{named}:blue"));
    }

    #[test]
    fn both_forms_of_an_http_apis_uri_are_read() {
        for uri in [desired().alias_arn(), desired().alias_uri()] {
            says(&http(), &http_api(&uri, &desired().alias_arn()), "True", "Qualified", "live");
        }
        let function = desired().function_arn();
        says(
            &http(),
            &http_api(&function, &function),
            "False",
            "UnqualifiedTarget",
            "HTTP API f6g7h8i9j0/$default POST /reviews calls fir-api without",
        );
        says(
            &http(),
            &http_api(&desired().alias_arn(), &function),
            "False",
            "UnqualifiedTarget",
            "as it is deployed",
        );
    }

    #[test]
    fn of_many_callers_three_are_named() {
        let texts = |n: usize| listed((0..n).map(|n| n.to_string()).collect());
        assert_eq!((texts(3).as_str(), texts(5).as_str()), ("0; 1; 2", "0; 1; 2; and 2 more"));
    }
}
