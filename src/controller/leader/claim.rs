//! What a leader may do, and until when.

use std::future::{Future, poll_fn};
use std::task::Poll;

use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

/// One tenure: uid of the Lease and its `leaseTransitions`, which every acquisition increments. Compared for equality only,
/// because a Lease that was deleted and made anew starts counting again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Epoch {
    /// `metadata.uid` of the Lease.
    pub lease_uid: String,
    /// `spec.leaseTransitions` of this acquisition.
    pub transitions: i32,
}

/// What the election says about this process at the moment.
#[derive(Clone, Debug, Default)]
pub struct Claim {
    tenure: Option<Tenure>,
}

#[derive(Clone, Debug)]
struct Tenure {
    epoch: Epoch,
    quiet_until: Instant,
    until: Instant,
    vanished: Option<Instant>,
}

impl Claim {
    /// A tenure that begins. Nothing may be written before `quiet_until`, nor from `until` on.
    pub const fn new(epoch: Epoch, quiet_until: Instant, until: Instant) -> Self {
        let tenure = Tenure {
            epoch,
            quiet_until,
            until,
            vanished: None,
        };
        Self { tenure: Some(tenure) }
    }

    /// The same tenure, after one whose holder vanished before `at`: nobody knows what it sent last.
    pub fn after_one_that_vanished(mut self, at: Instant) -> Self {
        if let Some(tenure) = &mut self.tenure {
            tenure.vanished = Some(at);
        }
        self
    }

    /// Since when the holder before is known to send nothing any more, if it did not hand over in good order.
    pub fn predecessor_vanished(&self) -> Option<Instant> {
        self.tenure.as_ref()?.vanished
    }

    /// Moves the end of the tenure after a renewal; `false` when it had ended before. Such a tenure is over for good, although no other
    /// began: what came due in between was turned away, and nothing would bring it back.
    #[must_use]
    pub fn extend(&mut self, to: Instant) -> bool {
        let now = Instant::now();
        let tenure = self.tenure.as_mut().filter(|tenure| now < tenure.until);
        tenure.map(|tenure| tenure.until = to).is_some()
    }

    /// The tenure in which writes may be sent at this moment; `None` for a follower.
    pub fn epoch(&self) -> Option<&Epoch> {
        let now = Instant::now();
        let current = self.tenure.as_ref().filter(|t| t.quiet_until <= now && now < t.until);
        current.map(|t| &t.epoch)
    }

    /// Whether a write that was decided in `epoch` may be sent at this moment. "Am I leader now?" would not do: who paused with
    /// a plan, lost the lease and won it back would send the old plan.
    pub fn allows(&self, epoch: &Epoch) -> bool {
        self.epoch() == Some(epoch)
    }

    fn until(&self) -> Option<Instant> {
        self.tenure.as_ref().map(|t| t.until)
    }

    fn quiet_until(&self) -> Option<Instant> {
        self.tenure.as_ref().map(|t| t.quiet_until)
    }
}

/// The tenure ended before the write was answered; whether it was carried out is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the lease was lost")]
pub struct Lost;

/// Runs a write for as long as the claim allows it, and drops it when the tenure ends first. The claim is asked at each of its steps: a
/// process that was frozen while the write waited for its turn wakes with both due, the turn and the end of the tenure.
///
/// # Errors
/// [`Lost`] when the claim does not allow `epoch`, or no longer.
pub async fn while_held<T>(claim: &watch::Receiver<Claim>, epoch: &Epoch, write: impl Future<Output = T>) -> Result<T, Lost> {
    tokio::pin!(write);
    loop {
        let (allowed, until) = {
            let claim = claim.borrow();
            (claim.allows(epoch), claim.until())
        };
        // Asked again each time the end is reached: a renewal in between has moved it.
        let until = until.filter(|_| allowed).ok_or(Lost)?;
        let step = poll_fn(|context| {
            // Not held while the write goes on: the election could not say anything meanwhile.
            let allowed = claim.borrow().allows(epoch);
            if allowed {
                write.as_mut().poll(context).map(Ok)
            } else {
                Poll::Ready(Err(Lost))
            }
        });
        tokio::select! {
            answer = step => return answer,
            () = sleep_until(until) => {}
        }
    }
}

/// Waits until this process leads and may write.
pub async fn leading(mut claim: watch::Receiver<Claim>) -> Option<Epoch> {
    loop {
        let quiet_until = claim.wait_for(|c| c.tenure.is_some()).await.ok()?.quiet_until()?;
        sleep_until(quiet_until).await;
        if let Some(epoch) = claim.borrow().epoch() {
            return Some(epoch.clone());
        }
        // The tenure ended before it began to count: wait for the next change.
        claim.changed().await.ok()?;
    }
}
