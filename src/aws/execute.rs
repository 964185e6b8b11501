//! Carries out one step: one write, guarded by what was observed.

use std::sync::Arc;

use super::apigateway::MethodPlace;
use super::clients::Region;
use super::lambda::Target;
use super::permission::OurStatement;
use crate::plan::callers::ApiKind;
use crate::plan::desired::Desired;
use crate::plan::failure::Failure;
use crate::plan::step::{Applied, Step};

impl Region {
    /// Makes the write. What was to go and is gone already is success.
    pub async fn execute(self: &Arc<Self>, desired: &Desired, step: &Step) -> Result<Applied, Failure> {
        let target = Target {
            function: &desired.function,
            alias: &desired.alias,
        };
        match step {
            Step::PublishVersion {
                code_sha256, revision_id, ..
            } => {
                let version = self.publish_version(target.function, code_sha256, revision_id).await?;
                return Ok(Applied { version: Some(version) });
            }
            Step::CreateAlias { version, description } => self.create_alias(target, *version, description).await?,
            Step::UpdateAlias { version, revision_id, .. } => self.update_alias(target, *version, revision_id).await?,
            Step::DeleteAlias => self.delete_alias(target).await?,
            Step::PutCapacity { requested } => self.put_capacity(target, *requested).await?,
            Step::DeleteCapacity => self.delete_capacity(target).await?,
            Step::AddPermission {
                statement_id,
                source_arn,
                revision_id,
            } => {
                let statement = OurStatement {
                    target,
                    alias_arn: &desired.alias_arn(),
                    id: statement_id,
                    source_arn,
                };
                self.permit(statement, revision_id.as_deref()).await?;
            }
            Step::RemovePermission { statement_id, revision_id } => self.forbid(target, statement_id, revision_id).await?,
            Step::UpdateIntegration { .. } | Step::PutIntegration { .. } | Step::SetStageVariable { .. } | Step::DeployStage { .. } => {
                self.execute_on_api(step).await?;
            }
            Step::UpdateHttpIntegration { .. }
            | Step::CreateHttpIntegration { .. }
            | Step::DeleteHttpIntegration { .. }
            | Step::UpdateRoute { .. }
            | Step::SetHttpStageVariables { .. }
            | Step::DeployHttpStage { .. } => self.execute_on_http_api(step).await?,
            Step::UpdateMapping { .. } | Step::CreateMapping { .. } => self.execute_mapping(desired, step).await?,
        }
        Ok(Applied::default())
    }

    /// What was read of the API before or during the write is forgotten with the guard.
    async fn execute_on_api(self: &Arc<Self>, step: &Step) -> Result<(), Failure> {
        match step {
            Step::UpdateIntegration {
                api_id,
                resource_id,
                method,
                uri,
            } => {
                let _fresh = self.apis.forget(api_id.clone());
                self.update_integration(
                    MethodPlace {
                        api_id,
                        resource_id,
                        method,
                    },
                    uri,
                )
                .await
            }
            Step::PutIntegration {
                api_id,
                resource_id,
                method,
                uri,
            } => {
                let _fresh = self.apis.forget(api_id.clone());
                self.put_integration(
                    MethodPlace {
                        api_id,
                        resource_id,
                        method,
                    },
                    uri,
                )
                .await
            }
            Step::SetStageVariable {
                api_id,
                stage,
                name,
                value,
            } => {
                let _fresh = self.apis.forget(api_id.clone());
                self.set_stage_variable(api_id, stage, name, value).await
            }
            Step::DeployStage { api_id, stage } => self.deploy(ApiKind::Rest, api_id, stage).await,
            _ => Ok(()),
        }
    }

    /// What was read of the API before or during the write is forgotten with the guard.
    async fn execute_on_http_api(self: &Arc<Self>, step: &Step) -> Result<(), Failure> {
        match step {
            Step::UpdateHttpIntegration {
                api_id,
                integration_id,
                uri,
            } => {
                let _fresh = self.http_apis.forget(api_id.clone());
                self.update_http_integration(api_id, integration_id, uri).await
            }
            Step::CreateHttpIntegration {
                api_id,
                uri,
                payload_format,
                description,
            } => {
                let _fresh = self.http_apis.forget(api_id.clone());
                self.create_http_integration(api_id, uri, payload_format, description).await
            }
            Step::DeleteHttpIntegration { api_id, integration_id } => {
                let _fresh = self.http_apis.forget(api_id.clone());
                self.delete_http_integration(api_id, integration_id).await
            }
            Step::UpdateRoute {
                api_id,
                route_id,
                route_key,
                integration_id,
            } => {
                let _fresh = self.http_apis.forget(api_id.clone());
                self.update_route(api_id, (route_id, route_key), integration_id).await
            }
            Step::SetHttpStageVariables { api_id, stage, variables } => {
                let _fresh = self.http_apis.forget(api_id.clone());
                self.set_http_stage_variables(api_id, stage, variables).await
            }
            Step::DeployHttpStage { api_id, stage } => self.deploy(ApiKind::Http, api_id, stage).await,
            _ => Ok(()),
        }
    }
}
