//! The objects, and what becomes of them.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use super::schema::{default, member, schema, without_nulls};
use super::watch::{Change, Watches};
use super::{Answer, Place, apply, refuse};
use crate::clock;

/// Resource, namespace and name.
type Key = (String, String, String);

/// An object and what was last applied to its status.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stored {
    object: Value,
    applied: Value,
}

/// Everything that is stored, to begin another run from.
#[derive(Clone, Debug, Default)]
pub struct Objects {
    objects: BTreeMap<Key, Stored>,
    version: u64,
    made: u64,
}

impl Objects {
    /// Counts every change.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// All objects of one resource, as they stand.
    pub fn of<'a>(&'a self, resource: &'a str) -> impl Iterator<Item = &'a Value> {
        let of = self.objects.iter().filter(move |(key, _)| key.0 == resource);
        of.map(|(_, stored)| &stored.object)
    }
}

#[derive(Debug, Default)]
pub struct State {
    stored: Objects,
    pub watches: Watches,
}

/// The resource that has a schema, defaults and a status of its own.
const OURS: &str = "warmlambdaendpoints";

fn key(place: &Place) -> Key {
    let name = place.name.clone().unwrap_or_default();
    (place.resource.clone(), place.namespace.clone().unwrap_or_default(), name)
}

impl State {
    pub fn with(objects: Objects) -> Self {
        Self {
            stored: objects,
            watches: Watches::default(),
        }
    }

    pub fn objects(&self) -> &Objects {
        &self.stored
    }

    /// Stores whatever is made of an object, against all rules.
    pub fn corrupt(&mut self, place: &Place, change: impl FnOnce(&mut Value)) {
        let Some(stored) = self.stored.objects.get(&key(place)) else {
            return;
        };
        let mut object = stored.object.clone();
        change(&mut object);
        let meta = &object["metadata"];
        let held = meta["finalizers"].as_array().is_some_and(|finalizers| !finalizers.is_empty());
        if !meta["deletionTimestamp"].is_null() && !held {
            // Whatever took the last finalizer away, the object goes.
            self.remove(place, object, false);
        } else {
            self.put(place, "MODIFIED", object, 200);
        }
    }

    pub fn get(&self, place: &Place, metadata_only: bool) -> Answer {
        match self.stored.objects.get(&key(place)) {
            Some(stored) => shown(200, &stored.object, metadata_only),
            None => missing(place),
        }
    }

    pub fn list(&self, place: &Place, query: &BTreeMap<String, String>) -> Answer {
        let inside = |key: &&Key| key.0 == place.resource && place.namespace.as_ref().is_none_or(|ns| *ns == key.1);
        let after = query.get("continue").filter(|token| !token.is_empty());
        let keys = self.stored.objects.keys().filter(inside);
        let keys: Vec<_> = keys.filter(|key| after.is_none_or(|token| token_of(key) > *token)).collect();
        let limit = query.get("limit").and_then(|limit| limit.parse().ok()).unwrap_or(usize::MAX);
        let page = &keys[..limit.min(keys.len())];
        let items: Vec<_> = page.iter().map(|key| &self.stored.objects[*key].object).collect();
        let mut metadata = json!({"resourceVersion": self.stored.version.to_string()});
        if page.len() < keys.len() {
            metadata["continue"] = token_of(page[page.len() - 1]).into();
            metadata["remainingItemCount"] = (keys.len() - page.len()).into();
        }
        let kind = format!("{}List", kind_of(&place.resource));
        let list = json!({"kind": kind, "apiVersion": place.api_version, "metadata": metadata, "items": items});
        Answer::Object(200, list)
    }

    pub fn watch(&mut self, place: &Place, query: &BTreeMap<String, String>) -> Answer {
        let number = |name: &str| query.get(name).and_then(|n| n.parse::<u64>().ok());
        let lasts = Duration::from_secs(number("timeoutSeconds").unwrap_or(1800));
        let from = number("resourceVersion").unwrap_or(self.stored.version);
        match self.watches.open(place, from, lasts) {
            Some(lines) => Answer::Watch(lines),
            None => refuse(410, "Expired", "too old resource version"),
        }
    }

    pub fn drop_watches(&mut self, gone: bool) {
        // A list that comes after it must be newer than what is forgotten.
        self.stored.version += u64::from(gone);
        self.watches.end(gone.then_some(self.stored.version));
    }

    pub fn create(&mut self, place: &Place, mut object: Value) -> Answer {
        let namespace = place.namespace.clone().unwrap_or_default();
        let name = object["metadata"]["name"].as_str().unwrap_or_default().to_owned();
        let place = Place {
            name: Some(name.clone()),
            ..place.clone()
        };
        if self.stored.objects.contains_key(&key(&place)) {
            let message = format!("{}.{} \"{name}\" already exists", place.resource, group(&place));
            return refuse(409, "AlreadyExists", &message);
        }
        self.stored.made += 1;
        let meta = &mut object["metadata"];
        meta["namespace"] = namespace.into();
        meta["uid"] = format!("{:08x}-0000-4000-8000-{:012x}", 0x0a1b_0000 + self.stored.made, self.stored.made).into();
        meta["creationTimestamp"] = clock::real().strftime("%Y-%m-%dT%H:%M:%SZ").to_string().into();
        let fields = object.as_object_mut().unwrap();
        fields.insert("apiVersion".into(), place.api_version.clone().into());
        fields.insert("kind".into(), kind_of(&place.resource).into());
        without_nulls(&mut object);
        if place.resource == OURS {
            object["metadata"]["generation"] = 1.into();
            object.as_object_mut().unwrap().remove("status");
            default(&mut object, schema());
        }
        self.put(&place, "ADDED", object, 201)
    }

    pub fn replace(&mut self, place: &Place, mut object: Value) -> Answer {
        let Some(stored) = self.stored.objects.get(&key(place)) else {
            // A Lease may be made by a PUT, of whatever version; a uid is one of an object that is there.
            return if object["metadata"]["uid"].is_null() {
                self.create(place, object)
            } else {
                conflict(place, OTHER_UID)
            };
        };
        if let Some(conflict) = contradicts(place, &stored.object, &object, true) {
            return conflict;
        }
        if object["metadata"]["resourceVersion"].is_null() {
            return refuse(
                422,
                "Invalid",
                "metadata.resourceVersion: Invalid value: 0: must be specified for an update",
            );
        }
        let before = stored.object.clone();
        without_nulls(&mut object);
        for kept in ["uid", "creationTimestamp", "namespace", "generation", "deletionTimestamp"] {
            if !before["metadata"][kept].is_null() {
                object["metadata"][kept] = before["metadata"][kept].clone();
            }
        }
        self.change(place, &before, object, false)
    }

    pub fn merge(&mut self, place: &Place, patch: &Value, metadata_only: bool) -> Answer {
        let Some(stored) = self.stored.objects.get(&key(place)) else {
            return missing(place);
        };
        if let Some(conflict) = contradicts(place, &stored.object, patch, false) {
            return conflict;
        }
        let before = stored.object.clone();
        let mut after = before.clone();
        apply::merge(&mut after, patch);
        let part = if place.subresource.is_some() { "spec" } else { "status" };
        if place.resource == OURS {
            after[part] = before[part].clone();
        }
        self.change(place, &before, after, metadata_only)
    }

    pub fn apply(&mut self, place: &Place, query: &BTreeMap<String, String>, body: &Value) -> Answer {
        let Some(stored) = self.stored.objects.get(&key(place)) else {
            return missing(place);
        };
        if let Some(conflict) = contradicts(place, &stored.object, body, true) {
            return conflict;
        }
        if place.subresource.as_deref() != Some("status") || query.get("force").is_none_or(|force| force != "true") {
            return refuse(400, "BadRequest", "the model knows server-side apply of status, with force");
        }
        let before = stored.object.clone();
        let mut status = body["status"].clone();
        without_nulls(&mut status);
        let mut after = before.clone();
        apply::apply(&mut after["status"], &stored.applied, &status, member(schema(), "status"));
        if let Some(stored) = self.stored.objects.get_mut(&key(place)) {
            stored.applied = status;
        }
        self.change(place, &before, after, false)
    }

    pub fn delete(&mut self, place: &Place, options: &Value) -> Answer {
        let Some(stored) = self.stored.objects.get(&key(place)) else {
            return missing(place);
        };
        let before = stored.object.clone();
        let wanted = &options["preconditions"]["uid"];
        if !wanted.is_null() && *wanted != before["metadata"]["uid"] {
            return refuse(409, "Conflict", "the UID in the precondition is not that of the object");
        }
        let held = before["metadata"]["finalizers"].as_array().is_some_and(|f| !f.is_empty());
        if !held {
            self.remove(place, before, false);
            return Answer::Object(
                200,
                json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"}),
            );
        }
        let mut after = before.clone();
        let meta = &mut after["metadata"];
        if meta["deletionTimestamp"].is_null() {
            meta["deletionTimestamp"] = clock::real().strftime("%Y-%m-%dT%H:%M:%SZ").to_string().into();
            meta["deletionGracePeriodSeconds"] = 0.into();
            if let Some(generation) = meta["generation"].as_i64() {
                meta["generation"] = (generation + 1).into();
            }
        }
        self.change(place, &before, after, false)
    }

    /// Stores what changed: nothing when nothing did; the object goes when its last finalizer does.
    fn change(&mut self, place: &Place, before: &Value, mut after: Value, metadata_only: bool) -> Answer {
        let dying = !after["metadata"]["deletionTimestamp"].is_null();
        let finalizers = |object: &Value| object["metadata"]["finalizers"].as_array().cloned().unwrap_or_default();
        if dying && finalizers(&after).iter().any(|f| !finalizers(before).contains(f)) {
            return refuse(422, "Invalid", "no new finalizers can be added if the object is being deleted");
        }
        let meta = after["metadata"].as_object_mut().unwrap();
        for (list, empty) in [("finalizers", json!([])), ("annotations", json!({})), ("labels", json!({}))] {
            if meta.get(list) == Some(&empty) {
                meta.remove(list);
            }
        }
        if after == *before {
            return shown(200, before, metadata_only);
        }
        if place.resource == OURS && after["spec"] != before["spec"] {
            default(&mut after, schema());
            let generation = before["metadata"]["generation"].as_i64().unwrap_or_default();
            after["metadata"]["generation"] = (generation + 1).into();
        }
        if dying && finalizers(&after).is_empty() {
            return self.remove(place, after, metadata_only);
        }
        match self.put(place, "MODIFIED", after, 200) {
            Answer::Object(code, object) => shown(code, &object, metadata_only),
            other => other,
        }
    }

    fn put(&mut self, place: &Place, kind: &'static str, mut object: Value, code: u16) -> Answer {
        self.stored.version += 1;
        object["metadata"]["resourceVersion"] = self.stored.version.to_string().into();
        let stored = self.stored.objects.entry(key(place)).or_default();
        stored.object = object.clone();
        self.tell(place, kind, &object);
        Answer::Object(code, object)
    }

    fn remove(&mut self, place: &Place, mut object: Value, metadata_only: bool) -> Answer {
        self.stored.version += 1;
        self.stored.objects.remove(&key(place));
        object["metadata"]["resourceVersion"] = self.stored.version.to_string().into();
        self.tell(place, "DELETED", &object);
        shown(200, &object, metadata_only)
    }

    fn tell(&mut self, place: &Place, kind: &'static str, object: &Value) {
        self.watches.tell(Change {
            version: self.stored.version,
            kind,
            resource: place.resource.clone(),
            object: object.clone(),
        });
    }
}

fn token_of(key: &Key) -> String {
    format!("{}/{}", key.1, key.2)
}

fn kind_of(resource: &str) -> &str {
    match resource {
        OURS => "WarmLambdaEndpoint",
        "leases" => "Lease",
        "events" => "Event",
        other => other,
    }
}

fn group(place: &Place) -> &str {
    place.api_version.split('/').next().unwrap_or_default()
}

fn missing(place: &Place) -> Answer {
    let name = place.name.as_deref().unwrap_or_default();
    refuse(
        404,
        "NotFound",
        &format!("{}.{} \"{name}\" not found", place.resource, group(place)),
    )
}

/// A write that names another uid or version than the object has. `precondition`: a uid is one, and not a field that cannot change.
fn contradicts(place: &Place, current: &Value, body: &Value, precondition: bool) -> Option<Answer> {
    let named = |key: &str| {
        // Of a write to status the uid counts for nothing.
        if key == "uid" && place.subresource.is_some() {
            return false;
        }
        let named = &body["metadata"][key];
        !named.is_null() && *named != current["metadata"][key]
    };
    match (named("uid"), named("resourceVersion")) {
        (true, false) if !precondition => Some(refuse(422, "Invalid", "metadata.uid: Invalid value: field is immutable")),
        (true, _) => Some(conflict(place, OTHER_UID)),
        (_, true) => Some(conflict(place, OTHER_VERSION)),
        _ => None,
    }
}

const OTHER_UID: &str = "Precondition failed: UID in precondition and UID in object meta differ";
const OTHER_VERSION: &str = "the object has been modified; please apply your changes to the latest version and try again";

fn conflict(place: &Place, why: &str) -> Answer {
    let name = place.name.as_deref().unwrap_or_default();
    let message = format!(
        "Operation cannot be fulfilled on {}.{} \"{name}\": {why}",
        place.resource,
        group(place)
    );
    refuse(409, "Conflict", &message)
}

fn shown(code: u16, object: &Value, metadata_only: bool) -> Answer {
    if metadata_only {
        let shown = json!({"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": object["metadata"]});
        return Answer::Object(code, shown);
    }
    Answer::Object(code, object.clone())
}
