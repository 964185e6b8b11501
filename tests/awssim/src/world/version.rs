//! A version: code, configuration and state, of `$LATEST` as of a published one.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Code, Millis, Region};

/// Whether a version can serve.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum State {
    /// Being made.
    Pending,
    /// Serves.
    #[default]
    Active,
    /// Idle for long; the next request wakes it.
    Inactive,
    /// Cannot serve; the reason says why.
    Failed,
}

/// How the last update of `$LATEST` went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum LastUpdateStatus {
    /// Done.
    #[default]
    Successful,
    /// Still going on: nothing else may be updated or published (AWS-5).
    InProgress,
    /// Failed; the old code serves.
    Failed,
}

/// Code, configuration and state of `$LATEST` or of a published version.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Version {
    /// What runs.
    pub code: Code,
    /// Free text.
    pub description: String,
    /// For instance `python3.12`; absent for images.
    pub runtime: Option<String>,
    /// Absent for images.
    pub handler: Option<String>,
    /// ARN of the execution role.
    pub role: String,
    /// Megabytes.
    pub memory_size: u32,
    /// Seconds.
    pub timeout: u32,
    /// Environment variables; absent when none were ever set.
    pub environment: Option<BTreeMap<String, String>>,
    /// One of `x86_64` and `arm64`.
    pub architecture: String,
    /// Whether published versions start from a snapshot, which excludes provisioned concurrency (AWS-12).
    pub snap_start: bool,
    /// Whether it can serve.
    pub state: State,
    /// Why it cannot.
    pub state_reason: Option<String>,
    /// Why it cannot, as a code.
    pub state_reason_code: Option<String>,
    /// How the last update went.
    pub last_update_status: LastUpdateStatus,
    /// Made up when a world file leaves it out.
    pub revision_id: String,
    /// When it was last changed.
    pub last_modified: Millis,
    /// When it leaves `Pending` or `InProgress`; never, when absent.
    pub settles_at: Option<Millis>,
    /// `$LATEST`'s description when this was published with another one: publishing again compares with it (AWS-2).
    pub published_from: Option<String>,
}

impl Default for Version {
    fn default() -> Self {
        Self {
            code: Code::default(),
            description: String::new(),
            runtime: Some("python3.12".into()),
            handler: Some("index.handler".into()),
            role: "arn:aws:iam::111122223333:role/function".into(),
            memory_size: 128,
            timeout: 3,
            environment: None,
            architecture: "x86_64".into(),
            snap_start: false,
            state: State::Active,
            state_reason: None,
            state_reason_code: None,
            last_update_status: LastUpdateStatus::Successful,
            revision_id: String::new(),
            last_modified: 0,
            settles_at: None,
            published_from: None,
        }
    }
}

impl Version {
    /// A version with this code and AWS's defaults for the rest.
    pub fn of(code: impl Into<Code>) -> Self {
        Self {
            code: code.into(),
            ..Self::default()
        }
    }

    /// Whether something is still being made or updated (AWS-5).
    pub fn is_busy(&self) -> bool {
        self.state == State::Pending || self.last_update_status == LastUpdateStatus::InProgress
    }

    /// Whether publishing `latest` would only repeat this version (AWS-2).
    pub(crate) fn was_published_from(&self, latest: &Self) -> bool {
        self.code == latest.code
            && self.published_from.as_ref().unwrap_or(&self.description) == &latest.description
            && self.runtime == latest.runtime
            && self.handler == latest.handler
            && self.role == latest.role
            && self.memory_size == latest.memory_size
            && self.timeout == latest.timeout
            && self.environment.clone().unwrap_or_default() == latest.environment.clone().unwrap_or_default()
            && self.architecture == latest.architecture
            && self.snap_start == latest.snap_start
    }

    /// Ends `Pending` or `InProgress`; answers whether anything ended.
    pub(crate) fn settle(&mut self, at: Millis) -> bool {
        if self.settles_at.is_none_or(|due| due > at) {
            return false;
        }
        self.settles_at = None;
        self.state = State::Active;
        self.last_update_status = LastUpdateStatus::Successful;
        true
    }
}

/// What the operations on functions answer: one version, as a caller named it.
#[derive(Clone, Debug, PartialEq)]
pub struct FunctionConfiguration {
    /// Bare name.
    pub function_name: String,
    /// ARN as it was asked for: of the function, of a version, of `$LATEST` or of an alias (AWS-19).
    pub function_arn: String,
    /// `$LATEST` or a number.
    pub version: String,
    /// base64 of the SHA-256 of the code.
    pub code_sha256: String,
    /// Bytes of the code.
    pub code_size: usize,
    /// Absent while the function or version is being made.
    pub last_update_status: Option<LastUpdateStatus>,
    /// Everything else.
    pub detail: Version,
}

impl Region {
    pub(crate) fn configuration(&self, name: &str, qualifier: Option<&str>, version: &str, detail: &Version) -> FunctionConfiguration {
        let status = detail.last_update_status;
        FunctionConfiguration {
            function_name: name.into(),
            function_arn: self.function_arn(name, qualifier),
            version: version.into(),
            code_sha256: detail.code.sha256(),
            code_size: detail.code.bytes().len(),
            last_update_status: (detail.state != State::Pending).then_some(status),
            detail: detail.clone(),
        }
    }
}
