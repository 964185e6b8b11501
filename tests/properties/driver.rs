//! One endpoint as the controller runs it, pass by pass, with everything that may go wrong between two calls.

use std::time::Duration;

use awssim::world::{Millis, Policy, Region};
use k8s_openapi::jiff::Timestamp;
use warmlambda::api::{ManagementPolicy, WarmLambdaEndpointStatus};
use warmlambda::plan::assess::{Moment, Outcome, Pass, assess};
use warmlambda::plan::desired::Desired;
use warmlambda::plan::memory::Memory;
use warmlambda::plan::step::{MovePurpose, Step};
use warmlambda::plan::steps::{Plan, plan};
use warmlambda::plan::usage::Usage;

use crate::cloud::{self, Look};
use crate::scene::OURS;
use crate::traffic::{Cause, Requests};
use crate::{advice, foreign, oracle, refusal, traffic};

/// What goes wrong in a pass.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Fault {
    /// Nothing.
    #[default]
    None,
    /// The process dies before it makes this step; nothing is written to status.
    Crash(usize),
    /// This step is carried out and its answer is lost.
    AnswerLost(usize),
    /// This step is lost on its way.
    RequestLost(usize),
    /// The write of status is lost.
    StatusLost,
}

/// Which law was broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Law {
    /// Status says what is true, and the plan is empty exactly when nothing is to be done.
    Truth,
    /// What is not ours survives.
    Foreign,
    /// Whoever was served is served, warm when it was asked for.
    Traffic,
}

/// An endpoint and what was seen of its life.
#[derive(Debug)]
pub struct Endpoint {
    /// What its spec asks for.
    pub desired: Desired,
    /// As it stands in Kubernetes.
    pub status: WarmLambdaEndpointStatus,
    /// What happened, for people.
    pub story: Vec<String>,
    /// Broken laws.
    pub broken: Vec<(Law, String)>,
    /// Writes that AWS carried out.
    pub written: Vec<Step>,
    /// What CloudWatch said.
    pub usage: Option<Usage>,
    requests: Requests,
    /// Whether somebody else changed something since the requests were made.
    disturbed: bool,
    failures: u32,
}

/// The moment in which the region is, by the operator's clock.
pub fn timestamp(region: &Region) -> Timestamp {
    Timestamp::from_millisecond(i64::try_from(region.now).unwrap()).unwrap()
}

impl Endpoint {
    /// A new endpoint.
    pub fn new(desired: Desired, region: &Region) -> Self {
        Self {
            requests: Requests::anew(&desired, region, None),
            disturbed: false,
            desired,
            status: WarmLambdaEndpointStatus::default(),
            story: Vec::new(),
            broken: Vec::new(),
            written: Vec::new(),
            usage: None,
            failures: 0,
        }
    }

    /// Somebody else changed something: requests are judged from the next moment on at which something may happen.
    pub fn disturbed(&mut self, what: String) {
        self.story.push(format!("      {what}"));
        self.disturbed = true;
    }

    /// Makes the requests anew that are to be judged by what happens next, if somebody else changed something.
    pub fn begin(&mut self, region: &Region) {
        if std::mem::take(&mut self.disturbed) {
            self.requests = Requests::anew(&self.desired, region, Some(self.requests.clone()));
        }
    }

    /// Lets time pass, asking for requests to be served at every moment at which AWS changes something by itself. Polls and samples
    /// change nothing for requests; what happens together with them is looked at in the end.
    pub fn wait(&mut self, region: &mut Region, duration: Millis) {
        self.begin(region);
        let until = region.now + duration;
        let mut unseen = false;
        while let Some(due) = region.due().filter(|due| *due <= until) {
            unseen = is_poll_or_sample(region, due);
            region.settle(due);
            if !unseen {
                self.judge_requests(region, Cause::Time);
            }
        }
        // Between two such moments nothing changes.
        region.settle(until);
        if unseen {
            self.judge_requests(region, Cause::Time);
        }
    }

    /// One pass of the controller.
    pub fn pass(&mut self, region: &mut Region, fault: Fault, gap: Millis) {
        let began = region.now;
        if gap > 0 {
            self.begin(region);
        }
        let memory = Memory::from(&self.status);
        let look = Look { every_caller: false, gap };
        let observed = cloud::observe(region, &self.desired, &memory, look);
        if gap > 0 {
            self.judge_requests(region, Cause::Time);
        }
        let plan = plan(&self.desired, &observed, &memory, timestamp(region));
        let told: Vec<_> = plan.steps.iter().map(|s| s.step.describe(&self.desired)).collect();
        let found: Vec<_> = plan.findings.iter().map(|f| format!("{} {}", f.reason, f.message)).collect();
        self.story
            .push(format!("{:>5}s {told:?} {found:?} {fault:?}", (began - crate::scene::START) / 1000));
        let agrees = oracle::matches(&self.desired, region);
        let saw = region.now;
        if gap == 0 {
            self.judge_plan(&plan, region, &agrees);
        }
        let Some(outcome) = self.execute(region, &plan, fault) else {
            self.failures = 0;
            return;
        };
        self.failures = if outcome.failed.is_some() { self.failures + 1 } else { 0 };
        let moment = Moment {
            now: timestamp(region),
            generation: self.desired.generation,
            grace: Duration::from_mins(10),
            failures: self.failures,
        };
        let pass = Pass {
            desired: &self.desired,
            observed: &observed,
            plan: &plan,
            outcome: &outcome,
            previous: &self.status,
            memory: &memory,
            usage: self.usage.as_ref(),
            unsampled: None,
            moment,
        };
        let verdict = assess(&pass);
        let advised = advice::moves_nothing(&pass, &verdict);
        let status = verdict.status;
        debug_assert!(saw <= region.now);
        self.judge_status(&status, &plan, &agrees);
        if let Err(text) = advised {
            self.broken.push((Law::Truth, text));
        }
        if fault != Fault::StatusLost {
            self.status = status;
        }
    }

    /// Makes the steps; nothing when the process died on the way.
    fn execute(&mut self, region: &mut Region, plan: &Plan, fault: Fault) -> Option<Outcome> {
        let mut outcome = Outcome::default();
        if self.desired.management == ManagementPolicy::Observe {
            return Some(outcome);
        }
        for (n, planned) in plan.steps.iter().enumerate() {
            self.begin(region);
            if fault == Fault::Crash(n) {
                return None;
            }
            if fault == Fault::RequestLost(n) {
                outcome.failed = Some((planned.clone(), refusal::unanswered(&planned.step, &self.desired)));
                break;
            }
            let before = region.clone();
            let answer = cloud::execute(region, &self.desired, &planned.step);
            if answer.is_ok() {
                self.judge_step(&planned.step, &before, region);
            }
            match answer {
                _ if fault == Fault::AnswerLost(n) => {
                    outcome.failed = Some((planned.clone(), refusal::unanswered(&planned.step, &self.desired)));
                    break;
                }
                Ok(applied) => outcome.applied.push((planned.clone(), applied)),
                Err(error) => {
                    self.story.push(format!("       {error}"));
                    outcome.failed = Some((planned.clone(), refusal::failed(&planned.step, &self.desired, &error)));
                    break;
                }
            }
        }
        Some(outcome)
    }

    /// A step that AWS carried out: it took nothing from others and nobody's request.
    pub fn judge_step(&mut self, step: &Step, before: &Region, after: &Region) {
        self.written.push(step.clone());
        if let Err(text) = foreign::survives(&self.desired, step, before, after) {
            self.broken.push((Law::Foreign, text));
        }
        if let Err(text) = traffic::has_grown(&self.desired, step, before) {
            self.broken.push((Law::Traffic, text));
        }
        self.judge_requests(after, Cause::Step(step));
    }

    fn judge_requests(&mut self, region: &Region, cause: Cause<'_>) {
        if let Err(text) = self.requests.again(&self.desired, region, cause) {
            self.broken.push((Law::Traffic, text));
        }
    }

    /// The plan is empty exactly when AWS is as asked, but for what is only tidied up.
    fn judge_plan(&mut self, plan: &Plan, region: &Region, agrees: &Result<(), String>) {
        match agrees {
            Err(text) if plan.is_empty() => self.broken.push((Law::Truth, format!("the plan is empty, but {text}"))),
            Ok(()) if !plan.is_empty() => {
                let tidies = plan.findings.is_empty() && plan.steps.iter().all(|s| self.only_tidies(&s.step, region));
                if !tidies || plan.reject.is_some() {
                    self.broken.push((Law::Truth, format!("AWS is as asked, but the plan is {plan:?}")));
                }
            }
            _ => {}
        }
    }

    /// A statement that nobody needs, or one that takes the place of a wider one of ours; or `$LATEST` published anew because a later version has other code, though the alias
    /// serves what `$LATEST` is.
    fn only_tidies(&self, step: &Step, region: &Region) -> bool {
        let function = &region.functions[&self.desired.function];
        let newer = function.versions.keys().max().copied() != oracle::alias_version(&self.desired, function);
        let ours = |policy: &Policy| policy.statements.iter().any(|s| s.sid.starts_with(OURS));
        match step {
            Step::RemovePermission { .. } => true,
            Step::AddPermission { .. } => function.policies.get(&self.desired.alias).is_some_and(ours),
            Step::PublishVersion { .. } => newer,
            Step::UpdateAlias { purpose, .. } => newer && *purpose == MovePurpose::Rollout,
            _ => false,
        }
    }

    fn judge_status(&mut self, status: &WarmLambdaEndpointStatus, plan: &Plan, agrees: &Result<(), String>) {
        let is = |kind: &str| status.conditions.iter().any(|c| c.type_ == kind && c.status == "True");
        let mut lie = |text: String| self.broken.push((Law::Truth, text));
        if is("Ready") != plan.is_empty() {
            lie(format!("Ready is {} with plan {plan:?}", is("Ready")));
        }
        if let (true, Err(text)) = (is("Ready"), agrees) {
            lie(format!("Ready, but {text}"));
        }
        if is("Reconciling") && is("Stalled") {
            lie("both Reconciling and Stalled".into());
        }
        if is("Ready") && (is("Reconciling") || is("Stalled")) {
            lie("Ready and not at rest".into());
        }
        let generation = Some(self.desired.generation);
        if status.observed_generation != generation || status.conditions.iter().any(|c| c.observed_generation != generation) {
            lie("another observedGeneration".into());
        }
    }

    /// Whether status says that all is well.
    pub fn is_ready(&self) -> bool {
        self.status.conditions.iter().any(|c| c.type_ == "Ready" && c.status == "True")
    }

    /// The reason of the condition `Ready`.
    pub fn reason(&self) -> String {
        let ready = self.status.conditions.iter().find(|c| c.type_ == "Ready");
        ready.map(|c| c.reason.clone()).unwrap_or_default()
    }

    /// The story and what was broken of a law, when it was.
    pub fn kept(&self, law: Law) -> Result<(), String> {
        match self.broken.iter().find(|(broken, _)| *broken == law) {
            Some((_, text)) => Err(format!("{text}\n{}", self.story.join("\n"))),
            None => Ok(()),
        }
    }
}

fn is_poll_or_sample(region: &Region, due: Millis) -> bool {
    let polls = region.event_source_mappings.values().any(|m| m.polling.due == Some(due));
    polls || region.queues.values().any(|q| q.sampled_at == Some(due))
}
