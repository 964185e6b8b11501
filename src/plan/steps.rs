//! The plan: which writes are due now, in an order of which every prefix may be the last.

use std::collections::BTreeMap;

use k8s_openapi::jiff::Timestamp;

use super::desired::Desired;
use super::due::Due;
use super::finding::{Finding, Link};
use super::memory::{Memory, Rejected};
use super::observed::Observed;
use super::permission::{self, Required};
use super::routing::Routing;
use super::step::{PlannedStep, Step};
use super::{alias, event_source, http_api, rest_api, triggers};

/// What is due, and what is not as desired but cannot be mended by a write now.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// Writes, in their order.
    pub steps: Vec<PlannedStep>,
    /// What else keeps the chain from being as desired, in the order of the chain.
    pub findings: Vec<Finding>,
    /// A version that is to be recorded as rejected before the alias is rolled back.
    pub reject: Option<(u64, Rejected)>,
    /// What is due for each trigger that is not as desired, by its name.
    pub dues: BTreeMap<String, Due>,
}

impl Plan {
    /// Whether the chain is as desired.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty() && self.findings.is_empty() && self.reject.is_none()
    }

    /// What is due for a trigger.
    pub fn due(&self, trigger: &str) -> Due {
        self.dues.get(trigger).cloned().unwrap_or_default()
    }

    /// Whether nothing is due or amiss on a link.
    pub fn leaves_alone(&self, link: Link) -> bool {
        !self.steps.iter().any(|s| s.step.link() == link) && !self.findings.iter().any(|f| f.link == link)
    }
}

impl Step {
    /// The link that it mends.
    pub const fn link(&self) -> Link {
        match self {
            Self::PublishVersion { .. } | Self::CreateAlias { .. } | Self::UpdateAlias { .. } | Self::DeleteAlias => Link::Alias,
            Self::PutCapacity { .. } | Self::DeleteCapacity => Link::Capacity,
            Self::AddPermission { .. } | Self::RemovePermission { .. } => Link::Permission,
            Self::UpdateIntegration { .. } | Self::PutIntegration { .. } | Self::SetStageVariable { .. } | Self::DeployStage { .. } => {
                Link::Trigger
            }
            Self::UpdateHttpIntegration { .. }
            | Self::CreateHttpIntegration { .. }
            | Self::DeleteHttpIntegration { .. }
            | Self::UpdateRoute { .. }
            | Self::SetHttpStageVariables { .. }
            | Self::DeployHttpStage { .. } => Link::Trigger,
            Self::UpdateMapping { .. } | Self::CreateMapping { .. } => Link::Trigger,
        }
    }
}

/// Decides what is due. Recomputed on each pass, never stored; `now` only tells how long a rollout has been running.
///
/// The order is the one that keeps requests served: version, alias, capacity, permission, and the callers only when all of
/// these were *observed*, not merely written in this pass.
pub fn plan(desired: &Desired, observed: &Observed, memory: &Memory, now: Timestamp) -> Plan {
    let mut plan = Plan {
        dues: triggers::dues(desired, observed),
        ..Plan::default()
    };
    let routing = Routing::of(desired, observed, memory, now);
    alias::plan(desired, observed, memory, &routing, &mut plan);
    if observed.function.is_none() {
        return plan;
    }
    let warm = matches!(routing, Routing::Stable(Some(_))) && is_settled(&plan);
    let required = Required::of(desired, observed);
    permission::plan(&required, &mut plan);
    rest_api::plan(&required, warm, &mut plan);
    http_api::plan(&required, warm, now, &mut plan);
    event_source::plan(desired, observed, warm, &mut plan);
    plan
}

/// Whether the alias can take more callers as it stands. A version that cannot be served yet does not matter for that: the alias
/// stays on one that is.
fn is_settled(plan: &Plan) -> bool {
    let moves = |s: &PlannedStep| !matches!(s.step, Step::PublishVersion { .. });
    !plan.steps.iter().any(moves) && plan.leaves_alone(Link::Capacity)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::fixtures::{API, actions, calls, desired, planned, proxy, quiet, reviews};
    use crate::plan::observed::{AllocationState, CodeState};

    #[test]
    fn a_chain_that_is_as_desired_needs_nothing() {
        assert_eq!(planned(&desired(), &quiet()), Plan::default());
    }

    #[test]
    fn from_nothing_the_version_comes_first_and_alone() {
        let mut observed = quiet();
        (observed.alias, observed.capacity, observed.policy) = (None, None, None);
        observed.versions = Some(std::collections::BTreeMap::new());
        assert_eq!(calls(&desired(), &observed), ["lambda:PublishVersion fir-api CodeSha256=sha-forty"]);
    }

    #[test]
    fn alias_capacity_and_permission_are_made_together_and_the_api_waits_for_them() {
        let (desired, mut observed) = (desired(), past_the_alias());
        (observed.alias, observed.capacity, observed.policy) = (None, None, None);
        observed.version_states.insert(40, CodeState::Active);
        let actions = actions(&desired, &observed);
        assert_eq!(
            actions,
            [
                "lambda:CreateAlias",
                "lambda:PutProvisionedConcurrencyConfig",
                "lambda:AddPermission"
            ]
        );
    }

    #[test]
    fn what_takes_something_away_is_destructive_and_nothing_else_is() {
        let (statement_id, revision_id) = (String::from("s"), String::from("r"));
        let away = [
            Step::DeleteAlias,
            Step::DeleteCapacity,
            Step::RemovePermission { statement_id, revision_id },
            Step::DeleteHttpIntegration {
                api_id: "a".into(),
                integration_id: "i".into(),
            },
        ];
        assert!(away.iter().all(Step::is_destructive));
        assert!(!Step::PutCapacity { requested: 3 }.is_destructive());
    }

    /// The method of the API calls the function past the alias.
    fn past_the_alias() -> Observed {
        let mut observed = quiet();
        let function_uri = desired().site.invocation_uri(&desired().function_arn());
        let api = observed.rest_apis.get_mut(API).unwrap();
        api.methods.as_mut().unwrap().insert(reviews(), proxy(&function_uri));
        observed
    }

    #[test]
    fn callers_wait_for_a_move_of_the_alias_and_for_its_capacity_and_not_for_a_publication() {
        let actions = |observed: &Observed| actions(&desired(), observed);
        let edits = ["apigateway:UpdateIntegration"];
        assert_eq!(actions(&past_the_alias()), edits);
        let mut elsewhere = past_the_alias();
        elsewhere.alias.as_mut().unwrap().version = Some(39);
        elsewhere.version_states.insert(40, CodeState::Active);
        assert_eq!(actions(&elsewhere), ["lambda:UpdateAlias"]);
        let mut allocating = past_the_alias();
        allocating.capacity.as_mut().unwrap().state = AllocationState::InProgress;
        assert_eq!(actions(&allocating), Vec::<&str>::new());
        let mut new_code = past_the_alias();
        new_code.function.as_mut().unwrap().fingerprint = "forty-one".into();
        assert_eq!(actions(&new_code), [&["lambda:PublishVersion"][..], &edits].concat());
    }

    #[test]
    fn capacity_grows_before_the_alias_moves() {
        let (mut desired, mut observed) = (desired(), quiet());
        desired.capacity = Some(5);
        observed.alias.as_mut().unwrap().version = Some(39);
        observed.version_states.insert(40, CodeState::Active);
        let actions = actions(&desired, &observed);
        assert_eq!(actions, ["lambda:PutProvisionedConcurrencyConfig"]);
    }

    #[test]
    fn the_alias_moves_before_capacity_shrinks() {
        let (mut desired, mut observed) = (desired(), quiet());
        desired.capacity = Some(1);
        observed.alias.as_mut().unwrap().version = Some(39);
        observed.version_states.insert(40, CodeState::Active);
        let actions = actions(&desired, &observed);
        assert_eq!(actions, ["lambda:UpdateAlias"]);
    }

    #[test]
    fn an_alias_whose_capacity_is_being_allocated_is_not_moved() {
        let mut observed = quiet();
        observed.alias.as_mut().unwrap().version = Some(39);
        observed.version_states.insert(40, CodeState::Active);
        observed.capacity.as_mut().unwrap().state = AllocationState::InProgress;
        assert_eq!(calls(&desired(), &observed), Vec::<String>::new());
    }

    #[test]
    fn snap_start_that_is_not_published_yet_does_not_speak_against_capacity_that_is_warm() {
        let (mut desired, mut observed) = (desired(), quiet());
        desired.version = crate::plan::desired::DesiredVersion::LatestPublished;
        observed.function.as_mut().unwrap().snap_start = true;
        assert_eq!(planned(&desired, &observed), Plan::default());
        observed.capacity = None;
        assert_eq!(planned(&desired, &observed).findings[0].reason, crate::api::Reason::InvalidSpec);
    }

    #[test]
    fn a_number_that_the_spec_leaves_out_is_left_alone() {
        let (mut desired, mut observed) = (desired(), quiet());
        desired.capacity = None;
        observed.capacity = Some(crate::plan::fixtures::capacity(17, AllocationState::Ready));
        assert_eq!(planned(&desired, &observed), Plan::default());
    }
}
