//! The one clock of a run: tokio's, paused. AWS and Kubernetes read it true; the operator's wall clock may be off.

use std::cell::Cell;
use std::time::{Duration, SystemTime};

use aws_smithy_async::time::TimeSource;
use awssim::world::Millis;
use k8s_openapi::jiff::Timestamp;
use tokio::time::Instant;

thread_local! {
    static BEGAN: Cell<Option<(Instant, Millis)>> = const { Cell::new(None) };
    static OFF: Cell<i64> = const { Cell::new(0) };
    static JITTER: Cell<u64> = const { Cell::new(0) };
}

/// Begins a run of this thread at a moment of simulated time.
pub fn begin(at: Millis, seed: u64) {
    BEGAN.set(Some((Instant::now(), at)));
    OFF.set(0);
    JITTER.set(seed);
}

/// Virtual time since the run began.
pub fn elapsed() -> Duration {
    BEGAN.get().map_or(Duration::ZERO, |(began, _)| began.elapsed())
}

/// The time it is, for AWS and Kubernetes.
pub fn millis() -> Millis {
    let at = BEGAN.get().map_or(0, |(_, at)| at);
    at + Millis::try_from(elapsed().as_millis()).unwrap()
}

/// Sets the operator's wall clock off by so many milliseconds.
pub fn set_off(by: i64) {
    OFF.set(by);
}

fn stamp(off: i64) -> Timestamp {
    Timestamp::from_millisecond(i64::try_from(millis()).unwrap() + off).unwrap()
}

/// The true time.
pub fn real() -> Timestamp {
    stamp(0)
}

/// The time as the operator has it.
pub fn operators() -> Timestamp {
    stamp(OFF.get())
}

/// What the operator signs requests by.
#[derive(Clone, Copy, Debug)]
pub struct Signing;

impl TimeSource for Signing {
    fn now(&self) -> SystemTime {
        operators().into()
    }
}

/// Between half of a pause and all of it, by a sequence that the seed of the run begins.
pub fn jitter(longest: Duration) -> Duration {
    let next = JITTER.get().wrapping_add(0x9e37_79b9_7f4a_7c15);
    JITTER.set(next);
    let mixed = (next ^ (next >> 31)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let fraction = f64::from((mixed >> 40) as u32) / f64::from(1_u32 << 24);
    longest.mul_f64(0.5 + fraction / 2.0)
}
