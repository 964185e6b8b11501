//! What a status says, against the world.

use awssim::world::{Region, Status};
use serde_json::Value;
use warmlambda::plan::desired::Desired;

use crate::oracle;

/// What a status says.
#[derive(Clone, Debug)]
pub struct Said {
    /// Of the object.
    pub uid: String,
    /// Of the spec that it speaks of.
    pub generation: i64,
    /// Whether the condition Ready is True.
    pub ready: bool,
    /// Its reason.
    pub reason: String,
    /// Whether something waits until nothing can arrive any more.
    pub waits: bool,
    status: Value,
}

impl Said {
    /// What an object says.
    pub fn of(object: &Value) -> Self {
        let status = &object["status"];
        let conditions = status["conditions"].as_array().cloned().unwrap_or_default();
        let ready = conditions.iter().find(|c| c["type"] == "Ready");
        Self {
            waits: conditions.iter().any(|c| c["reason"] == "OutcomeUnknown"),
            uid: object["metadata"]["uid"].as_str().unwrap_or_default().to_owned(),
            generation: status["observedGeneration"].as_i64().unwrap_or(-1),
            ready: ready.is_some_and(|c| c["status"] == "True"),
            reason: ready.and_then(|c| c["reason"].as_str()).unwrap_or_default().to_owned(),
            status: status.clone(),
        }
    }

    /// What of it is not true; nothing is judged of an endpoint that does not say Ready.
    pub fn lie(&self, desired: &Desired, region: &Region) -> Option<String> {
        if !self.ready {
            return None;
        }
        if let Err(text) = oracle::matches(desired, region) {
            return Some(format!("Ready for generation {}, but {text}", self.generation));
        }
        let function = &region.functions[&desired.function];
        let version = &function.aliases[&desired.alias].function_version;
        if self.status["functionVersion"].as_str() != Some(version) {
            return Some(format!("status says version {}, it is {version}", self.status["functionVersion"]));
        }
        if self.status["versionWeight"] != 100 {
            return Some(format!("status says {} percent", self.status["versionWeight"]));
        }
        let warm = function.provisioned_concurrency.get(&desired.alias);
        let said = &self.status["provisionedConcurrency"];
        match warm {
            None if said.is_null() => None,
            None => Some(format!("status says {said}, there is no warm capacity")),
            Some(warm) => {
                let ready = if warm.status == Status::Ready { "Ready" } else { "InProgress" };
                let same = said["requested"] == warm.requested && said["available"] == warm.warm && said["status"] == ready;
                (!same).then(|| format!("status says {said}, AWS has {} of {}, {:?}", warm.warm, warm.requested, warm.status))
            }
        }
    }
}
