//! Many endpoints, each on a function of its own.

use std::collections::BTreeMap;
use std::time::Duration;

use awssim::world::{Millis, Region, Version};
use serde_json::{Value, json};

use crate::api_server::Objects;
use crate::clock;
use crate::fault::Fault;
use crate::operator::Choices;
use crate::people;
use crate::run::{Stage, servers};
use crate::scene::{ACCOUNT, REGION, START};

/// Between two looks whether all are Ready.
const STEP: Duration = Duration::from_secs(5);
/// Calls of Lambda's control plane a second that the operator takes of AWS's 15 (AWS-52).
pub const RATE: f64 = 9.0;
/// Calls of that pool in a quiet pass: `GetAlias`, `GetProvisionedConcurrencyConfig`, and a page of versions, of which the endpoints here
/// follow the latest.
pub const READS: f64 = 3.0;

/// A region with so many functions, each with one version.
pub fn region(count: usize) -> Region {
    let mut region = Region {
        account: ACCOUNT.into(),
        region: REGION.into(),
        ..Region::default()
    };
    region.settings.account_concurrency = 100_000;
    region.settings.allocation_delay_ms = 3000;
    region.settle(START);
    for n in 0..count {
        region.create_function(&name(n), Version::of("one"), false).unwrap();
    }
    region.settle(START + 60_000);
    for n in 0..count {
        region.publish_version(&name(n), None, None, None).unwrap();
    }
    region
}

/// Of the n-th function and its endpoint.
pub fn name(n: usize) -> String {
    format!("f-{n:04}")
}

/// What the n-th endpoint asks for.
pub fn spec(n: usize) -> Value {
    json!({"functionName": name(n), "version": {"policy": "LatestPublished"}, "provisionedConcurrency": 1})
}

/// A stage with so many endpoints that were made just now; `others` are more of them, by name.
pub async fn stage(count: usize, others: &[(String, Value)], script: &[Fault], choices: Choices) -> Stage {
    let wire = servers(region(count), Objects::default(), &Value::Null, script, 1);
    wire.judge().thorough = false;
    for n in 0..count {
        people::create(&wire.api, &name(n), &spec(n));
    }
    for (name, spec) in others {
        people::create(&wire.api, name, spec);
    }
    let mut stage = Stage::new(wire, choices).await;
    stage.step = STEP;
    stage
}

impl Stage {
    /// When each endpoint said that it is Ready for the last time and has not said otherwise since.
    pub fn ready_since(&self) -> BTreeMap<String, Duration> {
        let mut since = BTreeMap::new();
        for (at, name, ready, _) in &self.wire.judge().story {
            if *ready {
                since.entry(name.clone()).or_insert(*at);
            } else {
                since.remove(name);
            }
        }
        since
    }

    /// Whether the first so many endpoints are Ready.
    pub fn all_ready(&self, count: usize) -> bool {
        let ready = self.ready_since();
        (0..count).all(|n| ready.contains_key(&name(n)))
    }
}

/// A moment of a run by AWS's clock.
pub fn moment(began: Millis, at: Duration) -> Millis {
    began + Millis::try_from(at.as_millis()).unwrap()
}

/// Now, in whole seconds of the run.
pub fn second() -> u64 {
    clock::elapsed().as_secs()
}

/// The value below which so many percent of others are.
pub fn percentile(mut of: Vec<Duration>, percent: usize) -> Duration {
    of.sort();
    of.get((of.len() * percent / 100).min(of.len().saturating_sub(1)))
        .copied()
        .unwrap_or_default()
}
