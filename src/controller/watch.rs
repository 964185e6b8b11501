//! The watch: every endpoint of the cluster, or of some namespaces, in one store.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use futures::stream::{self, BoxStream};
use futures::{Stream, StreamExt};
use kube::runtime::utils::Backoff;
use kube::runtime::watcher::{self, DefaultBackoff, Event, watcher};
use kube::runtime::{Predicate, PredicateConfig, WatchStreamExt, predicates};
use kube::{Api, Client, Resource};

use super::guarded::Guarded;

/// How long the API server keeps a watch open, in seconds. A watch over which nothing comes any more looks like one of a fleet in which
/// nothing happens; it is given up five seconds after it should have ended. To open the next one costs a request and no listing.
const WATCH_SECONDS: u32 = 30;

/// Longest pause before a watch that failed is opened again. An API server that comes back is often met three times: it refuses, it is not
/// ready yet, and it has forgotten where the watch was. It is one request, no more often than those for the lease.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// kube's pauses, which grow to half a minute within a few failures and stay there for two minutes after the last.
#[derive(Default)]
struct Pauses(DefaultBackoff);

impl Iterator for Pauses {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        self.0.next().map(|pause| pause.min(LONGEST_PAUSE))
    }
}

impl Backoff for Pauses {
    fn reset(&mut self) {
        self.0.reset();
    }
}

/// Events of all endpoints, or of those in `namespaces` when there are any; repaired by itself with backoff.
pub fn events(client: &Client, namespaces: &[String]) -> BoxStream<'static, watcher::Result<Event<Guarded>>> {
    let one = |api: Api<Guarded>| {
        begun_anew(api)
            // Without it an error loop is a busy loop.
            .backoff(Pauses::default())
            // Half of the metadata, never read.
            .modify(|endpoint| endpoint.meta_mut().managed_fields = None)
    };
    if namespaces.is_empty() {
        return one(Api::all(client.clone())).boxed();
    }
    let watches = namespaces.iter().enumerate().map(|(n, namespace)| {
        let api = Api::namespaced(client.clone(), namespace);
        one(api).map(move |event| event.map(|event| (n, event))).boxed()
    });
    let mut merge = Merge::new(namespaces.len());
    stream::select_all(watches)
        .flat_map(move |event| match event {
            Ok((n, event)) => stream::iter(merge.take(n, event).into_iter().map(Ok).collect::<Vec<_>>()),
            Err(error) => stream::iter(vec![Err(error)]),
        })
        .boxed()
}

/// A watch that begins with a listing, and begins anew when the place it was at is refused as gone: kube's watcher does so when it is told
/// on the open watch, and asks for the same place again, for ever, when the request itself is answered 410.
fn begun_anew(api: Api<Guarded>) -> impl Stream<Item = watcher::Result<Event<Guarded>>> + Send {
    stream::unfold(None, move |open| {
        // Listed from the quorum, which is kube's default: an API server that lags behind would take us back in time.
        let begin = || watcher(api.clone(), watcher::Config::default().timeout(WATCH_SECONDS)).boxed();
        let mut open: BoxStream<'static, _> = open.unwrap_or_else(begin);
        async {
            let event = open.next().await?;
            let gone = matches!(&event, Err(watcher::Error::WatchStartFailed(kube::Error::Api(status))) if status.code == 410);
            Some((event, (!gone).then_some(open)))
        }
    })
}

/// What of an object makes a pass worth while: our own status writes do not.
pub fn changes() -> impl Predicate<Guarded> + Send + Sync + 'static {
    let deletion = |endpoint: &Guarded| {
        let mut hasher = DefaultHasher::new();
        // One that is repaired in the storage is of the same generation as before.
        (endpoint.meta().deletion_timestamp.is_some(), endpoint.0.is_ok()).hash(&mut hasher);
        Some(hasher.finish())
    };
    // The generation alone would not do: adding the finalizer does not change it, and the pass after that is the first real one.
    predicates::generation
        .combine(predicates::finalizers)
        .combine(predicates::annotations)
        .combine(deletion)
}

/// Several watches as if they were one: the first listing is complete when all are, and a watch that starts over replaces only
/// its own objects.
struct Merge<K> {
    parts: Vec<Part<K>>,
    complete: bool,
}

struct Part<K> {
    known: BTreeMap<(String, String), K>,
    listing: BTreeMap<(String, String), K>,
    listed: bool,
}

impl<K: Resource + Clone> Merge<K> {
    fn new(parts: usize) -> Self {
        let part = || Part {
            known: BTreeMap::new(),
            listing: BTreeMap::new(),
            listed: false,
        };
        Self {
            parts: std::iter::repeat_with(part).take(parts).collect(),
            complete: false,
        }
    }

    fn take(&mut self, n: usize, event: Event<K>) -> Vec<Event<K>> {
        let Some(part) = self.parts.get_mut(n) else { return Vec::new() };
        let out = match event {
            Event::Init => {
                part.listing.clear();
                return Vec::new();
            }
            Event::InitApply(object) => {
                part.listing.insert(key(&object), object);
                return Vec::new();
            }
            Event::InitDone => {
                part.listed = true;
                let before = std::mem::replace(&mut part.known, std::mem::take(&mut part.listing));
                let gone = before.into_iter().filter(|(key, _)| !part.known.contains_key(key));
                gone.map(|(_, object)| Event::Delete(object))
                    .chain(part.known.values().cloned().map(Event::Apply))
                    .collect()
            }
            Event::Apply(object) => {
                part.known.insert(key(&object), object.clone());
                vec![Event::Apply(object)]
            }
            Event::Delete(object) => {
                part.known.remove(&key(&object));
                vec![Event::Delete(object)]
            }
        };
        if self.complete {
            return out;
        }
        if !self.parts.iter().all(|p| p.listed) {
            return Vec::new();
        }
        self.complete = true;
        let all = self.parts.iter().flat_map(|p| p.known.values().cloned().map(Event::InitApply));
        std::iter::once(Event::Init).chain(all).chain([Event::InitDone]).collect()
    }
}

fn key<K: Resource>(object: &K) -> (String, String) {
    let meta = object.meta();
    (meta.namespace.clone().unwrap_or_default(), meta.name.clone().unwrap_or_default())
}

/// The stream of objects that are worth a pass: those that changed, as long as `open` says so.
pub fn triggers(
    events: impl Stream<Item = watcher::Result<Event<Guarded>>> + Send + 'static,
    open: impl Fn() -> bool + Send + 'static,
) -> impl Stream<Item = watcher::Result<Guarded>> + Send + 'static {
    events
        .applied_objects()
        .predicate_filter(changes(), PredicateConfig::default())
        // After the filter, so that it knows every object by the time the gate opens.
        .filter(move |_| std::future::ready(open()))
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use axum::http::{Request, Response};
    use k8s_openapi::api::core::v1::ConfigMap;
    use kube::client::Body;
    use serde_json::json;
    use tower::service_fn;

    fn object(namespace: &str, name: &str) -> ConfigMap {
        serde_json::from_value(json!({"metadata": {"namespace": namespace, "name": name}})).unwrap()
    }

    fn shown(events: Vec<Event<ConfigMap>>) -> Vec<String> {
        let name = |o: ConfigMap| o.metadata.name.unwrap_or_default();
        let shown = events.into_iter().map(|event| match event {
            Event::Init => "init".into(),
            Event::InitApply(o) => format!("list {}", name(o)),
            Event::InitDone => "listed".into(),
            Event::Apply(o) => format!("apply {}", name(o)),
            Event::Delete(o) => format!("delete {}", name(o)),
        });
        shown.collect()
    }

    fn list(merge: &mut Merge<ConfigMap>, part: usize, objects: &[ConfigMap]) -> Vec<String> {
        merge.take(part, Event::Init);
        for object in objects {
            assert!(merge.take(part, Event::InitApply(object.clone())).is_empty());
        }
        shown(merge.take(part, Event::InitDone))
    }

    #[test]
    fn a_watch_that_goes_on_failing_is_opened_every_other_second() {
        let pauses: Vec<_> = Pauses::default().take(20).collect();
        assert!(pauses[0] < Duration::from_secs(2), "{pauses:?}");
        assert!(pauses.iter().all(|pause| *pause <= LONGEST_PAUSE), "{pauses:?}");
    }

    #[test]
    fn the_first_listing_is_complete_when_every_namespace_is_listed() {
        let mut merge = Merge::new(2);
        assert!(list(&mut merge, 0, &[object("a", "x")]).is_empty());
        assert!(
            merge.take(0, Event::Apply(object("a", "y"))).is_empty(),
            "not before the listing is complete"
        );
        assert_eq!(
            list(&mut merge, 1, &[object("b", "z")]),
            ["init", "list x", "list y", "list z", "listed"]
        );
    }

    #[test]
    fn a_namespace_that_is_listed_again_replaces_only_its_own_objects() {
        let mut merge = Merge::new(2);
        list(&mut merge, 0, &[object("a", "x"), object("a", "y")]);
        list(&mut merge, 1, &[object("b", "z")]);
        assert_eq!(list(&mut merge, 0, &[object("a", "y")]), ["delete x", "apply y"]);
        assert_eq!(shown(merge.take(1, Event::Delete(object("b", "z")))), ["delete z"]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_watch_whose_history_is_gone_lists_anew() {
        let gone = json!({"type": "ERROR", "object": {"kind": "Status", "status": "Failure", "code": 410, "reason": "Expired", "message": "too old"}});
        assert_eq!(listed_twice(200, gone).await, ["e0", "e1"]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_watch_that_is_refused_because_its_history_is_gone_lists_anew() {
        let gone = json!({"kind": "Status", "status": "Failure", "code": 410, "reason": "Expired", "message": "too old"});
        assert_eq!(listed_twice(410, gone).await, ["e0", "e1"]);
    }

    /// What the first two listings show when every watch is answered so.
    async fn listed_twice(status: u16, answer: serde_json::Value) -> Vec<String> {
        let listings = Arc::new(AtomicUsize::new(0));
        let count = listings.clone();
        let service = service_fn(move |request: Request<Body>| {
            let watching = request.uri().query().unwrap_or_default().contains("watch=true");
            let (status, answer) = if watching {
                (status, format!("{answer}\n"))
            } else {
                let name = format!("e{}", count.fetch_add(1, Ordering::Relaxed));
                let object = json!({"apiVersion": "warmlambda.dev/v1alpha1", "kind": "WarmLambdaEndpoint", "metadata": {"name": name}, "spec": {"functionName": "f"}});
                let list = json!({"kind": "List", "apiVersion": "v1", "metadata": {"resourceVersion": "1"}, "items": [object]});
                (200, list.to_string())
            };
            let answer = Response::builder().status(status).body(Body::from(answer.into_bytes()));
            async move { Ok::<_, Infallible>(answer.unwrap()) }
        });
        let listed = events(&Client::new(service, "default"), &[]).filter_map(|event| {
            let name = match event {
                Ok(Event::InitApply(endpoint)) => endpoint.meta().name.clone(),
                _ => None,
            };
            std::future::ready(name)
        });
        listed.take(2).collect().await
    }
}
