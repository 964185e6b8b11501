//! Application Auto Scaling: which aliases it sets the warm capacity of. Source: AWS-59.

use std::collections::BTreeMap;

use aws_sdk_applicationautoscaling::types::{ScalableDimension, ServiceNamespace};

use super::call::Operation;
use super::clients::Region;
use super::lambda::Target;
use super::throttle::Pool;
use crate::plan::failure::Failure;
use crate::plan::observed::ScalingBounds;

const DESCRIBE_TARGETS: Operation = Operation {
    name: "application-autoscaling:DescribeScalableTargets",
    pools: &[Pool::AutoScaling],
};

/// Bounds by resource id.
pub(super) type ScalableTargets = BTreeMap<String, ScalingBounds>;

/// The resource id of an alias.
pub(super) fn resource_id(target: Target<'_>) -> String {
    format!("function:{}:{}", target.function, target.alias)
}

impl Region {
    /// Every target for warm capacity in the region.
    pub async fn scalable_targets(&self) -> Result<ScalableTargets, Failure> {
        let mut all = BTreeMap::new();
        let mut token = None;
        loop {
            let call = || {
                let call = self
                    .autoscaling
                    .describe_scalable_targets()
                    .service_namespace(ServiceNamespace::Lambda);
                let call = call.scalable_dimension(ScalableDimension::LambdaFunctionProvisionedConcurrency);
                call.set_next_token(token.clone()).send()
            };
            let page = self.gate.read(DESCRIBE_TARGETS, &self.gate.region, call).await?;
            for target in page.scalable_targets.unwrap_or_default() {
                let bounds = ScalingBounds {
                    min: u32::try_from(target.min_capacity).unwrap_or(0),
                    max: u32::try_from(target.max_capacity).unwrap_or(0),
                };
                all.insert(target.resource_id, bounds);
            }
            token = page.next_token.filter(|t| !t.is_empty());
            if token.is_none() {
                return Ok(all);
            }
        }
    }
}
