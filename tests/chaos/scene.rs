//! What the oracle of the properties asks about the place: here it is the demo world.

use awssim::world::Region;

use crate::harness::aws::{ACCOUNT, REGION};

/// The methods of the REST API: path, HTTP method, and a path to call it by.
pub const ROUTES: [(&str, &str, &str); 1] = [("/reviews", "GET", "/reviews")];

/// The ARN of `function`, which may carry a qualifier.
pub fn function_arn(function: &str) -> String {
    format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{function}")
}

/// An execution ARN.
pub fn execution_arn(api: &str, rest: &str) -> String {
    format!("arn:aws:execute-api:{REGION}:{ACCOUNT}:{api}/{rest}")
}

/// What requests and mappings need of a region, to be asked on a copy: not what was measured and delivered.
pub fn to_ask(region: &Region) -> Region {
    Region {
        account: region.account.clone(),
        region: region.region.clone(),
        ids: region.ids,
        now: region.now,
        settings: region.settings.clone(),
        functions: region.functions.clone(),
        event_source_mappings: region.event_source_mappings.clone(),
        rest_apis: region.rest_apis.clone(),
        http_apis: region.http_apis.clone(),
        scalable_targets: region.scalable_targets.clone(),
        deployment_propagation_ms: region.deployment_propagation_ms,
        ..Region::default()
    }
}

/// The HTTP API of the scenarios.
pub mod gateway {
    /// Its routes: key, and HTTP method and path to call it by.
    pub const HTTP_ROUTES: [(&str, &str, &str); 2] = [("POST /reviews", "POST", "/reviews"), ("$default", "GET", "/elsewhere")];
}
