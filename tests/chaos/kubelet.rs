//! Keeps one operator running, as the kubelet does: a process that ended is followed by the next, at once.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::harness::operator::Operator;
use crate::harness::service_account::ServiceAccount;
use crate::proxy::{Network, Ports};

/// Between two looks whether the process still runs.
const LOOK: Duration = Duration::from_millis(20);

/// A process of the operator, running or not.
pub struct Process {
    /// As the ledger names it.
    pub name: String,
    /// When it was started, in the time of the ledger.
    pub started: u64,
    /// The process itself.
    pub operator: Operator,
    _ports: Ports,
}

/// What every process is started with.
pub struct Template {
    /// Between the processes and the world.
    pub network: Network,
    /// Who they are in Kubernetes.
    pub account: ServiceAccount,
    /// Flags of `run`.
    pub flags: Vec<String>,
    /// Variables in their environment.
    pub variables: Vec<(String, String)>,
}

/// The processes of one replica, one after the other.
pub struct Kubelet {
    processes: Arc<Mutex<Vec<Process>>>,
    keeping: JoinHandle<()>,
}

impl Template {
    async fn start(&self, name: String) -> Process {
        let ports = self.network.open(&name).await;
        let file = format!("{}-{name}", self.account.release.namespace);
        let account = self.account.through(&file, &format!("http://{}", ports.kubernetes));
        let flags: Vec<_> = self.flags.iter().map(String::as_str).collect();
        let variables: Vec<_> = self.variables.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let operator = Operator::start_in(&name, &account, &format!("http://{}", ports.aws), &flags, &variables);
        ports.belong_to(operator.killer());
        Process {
            name,
            started: self.network.now(),
            operator,
            _ports: ports,
        }
    }
}

impl Kubelet {
    /// Starts the first process and keeps it running. Processes are named `a1`, `a2` and so on for replica `a`.
    pub async fn start(replica: &'static str, template: Template) -> Self {
        let processes = Arc::new(Mutex::new(vec![template.start(format!("{replica}1")).await]));
        let kept = Arc::clone(&processes);
        let keeping = tokio::spawn(async move {
            loop {
                sleep(LOOK).await;
                let count = {
                    let mut processes = locked(&kept);
                    let last = processes.last_mut().expect("there is a first process");
                    if !last.operator.has_ended() {
                        continue;
                    }
                    processes.len()
                };
                let next = template.start(format!("{replica}{}", count + 1)).await;
                locked(&kept).push(next);
            }
        });
        Self { processes, keeping }
    }

    /// Looks at the processes so far.
    pub fn processes<T>(&self, look: impl FnOnce(&mut Vec<Process>) -> T) -> T {
        look(&mut locked(&self.processes))
    }

    /// Looks at a process by its name.
    pub fn process<T>(&self, name: &str, look: impl FnOnce(&mut Process) -> T) -> Option<T> {
        self.processes(|processes| processes.iter_mut().find(|process| process.name == name).map(look))
    }

    /// Everything that they logged.
    pub fn logs(&self) -> String {
        let told = |process: &Process| format!("---- {} from {} ms on\n{}\n", process.name, process.started, process.operator.log());
        self.processes(|processes| processes.iter().map(told).collect())
    }
}

impl Drop for Kubelet {
    fn drop(&mut self) {
        self.keeping.abort();
    }
}

fn locked(processes: &Mutex<Vec<Process>>) -> MutexGuard<'_, Vec<Process>> {
    processes.lock().unwrap_or_else(PoisonError::into_inner)
}
