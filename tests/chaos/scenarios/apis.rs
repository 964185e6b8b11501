//! A route of an HTTP API that another function answers until now: it gets an integration of its own.

use awssim::world::Statement;
use serde_json::json;

use super::{Ending, Opening, Scenario, nobody_acts};
use crate::harness::aws::Aws;
use crate::harness::http_api::{HTTP_API_ARN, POST, edge, sharing};
use crate::scene::function_arn;

/// The function that answers until now.
const BEFORE: &str = "shop";

/// The scenarios.
pub fn scenarios() -> Vec<Scenario> {
    vec![Scenario {
        name: "create-http",
        aws: shared_with_the_shop,
        spec: || edge(&json!({ "routeKeys": ["POST /reviews"] })),
        opening: Opening::Cold,
        act: nobody_acts,
        ending: Ending::Ready,
        users: Some(POST),
    }]
}

fn shared_with_the_shop(aws: &Aws) {
    aws.has_http_api(sharing(&function_arn(BEFORE)));
    aws.region(|region| {
        let statement = Statement::for_api("reviews", HTTP_API_ARN);
        region.add_permission(BEFORE, None, statement, None).expect("statement");
    });
}
