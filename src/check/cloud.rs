//! AWS: a region, and credentials that AWS knows.

use std::sync::Arc;

use super::report::{Category, Check};
use crate::aws::{Aws, Settings, Unobserved};

/// Where identity is asked for when no region is set.
const ANY_REGION: &str = "us-east-1";

/// Two checks. Before an installation the credentials are those of the person, so that their lack says little.
pub async fn look(default_region: Option<&str>, pre: bool) -> Category {
    let aws = Aws::connect(Settings::default(), Arc::new(Unobserved)).await;
    let region = default_region.map(str::to_owned).or_else(|| aws.default_region());
    let checks = vec![
        set(region.as_deref()),
        identity(&aws, region.as_deref().unwrap_or(ANY_REGION), pre).await,
    ];
    Category { name: "aws", checks }
}

fn set(region: Option<&str>) -> Check {
    match region {
        Some(region) => Check::success(format!("the default region is {region}")),
        None => Check::warning(
            "there is a default region",
            "there is none: endpoints without spec.region are Stalled",
            "set the value aws.region of the chart, or AWS_REGION",
        ),
    }
}

async fn identity(aws: &Aws, region: &str, pre: bool) -> Check {
    let description = "AWS knows the credentials";
    match aws.identity(region).await {
        Ok(identity) => Check::success(format!("{description}: {}", identity.arn)),
        Err(failure) if pre => {
            let hint = "this asks with your own credentials; those of the operator are looked at by `check` in its pod (`helm test`)";
            Check::warning(description, failure.to_string(), hint)
        }
        Err(failure) => {
            let hint = "IRSA: annotation eks.amazonaws.com/role-arn on the service account, and its trust policy; \
                        EKS Pod Identity: an association of the service account; then restart the pods";
            Check::error(description, failure.to_string(), hint)
        }
    }
}
