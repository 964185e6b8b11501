//! A function: `$LATEST`, its published versions and everything that hangs on them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::alias::Alias;
use super::concurrency::ProvisionedConcurrency;
use super::function_url::FunctionUrl;
use super::invoke::Environment;
use super::lag::Before;
use super::policy::Policy;
use super::publish::{Page, page};
use super::qualifier::{LATEST, conflict, invalid, is_number};
use super::version::{FunctionConfiguration, State, Version};
use super::{Answer, ById, Millis, Region};

/// One function. In a world file the members of `$LATEST` stand beside these.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Function {
    /// `$LATEST`.
    #[serde(flatten)]
    pub latest: Version,
    /// Published versions by number.
    pub versions: BTreeMap<u64, Version>,
    /// Highest number ever published; raised to the highest version present.
    pub last_version: u64,
    /// Aliases by name.
    pub aliases: ById<Alias>,
    /// Provisioned concurrency by alias name or version number.
    pub provisioned_concurrency: ById<ProvisionedConcurrency>,
    /// Resource policies by alias name or version number; the function's own under `$LATEST`.
    pub policies: ById<Policy>,
    /// Executions reserved for the function, and its ceiling.
    pub reserved_concurrency: Option<u32>,
    /// Function URLs by alias name; the function's own under `$LATEST`.
    pub urls: ById<FunctionUrl>,
    /// On-demand environments, working or waiting for work.
    pub environments: Vec<Environment>,
    /// Requests that were routed so far; makes weighted routing repeatable.
    pub routed: u64,
    /// What reads still show of aliases (AWS-60).
    pub aliases_before: ById<Before<Alias>>,
    /// What reads still show of provisioned concurrency (AWS-60).
    pub provisioned_concurrency_before: ById<Before<ProvisionedConcurrency>>,
    /// What reads still show of policies (AWS-60).
    pub policies_before: ById<Before<Policy>>,
}

impl Function {
    /// `$LATEST` or a published version.
    pub fn version(&self, version: &str) -> Option<&Version> {
        if version == LATEST {
            Some(&self.latest)
        } else {
            self.versions.get(&version.parse().ok()?)
        }
    }

    pub(crate) fn version_mut(&mut self, version: &str) -> Option<&mut Version> {
        if version == LATEST {
            Some(&mut self.latest)
        } else {
            self.versions.get_mut(&version.parse().ok()?)
        }
    }

    /// Whether a qualifier names something that is there.
    pub fn has(&self, qualifier: &str) -> bool {
        self.aliases.contains_key(qualifier) || self.version(qualifier).is_some()
    }

    /// The version that a qualifier stands for, as reads show it.
    pub(crate) fn resolve(&self, qualifier: Option<&str>, now: Millis) -> Option<(String, &Version)> {
        let version = match qualifier {
            None => LATEST.to_owned(),
            Some(qualifier) if is_number(qualifier) || qualifier == LATEST => qualifier.to_owned(),
            Some(alias) => self.seen_alias(alias, now)?.function_version.clone(),
        };
        let detail = self.version(&version)?;
        Some((version, detail))
    }

    /// The first moment at which something happens by itself.
    pub(crate) fn due(&self) -> Option<Millis> {
        let versions = self.versions.values().filter_map(|version| version.settles_at);
        let canaries = self.aliases.values().filter_map(|alias| alias.canary.as_ref()?.shown_at);
        let capacity = self.provisioned_concurrency.values().filter_map(|capacity| capacity.due);
        self.latest
            .settles_at
            .into_iter()
            .chain(versions)
            .chain(canaries)
            .chain(capacity)
            .min()
    }
}

impl Region {
    pub(crate) fn function(&self, name: &str) -> Answer<&Function> {
        self.functions.get(name).ok_or_else(|| self.function_not_found(name, None))
    }

    /// `CreateFunction`: answers `Pending`; with `publish` the answer's version is `1` although its ARN is unqualified, as recorded.
    pub fn create_function(&mut self, name: &str, content: Version, publish: bool) -> Answer<FunctionConfiguration> {
        if self.functions.contains_key(name) {
            return Err(conflict(format!("Function already exist: {name}")));
        }
        let settles_at = Some(self.now + self.settings.create_ms);
        let last_version = self.retired_versions.remove(name).unwrap_or_default();
        let latest = Version {
            state: State::Pending,
            settles_at,
            revision_id: self.new_uuid(),
            last_modified: self.now,
            ..content
        };
        let mut function = Function {
            latest,
            last_version,
            ..Function::default()
        };
        let mut version = LATEST.to_owned();
        if publish {
            let number = last_version + 1;
            function.versions.insert(
                number,
                Version {
                    revision_id: self.new_uuid(),
                    ..function.latest.clone()
                },
            );
            function.last_version = number;
            version = number.to_string();
        }
        let answer = self.configuration(name, None, &version, &function.latest);
        self.functions.insert(name.into(), function);
        Ok(answer)
    }

    /// `DeleteFunction`: the whole function, or one published version that no alias uses (AWS-11). A missing version is no error.
    pub fn delete_function(&mut self, name: &str, qualifier: Option<&str>) -> Answer<()> {
        let missing = self.function_not_found(name, None);
        let Some(function) = self.functions.get_mut(name) else {
            return Err(missing);
        };
        let Some(qualifier) = qualifier else {
            // AWS-7: numbers are never used again.
            self.retired_versions.insert(name.into(), function.last_version);
            self.functions.remove(name);
            return Ok(());
        };
        if qualifier == LATEST {
            return Err(invalid("$LATEST version cannot be deleted without deleting the function."));
        }
        if !is_number(qualifier) {
            return Err(invalid("Deletion of aliases is not currently supported."));
        }
        let users: Vec<&str> = function
            .aliases
            .iter()
            .filter(|(_, alias)| alias.uses(qualifier))
            .map(|(name, _)| name.as_str())
            .collect();
        if !users.is_empty() {
            let text = format!(
                "Unable to delete version because the following aliases reference it: [{}]",
                users.join(", ")
            );
            return Err(conflict(text));
        }
        function.versions.retain(|number, _| number.to_string() != qualifier);
        function.provisioned_concurrency.remove(qualifier);
        function.policies.remove(qualifier);
        Ok(())
    }

    /// `GetFunctionConfiguration`: a version by number, by alias, or `$LATEST` (AWS-19).
    pub fn get_function_configuration(&self, name: &str, qualifier: Option<&str>) -> Answer<FunctionConfiguration> {
        let missing = || self.function_not_found(name, qualifier);
        let function = self.functions.get(name).ok_or_else(missing)?;
        let (version, detail) = function.resolve(qualifier, self.now).ok_or_else(missing)?;
        Ok(self.configuration(name, qualifier, &version, detail))
    }

    /// `GetFunction`: the configuration and the reserved concurrency of the function, when there is one.
    pub fn get_function(&self, name: &str, qualifier: Option<&str>) -> Answer<(FunctionConfiguration, Option<u32>)> {
        let configuration = self.get_function_configuration(name, qualifier)?;
        Ok((configuration, self.function(name)?.reserved_concurrency))
    }

    /// `ListFunctions`: `$LATEST` of every function, by name, 50 a page.
    pub fn list_functions(&self, marker: Option<&str>, most: Option<usize>) -> Page<FunctionConfiguration> {
        let all = self.functions.iter();
        let all = all.map(|(name, function)| (name.clone(), self.configuration(name, None, LATEST, &function.latest)));
        page(all.collect(), marker, most)
    }

    /// When the next function changes by itself.
    pub(crate) fn due_functions(&self) -> Option<Millis> {
        self.functions.values().filter_map(Function::due).min()
    }

    /// Lets everything happen that is due on functions at `at`.
    pub(crate) fn settle_functions(&mut self, at: Millis) {
        let due: Vec<String> = self
            .functions
            .iter()
            .filter(|(_, function)| function.due().is_some_and(|due| due <= at))
            .map(|(name, _)| name.clone())
            .collect();
        for name in due {
            self.settle_versions(&name, at);
            self.settle_canaries(&name, at);
            self.settle_concurrency(&name, at);
        }
    }

    /// Makes up what a world file may leave out: revision ids and the highest version number.
    pub(crate) fn complete_functions(&mut self) {
        let names: Vec<String> = self
            .functions
            .iter()
            .filter(|(_, function)| function.is_incomplete())
            .map(|(name, _)| name.clone())
            .collect();
        for name in names {
            let Some(mut function) = self.functions.remove(&name) else {
                continue;
            };
            function.last_version = function
                .last_version
                .max(function.versions.keys().copied().max().unwrap_or_default());
            for revision in function.revisions_mut().filter(|revision| revision.is_empty()) {
                *revision = self.new_uuid();
            }
            let Function {
                provisioned_concurrency,
                aliases,
                ..
            } = &mut function;
            for (qualifier, capacity) in provisioned_concurrency {
                capacity.complete(aliases.get(qualifier).map_or(qualifier, |alias| &alias.function_version));
            }
            self.functions.insert(name, function);
        }
    }
}

impl Function {
    fn is_incomplete(&self) -> bool {
        self.latest.revision_id.is_empty()
            || self.versions.values().any(|version| version.revision_id.is_empty())
            || self.aliases.values().any(|alias| alias.revision_id.is_empty())
            || self.policies.values().any(|policy| policy.revision_id.is_empty())
            || self
                .provisioned_concurrency
                .values()
                .any(|capacity| capacity.warm_version.is_empty())
            || self
                .versions
                .last_key_value()
                .is_some_and(|(number, _)| *number > self.last_version)
    }

    fn revisions_mut(&mut self) -> impl Iterator<Item = &mut String> {
        let versions = self.versions.values_mut().map(|version| &mut version.revision_id);
        let aliases = self.aliases.values_mut().map(|alias| &mut alias.revision_id);
        let policies = self.policies.values_mut().map(|policy| &mut policy.revision_id);
        std::iter::once(&mut self.latest.revision_id)
            .chain(versions)
            .chain(aliases)
            .chain(policies)
    }
}
