//! What AWS does by itself when an alias with provisioned concurrency moves, and how it gets stuck (AWS-29 to AWS-32).
//!
//! `UpdateAlias` answers without weights. A moment later the alias shows the new version with the weight 1.0 for the old one, and
//! all requests stay on the old, warm version. When the new one is warm, the weights go. When it cannot initialise, they stay for ever.

use serde::{Deserialize, Serialize};

use super::alias::Alias;
use super::concurrency::Status;
use super::qualifier::{LATEST, conflict, invalid};
use super::{Answer, Millis, Region};

/// A move of a warm alias that is going on, or that is wedged.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Canary {
    /// The version that keeps all requests.
    pub previous: String,
    /// When the weights will show on the alias; absent once they do.
    #[serde(default)]
    pub shown_at: Option<Millis>,
    /// Whether the new version could not initialise: nothing will happen by itself any more (AWS-31).
    #[serde(default)]
    pub wedged: bool,
}

impl Region {
    /// Decides what an update of an alias means for its provisioned concurrency and for a move that is going on.
    pub(crate) fn move_capacity(&mut self, function: &str, name: &str, before: &Alias, after: &mut Alias) -> Answer<()> {
        let has_capacity = self
            .functions
            .get(function)
            .is_some_and(|found| found.provisioned_concurrency.contains_key(name));
        let moved = after.function_version != before.function_version;
        if let Some(canary) = &before.canary {
            if !moved && after.additional_version_weights == before.weights_in_force() {
                // Only the description changes: the move goes on as it was.
                after.additional_version_weights = before.additional_version_weights.clone();
                after.canary = before.canary.clone();
                return Ok(());
            }
            if after.function_version == canary.previous && after.additional_version_weights.is_empty() {
                self.take_move_back(function, name);
                return Ok(());
            }
            // AWS-31. Also before the move has failed: nothing may be steered while AWS steers.
            return Err(invalid("Invalid alias configuration for Provisioned Concurrency"));
        }
        if !has_capacity || !moved {
            return Ok(());
        }
        self.refuse_capacity_on(function, name, &after.function_version)?;
        let environments = self.start_warming(function, name, &after.function_version);
        if after.additional_version_weights.is_empty() && environments.is_some() {
            let shown_at = Some(self.now + self.settings.canary_delay_ms);
            after.canary = Some(Canary {
                previous: before.function_version.clone(),
                shown_at,
                wedged: false,
            });
        }
        Ok(())
    }

    /// Refuses versions that cannot have the alias's provisioned concurrency (AWS-12, AWS-24).
    pub(crate) fn refuse_capacity_on(&self, function: &str, alias: &str, version: &str) -> Answer<()> {
        let found = self.function(function)?;
        if version == LATEST {
            return Err(invalid(
                "Provisioned Concurrency Configs cannot be applied to unpublished function versions.",
            ));
        }
        if found.version(version).is_some_and(|version| version.snap_start) {
            return Err(invalid(
                "Provisioned Concurrency Configs cannot be applied to function versions with SnapStart enabled.",
            ));
        }
        if found.provisioned_concurrency.contains_key(version) {
            return Err(conflict(
                "Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version",
            ));
        }
        let others = found.aliases.iter().filter(|(name, other)| *name != alias && other.uses(version));
        if others.into_iter().any(|(name, _)| found.provisioned_concurrency.contains_key(name)) {
            return Err(conflict("Version is pointed by a Provisioned Concurrency alias"));
        }
        Ok(())
    }

    /// The new version is to become warm; the old environments stay until it is. Answers how many environments are asked for.
    fn start_warming(&mut self, function: &str, name: &str, version: &str) -> Option<u32> {
        let found = self.functions.get(function)?;
        let fails = found.version(version)?.code.fails_to_warm();
        let mut capacity = found.provisioned_concurrency.get(name)?.clone();
        let requested = capacity.requested;
        let takes = self.settings.allocation_ms(requested) + self.settings.canary_extra_ms;
        capacity.begin(self.now + if fails { self.settings.init_failure_ms } else { takes });
        self.write_concurrency(function, name, Some(capacity));
        Some(requested)
    }

    /// `UpdateAlias(previous version, no weights)`: the old environments are still there, and READY again shortly (AWS-32).
    fn take_move_back(&mut self, function: &str, name: &str) {
        let capacity = self
            .functions
            .get(function)
            .and_then(|found| found.provisioned_concurrency.get(name))
            .cloned();
        if let Some(mut capacity) = capacity {
            capacity.begin(self.now + self.settings.release_ms);
            self.write_concurrency(function, name, Some(capacity));
        }
    }

    /// Shows the weights of moves that began a moment ago.
    pub(crate) fn settle_canaries(&mut self, function: &str, at: Millis) {
        let due: Vec<String> = self
            .functions
            .get(function)
            .into_iter()
            .flat_map(|found| &found.aliases)
            .filter(|(_, alias)| alias.shows_at(at))
            .map(|(name, _)| name.clone())
            .collect();
        for name in due {
            let revision = self.new_uuid();
            if let Some(alias) = self.functions.get_mut(function).and_then(|found| found.aliases.get_mut(&name)) {
                alias.additional_version_weights = alias.weights_in_force();
                alias.revision_id = revision;
                if let Some(canary) = &mut alias.canary {
                    canary.shown_at = None;
                }
            }
        }
    }

    /// The new version is warm, or could not initialise: ends the move, or leaves it wedged.
    pub(crate) fn end_canary(&mut self, function: &str, name: &str, outcome: Status) {
        let revision = self.new_uuid();
        let Some(alias) = self.functions.get_mut(function).and_then(|found| found.aliases.get_mut(name)) else {
            return;
        };
        let Some(canary) = &mut alias.canary else { return };
        if outcome == Status::Failed {
            canary.wedged = true;
            return;
        }
        alias.canary = None;
        alias.additional_version_weights.clear();
        alias.revision_id = revision;
    }
}

impl Alias {
    fn shows_at(&self, at: Millis) -> bool {
        self.canary.as_ref().and_then(|canary| canary.shown_at).is_some_and(|due| due <= at)
    }
}
