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
    fn put_right(step: &Step, settled: &Settled) -> Option<Self> {
        match step {
            Step::UpdateAlias { .. } => (!settled.rolls_out(step)).then_some(Self::Alias),
            Step::CreateAlias { .. } => Some(Self::Alias),
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
            Step::PublishVersion { .. } | Step::RemovePermission { .. } | Step::DeleteHttpIntegration { .. } | Step::DeleteAlias => None,
        }
    }
}

/// What was Ready last: everything that a later pass has to write for the same is drift.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    generation: i64,
    version: Option<String>,
}

impl Settled {
    /// What a status says; `None` when it is not Ready.
    fn of(status: &WarmLambdaEndpointStatus) -> Option<Self> {
        let ready = find(&status.conditions, ConditionType::Ready);
        ready.filter(|c| c.status == Status::True.as_str())?;
        Some(Self {
            generation: status.observed_generation?,
            version: status.function_version.clone(),
        })
    }

    /// Whether a step brings a version that did not serve before.
    fn rolls_out(&self, step: &Step) -> bool {
        match step {
            Step::PublishVersion { .. } => true,
            Step::UpdateAlias { version, purpose, .. } => {
                *purpose == MovePurpose::RollBack || self.version.as_deref() != Some(version.to_string().as_str())
            }
            _ => false,
        }
    }
}

/// What the writes of a pass put right, and what is settled after it. `before` is what was settled before it, as far as this process
/// has seen: right after its start, status tells. A chain that is still being made, or made anew for a new spec or version, has not
/// drifted; one that was left in between goes on drifting until it is Ready again.
pub fn corrections(pass: &Pass, before: Option<Settled>, now: &WarmLambdaEndpointStatus) -> (Vec<Resource>, Option<Settled>) {
    let settled = before.or_else(|| Settled::of(pass.previous));
    let settled = settled.filter(|settled| settled.generation == pass.moment.generation);
    let steps = || pass.outcome.applied.iter().map(|(planned, _)| &planned.step);
    let settled = settled.filter(|settled| !steps().any(|step| settled.rolls_out(step)));
    let corrected = settled
        .iter()
        .flat_map(|settled| steps().filter_map(|step| Resource::put_right(step, settled)));
    let corrected = corrected.collect();
    (corrected, Settled::of(now).or(settled))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::assess::{Outcome, assess};
    use crate::plan::fixtures::{API, desired, moment, proxy, quiet, ready, reviews};
    use crate::plan::memory::Memory;
    use crate::plan::observed::{CodeState, Observed};
    use crate::plan::step::Applied;
    use crate::plan::steps::plan;

    /// What passes put right that find AWS like this, one after the other, and do all that is due.
    fn corrected(observations: &[Observed], mut previous: WarmLambdaEndpointStatus) -> Vec<Resource> {
        let (desired, mut settled, mut all) = (desired(), None, Vec::new());
        for observed in observations {
            let (memory, moment) = (Memory::from(&previous), moment(600));
            let plan = plan(&desired, observed, &memory, moment.now);
            let outcome = Outcome {
                applied: plan.steps.iter().map(|step| (step.clone(), Applied::default())).collect(),
                failed: None,
            };
            let pass = Pass {
                desired: &desired,
                observed,
                plan: &plan,
                outcome: &outcome,
                previous: &previous,
                memory: &memory,
                usage: None,
                unsampled: None,
                moment,
            };
            let status = assess(&pass).status;
            let (corrected, now) = corrections(&pass, settled, &status);
            (settled, previous) = (now, status);
            all.extend(corrected);
        }
        all
    }

    fn on(version: u64) -> Observed {
        let mut observed = quiet();
        observed.alias.as_mut().unwrap().version = Some(version);
        observed.version_states.insert(40, CodeState::Active);
        observed
    }

    #[test]
    fn what_was_ready_and_is_not_as_desired_has_drifted() {
        type Change = fn(&mut Observed);
        let changes: [(Change, &[Resource]); 5] = [
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
            let mut observed = on(40);
            change(&mut observed);
            assert_eq!(corrected(&[observed], ready()), expected);
        }
    }

    #[test]
    fn what_is_put_right_only_after_aws_was_done_with_it_is_drift_all_the_same() {
        let mut moving = on(39);
        moving.alias.as_mut().unwrap().weights = [(40, 1.0)].into();
        assert_eq!(corrected(&[on(40), moving, on(39), on(40)], ready()), [Resource::Alias]);
    }

    #[test]
    fn what_is_made_for_the_first_time_or_for_a_new_spec_has_not_drifted() {
        let mut observed = quiet();
        observed.capacity = None;
        assert_eq!(corrected(&[observed.clone()], WarmLambdaEndpointStatus::default()), []);
        let older = WarmLambdaEndpointStatus {
            observed_generation: Some(0),
            ..ready()
        };
        assert_eq!(corrected(&[observed.clone()], older.clone()), []);
        assert_eq!(
            corrected(&[on(40), observed], older),
            [Resource::ProvisionedConcurrency],
            "a new spec that was carried out can drift"
        );
    }

    #[test]
    fn a_rollout_is_no_drift() {
        let before = WarmLambdaEndpointStatus {
            function_version: Some("39".into()),
            ..ready()
        };
        let mut cold = on(40);
        cold.capacity = None;
        assert_eq!(
            corrected(&[on(39), cold.clone()], before),
            [],
            "nor what is still to be done for it"
        );
        let mut new_code = cold;
        new_code.function.as_mut().unwrap().fingerprint = "forty-one".into();
        assert_eq!(corrected(&[new_code], ready()), [], "nor beside the publication that begins it");
    }

    #[test]
    fn what_drifted_has_the_names_that_the_labels_of_the_metric_have() {
        let names: Vec<_> = [
            Resource::Alias,
            Resource::ProvisionedConcurrency,
            Resource::Permission,
            Resource::Integration,
            Resource::Route,
            Resource::Stage,
            Resource::EventSourceMapping,
        ]
        .map(Resource::as_str)
        .into();
        let labels = [
            "alias",
            "provisioned_concurrency",
            "permission",
            "integration",
            "route",
            "stage",
            "event_source_mapping",
        ];
        assert_eq!(names, labels);
    }
}
