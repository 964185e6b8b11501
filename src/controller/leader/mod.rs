//! Leader election by a Lease, for an operator whose effects lie outside Kubernetes.
//!
//! * Every write is a PUT with the resourceVersion last read; a conflict means that somebody else won.
//! * Time is our monotonic clock since we saw the lease change ([`decide`]); no wall clock is ever compared.
//! * A holder stops by itself before another may begin: `renew_deadline`, counted from when its last good request was *sent*,
//!   is shorter than `lease_duration`.
//! * Every acquisition is a new [`Epoch`]. What was decided in one is never sent in another ([`Claim::allows`]).
//! * Who takes the lease over from a holder that just vanished keeps quiet for the longest time that a request of that holder
//!   may still be under way, and notes that nobody knows what it sent last ([`Claim::predecessor_vanished`]).
//! * A Lease that is older than one seen before ends every process that sees it, follower or not ([`history`]): what it knows of the
//!   cluster never was.
//! * Who gives the lease back says by it that nothing of what it sent can still arrive ([`Release`]).

mod claim;
mod decide;
mod history;
#[cfg(test)]
mod tests;

use std::future::Future;
use std::time::Duration;

use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use k8s_openapi::jiff::Timestamp;
use kube::api::{Api, ObjectMeta, PostParams};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until, timeout_at};

pub use claim::{Claim, Epoch, Lost, leading, while_held};
pub use decide::{Decision, decide};
use decide::{given_back, is_free};
use history::{History, WentBack};

use crate::api::LEASE_LABEL;

/// How this process stands for election.
#[derive(Clone, Debug)]
pub struct Election {
    /// Name of the Lease.
    pub name: String,
    /// Who we are; never used by two processes, not even by one after a restart.
    pub identity: String,
    /// How long others wait after the last change that they saw.
    pub lease_duration: Duration,
    /// How long we go on after the sending of the last good request; less than `lease_duration`.
    pub renew_deadline: Duration,
    /// Between two requests.
    pub retry_period: Duration,
    /// Longest time that a request to AWS may be under way.
    pub request_timeout: Duration,
}

/// How a leader goes that is told to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Release {
    /// AWS answered all that was sent: the next one may begin at once.
    InGoodOrder,
    /// Something that was sent may still arrive. The lease is left to run out, so that the next one takes it from one that vanished.
    InDoubt,
}

/// How a tenure ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The lease was not renewed in time, or somebody else has it. The process must stop at once.
    Lost,
    /// We gave it back.
    Released,
    /// The API server went back in time. The process must stop at once and start anew.
    WentBack,
}

/// Why an attempt or a renewal did not come to an answer.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error(transparent)]
    Kubernetes(#[from] kube::Error),
    #[error("the API server shows an older Lease than before")]
    WentBack,
}

impl From<WentBack> for Trouble {
    fn from(_: WentBack) -> Self {
        Self::WentBack
    }
}

/// The lease as a candidate saw it, and since when.
struct Sighting {
    spec: Option<LeaseSpec>,
    since: Instant,
    held_before: bool,
}

/// What a candidate keeps between two attempts.
#[derive(Default)]
struct Attempts {
    seen: Option<Sighting>,
    /// Whether the last write was meant to take the lease from a holder that vanished: when its answer is lost, the lease is found in
    /// our name, and nothing else tells.
    from_vanished: bool,
    /// The last write: until its answer comes, it may have been carried out.
    asked: Option<LeaseSpec>,
    history: History,
}

impl Election {
    /// Waits for the lease, holds it until `release` resolves or it is lost, and says through `claim` what may be sent.
    /// A candidate that is told to release before it won returns at once. `inherited`: whether an operator was at work before, so that
    /// a missing lease is one that somebody deleted.
    pub async fn run(
        &self,
        api: &Api<Lease>,
        claim: &watch::Sender<Claim>,
        inherited: bool,
        release: impl Future<Output = Release>,
    ) -> Ended {
        tokio::pin!(release);
        let mut attempts = Attempts::default();
        let (lease, until) = tokio::select! {
            _ = &mut release => return Ended::Released,
            won = self.win(api, &mut attempts, claim, inherited) => match won {
                Ok(won) => won,
                Err(WentBack) => return Ended::WentBack,
            },
        };
        let ended = self.hold(api, (lease, until), attempts.history, claim, release).await;
        claim.send_replace(Claim::default());
        ended
    }

    /// Tries until the lease is ours. Returns it with the end of the tenure.
    async fn win(
        &self,
        api: &Api<Lease>,
        attempts: &mut Attempts,
        claim: &watch::Sender<Claim>,
        inherited: bool,
    ) -> Result<(Lease, Instant), WentBack> {
        tracing::info!(lease = self.name, identity = self.identity, "standing for election");
        let mut said = String::new();
        loop {
            match self.attempt(api, attempts, inherited, claim).await {
                Ok(Some(won)) => return Ok(won),
                Ok(None) => said.clear(),
                Err(Trouble::WentBack) => return Err(WentBack),
                // Once for each reason: a candidate goes on trying, every other second.
                Err(error) => {
                    let text = error.to_string();
                    if said != text {
                        tracing::warn!(%error, "the lease is out of reach");
                        said = text;
                    }
                }
            }
            sleep(self.retry_period).await;
        }
    }

    /// One look at the lease, and one write when it may be taken.
    async fn attempt(
        &self,
        api: &Api<Lease>,
        attempts: &mut Attempts,
        inherited: bool,
        claim: &watch::Sender<Claim>,
    ) -> Result<Option<(Lease, Instant)>, Trouble> {
        let deadline = Instant::now() + self.renew_deadline;
        let Ok(lease) = timeout_at(deadline, api.get_opt(&self.name)).await else {
            return Ok(None);
        };
        let lease = lease?;
        lease.iter().try_for_each(|lease| attempts.history.note(lease))?;
        let sighting = look(attempts.seen.take(), lease.as_ref());
        let decision = decide(
            lease.as_ref().and_then(|l| l.spec.as_ref()),
            attempts.asked.as_ref(),
            sighting.held_before,
            sighting.since.elapsed(),
            self.lease_duration,
        );
        let held_before = sighting.held_before;
        attempts.seen = Some(sighting);
        attempts.from_vanished = match decision {
            Decision::TakeOver => true,
            Decision::Create => held_before || inherited,
            // In our name: what was true when the answer was lost.
            Decision::Take => attempts.from_vanished && lease.as_ref().and_then(holder).is_some(),
            Decision::Wait => false,
        };
        let sent = Instant::now();
        let write = self.claimed(lease.unwrap_or_default());
        if decision != Decision::Wait {
            attempts.asked.clone_from(&write.spec);
        }
        let taken = match decision {
            Decision::Wait => return Ok(None),
            Decision::Create => timeout_at(deadline, api.create(&PostParams::default(), &write)).await,
            Decision::Take | Decision::TakeOver => timeout_at(deadline, api.replace(&self.name, &PostParams::default(), &write)).await,
        };
        let lease = match taken {
            Ok(Ok(lease)) => lease,
            // Somebody else was faster: the next look tells who.
            Ok(Err(kube::Error::Api(status))) if status.is_conflict() || status.is_already_exists() => return Ok(None),
            Ok(Err(error)) => return Err(error.into()),
            Err(_) => return Ok(None),
        };
        attempts.history.note(&lease)?;
        let Some(epoch) = epoch_of(&lease) else { return Ok(None) };
        let until = sent + self.renew_deadline;
        claim.send_replace(self.begin(epoch, until, attempts));
        Ok(Some((lease, until)))
    }

    fn begin(&self, epoch: Epoch, until: Instant, attempts: &Attempts) -> Claim {
        let (now, from_vanished) = (Instant::now(), attempts.from_vanished);
        let quiet = self.quiet(attempts);
        tracing::info!(
            lease = self.name,
            identity = self.identity,
            epoch = epoch.transitions,
            from_vanished,
            ?quiet,
            "leading"
        );
        let claim = Claim::new(epoch, now + quiet, until);
        if from_vanished { claim.after_one_that_vanished(now) } else { claim }
    }

    /// How long a request of the holder before may still be under way. Who saw the lease held has waited out its duration, and the holder
    /// stopped by its own deadline before that; who found no lease knows nothing of the kind.
    fn quiet(&self, attempts: &Attempts) -> Duration {
        if !attempts.from_vanished {
            return Duration::ZERO;
        }
        let waited = attempts.seen.as_ref().is_some_and(|seen| seen.held_before);
        if waited {
            self.request_timeout
                .saturating_sub(self.lease_duration.saturating_sub(self.renew_deadline))
        } else {
            self.renew_deadline + self.request_timeout
        }
    }

    /// Renews until the lease is lost or given back, and says through `claim` until when writes may be sent.
    async fn hold(
        &self,
        api: &Api<Lease>,
        (mut lease, mut until): (Lease, Instant),
        mut history: History,
        claim: &watch::Sender<Claim>,
        mut release: std::pin::Pin<&mut impl Future<Output = Release>>,
    ) -> Ended {
        loop {
            let next = until.min(Instant::now() + self.retry_period);
            tokio::select! {
                release = &mut release => return self.give_back(api, lease, until, release).await,
                () = sleep_until(next) => {}
            }
            let sent = Instant::now();
            // A request that fails at once never meets the time-out below: the deadline is looked at here as well.
            if sent >= until {
                return Ended::Lost;
            }
            match timeout_at(until, self.renew(api, &lease, &mut history)).await {
                Ok(Ok(Some(renewed))) => {
                    (lease, until) = (renewed, sent + self.renew_deadline);
                    if !claim.send_if_modified(|claim| claim.extend(until)) {
                        return Ended::Lost;
                    }
                }
                Ok(Ok(None)) => return Ended::Lost,
                Ok(Err(Trouble::WentBack)) => return Ended::WentBack,
                Ok(Err(error)) => tracing::warn!(%error, "the lease was not renewed"),
                Err(_) => return Ended::Lost,
            }
        }
    }

    /// The renewed lease; `None` when it is somebody else's now, or gone.
    async fn renew(&self, api: &Api<Lease>, lease: &Lease, history: &mut History) -> Result<Option<Lease>, Trouble> {
        let mut write = lease.clone();
        if let Some(spec) = &mut write.spec {
            spec.renew_time = Some(MicroTime(Timestamp::now()));
            // Whoever wrote another one here would have all others wait for so long.
            spec.lease_duration_seconds = self.seconds();
        }
        match api.replace(&self.name, &PostParams::default(), &write).await {
            Ok(renewed) => {
                history.note(&renewed)?;
                Ok(Some(renewed))
            }
            Err(kube::Error::Api(status)) if status.is_not_found() => Ok(None),
            // Perhaps our own renewal whose answer was lost: it is still ours when holder and epoch are.
            Err(kube::Error::Api(status)) if status.is_conflict() => {
                let current = api.get_opt(&self.name).await?;
                current.iter().try_for_each(|current| history.note(current))?;
                Ok(current.filter(|c| epoch_of(c).is_some() && epoch_of(c) == epoch_of(lease) && holder(c) == Some(&self.identity)))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Clears the holder, so that the next one need not wait. When that fails, or must not be, it waits out the duration.
    async fn give_back(&self, api: &Api<Lease>, mut lease: Lease, until: Instant, release: Release) -> Ended {
        if release == Release::InDoubt {
            tracing::warn!(lease = self.name, "the lease is left to run out: a write to AWS may still arrive");
            return Ended::Released;
        }
        lease.spec = lease.spec.map(given_back);
        match timeout_at(until, api.replace(&self.name, &PostParams::default(), &lease)).await {
            Ok(Ok(_)) => tracing::info!(lease = self.name, "lease released"),
            Ok(Err(error)) => tracing::warn!(%error, "the lease could not be released"),
            Err(_) => tracing::warn!("the lease could not be released in time"),
        }
        Ended::Released
    }

    fn seconds(&self) -> Option<i32> {
        i32::try_from(self.lease_duration.as_secs()).ok()
    }

    /// The lease as it is written to take it: a further transition, also when the last holder had our name.
    fn claimed(&self, lease: Lease) -> Lease {
        let transitions = lease.spec.as_ref().and_then(|s| s.lease_transitions).unwrap_or(0);
        let now = MicroTime(Timestamp::now());
        let mut metadata = ObjectMeta {
            name: Some(self.name.clone()),
            ..lease.metadata
        };
        metadata
            .labels
            .get_or_insert_default()
            .insert(LEASE_LABEL.into(), "operator".into());
        let spec = LeaseSpec {
            holder_identity: Some(self.identity.clone()),
            lease_duration_seconds: self.seconds(),
            acquire_time: Some(now.clone()),
            renew_time: Some(now),
            // The API server takes no negative number; epochs are only compared for equality.
            lease_transitions: Some(transitions.checked_add(1).unwrap_or_default()),
            ..LeaseSpec::default()
        };
        Lease {
            metadata,
            spec: Some(spec),
        }
    }
}

/// Notes what was seen; the clock starts anew when it is not what was seen before.
fn look(before: Option<Sighting>, lease: Option<&Lease>) -> Sighting {
    let spec = lease.and_then(|l| l.spec.clone());
    let held = lease.and_then(holder).is_some();
    match before {
        Some(seen) if seen.spec == spec => Sighting {
            held_before: seen.held_before || held,
            ..seen
        },
        before => Sighting {
            held_before: held || (!spec.as_ref().is_some_and(is_free) && before.is_some_and(|b| b.held_before)),
            spec,
            since: Instant::now(),
        },
    }
}

fn holder(lease: &Lease) -> Option<&String> {
    lease.spec.as_ref()?.holder_identity.as_ref().filter(|h| !h.is_empty())
}

fn epoch_of(lease: &Lease) -> Option<Epoch> {
    Some(Epoch {
        lease_uid: lease.metadata.uid.clone()?,
        transitions: lease.spec.as_ref()?.lease_transitions?,
    })
}
