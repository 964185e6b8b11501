//! Aliases: a name that points to a version, and perhaps a second version with a weight.

use serde::{Deserialize, Serialize};

use super::canary::Canary;
use super::lag::{remember, seen};
use super::publish::{Page, page};
use super::qualifier::{LATEST, conflict, constraint, invalid, is_alias_name, is_number, precondition};
use super::{Answer, ById, Function, Millis, Region};

/// An alias of a function.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Alias {
    /// A number, or `$LATEST`.
    pub function_version: String,
    /// Free text.
    pub description: String,
    /// At most one other version and the share of requests that it gets, 0.0 to 1.0 (AWS-18).
    pub additional_version_weights: ById<f64>,
    /// Made up when a world file leaves it out. Changes with every write, and when AWS itself touches the weights.
    pub revision_id: String,
    /// A move that AWS has not completed, because the alias has provisioned concurrency (AWS-29).
    pub canary: Option<Canary>,
}

/// What the operations on aliases answer.
#[derive(Clone, Debug, PartialEq)]
pub struct AliasConfiguration {
    /// ARN of the function with the name as qualifier.
    pub alias_arn: String,
    /// The alias's name.
    pub name: String,
    /// A number, or `$LATEST`.
    pub function_version: String,
    /// Free text.
    pub description: String,
    /// Empty when there is no second version.
    pub additional_version_weights: ById<f64>,
    /// The id that guards `UpdateAlias` (AWS-15).
    pub revision_id: String,
}

/// What `UpdateAlias` changes; absent members stay (AWS-15).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AliasChange {
    /// A number, or `$LATEST`.
    pub function_version: Option<String>,
    /// An empty map clears the weights (AWS-18).
    pub additional_version_weights: Option<ById<f64>>,
    /// Free text.
    pub description: Option<String>,
    /// Guard: the revision of the alias that the caller saw.
    pub revision_id: Option<String>,
}

impl AliasChange {
    /// Points the alias to a version and leaves the rest.
    pub fn version(version: &str) -> Self {
        Self {
            function_version: Some(version.into()),
            ..Self::default()
        }
    }

    /// The same, and clears the weights.
    pub fn clearing_weights(self) -> Self {
        Self {
            additional_version_weights: Some(ById::new()),
            ..self
        }
    }

    /// The same, refused when the alias is at another revision.
    pub fn guarded(self, revision_id: &str) -> Self {
        Self {
            revision_id: Some(revision_id.into()),
            ..self
        }
    }
}

impl Alias {
    /// Whether the alias sends, or may send, requests to this version.
    pub fn uses(&self, version: &str) -> bool {
        self.function_version == version
            || self.additional_version_weights.contains_key(version)
            || self.canary.as_ref().is_some_and(|canary| canary.previous == version)
    }

    /// The weights that are in force, also in the moment in which they do not show yet (AWS-29).
    pub fn weights_in_force(&self) -> ById<f64> {
        match &self.canary {
            Some(canary) => ById::from([(canary.previous.clone(), 1.0)]),
            None => self.additional_version_weights.clone(),
        }
    }
}

impl Function {
    pub(crate) fn seen_alias(&self, name: &str, now: Millis) -> Option<&Alias> {
        seen(&self.aliases_before, &self.aliases, name, now)
    }
}

impl Region {
    fn alias_configuration(&self, function: &str, name: &str, alias: &Alias) -> AliasConfiguration {
        AliasConfiguration {
            alias_arn: self.function_arn(function, Some(name)),
            name: name.into(),
            function_version: alias.function_version.clone(),
            description: alias.description.clone(),
            additional_version_weights: alias.additional_version_weights.clone(),
            revision_id: alias.revision_id.clone(),
        }
    }

    /// `CreateAlias` (AWS-13, AWS-14).
    pub fn create_alias(
        &mut self,
        function: &str,
        name: &str,
        version: &str,
        weights: ById<f64>,
        description: &str,
    ) -> Answer<AliasConfiguration> {
        if name.len() > 128 {
            return Err(constraint(name, "name", "Member must have length less than or equal to 128"));
        }
        if !is_alias_name(name) {
            return Err(constraint(
                name,
                "name",
                "Member must satisfy regular expression pattern: (?!^[0-9]+$)([a-zA-Z0-9-_]+)",
            ));
        }
        check_weights(&weights)?;
        self.check_routing(function, version, &weights)?;
        if self.function(function)?.aliases.contains_key(name) {
            return Err(conflict(format!(
                "Alias already exists: {}",
                self.function_arn(function, Some(name))
            )));
        }
        let alias = Alias {
            function_version: version.into(),
            description: description.into(),
            additional_version_weights: weights,
            revision_id: self.new_uuid(),
            canary: None,
        };
        let answer = self.alias_configuration(function, name, &alias);
        self.write_alias(function, name, Some(alias));
        Ok(answer)
    }

    /// `GetAlias`.
    pub fn get_alias(&self, function: &str, name: &str) -> Answer<AliasConfiguration> {
        let alias = self.functions.get(function).and_then(|found| found.seen_alias(name, self.now));
        let alias = alias.ok_or_else(|| self.qualifier_not_found(function, name))?;
        Ok(self.alias_configuration(function, name, alias))
    }

    /// `ListAliases`, by name, only those that point to `version` when it is given.
    pub fn list_aliases(
        &self,
        function: &str,
        version: Option<&str>,
        marker: Option<&str>,
        most: Option<usize>,
    ) -> Answer<Page<AliasConfiguration>> {
        let found = self.function(function)?;
        let names = found
            .aliases
            .keys()
            .chain(found.aliases_before.keys().filter(|name| !found.aliases.contains_key(*name)));
        let seen = names.filter_map(|name| Some((name, found.seen_alias(name, self.now)?)));
        let wanted = seen.filter(|(_, alias)| version.is_none_or(|version| alias.function_version == version));
        let mut all: Vec<_> = wanted
            .map(|(name, alias)| (name.clone(), self.alias_configuration(function, name, alias)))
            .collect();
        all.sort_by(|(one, _), (other, _)| one.cmp(other));
        Ok(page(all, marker, most))
    }

    /// `UpdateAlias` (AWS-15, AWS-16, AWS-18). On an alias with provisioned concurrency a new version starts AWS's hidden canary (AWS-29).
    pub fn update_alias(&mut self, function: &str, name: &str, change: &AliasChange) -> Answer<AliasConfiguration> {
        if let Some(weights) = &change.additional_version_weights {
            check_weights(weights)?;
        }
        let Some(alias) = self.function(function)?.aliases.get(name) else {
            let text = format!("Alias not found: {}", self.function_arn(function, Some(name)));
            return Err(super::AwsError::new(404, "ResourceNotFoundException", text));
        };
        if change.revision_id.as_ref().is_some_and(|revision| *revision != alias.revision_id) {
            return Err(precondition("GetFunction/GetAlias"));
        }
        let before = alias.clone();
        let version = change.function_version.clone().unwrap_or_else(|| before.function_version.clone());
        let weights = change
            .additional_version_weights
            .clone()
            .unwrap_or_else(|| before.weights_in_force());
        self.check_routing(function, &version, &weights)?;
        let mut after = Alias {
            function_version: version,
            description: change.description.clone().unwrap_or_else(|| before.description.clone()),
            additional_version_weights: weights,
            revision_id: String::new(),
            canary: None,
        };
        self.move_capacity(function, name, &before, &mut after)?;
        after.revision_id = self.new_uuid();
        let answer = self.alias_configuration(function, name, &after);
        self.write_alias(function, name, Some(after));
        Ok(answer)
    }

    /// `DeleteAlias`: no error when it is missing; its provisioned concurrency goes with it (AWS-17), and its policy (AWS-20).
    pub fn delete_alias(&mut self, function: &str, name: &str) -> Answer<()> {
        self.function(function)?;
        self.write_concurrency(function, name, None);
        self.write_policy(function, name, None);
        self.write_alias(function, name, None);
        Ok(())
    }

    /// Checks a version and weights against each other and against what exists (AWS-16, AWS-18).
    fn check_routing(&self, function: &str, version: &str, weights: &ById<f64>) -> Answer<()> {
        if weights.contains_key(version) {
            let text =
                format!("Invalid function version {version}. Function version {version} is already included in routing configuration.");
            return Err(invalid(text));
        }
        if version == LATEST && !weights.is_empty() {
            return Err(invalid("$LATEST is not supported for an alias pointing to more than 1 version"));
        }
        std::iter::once(version)
            .chain(weights.keys().map(String::as_str))
            .try_for_each(|each| self.require_version(function, each).map(drop))
    }

    pub(crate) fn write_alias(&mut self, function: &str, name: &str, alias: Option<Alias>) {
        let (now, until) = (self.now, self.now + self.settings.read_lag_ms);
        let Some(found) = self.functions.get_mut(function) else { return };
        remember(&mut found.aliases_before, &found.aliases, name, now, until);
        match alias {
            Some(alias) => found.aliases.insert(name.into(), alias),
            None => found.aliases.remove(name),
        };
    }
}

fn check_weights(weights: &ById<f64>) -> Answer<()> {
    let member = "routingConfig.additionalVersionWeights";
    for (version, weight) in weights {
        if !is_number(version) {
            let rule = "Map keys must satisfy constraint: [Member must have length less than or equal to 1024, Member must have length greater than or equal to 1, Member must satisfy regular expression pattern: [0-9]+]";
            return Err(constraint(&format!("{{{version}={weight:?}}}"), member, rule));
        }
        if !(0.0..=1.0).contains(weight) {
            let rule = "Map value must satisfy constraint: [Member must have value less than or equal to 1.0, Member must have value greater than or equal to 0.0, Member must not be null]";
            return Err(constraint(&format!("{{{version}={weight:?}}}"), member, rule));
        }
    }
    if weights.len() > 1 {
        return Err(invalid("Number of items in AdditionalVersionWeights cannot be greater than 1"));
    }
    Ok(())
}
