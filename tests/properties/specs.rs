//! Specs: every policy, with triggers that exist and some that do not.

use proptest::prelude::*;
use warmlambda::api::{DeletionPolicy, ManagementPolicy, OnFailure, RolloutSpec, VersionPolicy, VersionSpec, WarmLambdaEndpointSpec};
use warmlambda::plan::desired::Desired;

use crate::callers::{Caller, caller};
use crate::scene::{ALIAS, FUNCTION, Scene, UID, site};

/// A spec, with APIs by their place in the scene.
#[derive(Clone, Debug)]
pub struct Spec {
    /// The number of a pinned version, or one of the other policies.
    pub version: Result<u64, VersionPolicy>,
    /// Warm environments.
    pub capacity: Option<u8>,
    /// Callers.
    pub triggers: Vec<Caller>,
    /// Seconds.
    pub timeout: i32,
    /// What to do with a version that does not become warm.
    pub on_failure: OnFailure,
    /// What happens to AWS when the object goes.
    pub deletion: DeletionPolicy,
    /// Whether AWS is written to.
    pub management: ManagementPolicy,
}

/// Any spec.
pub fn spec() -> impl Strategy<Value = Spec> {
    let version = prop_oneof![
        4 => Just(Err(VersionPolicy::PublishOnChange)),
        2 => Just(Err(VersionPolicy::LatestPublished)),
        2 => prop_oneof![3 => Just(1u64), 2 => Just(2), 1 => Just(3)].prop_map(Ok),
    ];
    let capacity = prop_oneof![2 => Just(None), 2 => Just(Some(0)), 5 => (1..4u8).prop_map(Some)];
    let on_failure = prop_oneof![3 => Just(OnFailure::RollBack), 1 => Just(OnFailure::Hold)];
    let deletion = prop_oneof![
        1 => Just(DeletionPolicy::ReleaseCapacity),
        1 => Just(DeletionPolicy::Retain),
        2 => Just(DeletionPolicy::Delete)
    ];
    let timeout = prop_oneof![4 => Just(900), 1 => Just(200)];
    (
        version,
        capacity,
        proptest::collection::vec(caller(), 0..4),
        timeout,
        on_failure,
        deletion,
    )
        .prop_map(|(version, capacity, triggers, timeout, on_failure, deletion)| Spec {
            version,
            capacity,
            triggers,
            timeout,
            on_failure,
            deletion,
            management: ManagementPolicy::Manage,
        })
}

impl Spec {
    /// Follows the highest published version with this many warm environments, and nobody calls it.
    pub fn warm(capacity: u8) -> Self {
        Self {
            version: Err(VersionPolicy::LatestPublished),
            capacity: Some(capacity),
            triggers: Vec::new(),
            timeout: 900,
            on_failure: OnFailure::RollBack,
            deletion: DeletionPolicy::Retain,
            management: ManagementPolicy::Manage,
        }
    }

    /// What it asked for before its triggers were changed.
    pub fn with_triggers(&self, triggers: &[Caller], scene: &Scene) -> Desired {
        let earlier = Self {
            triggers: triggers.to_vec(),
            ..self.clone()
        };
        Desired {
            generation: 0,
            ..earlier.desired(scene)
        }
    }

    /// What it asks for in a scene.
    pub fn desired(&self, scene: &Scene) -> Desired {
        Desired::resolve(&self.endpoint(scene), UID, 1, site()).unwrap()
    }

    /// The same for another object, which is about another alias.
    pub fn on_alias(&self, scene: &Scene, alias: &str, uid: &str) -> Desired {
        let spec = WarmLambdaEndpointSpec {
            alias_name: alias.into(),
            ..self.endpoint(scene)
        };
        Desired::resolve(&spec, uid, 1, site()).unwrap()
    }

    /// As it stands in the object.
    fn endpoint(&self, scene: &Scene) -> WarmLambdaEndpointSpec {
        WarmLambdaEndpointSpec {
            region: None,
            function_name: FUNCTION.into(),
            alias_name: ALIAS.into(),
            version: VersionSpec {
                policy: self.version.err().unwrap_or(VersionPolicy::Pinned),
                pinned: self.version.ok().map(|n| n.to_string()),
            },
            provisioned_concurrency: self.capacity.map(i32::from),
            triggers: self
                .triggers
                .iter()
                .enumerate()
                .map(|(n, caller)| caller.trigger(n, scene))
                .collect(),
            rollout: RolloutSpec {
                timeout_seconds: self.timeout,
                on_failure: self.on_failure,
            },
            management_policy: self.management,
            deletion_policy: self.deletion,
            suspend: false,
        }
    }
}
