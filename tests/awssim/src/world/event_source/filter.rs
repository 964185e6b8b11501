//! Filter criteria: which records a mapping passes on to its function.
//!
//! Modelled: equality lists (`["a", 1, null]`), `prefix`, `suffix`, `exists`, `anything-but` and `numeric` comparisons on members at any depth, of which
//! all must hold, and several patterns, of which one must hold. The record is `{"data": ..}` for Kinesis, `{"body": ..}` for SQS,
//! `{"value": .., "key": ..}` for Kafka and the record itself for DynamoDB. What is not modelled (`$or`, `wildcard`, `cidr`,
//! `equals-ignore-case`) matches nothing.

use serde_json::{Value, json};

use super::source::SourceKind;

/// Parsed patterns of a mapping; none lets everything pass.
#[derive(Clone, Debug, Default)]
pub(super) struct Filter {
    patterns: Vec<Value>,
    kind: Option<SourceKind>,
}

impl Filter {
    /// Reads patterns; one that is no JSON matches nothing.
    pub fn new(patterns: &[String], kind: SourceKind) -> Self {
        Self {
            patterns: patterns.iter().map(|text| serde_json::from_str(text).unwrap_or_default()).collect(),
            kind: Some(kind),
        }
    }

    /// Whether a record goes to the function.
    pub fn takes(&self, key: &str, data: &str) -> bool {
        if self.patterns.is_empty() {
            return true;
        }
        let parsed = serde_json::from_str(data).unwrap_or_else(|_| Value::String(data.into()));
        let record = match self.kind {
            Some(SourceKind::Kinesis) => json!({ "data": parsed, "partitionKey": key }),
            Some(SourceKind::Sqs) => json!({ "body": parsed }),
            Some(SourceKind::Msk | SourceKind::SelfManagedKafka) => json!({ "value": parsed, "key": key }),
            _ => parsed,
        };
        self.patterns.iter().any(|pattern| holds(pattern, Some(&record)))
    }
}

fn holds(pattern: &Value, value: Option<&Value>) -> bool {
    match pattern {
        Value::Object(members) => members
            .iter()
            .all(|(name, pattern)| holds(pattern, value.and_then(|value| value.get(name)))),
        Value::Array(alternatives) => alternatives.iter().any(|alternative| fits(alternative, value)),
        _ => false,
    }
}

fn fits(alternative: &Value, value: Option<&Value>) -> bool {
    let Some(rule) = alternative.as_object() else {
        return value.is_some_and(|value| is_or_holds(value, alternative));
    };
    let text = value.and_then(Value::as_str);
    let Some((name, operand)) = rule.iter().next() else { return false };
    match name.as_str() {
        "exists" => operand.as_bool() == Some(value.is_some()),
        "prefix" => text.zip(operand.as_str()).is_some_and(|(text, start)| text.starts_with(start)),
        "suffix" => text.zip(operand.as_str()).is_some_and(|(text, end)| text.ends_with(end)),
        "anything-but" => value.is_some_and(|value| match operand {
            Value::Array(excluded) => !excluded.contains(value),
            excluded => excluded != value,
        }),
        "numeric" => value.and_then(Value::as_f64).is_some_and(|number| in_range(operand, number)),
        _ => false,
    }
}

/// A list holds when one of its members does.
fn is_or_holds(value: &Value, wanted: &Value) -> bool {
    value == wanted || value.as_array().is_some_and(|members| members.contains(wanted))
}

fn in_range(operand: &Value, number: f64) -> bool {
    let rules = operand.as_array().map(Vec::as_slice).unwrap_or_default();
    !rules.is_empty()
        && rules.chunks(2).all(|rule| {
            let [operator, bound] = rule else { return false };
            let Some(bound) = bound.as_f64() else { return false };
            match operator.as_str() {
                Some("=") => number.total_cmp(&bound).is_eq(),
                Some(">") => number > bound,
                Some(">=") => number >= bound,
                Some("<") => number < bound,
                Some("<=") => number <= bound,
                _ => false,
            }
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn takes(pattern: &str, data: &str) -> bool {
        Filter::new(&[pattern.into()], SourceKind::Kinesis).takes("k", data)
    }

    #[test]
    fn all_members_of_a_pattern_must_hold() {
        let pattern = r#"{"data": {"kind": ["order", "refund"], "shop": {"id": [{"prefix": "eu-"}]}}}"#;
        assert!(takes(pattern, r#"{"kind": "order", "shop": {"id": "eu-1"}}"#));
        assert!(!takes(pattern, r#"{"kind": "order", "shop": {"id": "us-1"}}"#));
        assert!(!takes(pattern, r#"{"kind": "test", "shop": {"id": "eu-1"}}"#));
        assert!(!takes(pattern, "no JSON"));
    }

    #[test]
    fn members_may_be_asked_to_exist_to_be_something_else_or_to_lie_in_a_range() {
        assert!(takes(r#"{"data": {"a": [{"exists": false}]}}"#, "{}"));
        assert!(!takes(r#"{"data": {"a": [{"exists": false}]}}"#, r#"{"a": 1}"#));
        assert!(takes(r#"{"data": {"a": [{"anything-but": ["x"]}]}}"#, r#"{"a": "y"}"#));
        assert!(takes(r#"{"data": {"a": [{"numeric": [">", 0, "<=", 5]}]}}"#, r#"{"a": 5}"#));
        assert!(!takes(r#"{"data": {"a": [{"numeric": [">", 0, "<=", 5]}]}}"#, r#"{"a": 6}"#));
        assert!(
            !takes(r#"{"data": {"a": [{"wildcard": "*"}]}}"#, r#"{"a": "x"}"#),
            "not modelled: matches nothing"
        );
    }

    #[test]
    fn one_of_several_patterns_is_enough_and_none_takes_everything() {
        let patterns = [r#"{"body": {"a": [1]}}"#.to_owned(), r#"{"body": {"a": [2]}}"#.to_owned()];
        let filter = Filter::new(&patterns, SourceKind::Sqs);
        assert!(filter.takes("", r#"{"a": 2}"#) && !filter.takes("", r#"{"a": 3}"#));
        assert!(Filter::new(&[], SourceKind::Sqs).takes("", "anything"));
    }
}
