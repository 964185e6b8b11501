//! The CEL rules of the CRD accept and refuse, in the process. The API server has the last word: `tests/e2e` asks it.
// A test fails by panicking, with a message that says what was expected.
#![allow(clippy::unwrap_used, clippy::panic)]

use kube::core::cel::{validate_cel, validate_cel_update};
use serde_json::{Value, json};
use warmlambda::api::WarmLambdaEndpoint;

/// An endpoint with `change` merged into its spec.
fn endpoint(change: &Value) -> WarmLambdaEndpoint {
    let mut spec = json!({"region": "eu-west-1", "functionName": "fir-api", "aliasName": "live"});
    for (key, value) in change.as_object().unwrap() {
        spec[key] = value.clone();
    }
    let object = json!({"apiVersion": "warmlambda.dev/v1alpha1", "kind": "WarmLambdaEndpoint", "metadata": {"name": "e"}, "spec": spec});
    serde_json::from_value(object).unwrap()
}

#[test]
fn a_new_endpoint_is_accepted_or_refused_with_the_reason() {
    let rest_api = json!({"name": "t", "restApi": {"apiId": "a1", "stageName": "prod"}});
    for accepted in [
        json!({}),
        json!({"aliasName": "v1"}),
        json!({"version": {"policy": "Pinned", "pinned": "42"}}),
        json!({"version": {"policy": "LatestPublished"}}),
        json!({"triggers": [rest_api]}),
    ] {
        assert!(validate_cel(&endpoint(&accepted)).is_ok(), "{accepted}");
    }
    for (refused, reason) in [
        (json!({"aliasName": "42"}), "must not be all digits"),
        (
            json!({"version": {"policy": "Pinned"}}),
            "spec.version.pinned is required with policy Pinned",
        ),
        (
            json!({"version": {"policy": "PublishOnChange", "pinned": "42"}}),
            "spec.version.pinned is required with policy Pinned",
        ),
        (json!({"triggers": [{"name": "t"}]}), "exactly one kind"),
    ] {
        let errors = validate_cel(&endpoint(&refused)).err().map(|e| e.to_string()).unwrap_or_default();
        assert!(errors.contains(reason), "{refused}: {errors:?} does not say {reason:?}");
    }
}

#[test]
fn what_an_endpoint_is_about_is_immutable() {
    let old = endpoint(&json!({}));
    for accepted in [json!({}), json!({"provisionedConcurrency": 5}), json!({"suspend": true})] {
        assert!(validate_cel_update(&endpoint(&accepted), &old).is_ok(), "{accepted}");
    }
    for (refused, reason) in [
        (json!({"functionName": "other"}), "spec.functionName is immutable"),
        (json!({"aliasName": "other"}), "spec.aliasName is immutable"),
        (json!({"region": "us-east-1"}), "spec.region is immutable"),
        (json!({"region": null}), "spec.region is immutable"),
    ] {
        let errors = validate_cel_update(&endpoint(&refused), &old)
            .err()
            .map(|e| e.to_string())
            .unwrap_or_default();
        assert!(errors.contains(reason), "{refused}: {errors:?} does not say {reason:?}");
    }
    let without_region = endpoint(&json!({"region": null}));
    assert!(validate_cel_update(&old, &without_region).is_ok(), "a region may be added once");
}
