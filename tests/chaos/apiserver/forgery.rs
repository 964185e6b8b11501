//! What somebody with too many rights, or a broken disk, writes into an endpoint: seeded, so that a number replays it.

use serde_json::{Value, json};
use warmlambda::api::FINALIZER;

use super::chance::Chance;

/// One forgery.
pub struct Forgery {
    /// In words.
    pub what: String,
    /// Where it is written.
    pub place: Place,
    /// What.
    pub value: Value,
}

impl Forgery {
    /// Whether all it does is to leave a status that cannot be read: the operator does without it, and writes it anew.
    pub fn leaves_no_status(&self) -> bool {
        self.place == Place::Stored && self.value.get("status").is_some()
    }
}

/// Where a forgery is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Into status, as the schema allows it.
    Status,
    /// Into metadata, as the API server allows it.
    Metadata,
    /// Into etcd, past the API server: a merge patch of the object as it is stored.
    Stored,
}

/// Versions that are there, that will be, that never were, and what is none.
const VERSIONS: [&str; 9] = ["1", "39", "40", "41", "42", "43", "50", "999999", "007"];

/// The forgery of a number. `genuine` is the status as the operator wrote it last: who forges well begins with what is right.
pub fn forgery(seed: u64, number: u64, genuine: &Value) -> Forgery {
    let mut chance = Chance::of(seed, number);
    let (what, place, value) = match number % 3 {
        0 => of_status(&mut chance, genuine),
        1 => of_metadata(&mut chance),
        _ => of_storage(&mut chance),
    };
    Forgery {
        what: format!("#{number}: {what} {value}"),
        place,
        value,
    }
}

fn version(chance: &mut Chance) -> &'static str {
    chance.one_of(&VERSIONS)
}

/// Status in its schema.
fn of_status(chance: &mut Chance, genuine: &Value) -> (&'static str, Place, Value) {
    let fingerprint = &genuine["published"]["fingerprint"];
    let time = chance.one_of(&["1970-01-01T00:00:00Z", "2020-01-01T00:00:00Z", "2099-01-01T00:00:00Z"]);
    let condition = |kind: &str, status: &str| json!({"type": kind, "status": status, "reason": "Forged", "message": "forged", "lastTransitionTime": time, "observedGeneration": 1});
    let (what, status) = match chance.below(12) {
        0 => (
            "published",
            json!({"published": {"version": version(chance), "fingerprint": "forged"}}),
        ),
        1 => (
            "published, with the right fingerprint",
            json!({"published": {"version": version(chance), "fingerprint": fingerprint}}),
        ),
        2 => (
            "rejected versions",
            json!({"rejectedVersions": [{"version": version(chance), "codeSha256": "", "reason": "RolloutTimedOut", "attempt": "forged"}]}),
        ),
        3 => (
            "a rollout that began long ago",
            json!({"rollout": {"from": version(chance), "to": version(chance), "startTime": time}}),
        ),
        4 => (
            "an untrue Ready",
            json!({"conditions": [condition("Ready", chance.one_of(&["False", "Unknown", "True"]))]}),
        ),
        5 => (
            "conditions of other kinds",
            json!({"conditions": [condition("Stalled", "True"), condition("DeletionBlocked", "True")]}),
        ),
        6 => (
            "an observed generation",
            json!({"observedGeneration": chance.one_of(&[-1_i64, 0, 7, 9_000_000_000])}),
        ),
        7 => (
            "triggers that are right",
            json!({"triggers": [{"name": "public", "kind": "RestApi", "qualified": true, "statementIds": ["by-hand"], "uri": "arn:aws:forged"}]}),
        ),
        8 => (
            "another account, region, function and alias",
            json!({"account": "999999999999", "region": "us-gov-east-1", "functionArn": "arn:aws:lambda:us-east-1:999999999999:function:other",
                "aliasArn": "arn:aws:lambda:us-east-1:999999999999:function:other:live"}),
        ),
        9 => (
            "other versions and capacity",
            json!({"functionVersion": version(chance), "targetFunctionVersion": version(chance), "versionWeight": 50,
                "provisionedConcurrency": {"requested": 99, "allocated": 99, "available": 99, "status": "Ready"}}),
        ),
        10 => ("no status", Value::Null),
        _ => (
            "a plan, a selector and a look",
            json!({"plan": [{"call": "lambda:DeleteAlias fir-api:live", "why": "forged"}], "selector": "a=b", "lastHandledReconcileAt": "forged"}),
        ),
    };
    (what, Place::Status, status)
}

/// Labels, annotations and finalizers.
fn of_metadata(chance: &mut Chance) -> (&'static str, Place, Value) {
    let (what, metadata) = match chance.below(8) {
        0 => ("no finalizer", json!({"finalizers": null})),
        1 => (
            "finalizers of others",
            json!({"finalizers": ["example.com/forged", FINALIZER, "warmlambda.dev/other"]}),
        ),
        2 => ("finalizers of others alone", json!({"finalizers": ["example.com/forged"]})),
        3 => (
            "labels",
            json!({"labels": {"app.kubernetes.io/managed-by": "other", "warmlambda.dev/lease": "operator", "warmlambda.dev/endpoint": "other"}}),
        ),
        4 => (
            "annotations",
            json!({"annotations": {"warmlambda.dev/account": "999999999999", "warmlambda.dev/region": "us-east-1", "warmlambda.dev/adopt": "true"}}),
        ),
        5 => (
            "a release of what is not deleted",
            json!({"annotations": {"warmlambda.dev/release": chance.one_of(&["true", "TRUE", "1", ""])}}),
        ),
        6 => (
            "what others apply",
            json!({"annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{\"spec\":{\"provisionedConcurrency\":99}}"}}),
        ),
        _ => (
            "a large annotation",
            json!({"annotations": {"example.com/large": "x".repeat(100_000 + chance.below(100_000))}}),
        ),
    };
    (what, Place::Metadata, metadata)
}

/// What no schema allows.
fn of_storage(chance: &mut Chance) -> (&'static str, Place, Value) {
    let (what, object) = match chance.below(12) {
        0 => ("a status that is a text", json!({"status": "forged"})),
        1 => ("conditions that are a text", json!({"status": {"conditions": "forged"}})),
        2 => (
            "an observed generation that is a text",
            json!({"status": {"observedGeneration": "1"}}),
        ),
        3 => ("a rollout without an end", json!({"status": {"rollout": {"from": 40, "to": null}}})),
        4 => (
            "a published version that is a number",
            json!({"status": {"published": {"version": 41, "fingerprint": 7}}}),
        ),
        5 => (
            "a trigger of a kind that a later version knows",
            json!({"status": {"triggers": [{"name": "public", "kind": "WebSocketApi", "qualified": true}]}}),
        ),
        6 => ("rejected versions as a map", json!({"status": {"rejectedVersions": {"41": true}}})),
        7 => (
            "another generation",
            json!({"metadata": {"generation": chance.one_of(&[0_i64, -3, 4_000_000_000])}}),
        ),
        8 => ("a number that is a text", json!({"spec": {"provisionedConcurrency": "3"}})),
        9 => (
            "a policy that a later version knows",
            json!({"spec": {"deletionPolicy": "Archive"}}),
        ),
        10 => (
            "triggers that are none",
            json!({"spec": {"triggers": [{"name": 5, "restApi": "a1b2c3d4e5"}]}}),
        ),
        _ => ("a function without a name", json!({"spec": {"functionName": null}})),
    };
    (what, Place::Stored, object)
}
