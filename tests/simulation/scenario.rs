//! What an endpoint lives through: where it begins, and what happens.

use serde_json::{Value, json};

use crate::fault::Act;
use crate::scene::sources::Place;
use crate::scene::{FUNCTION, Scene};

/// How a run ends well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The endpoint is Ready, and AWS is as it asks.
    Ready,
    /// The endpoint is gone, and nothing of it is left.
    Gone,
}

/// One life of an endpoint.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Its name.
    pub name: &'static str,
    /// What the endpoint asks for.
    pub spec: Value,
    /// Whether it is Ready when the run begins, with an operator that was there before; else it is made then.
    pub begins_ready: bool,
    /// Whether somebody else made the alias before.
    pub adopts: bool,
    /// What happens, and when (seconds).
    pub acts: Vec<(u64, Act)>,
    /// How it ends.
    pub end: End,
}

fn rest(scene: &Scene) -> Value {
    json!({
        "functionName": FUNCTION,
        "provisionedConcurrency": 2,
        "deletionPolicy": "Delete",
        "triggers": [{"name": "public", "restApi": {"apiId": scene.apis[0], "stageName": "prod"}}],
    })
}

fn stream() -> Value {
    let arn = |place: Place| place.arn().unwrap();
    json!({
        "functionName": FUNCTION,
        "provisionedConcurrency": 1,
        "deletionPolicy": "Delete",
        "triggers": [
            {"name": "orders", "eventSource": {"arn": arn(Place::Orders)}},
            {"name": "clicks", "eventSource": {"arn": arn(Place::Clicks), "create": {"startingPosition": "TrimHorizon"}}},
        ],
    })
}

/// A route that calls another function, so that it gets an integration of its own.
fn http(scene: &Scene) -> Value {
    json!({
        "functionName": FUNCTION,
        "provisionedConcurrency": 1,
        "deletionPolicy": "Delete",
        "triggers": [{"name": "web", "httpApi": {"apiId": scene.http_apis[0], "stageName": "prod", "routeKeys": ["$default"]}}],
    })
}

/// All of them.
pub fn all() -> Vec<Scenario> {
    let scene = Scene::new();
    let fresh = |name, spec| Scenario {
        name,
        spec,
        begins_ready: false,
        adopts: false,
        acts: Vec::new(),
        end: End::Ready,
    };
    let later = |name, acts: &[(u64, Act)]| Scenario {
        begins_ready: true,
        acts: acts.to_vec(),
        ..fresh(name, rest(&scene))
    };
    let look = |n: u64| (n, Act::Request(format!("look {n}")));
    vec![
        fresh("create-rest", rest(&scene)),
        fresh("create-stream", stream()),
        fresh("create-http", http(&scene)),
        later("new-version", &[(5, Act::Code("two".into())), look(8)]),
        later("capacity", &[(5, Act::Capacity(3))]),
        later("drift", &[(5, Act::Uri), (5, Act::MoveAlias), (5, Act::DropCapacity), look(6)]),
        Scenario {
            end: End::Gone,
            ..later("delete", &[(5, Act::CallersAway), (5, Act::Delete)])
        },
        // Under the same name as soon as it can be, whenever that is.
        later(
            "delete-recreate",
            &[(5, Act::CallersAway), (5, Act::Delete), (8, Act::Recreate), (40, Act::Recreate)],
        ),
        Scenario {
            adopts: true,
            ..fresh("adopt", rest(&scene))
        },
    ]
}

/// One of them.
pub fn named(name: &str) -> Scenario {
    let found = all().into_iter().find(|scenario| scenario.name == name);
    found.unwrap_or_else(|| panic!("there is no scenario {name}"))
}
