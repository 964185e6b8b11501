//! HTTP APIs as `src/aws/http_apis.rs` reads and `src/aws/execute.rs` writes them.

use std::collections::BTreeMap;

use awssim::world::http_api::{
    Deployment, DeploymentStatus, ExportApiRequest, HttpApi as Api, IntegrationChange, RouteChange, StageChange,
};
use awssim::world::{AwsError, Region};
use k8s_openapi::jiff::Timestamp;
use warmlambda::plan::desired::Desired;
use warmlambda::plan::http_api::due_on;
use warmlambda::plan::observed::{DeployedCall, HttpApi, HttpIntegration, HttpStage, PendingDeployment, Route};
use warmlambda::plan::step::Step;

use crate::scene::gateway::proxy;

/// The API with what is deployed on some of its stages, and how far our deployments are where a stage waits for one.
pub fn observe(region: &Region, desired: &Desired, id: &str, with_deployed: impl Fn(&str) -> bool) -> HttpApi {
    let Some(api) = region.http_apis.get(id) else {
        return HttpApi::default();
    };
    let routes = api.routes.iter().map(|(key, route)| {
        let seen = Route {
            id: route.route_id.clone(),
            integration_id: route.integration_id().map(str::to_owned),
        };
        (key.clone(), seen)
    });
    let integrations = api.integrations.iter().map(|(id, integration)| {
        let seen = HttpIntegration {
            kind: integration.integration_type.clone(),
            uri: integration.integration_uri.clone(),
            credentials: integration.credentials_arn.clone(),
            payload_format: integration.payload_format_version.clone(),
            description: integration.description.clone().unwrap_or_default(),
        };
        (id.clone(), seen)
    });
    let stages = api.stages.iter().map(|(name, stage)| {
        let failure = stage.last_deployment_status_message.clone();
        let seen = HttpStage {
            deployment_id: stage.deployment_id.clone().unwrap_or_default(),
            auto_deploy: stage.auto_deploy,
            variables: stage.stage_variables.clone(),
            deployment_failure: failure.filter(|text| text.contains("failed")),
            deployed: with_deployed(name).then(|| deployed(region, id, name, stage.deployment_id.is_some())),
            pending: None,
        };
        (name.clone(), seen)
    });
    let mut seen = HttpApi {
        routes: Some(routes.collect()),
        integrations: integrations.collect(),
        stages: stages.collect(),
    };
    let of_api = desired.http_apis.iter().filter(|t| t.api_id == id);
    let waiting: Vec<_> = of_api.filter(|t| due_on(desired, t, Some(&seen)).deploy.is_some()).collect();
    for trigger in waiting {
        if let Some(stage) = seen.stages.get_mut(&trigger.stage).filter(|stage| !stage.auto_deploy) {
            stage.pending = pending(api, &trigger.stage);
        }
    }
    seen
}

/// Through the real export and the real reader of exports.
fn deployed(region: &Region, id: &str, stage: &str, anything: bool) -> BTreeMap<String, DeployedCall> {
    if !anything {
        return BTreeMap::new();
    }
    let request = ExportApiRequest {
        specification: "OAS30".into(),
        output_type: "JSON".into(),
        stage_name: Some(stage.into()),
        without_extensions: false,
    };
    let export = region.export_http_api(id, &request).unwrap();
    warmlambda::aws::export::deployed_routes(export.as_bytes()).unwrap()
}

fn mark(stage: &str) -> String {
    format!("warmlambda: {stage}")
}

fn pending(api: &Api, stage: &str) -> Option<PendingDeployment> {
    let ours = |d: &&Deployment| d.description.as_deref() == Some(mark(stage).as_str());
    let newest = api.deployments.values().filter(ours).max_by_key(|d| d.created)?;
    match newest.status {
        DeploymentStatus::Pending => Some(PendingDeployment::Pending),
        DeploymentStatus::Failed => Some(PendingDeployment::Failed {
            message: newest.status_message.clone().unwrap_or_default(),
            created: Timestamp::from_millisecond(i64::try_from(newest.created).unwrap()).ok(),
        }),
        DeploymentStatus::Deployed => None,
    }
}

/// Makes one write to an HTTP API.
///
/// # Errors
/// What AWS refuses.
pub fn execute(region: &mut Region, step: &Step) -> Result<(), AwsError> {
    let now = region.now;
    match step {
        Step::UpdateHttpIntegration {
            api_id,
            integration_id,
            uri,
        } => {
            let change = IntegrationChange {
                integration_uri: Some(uri.clone()),
                ..IntegrationChange::default()
            };
            region.update_http_integration(now, api_id, integration_id, change).map(drop)
        }
        Step::CreateHttpIntegration {
            api_id,
            uri,
            payload_format,
            description,
        } => {
            let new = IntegrationChange {
                payload_format_version: Some(payload_format.clone()),
                description: Some(description.clone()),
                integration_method: Some("POST".into()),
                ..proxy(uri)
            };
            region.create_http_integration(api_id, new).map(drop)
        }
        Step::DeleteHttpIntegration { api_id, integration_id } => region.delete_http_integration(api_id, integration_id),
        Step::UpdateRoute {
            api_id,
            route_id,
            integration_id,
            ..
        } => {
            let change = RouteChange {
                target: Some(format!("integrations/{integration_id}")),
                ..RouteChange::default()
            };
            region.update_http_route(now, api_id, route_id, change).map(drop)
        }
        Step::SetHttpStageVariables { api_id, stage, variables } => {
            let change = StageChange {
                stage_variables: Some(variables.clone()),
                ..StageChange::default()
            };
            region.update_http_stage(now, api_id, stage, change).map(drop)
        }
        Step::DeployHttpStage { api_id, stage } => region
            .create_http_deployment(now, api_id, Some(stage.clone()), Some(mark(stage)))
            .map(drop),
        _ => Ok(()),
    }
}
