//! AWS's request quotas: token buckets per account, region and pool (AWS-52, AWS-53).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::wire::{Caller, Operation};
use crate::world::{AwsError, Millis};

/// One quota of AWS that some operations share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Pool {
    /// Lambda's `GetFunction`.
    GetFunction,
    /// Lambda's `GetPolicy`.
    GetPolicy,
    /// Everything else of Lambda but invocations.
    LambdaControlPlane,
    /// Everything of API Gateway, HTTP APIs included.
    ApiGateway,
    /// API Gateway's `CreateDeployment`, which counts in [`Pool::ApiGateway`] as well.
    CreateDeployment,
    /// API Gateway's `GetResources`, which counts in [`Pool::ApiGateway`] as well.
    GetResources,
}

/// How many requests a pool takes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Rate {
    /// Requests a second in the long run.
    pub per_second: f64,
    /// Requests at once after a rest.
    pub burst: f64,
}

/// Whether and how strictly quotas hold.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Settings {
    /// False: nothing is ever throttled.
    #[serde(default = "on")]
    pub enabled: bool,
    /// Every rate and burst is AWS's times this; a burst is never below one request.
    #[serde(default = "as_aws")]
    pub scale: f64,
}

/// All buckets of all accounts.
#[derive(Clone, Debug, Default)]
pub struct Quotas {
    settings: Settings,
    buckets: BTreeMap<(String, String, Pool), Bucket>,
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    tokens: f64,
    at: Millis,
}

/// A pool as the control plane shows it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Shown {
    /// Twelve digits.
    pub account: String,
    /// For instance `eu-west-1`.
    pub region: String,
    /// Which quota.
    pub pool: Pool,
    /// As scaled.
    pub rate: Rate,
    /// Requests that would be taken at this moment.
    pub tokens: f64,
}

fn on() -> bool {
    true
}

fn as_aws() -> f64 {
    1.0
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            enabled: on(),
            scale: as_aws(),
        }
    }
}

impl Pool {
    /// AWS's numbers. Lambda's page gives no burst; one second's worth is assumed.
    fn rate(self) -> Rate {
        let (per_second, burst) = match self {
            Self::GetFunction => (100.0, 100.0),
            Self::GetPolicy | Self::LambdaControlPlane => (15.0, 15.0),
            Self::ApiGateway => (10.0, 40.0),
            Self::CreateDeployment => (0.2, 1.0),
            Self::GetResources => (2.5, 5.0),
        };
        Rate { per_second, burst }
    }

    /// The pools that an operation draws from.
    fn of(operation: &Operation) -> &'static [Self] {
        match (operation.service, operation.name) {
            ("lambda", "Invoke") => &[],
            ("lambda", "GetFunction") => &[Self::GetFunction],
            ("lambda", "GetPolicy") => &[Self::GetPolicy],
            ("lambda", _) => &[Self::LambdaControlPlane],
            // That the two versions of API Gateway share their quotas is assumed (AWS-110).
            ("apigateway" | "apigatewayv2", "CreateDeployment") => &[Self::ApiGateway, Self::CreateDeployment],
            ("apigateway", "GetResources") => &[Self::ApiGateway, Self::GetResources],
            ("apigateway" | "apigatewayv2", _) => &[Self::ApiGateway],
            _ => &[],
        }
    }
}

impl Rate {
    fn scaled(self, scale: f64) -> Self {
        Self {
            per_second: self.per_second * scale,
            burst: (self.burst * scale).max(1.0),
        }
    }
}

impl Quotas {
    /// Takes one request from each of its pools, or none when one of them is empty.
    ///
    /// # Errors
    /// AWS's 429 with the seconds until there is room (AWS-54).
    pub fn take(&mut self, caller: &Caller, operation: &Operation, now: Millis) -> Result<(), AwsError> {
        if !self.settings.enabled {
            return Ok(());
        }
        let pools = Pool::of(operation);
        let missing = pools.iter().map(|pool| self.wait(caller, *pool, now)).fold(0.0, f64::max);
        if missing > 0.0 {
            return Err(throttled(operation, missing));
        }
        for pool in pools {
            if let Some(bucket) = self.buckets.get_mut(&key(caller, *pool)) {
                bucket.tokens -= 1.0;
            }
        }
        Ok(())
    }

    /// Seconds until the pool has a whole token; fills the bucket up to now.
    #[allow(clippy::cast_precision_loss)] // Spans of milliseconds stay far below 2^52.
    fn wait(&mut self, caller: &Caller, pool: Pool, now: Millis) -> f64 {
        let rate = pool.rate().scaled(self.settings.scale);
        let bucket = self.buckets.entry(key(caller, pool)).or_insert(Bucket {
            tokens: rate.burst,
            at: now,
        });
        let passed = now.saturating_sub(bucket.at) as f64 / 1000.0;
        bucket.tokens = (bucket.tokens + passed * rate.per_second).min(rate.burst);
        bucket.at = bucket.at.max(now);
        if bucket.tokens >= 1.0 {
            0.0
        } else {
            (1.0 - bucket.tokens) / rate.per_second
        }
    }

    /// Whether and how strictly quotas hold.
    pub fn settings(&self) -> Settings {
        self.settings
    }

    /// Changes that; all buckets are full afterwards.
    pub fn set(&mut self, settings: Settings) {
        *self = Self {
            settings,
            buckets: BTreeMap::new(),
        };
    }

    /// Every pool that was used so far.
    pub fn shown(&self) -> Vec<Shown> {
        let scale = self.settings.scale;
        let shown = |((account, region, pool), bucket): (&(String, String, Pool), &Bucket)| Shown {
            account: account.clone(),
            region: region.clone(),
            pool: *pool,
            rate: pool.rate().scaled(scale),
            tokens: bucket.tokens,
        };
        self.buckets.iter().map(shown).collect()
    }
}

fn key(caller: &Caller, pool: Pool) -> (String, String, Pool) {
    (caller.account.clone(), caller.region.clone(), pool)
}

/// A throttle as the service words it (AWS-54).
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // A float cast saturates; the value is small and not negative.
fn throttled(operation: &Operation, seconds: f64) -> AwsError {
    let is_lambda = operation.service == "lambda";
    let message = if is_lambda { "Rate exceeded" } else { "Too Many Requests" };
    AwsError {
        retry_after: Some((seconds.ceil() as u32).max(1)),
        reason: is_lambda.then(|| "CallerRateLimitExceeded".into()),
        ..AwsError::new(429, "TooManyRequestsException", message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(account: &str) -> Caller {
        Caller {
            account: account.into(),
            region: "eu-west-1".into(),
            service: "lambda".into(),
        }
    }

    fn lambda(name: &'static str) -> Operation {
        Operation {
            service: "lambda",
            name,
            write: false,
        }
    }

    fn taken(quotas: &mut Quotas, account: &str, operation: &Operation, now: Millis, tries: usize) -> usize {
        (0..tries).filter(|_| quotas.take(&caller(account), operation, now).is_ok()).count()
    }

    #[test]
    fn the_control_plane_of_lambda_shares_fifteen_a_second() {
        let mut quotas = Quotas::default();
        assert_eq!(taken(&mut quotas, "1", &lambda("GetAlias"), 0, 10), 10);
        assert_eq!(taken(&mut quotas, "1", &lambda("UpdateAlias"), 0, 10), 5);
        assert_eq!(taken(&mut quotas, "1", &lambda("GetAlias"), 1000, 20), 15);
    }

    #[test]
    fn get_function_get_policy_and_other_accounts_have_pools_of_their_own() {
        let mut quotas = Quotas::default();
        assert_eq!(taken(&mut quotas, "1", &lambda("GetAlias"), 0, 20), 15);
        assert_eq!(taken(&mut quotas, "1", &lambda("GetPolicy"), 0, 20), 15);
        assert_eq!(taken(&mut quotas, "1", &lambda("GetFunction"), 0, 120), 100);
        assert_eq!(taken(&mut quotas, "2", &lambda("GetAlias"), 0, 20), 15);
        assert_eq!(taken(&mut quotas, "1", &lambda("Invoke"), 0, 1000), 1000);
    }

    #[test]
    fn a_refused_deployment_costs_nothing_and_says_when_to_come_back() {
        let mut quotas = Quotas::default();
        let create = Operation {
            service: "apigateway",
            name: "CreateDeployment",
            write: true,
        };
        assert_eq!(quotas.take(&caller("1"), &create, 0), Ok(()));
        let refused = quotas.take(&caller("1"), &create, 1000).unwrap_err();
        assert_eq!(
            (refused.status, refused.code.as_str(), refused.retry_after),
            (429, "TooManyRequestsException", Some(4))
        );
        assert_eq!(quotas.take(&caller("1"), &create, 5000), Ok(()));
    }

    /// AWS-110.
    #[test]
    fn both_versions_of_api_gateway_draw_from_the_same_quotas() {
        let mut quotas = Quotas::default();
        let call = |service, name| Operation {
            service,
            name,
            write: true,
        };
        assert_eq!(taken(&mut quotas, "1", &call("apigateway", "UpdateIntegration"), 0, 30), 30);
        assert_eq!(taken(&mut quotas, "1", &call("apigatewayv2", "UpdateIntegration"), 0, 30), 10);
        assert_eq!(taken(&mut quotas, "2", &call("apigateway", "CreateDeployment"), 0, 1), 1);
        assert_eq!(taken(&mut quotas, "2", &call("apigatewayv2", "CreateDeployment"), 0, 1), 0);
    }

    #[test]
    fn a_tenth_of_the_quota_is_a_tenth_of_the_rate() {
        let mut quotas = Quotas::default();
        quotas.set(Settings { enabled: true, scale: 0.1 });
        let allowed: usize = (0..100)
            .map(|tenth| taken(&mut quotas, "1", &lambda("GetAlias"), tenth * 100, 1))
            .sum();
        assert_eq!(allowed, 16, "one at once and 1.5 a second for 10 seconds");
    }

    #[test]
    fn without_quotas_nothing_is_throttled() {
        let mut quotas = Quotas::default();
        quotas.set(Settings {
            enabled: false,
            ..Settings::default()
        });
        assert_eq!(taken(&mut quotas, "1", &lambda("GetAlias"), 0, 500), 500);
    }
}
