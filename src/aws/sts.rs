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

impl Region {
    /// Account and partition of the credentials, in this region.
    pub async fn caller(&self) -> Result<Site, Failure> {
        let region = &self.gate.region;
        let identity = self
            .gate
            .read(GET_CALLER_IDENTITY, region, || self.sts.get_caller_identity().send())
            .await?;
        let partition = identity.arn().and_then(|arn| arn.strip_prefix("arn:")?.split(':').next());
        match (identity.account(), partition) {
            (Some(account), Some(partition)) => Ok(Site {
                partition: partition.into(),
                account: account.into(),
                region: region.clone(),
            }),
            _ => Err(unreadable(GET_CALLER_IDENTITY, region, "no Account or Arn")),
        }
    }
}
