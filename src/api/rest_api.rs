//! `spec.triggers[].restApi`: a stage of a REST API (API Gateway v1).

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A stage of a REST API whose methods call the alias.
#[derive(KubeSchema, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RestApiTrigger {
    /// Id of the REST API, for instance `a1b2c3d4e5`; the API is in the endpoint's account and region.
    #[schemars(length(min = 1, max = 64), regex(pattern = r"^[a-z0-9]+$"))]
    pub api_id: String,

    /// Name of the stage that callers use, for instance `prod`.
    #[schemars(length(min = 1, max = 128), regex(pattern = r"^[a-zA-Z0-9_-]+$"))]
    pub stage_name: String,

    /// The methods that shall call the alias. Absent or empty: every method whose integration already names this function,
    /// whatever the qualifier. A method that is named must exist; its integration is created when it has none. At most 100.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 100))]
    pub methods: Vec<RestApiMethod>,

    /// `OnChange` (default): when integrations changed, the stage is deployed, which publishes everything in the API,
    /// edits of others included. `Never`: integrations are changed and somebody else deploys; status says that it is due.
    #[serde(default)]
    pub deployment: DeploymentPolicy,

    /// How far the permission on the alias reaches. `Api` (default): every stage, method and path of this API, one statement.
    /// `Stage`: every method and path of this stage. `Method`: one statement for each method.
    #[serde(default)]
    pub permission_scope: PermissionScope,
}

/// A method of a REST API.
#[derive(KubeSchema, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RestApiMethod {
    /// Path of the resource as the API has it, for instance `/reviews/{id}`.
    #[schemars(length(min = 1, max = 512), regex(pattern = r"^/.*$"))]
    pub path: String,

    /// HTTP method in capitals, or `ANY`.
    #[schemars(length(min = 1, max = 16), regex(pattern = r"^(GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS|ANY)$"))]
    pub http_method: String,
}

/// Whether the stage is deployed when integrations changed.
#[derive(JsonSchema, Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum DeploymentPolicy {
    /// Deploy once per change and stage.
    #[default]
    OnChange,
    /// Leave deployments to somebody else.
    Never,
}

/// How far the permission on the alias reaches.
#[derive(JsonSchema, Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum PermissionScope {
    /// The whole API.
    #[default]
    Api,
    /// One stage.
    Stage,
    /// The methods one by one.
    Method,
}
