//! `spec`: what the user wants.
// Each print column is an attribute of its own.
#![allow(clippy::duplicated_attributes)]

use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::status::WarmLambdaEndpointStatus;
use super::trigger::Trigger;

/// One Lambda function behind an alias that is kept warm: which version the alias serves, how many execution environments
/// are kept ready for it, and who calls it. The operator keeps AWS that way and says in `status` what is true.
#[derive(CustomResource, KubeSchema, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[kube(
    group = "warmlambda.dev",
    version = "v1alpha1",
    kind = "WarmLambdaEndpoint",
    plural = "warmlambdaendpoints",
    shortname = "wle",
    category = "aws",
    category = "warmlambda",
    namespaced,
    derive = "PartialEq",
    status = "WarmLambdaEndpointStatus",
    selectable = ".spec.functionName",
    printcolumn(name = "Ready", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].status"),
    printcolumn(name = "Reason", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].reason"),
    printcolumn(name = "Alias", type_ = "string", json_path = ".spec.aliasName"),
    printcolumn(name = "Version", type_ = "string", json_path = ".status.functionVersion"),
    printcolumn(name = "Desired", type_ = "integer", json_path = ".status.provisionedConcurrency.requested"),
    printcolumn(name = "Warm", type_ = "integer", json_path = ".status.provisionedConcurrency.available"),
    printcolumn(name = "Util%", type_ = "integer", json_path = ".status.utilization.percent"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
    printcolumn(name = "Function", type_ = "string", json_path = ".spec.functionName", priority = 1),
    printcolumn(name = "Triggers", type_ = "string", json_path = ".status.triggersReady", priority = 1),
    printcolumn(
        name = "Message",
        type_ = "string",
        json_path = ".status.conditions[?(@.type==\"Ready\")].message",
        priority = 1
    ),
    scale(
        spec_replicas_path = ".spec.provisionedConcurrency",
        status_replicas_path = ".status.provisionedConcurrency.available",
        label_selector_path = ".status.selector"
    )
)]
#[cfg_attr(test, kube(cel))]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("!has(oldSelf.region) || (has(self.region) && self.region == oldSelf.region)")
    .message("spec.region is immutable once it is set: create another WarmLambdaEndpoint for another region")
    .reason(Reason::FieldValueForbidden))]
#[x_kube(validation = Rule::new("self.aliasName == oldSelf.aliasName")
    .message("spec.aliasName is immutable: create another WarmLambdaEndpoint for another alias")
    .reason(Reason::FieldValueForbidden))]
pub struct WarmLambdaEndpointSpec {
    /// AWS region of the function, for instance `eu-west-1`. Default: the region that the operator runs with.
    /// Immutable once it is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 32), regex(pattern = r"^[a-z]{2}(-[a-z]+)+-[0-9]+$"))]
    pub region: Option<String>,

    /// Name of the Lambda function: the bare name of 1 to 64 characters, not an ARN. Immutable.
    /// The function itself is never changed; it must exist, or come to exist.
    #[x_kube(validation = Rule::new("self == oldSelf")
        .message("spec.functionName is immutable: create another WarmLambdaEndpoint for another function"))]
    #[schemars(length(min = 1, max = 64), regex(pattern = r"^[a-zA-Z0-9-_]+$"))]
    pub function_name: String,

    /// Name of the alias through which callers reach the function, 1 to 128 characters, not all digits. Default: `live`.
    /// Immutable. An alias that is missing is created; one that exists is taken over as it is and then moved.
    #[serde(default = "default_alias_name")]
    #[x_kube(validation = Rule::new("!self.matches('^[0-9]+$')")
        .message("spec.aliasName must not be all digits: AWS would take it for a version number"))]
    #[schemars(length(min = 1, max = 128), regex(pattern = r"^[a-zA-Z0-9-_]+$"))]
    pub alias_name: String,

    /// Which published version the alias serves.
    #[serde(default)]
    pub version: VersionSpec,

    /// How many execution environments are kept warm for the alias (Lambda's provisioned concurrency), 0 to 10000.
    /// 1 or more: keep that many, which is billed from the moment it is asked for. 0: keep none, an existing configuration is
    /// deleted. Absent: somebody else owns the number (Application Auto Scaling, a person); it is reported and never touched.
    /// `kubectl scale`, an HPA or KEDA may set it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 10000))]
    pub provisioned_concurrency: Option<i32>,

    /// Who calls the function through the alias. For each entry the operator grants the permission on the alias and points
    /// the caller at it, once the alias is warm. Removing an entry leaves the caller as it is. At most 16.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".into()]))]
    #[schemars(length(max = 16))]
    pub triggers: Vec<Trigger>,

    /// How a new version goes out.
    #[serde(default)]
    pub rollout: RolloutSpec,

    /// `Manage` (default) keeps AWS as the spec says. `Observe` never writes to AWS: `status.plan` lists the calls that
    /// `Manage` would make.
    #[serde(default)]
    pub management_policy: ManagementPolicy,

    /// What happens in AWS when this object is deleted. `ReleaseCapacity` (default): the warm capacity goes, because it costs
    /// money; alias, permission and integration stay, because they carry traffic. `Retain`: nothing is touched. `Delete`: our
    /// permission statements, the capacity and an alias that the operator created go, once nothing calls the alias any more.
    #[serde(default)]
    pub deletion_policy: DeletionPolicy,

    /// `true` stops all reads and writes of AWS for this object until it is `false` again; status says `Suspended`.
    #[serde(default)]
    pub suspend: bool,
}

fn default_alias_name() -> String {
    "live".into()
}

/// Which published version the alias serves.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("(self.policy == 'Pinned') == has(self.pinned)")
    .message("spec.version.pinned is required with policy Pinned, and only allowed with it"))]
pub struct VersionSpec {
    /// `PublishOnChange` (default): a version is published whenever code or configuration of `$LATEST` differs from what was
    /// published last, and the alias follows. `LatestPublished`: the alias follows the highest published version; publishing
    /// is left to somebody else. `Pinned`: exactly the version in `pinned`.
    #[serde(default)]
    pub policy: VersionPolicy,

    /// The version number to serve, as a string of digits without a leading zero, for instance `"42"`. Only with `Pinned`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 10), regex(pattern = r"^[1-9][0-9]*$"))]
    pub pinned: Option<String>,
}

/// How the version to serve is chosen.
#[derive(JsonSchema, Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum VersionPolicy {
    /// Publish when `$LATEST` changed, then serve that.
    #[default]
    PublishOnChange,
    /// Serve the highest published version.
    LatestPublished,
    /// Serve one given version.
    Pinned,
}

/// How a new version goes out.
#[derive(KubeSchema, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RolloutSpec {
    /// Seconds that AWS may take to warm a new version before it counts as failed, 60 to 7200. Default: 900.
    /// All traffic stays on the old, warm version meanwhile.
    #[serde(default = "default_timeout_seconds")]
    #[schemars(range(min = 60, max = 7200))]
    pub timeout_seconds: i32,

    /// What to do with a version that cannot initialise or takes too long. `RollBack` (default): the alias goes back to the
    /// previous version in one call and the version is not tried again until the code, `spec.version` or `spec.rollout`
    /// changes, or annotation `warmlambda.dev/retry-requested-at`. `Hold`: nothing is written; status names the command that a person may run.
    #[serde(default)]
    pub on_failure: OnFailure,
}

impl Default for RolloutSpec {
    fn default() -> Self {
        Self {
            timeout_seconds: default_timeout_seconds(),
            on_failure: OnFailure::default(),
        }
    }
}

fn default_timeout_seconds() -> i32 {
    900
}

/// What to do with a version that does not become warm.
#[derive(JsonSchema, Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum OnFailure {
    /// Go back to the previous version.
    #[default]
    RollBack,
    /// Leave everything for a person to look at.
    Hold,
}

/// Whether the operator writes to AWS for this object.
#[derive(JsonSchema, Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ManagementPolicy {
    /// Keep AWS as the spec says.
    #[default]
    Manage,
    /// Only read, and report what would be done.
    Observe,
}

/// What happens in AWS when the object is deleted.
#[derive(JsonSchema, Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum DeletionPolicy {
    /// Delete the warm capacity, leave what carries traffic.
    #[default]
    ReleaseCapacity,
    /// Touch nothing.
    Retain,
    /// Delete what is ours once nothing calls the alias.
    Delete,
}
