//! The simulated AWS: plain data and the rules that change it. No clock, no I/O, no randomness.

mod error;
pub mod rest_api;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use error::AwsError;
use rest_api::RestApi;

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
    /// API Gateway v1, by API id.
    #[serde(default)]
    pub rest_apis: ById<RestApi>,
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
    /// Lets everything happen that AWS does by itself until `now`: allocation, hidden canaries, state changes.
    pub fn settle(&mut self, now: Millis) {
        self.complete_rest_apis(now);
    }
}

/// Keeps the map type of ids in one place.
pub type ById<T> = BTreeMap<String, T>;
