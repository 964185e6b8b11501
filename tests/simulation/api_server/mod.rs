//! A small kube-apiserver in memory, as far as the operator asks one: objects with versions, conflicts, finalizers, the status
//! subresource, server-side apply of status, lists in pages, and watches. `conformance.rs` holds it against the real one.

mod admission;
mod apply;
pub mod conformance;
mod schema;
mod store;
mod watch;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use serde_json::{Value, json};

pub use store::Objects;
use store::State;
pub use watch::Lines;

/// A request as the model sees it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Request {
    /// `GET`, `POST`, ...
    pub method: String,
    /// Path without the query.
    pub path: String,
    /// The query.
    pub query: BTreeMap<String, String>,
    /// `Content-Type`, which says what kind of patch it is.
    pub content_type: String,
    /// Whether only metadata is asked for.
    pub metadata_only: bool,
    /// The body; null when there is none.
    pub body: Value,
}

/// What comes back.
#[derive(Debug)]
pub enum Answer {
    /// A status code and an object.
    Object(u16, Value),
    /// A watch: lines of JSON without an end.
    Watch(Lines),
}

/// The server; cloning gives another handle on the same one.
#[derive(Clone, Debug, Default)]
pub struct ApiServer(Arc<Mutex<State>>);

/// Where an object or a collection is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// `group/version`.
    pub api_version: String,
    /// For instance `leases`.
    pub resource: String,
    /// `None` for a collection over all namespaces.
    pub namespace: Option<String>,
    /// `None` for a collection.
    pub name: Option<String>,
    /// For instance `status`.
    pub subresource: Option<String>,
}

impl Place {
    /// Reads a path; `None` for what this server does not have.
    pub fn of(path: &str) -> Option<Self> {
        let parts: Vec<_> = path.trim_matches('/').split('/').collect();
        let (group, version, rest) = match parts.as_slice() {
            ["apis", group, version, rest @ ..] => (*group, *version, rest),
            _ => return None,
        };
        let (namespace, rest) = match rest {
            ["namespaces", namespace, rest @ ..] if !rest.is_empty() => (Some((*namespace).to_owned()), rest),
            rest => (None, rest),
        };
        let part = |n: usize| rest.get(n).map(|part| (*part).to_owned());
        Some(Self {
            api_version: format!("{group}/{version}"),
            resource: part(0)?,
            namespace,
            name: part(1),
            subresource: part(2),
        })
    }
}

impl ApiServer {
    /// One that holds these objects already.
    pub fn with(objects: Objects) -> Self {
        Self(Arc::new(Mutex::new(State::with(objects))))
    }

    /// A copy of everything that it holds.
    pub fn objects(&self) -> Objects {
        self.state().objects().clone()
    }

    /// Looks at everything that it holds.
    pub fn look<T>(&self, look: impl FnOnce(&Objects) -> T) -> T {
        look(self.state().objects())
    }

    /// Changes an object behind the server's back, as a write to etcd would; watches see it.
    pub fn corrupt(&self, path: &str, change: impl FnOnce(&mut Value)) {
        if let Some(place) = Place::of(path) {
            self.state().corrupt(&place, change);
        }
    }

    /// Answers a request.
    pub fn answer(&self, request: &Request) -> Answer {
        let Some(place) = Place::of(&request.path) else {
            return refuse(404, "NotFound", "the server could not find the requested resource");
        };
        let mut state = self.state();
        match (request.method.as_str(), &place.name) {
            ("GET", None) if request.query.get("watch").is_some_and(|watch| watch == "true") => state.watch(&place, &request.query),
            ("GET", None) => state.list(&place, &request.query),
            ("GET", Some(_)) => state.get(&place, request.metadata_only),
            ("POST", None) => state.create(&place, request.body.clone()),
            ("PUT", Some(_)) => state.replace(&place, request.body.clone()),
            ("PATCH", Some(_)) if request.content_type.contains("apply-patch") => state.apply(&place, &request.query, &request.body),
            ("PATCH", Some(_)) => state.merge(&place, &request.body, request.metadata_only),
            ("DELETE", Some(_)) => state.delete(&place, &request.body),
            _ => refuse(
                405,
                "MethodNotAllowed",
                "the server does not allow this method on the requested resource",
            ),
        }
    }

    /// Holds the events of all watches back until [`ApiServer::thaw`].
    pub fn freeze(&self) {
        self.state().watches.freeze();
    }

    /// Lets go of what was held back.
    pub fn thaw(&self) {
        self.state().watches.thaw();
    }

    /// Ends all watches; with `gone`, what happened so far is forgotten, so that they cannot be resumed (410).
    pub fn drop_watches(&self, gone: bool) {
        self.state().drop_watches(gone);
    }

    /// Has all watches show everything once more; `backwards`: the newest first.
    pub fn repeat(&self, backwards: bool) {
        self.state().watches.repeat(backwards);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }
}

/// An answer that says why not.
pub fn refuse(code: u16, reason: &str, message: &str) -> Answer {
    Answer::Object(code, status(code, reason, message))
}

/// A `Status` that says why not.
pub fn status(code: u16, reason: &str, message: &str) -> Value {
    json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "reason": reason, "message": message, "code": code})
}
