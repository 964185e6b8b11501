//! REST APIs as data: what a world file may say about them and what the rules of this folder change.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::world::gateway::{Superseded, Texts};
use crate::world::{ById, Millis};

/// One REST API. In a world file only `name`, `resources` and `stages` need to be written; ids, parents and deployments are made.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct RestApi {
    /// The display name.
    pub name: String,
    /// Free text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The version that an imported definition named; the export repeats it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Media types passed on as bytes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub binary_media_types: Vec<String>,
    /// When it was created.
    pub created: Millis,
    /// By full path, `/` the root. These are the edits; callers see a deployment (AWS-46).
    pub resources: BTreeMap<String, Resource>,
    /// Snapshots, by deployment id.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub deployments: ById<Deployment>,
    /// By name. A stage without a `deploymentId` gets a deployment of `resources`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub stages: ById<Stage>,
}

/// One path of an API. Its parent and its last part follow from the path.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct Resource {
    /// The resource id; made when a world file leaves it out.
    pub id: String,
    /// By HTTP method, `ANY` among them.
    pub methods: BTreeMap<String, Method>,
}

/// One HTTP method of a resource.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct Method {
    /// `NONE`, `AWS_IAM`, `CUSTOM` or `COGNITO_USER_POOLS`. Calls are not authorised by the simulator.
    pub authorization_type: String,
    /// Whether callers must send an API key. Not enforced by the simulator.
    pub api_key_required: bool,
    /// The operation name of SDKs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation_name: Option<String>,
    /// Whether a request parameter is required, by its name (`method.request.path.id`).
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub request_parameters: BTreeMap<String, bool>,
    /// Model names by content type.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub request_models: Texts,
    /// By status code.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub method_responses: BTreeMap<String, MethodResponse>,
    /// The backend.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub integration: Option<Integration>,
}

impl Default for Method {
    fn default() -> Self {
        Self {
            authorization_type: "NONE".into(),
            api_key_required: false,
            operation_name: None,
            request_parameters: BTreeMap::new(),
            request_models: BTreeMap::new(),
            method_responses: BTreeMap::new(),
            integration: None,
        }
    }
}

/// One status that a method may answer. AWS keeps "not given" and "given empty" apart.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct MethodResponse {
    /// Whether a header is set, by `method.response.header.x`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_parameters: Option<BTreeMap<String, bool>>,
    /// Model names by content type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_models: Option<Texts>,
}

/// The backend of a method. Its serde form is also the form on the wire.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct Integration {
    /// `AWS_PROXY`, `AWS`, `HTTP`, `HTTP_PROXY` or `MOCK`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The method used towards the backend; POST for Lambda (AWS-42).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http_method: Option<String>,
    /// The backend; may hold `${stageVariables.x}` (AWS-48).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uri: Option<String>,
    /// `INTERNET` or `VPC_LINK`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connection_type: Option<String>,
    /// The VPC link.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connection_id: Option<String>,
    /// The role used for the call (AWS-51); absent: the function's policy decides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credentials: Option<String>,
    /// Mapping expressions by `integration.request.x`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub request_parameters: Texts,
    /// Templates by content type; an empty template is null on the wire.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub request_templates: BTreeMap<String, Option<String>>,
    /// `WHEN_NO_MATCH`, `WHEN_NO_TEMPLATES` or `NEVER`.
    pub passthrough_behavior: String,
    /// `CONVERT_TO_BINARY` or `CONVERT_TO_TEXT`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_handling: Option<String>,
    /// Milliseconds, 29,000 unless set.
    pub timeout_in_millis: u64,
    /// The resource id unless set.
    pub cache_namespace: String,
    /// Request parameters that key the cache.
    pub cache_key_parameters: Vec<String>,
    /// Load balancer target of a private integration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub integration_target: Option<String>,
    /// `BUFFERED` or `STREAM`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_transfer_mode: Option<String>,
    /// TLS towards an HTTP backend.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_config: Option<TlsConfig>,
    /// By status code.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub integration_responses: BTreeMap<String, IntegrationResponse>,
}

impl Default for Integration {
    fn default() -> Self {
        Self {
            kind: "AWS_PROXY".into(),
            http_method: None,
            uri: None,
            connection_type: None,
            connection_id: None,
            credentials: None,
            request_parameters: BTreeMap::new(),
            request_templates: BTreeMap::new(),
            passthrough_behavior: "WHEN_NO_MATCH".into(),
            content_handling: None,
            timeout_in_millis: 29_000,
            cache_namespace: String::new(),
            cache_key_parameters: Vec::new(),
            integration_target: None,
            response_transfer_mode: None,
            tls_config: None,
            integration_responses: BTreeMap::new(),
        }
    }
}

/// TLS towards an HTTP backend.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct TlsConfig {
    /// Whether the backend's certificate goes unchecked.
    pub insecure_skip_verification: bool,
}

/// How one answer of the backend becomes an answer of the method.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct IntegrationResponse {
    /// Regular expression on the backend's answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub selection_pattern: Option<String>,
    /// Mapping expressions by `method.response.header.x`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub response_parameters: Texts,
    /// Templates by content type; an empty template is null on the wire.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub response_templates: BTreeMap<String, Option<String>>,
    /// `CONVERT_TO_BINARY` or `CONVERT_TO_TEXT`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_handling: Option<String>,
}

/// The whole API as it was at one moment (AWS-46).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct Deployment {
    /// Free text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// When it was made.
    pub created: Millis,
    /// The resources of that moment, by path.
    pub resources: BTreeMap<String, Resource>,
}

/// A name under which callers reach a deployment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct Stage {
    /// The deployment that it serves; made from the resources when a world file leaves it out.
    pub deployment_id: String,
    /// Free text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Stage variables; they act at once, without a deployment (AWS-48).
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub variables: Texts,
    /// A second deployment for a share of the calls (AWS-49).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub canary_settings: Option<CanarySettings>,
    /// Where calls are logged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_log_settings: Option<AccessLogSettings>,
    /// Settings by `path/METHOD`, `*/*` for all; values as on the wire.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub method_settings: BTreeMap<String, BTreeMap<String, Value>>,
    /// Whether calls are traced.
    pub tracing_enabled: bool,
    /// Whether a cache cluster was asked for. None is simulated.
    pub cache_cluster_enabled: bool,
    /// Gigabytes, as text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_cluster_size: Option<String>,
    /// The certificate shown to HTTP backends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_certificate_id: Option<String>,
    /// When it was created.
    pub created: Millis,
    /// When anything on it was changed last.
    pub last_updated: Millis,
    /// Deployments that callers still see although the stage has moved on, oldest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub superseded: Vec<Superseded>,
    /// Calls since the canary was set; decides deterministically which of them it gets.
    #[serde(skip_serializing_if = "is_zero")]
    pub canary_calls: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands out references")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// The second deployment of a stage.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct CanarySettings {
    /// The deployment that the canary's share gets.
    pub deployment_id: String,
    /// Percent of the calls, 0.0 to 100.0.
    pub percent_traffic: f64,
    /// Stage variables that differ for the canary's share.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub stage_variable_overrides: Texts,
    /// Whether the canary shares the stage's cache.
    pub use_stage_cache: bool,
}

/// Where calls are logged.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct AccessLogSettings {
    /// Log group or stream.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub destination_arn: Option<String>,
    /// One line, with `$context` variables.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
}
