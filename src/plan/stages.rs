//! Stages of APIs: edits are made once the alias can take the requests, and deployed once all of the stage is fit for it.

use super::callers::ApiKind;
use super::due::Due;
use super::finding::{Ends, Finding, Link};
use super::step::{PlannedStep, Step};
use super::steps::Plan;
use crate::api::{DeploymentPolicy, Reason};

/// What is due for one trigger on a stage.
#[derive(Clone, Debug, PartialEq)]
pub struct OnStage {
    /// What kind of API it is.
    pub kind: ApiKind,
    /// Id of the API.
    pub api_id: String,
    /// Name of the stage.
    pub stage: String,
    /// Whether the stage is deployed for this trigger.
    pub deployment: DeploymentPolicy,
    /// Whether every caller of the trigger was observed to be let in.
    pub let_in: bool,
    /// What is due.
    pub due: Due,
}

impl OnStage {
    fn is_beside(&self, other: &Self) -> bool {
        (self.kind, &self.api_id, &self.stage) == (other.kind, &other.api_id, &other.stage)
    }

    fn waiting(&self, done: &str, once: &str) -> Finding {
        let text = format!("{} {}/{} is {done} once {once}", self.kind, self.api_id, self.stage);
        Finding::new(Link::Trigger, Ends::ByEarlierLink, Reason::Waiting, text)
    }
}

/// Adds what is due. Callers are moved only to an alias that was observed to be warm and to let them in. `deploy` says how a stage
/// is deployed, or why it is not.
pub fn plan(dues: &[OnStage], warm: bool, deploy: impl Fn(&OnStage, &str) -> Result<Step, Finding>, plan: &mut Plan) {
    // A deployment publishes the whole API: every trigger of the stage has to be fit for it.
    let fit = |one: &OnStage| {
        let mut beside = dues.iter().filter(|other| one.is_beside(other));
        beside.all(|other| other.due.findings.is_empty() && other.let_in)
    };
    for one in dues {
        let due = &one.due;
        plan.findings.extend(due.findings.iter().cloned());
        if due.edits.is_empty() && due.deploy.is_none() {
            continue;
        }
        if !warm || !one.let_in {
            let what = if warm { "the permission is observed" } else { "the alias is warm" };
            plan.findings.push(one.waiting("pointed at the alias", what));
            continue;
        }
        for edit in &due.edits {
            add(edit.clone(), plan);
        }
        match &due.deploy {
            Some(why) if fit(one) => match deploy(one, why) {
                Ok(step) => add(PlannedStep { step, why: why.clone() }, plan),
                Err(finding) => plan.findings.push(finding),
            },
            Some(_) => plan.findings.push(one.waiting("deployed", "every trigger on the stage can be")),
            None => {}
        }
    }
    // After all edits.
    plan.steps
        .sort_by_key(|s| matches!(s.step, Step::DeployStage { .. } | Step::DeployHttpStage { .. }));
}

/// One write serves all triggers that need it. All variables of an HTTP API's stage are one write, so a second one with other
/// values waits until the first was observed.
fn add(planned: PlannedStep, plan: &mut Plan) {
    let same = |other: &Step| match (other, &planned.step) {
        (
            Step::SetHttpStageVariables { api_id, stage, .. },
            Step::SetHttpStageVariables {
                api_id: other_api,
                stage: other_stage,
                ..
            },
        ) => (api_id, stage) == (other_api, other_stage),
        (other, step) => other == step,
    };
    if !plan.steps.iter().any(|other| same(&other.step)) {
        plan.steps.push(planned);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(kind: ApiKind, api_id: &str, stage: &str) -> OnStage {
        OnStage {
            kind,
            api_id: api_id.into(),
            stage: stage.into(),
            deployment: DeploymentPolicy::OnChange,
            let_in: true,
            due: Due::default(),
        }
    }

    /// Whether a stage that has to be deployed is deployed, beside another trigger.
    fn is_deployed_beside(other: OnStage) -> bool {
        let mut one = on(ApiKind::Http, "a1", "prod");
        one.due.deploy = Some("stale".into());
        let mut made = Plan::default();
        let step = Step::DeployHttpStage {
            api_id: "a1".into(),
            stage: "prod".into(),
        };
        plan(&[one, other], true, |_, _| Ok(step.clone()), &mut made);
        let waits = made
            .findings
            .iter()
            .any(|finding| finding.message.contains("is deployed once every trigger"));
        assert_ne!(waits, made.steps.iter().any(|planned| planned.step == step));
        !waits
    }

    #[test]
    fn variables_of_one_stage_are_written_once_in_a_pass() {
        let variables = |stage: &str, value: &str| PlannedStep {
            why: String::new(),
            step: Step::SetHttpStageVariables {
                api_id: "a1".into(),
                stage: stage.into(),
                variables: [("v".into(), value.into())].into(),
            },
        };
        let mut made = Plan::default();
        for planned in [variables("prod", "1"), variables("prod", "2"), variables("beta", "1")] {
            add(planned, &mut made);
        }
        assert_eq!(made.steps, [variables("prod", "1"), variables("beta", "1")]);
    }

    #[test]
    fn a_stage_is_deployed_once_all_of_its_triggers_are_fit_for_it() {
        assert!(is_deployed_beside(on(ApiKind::Http, "a1", "prod")));
        let locked_out = OnStage {
            let_in: false,
            ..on(ApiKind::Http, "a1", "prod")
        };
        assert!(!is_deployed_beside(locked_out.clone()));
        let mut unfit = on(ApiKind::Http, "a1", "prod");
        let finding = Finding::new(Link::Trigger, Ends::ByPerson, Reason::UnqualifiedTarget, "no");
        unfit.due.findings.push(finding);
        assert!(!is_deployed_beside(unfit));
        for elsewhere in [
            on(ApiKind::Rest, "a1", "prod"),
            on(ApiKind::Http, "a2", "prod"),
            on(ApiKind::Http, "a1", "beta"),
        ] {
            let elsewhere = OnStage {
                let_in: false,
                ..elsewhere
            };
            assert!(is_deployed_beside(elsewhere), "that is another stage");
        }
    }
}
