//! Passes over endpoints with AWS and the API server in memory.

mod clients;
mod measuring;
mod reporting;
mod unresolved;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use kube::runtime::events::{Recorder, Reporter};
use kube::runtime::reflector;
use kube::runtime::watcher::Event;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::Instant;

use super::context::Context;
use super::error::Error;
use super::fake_api::FakeApi;
use super::guarded::Guarded;
use super::intervals::Intervals;
use super::leader::{Claim, Epoch, Release};
use super::measured::Measured;
use super::outcomes::Outcomes;
use super::reconcile::{Next, reconcile};
use crate::api::WarmLambdaEndpoint;
use crate::aws::{AccountConcurrency, Cloud, Look};
use crate::plan::arn::Site;
use crate::plan::assess::Cadence;
use crate::plan::desired::Desired;
use crate::plan::failure::{Class, Effect, Failure};
use crate::plan::memory::Memory;
use crate::plan::observed::{Alias, AllocationState, CodeState, Concurrency, EnvironmentSize, LatestCode, Observed, PublishedCode};
use crate::plan::step::{Applied, Step};
use crate::plan::subject::Subject;
use crate::plan::usage::{LongUtilization, Usage};

const FOLDER: &str = "/apis/warmlambda.dev/v1alpha1/namespaces/shop/warmlambdaendpoints";

/// AWS that shows what the test says and notes what it was asked.
struct FakeCloud {
    observed: Mutex<Observed>,
    calls: Arc<Mutex<Vec<String>>>,
    refuse: AtomicBool,
    /// The writes that AWS refuses.
    refused_write: Mutex<Option<&'static str>>,
    /// The write whose answer is lost.
    unanswered_write: Mutex<Option<&'static str>>,
    /// Whether no write is ever answered.
    hangs: AtomicBool,
    /// Called with each write, before it is noted.
    on_write: Box<dyn Fn() + Send + Sync>,
}

impl FakeCloud {
    fn note(&self, call: &str) {
        self.calls.lock().unwrap().push(call.to_owned());
    }
}

fn refused() -> Failure {
    Failure {
        class: Class::Transient,
        effect: Effect::NotApplied,
        operation: "lambda:GetFunction",
        resource: "fir-api".into(),
        code: "ServiceException".into(),
        message: "try again".into(),
        request_id: None,
    }
}

impl Cloud for FakeCloud {
    fn granted(&self, _: &str) -> f64 {
        1.0
    }

    async fn site(&self, region: &str) -> Result<Site, Failure> {
        Ok(Site {
            partition: "aws".into(),
            account: "111122223333".into(),
            region: region.into(),
        })
    }

    async fn observe(&self, _: &Desired, _: &Memory, _: Look) -> Result<Observed, Failure> {
        self.note("observe");
        if self.refuse.load(Ordering::Relaxed) {
            Err(refused())
        } else {
            Ok(self.observed.lock().unwrap().clone())
        }
    }

    async fn execute(&self, _: &Desired, step: &Step) -> Result<Applied, Failure> {
        (self.on_write)();
        self.note(step.action());
        if *self.refused_write.lock().unwrap() == Some(step.action()) {
            return Err(refused());
        }
        if *self.unanswered_write.lock().unwrap() == Some(step.action()) {
            return Err(Failure {
                effect: Effect::Unknown,
                ..refused()
            });
        }
        if self.hangs.load(Ordering::Relaxed) {
            return std::future::pending().await;
        }
        if *step == Step::DeleteCapacity {
            self.observed.lock().unwrap().capacity = None;
        }
        Ok(Applied::default())
    }

    async fn usage(&self, _: &str, _: &[Subject]) -> Result<Vec<Usage>, Failure> {
        Ok(Vec::new())
    }

    async fn long_utilization(&self, _: &str, _: &[(String, String)]) -> Result<Vec<LongUtilization>, Failure> {
        Ok(Vec::new())
    }

    async fn account_concurrency(&self, region: &str) -> Result<AccountConcurrency, Failure> {
        self.note(&format!("account of {region}"));
        if self.refuse.load(Ordering::Relaxed) {
            return Err(refused());
        }
        Ok(AccountConcurrency {
            limit: 1000,
            unreserved: 900,
        })
    }
}

/// A function with version 40 on the alias and three warm environments.
fn observed() -> Observed {
    let alias = Alias {
        version: Some(40),
        weights: BTreeMap::new(),
        revision_id: "a".into(),
        description: String::new(),
    };
    Observed {
        function: Some(LatestCode {
            code_sha256: "c".into(),
            revision_id: "r".into(),
            fingerprint: "f".into(),
            state: CodeState::Active,
            snap_start: false,
            size: EnvironmentSize::default(),
            role: String::new(),
        }),
        versions: Some(BTreeMap::from([(
            40,
            PublishedCode {
                code_sha256: "c".into(),
                fingerprint: "f".into(),
                size: EnvironmentSize::default(),
            },
        )])),
        version_states: BTreeMap::from([(40, CodeState::Active)]),
        alias: Some(alias),
        capacity: Some(Concurrency {
            requested: 3,
            allocated: 3,
            available: 3,
            state: AllocationState::Ready,
            changed: None,
        }),
        ..Observed::default()
    }
}

/// One operator, leading, with its endpoints.
struct Bench {
    api: FakeApi,
    ctx: Context<FakeCloud>,
    writer: reflector::store::Writer<Guarded>,
    calls: Arc<Mutex<Vec<String>>>,
    claim: Arc<watch::Sender<Claim>>,
    _stop: watch::Sender<bool>,
}

fn claim(transitions: i32) -> Claim {
    let now = Instant::now();
    let epoch = Epoch {
        lease_uid: "l".into(),
        transitions,
    };
    Claim::new(epoch, now, now + Duration::from_secs(3600))
}

impl Bench {
    fn new(observed: Observed) -> Self {
        Self::with_hook(observed, |_| Box::new(|| {}))
    }

    /// `hook` makes what is called with each write to AWS.
    fn with_hook(observed: Observed, hook: impl FnOnce(Arc<watch::Sender<Claim>>) -> Box<dyn Fn() + Send + Sync>) -> Self {
        let api = FakeApi::default();
        let (client, _) = api.client();
        let (store, writer) = reflector::store();
        let (claim, claimed) = watch::channel(claim(1));
        let claim = Arc::new(claim);
        let (stop, stopped) = watch::channel(false);
        let calls = Arc::default();
        let cloud = FakeCloud {
            observed: Mutex::new(observed),
            calls: Arc::clone(&calls),
            refuse: AtomicBool::new(false),
            refused_write: Mutex::default(),
            unanswered_write: Mutex::default(),
            hangs: AtomicBool::new(false),
            on_write: hook(Arc::clone(&claim)),
        };
        let reporter = Reporter {
            controller: "warmlambda.dev/operator".into(),
            instance: None,
        };
        let ctx = Context {
            cloud,
            recorder: Recorder::new(client.clone(), reporter),
            client,
            store,
            claim: claimed,
            stop: stopped,
            default_region: Some("eu-west-1".into()),
            intervals: Intervals::default(),
            metrics: Arc::default(),
            measured: Measured::new(Duration::ZERO),
            usage: Mutex::default(),
            unsampled: Mutex::default(),
            destinations: Mutex::default(),
            accounts: Mutex::default(),
            attempts: Mutex::default(),
            rollouts: Mutex::default(),
            written: Mutex::default(),
            struck: Mutex::default(),
            outcomes: Mutex::new(Outcomes::new(Intervals::default().late_arrival)),
            clock: || "2026-11-22T05:00:00Z".parse().unwrap(),
        };
        Self {
            api,
            ctx,
            writer,
            calls,
            claim,
            _stop: stop,
        }
    }

    /// Creates an endpoint as kubectl would, with the finalizer already on.
    fn create(&mut self, name: &str, spec: Value, meta: Value) {
        let mut object = json!({
            "apiVersion": "warmlambda.dev/v1alpha1", "kind": "WarmLambdaEndpoint",
            "metadata": {"name": name, "namespace": "shop", "generation": 1, "creationTimestamp": "2026-11-22T04:00:00Z",
                "finalizers": ["warmlambda.dev/cleanup"]},
            "spec": {"functionName": "fir-api", "provisionedConcurrency": 3, "version": {"policy": "LatestPublished"}},
            "status": {"observedGeneration": -1},
        });
        for (part, patch) in [("spec", spec), ("metadata", meta)] {
            for (key, value) in patch.as_object().unwrap() {
                object[part][key] = value.clone();
            }
        }
        self.api.put(&format!("{FOLDER}/{name}"), object);
        self.see(name);
    }

    /// Lets the watch show an object as it is now.
    fn see(&mut self, name: &str) {
        let object = self.api.get(&format!("{FOLDER}/{name}")).unwrap();
        let guarded: Guarded = serde_json::from_value(object).unwrap();
        self.writer.apply_watcher_event(&Event::Apply(guarded));
    }

    /// The object as the watch showed it last.
    fn seen(&self, name: &str) -> WarmLambdaEndpoint {
        let all = self.ctx.store.state();
        let found = all
            .iter()
            .filter_map(|g| g.0.as_ref().ok())
            .find(|e| e.metadata.name.as_deref() == Some(name));
        found.unwrap().clone()
    }

    async fn pass(&self, name: &str) -> Result<Next, Error> {
        reconcile(&self.seen(name), &self.ctx).await
    }

    /// Calls of AWS since the last question.
    fn calls(&self) -> Vec<String> {
        std::mem::take(&mut self.calls.lock().unwrap())
    }

    fn status(&self, name: &str) -> Value {
        self.api.get(&format!("{FOLDER}/{name}")).unwrap()["status"].clone()
    }

    fn reason(&self, name: &str) -> Value {
        let status = self.status(name);
        let conditions = status["conditions"].as_array().cloned().unwrap_or_default();
        conditions
            .into_iter()
            .find(|c| c["type"] == "Ready")
            .map_or(Value::Null, |c| c["reason"].clone())
    }
}

#[tokio::test]
async fn a_quiet_endpoint_is_read_and_nothing_is_written() {
    let mut bench = Bench::new(observed());
    bench.create("fir", json!({}), json!({}));
    bench.pass("fir").await.unwrap();
    assert_eq!(bench.reason("fir"), "Warm");
    bench.see("fir");
    bench.api.writes();
    for _ in 0..5 {
        let next = bench.pass("fir").await.unwrap();
        assert_eq!(next.cadence, Cadence::Settled);
    }
    assert_eq!(bench.api.writes(), Vec::<String>::new());
    assert!(bench.calls().iter().all(|call| call == "observe"));
}

#[tokio::test]
async fn a_report_is_not_repeated_because_the_watch_lags_behind_it() {
    let mut bench = Bench::new(observed());
    bench.create("fir", json!({}), json!({}));
    bench.pass("fir").await.unwrap();
    bench.api.writes();
    bench.pass("fir").await.unwrap();
    assert_eq!(
        bench.api.writes(),
        Vec::<String>::new(),
        "the object that the watch shows has no status yet"
    );
}

#[tokio::test]
async fn a_suspended_endpoint_makes_no_call_to_aws() {
    let mut bench = Bench::new(Observed::default());
    bench.create("fir", json!({"suspend": true}), json!({}));
    bench.pass("fir").await.unwrap();
    assert_eq!(bench.calls(), Vec::<String>::new());
    assert_eq!(bench.reason("fir"), "Suspended");
}

#[tokio::test]
async fn an_observed_endpoint_plans_and_writes_nothing_to_aws() {
    let mut observed = observed();
    observed.capacity = None;
    let mut bench = Bench::new(observed);
    bench.create("fir", json!({"managementPolicy": "Observe"}), json!({"finalizers": []}));
    bench.pass("fir").await.unwrap();
    assert_eq!(bench.calls(), ["observe"]);
    let plan = bench.status("fir")["plan"].to_string();
    assert!(plan.contains("lambda:PutProvisionedConcurrencyConfig"), "{plan}");
}

#[tokio::test]
async fn the_finalizer_is_on_before_the_first_write() {
    let mut observed = observed();
    observed.capacity = None;
    let mut bench = Bench::new(observed);
    bench.create("fir", json!({}), json!({"finalizers": ["else/where"]}));
    bench.pass("fir").await.unwrap();
    assert_eq!(bench.calls(), Vec::<String>::new());
    let finalizers = || bench.api.get(&format!("{FOLDER}/fir")).unwrap()["metadata"]["finalizers"].clone();
    assert_eq!(finalizers(), json!(["else/where", "warmlambda.dev/cleanup"]));
    bench.see("fir");
    bench.pass("fir").await.unwrap();
    assert_eq!(bench.calls(), ["observe", "lambda:PutProvisionedConcurrencyConfig"]);
}

#[tokio::test]
async fn the_finalizer_is_not_written_over_a_change_that_was_not_seen() {
    let mut bench = Bench::new(observed());
    bench.create("fir", json!({}), json!({"finalizers": []}));
    let path = format!("{FOLDER}/fir");
    let changed = bench.api.get(&path).unwrap();
    bench.api.put(&path, changed);
    assert!(matches!(bench.pass("fir").await, Err(Error::Kubernetes { .. })));
}

#[tokio::test]
async fn an_endpoint_that_is_only_observed_gives_its_finalizer_up() {
    let mut bench = Bench::new(observed());
    bench.create("fir", json!({"managementPolicy": "Observe"}), json!({}));
    bench.pass("fir").await.unwrap();
    assert_eq!(
        bench.api.get(&format!("{FOLDER}/fir")).unwrap()["metadata"]["finalizers"],
        json!([])
    );
}

#[tokio::test]
async fn what_is_looked_after_is_counted_for_each_region() {
    let mut bench = Bench::new(observed());
    let trigger = json!([{"name": "public", "restApi": {"apiId": "a1b2c3d4e5", "stageName": "prod"}}]);
    bench.create("by-default", json!({}), json!({}));
    bench.create("same", json!({"region": "eu-west-1", "triggers": trigger}), json!({}));
    bench.create("elsewhere", json!({"region": "us-east-1"}), json!({}));
    let counted = |region| {
        let fleet = bench.ctx.fleet(region);
        (fleet.endpoints, fleet.rest_apis, fleet.http_apis)
    };
    assert_eq!([counted("eu-west-1"), counted("us-east-1")], [(2, 1, 0), (1, 0, 0)]);
}

#[tokio::test]
async fn the_younger_of_two_endpoints_on_one_alias_touches_nothing() {
    let mut observed = observed();
    observed.capacity = None;
    let mut bench = Bench::new(observed);
    bench.create("old", json!({}), json!({}));
    bench.create(
        "young",
        json!({"region": "eu-west-1"}),
        json!({"creationTimestamp": "2026-11-22T04:30:00Z"}),
    );
    bench.pass("young").await.unwrap();
    assert_eq!(bench.calls(), Vec::<String>::new());
    assert_eq!(bench.reason("young"), "AliasClaimed");
    bench.pass("old").await.unwrap();
    assert_eq!(bench.calls(), ["observe", "lambda:PutProvisionedConcurrencyConfig"]);
}

#[tokio::test]
async fn the_younger_of_two_endpoints_goes_without_a_write_to_aws() {
    let mut bench = Bench::new(observed());
    bench.create("old", json!({}), json!({}));
    let meta = json!({"creationTimestamp": "2026-11-22T04:30:00Z", "deletionTimestamp": "2026-11-22T04:40:00Z"});
    bench.create("young", json!({}), meta);
    bench.pass("young").await.unwrap();
    assert_eq!(bench.calls(), Vec::<String>::new());
    assert!(bench.api.get(&format!("{FOLDER}/young")).is_none());
}

#[tokio::test]
async fn a_tenure_that_ends_in_the_middle_of_a_plan_sends_nothing_more() {
    // No alias and no capacity, with a REST API: several writes are due one after the other.
    let mut observed = observed();
    observed.alias.as_mut().unwrap().version = Some(39);
    observed.capacity = None;
    let mut bench = Bench::with_hook(observed, |claim| {
        // Lost and won back within one pass.
        Box::new(move || drop(claim.send_replace(self::claim(2))))
    });
    bench.create("fir", json!({}), json!({}));
    bench.api.writes();
    assert!(matches!(bench.pass("fir").await, Err(Error::NotLeading)));
    let writes: Vec<_> = bench.calls().into_iter().filter(|call| call != "observe").collect();
    assert_eq!(writes.len(), 1, "{writes:?}");
    assert_eq!(bench.api.writes(), Vec::<String>::new(), "no status either");
}

#[tokio::test]
async fn a_follower_reads_and_writes_nothing() {
    let mut bench = Bench::new(observed());
    bench.create("fir", json!({}), json!({}));
    bench.claim.send_replace(Claim::default());
    bench.api.writes();
    assert!(matches!(bench.pass("fir").await, Err(Error::NotLeading)));
    assert_eq!((bench.calls(), bench.api.writes()), (vec![], vec![]));
}

#[tokio::test]
async fn a_reconcile_request_is_answered_in_status() {
    let mut bench = Bench::new(observed());
    let meta = json!({"annotations": {"warmlambda.dev/reconcile-requested-at": "now"}});
    bench.create("fir", json!({}), meta);
    bench.pass("fir").await.unwrap();
    assert_eq!(bench.status("fir")["lastHandledReconcileAt"], "now");
    assert_eq!(bench.status("fir")["observedGeneration"], 1);
}

#[tokio::test]
async fn an_aws_that_does_not_answer_is_retried_and_reported() {
    let mut bench = Bench::new(observed());
    bench.create("fir", json!({}), json!({}));
    bench.ctx.cloud.refuse.store(true, Ordering::Relaxed);
    let next = bench.pass("fir").await.unwrap();
    assert_eq!(
        next,
        Next {
            cadence: Cadence::Retry,
            progress: false,
            stalled: false,
        }
    );
    assert_eq!(bench.reason("fir"), "AwsUnavailable");
}

fn deleted() -> Value {
    json!({"deletionTimestamp": "2026-11-22T04:40:00Z"})
}

#[tokio::test]
async fn a_deleted_endpoint_gives_its_capacity_up_and_goes() {
    let mut bench = Bench::new(observed());
    bench.create("fir", json!({}), deleted());
    let next = bench.pass("fir").await.unwrap();
    assert_eq!(bench.calls(), ["observe", "lambda:DeleteProvisionedConcurrencyConfig", "observe"]);
    assert!(bench.api.get(&format!("{FOLDER}/fir")).is_none());
    assert_eq!(next.cadence, Cadence::OnChange);
}

#[tokio::test]
async fn nothing_is_taken_away_for_an_object_that_is_not_there_any_more() {
    let mut bench = Bench::new(observed());
    bench.create("fir", json!({}), deleted());
    // The watch lags: the object is gone, and another one has its name.
    let path = format!("{FOLDER}/fir");
    let mut other = bench.api.get(&path).unwrap();
    other["metadata"]["uid"] = "another".into();
    bench.api.put(&path, other);
    assert!(matches!(bench.pass("fir").await, Err(Error::Outdated)));
    assert_eq!(bench.calls(), ["observe"]);
}

#[tokio::test]
async fn a_deletion_that_cannot_read_aws_says_so_and_waits() {
    let mut bench = Bench::new(observed());
    bench.create("fir", json!({}), deleted());
    bench.ctx.cloud.refuse.store(true, Ordering::Relaxed);
    let next = bench.pass("fir").await.unwrap();
    assert_eq!(next.cadence, Cadence::Retry);
    let conditions = bench.status("fir")["conditions"].to_string();
    assert!(
        conditions.contains("DeletionBlocked") && conditions.contains("warmlambda.dev/release=true"),
        "{conditions}"
    );
}

#[tokio::test]
async fn who_wants_aws_left_as_it_is_gets_it_without_a_call() {
    let released = json!({"deletionTimestamp": "2026-11-22T04:40:00Z", "annotations": {"warmlambda.dev/release": "true"}});
    for (spec, meta) in [
        (json!({}), released),
        (json!({"deletionPolicy": "Retain"}), deleted()),
        (json!({"managementPolicy": "Observe"}), deleted()),
        (json!({"suspend": true}), deleted()),
    ] {
        let mut bench = Bench::new(observed());
        bench.create("fir", spec, meta);
        bench.pass("fir").await.unwrap();
        assert_eq!(bench.calls(), Vec::<String>::new());
        assert!(bench.api.get(&format!("{FOLDER}/fir")).is_none());
        let told = bench.api.writes().iter().any(|write| write.starts_with("POST /apis/events.k8s.io"));
        assert!(told, "an event says that AWS was left as it is");
    }
}

#[tokio::test]
async fn a_pass_whose_writes_went_through_until_one_failed_starts_the_backoff_anew() {
    let unmade = Observed {
        alias: None,
        capacity: None,
        ..observed()
    };
    let mut bench = Bench::new(unmade);
    bench.create("fir", json!({}), json!({"uid": "u1"}));
    for (refused_write, progress) in [("lambda:PutProvisionedConcurrencyConfig", true), ("lambda:CreateAlias", false)] {
        *bench.ctx.cloud.refused_write.lock().unwrap() = Some(refused_write);
        let next = bench.pass("fir").await.unwrap();
        assert_eq!((next.cadence, next.progress), (Cadence::Retry, progress), "{refused_write}");
        bench.see("fir");
    }
}
