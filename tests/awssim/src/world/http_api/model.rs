//! HTTP APIs as data: what a world file may say about them and what the rules of this folder change.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::world::gateway::{Superseded, Texts};
use crate::world::{ById, Millis};

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands out references")]
fn is_false(flag: &bool) -> bool {
    !*flag
}

/// One HTTP API. In a world file only `name`, `integrations`, `routes` and `stages` need to be written; ids of routes and deployments are
/// made.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct HttpApi {
    /// The display name.
    pub name: String,
    /// Free text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Free text; the export repeats it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// As on the wire; calls are not answered by it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cors_configuration: Option<Value>,
    /// Whether callers must use a domain name of their own. Not enforced by the simulator.
    #[serde(skip_serializing_if = "is_false")]
    pub disable_execute_api_endpoint: bool,
    /// Tags by key.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: Texts,
    /// When it was created.
    pub created: Millis,
    /// By integration id. These and the routes are the edits; callers see a deployment (AWS-105).
    pub integrations: ById<Integration>,
    /// By route key: `GET /reviews`, `ANY /{proxy+}`, `$default`.
    pub routes: BTreeMap<String, Route>,
    /// Snapshots, by deployment id.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub deployments: ById<Deployment>,
    /// By name, `$default` among them. A stage of a world file without a `deploymentId` gets a deployment of the routes.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub stages: ById<Stage>,
}

/// A backend that routes share. Its serde form is also the form on the wire, but for the id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct Integration {
    /// `AWS_PROXY` or `HTTP_PROXY` (AWS-101).
    pub integration_type: String,
    /// A function's ARN or the `apigateway` form with a path, as it was given (AWS-101); may hold `${stageVariables.x}` (AWS-111).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub integration_uri: Option<String>,
    /// The method used towards the backend.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub integration_method: Option<String>,
    /// The service action of an integration that calls no function.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub integration_subtype: Option<String>,
    /// `1.0` or `2.0` (AWS-101).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payload_format_version: Option<String>,
    /// `INTERNET` or `VPC_LINK`.
    pub connection_type: String,
    /// The VPC link.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connection_id: Option<String>,
    /// The role used for the call (AWS-51); absent: the function's policy decides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credentials_arn: Option<String>,
    /// Free text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Milliseconds, 30,000 unless set.
    pub timeout_in_millis: u64,
    /// Mapping expressions by `append:header.x` and its like; not checked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_parameters: Option<Texts>,
    /// The same for answers, by status code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_parameters: Option<BTreeMap<String, Texts>>,
    /// As on the wire.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_config: Option<Value>,
    /// Whether quick create made it (AWS-104).
    #[serde(skip_serializing_if = "is_false")]
    pub api_gateway_managed: bool,
}

impl Default for Integration {
    fn default() -> Self {
        Self {
            integration_type: "AWS_PROXY".into(),
            integration_uri: None,
            integration_method: Some("POST".into()),
            integration_subtype: None,
            payload_format_version: Some("2.0".into()),
            connection_type: "INTERNET".into(),
            connection_id: None,
            credentials_arn: None,
            description: None,
            timeout_in_millis: 30_000,
            request_parameters: None,
            response_parameters: None,
            tls_config: None,
            api_gateway_managed: false,
        }
    }
}

/// Which calls go to which integration. Its serde form is also the form on the wire, but for the key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct Route {
    /// Made when a world file leaves it out.
    pub route_id: String,
    /// `integrations/ID` (AWS-103).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// `NONE`, `AWS_IAM`, `CUSTOM` or `JWT`. Calls are not authorised by the simulator.
    pub authorization_type: String,
    /// The authorizer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorizer_id: Option<String>,
    /// Scopes of a JWT.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub authorization_scopes: Vec<String>,
    /// Never true for HTTP APIs.
    pub api_key_required: bool,
    /// The operation name of SDKs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation_name: Option<String>,
    /// Whether quick create made it (AWS-104).
    #[serde(skip_serializing_if = "is_false")]
    pub api_gateway_managed: bool,
}

impl Default for Route {
    fn default() -> Self {
        Self {
            route_id: String::new(),
            target: None,
            authorization_type: "NONE".into(),
            authorizer_id: None,
            authorization_scopes: Vec::new(),
            api_key_required: false,
            operation_name: None,
            api_gateway_managed: false,
        }
    }
}

impl Route {
    /// The id of the integration that it goes to.
    pub fn integration_id(&self) -> Option<&str> {
        self.target.as_deref()?.strip_prefix("integrations/")
    }
}

/// How far a deployment is (AWS-106).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DeploymentStatus {
    /// No caller sees it yet.
    Pending,
    /// Its stage is on it.
    #[default]
    Deployed,
    /// Its stage stays where it was.
    Failed,
}

/// Routes and integrations as they were at one moment (AWS-105).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct Deployment {
    /// Free text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// When it was made.
    pub created: Millis,
    /// Whether a stage with `autoDeploy` made it.
    #[serde(skip_serializing_if = "is_false")]
    pub auto_deployed: bool,
    /// How far it is.
    pub status: DeploymentStatus,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_message: Option<String>,
    /// The stage that it was made for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stage_name: Option<String>,
    /// While pending: when it is done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub done_at: Option<Millis>,
    /// The integrations of that moment.
    pub integrations: ById<Integration>,
    /// The routes of that moment.
    pub routes: BTreeMap<String, Route>,
}

/// A name under which callers reach a deployment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct Stage {
    /// The deployment that it serves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deployment_id: Option<String>,
    /// Whether changes of the API are deployed by themselves (AWS-105).
    #[serde(skip_serializing_if = "is_false")]
    pub auto_deploy: bool,
    /// Free text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Stage variables; they act at once, without a deployment (AWS-111).
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub stage_variables: Texts,
    /// How the last deployment by itself went.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_deployment_status_message: Option<String>,
    /// As on the wire.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_route_settings: Option<Value>,
    /// As on the wire, by route key.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub route_settings: BTreeMap<String, Value>,
    /// As on the wire.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_log_settings: Option<Value>,
    /// Tags by key.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: Texts,
    /// Whether quick create made it (AWS-104).
    #[serde(skip_serializing_if = "is_false")]
    pub api_gateway_managed: bool,
    /// When it was created.
    pub created: Millis,
    /// When anything on it was changed last.
    pub last_updated: Millis,
    /// When it deploys by itself; none while nothing has changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_deploy_at: Option<Millis>,
    /// Deployments that callers still see although the stage has moved on, oldest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub superseded: Vec<Superseded>,
}
