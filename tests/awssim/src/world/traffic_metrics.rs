//! What CloudWatch learns from every request (AWS-56).

use super::{Invocation, Metrics, Millis, Region};

const NAMESPACE: &str = "AWS/Lambda";

/// The dimension sets under which Lambda reports one request.
struct Reported {
    function: String,
    resource: String,
    version: String,
}

impl Reported {
    fn new(function: &str, qualifier: Option<&str>, version: &str) -> Self {
        let resource = qualifier.map_or_else(|| function.to_owned(), |qualifier| format!("{function}:{qualifier}"));
        Self {
            function: function.into(),
            resource,
            version: version.into(),
        }
    }

    fn record(&self, metrics: &mut Metrics, now: Millis, name: &str, value: f64) {
        let (function, resource) = (("FunctionName", self.function.as_str()), ("Resource", self.resource.as_str()));
        metrics.record(now, NAMESPACE, name, &[function], value);
        metrics.record(now, NAMESPACE, name, &[function, resource], value);
        metrics.record(
            now,
            NAMESPACE,
            name,
            &[function, resource, ("ExecutedVersion", &self.version)],
            value,
        );
    }
}

impl Region {
    /// A metric of an event source, which Lambda reports by function and by what is called of it (AWS-97).
    pub(crate) fn record_lag(&mut self, function: &str, qualifier: Option<&str>, metric: &str, value: f64) {
        let reported = Reported::new(function, qualifier, "");
        let (function, resource) = (
            ("FunctionName", reported.function.as_str()),
            ("Resource", reported.resource.as_str()),
        );
        self.metrics.record(self.now, NAMESPACE, metric, &[function], value);
        self.metrics.record(self.now, NAMESPACE, metric, &[function, resource], value);
    }

    pub(crate) fn record_throttle(&mut self, function: &str, qualifier: Option<&str>, version: &str) {
        Reported::new(function, qualifier, version).record(&mut self.metrics, self.now, "Throttles", 1.0);
    }

    #[allow(clippy::cast_precision_loss)]
    pub(crate) fn record_invocation(&mut self, function: &str, qualifier: Option<&str>, invocation: &Invocation) {
        let reported = Reported::new(function, qualifier, &invocation.executed_version);
        let now = self.now;
        let Some(found) = self.functions.get(function) else { return };
        let working = |until: &Millis| *until > now;
        let on_demand = found
            .environments
            .iter()
            .filter(|environment| working(&environment.busy_until))
            .count();
        let capacities = || found.provisioned_concurrency.values().filter(|capacity| capacity.warm > 0);
        let provisioned: usize = capacities()
            .map(|capacity| capacity.busy_until.iter().filter(|until| working(until)).count())
            .sum();
        let own = capacities().find(|capacity| capacity.warm_version == invocation.executed_version);
        let own = own.map(|capacity| {
            (
                capacity.busy_until.iter().filter(|until| working(until)).count() as f64,
                f64::from(capacity.warm),
            )
        });
        let mut put = |name: &str, value: f64| reported.record(&mut self.metrics, now, name, value);
        put("Invocations", 1.0);
        put("Errors", if invocation.function_error.is_some() { 1.0 } else { 0.0 });
        put("Throttles", 0.0);
        put("Duration", invocation.duration_ms as f64);
        put("ConcurrentExecutions", (on_demand + provisioned) as f64);
        if let Some((busy, warm)) = own {
            put("ProvisionedConcurrencyInvocations", if invocation.provisioned { 1.0 } else { 0.0 });
            put(
                "ProvisionedConcurrencySpilloverInvocations",
                if invocation.spillover { 1.0 } else { 0.0 },
            );
            put("ProvisionedConcurrentExecutions", busy);
            put("ProvisionedConcurrencyUtilization", busy / warm);
        }
    }
}
