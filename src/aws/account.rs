//! The account's concurrency, which everything in it shares. Source: AWS-58.

use super::call::{Operation, unreadable};
use super::clients::Region;
use super::throttle::Pool;
use crate::plan::failure::Failure;

const GET_ACCOUNT_SETTINGS: Operation = Operation {
    name: "lambda:GetAccountSettings",
    pools: &[Pool::LambdaControl],
};

/// Concurrent executions of an account in a region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccountConcurrency {
    /// What AWS allows.
    pub limit: i32,
    /// What of it no function has reserved.
    pub unreserved: i32,
}

impl Region {
    /// As AWS says it now.
    pub async fn account_concurrency(&self) -> Result<AccountConcurrency, Failure> {
        let region = &self.gate.region;
        let call = || self.lambda.get_account_settings().send();
        let settings = self.gate.read(GET_ACCOUNT_SETTINGS, region, call).await?;
        let limits = settings.account_limit();
        match limits.and_then(|limits| Some((limits.concurrent_executions, limits.unreserved_concurrent_executions?))) {
            Some((limit, unreserved)) => Ok(AccountConcurrency { limit, unreserved }),
            None => Err(unreadable(GET_ACCOUNT_SETTINGS, region, "no AccountLimit")),
        }
    }
}
