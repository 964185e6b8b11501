//! Alerts about the operator, and about what it needs of AWS and Kubernetes.

use super::alert::{Alert, Group, Impact, Severity};
use super::promql::{OPERATOR, Series, controller, rate_by};
use super::thresholds;
use crate::metrics::CONTROLLER;
use crate::metrics::table::{self, Metric};

/// Alerts about the operator.
pub fn group() -> Group {
    Group {
        name: "warmlambda.operator",
        alerts: [alive(), working(), kubernetes()].concat(),
    }
}

/// Alerts about what AWS answers.
pub fn aws_group() -> Group {
    Group {
        name: "warmlambda.aws",
        alerts: [requests(), limits()].concat(),
    }
}

/// Answers of AWS that are no failure of the operator's: what does not exist, and what somebody else was faster with.
pub const EXPECTED_CODES: &str = "ok|.*NotFound.*|.*Conflict.*|ResourceInUse.*|PreconditionFailed.*";
/// Answers of the API server that are.
pub const KUBERNETES_FAILURES: &str = "401|403|429|5..|<error>";

fn alive() -> Vec<Alert> {
    let (build, leader) = (Series::of(&table::BUILD_INFO), Series::of(&table::LEADER));
    vec![
        Alert {
            name: "WarmLambdaOperatorDown",
            pending: "5m",
            severity: Severity::Critical,
            impact: Impact::Critical,
            expr: format!("absent({build})"),
            summary: "No warmlambda operator is scraped",
            description: "Prometheus has seen no replica of the operator for 5 minutes: nobody rolls versions out, corrects drift or watches the \
                          endpoints, and all other alerts about them are silent. Functions go on as they are. Look first whether pods run: kubectl get \
                          pods -A -l app.kubernetes.io/name=warmlambda; if they do, Prometheus does not find them.",
        },
        // The name is everybody's who uses controller-runtime: ours are those of targets that also say what is built.
        Alert {
            name: "WarmLambdaNoLeader",
            pending: "5m",
            severity: Severity::Critical,
            impact: Impact::Critical,
            expr: format!("max by ({OPERATOR}) ({leader} and on (cluster, job, instance) {build}) == 0"),
            summary: "No replica of the warmlambda operator in {{ $labels.namespace }} leads",
            description: "Replicas of job {{ $labels.job }} run, and none of them holds the lease: nothing is reconciled, and the endpoints have no \
                          metrics. Functions go on as they are. Look first at the lease: kubectl -n {{ $labels.namespace }} get lease, and at the \
                          operator's log for why it is not taken.",
        },
    ]
}

fn working() -> Vec<Alert> {
    let passes = controller(&table::RECONCILE_TOTAL);
    let errors = share(passes.clone().with("result", "error"), passes, "10m", OPERATOR);
    let undecodable = Series::of(&table::UNDECODABLE);
    let waits = rate_by(
        &format!("{OPERATOR}, le"),
        &Series::buckets(&table::QUEUE_SECONDS).with("name", CONTROLLER),
        "10m",
    );
    let (too_many, too_long) = (thresholds::RECONCILE_ERRORS, thresholds::QUEUE_SECONDS);
    vec![
        Alert {
            name: "WarmLambdaReconcileErrors",
            pending: "15m",
            severity: Severity::Warning,
            impact: Impact::Warning,
            expr: format!("{errors} > {too_many}"),
            summary: "{{ $value | humanizePercentage }} of the passes of the warmlambda operator in {{ $labels.namespace }} fail",
            description: "{{ $value | humanizePercentage }} of the passes of job {{ $labels.job }} end with a call that failed. Look first whether it \
                          is AWS or the API server, and whether it is one endpoint or all: rows AWS and controller of the dashboard, then kubectl get \
                          wle -A.",
        },
        Alert {
            name: "WarmLambdaReconcileQueueSlow",
            pending: "15m",
            severity: Severity::Warning,
            impact: Impact::Warning,
            expr: format!("histogram_quantile(0.9, {waits}) > {too_long}"),
            summary: "Endpoints of the warmlambda operator in {{ $labels.namespace }} wait {{ $value | humanizeDuration }} for their turn",
            description: "One in ten endpoints that are due waits longer than {{ $value | humanizeDuration }} for a free place in job {{ $labels.job \
                          }}: changes are seen late. Look first whether passes are slow, because AWS throttles or answers slowly, or many: row \
                          controller of the dashboard.",
        },
        Alert {
            name: "WarmLambdaUndecodableEndpoints",
            pending: "15m",
            severity: Severity::Warning,
            impact: Impact::None,
            expr: format!("max by ({OPERATOR}) ({undecodable}) > 0"),
            summary: "{{ $value }} WarmLambdaEndpoints do not parse and are left alone",
            description: "The operator in {{ $labels.namespace }} cannot read {{ $value }} objects: nothing is done for them, and they have no \
                          metrics. Most often the CRD is newer or older than the operator. Look first which: its log says \"does not parse\" with \
                          namespace and name.",
        },
    ]
}

fn kubernetes() -> Vec<Alert> {
    let writes = Series::of(&table::STATUS_WRITES);
    let lost = share(
        writes.clone().matching("result", "=~", "conflict|failed"),
        writes.matching("result", "!=", "skipped"),
        "15m",
        OPERATOR,
    );
    let requests = Series::of(&table::REST_REQUESTS).matching("code", "=~", KUBERNETES_FAILURES);
    let build = Series::of(&table::BUILD_INFO);
    let (too_many, refused) = (thresholds::STATUS_WRITES, thresholds::KUBERNETES_FAILURES);
    vec![
        Alert {
            name: "WarmLambdaStatusWritesFailing",
            pending: "15m",
            severity: Severity::Warning,
            impact: Impact::Warning,
            expr: format!("{lost} > {too_many}"),
            summary: "{{ $value | humanizePercentage }} of the status writes of the warmlambda operator in {{ $labels.namespace }} fail",
            description: "The API server does not take what job {{ $labels.job }} says about its endpoints: what kubectl, Argo CD and Flux see is \
                          old. Look first at the operator's log for \"apply the status\": a conflict is a second writer, a refusal is RBAC, an \
                          admission webhook or an older CRD.",
        },
        Alert {
            name: "WarmLambdaKubernetesRequestsFailing",
            pending: "15m",
            severity: Severity::Warning,
            impact: Impact::Warning,
            expr: format!("sum by ({OPERATOR}) (increase({requests}[5m]) and on (cluster, job, instance) {build}) > {refused}"),
            summary: "The API server refuses requests of the warmlambda operator in {{ $labels.namespace }}",
            description: "Requests of job {{ $labels.job }} to the Kubernetes API are refused or unanswered, {{ $value | humanize }} within 5 minutes: \
                          it may not see changes, or may lose its lease. Look first at its log for the verb that is denied; 403 is RBAC, 401 the \
                          token, 429 and 5xx the API server.",
        },
    ]
}

fn requests() -> Vec<Alert> {
    let all = Series::of(&table::AWS_REQUESTS);
    let not_cloudwatch = all.clone().matching("service", "!=", "cloudwatch");
    let failing = share(
        not_cloudwatch.clone().matching("code", "!~", EXPECTED_CODES),
        not_cloudwatch,
        "10m",
        OPERATOR,
    );
    let throttled = share(
        Series::of(&table::AWS_THROTTLED),
        all.clone(),
        "10m",
        &format!("{OPERATOR}, service"),
    );
    let (most, some) = (thresholds::AWS_FAILING, thresholds::AWS_THROTTLED);
    vec![
        Alert {
            name: "WarmLambdaAWSRequestsFailing",
            pending: "10m",
            severity: Severity::Critical,
            impact: Impact::Critical,
            expr: format!("{failing} > {most}"),
            summary: "{{ $value | humanizePercentage }} of the requests of the warmlambda operator in {{ $labels.namespace }} to AWS fail",
            description: "Job {{ $labels.job }} gets no useful answers from AWS, so that it neither sees nor mends anything, for all endpoints at \
                          once. Functions go on as they are. Look first at the codes in row AWS of the dashboard: credentials or a denied role, the \
                          network, or AWS itself.",
        },
        Alert {
            name: "WarmLambdaAWSThrottled",
            pending: "15m",
            severity: Severity::Warning,
            impact: Impact::Warning,
            expr: format!("{throttled} > {some}"),
            summary: "AWS throttles {{ $value | humanizePercentage }} of the {{ $labels.service }} requests of the warmlambda operator",
            description: "Somebody uses up the account's request quota of {{ $labels.service }}, so that job {{ $labels.job }} has to wait, and others \
                          do as well. Look first who else calls it: CloudTrail, or a deployment that runs now. Else lower the operator's \
                          --aws-quota-share.",
        },
    ]
}

fn limits() -> Vec<Alert> {
    let cloudwatch = Series::of(&table::AWS_REQUESTS).with("service", "cloudwatch");
    let failing = share(cloudwatch.clone().matching("code", "!=", "ok"), cloudwatch, "15m", "cluster, job");
    let age = Series::of(&table::METRICS_AGE);
    let (some, old) = (thresholds::CLOUDWATCH_FAILING, thresholds::METRICS_AGE);
    let [free, limit] = [&table::ACCOUNT_UNRESERVED, &table::ACCOUNT_LIMIT].map(of_account);
    let (kept, share) = (thresholds::ACCOUNT_KEPT, thresholds::ACCOUNT_FREE);
    vec![
        Alert {
            name: "WarmLambdaMetricsStale",
            pending: "15m",
            severity: Severity::Warning,
            impact: Impact::Warning,
            expr: format!("{failing} > {some}\nor\nmax by (cluster, job) ({age}) > {old}"),
            summary: "The warmlambda operator {{ $labels.job }} gets no fresh numbers from CloudWatch",
            description: "Requests of job {{ $labels.job }} to CloudWatch fail, or its newest datapoints are too old: spillover, idle capacity, traffic \
                          past the alias and lagging streams go unseen. Endpoints are rolled out and mended all the same. Look first at condition \
                          MetricsAvailable of an endpoint; most often cloudwatch:GetMetricData is denied.",
        },
        Alert {
            name: "WarmLambdaAccountConcurrencyLow",
            pending: "15m",
            severity: Severity::Warning,
            impact: Impact::None,
            expr: format!("({free} - {kept}) / {limit} < {share}\nand\n{limit} > {kept}"),
            summary: "Account {{ $labels.account }} has little concurrency left in {{ $labels.region }}",
            description: "In {{ $labels.region }}, functions of account {{ $labels.account }} have reserved nearly all concurrency; AWS keeps 100 for \
                          those without a reservation and refuses what goes beyond. More warm capacity will be refused (QuotaExceeded), and functions \
                          may be throttled. Look first who reserves how much, then ask AWS for more.",
        },
    ]
}

/// What part of a counter's growth another one's is; nothing when neither grows.
fn share(part: Series, whole: Series, window: &str, labels: &str) -> String {
    format!("{}\n/\n{}", rate_by(labels, &part, window), rate_by(labels, &whole, window))
}

/// Every replica may say it; it is one number.
fn of_account(metric: &'static Metric) -> String {
    format!("max by (cluster, account, region) ({})", Series::of(metric))
}
