//! What Argo CD shows of an endpoint: health.lua, and what comes before any script.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

use super::kstatus::Kstatus;
use super::sandbox::run;

/// What Argo CD shows of an object.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Health {
    /// Healthy, Progressing, Degraded or Suspended.
    pub status: String,
    /// What is shown beside it.
    #[serde(default)]
    pub message: String,
}

/// The folder of the scripts.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("argocd/resource_customizations/warmlambda.dev/WarmLambdaEndpoint")
}

/// A file of the folder as text.
pub fn text(name: &str) -> String {
    std::fs::read_to_string(folder().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The health of an object: one under deletion is judged before any script runs.
pub fn health(object: &Value) -> Health {
    if object["metadata"]["deletionTimestamp"].is_string() {
        return Health {
            status: "Progressing".into(),
            message: "Pending deletion".into(),
        };
    }
    let said = run(&text("health.lua"), object).unwrap_or_else(|error| panic!("health.lua: {error}\n{object}"));
    let health: Health = serde_json::from_value(said).expect("health.lua answers a status and a message");
    let known = ["Healthy", "Progressing", "Degraded", "Suspended"];
    assert!(known.contains(&health.status.as_str()), "Argo CD knows no {health:?}");
    health
}

/// Whether two verdicts mean the same.
pub fn agree(kstatus: Kstatus, health: &Health) -> bool {
    let same = match kstatus {
        Kstatus::Current => "Healthy",
        Kstatus::InProgress | Kstatus::Terminating => "Progressing",
        Kstatus::Failed => "Degraded",
    };
    same == health.status
}
