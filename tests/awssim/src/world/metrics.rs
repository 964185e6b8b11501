//! What CloudWatch knows: one point per minute and metric that had traffic, and none otherwise (AWS-56).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{ById, Millis};

/// The resolution of Lambda's metrics.
pub const MINUTE: Millis = 60_000;

/// Minutes that are kept per metric: a day. AWS keeps 15 days; nothing here asks for more than some hours.
const KEPT: usize = 24 * 60;

/// All metrics of one account and region.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Metrics {
    /// Seconds that pass before a point can be read (AWS-57 says minutes and gives no number); 0 unless set.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub lag_seconds: u64,
    /// Milliseconds by which simulated time is ahead of the clock that callers write their time windows with.
    #[serde(skip)]
    pub ahead: i64,
    /// Points by metric (namespace, name and dimensions in one text) and by the minute in which they began.
    #[serde(default)]
    series: ById<BTreeMap<Millis, Point>>,
}

/// All values that were recorded in one minute, or in one period of several minutes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Point {
    /// Of all values.
    pub sum: f64,
    /// The smallest.
    pub min: f64,
    /// The largest.
    pub max: f64,
    /// How many values.
    pub count: u64,
}

/// CloudWatch's standard statistics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Statistic {
    /// Of all values in the period.
    Sum,
    /// Sum by count.
    Average,
    /// The largest value.
    Maximum,
    /// The smallest value.
    Minimum,
    /// How many values.
    SampleCount,
}

/// A span of simulated time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Inclusive.
    pub start: Millis,
    /// Exclusive.
    pub end: Millis,
}

impl Metrics {
    /// Notes one value at `now` for a metric with exactly these dimensions, in any order.
    pub fn record(&mut self, now: Millis, namespace: &str, name: &str, dimensions: &[(&str, &str)], value: f64) {
        let series = self.series.entry(key(namespace, name, dimensions)).or_default();
        let one = Point {
            sum: value,
            min: value,
            max: value,
            count: 1,
        };
        series
            .entry(now - now % MINUTE)
            .and_modify(|point| *point = point.with(one))
            .or_insert(one);
        while series.len() > KEPT {
            series.pop_first();
        }
    }

    /// The points of a metric in a window that are visible at `now`, oldest first, joined to periods of `period` (a multiple of [`MINUTE`]).
    /// A metric with other dimensions is another metric: nothing is summed over dimensions.
    pub fn read(
        &self,
        now: Millis,
        namespace: &str,
        name: &str,
        dimensions: &[(&str, &str)],
        window: Window,
        period: Millis,
    ) -> Vec<(Millis, Point)> {
        let Some(series) = self.series.get(&key(namespace, name, dimensions)) else {
            return Vec::new();
        };
        let mut periods: BTreeMap<Millis, Point> = BTreeMap::new();
        if window.start >= window.end {
            return Vec::new();
        }
        for (&minute, &point) in series.range(window.start..window.end) {
            if minute + self.lag_seconds * 1000 <= now {
                let start = minute - minute % period.max(MINUTE);
                periods
                    .entry(start)
                    .and_modify(|joined| *joined = joined.with(point))
                    .or_insert(point);
            }
        }
        periods.into_iter().collect()
    }

    /// The point of the minute that holds `now`, however late points are seen.
    pub fn minute(&self, now: Millis, namespace: &str, name: &str, dimensions: &[(&str, &str)]) -> Option<Point> {
        self.series
            .get(&key(namespace, name, dimensions))?
            .get(&(now - now % MINUTE))
            .copied()
    }
}

impl Point {
    fn with(self, other: Self) -> Self {
        Self {
            sum: self.sum + other.sum,
            min: self.min.min(other.min),
            max: self.max.max(other.max),
            count: self.count + other.count,
        }
    }

    /// One statistic of the values.
    #[allow(clippy::cast_precision_loss)] // Counts of simulated calls stay far below 2^52.
    pub fn statistic(&self, statistic: Statistic) -> f64 {
        match statistic {
            Statistic::Sum => self.sum,
            Statistic::Average => self.sum / self.count.max(1) as f64,
            Statistic::Maximum => self.max,
            Statistic::Minimum => self.min,
            Statistic::SampleCount => self.count as f64,
        }
    }
}

impl Statistic {
    /// From CloudWatch's name of it; percentiles are not kept.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "Sum" => Self::Sum,
            "Average" => Self::Average,
            "Maximum" => Self::Maximum,
            "Minimum" => Self::Minimum,
            "SampleCount" => Self::SampleCount,
            _ => return None,
        })
    }
}

/// One text per metric, the dimensions by name.
fn key(namespace: &str, name: &str, dimensions: &[(&str, &str)]) -> String {
    let mut dimensions: Vec<_> = dimensions.iter().map(|(name, value)| format!("{name}={value}")).collect();
    dimensions.sort();
    format!("{namespace} {name} {}", dimensions.join(","))
}

#[allow(clippy::trivially_copy_pass_by_ref)] // The signature that serde asks for.
fn is_zero(seconds: &u64) -> bool {
    *seconds == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Window = Window {
        start: 0,
        end: 10 * MINUTE,
    };
    const DIMENSIONS: [(&str, &str); 2] = [("FunctionName", "f"), ("Resource", "f:live")];

    fn recorded() -> Metrics {
        let mut metrics = Metrics::default();
        for (at, value) in [(0, 1.0), (30_000, 3.0), (MINUTE, 5.0)] {
            metrics.record(at, "AWS/Lambda", "Duration", &DIMENSIONS, value);
        }
        metrics
    }

    fn read(metrics: &Metrics, now: Millis, window: Window, period: Millis) -> Vec<(Millis, Point)> {
        metrics.read(now, "AWS/Lambda", "Duration", &DIMENSIONS, window, period)
    }

    #[test]
    fn values_of_one_minute_are_one_point() {
        let points = read(&recorded(), MINUTE, ALL, MINUTE);
        assert_eq!(
            points,
            [
                (
                    0,
                    Point {
                        sum: 4.0,
                        min: 1.0,
                        max: 3.0,
                        count: 2
                    }
                ),
                (
                    MINUTE,
                    Point {
                        sum: 5.0,
                        min: 5.0,
                        max: 5.0,
                        count: 1
                    }
                )
            ]
        );
        assert_eq!(points[0].1.statistic(Statistic::Average).to_string(), "2");
    }

    #[test]
    fn a_longer_period_joins_minutes() {
        assert_eq!(
            read(&recorded(), MINUTE, ALL, 5 * MINUTE),
            [(
                0,
                Point {
                    sum: 9.0,
                    min: 1.0,
                    max: 5.0,
                    count: 3
                }
            )]
        );
    }

    #[test]
    fn the_window_includes_its_start_and_excludes_its_end() {
        let points = read(&recorded(), MINUTE, Window { start: 0, end: MINUTE }, MINUTE);
        assert_eq!(points.iter().map(|(at, _)| *at).collect::<Vec<_>>(), [0]);
    }

    #[test]
    fn a_point_is_unseen_until_the_lag_has_passed() {
        let mut metrics = recorded();
        metrics.lag_seconds = 120;
        assert_eq!(read(&metrics, 119_999, ALL, MINUTE).len(), 0);
        assert_eq!(read(&metrics, 120_000, ALL, MINUTE).len(), 1);
        assert_eq!(read(&metrics, 180_000, ALL, MINUTE).len(), 2);
    }

    #[test]
    fn the_order_of_dimensions_does_not_matter_but_each_of_them_does() {
        let metrics = recorded();
        let swapped = [DIMENSIONS[1], DIMENSIONS[0]];
        assert_eq!(metrics.read(MINUTE, "AWS/Lambda", "Duration", &swapped, ALL, MINUTE).len(), 2);
        assert_eq!(metrics.read(MINUTE, "AWS/Lambda", "Duration", &swapped[1..], ALL, MINUTE).len(), 0);
    }
}
