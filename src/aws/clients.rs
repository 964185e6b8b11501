//! The clients of AWS: built once from the default credential chain, one set per region, shared by all endpoints.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{AppName, BehaviorVersion, ConfigLoader, SdkConfig};
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_runtime_api::client::http::HttpClient;
use tokio::sync::OnceCell;

use super::autoscaling::ScalableTargets;
use super::call::{Gate, RequestObserver};
use super::deployments::Deployments;
use super::event_sources::{Closer, MappingNotes, Mappings, Sweep};
use super::http_apis::{DeployedRoutes, SharedHttpApi};
use super::observe::{Api, DeployedMethods, StageDeployment};
use super::permission::PolicyLocks;
use super::shared::SharedReads;
use super::sts::Identity;
use super::throttle::{Throttle, jittered};
use super::{AccountConcurrency, Cloud, Look};
use crate::plan::arn::Site;
use crate::plan::desired::Desired;
use crate::plan::failure::Failure;
use crate::plan::memory::Memory;
use crate::plan::observed::Observed;
use crate::plan::step::{Applied, Step};
use crate::plan::subject::Subject;
use crate::plan::usage::{LongUtilization, Usage};

/// The same with the time for new credentials, so that no call is without an end.
const OPERATION: Duration = Duration::from_secs(30);
/// What is deployed does not change with the same deployment, so this only bounds how long an answer that AWS gave before
/// it was consistent is believed. Source: AWS-60.
const EXPORT_KEPT: Duration = Duration::from_secs(12 * 60 * 60);
/// Stages whose deployed integrations are remembered; an API with 300 methods takes about 60 kB.
const MOST_EXPORTS: usize = 2048;
/// APIs whose reads are shared at a moment.
const MOST_APIS: usize = 2048;
/// Where failed messages go is set up once and hardly ever changed.
const DEAD_LETTERS_KEPT: Duration = Duration::from_secs(10 * 60);
/// Queues whose dead-letter queue is remembered.
const MOST_QUEUES: usize = 2048;
/// Sources of records that are looked at closely at a moment.
const MOST_SOURCES: usize = 2048;

/// How long equal reads of several endpoints are made once: an observation may be so much older than its beginning.
pub const READS_SHARED: Duration = Duration::from_secs(2);

/// What can be chosen about the calls.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Share of AWS's request quotas that the operator may use, 0.01 to 1.
    pub quota_share: f64,
    /// How long the read of an API is shared with other endpoints.
    pub api_kept: Duration,
    /// How long the list of scalable targets of a region is used for all endpoints.
    pub targets_kept: Duration,
    /// How long the list of event source mappings of a region is used for all endpoints.
    pub mappings_kept: Duration,
    /// Length of the time that usage is looked at, in whole minutes.
    pub usage_window: Duration,
    /// Length of the time after which unused capacity is called idle, in whole hours.
    pub idle_window: Duration,
    /// Longest time that one request may take, its answer included.
    pub request_timeout: Duration,
    /// Shortens a pause at random, so that callers do not come back together; tests bring their own.
    pub jitter: fn(Duration) -> Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            quota_share: 0.6,
            api_kept: READS_SHARED,
            targets_kept: Duration::from_secs(60),
            mappings_kept: Duration::from_secs(60),
            usage_window: Duration::from_secs(10 * 60),
            idle_window: Duration::from_secs(6 * 60 * 60),
            // The slowest ordinary answer takes a few seconds.
            request_timeout: Duration::from_secs(10),
            jitter: jittered,
        }
    }
}

/// AWS with one set of credentials, and so in one account.
pub struct Aws {
    config: SdkConfig,
    settings: Settings,
    throttle: Arc<Throttle>,
    observer: Arc<dyn RequestObserver>,
    regions: Mutex<BTreeMap<String, Arc<Region>>>,
}

impl fmt::Debug for Aws {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Aws").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl Aws {
    /// Reads the environment and the profile, as every tool of AWS does; asks AWS for nothing yet.
    pub async fn connect(settings: Settings, observer: Arc<dyn RequestObserver>) -> Self {
        Self::with_config(loader(https()).load().await, settings, observer)
    }

    /// With a configuration that was made elsewhere.
    pub fn with_config(config: SdkConfig, settings: Settings, observer: Arc<dyn RequestObserver>) -> Self {
        Self {
            config,
            settings,
            throttle: Arc::new(Throttle::new(settings.quota_share, settings.jitter)),
            observer,
            regions: Mutex::default(),
        }
    }

    /// The region that the environment or the profile names.
    pub fn default_region(&self) -> Option<String> {
        self.config.region().map(ToString::to_string)
    }

    /// Whose credentials these are, asked of AWS in a region.
    ///
    /// # Errors
    /// [`Failure`], for instance when there are no credentials or AWS does not know them.
    pub async fn identity(&self, region: &str) -> Result<Identity, Failure> {
        self.region(region).identity().await
    }

    fn region(&self, name: &str) -> Arc<Region> {
        let mut regions = self.regions.lock().unwrap_or_else(PoisonError::into_inner);
        let region = regions.entry(name.to_owned()).or_insert_with(|| Arc::new(self.build(name)));
        Arc::clone(region)
    }

    fn build(&self, region: &str) -> Region {
        let config = self.config.to_builder().region(aws_config::Region::new(region.to_owned()));
        let config = config.timeout_config(limits(self.settings.request_timeout)).build();
        Region {
            gate: Gate {
                region: region.into(),
                throttle: Arc::clone(&self.throttle),
                observer: Arc::clone(&self.observer),
            },
            lambda: aws_sdk_lambda::Client::new(&config),
            sqs: aws_sdk_sqs::Client::new(&config),
            apigateway: aws_sdk_apigateway::Client::new(&config),
            apigatewayv2: aws_sdk_apigatewayv2::Client::new(&config),
            autoscaling: aws_sdk_applicationautoscaling::Client::new(&config),
            cloudwatch: aws_sdk_cloudwatch::Client::new(&config),
            sts: aws_sdk_sts::Client::new(&config),
            site: OnceCell::new(),
            apis: SharedReads::new(self.settings.api_kept, MOST_APIS),
            targets: SharedReads::new(self.settings.targets_kept, 1),
            sweeps: SharedReads::new(self.settings.mappings_kept, 1),
            closer_looks: SharedReads::new(self.settings.api_kept, MOST_SOURCES),
            mapping_notes: MappingNotes::default(),
            exports: SharedReads::new(EXPORT_KEPT, MOST_EXPORTS),
            http_apis: SharedReads::new(self.settings.api_kept, MOST_APIS),
            http_exports: SharedReads::new(EXPORT_KEPT, MOST_EXPORTS),
            dead_letters: SharedReads::new(DEAD_LETTERS_KEPT, MOST_QUEUES),
            policies: PolicyLocks::default(),
            deployments: Deployments::default(),
        }
    }
}

/// Speaks HTTPS, and HTTP to an endpoint whose URL says so.
pub(super) fn https() -> impl HttpClient {
    Builder::new().tls_provider(Provider::Rustls(CryptoMode::AwsLc)).build_https()
}

/// The default chain, with our limits.
pub fn loader(http: impl HttpClient + 'static) -> ConfigLoader {
    let loader = aws_config::defaults(BehaviorVersion::latest())
        .http_client(http)
        .timeout_config(limits(Settings::default().request_timeout))
        // A write that the SDK sends again may be carried out twice, and a read that it sends again takes no turn.
        .retry_config(RetryConfig::disabled());
    match AppName::new("warmlambda") {
        Ok(name) => loader.app_name(name),
        Err(_) => loader,
    }
}

fn limits(request_timeout: Duration) -> TimeoutConfig {
    let limits = TimeoutConfig::builder().operation_attempt_timeout(request_timeout);
    limits.operation_timeout(OPERATION.max(request_timeout)).build()
}

/// One region of the account: its clients, and what the endpoints there share.
pub(super) struct Region {
    pub gate: Gate,
    pub lambda: aws_sdk_lambda::Client,
    pub sqs: aws_sdk_sqs::Client,
    pub apigateway: aws_sdk_apigateway::Client,
    pub apigatewayv2: aws_sdk_apigatewayv2::Client,
    pub autoscaling: aws_sdk_applicationautoscaling::Client,
    pub cloudwatch: aws_sdk_cloudwatch::Client,
    pub sts: aws_sdk_sts::Client,
    /// Asked once: credentials do not change their account.
    pub site: OnceCell<Site>,
    pub apis: SharedReads<String, Api>,
    pub targets: SharedReads<(), Arc<ScalableTargets>>,
    pub sweeps: SharedReads<(), Arc<Sweep>>,
    pub closer_looks: SharedReads<Closer, Arc<Mappings>>,
    pub mapping_notes: MappingNotes,
    pub exports: SharedReads<StageDeployment, DeployedMethods>,
    pub http_apis: SharedReads<String, SharedHttpApi>,
    pub http_exports: SharedReads<StageDeployment, DeployedRoutes>,
    /// Dead-letter queues by the ARN of the queue.
    pub dead_letters: SharedReads<String, Option<String>>,
    pub policies: PolicyLocks,
    pub deployments: Deployments,
}

impl Cloud for Aws {
    fn granted(&self, region: &str) -> f64 {
        self.throttle.granted(region)
    }

    async fn site(&self, region: &str) -> Result<Site, Failure> {
        let region = self.region(region);
        region.site.get_or_try_init(|| region.caller()).await.cloned()
    }

    async fn observe(&self, desired: &Desired, memory: &Memory, look: Look) -> Result<Observed, Failure> {
        self.region(&desired.site.region).observe(desired, memory, look).await
    }

    async fn execute(&self, desired: &Desired, step: &Step) -> Result<Applied, Failure> {
        self.region(&desired.site.region).execute(desired, step).await
    }

    async fn usage(&self, region: &str, subjects: &[Subject]) -> Result<Vec<Usage>, Failure> {
        let region = self.region(region);
        let queues = subjects.iter().flat_map(|subject| &subject.queues);
        let dead_letters = region.dead_letters(queues.map(String::as_str)).await;
        let known = |queue: &str| dead_letters.get(queue).cloned();
        region.usage(subjects, self.settings.usage_window, known).await
    }

    async fn long_utilization(&self, region: &str, aliases: &[(String, String)]) -> Result<Vec<LongUtilization>, Failure> {
        self.region(region).long_utilization(aliases, self.settings.idle_window).await
    }

    async fn account_concurrency(&self, region: &str) -> Result<AccountConcurrency, Failure> {
        self.region(region).account_concurrency().await
    }
}
