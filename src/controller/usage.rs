//! Samples which way requests come and how busy the warm capacity is, for the whole fleet at once and seldom: CloudWatch is billed
//! per metric.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures::channel::mpsc;
use k8s_openapi::jiff::Timestamp;
use kube::ResourceExt;
use kube::runtime::reflector::ObjectRef;
use tokio::time::{Instant, MissedTickBehavior, interval};
use tracing::Instrument;

use super::context::{Context, lock};
use super::guarded::Guarded;
use super::leader::leading;
use crate::api::{ConditionType, Reason, WarmLambdaEndpoint};
use crate::aws::Cloud;
use crate::metrics::CONTROLLER;
use crate::plan::conditions::{Status, find};
use crate::plan::subject::Subject;
use crate::plan::traffic::{Evidence, evidence};
use crate::plan::usage::{LongUtilization, Usage};

/// Samples for as long as this process leads, and asks for a pass over the endpoints for which the news is worth the reads of
/// one: warm capacity ran out or requests went past the alias, or do no longer. All other numbers reach status with the next pass that is due anyway.
pub async fn sample<C: Cloud>(ctx: Arc<Context<C>>, visits: mpsc::UnboundedSender<ObjectRef<Guarded>>) {
    if ctx.intervals.usage.is_zero() || leading(ctx.claim.clone()).await.is_none() {
        return;
    }
    let mut due = interval(ctx.intervals.usage);
    due.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut hours = Hours::default();
    loop {
        due.tick().await;
        let span = tracing::error_span!("usage", controller = CONTROLLER);
        for endpoint in refresh(&ctx, &mut hours).instrument(span).await {
            // Fails only when the controller has stopped.
            let _ = visits.unbounded_send(endpoint);
        }
    }
}

/// Seconds for which a sample is used when there is no later one: an outage of some minutes says nothing about the traffic.
const KEPT: i64 = 30 * 60;

/// Endpoints of one region.
type Endpoints<'a> = Vec<(&'a WarmLambdaEndpoint, &'a Guarded)>;

/// Asks CloudWatch once per region, and says which endpoints are worth a visit.
async fn refresh<C: Cloud>(ctx: &Context<C>, hours: &mut Hours) -> Vec<ObjectRef<Guarded>> {
    let fleet = ctx.store.state();
    let (mut fresh, mut unsampled) = (BTreeMap::new(), BTreeMap::new());
    let mut visits = Vec::new();
    for (region, endpoints) in by_region(ctx, &fleet) {
        let subjects = subjects(ctx, &endpoints);
        let mut usages = match ctx.cloud.usage(region, &subjects).await {
            Ok(usages) => usages,
            Err(failure) => {
                tracing::warn!(region, error = %failure, aws_request_id = failure.request_id, "no sample of CloudWatch");
                keep(&lock(&ctx.usage), &endpoints, ctx.now(), &mut fresh);
                unsampled.insert(region.to_owned(), failure);
                continue;
            }
        };
        set_apart(&subjects, &mut usages);
        hours.refresh(ctx, region, &endpoints).await;
        for ((endpoint, guarded), mut usage) in endpoints.into_iter().zip(usages) {
            let Some(uid) = endpoint.uid() else { continue };
            usage.long_utilization = hours.of(&uid);
            if is_news(endpoint, &usage) {
                visits.push(ObjectRef::from_obj(guarded));
            }
            fresh.insert(uid, usage);
        }
    }
    hours.forget_all_but(&fresh);
    *lock(&ctx.usage) = fresh;
    *lock(&ctx.unsampled) = unsampled;
    visits
}

fn by_region<'a, C>(ctx: &'a Context<C>, fleet: &'a [Arc<Guarded>]) -> BTreeMap<&'a str, Endpoints<'a>> {
    let mut regions: BTreeMap<&str, Endpoints> = BTreeMap::new();
    for guarded in fleet {
        let Ok(endpoint) = &guarded.0 else { continue };
        if endpoint.spec.suspend {
            continue;
        }
        if let Some(region) = ctx.region(endpoint) {
            regions.entry(region).or_default().push((endpoint, guarded.as_ref()));
        }
    }
    regions
}

fn subjects<C>(ctx: &Context<C>, endpoints: &Endpoints) -> Vec<Subject> {
    let (all, none) = (lock(&ctx.destinations), BTreeSet::new());
    let destinations = |endpoint: &WarmLambdaEndpoint| endpoint.uid().and_then(|uid| all.get(&uid)).unwrap_or(&none);
    endpoints.iter().map(|(e, _)| Subject::of(&e.spec, destinations(e))).collect()
}

/// Takes off what came through the aliases of other endpoints on the same function: those requests are as they should be.
fn set_apart(subjects: &[Subject], usages: &mut [Usage]) {
    let mut through: BTreeMap<&str, BTreeMap<&str, f64>> = BTreeMap::new();
    for (subject, usage) in subjects.iter().zip(usages.iter()) {
        let aliases = through.entry(&subject.function).or_default();
        aliases.insert(&subject.alias, usage.invocations.unwrap_or(0.0));
    }
    for (subject, usage) in subjects.iter().zip(usages) {
        let aliases = through.get(subject.function.as_str()).into_iter().flatten();
        let others: f64 = aliases
            .filter(|(alias, _)| **alias != subject.alias)
            .map(|(_, requests)| requests)
            .sum();
        usage.of_function = usage.of_function.map(|all| (all - others).max(0.0));
    }
}

/// Keeps the last sample of endpoints that could not be asked about, until it is too old to speak of the present.
fn keep(last: &BTreeMap<String, Usage>, endpoints: &Endpoints, now: Timestamp, fresh: &mut BTreeMap<String, Usage>) {
    let uids = endpoints.iter().filter_map(|(endpoint, _)| endpoint.uid());
    let kept = uids.filter_map(|uid| last.get(&uid).map(|usage| (uid, usage.clone())));
    fresh.extend(kept.filter(|(_, usage)| now.as_second() - usage.sampled.as_second() < KEPT));
}

/// Whether requests began to find no warm environment, or to go past the alias, or no longer do, since status was written.
fn is_news(endpoint: &WarmLambdaEndpoint, usage: &Usage) -> bool {
    let conditions = endpoint.status.as_ref().map_or(&[][..], |status| &status.conditions);
    let spills = find(conditions, ConditionType::CapacitySaturated).is_some_and(|c| c.reason == Reason::Spillover.as_str());
    // What was not observed at the last look is not looked at earlier for that.
    let traffic = find(conditions, ConditionType::TrafficOnAlias).filter(|c| c.reason != Reason::Stale.as_str());
    let turns = traffic.is_some_and(|said| (evidence(conditions, usage) == Evidence::Past) != (said.status == Status::False.as_str()));
    usage.spillover.is_some_and(|n| n > 0.0) != spills || turns
}

/// How busy warm capacity was over hours, by uid; asked for now and then, of endpoints that have any.
#[derive(Debug, Default)]
struct Hours(BTreeMap<String, (Instant, LongUtilization)>);

impl Hours {
    /// Asks about those of a region whose answer is missing or old.
    async fn refresh<C: Cloud>(&mut self, ctx: &Context<C>, region: &str, endpoints: &Endpoints<'_>) {
        let now = Instant::now();
        let paid = endpoints.iter().filter(|(e, _)| {
            let status = e.status.as_ref();
            status.is_some_and(|status| status.provisioned_concurrency.is_some())
        });
        let due: Vec<_> = paid
            .filter_map(|(e, _)| Some((e.uid()?, (e.spec.function_name.clone(), e.spec.alias_name.clone()))))
            .filter(|(uid, _)| self.0.get(uid).is_none_or(|(asked, _)| now - *asked >= ctx.intervals.idle))
            .collect();
        if due.is_empty() {
            return;
        }
        let (uids, aliases): (Vec<_>, Vec<_>) = due.into_iter().unzip();
        match ctx.cloud.long_utilization(region, &aliases).await {
            Ok(answers) => self.0.extend(uids.into_iter().zip(answers.into_iter().map(|long| (now, long)))),
            Err(failure) => {
                tracing::warn!(region, error = %failure, aws_request_id = failure.request_id, "CloudWatch was not asked about the last hours")
            }
        }
    }

    fn of(&self, uid: &str) -> Option<LongUtilization> {
        self.0.get(uid).map(|(_, long)| *long)
    }

    fn forget_all_but(&mut self, known: &BTreeMap<String, Usage>) {
        self.0.retain(|uid, _| known.contains_key(uid));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn subject(function: &str, alias: &str) -> Subject {
        Subject {
            function: function.into(),
            alias: alias.into(),
            ..Subject::default()
        }
    }

    fn usage(through: f64, all: f64) -> Usage {
        Usage {
            invocations: Some(through),
            of_function: Some(all),
            ..Usage::default()
        }
    }

    #[test]
    fn requests_through_the_alias_of_another_endpoint_do_not_bypass_this_one() {
        let subjects = [subject("fir", "live"), subject("fir", "beta"), subject("pine", "live")];
        let mut usages = [usage(60.0, 100.0), usage(30.0, 100.0), usage(5.0, 5.0)];
        set_apart(&subjects, &mut usages);
        let all = usages.map(|usage| usage.of_function);
        assert_eq!(all, [Some(70.0), Some(40.0), Some(5.0)]);
    }

    #[test]
    fn a_sample_is_kept_for_half_an_hour_when_there_is_no_other() {
        let mut endpoint = endpoint(&[]);
        endpoint.metadata.uid = Some("u".into());
        let guarded = Guarded(Ok(endpoint.clone()));
        let last = BTreeMap::from([("u".to_owned(), usage(1.0, 1.0))]);
        for (seconds, kept) in [(1799, 1), (1800, 0)] {
            let mut fresh = BTreeMap::new();
            keep(
                &last,
                &vec![(&endpoint, &guarded)],
                Timestamp::from_second(seconds).unwrap(),
                &mut fresh,
            );
            assert_eq!(fresh.len(), kept, "after {seconds} s");
        }
    }

    /// An endpoint whose status has these conditions: type, status, reason.
    fn endpoint(conditions: &[(&str, &str, &str)]) -> WarmLambdaEndpoint {
        let condition = |(kind, status, reason): &(&str, &str, &str)| json!({"type": kind, "status": status, "reason": reason, "message": "", "lastTransitionTime": "2026-11-22T05:00:00Z"});
        let conditions: Vec<_> = conditions.iter().map(condition).collect();
        serde_json::from_value(json!({
            "apiVersion": "warmlambda.dev/v1alpha1", "kind": "WarmLambdaEndpoint", "metadata": {"name": "fir"},
            "spec": {"functionName": "fir-api"}, "status": {"conditions": conditions},
        }))
        .unwrap()
    }

    #[test]
    fn a_turn_of_the_traffic_is_worth_a_visit_and_its_going_on_is_not() {
        let (through, past) = (usage(100.0, 100.0), usage(0.0, 100.0));
        let said = |status, reason| endpoint(&[("TrafficOnAlias", status, reason)]);
        for (said, usage, expected) in [
            (said("True", "Succeeded"), &past, true),
            (said("Unknown", "NoTrafficYet"), &past, true),
            (said("False", "TrafficBypassesAlias"), &past, false),
            (said("False", "TrafficBypassesAlias"), &through, true),
            (said("True", "Succeeded"), &through, false),
            (said("Unknown", "Stale"), &past, false),
            (endpoint(&[]), &past, false),
        ] {
            assert_eq!(is_news(&said, usage), expected, "{:?}", said.status);
        }
    }

    #[test]
    fn the_first_cold_start_is_worth_a_visit() {
        let spilled = Usage {
            spillover: Some(1.0),
            ..Usage::default()
        };
        assert!(is_news(&endpoint(&[]), &spilled));
        assert!(!is_news(&endpoint(&[("CapacitySaturated", "True", "Spillover")]), &spilled));
    }
}
