//! The network of a scenario: between the operators, AWS and the API server stands a proxy that numbers every call, writes the ledger
//! and lets go wrong what the rules say.
//!
//! Each process of the operator has two ports of its own, one where it finds AWS and one where it finds the API server, so that the
//! ledger knows who called. A call goes through [`deliver`]: named ([`name`]), numbered ([`ledger`]), judged by the rules ([`fault`]),
//! carried to what it is for ([`upstream`]) and answered on its socket ([`socket`]).

mod deliver;
pub mod fault;
pub mod ledger;
pub mod name;
mod socket;
pub mod upstream;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use awssim::sim::Sim;
use kube::Client;
use tokio::net::TcpListener;
use tokio::sync::watch;

use fault::{Fault, Rule, Rules};
use ledger::{Call, Ledger, Side};
use upstream::{Answer, Request};

/// Is shown what happens, at the moment at which it happens and before anything else can.
pub trait Witness: Send + Sync {
    /// A call came in; nothing was done about it yet.
    fn received(&self, _call: &Call, _request: &Request) {}
    /// A call is about to arrive late, or once more: the world changes without its sender knowing.
    fn arrives_unexpectedly(&self, _call: &Call) {}
    /// A call was carried out, once more if it was before.
    fn carried_out(&self, _call: &Call, _request: &Request, _answer: &Answer) {}
}

/// Ends a process at once, as `kill -9` does.
pub type Kill = Arc<dyn Fn() + Send + Sync>;

/// What lies between the operators of one scenario and the world; cloning gives another handle on the same one.
#[derive(Clone)]
pub struct Network(Arc<Inner>);

struct Inner {
    start: Instant,
    sim: Sim,
    kubernetes: Client,
    witness: Arc<dyn Witness>,
    state: Mutex<State>,
    meeting: watch::Sender<Meeting>,
}

/// How far it is with the call that waits for something else to happen.
#[derive(Clone, Debug, Default)]
enum Meeting {
    /// It did not come yet.
    #[default]
    Expected,
    /// It waits.
    Waiting(Box<Call>),
    /// It may go on.
    Over,
}

#[derive(Default)]
struct State {
    ledger: Ledger,
    rules: Rules,
}

/// Where one process finds AWS and the API server.
pub struct Ports {
    /// Of AWS.
    pub aws: SocketAddr,
    /// Of the API server.
    pub kubernetes: SocketAddr,
    process: Arc<Process>,
    /// Its end closes the ports.
    _open: watch::Sender<()>,
}

/// What the proxies know of a process.
struct Process {
    name: String,
    kill: watch::Sender<Option<Kill>>,
    /// Its next call is its last.
    doomed: AtomicBool,
}

impl Network {
    /// Between whoever gets ports of it, a simulated AWS and an API server. `kubernetes` must not authenticate: the tokens are those of
    /// the callers.
    pub fn new(sim: &Sim, kubernetes: &Client, witness: Arc<dyn Witness>) -> Self {
        Self(Arc::new(Inner {
            start: Instant::now(),
            sim: sim.clone(),
            kubernetes: kubernetes.clone(),
            witness,
            state: Mutex::default(),
            meeting: watch::Sender::default(),
        }))
    }

    /// Waits for the call that a rule lets wait, has something happen, and lets it go on.
    pub async fn meet<T>(&self, happens: impl AsyncFnOnce(&Call) -> T) -> T {
        let mut met = self.0.meeting.subscribe();
        let meeting = met.wait_for(|meeting| matches!(meeting, Meeting::Waiting(_))).await;
        let call = match &*meeting.expect("the network is there") {
            Meeting::Waiting(call) => call.as_ref().clone(),
            Meeting::Expected | Meeting::Over => unreachable!("it was waited for"),
        };
        let happened = happens(&call).await;
        self.0.meeting.send_replace(Meeting::Over);
        happened
    }

    /// Whether the call came that a rule lets wait.
    pub fn has_met(&self) -> bool {
        !matches!(*self.0.meeting.borrow(), Meeting::Expected)
    }

    async fn wait_for_the_other(&self, call: &Call) {
        self.0.meeting.send_replace(Meeting::Waiting(Box::new(call.clone())));
        let mut over = self.0.meeting.subscribe();
        let _ = over.wait_for(|meeting| matches!(meeting, Meeting::Over)).await;
    }

    /// Opens ports for a process of a name. They close when the answer is dropped.
    pub async fn open(&self, process: &str) -> Ports {
        let process = Arc::new(Process {
            name: process.into(),
            kill: watch::Sender::new(None),
            doomed: AtomicBool::new(false),
        });
        let (open, closed) = watch::channel(());
        let mut addresses = Vec::new();
        for side in [Side::Aws, Side::Kubernetes] {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
            addresses.push(listener.local_addr().expect("a bound port has an address"));
            tokio::spawn(socket::serve(listener, self.clone(), Arc::clone(&process), side, closed.clone()));
        }
        Ports {
            aws: addresses[0],
            kubernetes: addresses[1],
            process,
            _open: open,
        }
    }

    /// Has a rule hold from now on.
    pub fn rule(&self, rule: Rule) {
        self.state().rules.add(rule);
    }

    /// Ends all rules.
    pub fn lift_all(&self) {
        self.state().rules.clear();
    }

    /// Every call so far, in the order in which they came in.
    pub fn calls(&self) -> Vec<Call> {
        self.state().ledger.calls().to_vec()
    }

    /// The ledger, a JSON object in each line.
    pub fn jsonl(&self) -> String {
        self.state().ledger.jsonl()
    }

    /// Counts the calls of each name from one again: what came before was preparation. Answers how many those were.
    pub fn count_anew(&self) -> usize {
        self.state().ledger.count_anew()
    }

    /// Milliseconds since the network was made: the time that the ledger speaks of.
    pub fn now(&self) -> u64 {
        u64::try_from(self.0.start.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Notes a call and says what goes wrong with it.
    fn note(&self, process: &Process, side: Side, request: &Request) -> (Call, Option<Fault>) {
        let mut state = self.state();
        let call = state.ledger.begin(&process.name, side, request, self.now());
        let fault = state.rules.hit(&call);
        if let Some(fault) = &fault {
            state.ledger.change(call.index, |call| call.fault = Some(format!("{fault:?}")));
        }
        (call, fault)
    }

    fn change(&self, index: usize, change: impl FnOnce(&mut Call)) {
        self.state().ledger.change(index, change);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ports {
    /// Says how the process ends that has these ports. A rule that kills waits until this was said.
    pub fn belong_to(&self, kill: Kill) {
        self.process.kill.send_replace(Some(kill));
    }
}

impl Process {
    /// Has its next call kill it.
    fn doom(&self) {
        self.doomed.store(true, Ordering::SeqCst);
    }

    fn is_doomed(&self) -> bool {
        self.doomed.load(Ordering::SeqCst)
    }

    async fn kill(&self) {
        let mut known = self.kill.subscribe();
        let kill = known.wait_for(Option::is_some).await.ok().and_then(|kill| kill.clone());
        if let Some(kill) = kill {
            kill();
        }
    }
}
