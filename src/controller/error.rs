//! Why a pass ended without a report.

use std::time::Duration;

use thiserror::Error;

/// Why a pass ended without a report. What AWS refuses is no error of the pass: it stands in status.
#[derive(Debug, Error)]
pub enum Error {
    /// Kubernetes did not do what was asked; the pass is repeated with backoff.
    #[error("{what}: {source}")]
    Kubernetes {
        /// What was asked.
        what: &'static str,
        /// Why it was not done.
        source: Box<kube::Error>,
    },
    /// The pass took too long; it is repeated with backoff.
    #[error("the pass took longer than {0:?}")]
    Deadline(Duration),
    /// This process does not lead, or not any more.
    #[error("this process does not lead")]
    NotLeading,
    /// The object is not any more what the pass was about.
    #[error("the object changed meanwhile")]
    Outdated,
    /// The process is to stop.
    #[error("the process is stopping")]
    Stopping,
}

impl Error {
    /// Names what was asked of Kubernetes.
    pub fn kubernetes(what: &'static str) -> impl FnOnce(kube::Error) -> Self {
        move |source| Self::Kubernetes {
            what,
            source: Box::new(source),
        }
    }

    /// Whether something went wrong, rather than this process being the wrong one to go on.
    pub const fn is_failure(&self) -> bool {
        matches!(self, Self::Kubernetes { .. } | Self::Deadline(_))
    }
}
