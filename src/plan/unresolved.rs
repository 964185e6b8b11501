//! Writes whose outcome nobody knows: they may still arrive at AWS, and what takes something away waits for them.
//!
//! A write ends *applied* (AWS said so), *not applied* (AWS refused it, or it was never sent) or *unknown*. Which rules follow from
//! that, and for which step, is decided by the model check in `tests/model`.

use k8s_openapi::jiff::Timestamp;

use super::arn::FunctionRef;
use super::cleanup::Cleanup;
use super::desired::Desired;
use super::finding::{Ends, Finding};
use super::http_integrations::lambda_uri;
use super::observed::Observed;
use super::step::{PlannedStep, Step};
use super::steps::Plan;
use crate::api::Reason;

/// What may still arrive at AWS for one endpoint.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Unresolved {
    /// Writes of this process, in the order in which they were sent.
    pub writes: Vec<Unanswered>,
    /// Until when something may arrive that an operator sent which then vanished: nobody knows what it was, so it may be anything.
    /// `None` when the one before handed over in good order, or long ago.
    pub predecessor: Option<Timestamp>,
}

/// A write without an answer that says what became of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Unanswered {
    /// The write.
    pub step: Step,
    /// Until when it may arrive.
    pub until: Timestamp,
    /// Whether the same was sent before it or after it, and may arrive as well: seeing the effect then says nothing about this one.
    pub repeated: bool,
}

impl Unresolved {
    /// Drops the writes of which an observation shows what became of them.
    pub fn settle(&mut self, desired: &Desired, observed: &Observed) {
        self.writes.retain(|write| !write.is_settled_by(desired, observed));
    }

    /// Why a step has to wait, and until when at the latest; `None` when it need not.
    fn holds(&self, desired: &Desired, step: &Step) -> Option<String> {
        let write = self
            .writes
            .iter()
            .filter(|write| step.waits_for(&write.step))
            .max_by_key(|w| w.until);
        let because = match (write, self.predecessor.filter(|_| step.waits_for_anything())) {
            (Some(write), _) => format!(
                "{} had no usable answer, and AWS may still carry it out until {}",
                write.step.describe(desired),
                write.until
            ),
            (None, Some(until)) => {
                format!("the operator before this one vanished, and what it sent last may still reach AWS until {until}")
            }
            (None, None) => return None,
        };
        Some(because)
    }

    /// Why the object has to stay although nothing is left to clean up; `None` when it need not.
    fn holds_object(&self, desired: &Desired) -> Option<String> {
        self.holds(desired, &Step::DeleteAlias)
    }
}

impl Step {
    /// Whether it waits while another write may still arrive: it takes away what that write may be about to use, or makes a second one
    /// of what that write may be about to make. AWS has no token that would make two creations of an integration one (AWS-101), and
    /// makes a second mapping of a source once somebody has pointed the first one elsewhere (AWS-85). Callers wait for a removal of a
    /// statement: it was sent when nobody needed what they would need.
    fn waits_for(&self, earlier: &Self) -> bool {
        match (self, earlier) {
            (Self::CreateHttpIntegration { api_id, .. }, Self::CreateHttpIntegration { api_id: other, .. }) => api_id == other,
            (Self::CreateMapping { source, .. }, Self::CreateMapping { source: other, .. }) => source == other,
            (step, Self::RemovePermission { .. }) if step.moves_callers() => true,
            _ => self.takes_from_callers(),
        }
    }

    /// Whether it waits while nobody knows what may still arrive.
    const fn waits_for_anything(&self) -> bool {
        self.takes_from_callers() || matches!(self, Self::CreateHttpIntegration { .. } | Self::CreateMapping { .. })
    }

    /// Whether a caller that a late write points at the alias would miss what it takes away. Capacity is not of that kind: it comes back
    /// with the next look; nor is an integration, which AWS keeps while a route uses it (AWS-103).
    const fn takes_from_callers(&self) -> bool {
        matches!(self, Self::RemovePermission { .. } | Self::DeleteAlias)
    }

    /// Whether it makes an API call the alias, which has to let it in.
    const fn moves_callers(&self) -> bool {
        matches!(
            self,
            Self::UpdateIntegration { .. }
                | Self::PutIntegration { .. }
                | Self::SetStageVariable { .. }
                | Self::DeployStage { .. }
                | Self::UpdateHttpIntegration { .. }
                | Self::UpdateRoute { .. }
                | Self::SetHttpStageVariables { .. }
                | Self::DeployHttpStage { .. }
        )
    }

    /// Whether its effect looks like that of another write.
    pub fn looks_like(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::CreateAlias { .. }, Self::CreateAlias { .. }) => true,
            (Self::AddPermission { statement_id, .. }, Self::AddPermission { statement_id: other, .. }) => statement_id == other,
            (Self::CreateMapping { source, .. }, Self::CreateMapping { source: other, .. }) => source == other,
            _ => self == other,
        }
    }

    /// Whether it matters when it arrives late. To publish the same code again makes nothing new (AWS-2).
    pub const fn matters_late(&self) -> bool {
        !matches!(self, Self::PublishVersion { .. })
    }
}

impl Unanswered {
    /// Whether an observation shows that it was carried out, or never will be.
    fn is_settled_by(&self, desired: &Desired, observed: &Observed) -> bool {
        self.is_void(observed) || (!self.repeated && self.is_shown_by(desired, observed))
    }

    /// Whether AWS will refuse it if it still arrives: the revision that guards it is another one by now. Source: AWS-15, AWS-39.
    fn is_void(&self, observed: &Observed) -> bool {
        let policy = observed.policy.as_ref().map(|policy| &policy.revision_id);
        match &self.step {
            Step::UpdateAlias { revision_id, .. } => observed.alias.as_ref().map(|alias| &alias.revision_id) != Some(revision_id),
            Step::RemovePermission { revision_id, .. } => policy != Some(revision_id),
            Step::AddPermission {
                revision_id: Some(revision_id),
                ..
            } => policy != Some(revision_id),
            _ => false,
        }
    }

    /// Whether AWS is as it should be after it.
    fn is_shown_by(&self, desired: &Desired, observed: &Observed) -> bool {
        match &self.step {
            Step::PublishVersion { .. } => true,
            Step::CreateAlias { .. } => observed.alias.is_some(),
            // Guarded: void as soon as it has arrived.
            Step::UpdateAlias { .. } | Step::RemovePermission { .. } => false,
            Step::DeleteAlias => observed.alias.is_none(),
            Step::PutCapacity { requested } => observed.capacity.as_ref().is_some_and(|c| c.requested == *requested),
            Step::DeleteCapacity => observed.capacity.is_none(),
            Step::AddPermission { statement_id, .. } => {
                let mut statements = observed.policy.iter().flat_map(|policy| &policy.statements);
                statements.any(|statement| statement.id == *statement_id)
            }
            Step::UpdateMapping { uuid, .. } => {
                let mapping = observed.mappings.as_ref().and_then(|mappings| mappings.get(uuid));
                mapping.is_some_and(|mapping| on_alias(desired, mapping.function()))
            }
            Step::CreateMapping { source, .. } => {
                let mut mappings = observed.mappings.iter().flat_map(|mappings| mappings.values());
                mappings.any(|mapping| source.is_read_by(mapping) && on_alias(desired, mapping.function()))
            }
            step => shown_by_apis(step, observed),
        }
    }
}

fn on_alias(desired: &Desired, function: Option<FunctionRef>) -> bool {
    function.is_some_and(|f| desired.is_ours(&f) && f.qualifier.as_deref() == Some(&desired.alias))
}

/// The same for API Gateway. Of a deployment nothing tells which request made it.
fn shown_by_apis(step: &Step, observed: &Observed) -> bool {
    let rest = |api: &str| observed.rest_apis.get(api);
    let http = |api: &str| observed.http_apis.get(api);
    match step {
        Step::UpdateIntegration { api_id, method, uri, .. } | Step::PutIntegration { api_id, method, uri, .. } => {
            let method = rest(api_id).and_then(|api| api.methods.as_ref()?.get(method));
            let integration = method.and_then(|method| method.integration.as_ref());
            integration.is_some_and(|integration| integration.uri.as_ref() == Some(uri))
        }
        Step::SetStageVariable {
            api_id,
            stage,
            name,
            value,
        } => rest(api_id).and_then(|api| api.stages.get(stage)?.variables.get(name)) == Some(value),
        Step::UpdateHttpIntegration {
            api_id,
            integration_id,
            uri,
        } => {
            let integration = http(api_id).and_then(|api| api.integrations.get(integration_id));
            integration.is_some_and(|integration| integration.uri.as_ref() == Some(uri))
        }
        Step::CreateHttpIntegration {
            api_id,
            uri,
            payload_format,
            ..
        } => {
            let mut integrations = http(api_id).into_iter().flat_map(|api| api.integrations.values());
            integrations.any(|i| lambda_uri(i) == Some(uri) && i.payload_format.as_ref() == Some(payload_format) && i.credentials.is_none())
        }
        Step::DeleteHttpIntegration { api_id, integration_id } => {
            http(api_id).is_none_or(|api| !api.integrations.contains_key(integration_id))
        }
        Step::UpdateRoute {
            api_id,
            route_key,
            integration_id,
            ..
        } => {
            let route = http(api_id).and_then(|api| api.routes.as_ref()?.get(route_key));
            route.is_some_and(|route| route.integration_id.as_ref() == Some(integration_id))
        }
        Step::SetHttpStageVariables { api_id, stage, variables } => {
            let stage = http(api_id).and_then(|api| api.stages.get(stage));
            stage.is_some_and(|stage| stage.variables == *variables)
        }
        _ => false,
    }
}

impl Plan {
    /// Leaves out the steps that have to wait, and says why instead. No step that stays was decided in the belief that one of them
    /// goes first.
    pub fn hold_back(&mut self, desired: &Desired, unresolved: &Unresolved) {
        let mut held = Vec::new();
        self.steps.retain(|planned| match unresolved.holds(desired, &planned.step) {
            Some(because) => {
                held.push(waiting(desired, planned, &because));
                false
            }
            None => true,
        });
        self.findings.extend(held);
    }
}

fn waiting(desired: &Desired, planned: &PlannedStep, because: &str) -> Finding {
    let text = format!("{} waits: {because}", planned.step.describe(desired));
    Finding::new(planned.step.link(), Ends::ByItself, Reason::OutcomeUnknown, text)
}

impl Cleanup {
    /// Leaves out the steps that have to wait, and the end as well: once the object is gone nobody looks at what arrives.
    pub fn hold_back(&mut self, desired: &Desired, unresolved: &Unresolved) {
        let held = self.steps.iter().find_map(|planned| {
            let because = unresolved.holds(desired, &planned.step)?;
            Some(format!("{} waits: {because}", planned.step.describe(desired)))
        });
        if let Some(held) = held {
            self.steps.clear();
            self.waiting = Some((Reason::OutcomeUnknown, held));
        } else if self.is_done() {
            let because = unresolved.holds_object(desired);
            let text = because.map(|because| format!("nothing is left to clean up, but the object stays: {because}"));
            self.waiting = text.map(|text| (Reason::OutcomeUnknown, text));
        }
    }
}

#[cfg(test)]
mod tests {
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
}
