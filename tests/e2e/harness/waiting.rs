//! Waiting for a condition, never for a time.

use std::fmt::Display;
use std::time::{Duration, Instant};

/// How long anything may take before the test fails. Generous: it is spent only by a test that fails.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Looks again and again until `look` finds what it looks for; answers that. When patience ends, panics with what was waited
/// for and what the last look saw.
pub async fn until<T, S: Display>(what: &str, look: impl AsyncFnMut() -> Result<T, S>) -> T {
    until_within(PATIENCE, what, look).await
}

/// The same with another patience, for what is known to take longer.
pub async fn until_within<T, S: Display>(patience: Duration, what: &str, mut look: impl AsyncFnMut() -> Result<T, S>) -> T {
    let deadline = Instant::now() + patience;
    loop {
        match look().await {
            Ok(found) => return found,
            Err(seen) if Instant::now() > deadline => panic!("waited {} s for: {what}\nlast seen: {seen}", patience.as_secs()),
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}
