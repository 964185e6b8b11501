//! Which writes put right what somebody else had changed: numbers for those who watch a fleet.

use super::assess::Pass;
use super::conditions::{Status, find};
use super::step::{MovePurpose, Step};
use crate::api::{ConditionType, WarmLambdaEndpointStatus};

/// What kind of thing a write put right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Resource {
    /// The alias: it was deleted, or pointed elsewhere.
    Alias,
    /// Its provisioned concurrency.
    ProvisionedConcurrency,
    /// A statement in its resource policy.
    Permission,
    /// An integration of a REST or an HTTP API.
    Integration,
    /// A route of an HTTP API.
    Route,
    /// A stage: its variables, or what is deployed to it.
    Stage,
    /// An event source mapping.
    EventSourceMapping,
}

impl Resource {
    /// As a label says it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Alias => "alias",
            Self::ProvisionedConcurrency => "provisioned_concurrency",
            Self::Permission => "permission",
            Self::Integration => "integration",
            Self::Route => "route",
            Self::Stage => "stage",
            Self::EventSourceMapping => "event_source_mapping",
        }
    }

    /// What a step puts right; `None` for one that carries out what is new, or takes away what nobody needs.
    fn put_right(step: &Step, served: Option<&str>) -> Option<Self> {
        match step {
            Step::CreateAlias { .. } => Some(Self::Alias),
            // To another version than the one that was told to serve: that is a rollout.
            Step::UpdateAlias { version, purpose, .. } => {
                let back = *purpose == MovePurpose::Rollout && served == Some(version.to_string().as_str());
                back.then_some(Self::Alias)
            }
            Step::PutCapacity { .. } | Step::DeleteCapacity => Some(Self::ProvisionedConcurrency),
            Step::AddPermission { .. } => Some(Self::Permission),
            Step::UpdateIntegration { .. }
            | Step::PutIntegration { .. }
            | Step::UpdateHttpIntegration { .. }
            | Step::CreateHttpIntegration { .. } => Some(Self::Integration),
            Step::UpdateRoute { .. } => Some(Self::Route),
            Step::SetStageVariable { .. }
            | Step::SetHttpStageVariables { .. }
            | Step::DeployStage { .. }
            | Step::DeployHttpStage { .. } => Some(Self::Stage),
            Step::UpdateMapping { .. } | Step::CreateMapping { .. } => Some(Self::EventSourceMapping),
            Step::PublishVersion { .. } | Step::RemovePermission { .. } | Step::DeleteAlias => None,
        }
    }
}

/// What the writes of a pass put right. Only what was Ready for the same spec has drifted: a chain that is still being made, or
/// made anew for a new spec, has not. What follows from a drift and is put right in later passes is not counted again.
pub fn corrections(pass: &Pass) -> Vec<Resource> {
    if !was_ready(pass.previous, pass.moment.generation) {
        return Vec::new();
    }
    let served = pass.previous.function_version.as_deref();
    let applied = pass.outcome.applied.iter();
    applied
        .filter_map(|(planned, _)| Resource::put_right(&planned.step, served))
        .collect()
}

fn was_ready(status: &WarmLambdaEndpointStatus, generation: i64) -> bool {
    let ready = find(&status.conditions, ConditionType::Ready);
    status.observed_generation == Some(generation) && ready.is_some_and(|c| c.status == Status::True.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::assess::Outcome;
    use crate::plan::desired::Desired;
    use crate::plan::fixtures::{API, desired, moment, proxy, quiet, reviews, verdict};
    use crate::plan::memory::Memory;
    use crate::plan::observed::Observed;
    use crate::plan::step::Applied;
    use crate::plan::steps::plan;

    /// What a pass puts right that finds AWS like this and does all that is due.
    fn corrected(desired: &Desired, observed: &Observed, previous: &WarmLambdaEndpointStatus) -> Vec<Resource> {
        let (memory, moment) = (Memory::from(previous), moment(600));
        let plan = plan(desired, observed, &memory, moment.now);
        let outcome = Outcome {
            applied: plan.steps.iter().map(|step| (step.clone(), Applied::default())).collect(),
            failed: None,
        };
        corrections(&Pass {
            desired,
            observed,
            plan: &plan,
            outcome: &outcome,
            previous,
            memory: &memory,
            usage: None,
            unsampled: None,
            moment,
        })
    }

    fn ready() -> WarmLambdaEndpointStatus {
        let status = verdict(&desired(), &quiet(), &Outcome::default(), &WarmLambdaEndpointStatus::default(), 0).status;
        WarmLambdaEndpointStatus {
            observed_generation: Some(1),
            ..status
        }
    }

    #[test]
    fn what_was_ready_and_is_not_as_desired_has_drifted() {
        let changes: [(fn(&mut Observed), &[Resource]); 5] = [
            (|o| o.alias.as_mut().unwrap().version = Some(39), &[Resource::Alias]),
            (|o| o.capacity = None, &[Resource::ProvisionedConcurrency]),
            (|o| o.policy = None, &[Resource::Permission]),
            (|_| {}, &[]),
            (
                |o| {
                    let function = proxy(&desired().site.invocation_uri(&desired().function_arn()));
                    let methods = &mut o.rest_apis.get_mut(API).unwrap().methods;
                    methods.as_mut().unwrap().insert(reviews(), function);
                },
                &[Resource::Integration],
            ),
        ];
        for (change, expected) in changes {
            let mut observed = quiet();
            change(&mut observed);
            observed.version_states.insert(40, crate::plan::observed::CodeState::Active);
            assert_eq!(corrected(&desired(), &observed, &ready()), expected);
        }
    }

    #[test]
    fn what_is_made_for_the_first_time_or_for_a_new_spec_has_not_drifted() {
        let mut observed = quiet();
        observed.capacity = None;
        let fresh = WarmLambdaEndpointStatus::default();
        assert_eq!(corrected(&desired(), &observed, &fresh), []);
        let older = WarmLambdaEndpointStatus {
            observed_generation: Some(0),
            ..ready()
        };
        assert_eq!(corrected(&desired(), &observed, &older), []);
    }

    #[test]
    fn a_rollout_is_no_drift() {
        let mut observed = quiet();
        observed.alias.as_mut().unwrap().version = Some(39);
        observed.version_states.insert(40, crate::plan::observed::CodeState::Active);
        let before = WarmLambdaEndpointStatus {
            function_version: Some("39".into()),
            ..ready()
        };
        assert_eq!(corrected(&desired(), &observed, &before), []);
    }
}
