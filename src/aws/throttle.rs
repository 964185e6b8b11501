//! Our share of AWS's request quotas: one token bucket per region and quota pool.
//!
//! The quotas belong to the account and are shared with everybody who works in it, so the operator takes a share only. A
//! [`Throttle`] belongs to one set of credentials and so to one account. A throttled call pauses its pool for all callers,
//! because the quota is not the object's but the account's.

use std::collections::BTreeMap;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// Calls that share one quota of AWS. Source: AWS-52, AWS-53.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Pool {
    /// Every Lambda control-plane call but the next two.
    LambdaControl,
    /// `GetFunction`.
    GetFunction,
    /// `GetPolicy`.
    GetPolicy,
    /// Every API Gateway management call, of REST and of HTTP APIs. Source: AWS-110.
    ApiGateway,
    /// `CreateDeployment`, which needs [`Pool::ApiGateway`] too.
    CreateDeployment,
    /// `GetResources`, which needs [`Pool::ApiGateway`] too.
    GetResources,
    /// `GetMetricData`; its quota is far above what is worth paying for.
    CloudWatch,
    /// Application Auto Scaling, whose quota AWS does not publish.
    AutoScaling,
    /// STS, whose quota AWS does not publish.
    Sts,
    /// SQS, whose quota AWS does not publish either.
    Sqs,
}

/// What a look at a quiet endpoint takes from. A pool that only writes and samples need says nothing about how often to look, and a rate
/// that is lowered there grows back by its own calls alone, which may not come for days.
const LOOKS: [Pool; 5] = [
    Pool::LambdaControl,
    Pool::GetFunction,
    Pool::GetPolicy,
    Pool::ApiGateway,
    Pool::GetResources,
];

/// So many calls per window.
struct Quota {
    calls: f64,
    window: Duration,
    /// Calls that AWS lets pass at once; `None` where it does not say.
    burst: Option<f64>,
}

impl Pool {
    const fn quota(self) -> Quota {
        let (calls, seconds, burst) = match self {
            Self::LambdaControl | Self::GetPolicy => (15.0, 1, None),
            Self::GetFunction => (100.0, 1, None),
            Self::ApiGateway => (10.0, 1, Some(40.0)),
            Self::CreateDeployment => (1.0, 5, None),
            Self::GetResources => (5.0, 2, None),
            Self::CloudWatch => (10.0, 1, None),
            Self::AutoScaling | Self::Sts | Self::Sqs => (5.0, 1, None),
        };
        Quota {
            calls,
            window: Duration::from_secs(seconds),
            burst,
        }
    }
}

/// First pause after a throttled call without `Retry-After`; doubled for each further one.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// Longest pause, whoever asks for it.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// What a throttled call leaves of the rate: the quota may be smaller than it was taken for, or others use it.
const SLOWED: f64 = 0.7;
/// What each call that AWS takes gives back of the whole rate. So little that a rate which is found stays for some dozens of calls.
const REGAINED: f64 = 1.0 / 500.0;
/// How far ahead who can wait for ever reserves a turn: so who cannot finds one soon. A write that finds none costs a whole new look.
const QUEUE: Duration = Duration::from_secs(1);
/// The least part of the rate: AWS's smallest quotas are lowered to no less.
const SLOWEST: f64 = 0.02;

/// Shortens a pause at random.
type Jitter = fn(Duration) -> Duration;

/// All buckets of one account.
#[derive(Debug)]
pub struct Throttle {
    share: f64,
    jitter: Jitter,
    buckets: Mutex<BTreeMap<(String, Pool), Arc<Bucket>>>,
}

impl Throttle {
    /// `share` of each quota is used: 0.6 leaves 40 % to everybody else. It is held within 0.01 and 1.
    pub fn new(share: f64, jitter: Jitter) -> Self {
        Self {
            share: share.clamp(0.01, 1.0),
            jitter,
            buckets: Mutex::default(),
        }
    }

    /// Shortens a pause at random.
    pub fn jittered(&self, longest: Duration) -> Duration {
        (self.jitter)(longest)
    }

    /// The part of the share that AWS takes at present in a region, in the pool of [`LOOKS`] where it takes least.
    pub fn granted(&self, region: &str) -> f64 {
        let buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let of_region = LOOKS.iter().filter_map(|pool| buckets.get(&(region.to_owned(), *pool)));
        let parts = of_region.map(|bucket| bucket.with(|_, state| state.part));
        parts.fold(1.0, f64::min)
    }

    /// The bucket of a pool in a region.
    pub fn bucket(&self, region: &str, pool: Pool) -> Arc<Bucket> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = buckets
            .entry((region.to_owned(), pool))
            .or_insert_with(|| Arc::new(Bucket::new(&pool.quota(), self.share, self.jitter)));
        Arc::clone(bucket)
    }
}

/// One quota: a timestamp that moves on by one interval per call, and a slack in which a burst may run ahead of it.
#[derive(Debug)]
pub struct Bucket {
    interval: Duration,
    slack: Duration,
    jitter: Jitter,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// When the bucket would be full again.
    next: Instant,
    /// Counts pauses: a reservation made before a pause is void.
    pauses: u64,
    /// Throttled calls in a row.
    strikes: u32,
    /// The part of our rate that AWS seems to take, up to 1. Below 1 there are no bursts.
    part: f64,
}

/// The right to make one call.
#[derive(Debug)]
#[must_use]
pub struct Permit {
    pauses: u64,
}

impl Bucket {
    fn new(quota: &Quota, share: f64, jitter: Jitter) -> Self {
        let rate = quota.calls * share;
        let interval = quota.window.div_f64(rate);
        // Where AWS names no burst, a burst and the steady rate together stay within the quota of one window.
        let burst = quota.burst.map_or(quota.calls - rate, |burst| burst * share).max(1.0);
        Self {
            interval,
            slack: interval.mul_f64(burst.floor() - 1.0),
            jitter,
            state: Mutex::new(State {
                next: Instant::now(),
                pauses: 0,
                strikes: 0,
                part: 1.0,
            }),
        }
    }

    /// Waits for a turn, however long.
    pub async fn take(&self) -> Permit {
        loop {
            let reserved = self.with(|bucket, state| {
                let near = bucket.turn(state).checked_sub(QUEUE).filter(|near| *near > Instant::now());
                near.map_or_else(|| Ok(bucket.reserve(state)), Err)
            });
            match reserved {
                Err(near) => sleep_until(near).await,
                Ok((at, pauses)) => {
                    if let Some(permit) = self.wait(at, pauses).await {
                        return permit;
                    }
                }
            }
        }
    }

    /// Waits for a turn that comes within `patience`.
    ///
    /// # Errors
    /// How long the turn is away when that is more than `patience`. Nothing is reserved then.
    pub async fn take_within(&self, patience: Duration) -> Result<Permit, Duration> {
        let deadline = Instant::now() + patience;
        loop {
            let reserved = self.with(|bucket, state| {
                let at = bucket.turn(state);
                if at > deadline {
                    return Err(at.duration_since(Instant::now()));
                }
                Ok(bucket.reserve(state))
            });
            let (at, pauses) = reserved?;
            if let Some(permit) = self.wait(at, pauses).await {
                return Ok(permit);
            }
        }
    }

    /// Tells that AWS throttled the call that the permit was for: everybody waits.
    pub fn throttled(&self, permit: &Permit, retry_after: Option<Duration>) {
        self.with(|bucket, state| {
            // Calls that were sent together are throttled together; only the first of them counts.
            if permit.pauses == state.pauses {
                state.strikes = state.strikes.saturating_add(1);
                state.part = (state.part * SLOWED).max(SLOWEST);
            } else if retry_after.is_none() {
                return;
            }
            let backoff = FIRST_PAUSE.saturating_mul(1 << (state.strikes.clamp(1, 6) - 1));
            let pause = retry_after.unwrap_or_else(|| (bucket.jitter)(backoff)).min(LONGEST_PAUSE);
            let until = Instant::now() + pause;
            state.pauses += 1;
            // One call when the pause ends and then the steady rate, no burst: whoever waits reserves anew.
            let next = until + bucket.slack(state);
            state.next = if permit.pauses + 1 == state.pauses {
                next
            } else {
                state.next.max(next)
            };
        });
    }

    /// Tells that AWS took the call: the next pause is a short one again, and the rate grows back.
    pub fn accepted(&self, permit: &Permit) {
        self.with(|_, state| {
            state.part = (state.part + REGAINED).min(1.0);
            if permit.pauses == state.pauses {
                state.strikes = 0;
            }
        });
    }

    fn turn(&self, state: &State) -> Instant {
        let now = Instant::now();
        let full = state.next.max(now);
        full.checked_sub(self.slack(state)).map_or(now, |at| at.max(now))
    }

    fn slack(&self, state: &State) -> Duration {
        if state.part < 1.0 { Duration::ZERO } else { self.slack }
    }

    fn reserve(&self, state: &mut State) -> (Instant, u64) {
        let at = self.turn(state);
        state.next = state.next.max(Instant::now()) + self.interval.div_f64(state.part);
        (at, state.pauses)
    }

    /// `None` when a pause made the reservation void.
    async fn wait(&self, at: Instant, pauses: u64) -> Option<Permit> {
        if at > Instant::now() {
            sleep_until(at).await;
        }
        self.with(|_, state| (state.pauses == pauses).then_some(Permit { pauses }))
    }

    fn with<T>(&self, act: impl FnOnce(&Self, &mut State) -> T) -> T {
        act(self, &mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Between half of `longest` and all of it.
pub fn jittered(longest: Duration) -> Duration {
    // Each RandomState is seeded anew, which is random enough to keep callers apart.
    let random = RandomState::new().build_hasher().finish();
    let fraction = f64::from(u32::try_from(random >> 32).unwrap_or(u32::MAX)) / f64::from(u32::MAX);
    longest.mul_f64(0.5 + fraction / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn times(bucket: &Bucket, calls: usize) -> Vec<Duration> {
        let start = Instant::now();
        let mut at = Vec::new();
        for _ in 0..calls {
            let permit = bucket.take().await;
            bucket.accepted(&permit);
            at.push(start.elapsed());
        }
        at
    }

    #[tokio::test(start_paused = true)]
    async fn a_burst_is_followed_by_a_steady_rate() {
        let throttle = Throttle::new(0.6, jittered);
        let at = times(&throttle.bucket("eu-west-1", Pool::LambdaControl), 15).await;
        assert!(at[..6].iter().all(Duration::is_zero), "{at:?}");
        let steady = Duration::from_secs(1).div_f64(9.0);
        for (n, at) in at.iter().enumerate().skip(6) {
            let expected = steady * u32::try_from(n - 5).unwrap();
            assert!(
                at.abs_diff(expected) < Duration::from_millis(20),
                "call {n} came at {at:?}, not at {expected:?}"
            );
        }
    }

    #[tokio::test(start_paused = true)]
    async fn no_window_holds_more_calls_than_the_quota() {
        for pool in [
            Pool::LambdaControl,
            Pool::GetFunction,
            Pool::GetPolicy,
            Pool::GetResources,
            Pool::CreateDeployment,
        ] {
            for share in [0.2, 0.6, 1.0] {
                let quota = pool.quota();
                let at = times(&Throttle::new(share, jittered).bucket("eu-west-1", pool), 300).await;
                for (first, start) in at.iter().enumerate() {
                    let inside = at[first..]
                        .iter()
                        .take_while(|t| **t - *start < quota.window - Duration::from_millis(50))
                        .count();
                    assert!(inside as f64 <= quota.calls, "{pool:?} at {share}: {inside} calls from {start:?}");
                }
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn over_a_long_time_only_the_share_is_used() {
        let at = times(&Throttle::new(0.6, jittered).bucket("eu-west-1", Pool::ApiGateway), 600).await;
        assert!(*at.last().unwrap() > Duration::from_secs(95), "{:?}", at.last());
    }

    #[tokio::test(start_paused = true)]
    async fn a_throttled_call_pauses_everybody_in_the_pool_and_nobody_else() {
        let throttle = Arc::new(Throttle::new(0.6, jittered));
        let bucket = throttle.bucket("eu-west-1", Pool::GetPolicy);
        let permit = bucket.take().await;
        let waiting: Vec<_> = (0..20)
            .map(|_| {
                let bucket = throttle.bucket("eu-west-1", Pool::GetPolicy);
                tokio::spawn(async move {
                    let _permit = bucket.take().await;
                    Instant::now()
                })
            })
            .collect();
        let start = Instant::now();
        bucket.throttled(&permit, Some(Duration::from_secs(7)));
        let mut at = Vec::new();
        for task in waiting {
            at.push(task.await.unwrap() - start);
        }
        at.sort();
        assert!(at[0] >= Duration::from_secs(7), "{at:?}");
        assert!(at[1] - at[0] > Duration::from_millis(100), "no burst after a pause: {at:?}");
        let elsewhere = throttle.bucket("us-east-1", Pool::GetPolicy);
        assert!(elsewhere.take_within(Duration::ZERO).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn calls_throttled_together_count_as_one() {
        let bucket = Throttle::new(1.0, jittered).bucket("eu-west-1", Pool::GetFunction);
        let permits = [bucket.take().await, bucket.take().await, bucket.take().await];
        let start = Instant::now();
        for permit in &permits {
            bucket.throttled(permit, None);
        }
        let _permit = bucket.take().await;
        assert!(start.elapsed() <= FIRST_PAUSE + Duration::from_millis(50), "{:?}", start.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn only_what_a_look_needs_in_a_region_says_how_much_aws_takes_there() {
        let throttle = Throttle::new(0.6, jittered);
        let throttled = async |pool| {
            let bucket = throttle.bucket("eu-west-1", pool);
            bucket.throttled(&bucket.take().await, None);
        };
        throttled(Pool::CreateDeployment).await;
        assert!((throttle.granted("eu-west-1") - 1.0).abs() < f64::EPSILON);
        throttled(Pool::GetResources).await;
        assert!((throttle.granted("eu-west-1") - SLOWED).abs() < f64::EPSILON);
        assert!((throttle.granted("us-east-1") - 1.0).abs() < f64::EPSILON);
    }

    #[tokio::test(start_paused = true)]
    async fn a_quota_that_is_smaller_than_it_was_taken_for_is_found_and_kept_to() {
        let throttle = Throttle::new(0.6, jittered);
        let bucket = throttle.bucket("eu-west-1", Pool::LambdaControl);
        // AWS takes one and a half calls a second, a tenth of what it documents.
        let (mut tokens, mut at, mut refused) = (1.5_f64, Instant::now(), 0);
        for _ in 0..1000 {
            let permit = bucket.take().await;
            tokens = (tokens + at.elapsed().as_secs_f64() * 1.5).min(1.5) - 1.0;
            at = Instant::now();
            if tokens < 0.0 {
                tokens += 1.0;
                refused += 1;
                bucket.throttled(&permit, None);
            } else {
                bucket.accepted(&permit);
            }
        }
        assert!(refused < 60, "{refused} of 1000 calls were throttled");
        assert!(
            (0.08..0.25).contains(&throttle.granted("eu-west-1")),
            "{}",
            throttle.granted("eu-west-1")
        );
        let start = Instant::now();
        for _ in 0..600 {
            let permit = bucket.take().await;
            bucket.accepted(&permit);
        }
        assert!(
            start.elapsed() < Duration::from_mins(4),
            "the rate grows back: {:?}",
            start.elapsed()
        );
    }

    #[tokio::test(start_paused = true)]
    async fn who_cannot_wait_is_told_how_long_it_takes() {
        let bucket = Throttle::new(0.5, jittered).bucket("eu-west-1", Pool::CreateDeployment);
        let _first = bucket.take_within(Duration::from_secs(1)).await.unwrap();
        let wait = bucket.take_within(Duration::from_secs(1)).await.unwrap_err();
        assert!(wait.abs_diff(Duration::from_secs(10)) < Duration::from_millis(10), "{wait:?}");
        assert!(bucket.take_within(Duration::from_secs(11)).await.is_ok());
    }
}
