//! `PublishVersion` and `ListVersionsByFunction`.

use super::qualifier::{LATEST, conflict, invalid, precondition};
use super::version::{FunctionConfiguration, State, Version};
use super::{Answer, AwsError, Function, Millis, Region};

/// Most versions, aliases or configurations in one page (AWS-9).
pub const PAGE: usize = 50;

/// One page of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Page<T> {
    /// What is on it.
    pub items: Vec<T>,
    /// Given back as `Marker` to read on; absent on the last page.
    pub next_marker: Option<String>,
}

/// Cuts the page that starts at `marker` out of a list whose entries have unique keys.
pub(crate) fn page<T>(all: Vec<(String, T)>, marker: Option<&str>, most: Option<usize>) -> Page<T> {
    let size = most.unwrap_or(PAGE).clamp(1, PAGE);
    let start = marker.map_or(0, |marker| all.iter().position(|(key, _)| key == marker).unwrap_or(all.len()));
    let next_marker = all.get(start + size).map(|(key, _)| key.clone());
    Page {
        items: all.into_iter().skip(start).take(size).map(|(_, item)| item).collect(),
        next_marker,
    }
}

impl Region {
    /// 409 while `$LATEST` is being made or updated (AWS-5).
    pub(crate) fn refuse_while_busy(&self, name: &str, version: &Version) -> Answer<()> {
        if !version.is_busy() {
            return Ok(());
        }
        let arn = self.function_arn(name, None);
        Err(conflict(format!(
            "The operation cannot be performed at this time. An update is in progress for resource: {arn}"
        )))
    }

    /// `PublishVersion`: answers the version published last when nothing changed since (AWS-2); both guards are optional (AWS-3, AWS-4).
    pub fn publish_version(
        &mut self,
        name: &str,
        code_sha256: Option<&str>,
        revision_id: Option<&str>,
        description: Option<&str>,
    ) -> Answer<FunctionConfiguration> {
        let function = self.function(name)?;
        let latest = &function.latest;
        self.refuse_while_busy(name, latest)?;
        if revision_id.is_some_and(|revision| revision != latest.revision_id) {
            return Err(precondition("GetFunction/GetAlias"));
        }
        let sha = latest.code.sha256();
        if let Some(given) = code_sha256.filter(|given| **given != sha) {
            let text = format!(
                "CodeSHA256 ({given}) is different from current CodeSHA256 in $LATEST ({sha}). Please try again with the CodeSHA256 in $LATEST."
            );
            return Err(invalid(text));
        }
        if let Some((number, version)) = function.versions.last_key_value()
            && *number == function.last_version
            && version.was_published_from(latest)
        {
            let number = number.to_string();
            return Ok(self.configuration(name, Some(&number), &number, version));
        }
        let pending = self.settings.version_pending_ms;
        let number = self
            .add_version(name, description, pending)
            .ok_or_else(|| self.function_not_found(name, None))?;
        self.get_function_configuration(name, Some(&number))
    }

    /// Copies `$LATEST` into a new version, which stays `Pending` for `pending` milliseconds; answers its number.
    pub(crate) fn add_version(&mut self, name: &str, description: Option<&str>, pending: Millis) -> Option<String> {
        let (own, latests) = (self.new_uuid(), self.new_uuid());
        let now = self.now;
        let function = self.functions.get_mut(name)?;
        let number = function.last_version + 1;
        let latest = &mut function.latest;
        let state = if pending > 0 { State::Pending } else { State::Active };
        let mut version = Version {
            state,
            revision_id: own,
            last_modified: now,
            settles_at: (pending > 0).then(|| now + pending),
            last_update_status: super::LastUpdateStatus::Successful,
            ..latest.clone()
        };
        if let Some(description) = description {
            version.published_from = Some(std::mem::replace(&mut version.description, description.into()));
        }
        // AWS-6: publishing changes the revision of `$LATEST` once.
        latest.revision_id = latests;
        function.versions.insert(number, version);
        function.last_version = number;
        Some(number.to_string())
    }

    /// `ListVersionsByFunction`: `$LATEST`, then the numbers ascending, 50 a page (AWS-9).
    pub fn list_versions_by_function(&self, name: &str, marker: Option<&str>, most: Option<usize>) -> Answer<Page<FunctionConfiguration>> {
        let function = self.function(name)?;
        let numbers = function.versions.iter().map(|(number, version)| (number.to_string(), version));
        let all = std::iter::once((LATEST.to_owned(), &function.latest)).chain(numbers);
        let all = all
            .map(|(key, version)| (key.clone(), self.configuration(name, Some(&key), &key, version)))
            .collect();
        Ok(page(all, marker, most))
    }

    /// Ends what is `Pending` or `InProgress` on `$LATEST` and the versions of one function.
    pub(crate) fn settle_versions(&mut self, name: &str, at: Millis) {
        let revision = self.new_uuid_if(|region| region.functions.get(name).is_some_and(|function| function.latest_is_due(at)));
        let Some(function) = self.functions.get_mut(name) else { return };
        if let Some(revision) = revision
            && function.latest.settle(at)
        {
            // AWS-6: completion changes the revision, too.
            function.latest.revision_id = revision;
        }
        for version in function.versions.values_mut() {
            version.settle(at);
        }
    }

    fn new_uuid_if(&mut self, wanted: impl Fn(&Self) -> bool) -> Option<String> {
        wanted(self).then(|| self.new_uuid())
    }
}

impl Function {
    fn latest_is_due(&self, at: Millis) -> bool {
        self.latest.settles_at.is_some_and(|due| due <= at)
    }
}

/// 404 for a version that is not there; kept apart because aliases word it so, too (AWS-16).
impl Region {
    pub(crate) fn require_version(&self, name: &str, version: &str) -> Answer<&Version> {
        let missing = || -> AwsError { self.function_not_found(name, Some(version)) };
        self.functions
            .get(name)
            .and_then(|function| function.version(version))
            .ok_or_else(missing)
    }
}
