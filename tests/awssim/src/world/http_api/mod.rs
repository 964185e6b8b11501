//! API Gateway v2: HTTP APIs, their deployments and stages, and the traffic through them.
//!
//! Edits change routes and integrations; a deployment is a copy of them, made by a call or, for stages with `autoDeploy`, by itself; callers
//! see only what is deployed.
//!
//! In a world file ids of routes and deployments may be left out, and an integration is a Lambda proxy in format 2.0 unless it says otherwise:
//!
//! ```yaml
//! httpApis:
//!   h1i2j3k4l5:
//!     name: reviews
//!     integrations:
//!       int0001: {integrationUri: "arn:aws:lambda:eu-west-1:111122223333:function:fir-api"}
//!     routes:
//!       GET /reviews: {target: integrations/int0001}
//!       $default: {target: integrations/int0001}
//!     stages:
//!       $default: {autoDeploy: true}
//!       prod: {stageVariables: {alias: live}}
//! ```

mod apis;
mod complete;
mod deployments;
mod errors;
mod export;
mod integrations;
mod model;
mod page;
mod routes;
mod settling;
mod stages;
mod traffic;

pub use apis::{HttpApiChange, HttpApiSummary, NewHttpApi};
pub use deployments::DeploymentSummary;
pub use export::ExportApiRequest;
pub use integrations::{IntegrationChange, IntegrationSummary};
pub use model::{Deployment, DeploymentStatus, HttpApi, Integration, Route, Stage};
pub use page::{Page, Paged};
pub use routes::{RouteChange, RouteSummary};
pub use stages::{StageChange, StageSummary};

#[cfg(test)]
mod tests;
