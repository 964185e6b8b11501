//! CloudWatch: how busy the warm capacity of the whole fleet was, in few calls. Source: AWS-56, AWS-57.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_sdk_cloudwatch::primitives::DateTime;
use aws_sdk_cloudwatch::types::{Dimension, Metric, MetricDataQuery, MetricDataResult, MetricStat, ScanBy};
use k8s_openapi::jiff::Timestamp;

use super::call::Operation;
use super::clients::Region;
use super::throttle::Pool;
use crate::plan::failure::Failure;
use crate::plan::usage::Usage;

const GET_METRIC_DATA: Operation = Operation {
    name: "cloudwatch:GetMetricData",
    pools: &[Pool::CloudWatch],
};

/// Most queries of a call. Source: AWS-57.
const QUERIES: usize = 500;
/// Points of the last minutes may still be missing. Source: AWS-57.
const LATE: Duration = Duration::from_secs(2 * 60);
/// Length of a datapoint, in seconds: the finest that Lambda's metrics have.
const PERIOD: i32 = 60;

/// Letter in the query's id, name and statistic of each metric that is asked for.
const METRICS: [(char, &str, &str); 3] = [
    ('u', "ProvisionedConcurrencyUtilization", "Maximum"),
    ('s', "ProvisionedConcurrencySpilloverInvocations", "Sum"),
    ('i', "Invocations", "Sum"),
];

impl Region {
    /// Usage of each alias (function, alias) in the last `window`; one that had no traffic is there with nothing in it.
    pub async fn usage(&self, aliases: &[(String, String)], window: Duration) -> Result<BTreeMap<(String, String), Usage>, Failure> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let sampled = Timestamp::from_second(seconds(now)).unwrap_or_default();
        let end = seconds(now.saturating_sub(LATE)) / i64::from(PERIOD) * i64::from(PERIOD);
        let start = end - seconds(window);
        let mut usages = Vec::new();
        for batch in aliases.chunks(QUERIES / METRICS.len()) {
            usages.extend(self.usage_of(batch, start, end, sampled).await?);
        }
        Ok(aliases.iter().cloned().zip(usages).collect())
    }

    async fn usage_of(&self, batch: &[(String, String)], start: i64, end: i64, sampled: Timestamp) -> Result<Vec<Usage>, Failure> {
        let mut usages = vec![
            Usage {
                sampled,
                ..Usage::default()
            };
            batch.len()
        ];
        let mut token = None;
        loop {
            let call = || {
                let call = self.cloudwatch.get_metric_data().set_metric_data_queries(Some(queries(batch)));
                let call = call.start_time(DateTime::from_secs(start)).end_time(DateTime::from_secs(end));
                call.scan_by(ScanBy::TimestampDescending).set_next_token(token.clone()).send()
            };
            let page = self.gate.read(GET_METRIC_DATA, &self.gate.region, call).await?;
            for result in page.metric_data_results() {
                add(&mut usages, result);
            }
            token = page.next_token.filter(|t| !t.is_empty());
            if token.is_none() {
                return Ok(usages);
            }
        }
    }
}

fn seconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_secs()).unwrap_or(i64::MAX)
}

fn queries(batch: &[(String, String)]) -> Vec<MetricDataQuery> {
    let dimension = |name: &str, value: String| Dimension::builder().name(name).value(value).build();
    let of_alias = |(index, (function, alias)): (usize, &(String, String))| {
        METRICS.map(|(letter, name, statistic)| {
            let metric = Metric::builder().namespace("AWS/Lambda").metric_name(name);
            let metric = metric.dimensions(dimension("FunctionName", function.clone()));
            let metric = metric.dimensions(dimension("Resource", format!("{function}:{alias}")));
            let stat = MetricStat::builder().metric(metric.build()).period(PERIOD).stat(statistic).build();
            MetricDataQuery::builder().id(format!("{letter}{index}")).metric_stat(stat).build()
        })
    };
    batch.iter().enumerate().flat_map(of_alias).collect()
}

/// Adds one page of one metric. A metric may come on several pages.
fn add(usages: &mut [Usage], result: &MetricDataResult) {
    let mut id = result.id().unwrap_or_default().chars();
    let letter = id.next();
    let Some(usage) = id.as_str().parse::<usize>().ok().and_then(|index| usages.get_mut(index)) else {
        return;
    };
    let (values, newest) = (result.values(), result.timestamps().iter().max());
    if values.is_empty() {
        return;
    }
    let sum = || values.iter().sum::<f64>();
    match letter {
        Some('u') => usage.utilization = values.iter().copied().chain(usage.utilization).reduce(f64::max),
        Some('s') => usage.spillover = Some(usage.spillover.unwrap_or(0.0) + sum()),
        Some('i') => usage.invocations = Some(usage.invocations.unwrap_or(0.0) + sum()),
        _ => return,
    }
    let newest = newest.and_then(|time| Timestamp::from_second(time.secs()).ok());
    usage.observed = usage.observed.max(newest);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result(id: &str, points: &[(i64, f64)]) -> MetricDataResult {
        let builder = MetricDataResult::builder().id(id);
        let builder = points
            .iter()
            .fold(builder, |b, (t, v)| b.timestamps(DateTime::from_secs(*t)).values(*v));
        builder.build()
    }

    #[test]
    fn a_batch_of_aliases_fits_into_one_call() {
        let aliases = vec![("f".to_owned(), "live".to_owned()); QUERIES / METRICS.len()];
        let queries = queries(&aliases);
        assert_eq!(queries.len(), 498);
        let ids: std::collections::BTreeSet<_> = queries.iter().filter_map(MetricDataQuery::id).collect();
        assert_eq!(ids.len(), 498);
        let stat = queries[1].metric_stat().unwrap();
        let dimensions: Vec<_> = stat.metric().unwrap().dimensions().iter().filter_map(Dimension::value).collect();
        assert_eq!(dimensions, ["f", "f:live"]);
    }

    #[test]
    fn the_busiest_minute_counts_and_calls_are_summed() {
        let mut usages = [Usage::default()];
        add(&mut usages, &result("u0", &[(120, 0.4), (60, 0.9)]));
        add(&mut usages, &result("i0", &[(180, 10.0)]));
        add(&mut usages, &result("i0", &[(60, 5.0)]));
        assert_eq!(usages[0].utilization, Some(0.9));
        assert_eq!(usages[0].invocations, Some(15.0));
        assert_eq!(usages[0].observed, Timestamp::from_second(180).ok());
    }

    #[test]
    fn a_metric_without_a_point_is_unknown_and_not_zero() {
        let mut usages = [Usage::default()];
        add(&mut usages, &result("s0", &[]));
        add(&mut usages, &result("x9", &[(60, 1.0)]));
        assert_eq!(usages[0], Usage::default());
    }
}
