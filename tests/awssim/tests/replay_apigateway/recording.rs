//! One recorded test case: its steps are checked off, and what differs or was left out must be declared.

use std::collections::BTreeSet;
use std::path::PathBuf;

use awssim::wire::Response;
use serde_json::{Map, Value, json};

use super::matching::{Bindings, compare};

/// The steps of one recorded test, and how they went.
pub struct Recording {
    name: String,
    steps: Map<String, Value>,
    bindings: Bindings,
    seen: BTreeSet<String>,
    differences: Vec<(String, String)>,
}

impl Recording {
    /// None, with a note, where the recordings are not at hand: beside the repository or where `AWS_RECORDINGS` says.
    pub fn open(file: &str, test: &str) -> Option<Self> {
        let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/aws-recordings");
        let path = std::env::var_os("AWS_RECORDINGS").map_or(beside, PathBuf::from).join(file);
        let Ok(text) = std::fs::read_to_string(&path) else {
            println!("skipped: no recording at {}", path.display());
            return None;
        };
        let all: Map<String, Value> = serde_json::from_str(&text).unwrap();
        let found = all.iter().find(|(key, _)| key.ends_with(&format!("::{test}")));
        let (_, entry) = found.unwrap_or_else(|| panic!("{file} has no {test}"));
        let steps = entry["recorded-content"].as_object().unwrap().clone();
        Some(Self {
            name: test.into(),
            steps,
            bindings: Bindings::new(),
            seen: BTreeSet::new(),
            differences: Vec::new(),
        })
    }

    /// Compares one answer with the step recorded under that name.
    pub fn check(&mut self, step: &str, response: &Response) {
        self.check_value(step, &as_recorded(response));
    }

    /// Compares any value with the step recorded under that name.
    pub fn check_value(&mut self, step: &str, answered: &Value) {
        let recorded = self.steps.get(step).unwrap_or_else(|| panic!("{} has no step {step}", self.name));
        self.seen.insert(step.into());
        if let Err(difference) = compare(recorded, answered, &mut self.bindings, "") {
            self.differences.push((step.into(), difference));
        }
    }

    /// Every step must have matched.
    pub fn matches(self) {
        self.matches_except(&[], &[]);
    }

    /// Exactly these steps must have differed, and exactly these must not have been replayed.
    pub fn matches_except(self, differing: &[&str], left_out: &[&str]) {
        let differed: Vec<&str> = self.differences.iter().map(|(step, _)| step.as_str()).collect();
        assert_eq!(differed, differing, "{}: {:#?}", self.name, self.differences);
        let unseen: Vec<&str> = self
            .steps
            .keys()
            .map(String::as_str)
            .filter(|step| !self.seen.contains(*step))
            .collect();
        assert_eq!(unseen, left_out, "{}: steps that were not replayed", self.name);
        println!(
            "{}: {} matched, {} differ, {} left out",
            self.name,
            self.seen.len() - differed.len(),
            differed.len(),
            unseen.len()
        );
    }
}

/// An answer in the shape that the recorder gave to it.
fn as_recorded(response: &Response) -> Value {
    let header = |name: &str| response.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.clone());
    let mut recorded = match (response.body.as_slice(), header("content-disposition")) {
        ([], _) => json!({}),
        (body, Some(disposition)) => json!({
            "body": serde_json::from_slice::<Value>(body).unwrap(),
            "contentType": header("content-type"),
            "contentDisposition": disposition,
        }),
        (body, None) => serde_json::from_slice(body).unwrap(),
    };
    if let Some(code) = header("x-amzn-errortype") {
        let message = recorded["message"].clone();
        recorded = json!({"Error": {"Code": code, "Message": message}});
        // The recorder repeats the text of errors that the service model knows.
        if code != "ValidationException" && code != "SerializationException" {
            recorded["message"] = message;
        }
    }
    recorded["ResponseMetadata"] = json!({"HTTPHeaders": {}, "HTTPStatusCode": response.status});
    recorded
}

/// A list of resources or the like, which SDKs call `items`.
pub fn with_items(response: &Response) -> Value {
    let mut recorded = as_recorded(response);
    recorded["items"] = recorded["item"].take();
    if let Some(members) = recorded.as_object_mut() {
        members.remove("item");
    }
    recorded
}
