//! The words of `status.conditions`: types and reasons. Both are API: what shipped is never renamed.

use std::fmt;

/// Makes an enum whose variants print as their own names, and a list of all of them for the reference.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[doc = $text:literal])+ $variant:ident,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum $name { $($(#[doc = $text])+ $variant,)+ }

        impl $name {
            /// Every word with its meaning, in the order of the reference.
            pub const ALL: &'static [($name, &'static str)] = &[$(($name::$variant, concat!($($text),+)),)+];

            /// The word as it stands in status.
            pub const fn as_str(self) -> &'static str {
                match self { $($name::$variant => stringify!($variant),)+ }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

words! {
    /// Condition types, in the order in which they stand in status.
    ConditionType {
        /// The summary: a fresh observation shows the whole chain as the spec says.
        Ready,
        /// Work is in flight. Exists only while True.
        Reconciling,
        /// Will not succeed without a person. Exists only while True.
        Stalled,
        /// The alias stands on the version that the spec asks for, without weights.
        AliasReady,
        /// The warm capacity is what the spec asks for, and warm.
        CapacityReady,
        /// Every caller is let in on the alias.
        PermissionReady,
        /// Every caller is pointed at the alias, and that is deployed.
        TriggerReady,
        /// By configuration, every trigger's target is the alias. Absent without triggers. Advice, does not move Ready.
        RoutedToAlias,
        /// By CloudWatch, the function's requests come through the alias. Advice, does not move Ready.
        TrafficOnAlias,
        /// A mapping hands records over and the function fails on them. Exists only while True. Advice, does not move Ready.
        RecordsFailing,
        /// Requests found no warm environment, or nearly did not. Exists only while True. Advice, does not move Ready.
        CapacitySaturated,
        /// Warm capacity is paid for and hardly used, for hours. Exists only while True. Advice, does not move Ready.
        CapacityIdle,
        /// CloudWatch has fresh data on the warm capacity. Advice, does not move Ready.
        MetricsAvailable,
        /// The object is being deleted and waits. Exists only while True.
        DeletionBlocked,
    }
}

words! {
    /// Reasons of conditions.
    Reason {
        /// The chain is as the spec says; capacity, if any, is warm.
        Warm,
        /// The chain is as the spec says, without warm capacity.
        InPlace,
        /// This link holds.
        Succeeded,
        /// Nothing is asked for here.
        NotRequired,
        /// Somebody else owns this value; it is reported only.
        ExternallyOwned,
        /// Writes were made or are due.
        Progressing,
        /// A call failed and is tried again.
        ProgressingWithRetry,
        /// Something that another tool may still deliver is missing.
        DependencyNotReady,
        /// AWS is warming a new version; the old one serves.
        WarmingNewVersion,
        /// A version was published and is not active yet.
        VersionNotActive,
        /// AWS is allocating warm capacity.
        AllocationInProgress,
        /// AWS could not allocate warm capacity; for a new version, its code cannot initialise.
        AllocationFailed,
        /// A new version did not become warm in time.
        RolloutTimedOut,
        /// The alias does not exist yet.
        AliasNotFound,
        /// The alias serves another version than the spec asks for.
        VersionMismatch,
        /// The function does not exist.
        FunctionNotFound,
        /// The version does not exist.
        VersionNotFound,
        /// The version itself is in state Failed.
        VersionFailed,
        /// The API, stage, method or route does not exist.
        TriggerNotFound,
        /// The source has no event source mapping on the function, and the spec does not say how to create one.
        MappingNotFound,
        /// Several event source mappings hand the records of one source to the function: each record is processed twice.
        DuplicateMappings,
        /// Somebody disabled the event source mapping; it stays so.
        MappingDisabled,
        /// Lambda disabled the event source mapping, because it cannot work.
        MappingDisabledByLambda,
        /// The event source mapping is in a state that AWS ends by itself.
        MappingChanging,
        /// The stream, queue or cluster does not exist any more.
        SourceNotFound,
        /// The function's execution role may not read the source.
        SourceAccessDenied,
        /// Lambda cannot assume the function's execution role.
        RoleNotAssumable,
        /// The function fails on records, or calls of it fail.
        FunctionFailing,
        /// AWS reports a problem with the last batch that is neither the function's nor the source's.
        ProcessingProblem,
        /// A deployment of the API failed.
        DeploymentFailed,
        /// Every trigger names the alias.
        Qualified,
        /// An older WarmLambdaEndpoint on another alias of the function asks for the same caller, and keeps it.
        TriggerClaimed,
        /// A trigger names another alias or version of the function.
        PointsAtOtherAlias,
        /// Requests reach the function without going through the alias.
        TrafficBypassesAlias,
        /// Warm capacity was hardly used for hours.
        LowUtilization,
        /// Somebody else shifts traffic on the alias with weights.
        ForeignRouting,
        /// The permission is not there yet.
        PermissionMissing,
        /// A caller still invokes something else than the alias.
        UnqualifiedTarget,
        /// Integrations are right but the stage still serves an older deployment.
        DeploymentPending,
        /// A canary of the stage is active; the stage is not deployed over it.
        CanaryActive,
        /// The policy of the alias is full.
        PolicyTooLarge,
        /// AWS refuses the call for lack of a permission.
        AccessDenied,
        /// AWS cannot be asked: no credentials, or they are not valid.
        CredentialsUnavailable,
        /// AWS throttles.
        Throttled,
        /// AWS did not answer, or not usefully.
        AwsUnavailable,
        /// A quota of the account or the function stands in the way.
        QuotaExceeded,
        /// AWS refused the request as wrong.
        InvalidRequest,
        /// The spec cannot be carried out as it is.
        InvalidSpec,
        /// Another, older WarmLambdaEndpoint owns this alias.
        AliasClaimed,
        /// `managementPolicy: Observe`: something differs; `status.plan` lists the calls.
        ChangesPending,
        /// `spec.suspend` is true.
        Suspended,
        /// Not looked at yet.
        Pending,
        /// An earlier link of the chain is not there yet.
        Waiting,
        /// Requests spilled over to cold starts in the last window.
        Spillover,
        /// Nearly all warm environments were busy in the last window.
        HighUtilization,
        /// No requests in the last window, or none yet.
        NoTrafficYet,
        /// The data is older than the window.
        Stale,
        /// Something observed still calls the alias.
        StillInUse,
        /// A write had no usable answer and may still arrive; what takes something away waits for that.
        OutcomeUnknown,
    }
}
