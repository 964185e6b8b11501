//! Runs the controller: watches from the start, reconciles while it leads, and stops in good order.

use std::collections::BTreeMap;
use std::collections::hash_map::RandomState;
use std::future::Future;
use std::hash::{BuildHasher, Hasher};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::channel::mpsc;
use futures::stream::{BoxStream, once};
use futures::{FutureExt, StreamExt, TryStreamExt};
use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::jiff::Timestamp;
use kube::api::ListParams;
use kube::client::ClientBuilder;
use kube::runtime::controller::{Action, Config as Concurrency, Controller};
use kube::runtime::events::{Recorder, Reporter};
use kube::runtime::reflector::ObjectRef;
use kube::runtime::watcher::{self, Event};
use kube::runtime::{WatchStreamExt, reflector};
use kube::{Api, Client, Config, Resource, ResourceExt};
use thiserror::Error as ThisError;
use tokio::sync::{oneshot, watch};
use tokio::time::{Instant, sleep, timeout};
use tracing::field::Empty;
use tracing::{Instrument, Span};

use super::context::{Context, lock};
use super::error::Error;
use super::guarded::Guarded;
use super::intervals::Intervals;
use super::leader::{Claim, Election, Ended, Epoch, Release, leading};
use super::measured::{Measured, key};
use super::outcomes::Outcomes;
use super::reconcile::{Next, reconcile};
use super::{account, finalizer, outage, scrape, usage, watch as endpoints};
use crate::api::WarmLambdaEndpoint;
use crate::aws::Cloud;
use crate::metrics::{CONTROLLER, CountRequests, Metrics, PassResult};
use crate::plan::assess::Cadence;
use crate::telemetry;

/// Changes of one object within this time are one: a client that writes spec and annotations in two calls means one thing.
const DEBOUNCE: Duration = Duration::from_millis(200);

/// Longest answer of the API server to anything but a watch.
pub const READ_TIMEOUT: Duration = Duration::from_secs(10);

/// Longest answer to a request for the lease: several must fit into the renew deadline.
pub const LEASE_READ_TIMEOUT: Duration = Duration::from_secs(3);

/// Longest silence of the API server towards the watch: longer than a watch lasts over which nothing comes ([`endpoints::events`]), and
/// an end for a listing that is never answered.
const WATCH_READ_TIMEOUT: Duration = Duration::from_secs(40);

/// Between two looks for the CRD.
const CRD_POLL: Duration = Duration::from_secs(2);

/// How long passes may take to end when the process is to stop: Kubernetes kills it after 30 seconds.
const DRAIN: Duration = Duration::from_secs(25);

/// What the flags say.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Namespaces that are watched; empty for all.
    pub namespaces: Vec<String>,
    /// Region of endpoints that name none.
    pub default_region: Option<String>,
    /// When to look again.
    pub intervals: Intervals,
    /// Passes that may run at once, at least 1.
    pub concurrency: u16,
    /// How to stand for election; `None` for the only replica.
    pub election: Option<Election>,
    /// Namespace of the Lease.
    pub lease_namespace: String,
    /// Name of this process in events.
    pub instance: String,
}

/// Why the controller cannot go on.
#[derive(Debug, ThisError)]
pub enum RunError {
    /// A client cannot be made of the configuration.
    #[error("no client for Kubernetes: {0}")]
    Client(#[source] Box<kube::Error>),
    /// Another process leads now, or may.
    #[error("the lease was lost: another replica takes over")]
    LeaseLost,
    /// etcd was restored from a backup: what this process knows never was.
    #[error("the API server went back to an older state, as after a restore of etcd: the process has to start anew")]
    WentBack,
}

/// The controller, ready to run.
pub struct Operator<C> {
    ctx: Arc<Context<C>>,
    settings: Settings,
    watch_client: Client,
    lease_client: Client,
    writer: reflector::store::Writer<Guarded>,
    claim: watch::Sender<Claim>,
}

/// The ways to Kubernetes: each has time limits of its own, and none repeats anything by itself.
#[derive(Clone)]
pub struct Clients {
    /// For writes, and reads from the quorum.
    pub writes: Client,
    /// For the watch.
    pub watch: Client,
    /// For the lease.
    pub lease: Client,
}

impl Clients {
    /// Of a configuration; nothing is sent yet.
    ///
    /// # Errors
    /// [`RunError::Client`].
    pub fn of(config: &Config, metrics: &Arc<Metrics>) -> Result<Self, RunError> {
        Ok(Self {
            writes: client(config, READ_TIMEOUT, metrics)?,
            watch: client(config, WATCH_READ_TIMEOUT, metrics)?,
            lease: client(config, LEASE_READ_TIMEOUT, metrics)?,
        })
    }
}

impl<C: Cloud> Operator<C> {
    /// Makes clients and an empty store; nothing is sent yet. `stop` becomes true when the process is to stop.
    ///
    /// # Errors
    /// [`RunError::Client`].
    pub fn new(
        cloud: C,
        config: &Config,
        settings: Settings,
        metrics: Arc<Metrics>,
        stop: watch::Receiver<bool>,
    ) -> Result<Self, RunError> {
        let clients = Clients::of(config, &metrics)?;
        Ok(Self::with(cloud, clients, settings, metrics, stop, Timestamp::now))
    }

    /// The same with clients that were made elsewhere, and by a wall clock of one's own.
    pub fn with(
        cloud: C,
        clients: Clients,
        settings: Settings,
        metrics: Arc<Metrics>,
        stop: watch::Receiver<bool>,
        clock: fn() -> Timestamp,
    ) -> Self {
        let Clients { writes, watch, lease } = clients;
        let (store, writer) = reflector::store();
        let (claim, claimed) = watch::channel(Claim::default());
        metrics.max_concurrent(settings.concurrency);
        let reporter = Reporter {
            controller: "warmlambda.dev/operator".into(),
            instance: Some(settings.instance.clone()),
        };
        let ctx = Context {
            cloud,
            recorder: Recorder::new(writes.clone(), reporter),
            client: writes,
            store,
            claim: claimed,
            stop,
            default_region: settings.default_region.clone(),
            intervals: settings.intervals.clone(),
            metrics,
            measured: Measured::new(DEBOUNCE),
            usage: Mutex::new(BTreeMap::new()),
            unsampled: Mutex::default(),
            destinations: Mutex::default(),
            accounts: Mutex::default(),
            attempts: Mutex::default(),
            rollouts: Mutex::default(),
            written: Mutex::default(),
            struck: Mutex::default(),
            outcomes: Mutex::new(Outcomes::new(settings.intervals.late_arrival)),
            clock,
        };
        Self {
            ctx: Arc::new(ctx),
            watch_client: watch,
            lease_client: lease,
            settings,
            writer,
            claim,
        }
    }

    /// What `/metrics` and `/readyz` are answered from.
    pub fn view(&self) -> View<C> {
        View {
            ctx: self.ctx.clone(),
            lease: self.settings.election.as_ref().map(|e| e.name.clone()),
        }
    }

    /// Runs until told to stop, or until the lease is lost.
    ///
    /// # Errors
    /// [`RunError::LeaseLost`] and [`RunError::WentBack`]: the process must exit at once, and did already stop all passes.
    pub async fn run(self) -> Result<(), RunError> {
        let Self {
            ctx,
            settings,
            watch_client,
            lease_client,
            writer,
            claim,
        } = self;
        let mut stop = ctx.stop.clone();
        let stopped = async move { drop(stop.wait_for(|stop| *stop).await) }.shared();
        tokio::select! {
            () = crd_is_served(&watch_client, &settings.namespaces) => {}
            () = stopped.clone() => return Ok(()),
        }
        let events = noted(
            endpoints::events(&watch_client, &settings.namespaces).reflect(writer).boxed(),
            ctx.clone(),
        );
        let passes = passes(events, ctx.clone(), settings.concurrency, stopped.clone());
        let (release, released) = oneshot::channel::<Release>();
        let released = async { released.await.unwrap_or(Release::InDoubt) };
        let tenure = tenure(&ctx, &settings, lease_client, claim, released);
        tokio::pin!(tenure);
        let drained = async {
            tokio::select! {
                () = passes => {}
                () = async { stopped.await; sleep(DRAIN).await } => tracing::warn!("passes still run after {DRAIN:?} and are dropped"),
            }
        };
        tokio::select! {
            ended = &mut tenure => match ended {
                Ended::Lost => return Err(RunError::LeaseLost),
                Ended::WentBack => return Err(RunError::WentBack),
                Ended::Released => return Ok(()),
            },
            () = drained => {}
        }
        // Nobody listens any more only when the tenure has ended.
        let _ = release.send(ctx.handover());
        tenure.await;
        Ok(())
    }
}

/// What is shown of a running controller.
pub struct View<C> {
    ctx: Arc<Context<C>>,
    lease: Option<String>,
}

impl<C> Clone for View<C> {
    fn clone(&self) -> Self {
        Self {
            ctx: self.ctx.clone(),
            lease: self.lease.clone(),
        }
    }
}

impl<C: Cloud> View<C> {
    /// Whether the CRD is served and every endpoint is known. Neither AWS nor the lease matter: a follower is ready too, and no
    /// restart helps against an outage of AWS.
    pub fn is_ready(&self) -> bool {
        self.ctx.store.wait_until_ready().now_or_never().is_some_and(|ready| ready.is_ok())
    }

    /// The text of all metrics.
    pub fn metrics(&self) -> String {
        scrape::text(&self.ctx, self.lease.as_deref())
    }
}

/// A client that repeats nothing by itself: a renewal or a write that is sent again minutes later is worse than one that fails.
fn client(config: &Config, read_timeout: Duration, metrics: &Arc<Metrics>) -> Result<Client, RunError> {
    let mut config = config.clone();
    config.default_retry = false;
    config.read_timeout = Some(read_timeout);
    let counted = CountRequests::new(Arc::clone(metrics), &config);
    let builder = ClientBuilder::try_from(config).map_err(|error| RunError::Client(Box::new(error)))?;
    Ok(builder.with_layer(&counted).build())
}

/// Waits until the API server lists our kind; needs no right that the watch does not need anyway.
async fn crd_is_served(client: &Client, namespaces: &[String]) {
    let api: Api<Guarded> = match namespaces.first() {
        Some(namespace) => Api::namespaced(client.clone(), namespace),
        None => Api::all(client.clone()),
    };
    let mut said = String::new();
    while let Err(error) = api.list(&ListParams::default().limit(1)).await {
        let text = error.to_string();
        if said != text {
            tracing::warn!(%error, "WarmLambdaEndpoints cannot be listed yet; is the CRD installed?");
            said = text;
        }
        sleep(CRD_POLL).await;
    }
}

/// Notes what the watch shows, apart from the passes: what does not parse, and what is gone.
fn noted<C: Cloud>(
    events: BoxStream<'static, watcher::Result<Event<Guarded>>>,
    ctx: Arc<Context<C>>,
) -> BoxStream<'static, watcher::Result<Event<Guarded>>> {
    let note = move |event: &watcher::Result<Event<Guarded>>| match event {
        Ok(Event::Apply(guarded) | Event::InitApply(guarded)) => {
            if let Err(invalid) = &guarded.0 {
                let meta = guarded.meta();
                tracing::warn!(
                    namespace = meta.namespace,
                    name = meta.name,
                    error = invalid.error,
                    "does not parse and is left alone"
                );
            }
        }
        Ok(Event::Delete(guarded)) => ctx.forget(guarded),
        Ok(Event::Init | Event::InitDone) => {}
        Err(error) => tracing::warn!(%error, "the watch failed and starts over"),
    };
    events.inspect(note).boxed()
}

/// Reconciles what changed, what is due again, and everything once this process begins to lead; ends some time after `stopped`.
async fn passes<C: Cloud>(
    events: BoxStream<'static, watcher::Result<Event<Guarded>>>,
    ctx: Arc<Context<C>>,
    concurrency: u16,
    stopped: impl Future<Output = ()> + Send + Sync + 'static,
) {
    let claim = ctx.claim.clone();
    let (changed, all, visited) = (ctx.clone(), ctx.clone(), ctx.clone());
    let now = Duration::ZERO;
    let triggers = endpoints::triggers(events, move || claim.borrow().epoch().is_some())
        .inspect_ok(move |guarded| changed.measured.queue.ask(key(guarded), now));
    let begins = once(leading(ctx.claim.clone())).filter_map(|epoch| std::future::ready(epoch.map(|_| ())));
    let begins = begins.inspect(move |()| {
        let fleet = all.store.state();
        fleet.iter().for_each(|guarded| all.measured.queue.ask(key(guarded.as_ref()), now));
    });
    let (visit, visits) = mpsc::unbounded::<ObjectRef<Guarded>>();
    let visits = visits.inspect(move |visit| {
        let key = (visit.namespace.clone().unwrap_or_default(), visit.name.clone());
        visited.measured.queue.ask(key, now);
    });
    let controller = Controller::for_stream(triggers, ctx.store.clone())
        .with_config(Concurrency::default().concurrency(concurrency.max(1)).debounce(DEBOUNCE))
        .reconcile_all_on(begins)
        .reconcile_on(visits)
        .graceful_shutdown_on(stopped)
        .run(pass, after_error, ctx.clone())
        .for_each(|_| std::future::ready(()));
    tokio::select! {
        () = controller => {}
        () = async { usage::sample(ctx.clone(), visit.clone()).await; std::future::pending::<()>().await } => {}
        () = async { outage::watch(ctx.clone(), visit.clone()).await; std::future::pending::<()>().await } => {}
        () = async { account::sample(ctx.clone()).await; std::future::pending::<()>().await } => {}
    }
}

/// One pass within its deadline, counted and timed.
async fn pass<C: Cloud>(guarded: Arc<Guarded>, ctx: Arc<Context<C>>) -> Result<Action, Error> {
    if let Some(time) = ctx.measured.queue.begin(&key(guarded.as_ref())) {
        ctx.metrics.waited(time);
    }
    let Ok(endpoint) = &guarded.0 else {
        return Ok(Action::await_change());
    };
    let span = span(endpoint);
    let _active = ctx.metrics.pass_begins();
    let start = Instant::now();
    let deadline = ctx.intervals.pass;
    let result = timeout(deadline, reconcile(endpoint, &ctx).instrument(span.clone())).await;
    let result = result.unwrap_or(Err(Error::Deadline(deadline)));
    let ended = match &result {
        // A call of AWS failed: for who watches the operator that is a pass that failed, although status says why.
        Ok(next) if next.cadence == Cadence::Retry => PassResult::Error,
        Ok(next) if next.cadence == Cadence::OnChange => PassResult::Success,
        Ok(_) => PassResult::RequeueAfter,
        Err(error) if error.is_failure() => {
            span.record("otel.status_description", error.to_string());
            span.in_scope(|| tracing::warn!(%error, "the pass failed and is repeated"));
            PassResult::Error
        }
        Err(Error::Outdated) => PassResult::Requeue,
        Err(_) => PassResult::Success,
    };
    span.record("result", ended.as_str());
    if ended == PassResult::Error {
        span.record("otel.status_code", "ERROR");
    }
    ctx.metrics.pass_ended(ended, start.elapsed());
    if result.as_ref().is_ok_and(|next| next.stalled) {
        ctx.metrics.pass_left_stalled();
    }
    result.map(|next| action(&guarded, next, &ctx))
}

/// The span of a pass: what every line of it carries, and the root of a trace. At the level of errors, so that no log level takes it
/// away.
fn span(endpoint: &WarmLambdaEndpoint) -> Span {
    let span = tracing::error_span!(
        "reconcile",
        controller = CONTROLLER,
        namespace = endpoint.namespace(),
        name = endpoint.name_any(),
        generation = endpoint.metadata.generation,
        // The standard library's only randomness: the seed of its hash maps.
        reconcile_id = format!("{:016x}", RandomState::new().build_hasher().finish()),
        trace_id = Empty,
        aws_request_id = Empty,
        result = Empty,
        otel.status_code = Empty,
        otel.status_description = Empty,
    );
    span.record("trace_id", telemetry::trace_id(&span));
    span
}

/// When to look again after a pass that ended without a report.
fn after_error<C: Cloud>(guarded: Arc<Guarded>, error: &Error, ctx: Arc<Context<C>>) -> Action {
    let cadence = match error {
        Error::Kubernetes { .. } | Error::Deadline(_) => Cadence::Retry,
        Error::Outdated => Cadence::InFlight,
        // The next leader looks at everything.
        Error::NotLeading | Error::Stopping => Cadence::OnChange,
    };
    let next = Next {
        cadence,
        progress: false,
        stalled: false,
    };
    action(guarded.as_ref(), next, &ctx)
}

/// Turns a kind of wait into a time.
fn action<C: Cloud>(guarded: &Guarded, next: Next, ctx: &Context<C>) -> Action {
    let uid = guarded.uid().unwrap_or_default();
    let region = guarded.0.as_ref().ok().and_then(|endpoint| ctx.region(endpoint));
    let attempt = lock(&ctx.attempts).count(&uid, next.cadence, next.progress);
    let wait = ctx
        .intervals
        .next(next.cadence, &uid, attempt, ctx.fleet(region.unwrap_or_default()));
    let least = match next.cadence {
        Cadence::Retry => lock(&ctx.struck).least_wait(&uid),
        _ => Duration::ZERO,
    };
    let wait = wait.map(|wait| wait.max(least));
    let arrival = lock(&ctx.outcomes).next_look(&uid);
    let Some(wait) = wait.into_iter().chain(arrival).min() else {
        return Action::await_change();
    };
    ctx.measured.queue.ask(key(guarded), wait);
    Action::requeue(wait)
}

/// Leads when it is our turn, until `release` resolves or the lease is lost.
async fn tenure<C: Cloud>(
    ctx: &Context<C>,
    settings: &Settings,
    client: Client,
    claim: watch::Sender<Claim>,
    release: impl Future<Output = Release>,
) -> Ended {
    // A candidate that does not know the fleet yet would be a leader that does nothing.
    tokio::pin!(release);
    tokio::select! {
        _ = ctx.store.wait_until_ready() => {}
        _ = &mut release => return Ended::Released,
    }
    let inherited = ctx
        .store
        .state()
        .iter()
        .any(|guarded| guarded.0.as_ref().is_ok_and(finalizer::is_on));
    let Some(election) = &settings.election else {
        let epoch = Epoch {
            lease_uid: "none".into(),
            transitions: 0,
        };
        let now = Instant::now();
        // No lease, no end: some thirty years.
        let forever = Claim::new(epoch, now, now + Duration::from_hours(24 * 365 * 30));
        // Without a lease nobody says how the process before this one ended.
        claim.send_replace(if inherited { forever.after_one_that_vanished(now) } else { forever });
        release.await;
        return Ended::Released;
    };
    let leases: Api<Lease> = Api::namespaced(client, &settings.lease_namespace);
    election.run(&leases, &claim, inherited, release).await
}
