//! Replicas of the operator that are started anew when they end, as the kubelet does it, straight on the API server.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use k8s_openapi::jiff::Timestamp;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::harness::operator::Operator;
use crate::harness::service_account::ServiceAccount;

/// Between two looks whether the processes still run.
const LOOK: Duration = Duration::from_millis(50);

/// What every process is started with.
#[derive(Clone)]
pub struct Template {
    /// Who they are in Kubernetes.
    pub account: ServiceAccount,
    /// Where they find AWS.
    pub aws: String,
    /// Flags of `run`.
    pub flags: Vec<String>,
}

/// The replicas: of each all processes so far, of which at most the last runs.
pub struct Pods {
    replicas: Arc<Mutex<Vec<Vec<Operator>>>>,
    keeping: JoinHandle<()>,
}

impl Template {
    fn start(&self, replica: usize, process: usize) -> Operator {
        let flags: Vec<_> = self.flags.iter().map(String::as_str).collect();
        Operator::start(&format!("pod-{replica}-{process}"), &self.account, &self.aws, &flags)
    }
}

impl Pods {
    /// Starts so many replicas and keeps them running.
    pub fn start(template: Template, replicas: usize) -> Self {
        let started = (0..replicas).map(|replica| vec![template.start(replica, 0)]).collect();
        let replicas: Arc<Mutex<Vec<Vec<Operator>>>> = Arc::new(Mutex::new(started));
        let kept = Arc::clone(&replicas);
        let keeping = tokio::spawn(async move {
            loop {
                sleep(LOOK).await;
                for (replica, processes) in locked(&kept).iter_mut().enumerate() {
                    if processes.last_mut().is_some_and(Operator::has_ended) {
                        processes.push(template.start(replica, processes.len()));
                    }
                }
            }
        });
        Self { replicas, keeping }
    }

    /// Kills the processes of a replica that run.
    pub fn kill(&self, replica: usize) {
        let killer = locked(&self.replicas)[replica].last().map(Operator::killer);
        killer.iter().for_each(|kill| kill());
    }

    /// The replica whose process leads, by what was logged last.
    pub fn leader(&self) -> Option<usize> {
        let replicas = locked(&self.replicas);
        let leads = |processes: &Vec<Operator>| processes.last().is_some_and(|process| process.log().contains("leading "));
        replicas.iter().position(leads)
    }

    /// How many processes ended so far.
    pub fn ended(&self) -> usize {
        locked(&self.replicas).iter().map(|processes| processes.len() - 1).sum()
    }

    /// How many run.
    pub fn running(&self) -> usize {
        let mut replicas = locked(&self.replicas);
        let last = replicas.iter_mut().filter_map(|processes| processes.last_mut());
        last.map(Operator::has_ended).filter(|ended| !ended).count()
    }

    /// Lines of all processes since a time, in the order of their times.
    pub fn since(&self, time: Timestamp) -> Vec<String> {
        let time = time.to_string();
        let mut lines = self.lines("");
        lines.retain(|line| line.starts_with("20") && **line >= *time);
        lines.sort();
        lines
    }

    /// Lines of all processes that have a part.
    pub fn lines(&self, part: &str) -> Vec<String> {
        let logs: Vec<_> = locked(&self.replicas).iter().flatten().map(Operator::log).collect();
        let lines = logs.iter().flat_map(|log| log.lines());
        lines.filter(|line| line.contains(part)).map(str::to_owned).collect()
    }
}

impl Drop for Pods {
    fn drop(&mut self) {
        self.keeping.abort();
    }
}

fn locked(replicas: &Mutex<Vec<Vec<Operator>>>) -> MutexGuard<'_, Vec<Vec<Operator>>> {
    replicas.lock().unwrap_or_else(PoisonError::into_inner)
}
