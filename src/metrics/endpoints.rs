//! The series of the endpoints, computed from the watched objects whenever somebody asks: so they go with the object.

use std::collections::BTreeMap;

use k8s_openapi::jiff::Timestamp;
use kube::ResourceExt;

use super::registry::Sample;
use super::table::{self, Metric};
use crate::api::{ManagementPolicy, Trigger, TriggerKind, WarmLambdaEndpoint};
use crate::plan::drift::Resource;
use crate::plan::traffic;
use crate::plan::usage::Usage;

/// All series of one endpoint.
pub fn samples(endpoint: &WarmLambdaEndpoint, usage: Option<&Usage>, now: Timestamp) -> Vec<Sample> {
    let (namespace, name) = (endpoint.namespace().unwrap_or_default(), endpoint.name_any());
    let sample = |metric: &'static Metric, further: &[&str], value: f64| Sample {
        metric,
        labels: [namespace.as_str(), &name]
            .into_iter()
            .chain(further.iter().copied())
            .map(str::to_owned)
            .collect(),
        value,
    };
    let managed = !endpoint.spec.suspend && endpoint.spec.management_policy == ManagementPolicy::Manage;
    let mut samples = vec![
        sample(&table::ENDPOINT_INFO, &info(endpoint).each_ref().map(String::as_str), 1.0),
        sample(&table::ENDPOINT_MANAGED, &[], f64::from(u8::from(managed))),
    ];
    let Some(status) = &endpoint.status else { return samples };
    for condition in &status.conditions {
        for word in ["True", "False", "Unknown"] {
            let value = f64::from(u8::from(condition.status == word));
            samples.push(sample(&table::ENDPOINT_CONDITION, &[&condition.type_, word], value));
        }
        let since = condition.last_transition_time.0.as_second() as f64;
        samples.push(sample(&table::ENDPOINT_TRANSITION, &[&condition.type_], since));
    }
    if let Some(capacity) = &status.provisioned_concurrency {
        samples.push(sample(&table::CAPACITY_REQUESTED, &[], capacity.requested.into()));
        samples.push(sample(&table::CAPACITY_ALLOCATED, &[], capacity.allocated.into()));
        samples.push(sample(&table::CAPACITY_AVAILABLE, &[], capacity.available.into()));
        let cost = capacity.monthly_cost_dollars.map(|dollars| dollars as f64);
        samples.extend(cost.map(|dollars| sample(&table::CAPACITY_COST, &[], dollars)));
    }
    if let Some(usage) = usage {
        samples.extend(usage.utilization.map(|share| sample(&table::UTILIZATION, &[], share)));
        samples.extend(of_alias(usage, usage.spillover).map(|share| sample(&table::SPILLOVER, &[], share)));
        samples.extend(of_alias(usage, usage.warm).map(|share| sample(&table::WARM_TRAFFIC, &[], share)));
        samples.extend(traffic::share(usage).map(|share| sample(&table::ALIAS_TRAFFIC, &[], share)));
        samples.extend(usage.iterator_age.map(|seconds| sample(&table::ITERATOR_AGE, &[], seconds)));
        samples.extend(usage.throttles.map(|calls| sample(&table::THROTTLES, &[], calls)));
        let age = usage.observed.map(|at| now.duration_since(at).as_secs_f64());
        samples.extend(age.map(|seconds| sample(&table::METRICS_AGE, &[], seconds)));
    }
    samples
}

/// How often what of an endpoint was put right: 0 for everything that it has and that kept as it was.
pub fn drift_samples(endpoint: &WarmLambdaEndpoint, corrections: &BTreeMap<Resource, u64>) -> Vec<Sample> {
    let (namespace, name) = (endpoint.namespace().unwrap_or_default(), endpoint.name_any());
    let mut counts: BTreeMap<Resource, u64> = has(endpoint).into_iter().map(|resource| (resource, 0)).collect();
    counts.extend(corrections);
    let sample = |(resource, count): (Resource, u64)| Sample {
        metric: &table::DRIFT,
        labels: vec![namespace.clone(), name.clone(), resource.as_str().to_owned()],
        value: count as f64,
    };
    counts.into_iter().map(sample).collect()
}

/// What of an endpoint can drift.
fn has(endpoint: &WarmLambdaEndpoint) -> Vec<Resource> {
    let mut has = vec![Resource::Alias, Resource::ProvisionedConcurrency];
    for trigger in endpoint.spec.triggers.iter().filter_map(kind) {
        has.extend(match trigger {
            TriggerKind::RestApi => &[Resource::Permission, Resource::Integration, Resource::Stage][..],
            TriggerKind::HttpApi => &[Resource::Permission, Resource::Integration, Resource::Route, Resource::Stage],
            TriggerKind::EventSource => &[Resource::EventSourceMapping],
        });
    }
    has
}

/// function, alias, function_version, trigger, region, account.
fn info(endpoint: &WarmLambdaEndpoint) -> [String; 6] {
    let status = endpoint.status.clone().unwrap_or_default();
    let mut kinds: Vec<_> = endpoint.spec.triggers.iter().filter_map(kind).collect();
    kinds.sort_by_key(|kind| *kind as u8);
    kinds.dedup();
    let kinds: Vec<_> = kinds.into_iter().map(|kind| format!("{kind:?}")).collect();
    [
        endpoint.spec.function_name.clone(),
        endpoint.spec.alias_name.clone(),
        status.function_version.unwrap_or_default(),
        kinds.join(","),
        status.region.or_else(|| endpoint.spec.region.clone()).unwrap_or_default(),
        status.account.unwrap_or_default(),
    ]
}

fn kind(trigger: &Trigger) -> Option<TriggerKind> {
    let rest_api = trigger.rest_api.as_ref().map(|_| TriggerKind::RestApi);
    let http_api = trigger.http_api.as_ref().map(|_| TriggerKind::HttpApi);
    let event_source = trigger.event_source.as_ref().map(|_| TriggerKind::EventSource);
    rest_api.or(http_api).or(event_source)
}

/// Sums of one window become a share of the requests through the alias; without requests there is none.
fn of_alias(usage: &Usage, part: Option<f64>) -> Option<f64> {
    let invocations = usage.invocations.filter(|n| *n > 0.0)?;
    Some((part.unwrap_or(0.0) / invocations).clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::registry::Registry;
    use serde_json::json;

    fn endpoint() -> WarmLambdaEndpoint {
        serde_json::from_value(json!({
            "apiVersion": "warmlambda.dev/v1alpha1", "kind": "WarmLambdaEndpoint",
            "metadata": {"name": "fir", "namespace": "shop", "uid": "u"},
            "spec": {"functionName": "fir-api", "triggers": [{"name": "public", "restApi": {"apiId": "a1", "stageName": "prod"}}]},
            "status": {
                "functionVersion": "40", "account": "111122223333", "region": "eu-west-1",
                "provisionedConcurrency": {"requested": 3, "allocated": 2, "available": 1, "status": "InProgress", "monthlyCostDollars": 305},
                "conditions": [{"type": "Ready", "status": "False", "reason": "R", "message": "", "lastTransitionTime": "1970-01-01T00:01:40Z"}],
            },
        }))
        .unwrap()
    }

    #[test]
    fn an_endpoint_has_its_series() {
        let usage = Usage {
            utilization: Some(0.5),
            spillover: Some(1.0),
            invocations: Some(4.0),
            warm: Some(3.0),
            of_function: Some(16.0),
            iterator_age: Some(2.5),
            observed: Some(Timestamp::UNIX_EPOCH),
            sampled: Timestamp::UNIX_EPOCH,
            ..Usage::default()
        };
        let now = Timestamp::from_second(90).unwrap();
        let text = Registry::default().text(&samples(&endpoint(), Some(&usage), now));
        for line in [
            r#"warmlambda_endpoint_info{namespace="shop",name="fir",function="fir-api",alias="live",function_version="40",trigger="RestApi",region="eu-west-1",account="111122223333"} 1"#,
            r#"warmlambda_endpoint_status_condition{namespace="shop",name="fir",condition="Ready",status="True"} 0"#,
            r#"warmlambda_endpoint_status_condition{namespace="shop",name="fir",condition="Ready",status="False"} 1"#,
            r#"warmlambda_endpoint_condition_last_transition_timestamp_seconds{namespace="shop",name="fir",condition="Ready"} 100"#,
            r#"warmlambda_endpoint_provisioned_concurrency_allocated{namespace="shop",name="fir"} 2"#,
            r#"warmlambda_endpoint_provisioned_concurrency_utilization_ratio{namespace="shop",name="fir"} 0.5"#,
            r#"warmlambda_endpoint_spillover_ratio{namespace="shop",name="fir"} 0.25"#,
            r#"warmlambda_endpoint_warm_traffic_ratio{namespace="shop",name="fir"} 0.75"#,
            r#"warmlambda_endpoint_alias_traffic_ratio{namespace="shop",name="fir"} 0.25"#,
            r#"warmlambda_endpoint_iterator_age_seconds{namespace="shop",name="fir"} 2.5"#,
            r#"warmlambda_endpoint_provisioned_concurrency_cost_dollars_per_month{namespace="shop",name="fir"} 305"#,
            r#"warmlambda_endpoint_metrics_age_seconds{namespace="shop",name="fir"} 90"#,
        ] {
            assert!(text.lines().any(|l| l == line), "{line} is not in\n{text}");
        }
    }

    #[test]
    fn drift_is_counted_from_zero_for_what_an_endpoint_has() {
        let corrections = BTreeMap::from([(Resource::Integration, 2)]);
        let counts = drift_samples(&endpoint(), &corrections);
        let counts: Vec<_> = counts.iter().map(|s| (s.labels[2].as_str(), s.value)).collect();
        assert_eq!(
            counts,
            [
                ("alias", 0.0),
                ("provisioned_concurrency", 0.0),
                ("permission", 0.0),
                ("integration", 2.0),
                ("stage", 0.0)
            ]
        );
    }

    #[test]
    fn who_suspends_or_observes_an_endpoint_is_not_alarmed_about_it() {
        let managed = |change: fn(&mut WarmLambdaEndpoint)| {
            let mut endpoint = endpoint();
            change(&mut endpoint);
            let samples = samples(&endpoint, None, Timestamp::UNIX_EPOCH);
            samples.iter().find(|s| *s.metric == table::ENDPOINT_MANAGED).map(|s| s.value)
        };
        assert_eq!(managed(|_| ()), Some(1.0));
        assert_eq!(managed(|endpoint| endpoint.spec.suspend = true), Some(0.0));
        assert_eq!(
            managed(|endpoint| endpoint.spec.management_policy = ManagementPolicy::Observe),
            Some(0.0)
        );
    }

    #[test]
    fn the_kinds_of_triggers_are_named_once_each() {
        let mut endpoint = endpoint();
        let source = |name: &str| json!({"name": name, "eventSource": {"uuid": "u"}});
        let http = json!({"name": "http", "httpApi": {"apiId": "a2"}});
        let triggers = json!([source("one"), http, source("two"), endpoint.spec.triggers[0]]);
        endpoint.spec.triggers = serde_json::from_value(triggers).unwrap();
        assert_eq!(info(&endpoint)[3], "RestApi,HttpApi,EventSource");
    }

    #[test]
    fn without_traffic_there_is_no_ratio() {
        let samples = samples(&endpoint(), Some(&Usage::default()), Timestamp::UNIX_EPOCH);
        assert!(
            !samples
                .iter()
                .any(|s| [table::SPILLOVER, table::UTILIZATION, table::METRICS_AGE].contains(s.metric))
        );
    }
}
