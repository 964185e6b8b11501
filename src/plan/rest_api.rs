//! The methods of a REST API: which of them shall call the alias, which do, and what is due for the others.

use std::collections::BTreeMap;

use super::callers::{ApiKind, Entrance, Variables, called, calls_alias, function_called};
use super::desired::{Desired, DesiredRestApi, MethodKey};
use super::due::{self, Due};
use super::elder::{self, Elder};
use super::finding::{Ends, Finding, Link};
use super::observed::{Method, Observed, RestApi, Stage};
use super::permission::Required;
use super::stage_variables::{Variable, has_variable, shared_with, solve};
use super::stages::{self, OnStage};
use super::step::{PlannedStep, Step};
use super::steps::Plan;
use crate::api::{DeploymentPolicy, Reason};

/// Adds what is due on the APIs. Callers are moved only to an alias that was observed to be warm and to let them in.
pub fn plan(required: &Required, warm: bool, plan: &mut Plan) {
    let triggers = required.desired.rest_apis.iter();
    let dues: Vec<_> = triggers
        .map(|trigger| OnStage {
            kind: ApiKind::Rest,
            api_id: trigger.api_id.clone(),
            stage: trigger.stage.clone(),
            deployment: trigger.deployment,
            let_in: required.missing(&trigger.trigger).is_empty(),
            due: plan.due(&trigger.trigger),
        })
        .collect();
    stages::plan(&dues, warm, |one, why| deploy(required.observed, one, why), plan);
}

fn deploy(observed: &Observed, one: &OnStage, why: &str) -> Result<Step, Finding> {
    let (api_id, stage) = (&one.api_id, &one.stage);
    let others = |reason, text| Err(Finding::new(Link::Trigger, Ends::ByOthers, reason, text));
    let canary = observed
        .rest_apis
        .get(api_id)
        .and_then(|a| a.stages.get(stage))
        .is_some_and(|s| s.canary);
    if one.deployment == DeploymentPolicy::Never {
        let text = format!("{why}; deployment is Never: deploy REST API {api_id} to stage {stage}");
        return others(Reason::DeploymentPending, text);
    }
    if canary {
        let text =
            format!("{why}; a canary is active on stage {stage} of REST API {api_id}: promote or delete it, then the stage is deployed");
        return others(Reason::CanaryActive, text);
    }
    Ok(Step::DeployStage {
        api_id: api_id.clone(),
        stage: stage.clone(),
    })
}

/// What is due for a trigger.
pub fn due(desired: &Desired, observed: &Observed, trigger: &DesiredRestApi) -> Due {
    let (api_id, stage_name) = (&trigger.api_id, &trigger.stage);
    let lacking = |text: String| Due {
        findings: vec![Finding::new(Link::Trigger, Ends::ByDelivery, Reason::TriggerNotFound, text)],
        ..Due::default()
    };
    let api = observed.rest_apis.get(api_id);
    let Some((api, all)) = api.and_then(|api| Some((api, api.methods.as_ref()?))) else {
        return lacking(format!("REST API {api_id} does not exist in {}", desired.site.region));
    };
    let Some(stage) = api.stages.get(stage_name) else {
        return lacking(format!(
            "REST API {api_id} has no stage {stage_name}: deploy it once, or correct spec.triggers[{}]",
            trigger.trigger
        ));
    };
    if let Some(absent) = trigger.methods.iter().find(|m| !all.contains_key(m)) {
        return lacking(format!("REST API {api_id} has no method {} {}", absent.http_method, absent.path));
    }
    let methods = methods_of(desired, trigger, api);
    let mut kept = all
        .iter()
        .filter_map(|(key, method)| Some((key, kept_by(desired, trigger, key, method, stage)?)));
    // Without names, what an elder keeps is not meant, unless nothing else is left.
    if let Some((key, elder)) = kept.find(|(key, _)| methods.is_empty() || methods.contains_key(key)) {
        let caller = format!("{} {} of REST API {api_id}", key.http_method, key.path);
        return Due {
            findings: vec![elder::keeps(elder, &caller)],
            ..Due::default()
        };
    }
    if methods.is_empty() {
        return lacking(format!(
            "no method of REST API {api_id} calls function {}: name the methods that shall",
            desired.function
        ));
    }
    edits(desired, trigger, api, stage, &methods)
}

/// The methods of a trigger: those it names, else those whose integration names the function, whatever the qualifier.
pub fn methods_of<'a>(desired: &Desired, trigger: &DesiredRestApi, api: &'a RestApi) -> BTreeMap<&'a MethodKey, &'a Method> {
    let stage = api.stages.get(&trigger.stage);
    let ours = |method: &Method| {
        let uri = method.integration.as_ref().and_then(|i| i.uri.as_deref());
        uri.zip(stage)
            .and_then(|(uri, stage)| function_called(uri, &stage.variables))
            .is_some_and(|f| desired.is_ours(&f))
    };
    let kept = |key, method| stage.is_some_and(|stage| kept_by(desired, trigger, key, method, stage).is_some());
    let all = api.methods.iter().flatten();
    all.filter(|(key, method)| {
        if trigger.methods.is_empty() {
            ours(method) && !kept(key, method)
        } else {
            trigger.methods.contains(key)
        }
    })
    .collect()
}

/// The older endpoint that keeps a method, because the method calls its alias and it asks for that.
fn kept_by<'a>(desired: &'a Desired, trigger: &DesiredRestApi, key: &MethodKey, method: &Method, stage: &Stage) -> Option<&'a Elder> {
    let uri = current_uri(method)?;
    let elder = desired.elder_on(&function_called(uri, &stage.variables)?)?;
    let claims = elder.claims_method(&trigger.api_id, &trigger.stage, key, has_variable(uri));
    claims.then_some(elder)
}

/// Where requests of a trigger arrive that API Gateway hands over without a role, as its methods stand now or are deployed.
pub fn without_role(desired: &Desired, observed: &Observed, trigger: &DesiredRestApi) -> Vec<Entrance> {
    let Some(api) = observed.rest_apis.get(&trigger.api_id) else {
        return Vec::new();
    };
    let current = methods_of(desired, trigger, api)
        .into_iter()
        .filter(|(_, method)| method.integration.as_ref().is_none_or(|i| i.credentials.is_none()))
        .map(|(key, _)| key);
    let deployed = api.stages.get(&trigger.stage).into_iter().flat_map(|stage| {
        let meant = |key: &MethodKey| trigger.methods.is_empty() || trigger.methods.contains(key);
        let calls = stage.deployed.iter().flatten();
        let calls = calls.filter(|(_, call)| call.credentials.is_none() && calls_alias(desired, &call.uri, &stage.variables));
        calls.map(|(key, _)| key).filter(move |key| meant(key))
    });
    current.chain(deployed).cloned().map(Entrance::Method).collect()
}

fn edits(desired: &Desired, trigger: &DesiredRestApi, api: &RestApi, stage: &Stage, methods: &BTreeMap<&MethodKey, &Method>) -> Due {
    let mut due = Due::default();
    let after = variables(desired, trigger, api, stage, methods, &mut due);
    if !due.findings.is_empty() {
        return due;
    }
    for (key, method) in methods {
        edit(desired, trigger, key, method, &after, &mut due);
    }
    if !due.findings.is_empty() {
        // A deployment would publish what is known not to work.
        return due;
    }
    let stale: Vec<_> = methods.keys().filter(|key| !is_deployed(desired, key, stage, &after)).collect();
    due.deploy = stale.first().map(|first| {
        let method = format!("{} {}", first.http_method, first.path);
        due::stale(&trigger.stage, &method, stale.len())
    });
    due
}

/// The variables of the stage as they shall be; adds what changes them.
fn variables(
    desired: &Desired,
    trigger: &DesiredRestApi,
    api: &RestApi,
    stage: &Stage,
    methods: &BTreeMap<&MethodKey, &Method>,
    due: &mut Due,
) -> Variables {
    let mut after = stage.variables.clone();
    let deployed = |key: &MethodKey| stage.deployed.as_ref().and_then(|d| d.get(key)).map(|call| call.uri.as_str());
    for (key, method) in methods {
        for uri in [current_uri(method), deployed(key)].into_iter().flatten() {
            if calls_alias(desired, uri, &after) {
                continue;
            }
            let Some(variable) = solve(desired, uri, &after) else { continue };
            if let Some(other) = shared_with(desired, uses(api, stage), &after, &variable) {
                due.findings.push(shared(trigger, &variable.name, &other));
            } else {
                after.insert(variable.name.clone(), variable.value.clone());
                due.edits.push(set_variable(desired, trigger, variable));
            }
        }
    }
    after
}

/// The URI of every method, as it stands now and as it is deployed.
fn uses<'a>(api: &'a RestApi, stage: &'a Stage) -> impl Iterator<Item = (Entrance, &'a str)> {
    let current = api.methods.iter().flatten().filter_map(|(key, m)| Some((key, current_uri(m)?)));
    let deployed = stage.deployed.iter().flatten().map(|(key, call)| (key, call.uri.as_str()));
    current.chain(deployed).map(|(key, uri)| (Entrance::Method(key.clone()), uri))
}

fn current_uri(method: &Method) -> Option<&str> {
    method.integration.as_ref()?.uri.as_deref()
}

fn is_deployed(desired: &Desired, key: &MethodKey, stage: &Stage, variables: &Variables) -> bool {
    let call = stage.deployed.as_ref().and_then(|d| d.get(key));
    call.is_some_and(|call| calls_alias(desired, &call.uri, variables))
}

fn shared(trigger: &DesiredRestApi, name: &str, other: &Entrance) -> Finding {
    let text = format!(
        "stage variable {name} of REST API {}/{} would have to change, and {other} uses it too: give the methods variables of their own",
        trigger.api_id, trigger.stage
    );
    Finding::new(Link::Trigger, Ends::ByPerson, Reason::UnqualifiedTarget, text)
}

fn set_variable(desired: &Desired, trigger: &DesiredRestApi, variable: Variable) -> PlannedStep {
    PlannedStep {
        why: format!(
            "stage variable {} makes REST API {} call something else than alias {}",
            variable.name, trigger.api_id, desired.alias
        ),
        step: Step::SetStageVariable {
            api_id: trigger.api_id.clone(),
            stage: trigger.stage.clone(),
            name: variable.name,
            value: variable.value,
        },
    }
}

/// Adds the edit that makes a method's integration call the alias, if it does not.
fn edit(desired: &Desired, trigger: &DesiredRestApi, key: &MethodKey, method: &Method, variables: &Variables, due: &mut Due) {
    let named = trigger.methods.contains(key);
    let (api_id, resource_id, uri) = (trigger.api_id.clone(), method.resource_id.clone(), desired.alias_uri());
    let integration = method.integration.as_ref();
    let lambda = integration.is_some_and(|i| matches!(i.kind.as_str(), "AWS_PROXY" | "AWS"));
    let post = integration.is_some_and(|i| i.http_method.as_deref() == Some("POST"));
    let at_alias = current_uri(method).is_some_and(|uri| calls_alias(desired, uri, variables));
    if lambda && post {
        if !at_alias {
            let now = called(current_uri(method).unwrap_or("nothing"), variables);
            let why = format!("{} {} calls {now}", key.http_method, key.path);
            due.edits.push(PlannedStep {
                step: Step::UpdateIntegration {
                    api_id,
                    resource_id,
                    method: key.clone(),
                    uri,
                },
                why,
            });
        }
    } else if named {
        let why = format!(
            "{} {} has no integration that calls a function with POST",
            key.http_method, key.path
        );
        due.edits.push(PlannedStep {
            step: Step::PutIntegration {
                api_id,
                resource_id,
                method: key.clone(),
                uri,
            },
            why,
        });
    } else {
        let text = format!(
            "the integration of {} {} of REST API {api_id} does not call the function with POST, so its requests fail: correct it, or name \
             the method in spec.triggers[{}]",
            key.http_method, key.path, trigger.trigger
        );
        due.findings
            .push(Finding::new(Link::Trigger, Ends::ByPerson, Reason::UnqualifiedTarget, text));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::fixtures::{API, actions, calls, deployed, desired, planned, proxy, quiet, reviews};
    use crate::plan::trigger::Callers;

    fn stage(observed: &mut Observed) -> &mut Stage {
        observed.rest_apis.get_mut(API).unwrap().stages.get_mut("prod").unwrap()
    }

    /// Makes the method call `uri`, in the API and on the stage.
    fn call(observed: &mut Observed, uri: &str) {
        let api = observed.rest_apis.get_mut(API).unwrap();
        api.methods.as_mut().unwrap().insert(reviews(), proxy(uri));
        stage(observed).deployed = Some(BTreeMap::from([(reviews(), deployed(uri))]));
    }

    fn uri_of(qualifier: &str) -> String {
        let desired = desired();
        desired.site.invocation_uri(&format!("{}{qualifier}", desired.function_arn()))
    }

    #[test]
    fn a_method_that_calls_the_function_is_pointed_at_the_alias_and_deployed() {
        for qualifier in ["", ":$LATEST", ":39", ":other"] {
            let mut observed = quiet();
            call(&mut observed, &uri_of(qualifier));
            let calls = calls(&desired(), &observed);
            assert_eq!(calls.len(), 2, "{qualifier}: {calls:?}");
            assert!(
                calls[0].starts_with("apigateway:UpdateIntegration a1b2c3d4e5 GET /reviews uri="),
                "{calls:?}"
            );
            assert_eq!(calls[1], "apigateway:CreateDeployment a1b2c3d4e5 stageName=prod");
        }
    }

    #[test]
    fn an_integration_that_is_right_but_not_deployed_is_only_deployed() {
        let mut observed = quiet();
        stage(&mut observed).deployed = Some(BTreeMap::from([(reviews(), deployed(&uri_of("")))]));
        assert_eq!(
            calls(&desired(), &observed),
            ["apigateway:CreateDeployment a1b2c3d4e5 stageName=prod"]
        );
    }

    #[test]
    fn what_does_not_exist_is_named() {
        let told = |change: fn(&mut Desired, &mut Observed)| {
            let (mut desired, mut observed) = (desired(), quiet());
            change(&mut desired, &mut observed);
            let plan = planned(&desired, &observed);
            assert!(plan.steps.is_empty(), "{:?}", plan.steps);
            let finding = plan.findings.into_iter().next().unwrap();
            assert_eq!((finding.ends, finding.reason), (Ends::ByDelivery, Reason::TriggerNotFound));
            finding.message
        };
        assert!(told(|_, observed| observed.rest_apis.clear()).contains("REST API a1b2c3d4e5 does not exist in eu-west-1"));
        assert!(told(|desired, _| desired.rest_apis[0].stage = "beta".into()).contains("REST API a1b2c3d4e5 has no stage beta"));
        let absent = |desired: &mut Desired, _: &mut Observed| {
            desired.rest_apis[0].methods.push(MethodKey {
                path: "/gone".into(),
                http_method: "GET".into(),
            });
        };
        assert!(told(absent).contains("has no method GET /gone"));
    }

    #[test]
    fn an_integration_that_does_not_invoke_with_post_is_edited_only_where_the_spec_names_it() {
        type Change = fn(&mut crate::plan::observed::Integration);
        let changes: [Change; 2] = [|i| i.http_method = Some("GET".into()), |i| i.kind = "HTTP_PROXY".into()];
        for change in changes {
            let mut observed = quiet();
            call(&mut observed, &uri_of(""));
            let api = observed.rest_apis.get_mut(API).unwrap();
            let method = api.methods.as_mut().unwrap().get_mut(&reviews()).unwrap();
            change(method.integration.as_mut().unwrap());
            let mut named = desired();
            named.rest_apis[0].methods.push(reviews());
            let edits = |desired: &Desired| calls(desired, &observed).iter().filter(|c| c.contains("Integration")).count();
            assert_eq!((edits(&desired()), edits(&named)), (0, 1));
            assert!(
                calls(&named, &observed)[0].starts_with("apigateway:PutIntegration"),
                "{:?}",
                calls(&named, &observed)
            );
        }
    }

    #[test]
    fn two_triggers_on_one_stage_share_a_deployment() {
        let (mut desired, mut observed) = (desired(), quiet());
        call(&mut observed, &uri_of(""));
        let mut second = desired.rest_apis[0].clone();
        second.trigger = "second".into();
        desired.rest_apis.push(second);
        let actions = actions(&desired, &observed);
        assert_eq!(actions, ["apigateway:UpdateIntegration", "apigateway:CreateDeployment"]);
    }

    #[test]
    fn a_method_that_an_older_endpoint_asks_for_stays_on_its_alias() {
        let elder = |stage: &str| Elder {
            name: "shop/old".into(),
            alias: "blue".into(),
            callers: Callers {
                rest_apis: vec![DesiredRestApi {
                    stage: stage.into(),
                    ..desired().rest_apis[0].clone()
                }],
                ..Callers::default()
            },
        };
        let mut observed = quiet();
        call(&mut observed, &uri_of(":blue"));
        // The integration is the API's: which stage the elder names makes no difference.
        for stage in ["prod", "beta"] {
            let plan = planned(&desired().beside(vec![elder(stage)]), &observed);
            assert!(plan.steps.iter().all(|s| s.step.link() != Link::Trigger), "{:?}", plan.steps);
            assert_eq!(plan.findings[0].reason, Reason::TriggerClaimed, "{stage}");
        }
        let named = Desired {
            rest_apis: vec![DesiredRestApi {
                methods: vec![reviews()],
                ..desired().rest_apis[0].clone()
            }],
            ..desired().beside(vec![elder("prod")])
        };
        assert_eq!(planned(&named, &observed).findings[0].reason, Reason::TriggerClaimed);
        call(&mut observed, &uri_of(":39"));
        assert_eq!(calls(&named, &observed).len(), 2);
    }

    #[test]
    fn a_method_that_an_older_endpoint_keeps_is_not_meant_beside_others() {
        let elder = Elder {
            name: "shop/old".into(),
            alias: "blue".into(),
            callers: Callers {
                rest_apis: desired().rest_apis,
                ..Callers::default()
            },
        };
        let mut observed = quiet();
        let theirs = MethodKey {
            path: "/theirs".into(),
            http_method: "GET".into(),
        };
        let methods = observed.rest_apis.get_mut(API).unwrap().methods.as_mut().unwrap();
        methods.insert(theirs, proxy(&uri_of(":blue")));
        assert_eq!(planned(&desired().beside(vec![elder]), &observed), Plan::default());
    }

    #[test]
    fn a_stage_is_not_deployed_over_a_canary() {
        let mut observed = quiet();
        stage(&mut observed).deployed = Some(BTreeMap::from([(reviews(), deployed(&uri_of("")))]));
        stage(&mut observed).canary = true;
        let plan = planned(&desired(), &observed);
        assert_eq!((plan.steps.len(), plan.findings[0].reason), (0, Reason::CanaryActive));
    }

    #[test]
    fn a_method_of_another_function_is_not_ours_to_move() {
        let mut observed = quiet();
        let other = MethodKey {
            path: "/other".into(),
            http_method: "GET".into(),
        };
        let uri = uri_of("").replace("fir-api", "pine-api");
        let api = observed.rest_apis.get_mut(API).unwrap();
        api.methods.as_mut().unwrap().insert(other, proxy(&uri));
        assert_eq!(planned(&desired(), &observed), Plan::default());
    }

    #[test]
    fn a_stage_variable_in_place_of_the_qualifier_is_set_and_nothing_is_deployed() {
        let mut observed = quiet();
        call(&mut observed, &uri_of(":${stageVariables.alias}"));
        stage(&mut observed).variables.insert("alias".into(), "blue".into());
        assert_eq!(
            calls(&desired(), &observed),
            ["apigateway:UpdateStage a1b2c3d4e5/prod variables.alias=live"]
        );
    }

    #[test]
    fn a_stage_variable_that_another_function_uses_too_is_left_alone() {
        let mut observed = quiet();
        call(&mut observed, &uri_of(":${stageVariables.alias}"));
        stage(&mut observed).variables.insert("alias".into(), "blue".into());
        let other = MethodKey {
            path: "/other".into(),
            http_method: "GET".into(),
        };
        let uri = uri_of(":${stageVariables.alias}").replace("fir-api", "pine-api");
        let api = observed.rest_apis.get_mut(API).unwrap();
        api.methods.as_mut().unwrap().insert(other, proxy(&uri));
        let plan = planned(&desired(), &observed);
        assert_eq!((plan.steps.len(), plan.findings[0].reason), (0, Reason::UnqualifiedTarget));
    }

    #[test]
    fn callers_wait_until_the_permission_is_observed() {
        let mut observed = quiet();
        call(&mut observed, &uri_of(""));
        observed.policy = None;
        let actions: Vec<_> = planned(&desired(), &observed).steps.iter().map(|s| s.step.action()).collect();
        assert_eq!(actions, ["lambda:AddPermission"]);
    }
}
