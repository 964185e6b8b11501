//! The shell around AWS: observe and execute, one file per service. It decides nothing.

use std::future::Future;

use crate::plan::arn::Site;
use crate::plan::desired::Desired;
use crate::plan::failure::Failure;
use crate::plan::memory::Memory;
use crate::plan::observed::Observed;
use crate::plan::step::{Applied, Step};

/// How far an observation goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// What the spec names: the deployed integrations of the stages of the triggers.
    Chain,
    /// Before something is taken away: the deployed integrations of every stage of every API that is observed.
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
}
