//! Manifests of endpoints, and how to read their status.

use serde_json::{Value, json};
use warmlambda::api::{WarmLambdaEndpoint, WarmLambdaEndpointStatus};

/// The endpoint that fits the demo world, with members of its spec replaced; null takes one out.
pub fn manifest(name: &str, overrides: &Value) -> Value {
    let mut object = json!({
        "apiVersion": "warmlambda.dev/v1alpha1",
        "kind": "WarmLambdaEndpoint",
        "metadata": { "name": name },
        "spec": {
            "region": "eu-west-1",
            "functionName": "fir-api",
            "provisionedConcurrency": 3,
            "triggers": [{ "name": "public", "restApi": { "apiId": "a1b2c3d4e5", "stageName": "prod" } }],
        },
    });
    let spec = object["spec"].as_object_mut().expect("an object");
    for (field, value) in overrides.as_object().expect("overrides are an object") {
        if value.is_null() {
            spec.remove(field);
        } else {
            spec.insert(field.clone(), value.clone());
        }
    }
    object
}

/// What a test asks of an endpoint that it read.
pub trait Told {
    /// Its status; the default one when there is none.
    fn told(&self) -> WarmLambdaEndpointStatus;

    /// Status and reason of a condition, for instance `True Warm`; empty when it is absent.
    fn condition(&self, kind: &str) -> String {
        let conditions = self.told().conditions;
        let found = conditions.iter().find(|condition| condition.type_ == kind);
        found
            .map(|condition| format!("{} {}", condition.status, condition.reason))
            .unwrap_or_default()
    }

    /// The message of a condition; empty when it is absent.
    fn message(&self, kind: &str) -> String {
        let conditions = self.told().conditions;
        let found = conditions.iter().find(|condition| condition.type_ == kind);
        found.map(|condition| condition.message.clone()).unwrap_or_default()
    }

    /// Whether Ready is True for the spec as it stands.
    fn is_ready(&self) -> bool;
}

impl Told for WarmLambdaEndpoint {
    fn told(&self) -> WarmLambdaEndpointStatus {
        self.status.clone().unwrap_or_default()
    }

    fn is_ready(&self) -> bool {
        self.told().observed_generation == self.metadata.generation && self.condition("Ready").starts_with("True ")
    }
}
