//! Whether the API server went back in time: its etcd was restored from a backup.
//!
//! Nothing else tells. A watch from a revision that the restored etcd has not reached yet stays silent until it has, and what this
//! process remembers was never written. The Lease is the object that it writes and reads all the time, from the quorum, so it is where
//! the step back shows: within a retry period.

use k8s_openapi::api::coordination::v1::Lease;
use kube::ResourceExt;

/// The newest state of the API server that a process has met.
#[derive(Clone, Copy, Debug, Default)]
pub struct History {
    newest: u64,
}

/// What was seen is older than what was seen before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WentBack;

impl History {
    /// Notes a Lease that the API server answered. Its resourceVersion is a revision of etcd, also when the Lease was deleted and made
    /// anew in between, and what is read from the quorum only grows.
    ///
    /// # Errors
    /// [`WentBack`].
    pub fn note(&mut self, lease: &Lease) -> Result<(), WentBack> {
        let Some(version) = lease.resource_version().and_then(|version| version.parse().ok()) else {
            return Ok(());
        };
        if version < self.newest {
            return Err(WentBack);
        }
        self.newest = version;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lease(version: &str) -> Lease {
        let mut lease = Lease::default();
        lease.metadata.resource_version = Some(version.into());
        lease
    }

    #[test]
    fn a_lease_that_is_older_than_one_before_tells_that_history_went_back() {
        let mut history = History::default();
        assert_eq!(history.note(&lease("9")), Ok(()));
        assert_eq!(history.note(&lease("10")), Ok(()), "numbers are compared, not texts");
        assert_eq!(history.note(&lease("10")), Ok(()));
        assert_eq!(history.note(&lease("9")), Err(WentBack));
    }

    #[test]
    fn a_version_that_is_no_number_tells_nothing() {
        let mut history = History::default();
        assert_eq!(history.note(&lease("b")), Ok(()));
        assert_eq!(history.note(&lease("a")), Ok(()));
        assert_eq!(history.note(&Lease::default()), Ok(()));
    }
}
