//! STS: whose credentials these are.

use super::call::{Operation, unreadable};
use super::clients::Region;
use super::throttle::Pool;
use crate::plan::arn::Site;
use crate::plan::failure::Failure;

const GET_CALLER_IDENTITY: Operation = Operation {
    name: "sts:GetCallerIdentity",
    pools: &[Pool::Sts],
};

/// Whose credentials these are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// ARN of the user or of the session of a role.
    pub arn: String,
    /// Account and partition, in the region that was asked.
    pub site: Site,
}

impl Region {
    /// Account and partition of the credentials, in this region.
    pub async fn caller(&self) -> Result<Site, Failure> {
        Ok(self.identity().await?.site)
    }

    /// Whose credentials these are.
    pub async fn identity(&self) -> Result<Identity, Failure> {
        let region = &self.gate.region;
        let identity = self
            .gate
            .read(GET_CALLER_IDENTITY, region, || self.sts.get_caller_identity().send())
            .await?;
        let arn = identity.arn().unwrap_or_default();
        let partition = arn.strip_prefix("arn:").and_then(|rest| rest.split(':').next());
        match (identity.account(), partition) {
            (Some(account), Some(partition)) => Ok(Identity {
                arn: arn.into(),
                site: Site {
                    partition: partition.into(),
                    account: account.into(),
                    region: region.clone(),
                },
            }),
            _ => Err(unreadable(GET_CALLER_IDENTITY, region, "no Account or Arn")),
        }
    }
}
