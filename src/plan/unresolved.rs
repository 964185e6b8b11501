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

    /// Whether an observation can show that it was carried out. Of a deployment nothing tells which request made it.
    pub const fn can_be_seen(&self) -> bool {
        !matches!(
            self,
            Self::PublishVersion { .. } | Self::DeployStage { .. } | Self::DeployHttpStage { .. }
        )
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
mod tests;
