//! Alerts about one endpoint. None of them speaks of what is suspended, or observed only.

use super::alert::{Alert, Group, Impact, Severity};
use super::promql::{ENDPOINT, Series, bracketed, condition, held, managed};
use super::thresholds;
use crate::api::ConditionType;
use crate::metrics::table;
use crate::plan::conditions::Status;

/// The alerts in the order in which they matter.
pub fn group() -> Group {
    Group {
        name: "warmlambda.endpoints",
        alerts: [rollouts(), traffic(), records(), lifecycle()].concat(),
    }
}

/// An expression over endpoints, and nothing of those that are left alone.
fn of_managed(expr: &str) -> String {
    format!("{expr}\n{}", managed())
}

fn is_true(kind: ConditionType) -> String {
    format!("{} == 1", held(&condition(kind, Status::True)))
}

fn rollouts() -> Vec<Alert> {
    // Ready=False without Reconciling and Stalled is somebody's wish: suspended, observed, or being deleted.
    let not_ready = format!(
        "{} == 1\nand\n{} == 0",
        held(&condition(ConditionType::Reconciling, Status::True)),
        held(&condition(ConditionType::Ready, Status::True))
    );
    let (info, ready) = (Series::of(&table::ENDPOINT_INFO), condition(ConditionType::Ready, Status::True));
    let without_verdict = format!("max by ({ENDPOINT}) ({info}) unless max by ({ENDPOINT}) ({ready})");
    let [allocated, requested] = [&table::CAPACITY_ALLOCATED, &table::CAPACITY_REQUESTED].map(|metric| held(&Series::of(metric)));
    let stalled = condition(ConditionType::Stalled, Status::True);
    vec![
        Alert {
            name: "WarmLambdaEndpointStalled",
            pending: "5m",
            severity: Severity::Critical,
            impact: Impact::None,
            expr: of_managed(&is_true(ConditionType::Stalled)),
            summary: "{{ $labels.namespace }}/{{ $labels.name }} does not become ready without a person",
            description: "WarmLambdaEndpoint {{ $labels.namespace }}/{{ $labels.name }} is Stalled: something stands in the way that time does not \
                          heal. Read first what: kubectl -n {{ $labels.namespace }} describe wle {{ $labels.name }}; the message of Stalled \
                          names cause and remedy.",
        },
        Alert {
            name: "WarmLambdaEndpointNotReady",
            pending: "15m",
            severity: Severity::Warning,
            impact: Impact::None,
            expr: of_managed(&bracketed(&format!("{not_ready}\nor\n{without_verdict}"))),
            summary: "{{ $labels.namespace }}/{{ $labels.name }} has not been ready for 15 minutes",
            description: "WarmLambdaEndpoint {{ $labels.namespace }}/{{ $labels.name }} has been on its way for longer than a rollout takes (six to \
                          eight minutes), or the operator has said nothing about it at all. Read first why: kubectl -n {{ $labels.namespace }} \
                          describe wle {{ $labels.name }}; the message of Ready names the link that is missing.",
        },
        Alert {
            name: "WarmLambdaAllocationSlow",
            pending: "15m",
            severity: Severity::Warning,
            impact: Impact::None,
            expr: of_managed(&format!("{allocated}\n<\n{requested}\nunless max by ({ENDPOINT}) ({stalled}) == 1")),
            summary: "AWS has not allocated the warm capacity of {{ $labels.namespace }}/{{ $labels.name }} for 15 minutes",
            description: "AWS has allocated {{ $value }} warm environments of WarmLambdaEndpoint {{ $labels.namespace }}/{{ $labels.name }}, fewer \
                          than were asked for. Requests beyond them start cold. Read first what AWS says: kubectl -n {{ $labels.namespace }} \
                          describe wle {{ $labels.name }}, condition CapacityReady.",
        },
    ]
}

fn traffic() -> Vec<Alert> {
    let [spillover, traffic] = [&table::SPILLOVER, &table::ALIAS_TRAFFIC].map(|metric| held(&Series::of(metric)));
    let past = held(&condition(ConditionType::TrafficOnAlias, Status::False));
    let utilization = Series::of(&table::UTILIZATION);
    let (cold, enough, idle) = (thresholds::SPILLOVER, thresholds::ALIAS_TRAFFIC, thresholds::IDLE);
    vec![
        Alert {
            name: "WarmLambdaSpillover",
            pending: "10m",
            severity: Severity::Warning,
            impact: Impact::None,
            expr: of_managed(&format!("{spillover} > {cold}")),
            summary: "{{ $value | humanizePercentage }} of the requests of {{ $labels.namespace }}/{{ $labels.name }} start cold",
            description: "{{ $value | humanizePercentage }} of the requests through the alias of WarmLambdaEndpoint {{ $labels.namespace }}/{{ \
                          $labels.name }} found no warm environment. Compare first demand and capacity on the dashboard, then raise the number: \
                          kubectl -n {{ $labels.namespace }} scale wle/{{ $labels.name }} --replicas=N, and in Git.",
        },
        // The operator's own verdict goes along: it forgives a few requests, and callers that were moved a moment ago.
        Alert {
            name: "WarmLambdaTrafficBypassesAlias",
            pending: "30m",
            severity: Severity::Warning,
            impact: Impact::None,
            expr: of_managed(&format!("{traffic} < {enough}\nand\n{past} == 1")),
            summary: "Only {{ $value | humanizePercentage }} of the requests of {{ $labels.namespace }}/{{ $labels.name }} come through the alias",
            description: "The others reach the function of WarmLambdaEndpoint {{ $labels.namespace }}/{{ $labels.name }} past its alias: they are \
                          never warm, and warm capacity is paid for in vain. Read first who calls it: kubectl -n {{ $labels.namespace }} describe \
                          wle {{ $labels.name }}, condition TrafficOnAlias.",
        },
        // The condition and not the ratio: without requests CloudWatch has no ratio, and that is the idlest of all.
        Alert {
            name: "WarmLambdaCapacityIdle",
            pending: "24h",
            severity: Severity::Info,
            impact: Impact::None,
            expr: of_managed(&format!(
                "{}\nunless max by ({ENDPOINT}) (max_over_time({utilization}[1d])) >= {idle}",
                is_true(ConditionType::CapacityIdle)
            )),
            summary: "The warm capacity of {{ $labels.namespace }}/{{ $labels.name }} has been idle for a day",
            description: "For 24 hours less than a tenth of the warm capacity of WarmLambdaEndpoint {{ $labels.namespace }}/{{ $labels.name }} was \
                          busy, and all of it is paid for. Read first what it costs: kubectl -n {{ $labels.namespace }} describe wle {{ \
                          $labels.name }}, condition CapacityIdle.",
        },
    ]
}

fn records() -> Vec<Alert> {
    let age = held(&Series::of(&table::ITERATOR_AGE));
    let (old, loss) = (thresholds::ITERATOR_AGE, thresholds::ITERATOR_AGE_LOSS);
    vec![
        Alert {
            name: "WarmLambdaRecordsFailing",
            pending: "15m",
            severity: Severity::Warning,
            impact: Impact::None,
            expr: of_managed(&is_true(ConditionType::RecordsFailing)),
            summary: "The function of {{ $labels.namespace }}/{{ $labels.name }} fails on the records of a stream or queue",
            description: "An event source mapping of WarmLambdaEndpoint {{ $labels.namespace }}/{{ $labels.name }} hands records over and the \
                          function fails on them; a stream stands still at the batch meanwhile. Read first which mapping and what AWS says: kubectl \
                          -n {{ $labels.namespace }} describe wle {{ $labels.name }}, condition RecordsFailing; then the function's log.",
        },
        Alert {
            name: "WarmLambdaIteratorAgeHigh",
            pending: "15m",
            severity: Severity::Warning,
            impact: Impact::None,
            expr: of_managed(&format!("{age} > {old}")),
            summary: "The records of {{ $labels.namespace }}/{{ $labels.name }} are {{ $value | humanizeDuration }} old when they are processed",
            description: "The function of WarmLambdaEndpoint {{ $labels.namespace }}/{{ $labels.name }} lags {{ $value | humanizeDuration }} behind \
                          its stream. Look first whether it fails or is too slow: kubectl -n {{ $labels.namespace }} describe wle {{ $labels.name }}, \
                          condition RecordsFailing, and the iterator age on the dashboard.",
        },
        Alert {
            name: "WarmLambdaRecordsNearExpiry",
            pending: "5m",
            severity: Severity::Critical,
            impact: Impact::None,
            expr: of_managed(&format!("{age} > {loss}")),
            summary: "Records of {{ $labels.namespace }}/{{ $labels.name }} are {{ $value | humanizeDuration }} old and are lost after 24 hours",
            description: "The function of WarmLambdaEndpoint {{ $labels.namespace }}/{{ $labels.name }} lags {{ $value | humanizeDuration }} behind \
                          its stream. DynamoDB keeps records for 24 hours, Kinesis too unless it is told otherwise: then they are gone. Stop the loss \
                          first: mend the function, or let the mapping give up on batches that fail.",
        },
    ]
}

fn lifecycle() -> Vec<Alert> {
    let drift = Series::of(&table::DRIFT);
    let often = thresholds::DRIFT;
    vec![
        Alert {
            name: "WarmLambdaDriftRepeats",
            pending: "15m",
            severity: Severity::Warning,
            impact: Impact::None,
            expr: format!("sum by ({ENDPOINT}, resource) (increase({drift}[1h])) > {often}"),
            summary: "Somebody keeps changing the {{ $labels.resource }} of {{ $labels.namespace }}/{{ $labels.name }}",
            description: "Within an hour the operator put the {{ $labels.resource }} of WarmLambdaEndpoint {{ $labels.namespace }}/{{ $labels.name \
                          }} right {{ $value | humanize }} times: a pipeline, Terraform or a second operator writes the same thing. Look first who: \
                          CloudTrail, write events on the function. One of the two has to stop.",
        },
        Alert {
            name: "WarmLambdaDeletionBlocked",
            pending: "30m",
            severity: Severity::Warning,
            impact: Impact::None,
            expr: of_managed(&is_true(ConditionType::DeletionBlocked)),
            summary: "{{ $labels.namespace }}/{{ $labels.name }} has been waiting to be deleted for 30 minutes",
            description: "The finalizer of WarmLambdaEndpoint {{ $labels.namespace }}/{{ $labels.name }} waits, and its namespace with it; warm \
                          capacity that is left is still paid for. Read first for what: kubectl -n {{ $labels.namespace }} describe wle {{ \
                          $labels.name }}, condition DeletionBlocked.",
        },
    ]
}
