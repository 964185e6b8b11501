//! Whether an answer matches a recorded one in which changing values are placeholders.

use std::collections::BTreeMap;

use serde_json::Value;

/// What each placeholder of a recording stood for so far.
pub type Bindings = BTreeMap<String, String>;

/// Says where the two differ first.
pub fn compare(recorded: &Value, answered: &Value, bindings: &mut Bindings, at: &str) -> Result<(), String> {
    match (recorded, answered) {
        (Value::Object(recorded), Value::Object(answered)) => {
            if let Some(missing) = recorded.keys().find(|key| !answered.contains_key(*key)) {
                return Err(format!("{at}/{missing} is missing"));
            }
            if let Some(surplus) = answered.keys().find(|key| !recorded.contains_key(*key)) {
                return Err(format!("{at}/{surplus} is too much"));
            }
            recorded
                .iter()
                .try_for_each(|(key, value)| compare(value, &answered[key], bindings, &format!("{at}/{key}")))
        }
        (Value::Array(recorded), Value::Array(answered)) if recorded.len() == answered.len() => {
            let mut pairs = recorded.iter().zip(answered).enumerate();
            pairs.try_for_each(|(n, (recorded, answered))| compare(recorded, answered, bindings, &format!("{at}/{n}")))
        }
        // Moments are masked as a word, and JSON inside a string was parsed by the recorder.
        (Value::String(masked), Value::Number(_)) if masked == "datetime" => Ok(()),
        (Value::Object(_), Value::String(text)) => {
            let inner = serde_json::from_str(text).map_err(|e| format!("{at}: {e}"))?;
            compare(recorded, &inner, bindings, at)
        }
        (Value::String(template), Value::String(text)) => match_text(template, text, bindings).map_err(|e| format!("{at}: {e}")),
        (Value::Number(recorded), Value::Number(answered)) if recorded.as_f64() == answered.as_f64() => Ok(()),
        _ if recorded == answered => Ok(()),
        _ => Err(format!("{at}: recorded {recorded}, answered {answered}")),
    }
}

/// `<name>` and `<name:n>` stand for any text, always the same one.
fn match_text(template: &str, text: &str, bindings: &mut Bindings) -> Result<(), String> {
    let differs = || format!("recorded {template:?}, answered {text:?}");
    let (mut template_rest, mut text_rest) = (template, text);
    while let Some((literal, placeholder, after)) = next_placeholder(template_rest) {
        text_rest = text_rest.strip_prefix(literal).ok_or_else(differs)?;
        if let Some(bound) = bindings.get(placeholder) {
            text_rest = text_rest
                .strip_prefix(bound.as_str())
                .ok_or_else(|| format!("{placeholder} was {bound:?}: {}", differs()))?;
            template_rest = after;
            continue;
        }
        let until = next_placeholder(after).map_or(after, |(literal, ..)| literal);
        let length = if until.is_empty() {
            text_rest.len()
        } else {
            text_rest.find(until).ok_or_else(differs)?
        };
        let (value, rest) = text_rest.split_at(length);
        bindings.insert(placeholder.to_owned(), value.to_owned());
        (template_rest, text_rest) = (after, rest);
    }
    if template_rest == text_rest { Ok(()) } else { Err(differs()) }
}

fn next_placeholder(template: &str) -> Option<(&str, &str, &str)> {
    let start = template.find('<')?;
    let end = start + template[start..].find('>')? + 1;
    let inner = &template[start + 1..end - 1];
    let is_name = !inner.is_empty() && inner.chars().all(|c| c.is_ascii_alphanumeric() || "-_:".contains(c));
    is_name.then(|| (&template[..start], &template[start..end], &template[end..]))
}

#[test]
fn a_placeholder_always_stands_for_the_same_text() {
    let mut bindings = Bindings::new();
    assert!(match_text("<id:1>", "abc", &mut bindings).is_ok());
    assert!(match_text("https://<id:1>.host", "https://abc.host", &mut bindings).is_ok());
    assert!(match_text("<id:1>a", "abca", &mut bindings).is_ok());
    assert!(match_text("<id:1>", "xyz", &mut bindings).is_err());
}
