//! API Gateway's calls for HTTP APIs, typed. What does not exist is `None`.

use std::collections::BTreeMap;
use std::error::Error;
use std::future::Future;

use aws_sdk_apigatewayv2::operation::RequestId;
use aws_sdk_apigatewayv2::types::{self, DeploymentStatus, IntegrationType};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use k8s_openapi::jiff::Timestamp;

use super::call::{Operation, unreadable};
use super::clients::Region;
use super::deployments::mark;
use super::export::deployed_routes;
use super::throttle::Pool;
use crate::plan::failure::Failure;
use crate::plan::observed::{DeployedCall, HttpIntegration, HttpStage, PendingDeployment, Route};

/// The quotas are taken for shared with REST APIs. Source: AWS-53, AWS-110.
const fn management(name: &'static str) -> Operation {
    Operation {
        name,
        pools: &[Pool::ApiGateway],
    }
}

pub(super) const CREATE_HTTP_DEPLOYMENT: Operation = Operation {
    name: "apigatewayv2:CreateDeployment",
    pools: &[Pool::CreateDeployment, Pool::ApiGateway],
};
pub(super) const EXPORT_API: Operation = management("apigatewayv2:ExportApi");
const GET_ROUTES: Operation = management("apigatewayv2:GetRoutes");
const GET_INTEGRATIONS: Operation = management("apigatewayv2:GetIntegrations");
const GET_STAGE: Operation = management("apigatewayv2:GetStage");
const GET_STAGES: Operation = management("apigatewayv2:GetStages");
pub(super) const GET_DEPLOYMENTS: Operation = management("apigatewayv2:GetDeployments");
const UPDATE_INTEGRATION: Operation = management("apigatewayv2:UpdateIntegration");
const CREATE_INTEGRATION: Operation = management("apigatewayv2:CreateIntegration");
const DELETE_INTEGRATION: Operation = management("apigatewayv2:DeleteIntegration");
const UPDATE_ROUTE: Operation = management("apigatewayv2:UpdateRoute");
const UPDATE_STAGE: Operation = management("apigatewayv2:UpdateStage");

/// Reads.
impl Region {
    /// Reads a list of an API to its last page: `send` asks for the page of a token, `parts` takes entries and next token out of the
    /// answer. `None` when the API does not exist. AWS names no bound for a page, so none is asked for. Source: AWS-109.
    async fn every_page<T, O, E, F>(
        &self,
        operation: Operation,
        api_id: &str,
        send: impl Fn(Option<String>) -> F,
        parts: impl Fn(O) -> (Option<Vec<T>>, Option<String>),
    ) -> Result<Option<Vec<T>>, Failure>
    where
        F: Future<Output = Result<O, SdkError<E, HttpResponse>>>,
        O: RequestId,
        E: ProvideErrorMetadata + Error + 'static,
    {
        let mut all = Vec::new();
        let mut token: Option<String> = None;
        loop {
            let Some(page) = self.gate.find(operation, api_id, || send(token.clone())).await? else {
                return Ok(None);
            };
            let (items, next) = parts(page);
            all.extend(items.unwrap_or_default());
            token = next.filter(|token| !token.is_empty());
            if token.is_none() {
                return Ok(Some(all));
            }
        }
    }

    /// Every route of an API, by its key. Source: AWS-103.
    pub async fn routes(&self, api_id: &str) -> Result<Option<BTreeMap<String, Route>>, Failure> {
        let send = |token| self.apigatewayv2.get_routes().api_id(api_id).set_next_token(token).send();
        let all = self
            .every_page(GET_ROUTES, api_id, send, |page| (page.items, page.next_token))
            .await?;
        Ok(all.map(|all| all.into_iter().filter_map(keyed_route).collect()))
    }

    /// Every integration of an API, by its id. Source: AWS-101.
    pub async fn http_integrations(&self, api_id: &str) -> Result<Option<BTreeMap<String, HttpIntegration>>, Failure> {
        let send = |token| self.apigatewayv2.get_integrations().api_id(api_id).set_next_token(token).send();
        let all = self
            .every_page(GET_INTEGRATIONS, api_id, send, |page| (page.items, page.next_token))
            .await?;
        Ok(all.map(|all| all.into_iter().filter_map(identified_integration).collect()))
    }

    /// Every stage of an API by its name, without what is deployed there. Source: AWS-105.
    pub async fn http_stages(&self, api_id: &str) -> Result<Option<BTreeMap<String, HttpStage>>, Failure> {
        let send = |token| self.apigatewayv2.get_stages().api_id(api_id).set_next_token(token).send();
        let all = self
            .every_page(GET_STAGES, api_id, send, |page| (page.items, page.next_token))
            .await?;
        Ok(all.map(|all| all.into_iter().filter_map(named_stage).collect()))
    }

    /// Id of the deployment that a stage serves.
    pub async fn http_deployment_of(&self, api_id: &str, stage: &str) -> Result<Option<String>, Failure> {
        let resource = format!("{api_id}/{stage}");
        let call = || self.apigatewayv2.get_stage().api_id(api_id).stage_name(stage).send();
        let output = self.gate.find(GET_STAGE, &resource, call).await?;
        Ok(output.and_then(|stage| stage.deployment_id))
    }

    /// What is deployed on a stage now. Source: AWS-107.
    pub async fn export_http(&self, api_id: &str, stage: &str) -> Result<Option<BTreeMap<String, DeployedCall>>, Failure> {
        let resource = format!("{api_id}/{stage}");
        let call = || {
            let call = self.apigatewayv2.export_api().api_id(api_id).stage_name(stage);
            let call = call.specification("OAS30").output_type("JSON").include_extensions(true);
            call.send()
        };
        let Some(output) = self.gate.find(EXPORT_API, &resource, call).await? else {
            return Ok(None);
        };
        let body = output.body.unwrap_or_else(|| aws_smithy_types::Blob::new(Vec::new()));
        let calls = deployed_routes(body.as_ref());
        calls
            .map(Some)
            .ok_or_else(|| unreadable(EXPORT_API, &resource, "the export is no OpenAPI document"))
    }

    /// The newest deployment of ours to each stage, unless it is done. Source: AWS-106.
    pub async fn unfinished_deployments(&self, api_id: &str) -> Result<BTreeMap<String, PendingDeployment>, Failure> {
        let all = self.http_deployments(api_id).await?.unwrap_or_default();
        let mut newest: BTreeMap<String, types::Deployment> = BTreeMap::new();
        let prefix = mark("");
        for deployment in all {
            let Some(stage) = deployment.description().and_then(|text| text.strip_prefix(&prefix)) else {
                continue;
            };
            let before = newest.get(stage).and_then(types::Deployment::created_date);
            if before.is_none_or(|before| deployment.created_date().is_some_and(|date| date >= before)) {
                newest.insert(stage.to_owned(), deployment);
            }
        }
        Ok(newest.into_iter().filter_map(|(stage, d)| Some((stage, unfinished(d)?))).collect())
    }

    async fn http_deployments(&self, api_id: &str) -> Result<Option<Vec<types::Deployment>>, Failure> {
        let send = |token| self.apigatewayv2.get_deployments().api_id(api_id).set_next_token(token).send();
        self.every_page(GET_DEPLOYMENTS, api_id, send, |page| (page.items, page.next_token))
            .await
    }
}

/// Writes.
impl Region {
    /// Changes the URI and nothing else. Source: AWS-102.
    pub async fn update_http_integration(&self, api_id: &str, integration_id: &str, uri: &str) -> Result<(), Failure> {
        let resource = format!("{api_id} {integration_id}");
        let turn = self.gate.turn(UPDATE_INTEGRATION, &resource).await?;
        let call = self.apigatewayv2.update_integration().api_id(api_id).integration_id(integration_id);
        let call = call.integration_uri(uri);
        self.gate.write(UPDATE_INTEGRATION, &resource, turn, call.send()).await.map(drop)
    }

    /// Makes an integration that calls a function, with the mark of who made it. No route uses it yet. Source: AWS-101.
    pub async fn create_http_integration(&self, api_id: &str, uri: &str, payload_format: &str, mark: &str) -> Result<(), Failure> {
        let turn = self.gate.turn(CREATE_INTEGRATION, api_id).await?;
        let call = self.apigatewayv2.create_integration().api_id(api_id);
        let call = call.integration_type(IntegrationType::AwsProxy).integration_method("POST");
        let call = call.integration_uri(uri).payload_format_version(payload_format).description(mark);
        self.gate.write(CREATE_INTEGRATION, api_id, turn, call.send()).await.map(drop)
    }

    /// Deletes an integration. AWS refuses it while a route hands requests to it. Source: AWS-103.
    pub async fn delete_http_integration(&self, api_id: &str, integration_id: &str) -> Result<(), Failure> {
        let resource = format!("{api_id} {integration_id}");
        let turn = self.gate.turn(DELETE_INTEGRATION, &resource).await?;
        let call = self.apigatewayv2.delete_integration().api_id(api_id).integration_id(integration_id);
        self.gate.remove(DELETE_INTEGRATION, &resource, turn, call.send()).await
    }

    /// Hands the requests of a route (id, key) to an integration and leaves the rest of it as it is. Source: AWS-103.
    pub async fn update_route(&self, api_id: &str, (route_id, key): (&str, &str), integration_id: &str) -> Result<(), Failure> {
        let resource = format!("{api_id} {key}");
        let turn = self.gate.turn(UPDATE_ROUTE, &resource).await?;
        let call = self.apigatewayv2.update_route().api_id(api_id).route_id(route_id);
        let call = call.target(format!("integrations/{integration_id}"));
        self.gate.write(UPDATE_ROUTE, &resource, turn, call.send()).await.map(drop)
    }

    /// Source: AWS-111.
    pub async fn set_http_stage_variables(&self, api_id: &str, stage: &str, variables: &BTreeMap<String, String>) -> Result<(), Failure> {
        let resource = format!("{api_id}/{stage}");
        let turn = self.gate.turn(UPDATE_STAGE, &resource).await?;
        let call = self.apigatewayv2.update_stage().api_id(api_id).stage_name(stage);
        let call = call.set_stage_variables(Some(variables.clone().into_iter().collect()));
        self.gate.write(UPDATE_STAGE, &resource, turn, call.send()).await.map(drop)
    }
}

fn keyed_route(route: types::Route) -> Option<(String, Route)> {
    let target = route.target.as_deref().and_then(|target| target.strip_prefix("integrations/"));
    let seen = Route {
        integration_id: target.map(str::to_owned),
        id: route.route_id?,
    };
    Some((route.route_key?, seen))
}

fn identified_integration(integration: types::Integration) -> Option<(String, HttpIntegration)> {
    let seen = HttpIntegration {
        kind: integration.integration_type.map(|t| t.as_str().to_owned()).unwrap_or_default(),
        uri: integration.integration_uri,
        credentials: integration.credentials_arn,
        payload_format: integration.payload_format_version,
        description: integration.description.unwrap_or_default(),
    };
    Some((integration.integration_id?, seen))
}

fn named_stage(stage: types::Stage) -> Option<(String, HttpStage)> {
    // The same member tells of success and of failure.
    let failure = stage.last_deployment_status_message.filter(|text| text.contains("failed"));
    let seen = HttpStage {
        deployment_id: stage.deployment_id.unwrap_or_default(),
        auto_deploy: stage.auto_deploy.unwrap_or_default(),
        variables: stage.stage_variables.unwrap_or_default().into_iter().collect(),
        deployment_failure: failure,
        deployed: None,
        pending: None,
    };
    Some((stage.stage_name?, seen))
}

fn unfinished(deployment: types::Deployment) -> Option<PendingDeployment> {
    match deployment.deployment_status? {
        DeploymentStatus::Pending => Some(PendingDeployment::Pending),
        DeploymentStatus::Failed => Some(PendingDeployment::Failed {
            message: deployment.deployment_status_message.unwrap_or_default(),
            created: deployment.created_date.and_then(|at| Timestamp::from_second(at.secs()).ok()),
        }),
        _ => None,
    }
}
