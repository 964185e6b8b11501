//! Numbers by metric and labels, and their text (Prometheus format 0.0.4: what `promtool check metrics` and every scraper read).

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::table::{ALL, Kind, Metric};

/// Series that are kept of one metric; what comes with further label values is counted under `other`. AWS's error codes are the only
/// labels whose values are not ours, and fewer than a hundred of them ever come.
const MOST_SERIES: usize = 1000;

/// One number that is computed when it is asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// Its metric, never a histogram.
    pub metric: &'static Metric,
    /// Values of its labels, in the order of the metric's names.
    pub labels: Vec<String>,
    /// The number.
    pub value: f64,
}

/// Counters, gauges and histograms that are kept from scrape to scrape.
#[derive(Debug, Default)]
pub struct Registry {
    series: Mutex<BTreeMap<&'static str, BTreeMap<Vec<String>, Value>>>,
}

#[derive(Clone, Debug, Default)]
struct Value {
    /// The number of a counter or gauge, the sum of a histogram.
    number: f64,
    count: u64,
    /// Observations up to each bound, not added up.
    buckets: Vec<u64>,
}

impl Registry {
    /// Adds to a counter or gauge; adding 0 makes the series appear.
    pub fn add(&self, metric: &Metric, labels: &[&str], by: f64) {
        self.with(metric, labels, |value| value.number += by);
    }

    /// Makes a histogram appear that has no observation yet.
    pub fn appear(&self, metric: &Metric, labels: &[&str]) {
        let Kind::Histogram(bounds) = metric.kind else { return };
        self.with(metric, labels, |value| value.buckets.resize(bounds.len(), 0));
    }

    /// Sets a gauge.
    pub fn set(&self, metric: &Metric, labels: &[&str], to: f64) {
        self.with(metric, labels, |value| value.number = to);
    }

    /// Counts one observation of a histogram.
    pub fn observe(&self, metric: &Metric, labels: &[&str], size: f64) {
        let Kind::Histogram(bounds) = metric.kind else { return };
        self.with(metric, labels, |value| {
            value.buckets.resize(bounds.len(), 0);
            value.number += size;
            value.count += 1;
            if let Some(bucket) = bounds.iter().position(|bound| size <= *bound) {
                value.buckets[bucket] += 1;
            }
        });
    }

    fn with(&self, metric: &Metric, labels: &[&str], change: impl FnOnce(&mut Value)) {
        debug_assert_eq!(metric.labels.len(), labels.len(), "{}", metric.name);
        let labels: Vec<String> = labels.iter().map(|l| (*l).to_owned()).collect();
        let mut all = self.lock();
        let series = all.entry(metric.name).or_default();
        let known = series.len() < MOST_SERIES || series.contains_key(&labels);
        let labels = if known { labels } else { vec!["other".to_owned(); labels.len()] };
        change(series.entry(labels).or_default());
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<&'static str, BTreeMap<Vec<String>, Value>>> {
        self.series.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The text of everything that is kept and of `computed`, metric by metric in the order of the table.
    pub fn text(&self, computed: &[Sample]) -> String {
        let kept = self.lock().clone();
        let mut text = String::new();
        for metric in ALL {
            let mut lines = String::new();
            for (labels, value) in kept.get(metric.name).into_iter().flatten() {
                series(&mut lines, metric, labels, value);
            }
            for sample in computed.iter().filter(|s| s.metric == metric) {
                line(&mut lines, metric.name, "", &pairs(metric, &sample.labels), sample.value);
            }
            if !lines.is_empty() {
                let help = metric.help.replace('\\', r"\\").replace('\n', r"\n");
                text.push_str(&format!(
                    "# HELP {0} {help}\n# TYPE {0} {1}\n{lines}",
                    metric.name,
                    metric.kind.as_str()
                ));
            }
        }
        text
    }
}

fn series(lines: &mut String, metric: &Metric, labels: &[String], value: &Value) {
    let pairs = pairs(metric, labels);
    let Kind::Histogram(bounds) = metric.kind else {
        return line(lines, metric.name, "", &pairs, value.number);
    };
    let mut up_to = 0;
    for (bound, count) in bounds.iter().zip(&value.buckets) {
        up_to += count;
        let pairs: Vec<_> = pairs.iter().cloned().chain([format!("le=\"{bound}\"")]).collect();
        line(lines, metric.name, "_bucket", &pairs, up_to as f64);
    }
    let all: Vec<_> = pairs.iter().cloned().chain(["le=\"+Inf\"".to_owned()]).collect();
    line(lines, metric.name, "_bucket", &all, value.count as f64);
    line(lines, metric.name, "_sum", &pairs, value.number);
    line(lines, metric.name, "_count", &pairs, value.count as f64);
}

fn pairs(metric: &Metric, labels: &[String]) -> Vec<String> {
    let escape = |value: &String| value.replace('\\', r"\\").replace('"', "\\\"").replace('\n', r"\n");
    metric
        .labels
        .iter()
        .zip(labels)
        .map(|(name, value)| format!("{name}=\"{}\"", escape(value)))
        .collect()
}

fn line(lines: &mut String, name: &str, suffix: &str, pairs: &[String], value: f64) {
    let labels = if pairs.is_empty() {
        String::new()
    } else {
        format!("{{{}}}", pairs.join(","))
    };
    // Writing to a String cannot fail.
    let _ = writeln!(lines, "{name}{suffix}{labels} {value}");
}

#[cfg(test)]
mod tests {
    use super::super::table;
    use super::*;

    #[test]
    fn counters_add_up_and_stand_under_their_help_and_type() {
        let registry = Registry::default();
        registry.add(&table::RECONCILE_ERRORS, &["warmlambdaendpoint"], 1.0);
        registry.add(&table::RECONCILE_ERRORS, &["warmlambdaendpoint"], 2.0);
        let expected = "# HELP controller_runtime_reconcile_errors_total Passes that are repeated because a call failed.\n\
            # TYPE controller_runtime_reconcile_errors_total counter\n\
            controller_runtime_reconcile_errors_total{controller=\"warmlambdaendpoint\"} 3\n";
        assert_eq!(registry.text(&[]), expected);
    }

    #[test]
    fn buckets_of_a_histogram_include_the_smaller_ones() {
        let registry = Registry::default();
        for seconds in [0.02, 0.3, 500.0] {
            registry.observe(&table::RECONCILE_SECONDS, &["c"], seconds);
        }
        let text = registry.text(&[]);
        for line in [
            r#"_bucket{controller="c",le="0.01"} 0"#,
            r#"_bucket{controller="c",le="0.025"} 1"#,
            r#"_bucket{controller="c",le="0.5"} 2"#,
            r#"_bucket{controller="c",le="120"} 2"#,
            r#"_bucket{controller="c",le="+Inf"} 3"#,
            r#"_sum{controller="c"} 500.32"#,
            r#"_count{controller="c"} 3"#,
        ] {
            assert!(
                text.contains(&format!("controller_runtime_reconcile_time_seconds{line}\n")),
                "{line} is not in\n{text}"
            );
        }
    }

    #[test]
    fn the_number_of_series_has_a_bound() {
        let registry = Registry::default();
        for n in 0..MOST_SERIES + 50 {
            registry.add(&table::AWS_REQUESTS, &["lambda", "GetAlias", &format!("Code{n}")], 1.0);
        }
        let text = registry.text(&[]);
        assert!(
            text.contains("{service=\"other\",operation=\"other\",code=\"other\"} 50\n"),
            "{text}"
        );
        assert_eq!(text.lines().count(), 2 + MOST_SERIES + 1);
    }

    #[test]
    fn label_values_are_escaped() {
        let sample = Sample {
            metric: &table::CAPACITY_ALLOCATED,
            labels: vec!["a\"b\\c\nd".into(), "n".into()],
            value: 3.0,
        };
        let text = Registry::default().text(&[sample]);
        assert!(text.ends_with("{namespace=\"a\\\"b\\\\c\\nd\",name=\"n\"} 3\n"), "{text}");
    }

    #[test]
    fn what_has_no_series_is_not_mentioned() {
        assert_eq!(Registry::default().text(&[]), "");
    }
}
