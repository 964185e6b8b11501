//! Provisioned concurrency: environments that are kept warm for an alias or a version.

use serde::{Deserialize, Serialize};

use super::lag::{remember, seen};
use super::publish::{Page, page};
use super::qualifier::{LATEST, conflict, constraint, invalid, is_number};
use super::{Answer, AwsError, Millis, Region};

/// How far an allocation is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Status {
    /// Going on.
    #[serde(rename = "IN_PROGRESS")]
    InProgress,
    /// All environments are warm.
    #[default]
    #[serde(rename = "READY")]
    Ready,
    /// Given up; the reason says why.
    #[serde(rename = "FAILED")]
    Failed,
}

impl Status {
    /// AWS's word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::InProgress => "IN_PROGRESS",
            Self::Ready => "READY",
            Self::Failed => "FAILED",
        }
    }
}

/// The provisioned concurrency of an alias or version. In a world file `requested` alone means: all of it is warm.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct ProvisionedConcurrency {
    /// Environments asked for.
    pub requested: u32,
    /// How far it is.
    pub status: Status,
    /// With `FAILED`.
    pub status_reason: Option<String>,
    /// When a caller last put it.
    pub last_modified: Millis,
    /// Environments that can take requests now.
    pub warm: u32,
    /// The version that they run.
    pub warm_version: String,
    /// When the allocation that is going on began.
    pub since: Millis,
    /// When it ends; absent when nothing is going on.
    pub due: Option<Millis>,
    /// When each working environment will be free again.
    pub busy_until: Vec<Millis>,
}

/// What the operations on provisioned concurrency answer (AWS-33).
#[derive(Clone, Debug, PartialEq)]
pub struct ProvisionedConcurrencyConfig {
    /// ARN of the alias or version; only lists show it.
    pub function_arn: String,
    /// Environments asked for.
    pub requested: u32,
    /// Environments there are, usable or not.
    pub allocated: u32,
    /// Environments that can take requests. Right after a move these are the old version's (AWS-33).
    pub available: u32,
    /// How far it is.
    pub status: Status,
    /// With `FAILED`, for instance `FUNCTION_ERROR_INIT_FAILURE`.
    pub status_reason: Option<String>,
    /// When a caller last put it.
    pub last_modified: Millis,
}

impl ProvisionedConcurrency {
    /// What a world file may leave out.
    pub(crate) fn complete(&mut self, version: &str) {
        if self.warm_version.is_empty() {
            self.warm_version = version.into();
            if self.status == Status::Ready {
                self.warm = self.requested;
            }
        }
    }

    /// Something starts that ends at `due`.
    pub(crate) fn begin(&mut self, due: Millis) {
        self.status = Status::InProgress;
        self.status_reason = None;
        self.due = Some(due);
    }
}

impl Region {
    /// `PutProvisionedConcurrencyConfig`: an upsert that may overwrite one that is `IN_PROGRESS` (AWS-21 to AWS-25, AWS-30).
    pub fn put_provisioned_concurrency_config(
        &mut self,
        function: &str,
        qualifier: &str,
        requested: i64,
    ) -> Answer<ProvisionedConcurrencyConfig> {
        let Some(requested) = u32::try_from(requested).ok().filter(|requested| *requested >= 1) else {
            let rule = "Member must have value greater than or equal to 1";
            return Err(constraint(&requested.to_string(), "provisionedConcurrentExecutions", rule));
        };
        if qualifier == LATEST {
            return Err(invalid(
                "Provisioned Concurrency Configs cannot be applied to unpublished function versions.",
            ));
        }
        let version = self.capacity_version(function, qualifier)?;
        self.refuse_with_weights(function, qualifier)?;
        if is_number(qualifier) {
            self.refuse_version_of_provisioned_alias(function, qualifier)?;
        }
        self.refuse_capacity_on_put(function, qualifier, &version)?;
        self.refuse_beyond_limits(function, qualifier, requested)?;
        let put = self.allocate(function, qualifier, &version, requested)?;
        let answer = self.provisioned_concurrency_config(function, qualifier, &put);
        self.write_concurrency(function, qualifier, Some(put));
        Ok(answer)
    }

    /// `GetProvisionedConcurrencyConfig` (AWS-23).
    pub fn get_provisioned_concurrency_config(&self, function: &str, qualifier: &str) -> Answer<ProvisionedConcurrencyConfig> {
        self.require_published(function, qualifier)?;
        let found = self.function(function)?;
        let capacity = seen(
            &found.provisioned_concurrency_before,
            &found.provisioned_concurrency,
            qualifier,
            self.now,
        );
        let missing = || {
            let text = "No Provisioned Concurrency Config found for this function";
            AwsError::new(404, "ProvisionedConcurrencyConfigNotFoundException", text)
        };
        Ok(self.provisioned_concurrency_config(function, qualifier, capacity.ok_or_else(missing)?))
    }

    /// `DeleteProvisionedConcurrencyConfig`: no error when there is none (AWS-23); refused while weights are on the alias (AWS-30).
    pub fn delete_provisioned_concurrency_config(&mut self, function: &str, qualifier: &str) -> Answer<()> {
        self.require_published(function, qualifier)?;
        if self.function(function)?.provisioned_concurrency.contains_key(qualifier) {
            self.refuse_with_weights(function, qualifier)?;
            self.write_concurrency(function, qualifier, None);
        }
        Ok(())
    }

    /// `ListProvisionedConcurrencyConfigs`, 50 a page.
    pub fn list_provisioned_concurrency_configs(
        &self,
        function: &str,
        marker: Option<&str>,
        most: Option<usize>,
    ) -> Answer<Page<ProvisionedConcurrencyConfig>> {
        let found = self.function(function)?;
        let (before, current) = (&found.provisioned_concurrency_before, &found.provisioned_concurrency);
        let mut names: Vec<&String> = current
            .keys()
            .chain(before.keys().filter(|name| !current.contains_key(*name)))
            .collect();
        names.sort();
        let all = names
            .into_iter()
            .filter_map(|name| Some((name, seen(before, current, name, self.now)?)));
        let all = all
            .map(|(name, capacity)| (name.clone(), self.provisioned_concurrency_config(function, name, capacity)))
            .collect();
        Ok(page(all, marker, most))
    }

    /// Starts an allocation; what is warm already stays warm.
    fn allocate(&self, function: &str, qualifier: &str, version: &str, requested: u32) -> Answer<ProvisionedConcurrency> {
        let found = self.function(function)?;
        let mut capacity = found.provisioned_concurrency.get(qualifier).cloned().unwrap_or_default();
        if capacity.warm_version != version {
            capacity = ProvisionedConcurrency {
                warm_version: version.into(),
                ..ProvisionedConcurrency::default()
            };
        }
        let fails = found.version(version).is_some_and(|version| version.code.fails_to_warm());
        let takes = match requested.saturating_sub(capacity.warm) {
            _ if fails => self.settings.init_failure_ms,
            0 => self.settings.release_ms,
            more => self.settings.allocation_ms(more),
        };
        capacity.requested = requested;
        capacity.last_modified = self.now;
        capacity.since = self.now;
        capacity.begin(self.now + takes);
        Ok(capacity)
    }

    fn provisioned_concurrency_config(
        &self,
        function: &str,
        qualifier: &str,
        capacity: &ProvisionedConcurrency,
    ) -> ProvisionedConcurrencyConfig {
        let moving = self
            .functions
            .get(function)
            .and_then(|found| found.aliases.get(qualifier))
            .is_some_and(|alias| alias.canary.is_some());
        let (allocated, available) = match capacity.status {
            Status::Ready => (capacity.requested, capacity.requested),
            // AWS-27: also when the old version's environments still serve a wedged alias.
            Status::Failed => (0, 0),
            // AWS-29: the numbers of the version that is being left.
            Status::InProgress if moving => (capacity.warm, capacity.warm),
            Status::InProgress => (capacity.warm + self.allocated_so_far(capacity), capacity.warm),
        };
        ProvisionedConcurrencyConfig {
            function_arn: self.function_arn(function, Some(qualifier)),
            requested: capacity.requested,
            allocated,
            available,
            status: capacity.status,
            status_reason: capacity.status_reason.clone(),
            last_modified: capacity.last_modified,
        }
    }

    /// Environments that are there and not usable yet, because not all are (AWS-26).
    fn allocated_so_far(&self, capacity: &ProvisionedConcurrency) -> u32 {
        let missing = capacity.requested.saturating_sub(capacity.warm);
        let Some(running) = self.now.checked_sub(capacity.since + self.settings.allocation_delay_ms) else {
            return 0;
        };
        let made = running * u64::from(self.settings.environments_per_minute) / 60_000;
        u32::try_from(made).unwrap_or(u32::MAX).min(missing.saturating_sub(1))
    }

    /// The version that a qualifier's environments are to run.
    fn capacity_version(&self, function: &str, qualifier: &str) -> Answer<String> {
        let missing = || self.qualifier_not_found(function, qualifier);
        let found = self.functions.get(function).ok_or_else(missing)?;
        match found.aliases.get(qualifier) {
            Some(alias) => Ok(alias.function_version.clone()),
            None if is_number(qualifier) && found.version(qualifier).is_some() => Ok(qualifier.into()),
            None => Err(missing()),
        }
    }

    fn require_published(&self, function: &str, qualifier: &str) -> Answer<()> {
        if qualifier == LATEST {
            return Err(invalid("The function resource provided must be an alias or a published version."));
        }
        match self.functions.get(function) {
            Some(found) if found.has(qualifier) || found.seen_alias(qualifier, self.now).is_some() => Ok(()),
            _ => Err(self.qualifier_not_found(function, qualifier)),
        }
    }

    /// AWS-30: whoever put the weights there.
    fn refuse_with_weights(&self, function: &str, qualifier: &str) -> Answer<()> {
        let alias = self.functions.get(function).and_then(|found| found.aliases.get(qualifier));
        if alias.is_some_and(|alias| !alias.weights_in_force().is_empty()) {
            return Err(invalid("Alias with weights can not be used with Provisioned Concurrency"));
        }
        Ok(())
    }

    /// AWS-24, in one direction.
    fn refuse_version_of_provisioned_alias(&self, function: &str, version: &str) -> Answer<()> {
        let found = self.function(function)?;
        let mut users = found.aliases.iter().filter(|(_, alias)| alias.uses(version));
        if users.any(|(name, _)| found.provisioned_concurrency.contains_key(name)) {
            return Err(conflict("Version is pointed by a Provisioned Concurrency alias"));
        }
        Ok(())
    }

    /// AWS-24 in the other direction, and AWS-12.
    fn refuse_capacity_on_put(&self, function: &str, qualifier: &str, version: &str) -> Answer<()> {
        if is_number(qualifier) {
            if self.require_version(function, version)?.snap_start {
                return Err(invalid(
                    "Provisioned Concurrency Configs cannot be applied to function versions with SnapStart enabled.",
                ));
            }
            return Ok(());
        }
        self.refuse_capacity_on(function, qualifier, version)
    }

    pub(crate) fn write_concurrency(&mut self, function: &str, qualifier: &str, capacity: Option<ProvisionedConcurrency>) {
        let (now, until) = (self.now, self.now + self.settings.read_lag_ms);
        let Some(found) = self.functions.get_mut(function) else { return };
        remember(
            &mut found.provisioned_concurrency_before,
            &found.provisioned_concurrency,
            qualifier,
            now,
            until,
        );
        match capacity {
            Some(capacity) => found.provisioned_concurrency.insert(qualifier.into(), capacity),
            None => found.provisioned_concurrency.remove(qualifier),
        };
    }

    /// Ends the allocations of one function that are due.
    pub(crate) fn settle_concurrency(&mut self, function: &str, at: Millis) {
        let Some(found) = self.functions.get(function) else { return };
        let due = found
            .provisioned_concurrency
            .iter()
            .filter(|(_, capacity)| capacity.due.is_some_and(|due| due <= at));
        let due: Vec<String> = due.map(|(qualifier, _)| qualifier.clone()).collect();
        for qualifier in due {
            self.end_allocation(function, &qualifier);
        }
    }

    fn end_allocation(&mut self, function: &str, qualifier: &str) {
        let revision = self.new_uuid();
        let Some(found) = self.functions.get_mut(function) else { return };
        let alias = found.aliases.get(qualifier);
        let moving = alias.is_some_and(|alias| alias.canary.is_some());
        let target = alias.map_or_else(|| qualifier.to_owned(), |alias| alias.function_version.clone());
        let fails = found.version(&target).is_some_and(|version| version.code.fails_to_warm());
        let Some(capacity) = found.provisioned_concurrency.get_mut(qualifier) else {
            return;
        };
        capacity.due = None;
        if fails {
            capacity.status = Status::Failed;
            capacity.status_reason = Some("FUNCTION_ERROR_INIT_FAILURE".into());
            // A wedged alias keeps the environments of the version that still gets all requests.
            capacity.warm = if moving { capacity.warm } else { 0 };
        } else {
            capacity.status = Status::Ready;
            capacity.warm = capacity.requested;
            capacity.busy_until.retain(|_| capacity.warm_version == target);
            capacity.warm_version = target.clone();
            if let Some(version) = found.version_mut(&target) {
                // Recorded: the version shows another revision once it is warm.
                version.revision_id = revision;
            }
        }
        let outcome = if fails { Status::Failed } else { Status::Ready };
        self.end_canary(function, qualifier, outcome);
    }
}
