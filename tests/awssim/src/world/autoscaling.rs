//! Application Auto Scaling: who owns the number of warm environments of an alias (AWS-59).

use serde::{Deserialize, Serialize};

use super::{Answer, AwsError, ById, Millis, Region};

/// The only namespace that is modelled.
pub const NAMESPACE: &str = "lambda";
/// The only dimension that this namespace has.
pub const DIMENSION: &str = "lambda:function:ProvisionedConcurrency";

/// The bounds between which Application Auto Scaling sets the provisioned concurrency of an alias or a version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ScalableTarget {
    /// At least this many environments; 0 means that the configuration may be deleted.
    pub min_capacity: u32,
    /// At most this many.
    pub max_capacity: u32,
    /// When it was registered first.
    #[serde(default)]
    pub creation_time: Millis,
    /// Whether actions of its policies are suspended.
    #[serde(default)]
    pub suspended: Suspended,
}

/// What a scalable target does not do for the time being.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Suspended {
    /// No scaling in by policies.
    #[serde(default)]
    pub scaling_in: bool,
    /// No scaling out by policies.
    #[serde(default)]
    pub scaling_out: bool,
    /// No scheduled actions.
    #[serde(default)]
    pub scheduled: bool,
}

/// Targets by resource id, `function:NAME:QUALIFIER`.
pub type ScalableTargets = ById<ScalableTarget>;

/// What a registration asks for; what is absent keeps its value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Registration {
    /// Needed when the target is new.
    pub min_capacity: Option<u32>,
    /// Needed when the target is new.
    pub max_capacity: Option<u32>,
    /// Replaces the whole of it.
    pub suspended: Option<Suspended>,
}

impl Region {
    /// Registers a target or changes one, then brings the alias's number within the bounds, as AWS does at once.
    ///
    /// # Errors
    /// 400 `ValidationException` for an id of another form, missing or crossed bounds.
    pub fn register_scalable_target(&mut self, id: &str, asked: Registration, now: Millis) -> Answer<String> {
        qualified(id)?;
        let known = self.scalable_targets.get(id);
        let bound = |asked: Option<u32>, known: Option<u32>, what: &str| {
            asked
                .or(known)
                .ok_or_else(|| invalid(format!("{what} is required when registering a new scalable target")))
        };
        let min_capacity = bound(asked.min_capacity, known.map(|t| t.min_capacity), "MinCapacity")?;
        let max_capacity = bound(asked.max_capacity, known.map(|t| t.max_capacity), "MaxCapacity")?;
        if min_capacity > max_capacity {
            return Err(invalid("Maximum capacity cannot be less than minimum capacity"));
        }
        let target = ScalableTarget {
            min_capacity,
            max_capacity,
            creation_time: known.map_or(now, |t| t.creation_time),
            suspended: asked.suspended.or(known.map(|t| t.suspended)).unwrap_or_default(),
        };
        self.scalable_targets.insert(id.into(), target);
        self.bring_within_bounds(id);
        Ok(self.scalable_target_arn(id))
    }

    /// Puts or deletes the provisioned concurrency of a target that is outside its bounds; where there is none, none is made.
    fn bring_within_bounds(&mut self, id: &str) {
        let Some(target) = self.scalable_targets.get(id) else { return };
        let Ok((function, qualifier)) = qualified(id) else { return };
        let configured = self
            .functions
            .get(function)
            .and_then(|function| function.provisioned_concurrency.get(qualifier));
        let Some(requested) = configured.map(|configured| configured.requested) else {
            return;
        };
        let wanted = requested.clamp(target.min_capacity, target.max_capacity);
        // What Lambda refuses, for instance while the alias has weights (AWS-30), stays as it is: AWS tries again with the next scaling activity.
        let _refused = match wanted {
            same if same == requested => Ok(()),
            0 => self.delete_provisioned_concurrency_config(function, qualifier),
            other => self
                .put_provisioned_concurrency_config(function, qualifier, other.into())
                .map(|_| ()),
        };
    }

    /// Removes a target; the number of warm environments stays as it is.
    ///
    /// # Errors
    /// 400 `ObjectNotFoundException` when there is none.
    pub fn deregister_scalable_target(&mut self, id: &str) -> Answer<()> {
        let missing =
            || format!("No scalable target found for service namespace: {NAMESPACE}, resource ID: {id}, scalable dimension: {DIMENSION}");
        self.scalable_targets
            .remove(id)
            .map(|_| ())
            .ok_or_else(|| AwsError::new(400, "ObjectNotFoundException", missing()))
    }

    /// The ARN of a target; its last part is derived from the id, so that it is the same after every registration.
    pub fn scalable_target_arn(&self, id: &str) -> String {
        use sha2::{Digest, Sha256};
        let digest = Sha256::digest(format!("{}/{}/{id}", self.account, self.region));
        let hex: String = digest.iter().take(12).map(|byte| format!("{byte:02x}")).collect();
        format!(
            "arn:aws:application-autoscaling:{}:{}:scalable-target/0ec5{hex}",
            self.region, self.account
        )
    }
}

/// Function and qualifier of a resource id.
///
/// # Errors
/// 400 `ValidationException` for any other form.
pub fn qualified(id: &str) -> Answer<(&str, &str)> {
    let parts = id.strip_prefix("function:").and_then(|rest| rest.split_once(':'));
    let parts = parts.filter(|(function, qualifier)| !function.is_empty() && !qualifier.is_empty() && !qualifier.contains(':'));
    parts.ok_or_else(|| invalid("Unsupported service namespace, resource type or scalable dimension"))
}

/// 400 `ValidationException`.
pub fn invalid(message: impl Into<String>) -> AwsError {
    AwsError::new(400, "ValidationException", message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::World;

    const ID: &str = "function:fir-api:live";

    fn bounds(min: u32, max: u32) -> Registration {
        Registration {
            min_capacity: Some(min),
            max_capacity: Some(max),
            suspended: None,
        }
    }

    fn region_with_capacity(requested: u32) -> Region {
        let world = format!(
            "regions:\n- account: '1'\n  region: r\n  functions:\n    fir-api:\n      versions: {{1: {{}}}}\n      aliases: {{live: {{functionVersion: '1'}}}}\n      provisionedConcurrency: {{live: {{requested: {requested}}}}}\n"
        );
        let mut world: World = serde_saphyr::from_str(&world).unwrap();
        world.region("1", "r", 0).clone()
    }

    fn requested(region: &Region) -> Option<u32> {
        region
            .get_provisioned_concurrency_config("fir-api", "live")
            .ok()
            .map(|config| config.requested)
    }

    #[test]
    fn a_registration_brings_the_number_within_its_bounds_at_once() {
        for (before, min, max, after) in [(1, 3, 5, Some(3)), (9, 3, 5, Some(5)), (4, 3, 5, Some(4)), (4, 0, 0, None)] {
            let mut region = region_with_capacity(before);
            region.register_scalable_target(ID, bounds(min, max), 0).unwrap();
            assert_eq!(requested(&region), after, "{before} in {min}..={max}");
        }
    }

    #[test]
    fn a_second_registration_changes_only_what_it_names() {
        let mut region = Region::default();
        let first = region.register_scalable_target(ID, bounds(1, 5), 7).unwrap();
        let second = region
            .register_scalable_target(
                ID,
                Registration {
                    max_capacity: Some(9),
                    ..Registration::default()
                },
                8,
            )
            .unwrap();
        assert_eq!(first, second);
        let target = &region.scalable_targets[ID];
        assert_eq!((target.min_capacity, target.max_capacity, target.creation_time), (1, 9, 7));
    }

    #[test]
    fn a_new_target_needs_both_bounds_in_order() {
        let mut region = Region::default();
        assert!(
            region
                .register_scalable_target(
                    ID,
                    Registration {
                        min_capacity: Some(1),
                        ..Registration::default()
                    },
                    0
                )
                .is_err()
        );
        assert!(region.register_scalable_target(ID, bounds(5, 1), 0).is_err());
        assert!(region.scalable_targets.is_empty());
    }

    #[test]
    fn an_unqualified_function_is_no_scalable_resource() {
        assert_eq!(
            Region::default()
                .register_scalable_target("function:fir-api", bounds(1, 2), 0)
                .unwrap_err()
                .code,
            "ValidationException"
        );
    }

    #[test]
    fn deregistering_twice_says_that_there_is_none() {
        let mut region = Region::default();
        region.register_scalable_target(ID, bounds(1, 5), 0).unwrap();
        assert_eq!(region.deregister_scalable_target(ID), Ok(()));
        assert_eq!(region.deregister_scalable_target(ID).unwrap_err().code, "ObjectNotFoundException");
    }
}
