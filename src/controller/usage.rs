//! Samples how busy the warm capacity is, for the whole fleet at once and seldom: CloudWatch is billed per metric.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::channel::mpsc;
use kube::ResourceExt;
use kube::runtime::reflector::ObjectRef;
use tokio::time::{MissedTickBehavior, interval};

use super::context::{Context, Guarded, lock};
use super::leader::leading;
use crate::api::{ConditionType, Reason, WarmLambdaEndpoint};
use crate::aws::Cloud;
use crate::plan::usage::Usage;

/// Samples for as long as this process leads, and asks for a pass over the endpoints for which the news is worth the reads of
/// one: warm capacity ran out, or does no longer. All other numbers reach status with the next pass that is due anyway.
pub async fn sample<C: Cloud>(ctx: Arc<Context<C>>, visits: mpsc::UnboundedSender<ObjectRef<Guarded>>) {
    if ctx.intervals.usage.is_zero() || leading(ctx.claim.clone()).await.is_none() {
        return;
    }
    let mut due = interval(ctx.intervals.usage);
    due.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        due.tick().await;
        for endpoint in refresh(&ctx).await {
            // Fails only when the controller has stopped.
            let _ = visits.unbounded_send(endpoint);
        }
    }
}

/// Asks CloudWatch once per region, and says which endpoints are worth a visit.
async fn refresh<C: Cloud>(ctx: &Context<C>) -> Vec<ObjectRef<Guarded>> {
    let fleet = ctx.store.state();
    let mut regions: BTreeMap<&str, Vec<(&WarmLambdaEndpoint, &Guarded)>> = BTreeMap::new();
    for guarded in &fleet {
        let Ok(endpoint) = &guarded.0 else { continue };
        if endpoint.spec.suspend {
            continue;
        }
        if let Some(region) = ctx.region(endpoint) {
            regions.entry(region).or_default().push((endpoint, guarded.as_ref()));
        }
    }
    let mut fresh = BTreeMap::new();
    let mut visits = Vec::new();
    for (region, endpoints) in regions {
        let aliases: Vec<_> = endpoints.iter().map(|(e, _)| alias(e)).collect();
        let answers = match ctx.cloud.usage(region, &aliases).await {
            Ok(answers) => answers,
            Err(failure) => {
                tracing::warn!(region, %failure, "no sample of CloudWatch");
                keep(&lock(&ctx.usage), &endpoints, &mut fresh);
                continue;
            }
        };
        for (endpoint, guarded) in endpoints {
            let (Some(usage), Some(uid)) = (answers.get(&alias(endpoint)), endpoint.uid()) else {
                continue;
            };
            if is_news(endpoint, usage) {
                visits.push(ObjectRef::from_obj(guarded));
            }
            fresh.insert(uid, usage.clone());
        }
    }
    *lock(&ctx.usage) = fresh;
    visits
}

/// Keeps the last sample of endpoints that could not be asked about; it says itself how old it is.
fn keep(last: &BTreeMap<String, Usage>, endpoints: &[(&WarmLambdaEndpoint, &Guarded)], fresh: &mut BTreeMap<String, Usage>) {
    let uids = endpoints.iter().filter_map(|(endpoint, _)| endpoint.uid());
    fresh.extend(uids.filter_map(|uid| last.get(&uid).map(|usage| (uid, usage.clone()))));
}

fn alias(endpoint: &WarmLambdaEndpoint) -> (String, String) {
    (endpoint.spec.function_name.clone(), endpoint.spec.alias_name.clone())
}

/// Whether requests began to find no warm environment, or no longer do, since status was written.
fn is_news(endpoint: &WarmLambdaEndpoint, usage: &Usage) -> bool {
    let conditions = endpoint.status.iter().flat_map(|s| &s.conditions);
    let said = conditions
        .into_iter()
        .any(|c| c.type_ == ConditionType::CapacitySaturated.as_str() && c.reason == Reason::Spillover.as_str());
    usage.spillover.is_some_and(|n| n > 0.0) != said
}
