//! API Gateway's calls for HTTP APIs, typed. What does not exist is `None`.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Look;
use super::call::{Operation, unconfirmed};
use super::clients::Region;
use super::throttle::Pool;
use crate::plan::desired::Desired;
use crate::plan::failure::Failure;
use crate::plan::observed::HttpApi;
use crate::plan::step::Step;

const UPDATE_INTEGRATION: Operation = Operation {
    name: "apigatewayv2:UpdateIntegration",
    pools: &[Pool::ApiGateway],
};

impl Region {
    /// The HTTP APIs of the triggers, by id.
    pub async fn http_apis(self: &Arc<Self>, desired: &Desired, look: Look) -> Result<BTreeMap<String, HttpApi>, Failure> {
        let _ = (desired, look, &self.apigatewayv2);
        Ok(BTreeMap::new())
    }

    /// Makes one write to an HTTP API.
    pub async fn execute_http(self: &Arc<Self>, step: &Step) -> Result<(), Failure> {
        Err(unconfirmed(UPDATE_INTEGRATION, step.action(), "not sent"))
    }
}
