//! CloudWatch: what the requests of the whole fleet were like, in few calls. Source: AWS-56, AWS-57.
//!
//! It is billed per metric: $0.01 for a thousand (AWS-57). A sample takes five metrics of an endpoint, three more with streams, two
//! with Kafka, and two for each queue; one every five minutes makes 8,640 of them in 30 days, so an endpoint costs about $0.43 a
//! month, with a stream $0.69. The hours of [`Region::long_utilization`] are asked for about once an hour, for less than a cent.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_sdk_cloudwatch::primitives::DateTime;
use aws_sdk_cloudwatch::types::{Dimension, Metric, MetricDataQuery, MetricDataResult, MetricStat, ScanBy, StatusCode};
use k8s_openapi::jiff::Timestamp;

use super::call::{Operation, unreadable};
use super::clients::Region;
use super::throttle::Pool;
use crate::plan::failure::Failure;
use crate::plan::subject::Subject;
use crate::plan::usage::{LongUtilization, QueueUsage, Usage};

const GET_METRIC_DATA: Operation = Operation {
    name: "cloudwatch:GetMetricData",
    pools: &[Pool::CloudWatch],
};

/// Most queries of a call. Source: AWS-57.
const QUERIES: usize = 500;
/// Points of the last minutes may still be missing. Source: AWS-57.
const LATE: Duration = Duration::from_secs(2 * 60);
/// Length of a datapoint, in seconds: the finest that Lambda's metrics have.
const MINUTE: i32 = 60;
/// Length of a datapoint when hours are asked for, in seconds.
const HOUR: i32 = 3600;

/// A metric that is asked for.
#[derive(Clone, Debug, PartialEq)]
struct Ask {
    /// Place of the endpoint among those that are asked about.
    place: usize,
    what: What,
    namespace: &'static str,
    name: &'static str,
    dimensions: Vec<(&'static str, String)>,
    statistic: &'static str,
}

/// Where the answer goes. Those that speak of queues name the one under which it stands in [`Usage::queues`].
#[derive(Clone, Debug, PartialEq)]
enum What {
    Utilization,
    Spillover,
    Invocations,
    Warm,
    OfFunction,
    Throttles,
    IteratorAge,
    OffsetLag,
    OldestMessage(String),
    FailedMessages(String),
}

/// A span of time, in seconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Window {
    start: i64,
    end: i64,
}

impl Region {
    /// What the last `window` was like for each endpoint, in their order; one that had no traffic is there with nothing in it.
    /// `dead_letters` says where the messages of a queue go that failed too often, where it is known.
    pub async fn usage(
        &self,
        subjects: &[Subject],
        window: Duration,
        dead_letters: impl Fn(&str) -> Option<String>,
    ) -> Result<Vec<Usage>, Failure> {
        let now = since_1970();
        let end = aligned(now.saturating_sub(LATE), MINUTE);
        let window = Window {
            start: end - seconds(window),
            end,
        };
        let usage = Usage {
            since: Timestamp::from_second(window.start).unwrap_or_default(),
            sampled: Timestamp::from_second(seconds(now)).unwrap_or_default(),
            ..Usage::default()
        };
        let mut usages = vec![usage; subjects.len()];
        let asks: Vec<_> = subjects
            .iter()
            .enumerate()
            .flat_map(|(place, subject)| asks(place, subject, &dead_letters))
            .collect();
        let answers = self.answers(&asks, window, MINUTE).await?;
        for (ask, points) in asks.iter().zip(answers) {
            if let (Some(usage), Some(points)) = (usages.get_mut(ask.place), points) {
                add(usage, &ask.what, points);
            }
        }
        Ok(usages)
    }

    /// How busy the warm capacity of each alias (function, alias) was in its busiest hour of the last `window`, in their order.
    pub async fn long_utilization(&self, aliases: &[(String, String)], window: Duration) -> Result<Vec<LongUtilization>, Failure> {
        let now = since_1970();
        let window = Window {
            start: aligned(now, HOUR) - seconds(window),
            end: aligned(now, MINUTE),
        };
        let since = Timestamp::from_second(window.start).unwrap_or_default();
        let asks: Vec<_> = aliases.iter().map(|(function, alias)| utilization(0, function, alias)).collect();
        let answers = self.answers(&asks, window, HOUR).await?.into_iter();
        let busiest = answers.map(|points| points.map(|points| points.largest));
        Ok(busiest.map(|busiest| LongUtilization { busiest, since }).collect())
    }

    /// The answer to each question, in as few calls as there can be; `None` for a metric without a point.
    async fn answers(&self, asks: &[Ask], window: Window, period: i32) -> Result<Vec<Option<Points>>, Failure> {
        let mut answers = vec![None; asks.len()];
        for (batch, answers) in asks.chunks(QUERIES).zip(answers.chunks_mut(QUERIES)) {
            let queries: Vec<_> = batch.iter().enumerate().map(|(n, ask)| query(n, ask, period)).collect();
            let mut token = None;
            loop {
                let call = || {
                    let call = self.cloudwatch.get_metric_data().set_metric_data_queries(Some(queries.clone()));
                    let call = call
                        .start_time(DateTime::from_secs(window.start))
                        .end_time(DateTime::from_secs(window.end));
                    call.scan_by(ScanBy::TimestampDescending).set_next_token(token.clone()).send()
                };
                let page = self.gate.read(GET_METRIC_DATA, &self.gate.region, call).await?;
                for result in page.metric_data_results() {
                    if matches!(result.status_code(), Some(StatusCode::InternalError | StatusCode::Forbidden)) {
                        // Taken for no traffic, it would be evidence of something that nobody saw.
                        return Err(unreadable(GET_METRIC_DATA, &self.gate.region, "a metric could not be read"));
                    }
                    take(answers, result);
                }
                token = page.next_token.filter(|t| !t.is_empty());
                if token.is_none() {
                    break;
                }
            }
        }
        Ok(answers)
    }
}

/// All points of one metric.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Points {
    sum: f64,
    largest: f64,
    /// Value of the newest one.
    newest: f64,
    /// When that was, in seconds since 1970.
    at: i64,
}

impl Points {
    fn of(at: i64, value: f64) -> Self {
        Self {
            sum: value,
            largest: value,
            newest: value,
            at,
        }
    }

    fn with(self, other: Self) -> Self {
        let newer = if other.at > self.at { other } else { self };
        Self {
            sum: self.sum + other.sum,
            largest: self.largest.max(other.largest),
            ..newer
        }
    }
}

/// Adds one page of one metric to its answer. A metric may come on several pages. Source: AWS-68.
fn take(answers: &mut [Option<Points>], result: &MetricDataResult) {
    let place = result.id().and_then(|id| id.strip_prefix('m')?.parse::<usize>().ok());
    let Some(answer) = place.and_then(|place| answers.get_mut(place)) else {
        return;
    };
    let points = result.timestamps().iter().map(DateTime::secs).zip(result.values());
    *answer = points.map(|(at, value)| Points::of(at, *value)).chain(*answer).reduce(Points::with);
}

fn since_1970() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

fn seconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_secs()).unwrap_or(i64::MAX)
}

/// The beginning of the period that a time is in.
fn aligned(time: Duration, period: i32) -> i64 {
    seconds(time) / i64::from(period) * i64::from(period)
}

fn of_lambda(place: usize, what: What, name: &'static str, statistic: &'static str, function: &str, alias: Option<&str>) -> Ask {
    let resource = alias.map(|alias| ("Resource", format!("{function}:{alias}")));
    let dimensions = [("FunctionName", function.to_owned())].into_iter().chain(resource);
    Ask {
        place,
        what,
        namespace: "AWS/Lambda",
        name,
        dimensions: dimensions.collect(),
        statistic,
    }
}

fn utilization(place: usize, function: &str, alias: &str) -> Ask {
    let name = "ProvisionedConcurrencyUtilization";
    of_lambda(place, What::Utilization, name, "Maximum", function, Some(alias))
}

/// Everything that is asked about one endpoint. Source: AWS-56, AWS-97, AWS-112, AWS-113, AWS-117.
fn asks(place: usize, subject: &Subject, dead_letters: &impl Fn(&str) -> Option<String>) -> Vec<Ask> {
    let (function, alias) = (subject.function.as_str(), subject.alias.as_str());
    let of_alias = |what, name, statistic| of_lambda(place, what, name, statistic, function, Some(alias));
    let of_function = |what, name, statistic| of_lambda(place, what, name, statistic, function, None);
    let of_queue = |what, name, arn: &str| Ask {
        place,
        what,
        namespace: "AWS/SQS",
        name,
        dimensions: vec![("QueueName", arn.rsplit(':').next().unwrap_or_default().to_owned())],
        statistic: "Maximum",
    };
    let mut asks = vec![
        utilization(place, function, alias),
        of_alias(What::Spillover, "ProvisionedConcurrencySpilloverInvocations", "Sum"),
        of_alias(What::Invocations, "Invocations", "Sum"),
        of_alias(What::Warm, "ProvisionedConcurrencyInvocations", "Sum"),
        of_function(What::OfFunction, "Invocations", "Sum"),
    ];
    if subject.throttles {
        asks.push(of_function(What::Throttles, "Throttles", "Sum"));
    }
    if subject.iterator_age {
        // The later answer counts: the alias's own, if there is one. Which dimension AWS uses is not documented (AWS-97).
        asks.push(of_function(What::IteratorAge, "IteratorAge", "Maximum"));
        asks.push(of_alias(What::IteratorAge, "IteratorAge", "Maximum"));
    }
    if subject.offset_lag {
        asks.push(of_function(What::OffsetLag, "OffsetLag", "Maximum"));
    }
    for queue in &subject.queues {
        asks.push(of_queue(What::OldestMessage(queue.clone()), "ApproximateAgeOfOldestMessage", queue));
    }
    let dead = subject
        .queues
        .iter()
        .filter_map(|queue| Some((queue.clone(), dead_letters(queue)?)));
    let given_up = subject.destinations.iter().map(|queue| (queue.clone(), queue.clone()));
    for (named, queue) in dead.chain(given_up) {
        asks.push(of_queue(What::FailedMessages(named), "ApproximateNumberOfMessagesVisible", &queue));
    }
    asks
}

fn query(n: usize, ask: &Ask, period: i32) -> MetricDataQuery {
    let dimension = |(name, value): &(&str, String)| Dimension::builder().name(*name).value(value).build();
    let metric = Metric::builder().namespace(ask.namespace).metric_name(ask.name);
    let metric = metric.set_dimensions(Some(ask.dimensions.iter().map(dimension).collect()));
    let stat = MetricStat::builder()
        .metric(metric.build())
        .period(period)
        .stat(ask.statistic)
        .build();
    MetricDataQuery::builder().id(format!("m{n}")).metric_stat(stat).build()
}

/// Adds what one metric says.
fn add(usage: &mut Usage, what: &What, points: Points) {
    match what {
        What::Utilization => usage.utilization = Some(points.largest),
        What::Spillover => usage.spillover = Some(points.sum),
        What::Invocations => usage.invocations = Some(points.sum),
        What::Warm => usage.warm = Some(points.sum),
        What::OfFunction => usage.of_function = Some(points.sum),
        What::Throttles => usage.throttles = Some(points.sum),
        What::IteratorAge => usage.iterator_age = Some(points.largest / 1000.0),
        What::OffsetLag => usage.offset_lag = Some(points.largest),
        What::OldestMessage(named) => queue(usage, named).oldest = Some(points.newest),
        What::FailedMessages(named) => queue(usage, named).failed = Some(points.newest),
    }
    if matches!(what, What::Utilization | What::Spillover | What::Invocations | What::Warm) {
        usage.observed = usage.observed.max(Timestamp::from_second(points.at).ok());
    }
}

fn queue<'a>(usage: &'a mut Usage, named: &str) -> &'a mut QueueUsage {
    usage.queues.entry(named.to_owned()).or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const QUEUE: &str = "arn:aws:sqs:eu-west-1:111122223333:orders";
    const FAILED: &str = "arn:aws:sqs:eu-west-1:111122223333:failed";

    fn subject() -> Subject {
        Subject {
            function: "f".into(),
            alias: "live".into(),
            ..Subject::default()
        }
    }

    fn result(id: &str, points: &[(i64, f64)]) -> MetricDataResult {
        let builder = MetricDataResult::builder().id(id);
        let builder = points
            .iter()
            .fold(builder, |b, (t, v)| b.timestamps(DateTime::from_secs(*t)).values(*v));
        builder.build()
    }

    /// What one metric with these pages adds.
    fn added(what: &What, pages: &[&[(i64, f64)]]) -> Usage {
        let (mut usage, mut answers) = (Usage::default(), [None]);
        for page in pages {
            take(&mut answers, &result("m0", page));
        }
        if let [Some(points)] = answers {
            add(&mut usage, what, points);
        }
        usage
    }

    /// Names and dimensions of what is asked about an endpoint.
    fn names(subject: &Subject) -> Vec<String> {
        let asks = asks(0, subject, &|queue| (queue == QUEUE).then(|| FAILED.to_owned()));
        let name = |ask: &Ask| {
            let dimensions: Vec<_> = ask.dimensions.iter().map(|(_, value)| value.as_str()).collect();
            format!("{} {}", ask.name, dimensions.join(" "))
        };
        asks.iter().map(name).collect()
    }

    #[test]
    fn a_hundred_endpoints_without_event_sources_fit_into_one_call() {
        let all: Vec<_> = (0..100).flat_map(|place| asks(place, &subject(), &|_| None)).collect();
        assert_eq!(all.len(), QUERIES);
        let queries: Vec<_> = all.iter().enumerate().map(|(n, ask)| query(n, ask, MINUTE)).collect();
        let ids: BTreeSet<_> = queries.iter().filter_map(MetricDataQuery::id).collect();
        assert_eq!(ids.len(), QUERIES);
    }

    #[test]
    fn an_endpoint_is_asked_about_by_its_alias_and_by_its_function() {
        assert_eq!(
            names(&subject()),
            [
                "ProvisionedConcurrencyUtilization f f:live",
                "ProvisionedConcurrencySpilloverInvocations f f:live",
                "Invocations f f:live",
                "ProvisionedConcurrencyInvocations f f:live",
                "Invocations f",
            ]
        );
    }

    #[test]
    fn event_sources_add_what_is_worth_knowing_about_them() {
        let with = Subject {
            throttles: true,
            iterator_age: true,
            offset_lag: true,
            queues: BTreeSet::from([QUEUE.to_owned()]),
            ..subject()
        };
        assert_eq!(
            names(&with)[5..],
            [
                "Throttles f",
                "IteratorAge f",
                "IteratorAge f f:live",
                "OffsetLag f",
                "ApproximateAgeOfOldestMessage orders",
                "ApproximateNumberOfMessagesVisible failed",
            ]
        );
    }

    #[test]
    fn an_answer_finds_its_question() {
        let mut answers = [None, None];
        for id in ["m1", "m2", "x0", ""] {
            take(&mut answers, &result(id, &[(60, 1.0)]));
        }
        assert_eq!(answers, [None, Some(Points::of(60, 1.0))]);
    }

    #[test]
    fn the_busiest_minute_counts_and_calls_are_summed_over_all_pages() {
        let usage = added(&What::Utilization, &[&[(120, 0.4), (60, 0.9)], &[(30, 0.5)]]);
        assert_eq!(usage.utilization, Some(0.9));
        let usage = added(&What::Invocations, &[&[(180, 10.0)], &[(60, 5.0)]]);
        assert_eq!(usage.invocations, Some(15.0));
        assert_eq!(usage.observed, Timestamp::from_second(180).ok());
    }

    #[test]
    fn a_metric_without_a_point_is_unknown_and_not_zero() {
        assert_eq!(added(&What::Spillover, &[&[]]), Usage::default());
    }

    #[test]
    fn data_about_the_function_is_none_about_the_alias() {
        assert_eq!(added(&What::OfFunction, &[&[(60, 3.0)]]).observed, None);
    }

    #[test]
    fn the_age_of_records_is_in_seconds() {
        assert_eq!(added(&What::IteratorAge, &[&[(60, 2000.0), (0, 1000.0)]]).iterator_age, Some(2.0));
    }

    #[test]
    fn of_a_queue_the_newest_point_counts() {
        let usage = added(&What::FailedMessages(QUEUE.into()), &[&[(60, 4.0)], &[(120, 1.0)]]);
        let expected = QueueUsage {
            oldest: None,
            failed: Some(1.0),
        };
        assert_eq!(usage.queues[QUEUE], expected);
    }
}
