//! The contract with users: the `WarmLambdaEndpoint` resource, its rules, its status and the words it uses.

mod conditions;
mod crd;
mod event_source;
mod event_source_rules;
mod http_api;
mod rest_api;
mod spec;
mod status;
mod trigger;

pub use conditions::{ConditionType, Reason};
pub use crd::{crd, crd_yaml};
pub use event_source::{EventSourceCreate, EventSourceTrigger, ProvisionedPollers, SelfManagedKafka, SourceAccess, StartingPosition};
pub use http_api::HttpApiTrigger;
pub use rest_api::{DeploymentPolicy, PermissionScope, RestApiMethod, RestApiTrigger};
pub use spec::{
    DeletionPolicy, ManagementPolicy, OnFailure, RolloutSpec, VersionPolicy, VersionSpec, WarmLambdaEndpoint, WarmLambdaEndpointSpec,
};
pub use status::{
    CapacityState, CapacityStatus, PlannedCall, PublishedVersion, RejectedVersion, RolloutStatus, TriggerKind, TriggerStatus,
    UtilizationStatus, WarmLambdaEndpointStatus,
};
pub use trigger::Trigger;

/// The finalizer that lets the operator clean up before an endpoint goes.
pub const FINALIZER: &str = "warmlambda.dev/cleanup";

/// The annotation whose new value asks for a reconcile at once; echoed in `status.lastHandledReconcileAt`.
pub const RECONCILE_REQUESTED_AT: &str = "warmlambda.dev/reconcile-requested-at";

/// The annotation whose new value (by custom the time) lets a rejected version be tried once more. Apart from the one above, because
/// tools send that one as a matter of routine, and a version that wedges the alias must not come back by routine.
pub const RETRY_REQUESTED_AT: &str = "warmlambda.dev/retry-requested-at";

/// The annotation with which a person gives the object up without any call to AWS; its value is `true`.
pub const RELEASE: &str = "warmlambda.dev/release";

/// The label of the Lease by which operators elect a leader, whatever its name is; its value is `operator`.
pub const LEASE_LABEL: &str = "warmlambda.dev/lease";

/// The field manager of everything that the operator writes to Kubernetes.
pub const FIELD_MANAGER: &str = "warmlambda";
