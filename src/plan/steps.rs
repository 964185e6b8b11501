//! The plan: which writes are due now, in an order of which every prefix may be the last.

use k8s_openapi::jiff::Timestamp;

use super::desired::Desired;
use super::finding::{Finding, Link};
use super::memory::{Memory, Rejected};
use super::observed::Observed;
use super::routing::Routing;
use super::step::{PlannedStep, Step};
use super::{alias, permission, rest_api};

/// What is due, and what is not as desired but cannot be mended by a write now.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// Writes, in their order.
    pub steps: Vec<PlannedStep>,
    /// What else keeps the chain from being as desired, in the order of the chain.
    pub findings: Vec<Finding>,
    /// A version that is to be recorded as rejected before the alias is rolled back.
    pub reject: Option<(u64, Rejected)>,
}

impl Plan {
    /// Whether the chain is as desired.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty() && self.findings.is_empty() && self.reject.is_none()
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
        }
    }
}

/// Decides what is due. Recomputed on each pass, never stored; `now` only tells how long a rollout has been running.
///
/// The order is the one that keeps requests served: version, alias, capacity, permission, and the callers only when all of
/// these were *observed*, not merely written in this pass.
pub fn plan(desired: &Desired, observed: &Observed, memory: &Memory, now: Timestamp) -> Plan {
    let mut plan = Plan::default();
    let routing = Routing::of(desired, observed, memory, now);
    alias::plan(desired, observed, memory, &routing, &mut plan);
    if observed.function.is_none() {
        return plan;
    }
    let warm = matches!(routing, Routing::Stable(Some(_))) && is_settled(&plan);
    permission::plan(desired, observed, &mut plan);
    rest_api::plan(desired, observed, warm, &mut plan);
    plan
}

/// Whether the alias can take more callers as it stands. A version that cannot be served yet does not matter for that: the alias
/// stays on one that is.
fn is_settled(plan: &Plan) -> bool {
    let moves = |s: &PlannedStep| !matches!(s.step, Step::PublishVersion { .. });
    !plan.steps.iter().any(moves) && plan.leaves_alone(Link::Capacity)
}
