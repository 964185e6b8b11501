//! An endpoint as the API server gives it: one that does not parse must not stop the watch for all others.

use std::borrow::Cow;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::Resource;
use kube::core::error_boundary::InvalidObject;
use serde::de::Error;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::api::WarmLambdaEndpoint;

/// An endpoint, or why it cannot be read.
///
/// A status that does not parse counts as one that was lost: it is a hint ([`crate::plan::memory`]), and must not keep the operator from
/// an endpoint. An operator of a later version may have written it, before a roll-back.
#[derive(Debug, Clone)]
pub struct Guarded(pub Result<WarmLambdaEndpoint, InvalidObject>);

impl<'de> Deserialize<'de> for Guarded {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut object = Value::deserialize(deserializer)?;
        let error = match WarmLambdaEndpoint::deserialize(&object) {
            Ok(endpoint) => return Ok(Self(Ok(endpoint))),
            Err(error) => error,
        };
        let status = object.as_object_mut().and_then(|members| members.remove("status"));
        if let (Some(_), Ok(endpoint)) = (status, WarmLambdaEndpoint::deserialize(&object)) {
            return Ok(Self(Ok(endpoint)));
        }
        let metadata = ObjectMeta::deserialize(&object["metadata"]).map_err(D::Error::custom)?;
        let error = error.to_string();
        Ok(Self(Err(InvalidObject { error, metadata })))
    }
}

impl Resource for Guarded {
    type DynamicType = ();
    type Scope = <WarmLambdaEndpoint as Resource>::Scope;

    fn kind(dt: &()) -> Cow<'_, str> {
        WarmLambdaEndpoint::kind(dt)
    }

    fn group(dt: &()) -> Cow<'_, str> {
        WarmLambdaEndpoint::group(dt)
    }

    fn version(dt: &()) -> Cow<'_, str> {
        WarmLambdaEndpoint::version(dt)
    }

    fn plural(dt: &()) -> Cow<'_, str> {
        WarmLambdaEndpoint::plural(dt)
    }

    fn meta(&self) -> &ObjectMeta {
        self.0.as_ref().map_or_else(|invalid| &invalid.metadata, Resource::meta)
    }

    fn meta_mut(&mut self) -> &mut ObjectMeta {
        self.0.as_mut().map_or_else(|invalid| &mut invalid.metadata, Resource::meta_mut)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(spec: Value, status: Value) -> Guarded {
        let object = json!({
            "apiVersion": "warmlambda.dev/v1alpha1", "kind": "WarmLambdaEndpoint",
            "metadata": {"name": "fir-api", "namespace": "shop", "uid": "u"}, "spec": spec, "status": status,
        });
        serde_json::from_value(object).unwrap()
    }

    #[test]
    fn a_status_that_does_not_parse_counts_as_lost() {
        let spec = json!({"functionName": "fir-api"});
        let later = json!({"triggers": [{"name": "a", "kind": "WebSocketApi", "qualified": true}]});
        for status in [later, json!("text"), json!({"observedGeneration": "1"})] {
            let endpoint = read(spec.clone(), status).0.unwrap();
            assert_eq!((endpoint.spec.function_name.as_str(), endpoint.status), ("fir-api", None));
        }
        let right = read(spec, json!({"observedGeneration": 3})).0.unwrap();
        assert_eq!(right.status.unwrap().observed_generation, Some(3));
    }

    #[test]
    fn of_a_spec_that_does_not_parse_name_and_reason_are_known() {
        let guarded = read(json!({"functionName": 5}), json!("text"));
        assert_eq!(guarded.meta().name.as_deref(), Some("fir-api"));
        assert!(guarded.0.unwrap_err().error.contains("invalid type"));
    }
}
