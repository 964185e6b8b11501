//! CloudWatch's numbers: one bucket for every metric, dimension set and minute.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Millis;

/// Length of a bucket.
pub const MINUTE: Millis = 60_000;

/// Everything that was recorded.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Metrics {
    /// One entry for every namespace, name and dimension set, in the order in which they first got a value.
    #[serde(default)]
    pub series: Vec<Series>,
}

/// One metric with one set of dimensions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Series {
    /// For instance `AWS/Lambda`.
    pub namespace: String,
    /// For instance `Invocations`.
    pub name: String,
    /// Dimension names and values.
    pub dimensions: BTreeMap<String, String>,
    /// Start of the minute in milliseconds, and what fell into it.
    pub minutes: BTreeMap<Millis, Bucket>,
}

/// What fell into one minute.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Bucket {
    /// Of all values.
    pub sum: f64,
    /// Smallest value.
    pub min: f64,
    /// Largest value.
    pub max: f64,
    /// Number of values.
    pub count: u64,
}

impl Metrics {
    /// Adds one value.
    pub fn record(&mut self, now: Millis, namespace: &str, name: &str, dimensions: &[(&str, &str)], value: f64) {
        let dimensions: BTreeMap<String, String> = dimensions.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect();
        let found = self
            .series
            .iter()
            .position(|s| s.name == name && s.namespace == namespace && s.dimensions == dimensions);
        let index = found.unwrap_or_else(|| {
            self.series.push(Series {
                namespace: namespace.into(),
                name: name.into(),
                dimensions,
                minutes: BTreeMap::new(),
            });
            self.series.len() - 1
        });
        let bucket = self.series[index].minutes.entry(now / MINUTE * MINUTE);
        let bucket = bucket.or_insert(Bucket {
            sum: 0.0,
            min: value,
            max: value,
            count: 0,
        });
        bucket.sum += value;
        bucket.min = bucket.min.min(value);
        bucket.max = bucket.max.max(value);
        bucket.count += 1;
    }

    /// The bucket of the minute that holds `now`, when anything fell into it.
    pub fn minute(&self, now: Millis, namespace: &str, name: &str, dimensions: &[(&str, &str)]) -> Option<Bucket> {
        let wanted: BTreeMap<String, String> = dimensions.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect();
        let series = self
            .series
            .iter()
            .find(|s| s.name == name && s.namespace == namespace && s.dimensions == wanted)?;
        series.minutes.get(&(now / MINUTE * MINUTE)).copied()
    }
}
