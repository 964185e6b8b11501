//! Specs by chance: every field, whole and in each of its ways broken.

use serde_json::{Value, json};

use super::Lot;
use crate::scene::sources::Place;
use crate::scene::{FUNCTION, Scene};

/// A spec that can be kept: what it names is there.
pub fn kept(lot: &mut Lot, scene: &Scene) -> Value {
    let version = match lot.below(3) {
        0 => json!({"policy": "Pinned", "pinned": "1"}),
        1 => json!({"policy": "LatestPublished", "pinned": null}),
        _ => json!({"policy": "PublishOnChange", "pinned": null}),
    };
    let all = [rest(lot, scene), http(lot, scene), moved(), made()];
    let triggers: Vec<_> = all.into_iter().filter(|_| lot.below(2) == 0).collect();
    json!({
        "functionName": FUNCTION,
        "version": version,
        "provisionedConcurrency": lot.below(4),
        "triggers": triggers,
        "rollout": {"timeoutSeconds": *lot.one(&[200, 900]), "onFailure": *lot.one(&["RollBack", "Hold"])},
        "managementPolicy": "Manage",
        "deletionPolicy": *lot.one(&["ReleaseCapacity", "Retain", "Delete"]),
        "suspend": false,
    })
}

/// Any spec that the API server takes, those that hold the operator back included.
pub fn any(lot: &mut Lot, scene: &Scene) -> Value {
    let mut spec = kept(lot, scene);
    match lot.below(8) {
        0 => spec["managementPolicy"] = "Observe".into(),
        1 => spec["suspend"] = true.into(),
        2 => spec["provisionedConcurrency"] = Value::Null,
        3 => spec["version"] = json!({"policy": "Pinned", "pinned": "77"}),
        _ => {}
    }
    spec
}

fn scope(lot: &mut Lot) -> &'static str {
    lot.one::<&str>(&["Api", "Stage", "Method"])
}

fn rest(lot: &mut Lot, scene: &Scene) -> Value {
    let mut api = json!({"apiId": scene.apis[0], "stageName": "prod", "permissionScope": scope(lot)});
    if lot.below(2) == 0 {
        api["methods"] = json!([{"path": "/reviews", "httpMethod": "GET"}]);
    }
    json!({"name": "public", "restApi": api})
}

fn http(lot: &mut Lot, scene: &Scene) -> Value {
    let api = json!({"apiId": scene.http_apis[0], "stageName": "prod", "routeKeys": ["$default"], "permissionScope": scope(lot)});
    json!({"name": "web", "httpApi": api})
}

fn moved() -> Value {
    json!({"name": "orders", "eventSource": {"arn": Place::Orders.arn().unwrap()}})
}

fn made() -> Value {
    json!({"name": "clicks", "eventSource": {"arn": Place::Clicks.arn().unwrap(), "create": {"startingPosition": "TrimHorizon"}}})
}

/// What no field expects, and what some do.
fn odd(lot: &mut Lot) -> Value {
    let long = "a".repeat(600);
    let pool = json!([
        null, true, 0, 1, -1, 60, 59, 7200, 7201, 10_000, 10_001, 1.5, 4_294_967_296_i64, "", " ", "1", "01", "4294967296", "18446744073709551616",
        "42a", "live", "$LATEST", "$default", "a b", "Ä", "*", "/", "GET /x", "get /x", "ANY /{p+}", "Pinned", "Latest", "Delete", "Trim",
        "AtTimestamp", "2026-11-22T05:00:00Z", "2026-13-01T00:00:00Z", "eu-west-1", "arn:aws:sqs:eu-west-1:111122223333:orders",
        "arn:aws:sqs:us-east-1:111122223333:orders", "arn:aws:sqs:eu-west-1:999999999999:orders", "arn:aws:kinesis:eu-west-1:111122223333:stream/s",
        "arn:aws:lambda:eu-west-1:111122223333:function:f", long, [], ["x"], {}, {"name": "x"}, {"startingPosition": "Latest"}, {"minimum": 2}
    ]);
    lot.one(pool.as_array().unwrap()).clone()
}

/// Changes a spec in one place, mostly so that it is not valid any more.
pub fn breaks(lot: &mut Lot, spec: &mut Value) {
    let places = places(spec, String::new());
    let place = lot.one(&places).clone();
    let odd = odd(lot);
    let (folder, name) = place.rsplit_once('/').unwrap();
    match (spec.pointer_mut(folder).unwrap(), lot.below(6)) {
        (Value::Object(fields), 0) => drop(fields.remove(name)),
        (Value::Array(items), 0) => drop(items.remove(name.parse().unwrap())),
        (Value::Array(items), 1) => items.push(items[0].clone()),
        (Value::Object(fields), 1) => drop(fields.insert(FIELDS[lot.below(FIELDS.len())].into(), odd)),
        (folder, _) => *folder.pointer_mut(&format!("/{name}")).unwrap() = odd,
    }
}

/// Fields that are in no spec of these.
const FIELDS: [&str; 12] = [
    "region",
    "aliasName",
    "arn",
    "topic",
    "uuid",
    "create",
    "batchSize",
    "maximumConcurrency",
    "deployment",
    "eventSource",
    "startingPositionTimestamp",
    "provisionedPollers",
];

/// Everything in a value, as pointers.
fn places(value: &Value, at: String) -> Vec<String> {
    let inside: Vec<_> = match value {
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), value)).collect(),
        Value::Array(items) => items.iter().enumerate().map(|(n, value)| (n.to_string(), value)).collect(),
        _ => Vec::new(),
    };
    let below = inside.into_iter().map(|(name, value)| (format!("{at}/{name}"), value));
    below
        .flat_map(|(at, value)| [vec![at.clone()], places(value, at)].concat())
        .collect()
}
