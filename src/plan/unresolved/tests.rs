//! What waits for what, and what settles it.

use std::collections::BTreeMap;

use super::*;
use crate::api::DeletionPolicy;
use crate::plan::cleanup::cleanup;
use crate::plan::desired::Source;
use crate::plan::fixtures::{API, HTTP_API, ORDERS, STREAM, capacity, desired, mapped, orders, planned, quiet, quiet_http, reviews};
use crate::plan::observed::AllocationState;
use crate::plan::step::MovePurpose;

fn until() -> Timestamp {
    "2026-11-22T05:06:00Z".parse().unwrap()
}

fn unanswered(step: Step) -> Unresolved {
    let write = Unanswered {
        step,
        until: until(),
        repeated: false,
    };
    Unresolved {
        writes: vec![write],
        predecessor: None,
    }
}

fn vanished() -> Unresolved {
    Unresolved {
        writes: Vec::new(),
        predecessor: Some(until()),
    }
}

const PUT: Step = Step::PutCapacity { requested: 3 };

fn left(mut unresolved: Unresolved, desired: &Desired, observed: &Observed) -> usize {
    unresolved.settle(desired, observed);
    unresolved.writes.len()
}

/// A chain with a statement that nobody needs any more, and capacity that nobody asks for.
fn too_much() -> (Desired, Observed) {
    let desired = Desired {
        capacity: Some(0),
        deletion: DeletionPolicy::Delete,
        rest_apis: Vec::new(),
        ..desired()
    };
    let mut observed = quiet();
    observed.rest_apis.get_mut(API).unwrap().methods = Some(BTreeMap::new());
    observed.rest_apis.get_mut(API).unwrap().stages = BTreeMap::new();
    (desired, observed)
}

fn actions(steps: &[PlannedStep]) -> Vec<&'static str> {
    steps.iter().map(|planned| planned.step.action()).collect()
}

#[test]
fn what_takes_away_waits_for_a_write_that_may_still_arrive_and_says_for_which() {
    let (desired, observed) = too_much();
    let mut plan = planned(&desired, &observed);
    assert_eq!(
        actions(&plan.steps),
        ["lambda:DeleteProvisionedConcurrencyConfig", "lambda:RemovePermission"]
    );
    plan.hold_back(&desired, &unanswered(PUT));
    assert_eq!(
        actions(&plan.steps),
        ["lambda:DeleteProvisionedConcurrencyConfig"],
        "capacity that comes late goes at the next look"
    );
    let finding = &plan.findings[0];
    assert_eq!((finding.reason, finding.ends), (Reason::OutcomeUnknown, Ends::ByItself));
    for words in ["lambda:RemovePermission", "lambda:PutProvisionedConcurrencyConfig", "05:06:00"] {
        assert!(finding.message.contains(words), "{}", finding.message);
    }
}

#[test]
fn what_takes_away_waits_while_nobody_knows_what_a_vanished_operator_sent() {
    let (desired, observed) = too_much();
    let mut plan = planned(&desired, &observed);
    plan.hold_back(&desired, &vanished());
    assert!(plan.steps.len() == 1 && plan.findings[0].message.contains("vanished"));
}

#[test]
fn what_makes_or_moves_something_does_not_wait() {
    let (desired, mut observed) = (desired(), quiet());
    (observed.capacity, observed.policy) = (None, None);
    let mut plan = planned(&desired, &observed);
    let before = plan.clone();
    plan.hold_back(
        &desired,
        &Unresolved {
            predecessor: Some(until()),
            ..unanswered(PUT)
        },
    );
    assert!(plan == before && plan.steps.len() == 2, "{:?}", plan.steps);
}

#[test]
fn a_second_integration_waits_for_the_first_of_the_same_api_only() {
    let make = |api: &str| Step::CreateHttpIntegration {
        api_id: api.into(),
        uri: "u".into(),
        payload_format: "2.0".into(),
        description: String::new(),
    };
    let holds = |unresolved: &Unresolved| unresolved.holds(&desired(), &make(HTTP_API)).is_some();
    assert!(holds(&unanswered(make(HTTP_API))) && holds(&vanished()));
    assert!(!holds(&unanswered(make("another"))) && !holds(&unanswered(PUT)));
}

#[test]
fn a_second_mapping_of_a_source_waits_for_the_first() {
    let make = |arn: &str| Step::CreateMapping {
        source: Source::Arn {
            arn: arn.into(),
            topic: None,
        },
        create: Box::default(),
    };
    let holds = |unresolved: &Unresolved| unresolved.holds(&orders(), &make(STREAM)).is_some();
    assert!(holds(&unanswered(make(STREAM))) && holds(&vanished()));
    assert!(!holds(&unanswered(make("another"))) && !holds(&unanswered(PUT)));
}

#[test]
fn callers_are_not_moved_while_a_removal_of_a_statement_may_still_arrive() {
    let (desired, observed) = (desired(), quiet());
    let remove = Step::RemovePermission {
        statement_id: String::new(),
        revision_id: observed.policy.unwrap().revision_id,
    };
    let api_id = || API.to_owned();
    let update = Step::UpdateIntegration {
        api_id: api_id(),
        resource_id: String::new(),
        method: reviews(),
        uri: String::new(),
    };
    let deploy = Step::DeployStage {
        api_id: api_id(),
        stage: "prod".into(),
    };
    let route = Step::UpdateRoute {
        api_id: api_id(),
        route_id: String::new(),
        route_key: String::new(),
        integration_id: String::new(),
    };
    for step in [update, deploy, route] {
        assert!(unanswered(remove.clone()).holds(&desired, &step).is_some(), "{step:?}");
        assert!(unanswered(PUT).holds(&desired, &step).is_none(), "{step:?}");
    }
}

#[test]
fn an_object_with_nothing_left_to_clean_up_stays_while_something_may_arrive() {
    let (desired, mut observed) = too_much();
    (observed.capacity, observed.policy) = (None, None);
    for unresolved in [unanswered(PUT), vanished()] {
        let mut due = cleanup(&desired, &observed);
        assert!(due.is_done());
        due.hold_back(&desired, &unresolved);
        assert!(!due.is_done() && due.waiting.is_some());
    }
    let mut due = cleanup(&desired, &observed);
    due.hold_back(&desired, &Unresolved::default());
    assert!(due.is_done());
}

#[test]
fn a_cleanup_waits_and_says_for_what() {
    let (desired, mut observed) = too_much();
    observed.capacity = None;
    let mut due = cleanup(&desired, &observed);
    assert_eq!(actions(&due.steps), ["lambda:RemovePermission"]);
    due.hold_back(&desired, &unanswered(PUT));
    assert!(due.steps.is_empty() && due.waiting.unwrap().1.contains("lambda:PutProvisionedConcurrencyConfig"));
}

#[test]
fn a_guarded_write_is_settled_once_its_guard_is_another_one() {
    let (desired, observed) = (desired(), quiet());
    let revision = observed.policy.as_ref().unwrap().revision_id.clone();
    let steps = |alias: &str, policy: &str| {
        let (statement_id, source_arn, purpose) = (String::new(), String::new(), MovePurpose::Rollout);
        let update = Step::UpdateAlias {
            version: 41,
            revision_id: alias.into(),
            purpose,
        };
        let remove = Step::RemovePermission {
            statement_id: statement_id.clone(),
            revision_id: policy.into(),
        };
        let add = Step::AddPermission {
            statement_id,
            source_arn,
            revision_id: Some(policy.into()),
        };
        [update, remove, add]
    };
    for step in steps(&observed.alias.as_ref().unwrap().revision_id, &revision) {
        assert_eq!(left(unanswered(step), &desired, &observed), 1, "may still arrive");
    }
    for step in steps("older", "older") {
        assert_eq!(left(unanswered(step), &desired, &observed), 0, "arrived, or never will");
    }
}

#[test]
fn a_write_is_settled_when_its_effect_is_seen_and_not_before() {
    let (desired, observed) = (desired(), quiet());
    let (bare, uri) = (Observed::default(), desired.alias_uri());
    let sid = observed.policy.as_ref().unwrap().statements[0].id.clone();
    let cases = [
        (PUT, &observed, &bare),
        (Step::DeleteCapacity, &bare, &observed),
        (Step::DeleteAlias, &bare, &observed),
        (
            Step::CreateAlias {
                version: 40,
                description: String::new(),
            },
            &observed,
            &bare,
        ),
        (
            Step::AddPermission {
                statement_id: sid,
                source_arn: String::new(),
                revision_id: None,
            },
            &observed,
            &bare,
        ),
        (
            Step::UpdateIntegration {
                api_id: API.into(),
                resource_id: String::new(),
                method: reviews(),
                uri,
            },
            &observed,
            &bare,
        ),
    ];
    for (step, after, before) in cases {
        assert_eq!(left(unanswered(step.clone()), &desired, after), 0, "{step:?}");
        assert_eq!(left(unanswered(step.clone()), &desired, before), 1, "{step:?}");
    }
}

#[test]
fn a_mapping_is_settled_when_it_calls_the_alias() {
    let desired = orders();
    let moved = Step::UpdateMapping {
        uuid: ORDERS.into(),
        source_arn: None,
    };
    let made = Step::CreateMapping {
        source: Source::Arn {
            arn: STREAM.into(),
            topic: None,
        },
        create: Box::default(),
    };
    for step in [moved, made] {
        assert_eq!(left(unanswered(step.clone()), &desired, &mapped(":live")), 0, "{step:?}");
        assert_eq!(left(unanswered(step.clone()), &desired, &mapped("")), 1, "{step:?}");
        assert_eq!(left(unanswered(step), &desired, &mapped(":blue")), 1);
    }
}

#[test]
fn writes_to_an_http_api_are_settled_by_what_it_shows() {
    let desired = desired();
    let observed = quiet_http(&desired.alias_uri());
    let api = &observed.http_apis[HTTP_API];
    let (key, route) = api.routes.as_ref().unwrap().iter().next().unwrap();
    let (id, integration) = api.integrations.iter().next().unwrap();
    let uri = integration.uri.clone().unwrap();
    let (stage, of_stage) = api.stages.iter().next().unwrap();
    let steps = |uri: &str, id: &str, more: &[(&str, &str)]| {
        let mut variables = of_stage.variables.clone();
        variables.extend(more.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())));
        let api_id = HTTP_API.to_owned();
        [
            Step::UpdateHttpIntegration {
                api_id: api_id.clone(),
                integration_id: route.integration_id.clone().unwrap(),
                uri: uri.into(),
            },
            Step::CreateHttpIntegration {
                api_id: api_id.clone(),
                uri: uri.into(),
                payload_format: integration.payload_format.clone().unwrap(),
                description: String::new(),
            },
            Step::UpdateRoute {
                api_id: api_id.clone(),
                route_id: route.id.clone(),
                route_key: key.clone(),
                integration_id: id.into(),
            },
            Step::SetHttpStageVariables {
                api_id,
                stage: stage.clone(),
                variables,
            },
        ]
    };
    for step in steps(&uri, id, &[]) {
        assert_eq!(left(unanswered(step.clone()), &desired, &observed), 0, "{step:?}");
    }
    for step in steps(&desired.function_arn(), "other", &[("more", "x")]) {
        assert_eq!(left(unanswered(step.clone()), &desired, &observed), 1, "{step:?}");
    }
}

#[test]
fn the_effect_of_a_write_that_was_sent_again_says_nothing_about_the_first() {
    let mut twice = unanswered(PUT);
    twice.writes[0].repeated = true;
    assert_eq!(left(twice, &desired(), &quiet()), 1);
}

#[test]
fn of_a_deployment_nothing_but_time_tells() {
    let deploy = Step::DeployStage {
        api_id: API.into(),
        stage: "prod".into(),
    };
    assert_eq!(left(unanswered(deploy), &desired(), &quiet()), 1);
}

#[test]
fn capacity_of_another_size_settles_nothing() {
    let mut observed = quiet();
    observed.capacity = Some(capacity(2, AllocationState::Ready));
    assert_eq!(left(unanswered(PUT), &desired(), &observed), 1);
}

fn publish() -> Step {
    Step::PublishVersion {
        code_sha256: "sha".into(),
        revision_id: "r".into(),
        fingerprint: "f".into(),
    }
}

fn add(statement_id: &str, source_arn: &str) -> Step {
    Step::AddPermission {
        statement_id: statement_id.into(),
        source_arn: source_arn.into(),
        revision_id: None,
    }
}

#[test]
fn what_moves_no_caller_does_not_wait_for_the_removal_of_a_statement() {
    let remove = Step::RemovePermission {
        statement_id: "s".into(),
        revision_id: "r".into(),
    };
    for step in [PUT, publish(), add("s", "arn")] {
        assert!(unanswered(remove.clone()).holds(&desired(), &step).is_none(), "{step:?}");
    }
}

#[test]
fn two_writes_look_alike_when_they_leave_the_same_behind() {
    let alias = |version| Step::CreateAlias {
        version,
        description: String::new(),
    };
    let mapping = |arn: &str, create| Step::CreateMapping {
        source: Source::Arn {
            arn: arn.into(),
            topic: None,
        },
        create,
    };
    let later = Box::new(crate::api::EventSourceCreate {
        batch_size: Some(7),
        ..Default::default()
    });
    for (one, other, expected) in [
        (alias(39), alias(40), true),
        (add("s", "one"), add("s", "other"), true),
        (add("s", "one"), add("t", "one"), false),
        (mapping(STREAM, Box::default()), mapping(STREAM, later), true),
        (mapping(STREAM, Box::default()), mapping("another", Box::default()), false),
        (PUT, Step::PutCapacity { requested: 4 }, false),
        (PUT, PUT, true),
        (PUT, Step::DeleteCapacity, false),
    ] {
        assert_eq!(one.looks_like(&other), expected, "{one:?} and {other:?}");
    }
}

#[test]
fn of_a_publication_and_of_deployments_nothing_is_seen_and_only_the_latter_matter_late() {
    let (api_id, stage) = (String::from(API), String::from("prod"));
    let rest = Step::DeployStage {
        api_id: api_id.clone(),
        stage: stage.clone(),
    };
    let http = Step::DeployHttpStage { api_id, stage };
    for (step, seen, late) in [
        (publish(), false, false),
        (rest, false, true),
        (http, false, true),
        (PUT, true, true),
        (Step::DeleteAlias, true, true),
    ] {
        assert_eq!((step.can_be_seen(), step.matters_late()), (seen, late), "{step:?}");
    }
}

#[test]
fn a_stage_variable_is_settled_when_it_has_the_value() {
    let set = |value: &str| Step::SetStageVariable {
        api_id: API.into(),
        stage: "prod".into(),
        name: "v".into(),
        value: value.into(),
    };
    let mut observed = quiet();
    let stage = observed.rest_apis.get_mut(API).unwrap().stages.get_mut("prod").unwrap();
    stage.variables.insert("v".into(), "live".into());
    assert_eq!(left(unanswered(set("live")), &desired(), &observed), 0);
    assert_eq!(left(unanswered(set("blue")), &desired(), &observed), 1);
}

#[test]
fn an_integration_is_settled_when_it_is_gone() {
    let delete = |integration: &str| Step::DeleteHttpIntegration {
        api_id: HTTP_API.into(),
        integration_id: integration.into(),
    };
    let observed = quiet_http(&desired().alias_arn());
    assert_eq!(left(unanswered(delete("int1")), &desired(), &observed), 1);
    assert_eq!(left(unanswered(delete("gone")), &desired(), &observed), 0);
}
