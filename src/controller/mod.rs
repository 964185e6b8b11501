//! Watches the endpoints and drives each one to what its spec says. [`reconcile::reconcile`] is the page to read first.

pub mod account;
pub mod backoff;
pub mod context;
pub mod deletion;
pub mod error;
#[cfg(test)]
mod fake_api;
pub mod finalizer;
pub mod freshness;
pub mod guarded;
pub mod intervals;
pub mod leader;
pub mod measured;
pub mod outage;
pub mod outcomes;
pub mod ownership;
pub mod reconcile;
pub mod report;
pub mod rollouts;
pub mod run;
mod scrape;
mod usage;
mod watch;

#[cfg(test)]
mod tests;
