//! The model against the real kube-apiserver: the same random requests, the same codes, objects and watch events.

use std::collections::BTreeMap;

use axum::http::Request as HttpMessage;
use futures::{FutureExt, StreamExt};
use kube::Client;
use kube::client::Body;
use serde_json::{Value, json};

use super::{Answer, ApiServer, Request};
use crate::campaigns::{Lot, is_long, seed};
use crate::clock;
use crate::harness::control_plane::control_plane;

/// Where the endpoints are that the real API server is asked about.
pub const ENDPOINTS: &str = "/apis/warmlambda.dev/v1alpha1/namespaces/default/warmlambdaendpoints";
const LEASES: &str = "/apis/coordination.k8s.io/v1/namespaces/default/leases";
/// Requests of one sequence.
const STEPS: usize = 250;
/// Sequences that are played in every test run: always the same, so that a change is judged and not a date.
const SEQUENCES: u64 = 4;
/// Sequences of the long run, which begin with the date.
const LONG: u64 = 25;

/// What a request names that each server gives itself: the uid or version of an object as it was seen last, or one that is wrong.
#[derive(Clone, Copy, Debug)]
enum Named {
    Nothing,
    Current,
    Wrong,
}

/// One request, before it is known what the server called things.
#[derive(Clone, Debug)]
struct Step {
    method: &'static str,
    folder: &'static str,
    name: String,
    part: &'static str,
    content_type: &'static str,
    query: &'static [(&'static str, &'static str)],
    metadata_only: bool,
    body: Value,
    uid: Named,
    version: Named,
}

fn named(lot: &mut Lot) -> Named {
    *lot.one(&[Named::Nothing, Named::Nothing, Named::Current, Named::Current, Named::Wrong])
}

fn status(lot: &mut Lot) -> Value {
    let mut conditions = Vec::new();
    for kind in ["Ready", "AliasReady", "Stalled", "CapacityReady"] {
        if lot.below(3) > 0 {
            let value = *lot.one(&["True", "False"]);
            conditions
                .push(json!({"type": kind, "status": value, "reason": "R", "message": "m", "lastTransitionTime": "2026-01-01T00:00:00Z"}));
        }
    }
    let mut status = json!({"observedGeneration": lot.below(3)});
    if lot.below(4) > 0 {
        status["conditions"] = conditions.into();
    }
    if lot.below(2) == 0 {
        status["functionVersion"] = lot.below(3).to_string().into();
    }
    if lot.below(2) == 0 {
        status["provisionedConcurrency"] = json!({"requested": 1, "allocated": 1, "available": lot.below(2), "status": "Ready"});
    }
    if lot.below(2) == 0 {
        status["triggers"] = json!([{"name": *lot.one(&["a", "b"]), "kind": "RestApi", "qualified": true}]);
    }
    status
}

fn metadata(lot: &mut Lot) -> Value {
    match lot.below(4) {
        0 => json!({"finalizers": ["warmlambda.dev/cleanup"]}),
        1 => json!({"finalizers": []}),
        2 => json!({"annotations": {"a": lot.below(3).to_string()}}),
        _ => json!({"annotations": {"a": null}, "labels": {"l": "1"}}),
    }
}

/// Any request that the operator, or a person in these tests, makes of one of two objects.
fn step(lot: &mut Lot, names: &[String; 2]) -> Step {
    let plain = Step {
        method: "GET",
        folder: ENDPOINTS,
        name: lot.one(names).clone(),
        part: "",
        content_type: "application/json",
        query: &[],
        metadata_only: false,
        body: Value::Null,
        uid: Named::Nothing,
        version: Named::Nothing,
    };
    let merge = Step {
        method: "PATCH",
        content_type: "application/merge-patch+json",
        uid: named(lot),
        version: named(lot),
        ..plain.clone()
    };
    match lot.below(12) {
        0 | 1 => {
            let body = json!({"apiVersion": "warmlambda.dev/v1alpha1", "kind": "WarmLambdaEndpoint", "metadata": {"name": plain.name},
                "spec": {"functionName": "f"}, "status": {"functionVersion": "9"}});
            Step {
                method: "POST",
                body,
                ..plain
            }
        }
        2 => plain,
        3 => Step {
            metadata_only: true,
            ..plain
        },
        4 => Step {
            body: json!({"spec": {"provisionedConcurrency": lot.below(3)}}),
            ..merge
        },
        5 | 6 => Step {
            body: json!({"metadata": metadata(lot)}),
            metadata_only: lot.below(2) == 0,
            ..merge
        },
        7 | 8 => Step {
            part: "/status",
            content_type: "application/apply-patch+yaml",
            query: &[("fieldManager", "warmlambda"), ("force", "true")],
            body: json!({"apiVersion": "warmlambda.dev/v1alpha1", "kind": "WarmLambdaEndpoint", "metadata": {"name": merge.name}, "status": status(lot)}),
            version: Named::Nothing,
            ..merge
        },
        9 => Step { method: "DELETE", ..plain },
        n => of_lease(lot, if n == 10 { plain } else { merge }),
    }
}

/// A lease that is made, or written as a whole.
fn of_lease(lot: &mut Lot, step: Step) -> Step {
    let holder = lot.below(3).to_string();
    Step {
        method: if step.method == "GET" { "POST" } else { "PUT" },
        folder: LEASES,
        content_type: "application/json",
        body: json!({"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": step.name}, "spec": {"holderIdentity": holder}}),
        ..step
    }
}

/// What one server calls things: metadata by path, as it was answered last.
type Memory = BTreeMap<String, Value>;

/// The request for one server.
fn rendered(step: &Step, memory: &Memory) -> Request {
    let object = format!("{}/{}", step.folder, step.name);
    let known = memory.get(&object).cloned().unwrap_or_default();
    let mut body = step.body.clone();
    for (key, named, wrong) in [
        ("uid", step.uid, "1b2c3d4e-0000-4000-8000-00000000beef"),
        ("resourceVersion", step.version, "999999999"),
    ] {
        let value = match named {
            Named::Nothing => continue,
            Named::Current if known[key].is_null() => continue,
            Named::Current => known[key].clone(),
            Named::Wrong => wrong.into(),
        };
        if body.is_object() {
            body["metadata"][key] = value;
        }
    }
    let path = if step.method == "POST" {
        step.folder.to_owned()
    } else {
        format!("{object}{}", step.part)
    };
    Request {
        method: step.method.into(),
        path,
        query: step
            .query
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        content_type: step.content_type.into(),
        metadata_only: step.metadata_only,
        body,
    }
}

fn remember(step: &Step, code: u16, object: &Value, memory: &mut Memory) {
    if code < 300 && object["metadata"]["uid"].is_string() {
        memory.insert(format!("{}/{}", step.folder, step.name), object["metadata"].clone());
    }
}

/// What must be the same on both: the code, and the object without what each server calls in its own way.
fn masked((code, object): (u16, &Value), before: Option<&Value>, applied: bool) -> Value {
    if code >= 300 {
        return json!({"code": code, "reason": object["reason"]});
    }
    if object["kind"] == "Status" {
        return json!({"code": code});
    }
    let mut object = object.clone();
    let known = before.map(|before| before["resourceVersion"].clone());
    let meta = object["metadata"].as_object_mut().unwrap();
    let changed = known.is_none_or(|known| meta.get("resourceVersion") != Some(&known));
    for own in ["uid", "creationTimestamp", "managedFields", "resourceVersion", "selfLink"] {
        meta.remove(own);
    }
    if let Some(deleted) = meta.get_mut("deletionTimestamp") {
        *deleted = "then".into();
    }
    for (list, key) in [("conditions", "type"), ("triggers", "name")] {
        if let Some(items) = object
            .get_mut("status")
            .and_then(|status| status.get_mut(list))
            .and_then(Value::as_array_mut)
        {
            items.sort_by_key(|item| item[key].to_string());
        }
    }
    // The real one notes who wrote what, also where nothing else changed. An apply that says the same again changes nothing at all.
    json!({"code": code, "object": object, "changed": changed || !applied})
}

pub async fn ask_real(client: &Client, request: &Request) -> (u16, Value) {
    let query: Vec<_> = request.query.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let accept = if request.metadata_only {
        "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
    } else {
        "application/json"
    };
    let body = if request.body.is_null() {
        Vec::new()
    } else {
        request.body.to_string().into_bytes()
    };
    let message = HttpMessage::builder()
        .method(request.method.as_str())
        .uri(format!("{}?{}", request.path, query.join("&")))
        .header("content-type", request.content_type.as_str())
        .header("accept", accept)
        .body(Body::from(body))
        .unwrap();
    let answer = client.send(message).await.unwrap();
    let code = answer.status().as_u16();
    let body = answer.into_body().collect_bytes().await.unwrap();
    (code, serde_json::from_slice(&body).unwrap_or(Value::Null))
}

fn ask_model(model: &ApiServer, request: &Request) -> (u16, Value) {
    match model.answer(request) {
        Answer::Object(code, object) => (code, object),
        Answer::Watch(_) => panic!("nobody asked for a watch"),
    }
}

/// Type, name and generation of each event of a watch. The real one also tells when only its notes changed on who wrote what.
fn events(lines: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(lines);
    let (mut events, mut before) = (Vec::new(), BTreeMap::new());
    for line in text.lines().filter(|line| !line.is_empty()) {
        let event: Value = serde_json::from_str(line).unwrap();
        let mut object = event["object"].clone();
        let meta = object["metadata"].as_object_mut().unwrap();
        for note in ["managedFields", "resourceVersion"] {
            meta.remove(note);
        }
        let (name, generation) = (meta["name"].to_string(), meta["generation"].clone());
        if before.insert(name.clone(), object.clone()).is_some_and(|before| before == object) && event["type"] == "MODIFIED" {
            continue;
        }
        events.push(format!("{} {name} {generation}", event["type"]));
    }
    events
}

fn all(query: &[(&str, &str)]) -> Request {
    Request {
        method: "GET".into(),
        path: ENDPOINTS.into(),
        query: query.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
        ..Request::default()
    }
}

/// The answers that differ of one sequence of requests.
async fn differences(client: &Client, model: &ApiServer, seed: u64) -> Vec<String> {
    let mut lot = Lot::new(seed);
    let names = ["ash", "oak"].map(|name| format!("{name}-{seed}"));
    let (mut real, mut modelled) = (Memory::new(), Memory::new());
    let (mut differences, mut before) = (Vec::new(), BTreeMap::new());
    for n in 0..STEPS {
        let step = step(&mut lot, &names);
        let object = format!("{}/{}", step.folder, step.name);
        let (asked, asked_model) = (rendered(&step, &real), rendered(&step, &modelled));
        let (code, answer) = ask_real(client, &asked).await;
        let (code_of_model, answer_of_model) = ask_model(model, &asked_model);
        let applied = step.part == "/status";
        let expected = masked((code, &answer), real.get(&object), applied);
        let found = masked((code_of_model, &answer_of_model), modelled.get(&object), applied);
        let told = format!("{} {} {}: {code} {answer}", asked.method, asked.path, asked.body);
        let last = before.insert(object, told);
        if found != expected {
            differences.push(format!(
                "step {n}: {asked_model:?}\n  the real one: {expected}\n  the model:    {found}\n  before: {last:?}"
            ));
        }
        remember(&step, code, &answer, &mut real);
        remember(&step, code_of_model, &answer_of_model, &mut modelled);
    }
    differences
}

/// Plays one sequence to both, and compares what they answer and what their watches tell.
async fn agree(client: &Client, seed: u64) {
    let model = ApiServer::default();
    let begin = ask_real(client, &all(&[])).await.1["metadata"]["resourceVersion"]
        .as_str()
        .unwrap()
        .to_owned();
    let watch = [("watch", "true"), ("resourceVersion", "0"), ("timeoutSeconds", "3600")];
    let Answer::Watch(mut told) = model.answer(&all(&watch)) else {
        panic!("a watch is answered by one");
    };
    let differences = differences(client, &model, seed).await;
    let first: Vec<_> = differences.iter().take(8).cloned().collect();
    assert!(
        differences.is_empty(),
        "SEED={seed}: {} of {STEPS} answers differ\n{}",
        differences.len(),
        first.join("\n")
    );
    let message = HttpMessage::get(format!("{ENDPOINTS}?watch=true&resourceVersion={begin}&timeoutSeconds=1"))
        .body(Body::empty())
        .unwrap();
    let lines = client.send(message).await.unwrap().into_body().collect_bytes().await.unwrap();
    let mut of_model = Vec::new();
    while let Some(Some(Ok(line))) = told.next().now_or_never() {
        of_model.extend_from_slice(&line);
    }
    assert_eq!(events(&of_model), events(&lines), "events of SEED={seed}");
}

#[tokio::test]
async fn the_model_answers_as_the_real_api_server() {
    clock::begin(crate::scene::START, 0);
    let server = tokio::task::spawn_blocking(control_plane).await.unwrap();
    let client = server.client().await;
    let seeds = match (std::env::var("SEED").is_ok(), is_long()) {
        (true, _) => seed()..seed() + 1,
        (false, true) => seed()..seed() + LONG,
        (false, false) => 0..SEQUENCES,
    };
    for seed in seeds {
        agree(&client, seed).await;
    }
}
