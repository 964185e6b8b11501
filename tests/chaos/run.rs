//! One run of a scenario from beginning to end, with something that goes wrong in it or nothing, and what the oracles say.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use kube::ResourceExt;
use serde_json::Value;
use tokio::time::{sleep, timeout};

use crate::harness::aws::{ACCOUNT, REGION};
use crate::harness::endpoint::Told;
use crate::harness::traffic::Traffic;
use crate::kubelet;
use crate::leaders;
use crate::oracles::recovery::{Busy, Recovery};
use crate::oracles::{Violation, canaries, end_state, leak, quiet, recovery, say, summary};
use crate::point::{Damage, Point};
use crate::proxy::fault::Sender;
use crate::proxy::ledger::Call;
use crate::reference::Reference;
use crate::scenarios::{Ending, Opening, Scenario, streams};
use crate::stage::Stage;

/// How long a scenario may take to its end, whatever goes wrong.
const PATIENCE: Duration = Duration::from_secs(90);
/// Between two looks for the end. When it was there is told by the ledger.
const LOOK: Duration = Duration::from_millis(200);
/// Requests of users in a second.
const USERS: u32 = 50;

/// What a run showed.
#[derive(Default)]
pub struct Shown {
    /// What is wrong, in words.
    pub violations: Vec<Violation>,
    /// Whether what should go wrong did.
    pub hit: bool,
    /// AWS and the endpoint at the end.
    pub end: Value,
    /// The calls that count, and those after the end.
    pub calls: Vec<Call>,
    /// When the end was there, in the time of the ledger.
    pub ended: u64,
    /// Without a fault: the operator's own milliseconds from each call to the end.
    pub remainders: BTreeMap<String, u64>,
    /// How long the operator needed after a crash.
    pub recovery: Option<Recovery>,
    /// Milliseconds until another process looked after AWS.
    pub takeover: Option<u64>,
    /// Writes of status that were judged.
    pub samples: usize,
    /// Those of them that said Ready.
    pub ready: usize,
    /// Those of these that were true until somebody else changed AWS a moment before.
    pub overtaken: usize,
    /// Requests of users.
    pub probes: usize,
    /// Those of them that got no answer of the function.
    pub failed_probes: usize,
    /// Texts that were searched for secrets.
    pub texts: usize,
    /// Real time.
    pub took: Duration,
    /// Ledger and logs, for who looks for the reason.
    pub ledger: String,
    /// What the operator's processes logged.
    pub logs: String,
}

impl Shown {
    fn wrong(&mut self, oracle: &'static str, words: Vec<String>) {
        self.violations.extend(say(oracle, words));
    }
}

/// Runs a scenario. `point` goes wrong in it; the end is held against `reference`.
pub async fn run(scenario: &Scenario, point: Option<&Point>, reference: Option<&Reference>) -> Shown {
    let start = Instant::now();
    let stage = Stage::new(scenario.aws).await;
    let mut shown = Shown::default();
    let failover = point.and_then(Point::failover);
    let Some(mark) = open(&stage, scenario, point).await else {
        shown.wrong("O9", vec![format!("not Ready before anything goes wrong: {}", seen(&stage).await)]);
        keep_told(&stage, &mut shown).await;
        return shown;
    };
    if let Some(point) = point {
        stage.network.rule(point.rule());
    }
    let users = scenario.users.map(|place| Traffic::start_at(stage.aws.sim(), place, USERS));
    let busy = Busy::watch(&stage.network, stage.aws.sim());
    if scenario.opening == Opening::Cold {
        stage.create((scenario.spec)()).await;
        start_operators(&stage, point).await;
    }
    let (to_end, again) = (act_to_end(&stage, scenario, mark), until_end(&stage, scenario, mark));
    match timeout(PATIENCE, leaders::with(&stage, failover, to_end, again)).await {
        Ok(end) => {
            shown.ended = end;
            shown.remainders = busy.remainders(&stage.network.calls()[mark..], end);
            let usual = point
                .zip(reference)
                .and_then(|(point, reference)| reference.remainders.get(&point.label()));
            let recovery = recovery_of(&stage, &busy, mark, end).await;
            shown.recovery = recovery.map(|recovery| recovery.beyond(usual.copied().unwrap_or_default()));
            shown.wrong("O4", quiet::writes(&stage, scenario.ending == Ending::Gone).await);
        }
        Err(_) => shown.wrong(
            "O9",
            vec![format!("not at its end after {} s: {}", PATIENCE.as_secs(), seen(&stage).await)],
        ),
    }
    if let Some(users) = users {
        let answers = users.stop().await;
        shown.probes = answers.count();
        let failed = answers.failed();
        shown.failed_probes = failed.len();
        shown.wrong(
            "O12",
            failed.into_iter().take(3).map(|served| format!("a user got {served:?}")).collect(),
        );
    }
    judge(&stage, scenario, point, reference, mark, &mut shown).await;
    stage.stop_operator().await;
    shown.took = start.elapsed();
    shown
}

/// What the operator is started with: what a run of seconds needs shorter than a pod.
fn flags(point: Option<&Point>) -> &'static [&'static str] {
    const USUAL: [&str; 8] = [
        "--resync-interval",
        "1s",
        "--aws-request-timeout",
        "2s",
        "--metrics-refresh",
        "0s",
        "--log-level",
        "info,warmlambda=debug",
    ];
    const LATE: [&str; 10] = {
        let [a, b, c, d, e, f, g, h] = USUAL;
        [a, b, c, d, e, f, g, h, "--late-arrival-window", "10s"]
    };
    match point.map(|point| point.damage) {
        // What a process sent that was killed arrives when the next one has the lease, and may write.
        Some(Damage::Late(_, Sender::Killed)) => &LATE,
        _ => &USUAL,
    }
}

async fn start_operators(stage: &Stage, point: Option<&Point>) {
    match point.and_then(Point::failover) {
        Some(failover) => {
            stage
                .start_replicas(flags(point), &leaders::clocks::variables(stage, failover))
                .await
        }
        None => stage.start_operator(flags(point)).await,
    }
}

/// Brings the scenario to where calls count; answers how many there were before, or nothing when it does not get there.
async fn open(stage: &Stage, scenario: &Scenario, point: Option<&Point>) -> Option<usize> {
    if scenario.opening == Opening::Cold {
        return Some(0);
    }
    start_operators(stage, point).await;
    stage.create((scenario.spec)()).await;
    timeout(PATIENCE, until_end_is(stage, Ending::Ready)).await.ok()?;
    Some(stage.network.count_anew())
}

/// Lets people act, and waits for the end; answers when it came.
async fn act_to_end(stage: &Stage, scenario: &Scenario, mark: usize) -> u64 {
    (scenario.act)(stage).await;
    until_end(stage, scenario, mark).await
}

async fn until_end(stage: &Stage, scenario: &Scenario, mark: usize) -> u64 {
    loop {
        until_end_is(stage, scenario.ending).await;
        if nothing_is_under_way(stage, mark) && consumed(stage, scenario) {
            return last_write(stage, mark);
        }
        sleep(LOOK).await;
    }
}

async fn until_end_is(stage: &Stage, ending: Ending) {
    loop {
        let endpoint = stage.endpoint().await;
        let ended = match (ending, &endpoint) {
            (Ending::Gone, None) => true,
            (Ending::Ready, Some(endpoint)) => endpoint.is_ready() && stage.watcher.matches().is_ok(),
            _ => false,
        };
        if ended {
            return;
        }
        sleep(LOOK).await;
    }
}

/// When the operator wrote last, to AWS or to Kubernetes.
fn last_write(stage: &Stage, mark: usize) -> u64 {
    let calls = stage.network.calls();
    let written = calls[mark..].iter().filter(|call| call.write && !quiet::is_renewal(call));
    written.filter_map(|call| call.delivered_at).max().unwrap_or_default()
}

/// Whether everything has arrived that was held up.
fn nothing_is_under_way(stage: &Stage, mark: usize) -> bool {
    let calls = stage.network.calls();
    let mut held = calls[mark..]
        .iter()
        .filter(|call| call.fault.as_ref().is_some_and(|fault| fault.starts_with("Late")));
    held.all(|call| call.delivered > 0)
}

/// Whether all records that were written have been processed; true without records.
fn consumed(stage: &Stage, scenario: &Scenario) -> bool {
    scenario.users.is_some() || stage.aws.consumed().records() == streams::RECORDS
}

async fn seen(stage: &Stage) -> String {
    let endpoint = stage.endpoint().await;
    let status = endpoint
        .as_ref()
        .map(|endpoint| serde_json::to_string(&endpoint.status).expect("a status is JSON"));
    format!(
        "AWS is {:?}, {} records are processed, the endpoint is {}",
        stage.watcher.matches(),
        stage.aws.consumed().records(),
        status.as_deref().unwrap_or("gone"),
    )
}

async fn recovery_of(stage: &Stage, busy: &Busy, mark: usize, end: u64) -> Option<Recovery> {
    let told = |process: &mut kubelet::Process| recovery::Process {
        name: process.name.clone(),
        started: process.started,
        log: process.operator.log(),
        waited: stage.watcher.waited(&process.name),
    };
    let processes = stage.kubelet(|kubelet| kubelet.processes(|all| all.iter_mut().map(told).collect::<Vec<_>>()));
    recovery::of(&stage.network.calls()[mark..], &processes.await?, busy, end)
}

/// What there is to say once everything is over.
async fn judge(stage: &Stage, scenario: &Scenario, point: Option<&Point>, reference: Option<&Reference>, mark: usize, shown: &mut Shown) {
    let endpoint = stage.endpoint().await;
    let region = stage.aws.sim().with_region(ACCOUNT, REGION, |region, _| region.clone());
    shown.end = end_state::shown(&region, endpoint.as_ref());
    shown.calls = stage.network.calls().split_off(mark);
    shown.hit = shown.calls.iter().any(|call| call.fault.is_some());
    shown.wrong("O3", stage.watcher.violations());
    let living = endpoint.as_ref().and_then(ResourceExt::uid);
    shown.wrong("O6", leak::named(&region, &stage.watcher.uids(), living.as_deref()));
    if endpoint.is_none() {
        shown.wrong("O6", leak::left(&stage.before, &region));
    }
    if let Some(reference) = reference {
        shown.wrong("O1", end_state::wrong(&reference.end, &reference.mask, &shown.end));
        let ambiguous = u32::from(point.is_some_and(|point| point.damage.is_ambiguous()));
        shown.wrong("O2", summary::excess(&reference.summary, ambiguous, &summary::of(&shown.calls)));
    }
    shown.wrong("O8", leaders::fence::broken(&stage.network.calls()));
    shown.takeover = leaders::takeover::after(&shown.calls);
    let claims = stage.watcher.judge_claims();
    (shown.samples, shown.ready) = (claims.samples, claims.ready);
    shown.overtaken = claims.overtaken;
    shown.wrong("O5", claims.violations);
    let (texts, leaks) = canaries::clean(stage).await;
    shown.texts = texts;
    shown.wrong("O7", leaks);
    if scenario.users.is_none() {
        let wrong = stage.aws.consumed().out_of_order().len();
        if wrong > 0 {
            let words = format!("{wrong} records were handed over for the first time after later ones of their shard");
            shown.wrong("O12", vec![words]);
        }
    }
    keep_told(stage, shown).await;
}

/// Keeps what ledger and logs say.
async fn keep_told(stage: &Stage, shown: &mut Shown) {
    shown.ledger = stage.network.jsonl();
    shown.logs = stage.logs().await;
}
