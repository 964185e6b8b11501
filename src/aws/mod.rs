//! The shell around AWS: observe and execute, one file per service. It decides nothing.
//!
//! [`clients`] builds the clients, `call` lets each request through in its turn ([`throttle`]) and says what its error means
//! ([`error`]). `lambda`, `apigateway`, `apigatewayv2`, `autoscaling`, `cloudwatch`, `sqs`, `sts` and `account` are the calls; `observe`,
//! `http_apis` and `execute` put them together. No file but this folder's names an SDK.

mod account;
mod apigateway;
mod apigatewayv2;
mod autoscaling;
mod bypass;
mod call;
pub mod clients;
mod cloudwatch;
mod deployments;
pub mod error;
mod event_source_writes;
mod event_sources;
mod execute;
pub mod export;
mod fingerprint;
mod http_apis;
pub mod iam;
mod lambda;
mod observe;
mod permission;
mod shared;
mod sqs;
mod sts;
#[cfg(test)]
mod tests;
pub mod throttle;

use std::future::Future;

pub use account::AccountConcurrency;
pub use call::{RequestObserver, Unobserved};
pub use clients::{Aws, Settings, loader};
pub use sts::Identity;

use crate::plan::arn::Site;
use crate::plan::desired::Desired;
use crate::plan::failure::Failure;
use crate::plan::memory::Memory;
use crate::plan::observed::Observed;
use crate::plan::step::{Applied, Step};
use crate::plan::subject::Subject;
use crate::plan::usage::{LongUtilization, Usage};

/// How far an observation goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// What the spec names: the deployed integrations of the stages of the triggers.
    Chain,
    /// The same, and what leads past the alias: when requests were seen to reach the function without going through it.
    Bypass,
    /// Before something is taken away: the deployed integrations of every stage of every API that is observed, and the
    /// function's URLs.
    EveryCaller,
}

/// AWS, as the controller needs it; tests swap this and nothing else.
pub trait Cloud: Send + Sync + 'static {
    /// Account and partition that the credentials belong to, in a region.
    fn site(&self, region: &str) -> impl Future<Output = Result<Site, Failure>> + Send;

    /// Reads the whole chain. Memory only saves reads whose answer would change nothing.
    fn observe(&self, desired: &Desired, memory: &Memory, look: Look) -> impl Future<Output = Result<Observed, Failure>> + Send;

    /// Makes one write.
    fn execute(&self, desired: &Desired, step: &Step) -> impl Future<Output = Result<Applied, Failure>> + Send;

    /// What the last minutes were like for the endpoints of a region, in their order; for the whole fleet at once, because it is
    /// billed per metric.
    fn usage(&self, region: &str, subjects: &[Subject]) -> impl Future<Output = Result<Vec<Usage>, Failure>> + Send;

    /// How busy the warm capacity of aliases (function, alias) was in their busiest hour of the last hours, in their order.
    fn long_utilization(
        &self,
        region: &str,
        aliases: &[(String, String)],
    ) -> impl Future<Output = Result<Vec<LongUtilization>, Failure>> + Send;

    /// How much concurrency the account has in a region; each call is a request.
    fn account_concurrency(&self, region: &str) -> impl Future<Output = Result<AccountConcurrency, Failure>> + Send;

    /// The part of our share of the quotas of a region that AWS takes at present, above 0 up to 1: the least of those that a look needs.
    fn granted(&self, region: &str) -> f64;
}
