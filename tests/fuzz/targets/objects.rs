//! Objects as the watch delivers them, of any shape: nothing panics, nothing is planned from what the CRD refuses, and no status,
//! however it came to be, makes the operator write what it would not write without.

use std::collections::BTreeSet;
use std::sync::OnceLock;
use std::time::Duration;

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::JSONSchemaProps;
use kube::core::cel::validate_cel;
use warmlambda::api::{WarmLambdaEndpoint, WarmLambdaEndpointStatus, crd};
use warmlambda::controller::guarded::Guarded;
use warmlambda::plan::assess::{Moment, Outcome, Pass, Verdict, assess};
use warmlambda::plan::cleanup::cleanup;
use warmlambda::plan::desired::Desired;
use warmlambda::plan::memory::Memory;
use warmlambda::plan::steps::{Plan, plan};

use super::{now, quiet, site};
use crate::run::Target;
use crate::schema::complaints;

pub const TARGET: Target = Target {
    name: "objects",
    words: &[
        "apiVersion",
        "kind",
        "metadata",
        "name",
        "namespace",
        "uid",
        "generation",
        "annotations",
        "deletionTimestamp",
        "finalizers",
        "spec",
        "region",
        "functionName",
        "aliasName",
        "version",
        "policy",
        "pinned",
        "provisionedConcurrency",
        "triggers",
        "restApi",
        "httpApi",
        "eventSource",
        "apiId",
        "stageName",
        "methods",
        "path",
        "httpMethod",
        "routes",
        "deployment",
        "permissionScope",
        "arn",
        "topic",
        "uuid",
        "selfManagedKafka",
        "bootstrapServers",
        "create",
        "startingPosition",
        "startingPositionTimestamp",
        "batchSize",
        "maximumConcurrency",
        "provisionedPollers",
        "sourceAccess",
        "rollout",
        "timeoutSeconds",
        "onFailure",
        "managementPolicy",
        "deletionPolicy",
        "suspend",
        "status",
        "conditions",
        "published",
        "fingerprint",
        "one",
        "rejectedVersions",
        "codeSha256",
        "sha",
        "attempt",
        "observedGeneration",
        "startTime",
        "2026-11-22T05:00:00Z",
        "9999-12-31T23:59:59Z",
        "-009999-01-01T00:00:00Z",
        "live",
        "fir-api",
        "42",
        "1",
        "Pinned",
        "LatestPublished",
        "Observe",
        "Delete",
        "Method",
        "arn:aws:kinesis:eu-west-1:111122223333:stream/orders",
        "arn:aws:sqs:eu-west-1:111122223333:orders",
        "Latest",
        "AtTimestamp",
        "*",
        "/",
        "ANY",
        "0aaaaaaa-0000-4000-8000-000000000001",
        "b1:9092",
        "a1b2c3d4e5",
        "prod",
        "$default",
        "GET /reviews",
        "warmlambda.dev/v1alpha1",
        "",
    ],
    executions: 400,
    judge,
};

fn judge(input: &[u8]) -> String {
    let Ok(guarded) = serde_json::from_slice::<Guarded>(input) else {
        return "no object".into();
    };
    let Ok(endpoint) = guarded.0 else {
        return "does not parse".into();
    };
    let printed = serde_json::to_string(&endpoint).unwrap();
    let again: WarmLambdaEndpoint = serde_json::from_str(&printed).unwrap_or_else(|e| panic!("{printed} is not read back: {e}"));
    assert_eq!(again, endpoint, "what is printed reads back as something else");
    let refused = refused(&endpoint);
    let uid = endpoint.metadata.uid.as_deref().unwrap_or_default();
    let generation = endpoint.metadata.generation.unwrap_or_default();
    let desired = match Desired::resolve(&endpoint.spec, uid, generation, site()) {
        Ok(desired) => desired,
        Err(invalid) => {
            assert!(!refused.is_empty(), "the CRD takes it, and the operator does not: {invalid}");
            return format!("invalid {}", invalid.field);
        }
    };
    assert!(refused.is_empty(), "the CRD refuses it, and the operator goes on: {refused:?}");
    let status = endpoint.status.unwrap_or_default();
    let plan = held_back(&desired, &status);
    let verdict = verdict(&desired, &plan, &status);
    let (again, twice) = (held_back(&desired, &verdict.status), 2);
    let settled = self::verdict(&desired, &again, &verdict.status);
    assert_eq!(
        settled.status,
        self::verdict(&desired, &again, &settled.status).status,
        "status changes with each look, {twice} looks on"
    );
    format!(
        "{} {:?} {:?}",
        plan.steps.len(),
        verdict.cadence,
        plan.findings.iter().map(|f| f.reason).collect::<BTreeSet<_>>()
    )
}

/// What the API server says against the spec; empty when it takes it.
fn refused(endpoint: &WarmLambdaEndpoint) -> Vec<String> {
    static SCHEMA: OnceLock<JSONSchemaProps> = OnceLock::new();
    let schema = SCHEMA.get_or_init(|| {
        let version = crd().spec.versions.remove(0);
        let mut root = version.schema.unwrap().open_api_v3_schema.unwrap();
        root.properties.as_mut().unwrap().remove("spec").unwrap()
    });
    let mut refused = complaints(schema, &serde_json::to_value(&endpoint.spec).unwrap(), "spec");
    refused.extend(validate_cel(endpoint).err().map(|errors| errors.to_string()));
    refused
}

/// The plan with what status remembers: nothing in it that is not due without.
fn held_back(desired: &Desired, status: &WarmLambdaEndpointStatus) -> Plan {
    let observed = quiet(desired);
    let with = plan(desired, &observed, &Memory::from(status), now());
    let without = plan(desired, &observed, &Memory::default(), now());
    for planned in &with.steps {
        let due = without.steps.iter().any(|other| other.step == planned.step);
        assert!(due, "status has it do {}, {}", planned.step.describe(desired), planned.why);
    }
    let _ = cleanup(desired, &observed);
    with
}

fn verdict(desired: &Desired, plan: &Plan, previous: &WarmLambdaEndpointStatus) -> Verdict {
    assess(&Pass {
        desired,
        observed: &quiet(desired),
        plan,
        outcome: &Outcome::default(),
        previous,
        memory: &Memory::from(previous),
        usage: None,
        unsampled: None,
        moment: Moment {
            now: now(),
            generation: desired.generation,
            grace: Duration::from_mins(2),
            failures: 0,
        },
    })
}
