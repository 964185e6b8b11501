//! kstatus, to the letter of sigs.k8s.io/cli-utils `pkg/kstatus/status`, for a resource that has no rules of its own: what Flux waits
//! by, and Helm 4 with `--wait`.

use serde::Deserialize;
use serde_json::Value;

/// Its verdicts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub enum Kstatus {
    /// The status is as the spec says.
    Current,
    /// Not yet.
    InProgress,
    /// Never, without a person.
    Failed,
    /// Being deleted.
    Terminating,
}

/// The verdict on an object.
pub fn judge(object: &Value) -> Kstatus {
    if object["metadata"]["deletionTimestamp"].is_string() {
        return Kstatus::Terminating;
    }
    let generation = object["metadata"]["generation"].as_i64().unwrap_or(0);
    if object["status"]["observedGeneration"]
        .as_i64()
        .is_some_and(|observed| observed != generation)
    {
        return Kstatus::InProgress;
    }
    let none = Vec::new();
    let conditions = object["status"]["conditions"].as_array().unwrap_or(&none);
    for condition in conditions {
        match (condition["type"].as_str(), condition["status"].as_str()) {
            (Some("Reconciling"), Some("True")) => return Kstatus::InProgress,
            (Some("Stalled"), Some("True")) => return Kstatus::Failed,
            _ => {}
        }
    }
    match conditions.iter().find(|condition| condition["type"] == "Ready") {
        Some(ready) if ready["status"] != "True" => Kstatus::InProgress,
        _ => Kstatus::Current,
    }
}
