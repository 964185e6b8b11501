//! A recording, and how an answer is compared with one of its steps.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::{Map, Value, json};

/// The steps of one upstream test, and what its placeholders have stood for so far.
pub struct Recording {
    steps: Map<String, Value>,
    /// Value by placeholder: `<uuid:3>` must mean the same thing wherever it stands, and nothing else may mean it.
    bound: RefCell<BTreeMap<String, String>>,
    seen: RefCell<Vec<String>>,
}

/// Placeholders that different values must never share; others merely stand for something.
const DISTINCT: &[&str] = &["<uuid:", "<code-sha256:"];

/// Members whose values vary without a placeholder.
const VARYING: &[&str] = &["LastModified", "CodeSize", "Location", "CodeSha256", "RequestId"];

impl Recording {
    /// Reads the recording of a test such as `TestLambdaAlias::test_alias_lifecycle`; nothing when there are no recordings here.
    pub fn read(file: &str, test: &str) -> Option<Self> {
        let fallback = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/aws-recordings");
        let folder = std::env::var_os("AWS_RECORDINGS").map_or(fallback, PathBuf::from);
        let Ok(text) = std::fs::read_to_string(folder.join(file)) else {
            println!("skipped: no {file} in {}", folder.display());
            return None;
        };
        let all: Map<String, Value> = serde_json::from_str(&text).unwrap();
        let (_, entry) = all
            .into_iter()
            .find(|(key, _)| key.ends_with(&format!("::{test}")))
            .unwrap_or_else(|| panic!("no recording of {test}"));
        let steps = entry["recorded-content"].as_object().unwrap().clone();
        Some(Self {
            steps,
            bound: RefCell::default(),
            seen: RefCell::default(),
        })
    }

    /// Says what a placeholder stands for before anything was compared.
    pub fn bind(&self, placeholder: &str, value: &str) {
        self.bound.borrow_mut().insert(placeholder.into(), value.into());
    }

    /// Compares an answer with a step. Members named in `ignored` may be missing in the recording.
    pub fn check(&self, step: &str, answer: &Value, ignored: &[&str]) {
        let recorded = self.steps.get(step).unwrap_or_else(|| panic!("no step {step}"));
        let recorded = recorded.get("CreateFunctionResponse").unwrap_or(recorded);
        self.seen.borrow_mut().push(step.into());
        self.compare(recorded, answer, step, ignored);
    }

    /// The same without one member of the recorded payload, which only the recorded function knows.
    pub fn check_without(&self, step: &str, answer: &Value, unknown: &str) {
        let mut recorded = self.steps.get(step).unwrap_or_else(|| panic!("no step {step}")).clone();
        if let Some(payload) = recorded["Payload"].as_object_mut() {
            payload.remove(unknown);
        }
        self.seen.borrow_mut().push(step.into());
        self.compare(&recorded, answer, step, &[]);
    }

    /// Compares an invocation without its payload, which only the recorded function knows.
    pub fn check_invocation(&self, step: &str, answer: &Value) {
        let mut recorded = self.steps[step].clone();
        recorded.as_object_mut().unwrap().remove("Payload");
        self.seen.borrow_mut().push(step.into());
        self.compare(&recorded, answer, step, &["Payload"]);
    }

    /// Compares an error with a step whose recording kept the headers of its run: all but those, and the status.
    pub fn check_error(&self, step: &str, answer: &Value) {
        let status = |value: &Value| json!({"HTTPStatusCode": value["ResponseMetadata"]["HTTPStatusCode"]});
        let (mut recorded, mut answer) = (self.steps[step].clone(), answer.clone());
        recorded["ResponseMetadata"] = status(&recorded);
        answer["ResponseMetadata"] = status(&answer);
        self.seen.borrow_mut().push(step.into());
        self.compare(&recorded, &answer, step, &[]);
    }

    /// Leaves a step out that is no answer of Lambda.
    pub fn skip(&self, step: &str) {
        assert!(self.steps.contains_key(step), "no step {step}");
        self.seen.borrow_mut().push(step.into());
    }

    /// Every step was compared.
    pub fn finish(&self) {
        let seen = self.seen.borrow();
        let forgotten: Vec<&String> = self.steps.keys().filter(|step| !seen.contains(step)).collect();
        assert!(forgotten.is_empty(), "steps not replayed: {forgotten:?}");
    }

    fn compare(&self, recorded: &Value, answer: &Value, at: &str, ignored: &[&str]) {
        match (recorded, answer) {
            (Value::Object(recorded), Value::Object(answer)) => {
                for (member, value) in recorded {
                    let at = format!("{at}.{member}");
                    let found = answer.get(member).unwrap_or_else(|| panic!("{at} is missing in {answer:?}"));
                    if !VARYING.contains(&member.as_str()) || value.to_string().contains(':') {
                        self.compare(value, found, &at, ignored);
                    }
                }
                let more: Vec<&String> = answer
                    .keys()
                    .filter(|key| !recorded.contains_key(*key) && !ignored.contains(&key.as_str()))
                    .collect();
                assert!(more.is_empty(), "{at} has more members than recorded: {more:?}");
            }
            (Value::Array(recorded), Value::Array(answer)) => {
                assert_eq!(recorded.len(), answer.len(), "{at}: {answer:?}");
                for (index, (recorded, answer)) in recorded.iter().zip(answer).enumerate() {
                    self.compare(recorded, answer, &format!("{at}[{index}]"), ignored);
                }
            }
            (Value::String(recorded), Value::String(answer)) => self.compare_text(recorded, answer, at),
            _ => assert_eq!(recorded, answer, "{at}"),
        }
    }

    fn compare_text(&self, recorded: &str, answer: &str, at: &str) {
        let mut expected = recorded.to_owned();
        for (placeholder, value) in self.bound.borrow().iter() {
            expected = expected.replace(placeholder, value);
        }
        let Some((before, rest)) = expected.split_once('<') else {
            return assert_eq!(expected, answer, "{at}");
        };
        let (name, after) = rest.split_once('>').unwrap_or_else(|| panic!("{at}: {recorded}"));
        let value = answer.strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
        let value = value.unwrap_or_else(|| panic!("{at}: {answer:?} is not like {expected:?}"));
        let placeholder = format!("<{name}>");
        let mut bound = self.bound.borrow_mut();
        if let Some(kind) = DISTINCT.iter().find(|kind| placeholder.starts_with(**kind)) {
            let twin = bound.iter().find(|(other, held)| other.starts_with(kind) && *held == value);
            assert!(twin.is_none(), "{at}: {placeholder} is the same as {twin:?}");
        }
        bound.insert(placeholder, value.into());
    }
}
