//! What comes from outside, and what must hold of it.

pub mod answers;
pub mod exports;
pub mod flags;
pub mod functions;
pub mod objects;
pub mod policies;
pub mod variables;

use std::collections::BTreeMap;

use k8s_openapi::jiff::Timestamp;
use serde_json::{Value, json};
use warmlambda::plan::arn::Site;
use warmlambda::plan::desired::{Desired, MethodKey};
use warmlambda::plan::observed::{
    Alias, CodeState, DeployedCall, EnvironmentSize, Integration, LatestCode, Method, Observed, PublishedCode, RestApi, Stage,
};

/// Where the function of these targets lives.
fn site() -> Site {
    Site {
        partition: "aws".into(),
        account: "111122223333".into(),
        region: "eu-west-1".into(),
    }
}

/// An endpoint on `fir-api:live` with these triggers.
fn desired(triggers: &Value) -> Desired {
    let spec = json!({"region": "eu-west-1", "functionName": "fir-api", "aliasName": "live", "triggers": triggers});
    let spec = serde_json::from_value(spec).unwrap();
    Desired::resolve(&spec, "0aaaaaaa-0000-4000-8000-000000000001", 1, site()).unwrap()
}

/// The time in these targets.
const fn now() -> Timestamp {
    Timestamp::constant(1_795_000_000, 0)
}

/// A function with one version, an alias on it, and a deployed method of API `a1b2c3d4e5` that calls the alias.
fn quiet(desired: &Desired) -> Observed {
    let key = MethodKey {
        path: "/reviews".into(),
        http_method: "GET".into(),
    };
    let integration = Integration {
        kind: "AWS_PROXY".into(),
        http_method: Some("POST".into()),
        uri: Some(desired.alias_uri()),
        credentials: None,
    };
    let method = Method {
        resource_id: "r1".into(),
        integration: Some(integration),
    };
    let call = DeployedCall {
        uri: desired.alias_uri(),
        credentials: None,
    };
    let stage = Stage {
        deployment_id: "d1".into(),
        variables: BTreeMap::new(),
        canary: false,
        deployed: Some(BTreeMap::from([(key.clone(), call)])),
    };
    let api = RestApi {
        methods: Some(BTreeMap::from([(key, method)])),
        stages: BTreeMap::from([("prod".into(), stage)]),
    };
    let published = PublishedCode {
        code_sha256: "sha".into(),
        fingerprint: "one".into(),
        size: EnvironmentSize::default(),
    };
    Observed {
        function: Some(LatestCode {
            code_sha256: "sha".into(),
            revision_id: "f".into(),
            fingerprint: "one".into(),
            state: CodeState::Active,
            snap_start: false,
            size: EnvironmentSize::default(),
            role: "arn:aws:iam::111122223333:role/fir-api".into(),
        }),
        versions: Some(BTreeMap::from([(1, published)])),
        alias: Some(Alias {
            version: Some(1),
            weights: BTreeMap::new(),
            revision_id: "a".into(),
            description: String::new(),
        }),
        rest_apis: BTreeMap::from([("a1b2c3d4e5".into(), api)]),
        ..Observed::default()
    }
}
