//! The routes of an HTTP API: which of them shall call the alias, which do, and what is due for the others.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::jiff::Timestamp;

use super::callers::{ApiKind, Entrance, Variables, calls_alias, function_called};
use super::desired::{Desired, DesiredHttpApi};
use super::due::{self, Due};
use super::elder::{self, Elder};
use super::finding::{Ends, Finding, Link};
use super::http_integrations::{self, Way, integration_of, lambda_uri, way};
use super::observed::{HttpApi, HttpStage, Observed, PendingDeployment, Route};
use super::permission::Required;
use super::stage_variables::{has_variable, shared_with, solve};
use super::stages::{self, OnStage};
use super::step::{PlannedStep, Step};
use super::steps::Plan;
use crate::api::{DeploymentPolicy, Reason};

/// A deployment that failed is tried again after so many seconds: whoever mended the API may not have deployed it.
const FAILED_FOR: i64 = 30 * 60;

/// Adds what is due on the APIs. Callers are moved only to an alias that was observed to be warm and to let them in.
pub fn plan(required: &Required, warm: bool, now: Timestamp, plan: &mut Plan) {
    let triggers = required.desired.http_apis.iter();
    let dues: Vec<_> = triggers
        .map(|trigger| OnStage {
            kind: ApiKind::Http,
            api_id: trigger.api_id.clone(),
            stage: trigger.stage.clone(),
            deployment: trigger.deployment,
            let_in: required.missing(&trigger.trigger).is_empty(),
            due: plan.due(&trigger.trigger),
        })
        .collect();
    stages::plan(&dues, warm, |one, why| deploy(required.observed, one, why, now), plan);
}

fn deploy(observed: &Observed, one: &OnStage, why: &str, now: Timestamp) -> Result<Step, Finding> {
    let (api_id, name) = (&one.api_id, &one.stage);
    let finding = |ends, reason, text| Err(Finding::new(Link::Trigger, ends, reason, text));
    let failed = |message: &str| {
        let text = format!("{why}: the deployment of HTTP API {api_id} to stage {name} failed ({message}): correct the API and deploy it");
        finding(Ends::ByPerson, Reason::DeploymentFailed, text)
    };
    let stage = observed.http_apis.get(api_id).and_then(|api| api.stages.get(name));
    // What was deployed before the edits of this pass says nothing about after them.
    let edited = !one.due.edits.is_empty();
    if let Some(stage) = stage.filter(|stage| stage.auto_deploy) {
        return match &stage.deployment_failure {
            Some(message) if !edited => failed(message),
            _ => {
                let text = format!("{why}; stage {name} of HTTP API {api_id} deploys itself");
                finding(Ends::ByItself, Reason::DeploymentPending, text)
            }
        };
    }
    let old = |created: &Option<Timestamp>| created.is_none_or(|at| now.as_second() - at.as_second() >= FAILED_FOR);
    match stage.and_then(|stage| stage.pending.as_ref()) {
        Some(PendingDeployment::Pending) => {
            let text = format!("{why}; AWS is deploying HTTP API {api_id} to stage {name}");
            return finding(Ends::ByItself, Reason::DeploymentPending, text);
        }
        Some(PendingDeployment::Failed { message, created }) if !edited && !old(created) => return failed(message),
        _ => {}
    }
    if one.deployment == DeploymentPolicy::Never {
        let text = format!("{why}; deployment is Never: deploy HTTP API {api_id} to stage {name}");
        return finding(Ends::ByOthers, Reason::DeploymentPending, text);
    }
    Ok(Step::DeployHttpStage {
        api_id: api_id.clone(),
        stage: name.clone(),
    })
}

/// What is due for a trigger.
pub fn due(desired: &Desired, observed: &Observed, trigger: &DesiredHttpApi) -> Due {
    due_on(desired, trigger, observed.http_apis.get(&trigger.api_id))
}

/// What is due for a trigger on its API; `None` for an API that was not observed.
pub fn due_on(desired: &Desired, trigger: &DesiredHttpApi, api: Option<&HttpApi>) -> Due {
    let (api_id, stage_name, name) = (&trigger.api_id, &trigger.stage, &trigger.trigger);
    let lacking = |text: String| Due {
        findings: vec![Finding::new(Link::Trigger, Ends::ByDelivery, Reason::TriggerNotFound, text)],
        ..Due::default()
    };
    let Some((api, all)) = api.and_then(|api| Some((api, api.routes.as_ref()?))) else {
        return lacking(format!(
            "HTTP API {api_id} does not exist in {}: create it, or correct spec.triggers[{name}]",
            desired.site.region
        ));
    };
    let Some(stage) = api.stages.get(stage_name) else {
        return lacking(format!(
            "HTTP API {api_id} has no stage {stage_name}: create it, or correct spec.triggers[{name}]"
        ));
    };
    if let Some(absent) = trigger.routes.iter().find(|key| !all.contains_key(*key)) {
        return lacking(format!(
            "HTTP API {api_id} has no route {absent}: create it, or correct spec.triggers[{name}]"
        ));
    }
    let routes = routes_of(desired, trigger, api);
    let mut kept = all
        .iter()
        .filter_map(|(key, route)| Some((key, kept_by(desired, trigger, api, route, stage)?)));
    // Without names, what an elder keeps is not meant, unless nothing else is left.
    if let Some((key, elder)) = kept.find(|(key, _)| routes.is_empty() || routes.contains_key(key.as_str())) {
        return Due {
            findings: vec![elder::keeps(elder, &format!("route {key} of HTTP API {api_id}"))],
            ..Due::default()
        };
    }
    if routes.is_empty() {
        return lacking(format!(
            "no route of HTTP API {api_id} calls function {}: name the routes that shall in spec.triggers[{name}]",
            desired.function
        ));
    }
    edits(desired, trigger, api, stage, &routes)
}

/// The routes of a trigger: those it names, else those whose integration names the function, whatever the qualifier.
fn routes_of<'a>(desired: &Desired, trigger: &DesiredHttpApi, api: &'a HttpApi) -> BTreeMap<&'a str, &'a Route> {
    let stage = api.stages.get(&trigger.stage);
    let variables = stage.map(|stage| &stage.variables);
    let kept = |route: &Route| stage.is_some_and(|stage| kept_by(desired, trigger, api, route, stage).is_some());
    let ours = |route: &Route| {
        let uri = integration_of(api, route).and_then(|(_, i)| lambda_uri(i));
        uri.zip(variables)
            .and_then(|(uri, variables)| function_called(uri, variables))
            .is_some_and(|f| desired.is_ours(&f))
    };
    let meant = |key: &String, route: &Route| {
        if trigger.routes.is_empty() {
            ours(route) && !kept(route)
        } else {
            trigger.routes.contains(key)
        }
    };
    let all = api.routes.iter().flatten();
    all.filter(|(key, route)| meant(key, route))
        .map(|(key, route)| (key.as_str(), route))
        .collect()
}

/// The older endpoint that keeps a route, because it calls its alias and that asks for it, or for one that shares its integration.
fn kept_by<'a>(desired: &'a Desired, trigger: &DesiredHttpApi, api: &HttpApi, route: &Route, stage: &HttpStage) -> Option<&'a Elder> {
    let (id, integration) = integration_of(api, route)?;
    let uri = lambda_uri(integration)?;
    let elder = desired.elder_on(&function_called(uri, &stage.variables)?)?;
    let mut sharing = api.routes.iter().flatten().filter(|(_, r)| r.integration_id.as_deref() == Some(id));
    let claims = |key: &str| elder.claims_route(&trigger.api_id, &trigger.stage, key, has_variable(uri));
    sharing.any(|(key, _)| claims(key)).then_some(elder)
}

/// What each route of a trigger calls.
pub fn uris<'a>(desired: &Desired, trigger: &DesiredHttpApi, api: &'a HttpApi) -> Vec<Option<&'a str>> {
    let routes = routes_of(desired, trigger, api).into_values();
    routes
        .map(|route| integration_of(api, route).and_then(|(_, i)| i.uri.as_deref()))
        .collect()
}

/// Stages and routes where requests arrive that API Gateway hands to the alias without a role, or will once the trigger's routes
/// call it: also by routes that share their integration, and on stages that deploy the edit by themselves.
pub fn without_role(desired: &Desired, observed: &Observed, trigger: &DesiredHttpApi) -> Vec<(String, Entrance)> {
    let api = observed.http_apis.get(&trigger.api_id);
    let Some((api, own)) = api.and_then(|api| Some((api, api.stages.get(&trigger.stage)?))) else {
        return Vec::new();
    };
    let mut all = BTreeSet::new();
    for (key, route) in routes_of(desired, trigger, api) {
        let way = way(desired, trigger, api, route, &own.variables);
        let (kept, by_variable) = match way {
            Way::Right(integration) => (Some(integration), lambda_uri(integration).is_some_and(has_variable)),
            Way::Move(_, integration) => (Some(integration), false),
            Way::Another => (None, false),
        };
        if kept.is_some_and(|integration| integration.credentials.is_some()) {
            continue;
        }
        let shares = |other: &Route| kept.is_some() && other.integration_id == route.integration_id;
        let all_routes = api.routes.iter().flatten();
        let reached: Vec<_> = all_routes
            .filter(|(k, other)| *k == key || shares(other))
            .map(|(k, _)| k.as_str())
            .collect();
        for (name, _) in api
            .stages
            .iter()
            .filter(|(name, s)| **name == trigger.stage || (s.auto_deploy && !by_variable))
        {
            all.extend(reached.iter().map(|key| (name.as_str(), *key)));
        }
    }
    let deployed = own.deployed.iter().flatten();
    let deployed = deployed
        .filter(|(_, call)| call.credentials.is_none() && calls_alias(desired, &call.uri, &own.variables))
        .filter(|(key, _)| trigger.routes.is_empty() || trigger.routes.contains(key));
    all.extend(deployed.map(|(key, _)| (trigger.stage.as_str(), key.as_str())));
    all.into_iter()
        .map(|(stage, key)| (stage.to_owned(), Entrance::Route(key.into())))
        .collect()
}

fn edits(desired: &Desired, trigger: &DesiredHttpApi, api: &HttpApi, stage: &HttpStage, routes: &BTreeMap<&str, &Route>) -> Due {
    let mut due = Due::default();
    let after = variables(desired, trigger, api, stage, routes, &mut due);
    if !due.findings.is_empty() {
        return due;
    }
    http_integrations::plan(desired, trigger, api, routes, &after, &mut due);
    let is_deployed = |key: &str| {
        let call = stage.deployed.as_ref().and_then(|d| d.get(key));
        call.is_some_and(|call| calls_alias(desired, &call.uri, &after))
    };
    // A route that still lacks its integration is not worth a deployment.
    if !due.edits.iter().any(|e| matches!(e.step, Step::CreateHttpIntegration { .. })) {
        let stale: Vec<_> = routes.keys().filter(|key| !is_deployed(key)).collect();
        due.deploy = stale.first().map(|first| due::stale(&trigger.stage, first, stale.len()));
    }
    due
}

/// The variables of the stage as they shall be; adds what changes them.
fn variables(
    desired: &Desired,
    trigger: &DesiredHttpApi,
    api: &HttpApi,
    stage: &HttpStage,
    routes: &BTreeMap<&str, &Route>,
    due: &mut Due,
) -> Variables {
    let mut after = stage.variables.clone();
    let mut changed = Vec::new();
    for (key, route) in routes {
        let current = integration_of(api, route).and_then(|(_, i)| lambda_uri(i));
        let deployed = stage.deployed.as_ref().and_then(|d| d.get(*key)).map(|call| call.uri.as_str());
        for uri in [current, deployed].into_iter().flatten() {
            if calls_alias(desired, uri, &after) {
                continue;
            }
            let Some(variable) = solve(desired, uri, &after) else { continue };
            if let Some(other) = shared_with(desired, uses(api, stage), &after, &variable) {
                let text = format!(
                    "stage variable {} of HTTP API {}/{} would have to change, and {other} uses it too: give the routes variables of \
                     their own",
                    variable.name, trigger.api_id, trigger.stage
                );
                due.findings
                    .push(Finding::new(Link::Trigger, Ends::ByPerson, Reason::UnqualifiedTarget, text));
            } else {
                changed.push(variable.name.clone());
                after.insert(variable.name, variable.value);
            }
        }
    }
    if !changed.is_empty() {
        due.edits.push(PlannedStep {
            why: format!(
                "stage variable {} makes HTTP API {} call something else than alias {}",
                changed.join(" and "),
                trigger.api_id,
                desired.alias
            ),
            step: Step::SetHttpStageVariables {
                api_id: trigger.api_id.clone(),
                stage: trigger.stage.clone(),
                variables: after.clone(),
            },
        });
    }
    after
}

/// The URI of every route that calls a function, as it stands now and as it is deployed.
fn uses<'a>(api: &'a HttpApi, stage: &'a HttpStage) -> impl Iterator<Item = (Entrance, &'a str)> {
    let current = api.routes.iter().flatten();
    let current = current.filter_map(|(key, route)| Some((key, lambda_uri(integration_of(api, route)?.1)?)));
    let deployed = stage.deployed.iter().flatten().map(|(key, call)| (key, call.uri.as_str()));
    current.chain(deployed).map(|(key, uri)| (Entrance::Route(key.clone()), uri))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::plan::fixtures::{HTTP_API, at, calls, desired, desired_http, http_integration, planned, quiet_http};
    use crate::plan::trigger::Callers;

    fn arn(qualified: &str) -> String {
        desired().site.function_arn(qualified)
    }

    fn any() -> Desired {
        desired_http(json!({}))
    }

    fn stage(observed: &mut Observed) -> &mut HttpStage {
        let api = observed.http_apis.get_mut(HTTP_API).unwrap();
        api.stages.get_mut("prod").unwrap()
    }

    /// The integration is right, and the stage serves what it was before.
    fn undeployed() -> Observed {
        let mut observed = quiet_http(&arn("fir-api:live"));
        stage(&mut observed).deployed = quiet_http(&arn("fir-api")).http_apis[HTTP_API].stages["prod"].deployed.clone();
        observed
    }

    fn finding(desired: &Desired, observed: &Observed) -> (Ends, Reason, String) {
        let plan = planned(desired, observed);
        assert!(plan.steps.is_empty(), "{:?}", plan.steps);
        let finding = plan.findings[0].clone();
        (finding.ends, finding.reason, finding.message)
    }

    #[test]
    fn a_chain_that_is_as_desired_needs_nothing() {
        assert_eq!(planned(&any(), &quiet_http(&arn("fir-api:live"))), Plan::default());
    }

    #[test]
    fn a_route_that_an_older_endpoint_asks_for_stays_on_its_alias() {
        let elder = Elder {
            name: "shop/old".into(),
            alias: "blue".into(),
            callers: Callers {
                http_apis: any().http_apis,
                ..Callers::default()
            },
        };
        let beside = any().beside(vec![elder]);
        let plan = planned(&beside, &quiet_http(&arn("fir-api:blue")));
        assert!(plan.steps.iter().all(|s| s.step.link() != Link::Trigger), "{:?}", plan.steps);
        assert_eq!(plan.findings[0].reason, Reason::TriggerClaimed);
        assert!(
            plan.findings[0].message.contains("WarmLambdaEndpoint shop/old"),
            "{:?}",
            plan.findings
        );
        assert!(!calls(&beside, &quiet_http(&arn("fir-api:39"))).is_empty());
    }

    #[test]
    fn a_stage_that_does_not_deploy_itself_is_deployed_and_its_deployment_is_awaited() {
        let mut observed = undeployed();
        assert_eq!(
            calls(&any(), &observed),
            ["apigatewayv2:CreateDeployment f6g7h8i9j0 stageName=prod"]
        );
        stage(&mut observed).pending = Some(PendingDeployment::Pending);
        let (ends, reason, _) = finding(&any(), &observed);
        assert_eq!((ends, reason), (Ends::ByItself, Reason::DeploymentPending));
    }

    #[test]
    fn a_deployment_that_failed_is_reported_in_awss_words_and_tried_again_after_half_an_hour() {
        let mut observed = undeployed();
        let failed_at = |seconds: i64| PendingDeployment::Failed {
            message: "no".into(),
            created: Some(at(seconds)),
        };
        stage(&mut observed).pending = Some(failed_at(-1799));
        let (ends, reason, message) = finding(&any(), &observed);
        assert_eq!((ends, reason), (Ends::ByPerson, Reason::DeploymentFailed));
        assert!(message.contains("failed (no)"), "{message}");
        stage(&mut observed).pending = Some(failed_at(-1800));
        assert_eq!(calls(&any(), &observed).len(), 1);
    }

    #[test]
    fn a_stage_that_deploys_itself_is_awaited_and_never_deployed() {
        let mut observed = undeployed();
        stage(&mut observed).auto_deploy = true;
        let (ends, reason, _) = finding(&any(), &observed);
        assert_eq!((ends, reason), (Ends::ByItself, Reason::DeploymentPending));
        stage(&mut observed).deployment_failure = Some("Deployment attempt failed: no routes".into());
        let (ends, reason, message) = finding(&any(), &observed);
        assert_eq!((ends, reason), (Ends::ByPerson, Reason::DeploymentFailed));
        assert!(message.contains("no routes"), "{message}");
        let mut unedited = quiet_http(&arn("fir-api"));
        *stage(&mut unedited) = HttpStage {
            deployed: stage(&mut unedited).deployed.clone(),
            ..stage(&mut observed).clone()
        };
        let plan = planned(&any(), &unedited);
        assert_eq!(plan.steps.len(), 1);
        let reasons: Vec<_> = plan.findings.iter().map(|finding| finding.reason).collect();
        assert_eq!(
            reasons,
            [Reason::DeploymentPending],
            "what failed before the edit may not fail after it"
        );
    }

    #[test]
    fn with_deployment_never_somebody_else_deploys() {
        let desired = desired_http(json!({"deployment": "Never"}));
        let (ends, reason, _) = finding(&desired, &undeployed());
        assert_eq!((ends, reason), (Ends::ByOthers, Reason::DeploymentPending));
    }

    #[test]
    fn what_does_not_exist_is_named_with_the_next_step() {
        let mut gone = quiet_http(&arn("fir-api"));
        gone.http_apis.get_mut(HTTP_API).unwrap().routes = None;
        for (desired, observed, said) in [
            (any(), gone, "HTTP API f6g7h8i9j0 does not exist in eu-west-1: create it"),
            (
                desired_http(json!({"stageName": "$default"})),
                quiet_http(&arn("fir-api")),
                "HTTP API f6g7h8i9j0 has no stage $default: create it",
            ),
            (
                desired_http(json!({"routeKeys": ["GET /none"]})),
                quiet_http(&arn("fir-api")),
                "HTTP API f6g7h8i9j0 has no route GET /none: create it",
            ),
            (
                any(),
                quiet_http(&arn("pine-api")),
                "no route of HTTP API f6g7h8i9j0 calls function fir-api: name the routes",
            ),
        ] {
            let plan = planned(&desired, &observed);
            let finding = plan.findings.iter().find(|f| f.reason == Reason::TriggerNotFound).unwrap();
            assert!(finding.message.starts_with(said), "{}", finding.message);
        }
    }

    #[test]
    fn a_stage_variable_in_place_of_the_qualifier_is_set_with_all_others_and_nothing_is_deployed() {
        let mut observed = quiet_http(&arn("fir-api:${stageVariables.alias}"));
        stage(&mut observed).variables = [("alias", "blue"), ("table", "orders")]
            .map(|(k, v)| (k.to_owned(), v.to_owned()))
            .into();
        assert_eq!(
            calls(&any(), &observed),
            ["apigatewayv2:UpdateStage f6g7h8i9j0/prod stageVariables.alias=live stageVariables.table=orders"]
        );
    }

    #[test]
    fn callers_wait_until_the_permission_is_observed() {
        let mut observed = quiet_http(&arn("fir-api"));
        observed.policy = None;
        let actions: Vec<_> = planned(&any(), &observed).steps.iter().map(|s| s.step.action()).collect();
        assert_eq!(actions, ["lambda:AddPermission"]);
    }

    #[test]
    fn a_stage_variable_that_another_route_needs_as_it_is_is_left_alone() {
        let mut observed = quiet_http(&arn("fir-api:${stageVariables.alias}"));
        let api = observed.http_apis.get_mut(HTTP_API).unwrap();
        let other = Route {
            id: "route3".into(),
            integration_id: Some("int2".into()),
        };
        api.routes.as_mut().unwrap().insert("GET /other".into(), other);
        let foreign = desired().site.function_arn("other:${stageVariables.alias}");
        api.integrations
            .insert("int2".into(), crate::plan::fixtures::http_integration(&foreign));
        stage(&mut observed).variables = [("alias".to_owned(), "blue".to_owned())].into();
        let plan = planned(&any(), &observed);
        assert!(plan.steps.is_empty(), "{:?}", plan.steps);
        assert!(
            plan.findings[0]
                .message
                .contains("would have to change, and GET /other uses it too"),
            "{:?}",
            plan.findings
        );
    }

    #[test]
    fn who_calls_without_a_role_is_whoever_an_edit_reaches() {
        let reached = |observed: &Observed| {
            let all = without_role(&any(), observed, &any().http_apis[0]).into_iter();
            all.map(|(stage, entrance)| format!("{stage} {entrance}")).collect::<Vec<_>>()
        };
        let on_prod = ["prod $default", "prod POST /reviews"];
        let mut observed = quiet_http(&arn("fir-api"));
        assert_eq!(reached(&observed), on_prod);
        let api = observed.http_apis.get_mut(HTTP_API).unwrap();
        let other = Route {
            id: "route3".into(),
            integration_id: Some("int2".into()),
        };
        api.routes.as_mut().unwrap().insert("GET /other".into(), other);
        api.integrations.insert("int2".into(), http_integration(&arn("other:live")));
        let mut beta = api.stages["prod"].clone();
        beta.deployed = None;
        api.stages.insert("beta".into(), beta.clone());
        assert_eq!(
            reached(&observed),
            on_prod,
            "neither another integration nor a stage that somebody deploys"
        );
        beta.auto_deploy = true;
        observed.http_apis.get_mut(HTTP_API).unwrap().stages.insert("beta".into(), beta);
        assert_eq!(
            reached(&observed),
            [&["beta $default", "beta POST /reviews"][..], &on_prod].concat(),
            "a stage that deploys itself"
        );
        let api = observed.http_apis.get_mut(HTTP_API).unwrap();
        api.integrations
            .insert("int1".into(), http_integration(&arn("fir-api:${stageVariables.q}")));
        let variables = &mut stage(&mut observed).variables;
        variables.insert("q".into(), "live".into());
        assert_eq!(
            reached(&observed),
            on_prod,
            "what its own variables make of it is the other stage's"
        );
    }

    #[test]
    fn what_a_stage_serves_without_a_role_is_let_in_as_far_as_the_spec_names_it() {
        let named = desired_http(json!({"routeKeys": ["POST /reviews"]}));
        let mut observed = quiet_http(&arn("fir-api:live"));
        let reached_by = |desired: &Desired, observed: &Observed| {
            let all = without_role(desired, observed, &desired.http_apis[0]).into_iter();
            all.map(|(_, entrance)| entrance.to_string()).collect::<Vec<_>>()
        };
        let reached = |observed: &Observed| reached_by(&named, observed);
        let role = Some(String::from("arn:aws:iam::111122223333:role/gateway"));
        let api = observed.http_apis.get_mut(HTTP_API).unwrap();
        let mut by_role = http_integration(&arn("fir-api:live"));
        by_role.credentials.clone_from(&role);
        api.integrations.insert("int2".into(), by_role);
        api.routes.as_mut().unwrap().get_mut("POST /reviews").unwrap().integration_id = Some("int2".into());
        assert_eq!(
            reached(&observed),
            ["POST /reviews"],
            "served without a role until the stage is deployed"
        );
        assert_eq!(reached_by(&any(), &observed), ["$default", "POST /reviews"]);
        let served = stage(&mut observed).deployed.as_mut().unwrap();
        served.get_mut("POST /reviews").unwrap().credentials = role;
        assert_eq!(reached(&observed), Vec::<String>::new());
    }

    #[test]
    fn status_shows_the_uri_of_each_route_of_a_trigger() {
        let (desired, uri) = (any(), arn("fir-api:live"));
        let mut observed = quiet_http(&uri);
        let api = observed.http_apis.get_mut(HTTP_API).unwrap();
        assert_eq!(uris(&desired, &desired.http_apis[0], api), [Some(uri.as_str()), Some(uri.as_str())]);
        let named = desired_http(json!({"routeKeys": ["$default"]}));
        assert_eq!(uris(&named, &named.http_apis[0], api), [Some(uri.as_str())]);
    }
}
