//! An API server in memory, for tests: objects by path, resourceVersions, conflicts, finalizers, and faults per client.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use axum::http::{Method, Request, Response};
use kube::Client;
use kube::client::Body;
use serde_json::{Value, json};
use tower::{BoxError, service_fn};

use crate::api::WarmLambdaEndpointStatus;

/// What becomes of the requests of one client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// They are answered.
    None,
    /// They fail at once and do nothing.
    Refused,
    /// They are never answered and do nothing.
    Hanging,
    /// They are answered 503 with `Retry-After: 60`.
    Unavailable,
    /// The next write is carried out and its answer is lost; then all is well again.
    AnswerLost,
}

/// The server.
#[derive(Clone, Default)]
pub struct FakeApi(Arc<Mutex<State>>);

/// The switch for the faults of one client.
#[derive(Clone)]
pub struct Wire(Arc<Mutex<Fault>>);

impl Wire {
    pub fn set(&self, fault: Fault) {
        *self.0.lock().unwrap() = fault;
    }
}

/// The whole state at some moment.
#[derive(Clone, Default)]
pub struct Backup(State);

#[derive(Clone, Default)]
struct State {
    objects: BTreeMap<String, Value>,
    count: u64,
    /// Method and path of every request that was carried out.
    log: Vec<String>,
}

impl FakeApi {
    /// A client, and the switch for its faults.
    pub fn client(&self) -> (Client, Wire) {
        let wire = Wire(Arc::new(Mutex::new(Fault::None)));
        let (api, faults) = (self.clone(), wire.clone());
        let service = service_fn(move |request: Request<Body>| {
            let (api, fault) = (api.clone(), faults.clone());
            async move { api.answer(request, &fault).await }
        });
        (Client::new(service, "default"), wire)
    }

    /// Puts an object there as it is, with a new resourceVersion.
    pub fn put(&self, path: &str, object: Value) -> Value {
        self.0.lock().unwrap().store(path, object)
    }

    pub fn get(&self, path: &str) -> Option<Value> {
        self.0.lock().unwrap().objects.get(path).cloned()
    }

    pub fn delete(&self, path: &str) {
        self.0.lock().unwrap().objects.remove(path);
    }

    pub fn backup(&self) -> Backup {
        Backup(self.0.lock().unwrap().clone())
    }

    pub fn restore(&self, backup: Backup) {
        *self.0.lock().unwrap() = backup.0;
    }

    /// Every request since the last call, as `PATCH /path`, reads left out.
    pub fn writes(&self) -> Vec<String> {
        let log = std::mem::take(&mut self.0.lock().unwrap().log);
        log.into_iter().filter(|line| !line.starts_with("GET")).collect()
    }

    async fn answer(&self, request: Request<Body>, wire: &Wire) -> Result<Response<Body>, BoxError> {
        let fault = *wire.0.lock().unwrap();
        match fault {
            Fault::None => {}
            Fault::Refused => return Err("connection refused".into()),
            Fault::Hanging => match std::future::pending::<Infallible>().await {},
            Fault::Unavailable => return Ok(response(503, &status(503, "ServiceUnavailable"), Some("60"))),
            Fault::AnswerLost if request.method() == Method::GET => {}
            Fault::AnswerLost => wire.set(Fault::None),
        }
        let (parts, body) = request.into_parts();
        let body = body.collect_bytes().await?;
        let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
        let (code, answer) = self.0.lock().unwrap().handle(&parts.method, parts.uri.path(), body);
        if fault == Fault::AnswerLost && parts.method != Method::GET {
            return Err("the connection broke".into());
        }
        Ok(response(code, &answer, None))
    }
}

impl State {
    fn handle(&mut self, method: &Method, path: &str, body: Value) -> (u16, Value) {
        self.log.push(format!("{method} {path}"));
        let (object, part) = path.strip_suffix("/status").map_or((path, None), |object| (object, Some("status")));
        let current = self.objects.get(object).cloned();
        let changed = match (method.as_str(), current) {
            ("GET", Some(current)) => return (200, current),
            ("POST", _) => {
                let object = format!("{path}/{}", body["metadata"]["name"].as_str().unwrap_or_default());
                if self.objects.contains_key(&object) {
                    return (409, status(409, "AlreadyExists"));
                }
                return (201, self.store(&object, body));
            }
            (_, None) => return (404, status(404, "NotFound")),
            // As the real one: what a status write says of the uid counts for nothing.
            (_, Some(current)) if contradicts(&current, &body, part.is_none()) => return (409, status(409, "Conflict")),
            ("PUT", Some(_)) => body,
            // An apply, and not a merge patch, onto a status that is not what the schema says.
            ("PATCH", Some(current)) if part.is_some() && body["kind"].is_string() && is_unreadable(&current["status"]) => {
                return (500, status(500, "InternalError"));
            }
            ("PATCH", Some(mut current)) if part.is_some() => {
                current["status"] = body["status"].clone();
                current
            }
            ("PATCH", Some(mut current)) => {
                merge(&mut current, body);
                current
            }
            _ => return (405, status(405, "MethodNotAllowed")),
        };
        let gone = changed["metadata"]["deletionTimestamp"].is_string() && changed["metadata"]["finalizers"] == json!([]);
        let stored = self.store(object, changed);
        if gone {
            self.objects.remove(object);
        }
        (200, stored)
    }

    fn store(&mut self, path: &str, mut object: Value) -> Value {
        self.count += 1;
        let count = self.count;
        let meta = &mut object["metadata"];
        meta["resourceVersion"] = count.to_string().into();
        if meta["uid"].is_null() {
            meta["uid"] = format!("uid-{count}").into();
        }
        self.objects.insert(path.to_owned(), object.clone());
        object
    }
}

/// Whether a write names another uid, where that counts, or another resourceVersion than the object has.
fn contradicts(current: &Value, body: &Value, with_uid: bool) -> bool {
    let keys: &[&str] = if with_uid {
        &["uid", "resourceVersion"]
    } else {
        &["resourceVersion"]
    };
    keys.iter().any(|key| {
        let named = &body["metadata"][key];
        !named.is_null() && *named != current["metadata"][key]
    })
}

fn is_unreadable(status: &Value) -> bool {
    !status.is_null() && serde_json::from_value::<WarmLambdaEndpointStatus>(status.clone()).is_err()
}

fn merge(target: &mut Value, patch: Value) {
    match patch {
        Value::Object(patch) => {
            for (key, value) in patch {
                merge(&mut target[key], value);
            }
        }
        other => *target = other,
    }
}

fn status(code: u16, reason: &str) -> Value {
    json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": reason, "message": reason, "code": code})
}

fn response(code: u16, body: &Value, retry_after: Option<&str>) -> Response<Body> {
    let mut response = Response::builder().status(code);
    if let Some(seconds) = retry_after {
        response = response.header("Retry-After", seconds);
    }
    response.body(Body::from(body.to_string().into_bytes())).unwrap()
}
