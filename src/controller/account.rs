//! Reads the account's concurrency now and then, for metrics and nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval};
use tracing::Instrument;

use super::context::{Context, lock};
use super::leader::leading;
use crate::aws::{AccountConcurrency, Cloud};
use crate::metrics::CONTROLLER;

/// Between two reads of one region: the numbers change when a person changes them.
const KEPT: Duration = Duration::from_mins(5);
/// Between two looks whether an endpoint brought a region that was not read yet; costs no request.
const LOOK: Duration = Duration::from_secs(5);

/// What is known of the account, by account and region.
pub type Accounts = BTreeMap<(String, String), AccountConcurrency>;

/// Reads for as long as this process leads.
pub async fn sample<C: Cloud>(ctx: Arc<Context<C>>) {
    if leading(ctx.claim.clone()).await.is_none() {
        return;
    }
    let mut due = interval(LOOK);
    due.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut asked = BTreeMap::new();
    loop {
        due.tick().await;
        refresh(&ctx, &mut asked).await;
    }
}

/// Reads the regions of the fleet whose answer is missing or old; `asked` says when each was asked about last. One that AWS refuses
/// is not asked about earlier, and has no numbers until then.
async fn refresh<C: Cloud>(ctx: &Context<C>, asked: &mut BTreeMap<String, Instant>) {
    let regions = regions(ctx);
    asked.retain(|region, at| regions.contains(region) && at.elapsed() < KEPT);
    lock(&ctx.accounts).retain(|(_, region), _| regions.contains(region));
    for region in regions {
        if asked.contains_key(&region) {
            continue;
        }
        asked.insert(region.clone(), Instant::now());
        let span = tracing::error_span!("account", controller = CONTROLLER);
        read(ctx, region).instrument(span).await;
    }
}

async fn read<C: Cloud>(ctx: &Context<C>, region: String) {
    let Ok(site) = ctx.cloud.site(&region).await else { return };
    let key = (site.account, region);
    match ctx.cloud.account_concurrency(&key.1).await {
        Ok(concurrency) => {
            lock(&ctx.accounts).insert(key, concurrency);
        }
        Err(failure) => {
            // It is not said as a warning: nothing but two metrics depends on it.
            tracing::debug!(region = key.1, error = %failure, aws_request_id = failure.request_id, "the account's concurrency is not known");
            lock(&ctx.accounts).remove(&key);
        }
    }
}

fn regions<C>(ctx: &Context<C>) -> BTreeSet<String> {
    let fleet = ctx.store.state();
    let endpoints = fleet.iter().filter_map(|guarded| guarded.0.as_ref().ok());
    let active = endpoints.filter(|endpoint| !endpoint.spec.suspend);
    active.filter_map(|endpoint| ctx.region(endpoint).map(str::to_owned)).collect()
}
