//! Between the operator and its two servers: numbers every call, lets go wrong what a script says, and tells the judge what was done.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use awssim::sim::{Reply, Sim};
use awssim::wire::{Request as AwsRequest, Response, error, parameters, recognise};
use awssim::world::{AwsError, Millis};
use serde_json::Value;
use tokio::sync::Notify;
use tokio::time::sleep;

use crate::api_server::{Answer, ApiServer, Objects, Place, Request, refuse};
use crate::clock;
use crate::fault::{Act, At, Fault, Kind, Loss};
use crate::judge::Judge;
use crate::people;

/// AWS refuses a signature that is older, or from further ahead (AWS documents five minutes for most services).
const SKEW: i64 = 5 * 60;

/// One call, as it came.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// Its number; `None` for what is not counted.
    pub k: Option<usize>,
    /// Simulated time.
    pub at: Millis,
    /// For instance `lambda:UpdateAlias` or `PATCH warmlambdaendpoints/status`.
    pub name: String,
    /// The function that it is about.
    pub function: Option<String>,
    /// Whether it changes something.
    pub write: bool,
    /// What went wrong with it.
    pub fault: Option<Kind>,
    /// Status of the answer that the server gave.
    pub code: Option<u16>,
    /// Whether it changed something: an object that is written as it is stays as it is.
    pub changed: bool,
}

/// What went back to the operator from AWS.
pub enum AwsReply {
    /// An answer, perhaps not the server's own.
    Answer(Response),
    /// No connection.
    Refused,
    /// The connection broke.
    Broken,
}

/// What went back to the operator from Kubernetes.
pub enum KubernetesReply {
    /// An answer.
    Answer(Answer),
    /// A body that is none, with this status.
    Garbage(u16, Vec<u8>),
    /// No connection, or a broken one.
    Broken,
}

/// The wire; cloning gives another handle on the same one.
#[derive(Clone)]
pub struct Wire {
    /// AWS.
    pub sim: Sim,
    /// Kubernetes.
    pub api: ApiServer,
    /// Who judges what is done.
    pub judge: Arc<Mutex<Judge>>,
    /// What the endpoint asks for when it is made.
    pub spec: Arc<Value>,
    /// Rings when the operator is to die.
    pub crash: Arc<Notify>,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    counted: usize,
    by_name: BTreeMap<String, usize>,
    script: Vec<Fault>,
    calls: Vec<Call>,
    /// The operator that lives; calls of earlier ones are not heard any more.
    life: u32,
    /// Requests that are still to arrive.
    held: usize,
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Wire")
    }
}

impl Wire {
    /// Between two servers.
    pub fn new(sim: Sim, api: ApiServer, spec: &Value, script: Vec<Fault>) -> Self {
        let judge = Judge::new(&sim, &api);
        let state = State {
            script,
            ..State::default()
        };
        Self {
            sim,
            api,
            judge: Arc::new(Mutex::new(judge)),
            spec: Arc::new(spec.clone()),
            crash: Arc::default(),
            state: Arc::new(Mutex::new(state)),
        }
    }

    /// A new operator is heard from now on, and no other.
    pub fn next_life(&self) -> u32 {
        let mut state = self.state();
        state.life += 1;
        state.life
    }

    /// Every call so far.
    pub fn calls(&self) -> Vec<Call> {
        self.state().calls.clone()
    }

    /// How many calls so far are such.
    pub fn count(&self, such: impl Fn(&Call) -> bool) -> usize {
        self.state().calls.iter().filter(|call| such(call)).count()
    }

    /// Whether requests are still to arrive.
    pub fn is_waiting(&self) -> bool {
        self.state().held > 0
    }

    /// When calls of each function first failed since a moment, counted from it.
    pub fn failing_since(&self, moment: Millis) -> BTreeMap<String, Duration> {
        let mut since = BTreeMap::new();
        for call in self.state().calls.iter().filter(|call| call.at >= moment && call.fault.is_some()) {
            if let Some(function) = &call.function {
                since.entry(function.clone()).or_insert(Duration::from_millis(call.at - moment));
            }
        }
        since
    }

    /// Adds a fault.
    pub fn add(&self, fault: Fault) {
        self.state().script.push(fault);
    }

    /// Who judges.
    pub fn judge(&self) -> MutexGuard<'_, Judge> {
        self.judge.lock().unwrap()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Notes a call and says what goes wrong with it. Nothing for an operator that is dead.
    fn note(&self, life: u32, (name, function): (&str, Option<String>), write: bool, counted: bool) -> Option<(usize, Option<Kind>)> {
        let mut state = self.state();
        if life != state.life {
            return None;
        }
        let k = counted.then_some(state.counted);
        state.counted += usize::from(counted);
        let nth = state.by_name.entry(name.to_owned()).or_default();
        let n = *nth;
        *nth += 1;
        let seconds = clock::elapsed().as_secs();
        let hit = |fault: &&Fault| match &fault.at {
            At::Call(number) => k == Some(*number),
            At::Named(of, number) => of == name && n == *number,
            At::During(of, from, until) => name.starts_with(of.as_str()) && (*from..*until).contains(&seconds),
            At::Some(of, from, until, percent) => {
                let lot = (n as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 57;
                name.starts_with(of.as_str()) && (*from..*until).contains(&seconds) && lot * 100 < u64::from(*percent) * 128
            }
        };
        let kind = state.script.iter().find(hit).map(|fault| fault.kind.clone());
        state.calls.push(Call {
            k,
            at: clock::millis(),
            name: name.to_owned(),
            function,
            write,
            fault: kind.clone(),
            code: None,
            changed: false,
        });
        Some((state.calls.len() - 1, kind))
    }

    fn answered(&self, index: usize, code: u16) {
        self.state().calls[index].code = Some(code);
    }

    /// The operator dies; this call is never answered.
    async fn die<T>(&self) -> T {
        self.state().life += 1;
        self.crash.notify_one();
        std::future::pending().await
    }

    /// Carries something out later.
    fn later(&self, millis: u64, act: impl Future<Output = ()> + Send + 'static) {
        self.state().held += 1;
        let wire = self.clone();
        tokio::spawn(async move {
            sleep(Duration::from_millis(millis)).await;
            act.await;
            wire.state().held -= 1;
        });
    }
}

/// AWS.
impl Wire {
    /// Answers a request of the operator of that life.
    #[expect(clippy::too_many_lines, reason = "one arm for each fault")]
    pub async fn aws(&self, life: u32, request: AwsRequest) -> AwsReply {
        let operation = recognise(&request);
        let (name, write) = operation.map_or_else(
            || (format!("{} {}", request.method, request.path), false),
            |operation| (format!("{}:{}", operation.service, operation.name), operation.write),
        );
        let counted = !["sts:", "cloudwatch:", "lambda:GetAccountSettings"]
            .iter()
            .any(|other| name.starts_with(other));
        let function = parameters::of(&request).remove("function");
        let Some((index, kind)) = self.note(life, (&name, function), write, counted) else {
            return std::future::pending().await;
        };
        if let Some(Kind::Act(act)) = &kind {
            self.act(act);
        }
        if write {
            self.judge().sent(&name, &request, &self.api);
        }
        let refused = skewed(&request).or_else(|| refused_by_aws(kind.as_ref()?, &name, &request));
        if let Some(refused) = refused {
            self.answered(index, refused.status);
            return AwsReply::Answer(refused);
        }
        match kind {
            Some(Kind::Refused) => AwsReply::Refused,
            Some(Kind::Lost(how)) => {
                let answer = self.on_aws(index, &name, request, true).await;
                lost(how, answer).await
            }
            Some(Kind::Late(millis)) => {
                self.late(millis, index, name, request);
                AwsReply::Broken
            }
            Some(Kind::Twice) => {
                self.on_aws(index, &name, request.clone(), true).await;
                let answer = self.once_more(request).await;
                self.answered(index, answer.status);
                AwsReply::Answer(answer)
            }
            Some(Kind::Again(millis)) => {
                let answer = self.on_aws(index, &name, request.clone(), true).await;
                self.again(millis, request);
                AwsReply::Answer(answer)
            }
            Some(Kind::Slow(millis)) => {
                let answer = self.on_aws(index, &name, request, true).await;
                sleep(Duration::from_millis(millis)).await;
                AwsReply::Answer(answer)
            }
            Some(Kind::CrashBefore) => self.die().await,
            Some(Kind::CrashAfter) => {
                self.on_aws(index, &name, request, true).await;
                self.die().await
            }
            Some(Kind::CrashLate(millis)) => {
                self.late(millis, index, name, request);
                self.die().await
            }
            _ => AwsReply::Answer(self.on_aws(index, &name, request, true).await),
        }
    }

    fn late(&self, millis: u64, index: usize, name: String, request: AwsRequest) {
        let wire = self.clone();
        self.later(millis, async move {
            wire.on_aws(index, &name, request, false).await;
        });
    }

    /// What was answered arrives once more: against that nobody can do anything but mend it, as if somebody else had done it.
    fn again(&self, millis: u64, request: AwsRequest) {
        let wire = self.clone();
        self.later(millis, async move {
            wire.once_more(request).await;
        });
    }

    async fn once_more(&self, request: AwsRequest) -> Response {
        self.judge().disturbing(&self.sim);
        let Reply::Answer(answer) = self.sim.handle(request).await else {
            unreachable!("the simulation has no faults of its own");
        };
        self.judge().disturbed(&self.sim, &self.api);
        answer
    }

    /// Carries a request out. `expected`: somebody waits for it.
    async fn on_aws(&self, index: usize, name: &str, request: AwsRequest, expected: bool) -> Response {
        let write = recognise(&request).is_some_and(|operation| operation.write);
        if write && (!expected || self.judge().stale > Duration::ZERO) {
            self.judge().disturbing(&self.sim);
        }
        let Reply::Answer(answer) = self.sim.handle(request).await else {
            unreachable!("the simulation has no faults of its own");
        };
        self.answered(index, answer.status);
        if write && answer.status < 400 {
            self.state().calls[index].changed = true;
            self.judge().wrote(name, &self.sim);
        }
        answer
    }

    /// Somebody does something.
    pub fn act(&self, act: &Act) {
        self.judge().disturbing(&self.sim);
        people::act(act, &self.sim, &self.api, &self.spec);
        self.judge().disturbed(&self.sim, &self.api);
    }
}

/// What AWS says that does not do what it is asked.
fn refused_by_aws(kind: &Kind, name: &str, request: &AwsRequest) -> Option<Response> {
    let (status, code, text) = match kind {
        Kind::Unavailable => (503, "ServiceUnavailable", "try again later".into()),
        Kind::Throttled => (429, "TooManyRequestsException", "Rate exceeded".into()),
        Kind::Denied => (403, "AccessDeniedException", not_authorized(name)),
        Kind::Expired => (
            403,
            "ExpiredTokenException",
            "The security token included in the request is expired".into(),
        ),
        Kind::Conflict => (409, "ResourceConflictException", "An update is in progress for resource".into()),
        _ => return None,
    };
    Some(error::refuse(request, &AwsError::new(status, code, text)))
}

/// The same for Kubernetes.
fn refusal_of_kubernetes(kind: &Kind) -> Option<(u16, &'static str)> {
    match kind {
        Kind::Unavailable => Some((503, "ServiceUnavailable")),
        Kind::Throttled => Some((429, "TooManyRequests")),
        Kind::Denied => Some((403, "Forbidden")),
        Kind::Expired => Some((401, "Unauthorized")),
        Kind::Conflict => Some((409, "Conflict")),
        _ => None,
    }
}

/// What AWS says to a signature of another time.
fn skewed(request: &AwsRequest) -> Option<Response> {
    use k8s_openapi::jiff::civil::DateTime;
    use k8s_openapi::jiff::tz::TimeZone;
    let signed = DateTime::strptime("%Y%m%dT%H%M%SZ", request.header("x-amz-date")?).ok()?;
    let signed = signed.to_zoned(TimeZone::UTC).ok()?.timestamp().as_second();
    let off = signed - clock::real().as_second();
    let word = if off < 0 {
        "Signature expired"
    } else {
        "Signature not yet current"
    };
    (off.abs() > SKEW).then(|| error::refuse(request, &AwsError::new(403, "InvalidSignatureException", word)))
}

fn not_authorized(name: &str) -> String {
    format!("User: arn:aws:sts::111122223333:assumed-role/op/i is not authorized to perform: {name} on resource: *")
}

async fn lost(how: Loss, mut answer: Response) -> AwsReply {
    match how {
        Loss::Reset => AwsReply::Broken,
        Loss::Hang => std::future::pending().await,
        // Without a body there is nothing to cut.
        Loss::Half if answer.body.len() < 2 => AwsReply::Broken,
        Loss::Half => {
            answer.body.truncate(answer.body.len() / 2);
            AwsReply::Answer(answer)
        }
        Loss::InternalError => AwsReply::Answer(Response::bytes(500, "text/plain", b"Internal Server Error".to_vec())),
        Loss::Html => AwsReply::Answer(Response::bytes(200, "text/html", b"<html><body>Proxy</body></html>".to_vec())),
    }
}

/// Kubernetes.
impl Wire {
    /// Answers a request of the operator of that life.
    pub async fn kubernetes(&self, life: u32, request: Request) -> KubernetesReply {
        let place = Place::of(&request.path);
        let resource = place.as_ref().map(|place| place.resource.clone()).unwrap_or_default();
        let part = place
            .as_ref()
            .and_then(|place| place.subresource.clone())
            .map(|part| format!("/{part}"));
        let one = place.is_some_and(|place| place.name.is_some());
        let name = format!("{} {resource}{}", request.method, part.unwrap_or_default());
        let write = request.method != "GET";
        let counted = resource != "leases" && (one || write);
        let Some((index, kind)) = self.note(life, (&name, None), write, counted) else {
            return std::future::pending().await;
        };
        if let Some((code, reason)) = kind.as_ref().and_then(refusal_of_kubernetes) {
            self.answered(index, code);
            return KubernetesReply::Answer(refuse(code, reason, reason));
        }
        match kind {
            Some(Kind::Refused) => KubernetesReply::Broken,
            Some(Kind::Lost(how)) => {
                let answer = self.on_kubernetes(index, &request);
                lost_object(how, answer).await
            }
            Some(Kind::Late(millis)) => {
                self.late_object(millis, index, request);
                KubernetesReply::Broken
            }
            Some(Kind::Twice) => {
                self.on_kubernetes(index, &request);
                KubernetesReply::Answer(self.on_kubernetes(index, &request))
            }
            Some(Kind::Again(millis)) => {
                let answer = self.on_kubernetes(index, &request);
                self.late_object(millis, index, request);
                KubernetesReply::Answer(answer)
            }
            Some(Kind::Slow(millis)) => {
                let answer = self.on_kubernetes(index, &request);
                sleep(Duration::from_millis(millis)).await;
                KubernetesReply::Answer(answer)
            }
            Some(Kind::CrashBefore) => self.die().await,
            Some(Kind::CrashAfter) => {
                self.on_kubernetes(index, &request);
                self.die().await
            }
            Some(Kind::CrashLate(millis)) => {
                self.late_object(millis, index, request);
                self.die().await
            }
            Some(Kind::Act(act)) => {
                self.act(&act);
                KubernetesReply::Answer(self.on_kubernetes(index, &request))
            }
            _ => KubernetesReply::Answer(self.on_kubernetes(index, &request)),
        }
    }

    fn late_object(&self, millis: u64, index: usize, request: Request) {
        let wire = self.clone();
        self.later(millis, async move {
            wire.on_kubernetes(index, &request);
        });
    }

    fn on_kubernetes(&self, index: usize, request: &Request) -> Answer {
        let before = self.api.look(Objects::version);
        let answer = self.api.answer(request);
        if let Answer::Object(code, object) = &answer {
            self.answered(index, *code);
            self.state().calls[index].changed = self.api.look(Objects::version) > before;
            if *code < 300 && request.method != "GET" {
                self.judge().stored(request, object, &self.sim);
            }
        }
        answer
    }
}

async fn lost_object(how: Loss, answer: Answer) -> KubernetesReply {
    match (how, answer) {
        (Loss::Hang, _) => std::future::pending().await,
        (Loss::Half, Answer::Object(code, object)) => {
            let text = Value::to_string(&object);
            KubernetesReply::Garbage(code, text.as_bytes()[..text.len() / 2].to_vec())
        }
        (Loss::InternalError, _) => KubernetesReply::Answer(refuse(500, "InternalError", "etcdserver: request timed out")),
        (Loss::Html, _) => KubernetesReply::Garbage(200, b"<html><body>Proxy</body></html>".to_vec()),
        _ => KubernetesReply::Broken,
    }
}
