//! The simulated AWS: plain data and the rules that change it. No clock, no I/O, no randomness.

mod account;
mod alias;
pub mod autoscaling;
mod canary;
mod code;
mod concurrency;
mod error;
pub mod event_source;
mod function;
mod function_url;
mod gateway;
pub mod http_api;
mod invoke;
mod lag;
pub mod metrics;
mod policy;
mod publish;
mod qualifier;
pub mod queue;
pub mod rest_api;
mod revision;
mod settings;
mod statement;
pub mod stream;
mod traffic_metrics;
mod update;
mod version;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use account::AccountSettings;
pub use alias::{Alias, AliasChange, AliasConfiguration};
pub use canary::Canary;
pub use code::Code;
pub use concurrency::{ProvisionedConcurrency, ProvisionedConcurrencyConfig, Status};
pub use error::AwsError;
use event_source::{Deliveries, EventSourceMapping, Role};
pub use function::Function;
pub use function_url::{FunctionUrl, FunctionUrlConfig};
pub use gateway::{Served, Superseded, Texts};
use http_api::HttpApi;
pub use invoke::{Environment, Invocation, Invoker};
pub use lag::Before;
pub use metrics::{MINUTE, Metrics};
pub use policy::{Policy, PolicyDocument};
pub use publish::{PAGE, Page};
pub use qualifier::{FunctionRef, LATEST};
pub(crate) use qualifier::{constraint, partition};
use queue::Queue;
use rest_api::RestApi;
pub use settings::Settings;
pub use statement::Statement;
use stream::Stream;
pub use update::ConfigurationChange;
pub use version::{FunctionConfiguration, LastUpdateStatus, State, Version};

/// Milliseconds since the Unix epoch, in simulated time.
pub type Millis = u64;

/// What every simulated call answers.
pub type Answer<T> = Result<T, AwsError>;

/// All accounts and regions.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct World {
    /// One entry per account and region, in no particular order; looked up by both.
    #[serde(default)]
    pub regions: Vec<Region>,
}

/// One account in one region: everything that AWS keeps separate from everything else.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Region {
    /// Twelve digits.
    pub account: String,
    /// For instance `eu-west-1`.
    pub region: String,
    /// Counts every id that was ever made here, so that ids are deterministic and never reused.
    #[serde(default)]
    pub ids: u64,
    /// Points that CloudWatch keeps.
    #[serde(default)]
    pub metrics: metrics::Metrics,
    /// Application Auto Scaling's targets.
    #[serde(default)]
    pub scalable_targets: autoscaling::ScalableTargets,
    /// The moment up to which everything has happened; calls take place then. Set by [`Region::settle`].
    #[serde(default)]
    pub now: Millis,
    /// Limits and durations.
    #[serde(default)]
    pub settings: Settings,
    /// Functions by name.
    #[serde(default)]
    pub functions: ById<Function>,
    /// Highest version number of functions that were deleted: numbers are never used again (AWS-7).
    #[serde(default)]
    pub retired_versions: ById<u64>,
    /// Event source mappings by UUID.
    #[serde(default)]
    pub event_source_mappings: ById<EventSourceMapping>,
    /// DynamoDB and Kinesis streams by ARN, Kafka clusters by ARN or by their bootstrap servers.
    #[serde(default)]
    pub streams: ById<Stream>,
    /// SQS queues by ARN.
    #[serde(default)]
    pub queues: ById<Queue>,
    /// What execution roles may do, by ARN; a role that is not listed may do everything (AWS-92).
    #[serde(default)]
    pub roles: ById<Role>,
    /// Which records went where. It grows with every record and so is no part of a dump.
    #[serde(skip)]
    pub deliveries: Deliveries,
    /// API Gateway v1, by API id.
    #[serde(default)]
    pub rest_apis: ById<RestApi>,
    /// API Gateway v2 (HTTP APIs), by API id.
    #[serde(default)]
    pub http_apis: ById<HttpApi>,
    /// Milliseconds for which callers of a stage still see its old deployment; AWS gives no bound.
    #[serde(default)]
    pub deployment_propagation_ms: u64,
}

impl World {
    /// The region of an account, made empty when it is asked for the first time; settled up to `now`.
    pub fn region(&mut self, account: &str, region: &str, now: Millis) -> &mut Region {
        let found = self.regions.iter().position(|r| r.account == account && r.region == region);
        let index = found.unwrap_or_else(|| {
            self.regions.push(Region {
                account: account.into(),
                region: region.into(),
                ..Region::default()
            });
            self.regions.len() - 1
        });
        let region = &mut self.regions[index];
        region.settle(now);
        region
    }
}

impl Region {
    /// Lets everything happen that AWS does by itself until `now`, in the order in which it is due: allocation, hidden canaries, state
    /// changes, deployments of HTTP APIs. Time never runs backwards: an earlier `now` changes nothing.
    pub fn settle(&mut self, now: Millis) {
        self.complete_functions();
        self.complete_rest_apis(now);
        self.complete_http_apis(now);
        self.complete_streams();
        self.complete_event_source_mappings();
        // What was changed since the last time broke then; a world that is only beginning breaks now.
        let then = if self.now == 0 { now } else { self.now };
        self.complete_queues(then);
        self.skip_samples(now);
        self.find_broken_mappings(then);
        self.schedule_polling(then);
        while let Some(due) = self.due().filter(|due| *due <= now) {
            self.now = self.now.max(due);
            self.settle_functions(due);
            self.settle_http_apis(due);
            self.settle_event_source_mappings(due);
            self.schedule_polling(due);
            self.settle_polling(due);
            self.schedule_polling(due);
            self.settle_queues(due);
        }
        self.now = self.now.max(now);
    }

    /// When the next thing happens by itself; a subject that has such things adds them here and in [`Region::settle`].
    pub fn due(&self) -> Option<Millis> {
        let due = [
            self.due_functions(),
            self.due_http_apis(),
            self.due_event_source_mappings(),
            self.due_polling(),
            self.due_queues(),
        ];
        due.into_iter().flatten().min()
    }
}

/// Keeps the map type of ids in one place.
pub type ById<T> = BTreeMap<String, T>;
