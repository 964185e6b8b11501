//! API Gateway's calls for REST APIs, typed. What does not exist is `None`.

use std::collections::BTreeMap;

use aws_sdk_apigateway::types::{IntegrationType, Op, PatchOperation, Resource};

use super::call::{Operation, unreadable};
use super::clients::Region;
use super::export::deployed_methods;
use super::throttle::Pool;
use crate::plan::desired::MethodKey;
use crate::plan::failure::Failure;
use crate::plan::observed::{DeployedCall, Integration, Method, Stage};

const fn management(name: &'static str) -> Operation {
    Operation {
        name,
        pools: &[Pool::ApiGateway],
    }
}

const GET_RESOURCES: Operation = Operation {
    name: "apigateway:GetResources",
    pools: &[Pool::GetResources, Pool::ApiGateway],
};
pub(super) const CREATE_DEPLOYMENT: Operation = Operation {
    name: "apigateway:CreateDeployment",
    pools: &[Pool::CreateDeployment, Pool::ApiGateway],
};
const GET_STAGE: Operation = management("apigateway:GetStage");
const GET_STAGES: Operation = management("apigateway:GetStages");
const GET_EXPORT: Operation = management("apigateway:GetExport");
const UPDATE_INTEGRATION: Operation = management("apigateway:UpdateIntegration");
const PUT_INTEGRATION: Operation = management("apigateway:PutIntegration");
const UPDATE_STAGE: Operation = management("apigateway:UpdateStage");

/// Most resources of a page. Source: AWS-45.
const PAGE: i32 = 500;

/// A method of a resource: what integration calls are about.
#[derive(Clone, Copy, Debug)]
pub(super) struct MethodPlace<'a> {
    pub api_id: &'a str,
    pub resource_id: &'a str,
    pub method: &'a MethodKey,
}

impl MethodPlace<'_> {
    fn name(self) -> String {
        format!("{} {} {}", self.api_id, self.method.http_method, self.method.path)
    }
}

/// Reads.
impl Region {
    /// Every method of an API. Source: AWS-45.
    pub async fn methods(&self, api_id: &str) -> Result<Option<BTreeMap<MethodKey, Method>>, Failure> {
        let mut all = BTreeMap::new();
        let mut position = None;
        loop {
            let call = || {
                let call = self.apigateway.get_resources().rest_api_id(api_id).embed("methods").limit(PAGE);
                call.set_position(position.clone()).send()
            };
            let Some(page) = self.gate.find(GET_RESOURCES, api_id, call).await? else {
                return Ok(None);
            };
            all.extend(page.items.unwrap_or_default().into_iter().flat_map(methods_of));
            position = page.position.filter(|p| !p.is_empty());
            if position.is_none() {
                return Ok(Some(all));
            }
        }
    }

    /// Every stage of an API, without what is deployed there. `None` when the API does not exist.
    pub async fn stages(&self, api_id: &str) -> Result<Option<BTreeMap<String, Stage>>, Failure> {
        let call = || self.apigateway.get_stages().rest_api_id(api_id).send();
        let Some(output) = self.gate.find(GET_STAGES, api_id, call).await? else {
            return Ok(None);
        };
        Ok(Some(output.item.unwrap_or_default().into_iter().filter_map(named_stage).collect()))
    }

    /// Id of the deployment that a stage serves.
    pub async fn deployment_of(&self, api_id: &str, stage: &str) -> Result<Option<String>, Failure> {
        let resource = format!("{api_id}/{stage}");
        let call = || self.apigateway.get_stage().rest_api_id(api_id).stage_name(stage).send();
        let output = self.gate.find(GET_STAGE, &resource, call).await?;
        Ok(output.and_then(|stage| stage.deployment_id))
    }

    /// What is deployed on a stage now. Source: AWS-47.
    pub async fn export(&self, api_id: &str, stage: &str) -> Result<Option<BTreeMap<MethodKey, DeployedCall>>, Failure> {
        let resource = format!("{api_id}/{stage}");
        let call = || {
            let call = self
                .apigateway
                .get_export()
                .rest_api_id(api_id)
                .stage_name(stage)
                .export_type("oas30");
            call.accepts("application/json").parameters("extensions", "integrations").send()
        };
        let Some(output) = self.gate.find(GET_EXPORT, &resource, call).await? else {
            return Ok(None);
        };
        let body = output.body.unwrap_or_else(|| aws_smithy_types::Blob::new(Vec::new()));
        let calls = deployed_methods(body.as_ref());
        calls
            .map(Some)
            .ok_or_else(|| unreadable(GET_EXPORT, &resource, "the export is no OpenAPI document"))
    }
}

/// Writes.
impl Region {
    /// Changes the URI and nothing else. Source: AWS-44.
    pub async fn update_integration(&self, place: MethodPlace<'_>, uri: &str) -> Result<(), Failure> {
        let name = place.name();
        let turn = self.gate.turn(UPDATE_INTEGRATION, &name).await?;
        let patch = PatchOperation::builder().op(Op::Replace).path("/uri").value(uri).build();
        let call = self
            .apigateway
            .update_integration()
            .rest_api_id(place.api_id)
            .resource_id(place.resource_id);
        let call = call.http_method(&place.method.http_method).patch_operations(patch);
        self.gate.write(UPDATE_INTEGRATION, &name, turn, call.send()).await.map(drop)
    }

    /// Makes the integration of a method. The backend is called with POST whatever the method is. Source: AWS-42.
    pub async fn put_integration(&self, place: MethodPlace<'_>, uri: &str) -> Result<(), Failure> {
        let name = place.name();
        let turn = self.gate.turn(PUT_INTEGRATION, &name).await?;
        let call = self
            .apigateway
            .put_integration()
            .rest_api_id(place.api_id)
            .resource_id(place.resource_id);
        let call = call.http_method(&place.method.http_method).r#type(IntegrationType::AwsProxy);
        let call = call.integration_http_method("POST").uri(uri);
        self.gate.write(PUT_INTEGRATION, &name, turn, call.send()).await.map(drop)
    }

    /// Source: AWS-48.
    pub async fn set_stage_variable(&self, api_id: &str, stage: &str, name: &str, value: &str) -> Result<(), Failure> {
        let resource = format!("{api_id}/{stage}");
        let turn = self.gate.turn(UPDATE_STAGE, &resource).await?;
        let path = format!("/variables/{}", name.replace('~', "~0").replace('/', "~1"));
        let patch = PatchOperation::builder().op(Op::Replace).path(path).value(value).build();
        let call = self
            .apigateway
            .update_stage()
            .rest_api_id(api_id)
            .stage_name(stage)
            .patch_operations(patch);
        self.gate.write(UPDATE_STAGE, &resource, turn, call.send()).await.map(drop)
    }
}

fn methods_of(resource: Resource) -> Vec<(MethodKey, Method)> {
    let (Some(path), Some(resource_id)) = (resource.path, resource.id) else {
        return Vec::new();
    };
    let method = |(http_method, method): (String, aws_sdk_apigateway::types::Method)| {
        let key = MethodKey {
            path: path.clone(),
            http_method,
        };
        let integration = method.method_integration.map(|i| Integration {
            kind: i.r#type.map(|t| t.as_str().to_owned()).unwrap_or_default(),
            http_method: i.http_method,
            uri: i.uri,
            credentials: i.credentials,
        });
        (
            key,
            Method {
                resource_id: resource_id.clone(),
                integration,
            },
        )
    };
    resource.resource_methods.unwrap_or_default().into_iter().map(method).collect()
}

fn named_stage(stage: aws_sdk_apigateway::types::Stage) -> Option<(String, Stage)> {
    let seen = Stage {
        deployment_id: stage.deployment_id.unwrap_or_default(),
        variables: stage.variables.unwrap_or_default().into_iter().collect(),
        canary: stage.canary_settings.is_some(),
        deployed: None,
    };
    Some((stage.stage_name?, seen))
}
