//! API Gateway v1: REST APIs, their deployments and stages, and the traffic through them.
//!
//! Edits change `resources`; a deployment is a copy of them; a stage points to a deployment and resolves its variables; callers see only stages.
//!
//! In a world file ids, parents and deployments may be left out:
//!
//! ```yaml
//! restApis:
//!   a1b2c3d4e5:
//!     name: reviews
//!     resources:
//!       /reviews:
//!         methods:
//!           GET: {integration: {type: AWS_PROXY, httpMethod: POST, uri: "arn:aws:apigateway:eu-west-1:lambda:path/..."}}
//!     stages:
//!       prod: {variables: {alias: live}}
//! ```

mod apis;
mod complete;
mod deployments;
mod errors;
mod export;
mod integration_patch;
mod integrations;
mod methods;
mod model;
mod page;
mod patch;
mod resources;
mod routing;
mod stage_patch;
mod stages;
mod traffic;
mod uri;

pub use super::gateway::{Served, Superseded, Texts};
pub use apis::{NewRestApi, RestApiSummary};
pub use deployments::{DeploymentSummary, NewDeployment};
pub use export::{Export, ExportRequest};
pub use integrations::NewIntegration;
pub use methods::NewMethod;
pub use model::{
    AccessLogSettings, CanarySettings, Deployment, Integration, IntegrationResponse, Method, MethodResponse, Resource, RestApi, Stage,
    TlsConfig,
};
pub use page::{Page, Paged};
pub use patch::PatchOperation;
pub use resources::ResourceSummary;
pub use stages::{NewStage, StageSummary};

#[cfg(test)]
mod tests;
