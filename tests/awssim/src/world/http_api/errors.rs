//! The refusals of HTTP APIs, in AWS's words where they are known.

use crate::world::AwsError;

pub(super) use crate::world::gateway::errors::{active_deployment, bad_request, conflict, no_api, no_stage, not_found};

/// Unknown integration.
pub(super) fn no_integration() -> AwsError {
    not_found("Invalid Integration identifier specified")
}

/// Unknown route.
pub(super) fn no_route() -> AwsError {
    not_found("Invalid Route identifier specified")
}

/// Unknown deployment, and unknown API where a deployment is named (recorded).
pub(super) fn no_deployment() -> AwsError {
    not_found("Invalid Deployment identifier specified")
}

/// A stage that deploys by itself takes no deployment (recorded).
pub(super) fn auto_deployed(account: &str, api_id: &str) -> AwsError {
    bad_request(auto_deployed_text(account, api_id))
}

/// The text of [`auto_deployed`], which a failed deployment shows as well.
pub(super) fn auto_deployed_text(account: &str, api_id: &str) -> String {
    format!("Deployment ID cannot be set on this stage {account}:{api_id} because AutoDeploy is enabled.")
}

/// Why an API without routes is not deployed (reported: mach-composer-cli#42).
pub(super) const NO_ROUTES: &str = "Unable to deploy API because no routes exist in this API";
