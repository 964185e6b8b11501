//! `spec.triggers`: who calls the function through the alias.

use kube::KubeSchema;
use serde::{Deserialize, Serialize};

use super::event_source::EventSourceTrigger;
use super::http_api::HttpApiTrigger;
use super::rest_api::RestApiTrigger;

/// One caller of the alias. Exactly one kind is set.
#[derive(KubeSchema, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("[has(self.restApi), has(self.httpApi), has(self.eventSource)].exists_one(x, x)")
    .message("a trigger has exactly one kind: set one of restApi, httpApi and eventSource"))]
pub struct Trigger {
    /// Name of this trigger, unique within the endpoint; its state stands in `status.triggers` under it. A lower-case DNS
    /// label of at most 63 characters.
    #[schemars(length(min = 1, max = 63), regex(pattern = r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?$"))]
    pub name: String,

    /// A stage of a REST API (API Gateway v1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rest_api: Option<RestApiTrigger>,

    /// A stage of an HTTP API (API Gateway v2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http_api: Option<HttpApiTrigger>,

    /// A stream, queue or Kafka topic whose event source mapping calls the alias.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_source: Option<EventSourceTrigger>,
}
