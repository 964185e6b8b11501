//! Every state of an endpoint that the API server showed, as a tool that watches it sees them.

use std::sync::{Arc, Mutex};

use futures::StreamExt;
use kube::api::{ApiResource, DynamicObject, WatchEvent, WatchParams};
use kube::{Api, Client};
use serde_json::Value;
use tokio::task::JoinHandle;
use warmlambda::api::WarmLambdaEndpoint;

use super::waiting::until;

/// A recording; it ends when it goes out of scope.
pub struct Record {
    states: Arc<Mutex<Vec<Value>>>,
    recording: JoinHandle<()>,
}

impl Record {
    /// Records the endpoints of a namespace from now on.
    pub async fn start(client: Client, namespace: &str) -> Self {
        let resource = ApiResource::erase::<WarmLambdaEndpoint>(&());
        let api: Api<DynamicObject> = Api::namespaced_with(client, namespace, &resource);
        let version = api
            .list(&Default::default())
            .await
            .expect("endpoints can be listed")
            .metadata
            .resource_version;
        let states = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&states);
        let recording = tokio::spawn(async move {
            let params = WatchParams::default().timeout(290);
            let mut events = api
                .watch(&params, &version.unwrap_or_default())
                .await
                .expect("a watch begins")
                .boxed();
            while let Some(event) = events.next().await {
                if let Ok(WatchEvent::Added(object) | WatchEvent::Modified(object) | WatchEvent::Deleted(object)) = event {
                    let object = serde_json::to_value(object).expect("an object is JSON");
                    kept.lock().expect("nobody panics here").push(object);
                }
            }
        });
        Self { states, recording }
    }

    /// What was recorded so far.
    pub fn states(&self) -> Vec<Value> {
        self.states.lock().expect("nobody panics here").clone()
    }

    /// Waits until a state was recorded, and answers everything up to the first such.
    pub async fn until(&self, what: &str, is: impl Fn(&Value) -> bool) -> Vec<Value> {
        until(what, async || {
            let mut states = self.states();
            match states.iter().position(&is) {
                Some(place) => Ok(states.drain(..=place).collect()),
                None => Err(states.last().map_or_else(|| "nothing".into(), Value::to_string)),
            }
        })
        .await
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        self.recording.abort();
    }
}
