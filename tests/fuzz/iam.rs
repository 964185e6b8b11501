//! What a statement of a resource policy does to a call of API Gateway: an evaluation of its own, after IAM's reference, that shares
//! nothing with the operator's. What it does not know it says so of.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html>

use serde_json::Value;

/// Whether a statement applies to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Applies {
    No,
    /// It depends on what is not known here.
    Perhaps,
    Yes,
}

/// Whether a statement with `effect` applies when API Gateway calls `resource` from `source_arn`.
pub fn applies(statement: &Value, effect: &str, resource: &str, source_arn: &str) -> Applies {
    if statement.get("Effect").and_then(Value::as_str) != Some(effect) {
        return Applies::No;
    }
    let action = element(statement, "Action", |pattern| {
        like(&pattern.to_lowercase(), "lambda:invokefunction")
    });
    let resource = element(statement, "Resource", |pattern| like(pattern, resource));
    [action, resource, principal(statement), conditions(statement, source_arn)]
        .into_iter()
        .min()
        .unwrap_or(Applies::No)
}

/// An element that is a list of patterns, or its opposite (`NotAction`).
fn element(statement: &Value, name: &str, matches: impl Fn(&str) -> bool) -> Applies {
    let not = statement.get(format!("Not{name}"));
    let Some(patterns) = statement.get(name) else {
        return if not.is_some() { Applies::Perhaps } else { Applies::No };
    };
    if strings(patterns).iter().any(|pattern| matches(pattern)) {
        Applies::Yes
    } else {
        Applies::No
    }
}

fn principal(statement: &Value) -> Applies {
    let is_it = |name: &str| name == "apigateway.amazonaws.com" || name == "*";
    match statement.get("Principal") {
        Some(Value::String(name)) if is_it(name) => Applies::Yes,
        Some(Value::Object(kinds)) => {
            let named = ["Service", "AWS"]
                .iter()
                .filter_map(|kind| kinds.get(*kind))
                .flat_map(strings)
                .any(is_it);
            if named { Applies::Yes } else { Applies::No }
        }
        None if statement.get("NotPrincipal").is_some() => Applies::Perhaps,
        _ => Applies::No,
    }
}

/// All operators with all keys must hold; of the values of a key one must.
fn conditions(statement: &Value, source_arn: &str) -> Applies {
    let Some(block) = statement.get("Condition") else {
        return Applies::Yes;
    };
    let Some(operators) = block.as_object() else {
        return Applies::Perhaps;
    };
    let mut all = Applies::Yes;
    for (operator, keys) in operators {
        let Some(keys) = keys.as_object() else { return Applies::Perhaps };
        for (key, values) in keys {
            let holds = |matches: fn(&str, &str) -> bool| {
                if strings(values).iter().any(|pattern| matches(pattern, source_arn)) {
                    Applies::Yes
                } else {
                    Applies::No
                }
            };
            let one = match operator.as_str() {
                _ if !key.eq_ignore_ascii_case("aws:SourceArn") => Applies::Perhaps,
                "ArnLike" | "ArnEquals" => holds(arn_like),
                "StringLike" => holds(like),
                "StringEquals" => holds(|pattern, text| pattern == text),
                _ => Applies::Perhaps,
            };
            all = all.min(one);
        }
    }
    all
}

fn strings(value: &Value) -> Vec<&str> {
    match value {
        Value::String(one) => vec![one],
        Value::Array(list) => list.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// Each of the six parts by itself, as `ArnLike` and `ArnEquals` do, which are the same.
fn arn_like(pattern: &str, arn: &str) -> bool {
    let (pattern, arn): (Vec<_>, Vec<_>) = (pattern.splitn(6, ':').collect(), arn.splitn(6, ':').collect());
    pattern.len() == arn.len() && pattern.iter().zip(&arn).all(|(pattern, part)| like(pattern, part))
}

/// `*` for any run, `?` for any one character: by a table, which is slow and plainly right.
pub fn like(pattern: &str, text: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    // Whether the pattern so far matches the first n characters.
    let mut matched = vec![false; text.len() + 1];
    matched[0] = true;
    for wanted in pattern.chars() {
        let mut next = vec![false; text.len() + 1];
        for n in 0..=text.len() {
            let before = n > 0 && matched[n - 1];
            next[n] = match wanted {
                '*' => matched[n] || (n > 0 && next[n - 1]),
                '?' => before,
                exact => before && text[n - 1] == exact,
            };
        }
        matched = next;
    }
    matched[text.len()]
}
