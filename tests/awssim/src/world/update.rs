//! `UpdateFunctionCode` and `UpdateFunctionConfiguration`.

use std::collections::BTreeMap;

use super::qualifier::{LATEST, precondition};
use super::version::{FunctionConfiguration, LastUpdateStatus};
use super::{Answer, Code, Region};

/// What `UpdateFunctionConfiguration` may change; absent members stay.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ConfigurationChange {
    /// Free text.
    pub description: Option<String>,
    /// For instance `python3.13`.
    pub runtime: Option<String>,
    /// Name of the handler.
    pub handler: Option<String>,
    /// ARN of the execution role.
    pub role: Option<String>,
    /// Megabytes.
    pub memory_size: Option<u32>,
    /// Seconds.
    pub timeout: Option<u32>,
    /// All environment variables.
    pub environment: Option<BTreeMap<String, String>>,
    /// Whether versions published from now on start from a snapshot.
    pub snap_start: Option<bool>,
}

impl Region {
    /// `UpdateFunctionCode`; with `publish` it answers the new version, `Pending` until the update is through (AWS-8).
    pub fn update_function_code(
        &mut self,
        name: &str,
        code: impl Into<Code>,
        publish: bool,
        revision_id: Option<&str>,
    ) -> Answer<FunctionConfiguration> {
        let code = code.into();
        self.start_update(name, revision_id, |latest| latest.code = code)?;
        if !publish {
            return self.get_function_configuration(name, None);
        }
        let pending = self.settings.update_ms.max(self.settings.version_pending_ms).max(1);
        let number = self.add_version(name, None, pending).unwrap_or_else(|| LATEST.into());
        self.get_function_configuration(name, Some(&number))
    }

    /// `UpdateFunctionConfiguration`.
    pub fn update_function_configuration(
        &mut self,
        name: &str,
        change: ConfigurationChange,
        revision_id: Option<&str>,
    ) -> Answer<FunctionConfiguration> {
        self.start_update(name, revision_id, |latest| {
            latest.description = change.description.unwrap_or_else(|| std::mem::take(&mut latest.description));
            latest.runtime = change.runtime.or_else(|| latest.runtime.take());
            latest.handler = change.handler.or_else(|| latest.handler.take());
            latest.role = change.role.unwrap_or_else(|| std::mem::take(&mut latest.role));
            latest.memory_size = change.memory_size.unwrap_or(latest.memory_size);
            latest.timeout = change.timeout.unwrap_or(latest.timeout);
            latest.environment = change.environment.or_else(|| latest.environment.take());
            latest.snap_start = change.snap_start.unwrap_or(latest.snap_start);
        })?;
        self.get_function_configuration(name, None)
    }

    fn start_update(&mut self, name: &str, revision_id: Option<&str>, change: impl FnOnce(&mut super::Version)) -> Answer<()> {
        let latest = &self.function(name)?.latest;
        if revision_id.is_some_and(|revision| revision != latest.revision_id) {
            return Err(precondition("GetFunction/GetAlias"));
        }
        self.refuse_while_busy(name, latest)?;
        let (now, until, revision) = (self.now, self.now + self.settings.update_ms.max(1), self.new_uuid());
        if let Some(function) = self.functions.get_mut(name) {
            let latest = &mut function.latest;
            change(latest);
            // AWS-6: the start of an update changes the revision; its completion does again.
            latest.revision_id = revision;
            latest.last_modified = now;
            latest.last_update_status = LastUpdateStatus::InProgress;
            latest.settles_at = Some(until);
        }
        Ok(())
    }
}
