//! `spec.triggers[].httpApi`: a stage of an HTTP API (API Gateway v2).

use kube::KubeSchema;
use serde::{Deserialize, Serialize};

use super::rest_api::{DeploymentPolicy, PermissionScope};

/// A stage of an HTTP API whose routes call the alias.
#[derive(KubeSchema, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HttpApiTrigger {
    /// Id of the HTTP API, for instance `f6g7h8i9j0`; the API is in the endpoint's account and region.
    #[schemars(length(min = 1, max = 64), regex(pattern = r"^[a-z0-9]+$"))]
    pub api_id: String,

    /// Name of the stage that callers use. Default `$default`, the stage without a path.
    #[serde(default = "default_stage")]
    #[schemars(length(min = 1, max = 128), regex(pattern = r"^(\$default|[a-zA-Z0-9_-]+)$"))]
    pub stage_name: String,

    /// The routes that shall call the alias, as API Gateway writes their keys: `POST /reviews`, `ANY /items/{id}`, `$default`.
    /// Absent or empty: every route whose integration already names this function, whatever the qualifier. A route that is
    /// named must exist; an integration is created for it when it has none. At most 100.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        length(max = 100),
        inner(
            length(min = 1, max = 512),
            regex(pattern = r"^(\$default|(ANY|GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS) /.*)$")
        )
    )]
    pub route_keys: Vec<String>,

    /// `OnChange` (default): when integrations changed and the stage does not deploy itself, it is deployed, which publishes
    /// everything in the API, edits of others included. `Never`: somebody else deploys; status says that it is due. A stage
    /// with AutoDeploy publishes by itself either way.
    #[serde(default)]
    pub deployment: DeploymentPolicy,

    /// How far the permission on the alias reaches. `Api` (default): every stage and route of this API, one statement.
    /// `Stage`: every route of this stage. `Method`: one statement for each route.
    #[serde(default)]
    pub permission_scope: PermissionScope,
}

fn default_stage() -> String {
    "$default".into()
}
