//! What `GetMetricData` asks and answers, whatever the protocol.

use serde_json::Value;

use crate::wire::time::parse_iso;
use crate::world::metrics::{MINUTE, Metrics, Statistic, Window};
use crate::world::{Answer, AwsError, Millis};

/// Queries of one request (AWS-57).
const MOST_QUERIES: usize = 500;
/// Points of one page unless the caller asks for fewer (CloudWatch GetMetricData, `MaxDatapoints`).
const MOST_POINTS: usize = 100_800;

/// A whole request.
pub struct Query {
    metrics: Vec<MetricQuery>,
    window: Window,
    newest_first: bool,
    most_points: usize,
    /// Result and point at which this page begins.
    from: (usize, usize),
}

struct MetricQuery {
    id: String,
    label: String,
    namespace: String,
    name: String,
    dimensions: Vec<(String, String)>,
    period: Millis,
    statistic: Statistic,
    returned: bool,
}

/// One page of answers.
pub struct Page {
    /// One per query, in the order asked.
    pub results: Vec<Series>,
    /// For the next page.
    pub next_token: Option<String>,
}

/// The points of one query.
pub struct Series {
    /// The caller's id of the query.
    pub id: String,
    /// The caller's label, else the metric's name.
    pub label: String,
    /// Epoch seconds in the caller's time, each with its value.
    pub points: Vec<(u64, f64)>,
    /// Whether these are all points of the query; else more come with the next page.
    pub complete: bool,
}

impl Query {
    /// Checks a request as CloudWatch does.
    pub fn read(input: &Value) -> Answer<Self> {
        let queries = input["MetricDataQueries"].as_array().map(Vec::as_slice).unwrap_or_default();
        if queries.is_empty() {
            return Err(missing("MetricDataQueries"));
        }
        if queries.len() > MOST_QUERIES {
            return Err(refused(format!(
                "The collection MetricDataQueries must not have a size greater than {MOST_QUERIES}."
            )));
        }
        let metrics = queries.iter().map(MetricQuery::read).collect::<Answer<Vec<_>>>()?;
        let ids: std::collections::BTreeSet<_> = metrics.iter().map(|metric| &metric.id).collect();
        if ids.len() < metrics.len() {
            return Err(refused("The values for parameter id in MetricDataQueries are not unique."));
        }
        let start = time(&input["StartTime"]).ok_or_else(|| missing("StartTime"))?;
        let end = time(&input["EndTime"]).ok_or_else(|| missing("EndTime"))?;
        if start >= end {
            return Err(refused("The parameter StartTime must be less than the parameter EndTime."));
        }
        let from = match input["NextToken"].as_str() {
            None => (0, 0),
            Some(token) => position(token).ok_or_else(|| AwsError::new(400, "InvalidNextToken", "The next token specified is invalid."))?,
        };
        let most_points = number(&input["MaxDatapoints"])
            .and_then(|n| usize::try_from(n).ok())
            .unwrap_or(MOST_POINTS)
            .clamp(1, MOST_POINTS);
        // The start is rounded down to the minute: such are the points of the last 15 days.
        let window = Window {
            start: start - start % MINUTE,
            end,
        };
        Ok(Self {
            metrics,
            window,
            newest_first: input["ScanBy"] != "TimestampAscending",
            most_points,
            from,
        })
    }

    /// The page that was asked for; a metric without points has empty lists (AWS-56).
    pub fn answer(&self, metrics: &Metrics, now: Millis) -> Answer<Page> {
        let simulated = |at: Millis| at.saturating_add_signed(metrics.ahead);
        let window = Window {
            start: simulated(self.window.start),
            end: simulated(self.window.end),
        };
        let window = Window {
            start: window.start - window.start % MINUTE,
            ..window
        };
        let (mut left, mut results) = (self.most_points, Vec::new());
        for (index, query) in self
            .metrics
            .iter()
            .enumerate()
            .skip(self.from.0)
            .filter(|(_, query)| query.returned)
        {
            if left == 0 {
                return Ok(Page {
                    results,
                    next_token: Some(format!("{index}.0")),
                });
            }
            let skipped = if index == self.from.0 { self.from.1 } else { 0 };
            let all = query.points(metrics, now, window, self.newest_first);
            let points: Vec<_> = all.iter().skip(skipped).take(left).copied().collect();
            let (seen, complete) = (skipped + points.len(), skipped + points.len() >= all.len());
            left -= points.len();
            results.push(Series {
                id: query.id.clone(),
                label: query.label.clone(),
                points,
                complete,
            });
            if !complete {
                return Ok(Page {
                    results,
                    next_token: Some(format!("{index}.{seen}")),
                });
            }
        }
        Ok(Page { results, next_token: None })
    }
}

impl MetricQuery {
    fn read(query: &Value) -> Answer<Self> {
        let id = text(&query["Id"]).filter(|id| id.starts_with(|c: char| c.is_ascii_lowercase()));
        let id = id.ok_or_else(|| refused("The value for parameter MetricDataQueries.member.N.Id must start with a lowercase letter."))?;
        if query.get("Expression").is_some() {
            return Err(refused(format!("Query {id}: awssim does not evaluate expressions.")));
        }
        let (stat, metric) = (&query["MetricStat"], &query["MetricStat"]["Metric"]);
        let (namespace, name) = (
            text(&metric["Namespace"]).ok_or_else(|| missing("Namespace"))?,
            text(&metric["MetricName"]).ok_or_else(|| missing("MetricName"))?,
        );
        let dimensions = metric["Dimensions"].as_array().map(Vec::as_slice).unwrap_or_default().iter();
        let dimensions = dimensions
            .map(|d| Some((text(&d["Name"])?, text(&d["Value"])?)))
            .collect::<Option<Vec<_>>>()
            .ok_or_else(|| missing("Dimensions"))?;
        let period = number(&stat["Period"])
            .filter(|p| *p > 0 && p % 60 == 0)
            .ok_or_else(|| refused("The value for parameter Period must be a multiple of 60."))?;
        let statistic = text(&stat["Stat"])
            .and_then(|stat| Statistic::named(&stat))
            .ok_or_else(|| refused("The value for parameter Stat is not supported."))?;
        let label = text(&query["Label"]).unwrap_or_else(|| name.clone());
        let returned = query["ReturnData"] != false && query["ReturnData"] != "false";
        Ok(Self {
            id,
            label,
            namespace,
            name,
            dimensions,
            period: period * 1000,
            statistic,
            returned,
        })
    }

    fn points(&self, metrics: &Metrics, now: Millis, window: Window, newest_first: bool) -> Vec<(u64, f64)> {
        let dimensions: Vec<_> = self
            .dimensions
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let periods = metrics.read(now, &self.namespace, &self.name, &dimensions, window, self.period);
        // In the caller's time the minutes begin where its own do.
        let seconds = |at: Millis| at.saturating_add_signed(-metrics.ahead) / MINUTE * 60;
        let mut points: Vec<_> = periods
            .into_iter()
            .map(|(at, point)| (seconds(at), point.statistic(self.statistic)))
            .collect();
        if newest_first {
            points.reverse();
        }
        points
    }
}

fn position(token: &str) -> Option<(usize, usize)> {
    let (index, point) = token.split_once('.')?;
    Some((index.parse().ok()?, point.parse().ok()?))
}

/// A timestamp as epoch seconds (whole or not) or in ISO 8601.
fn time(value: &Value) -> Option<Millis> {
    match value {
        Value::String(text) => parse_iso(text),
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Checked to be within the range of dates.
        Value::Number(seconds) => seconds.as_f64().filter(|s| (0.0..1e11).contains(s)).map(|s| (s * 1000.0) as Millis),
        _ => None,
    }
}

/// A number, which the query protocol writes as text.
fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

fn missing(parameter: &str) -> AwsError {
    AwsError::new(400, "MissingParameter", format!("The parameter {parameter} is required."))
}

fn refused(message: impl Into<String>) -> AwsError {
    AwsError::new(400, "ValidationError", message)
}
