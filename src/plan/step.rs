//! One step is one write to AWS.

use std::collections::BTreeMap;
use std::fmt;

use super::desired::{Desired, MethodKey, Source};
use crate::api::EventSourceCreate;

/// A write, with everything that the call needs. Steps hold what was observed (revisions, ids), so that a stale one fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Publishes `$LATEST` as it was observed. Source: AWS-2, AWS-3, AWS-4.
    PublishVersion {
        /// Guard: the code that was looked at.
        code_sha256: String,
        /// Guard: the configuration that was looked at.
        revision_id: String,
        /// Of the `$LATEST` that was looked at; remembered with the number that AWS answers.
        fingerprint: String,
    },
    /// Makes the alias, marked as ours in its description.
    CreateAlias {
        /// Points it here.
        version: u64,
        /// The mark.
        description: String,
    },
    /// Points the alias elsewhere and clears weights. Source: AWS-15, AWS-18, AWS-29.
    UpdateAlias {
        /// Points it here.
        version: u64,
        /// Guard.
        revision_id: String,
        /// What the move is for.
        purpose: MovePurpose,
    },
    /// Asks for warm environments, 1 or more. Source: AWS-22.
    PutCapacity {
        /// How many.
        requested: u32,
    },
    /// Gives the warm environments up. Source: AWS-23.
    DeleteCapacity,
    /// Lets API Gateway call the alias. Source: AWS-35, AWS-39.
    AddPermission {
        /// Ours: `warmlambda-<uid>-<content>`.
        statement_id: String,
        /// Execution ARN pattern.
        source_arn: String,
        /// The policy's revision; `None` when there is no policy yet.
        revision_id: Option<String>,
    },
    /// Takes a statement of ours away.
    RemovePermission {
        /// Ours.
        statement_id: String,
        /// The policy's revision.
        revision_id: String,
    },
    /// Points an existing integration at the alias and leaves the rest of it as it is. Source: AWS-44.
    UpdateIntegration {
        /// Id of the API.
        api_id: String,
        /// Id of the resource.
        resource_id: String,
        /// Path and method.
        method: MethodKey,
        /// The new URI.
        uri: String,
    },
    /// Makes the integration of a method that the spec names and that has none that could be pointed at a function.
    PutIntegration {
        /// Id of the API.
        api_id: String,
        /// Id of the resource.
        resource_id: String,
        /// Path and method.
        method: MethodKey,
        /// The URI.
        uri: String,
    },
    /// Points a stage variable that integrations use at the alias. Source: AWS-48.
    SetStageVariable {
        /// Id of the API.
        api_id: String,
        /// Name of the stage.
        stage: String,
        /// Name of the variable.
        name: String,
        /// Its new value.
        value: String,
    },
    /// Deploys the API to the stage. Source: AWS-46.
    DeployStage {
        /// Id of the API.
        api_id: String,
        /// Name of the stage.
        stage: String,
    },
    /// Points an integration of an HTTP API at the alias, for all routes that share it, and leaves the rest of it as it is.
    /// Source: AWS-102, AWS-103.
    UpdateHttpIntegration {
        /// Id of the API.
        api_id: String,
        /// Id of the integration.
        integration_id: String,
        /// The new URI, in the form that the old one had.
        uri: String,
    },
    /// Makes an integration that calls the alias, for a route that the spec names and that has none. Source: AWS-101.
    CreateHttpIntegration {
        /// Id of the API.
        api_id: String,
        /// The URI.
        uri: String,
        /// Shape of the event, `1.0` or `2.0`: that of the integration which the route had, else the newer one.
        payload_format: String,
        /// The mark of whose it is, for its description.
        description: String,
    },
    /// Deletes an integration that the operator made and no route uses. Source: AWS-103.
    DeleteHttpIntegration {
        /// Id of the API.
        api_id: String,
        /// Id of the integration.
        integration_id: String,
    },
    /// Points a route at an integration. Source: AWS-103.
    UpdateRoute {
        /// Id of the API.
        api_id: String,
        /// Id of the route.
        route_id: String,
        /// Key of the route.
        route_key: String,
        /// Id of the integration.
        integration_id: String,
    },
    /// Points a stage variable of an HTTP API that integrations use at the alias. Source: AWS-111.
    SetHttpStageVariables {
        /// Id of the API.
        api_id: String,
        /// Name of the stage.
        stage: String,
        /// All variables of the stage, as they shall be.
        variables: BTreeMap<String, String>,
    },
    /// Deploys an HTTP API to a stage that does not deploy itself. Source: AWS-105.
    DeployHttpStage {
        /// Id of the API.
        api_id: String,
        /// Name of the stage.
        stage: String,
    },
    /// Points an event source mapping at the alias and leaves the rest of it as it is. Source: AWS-82, AWS-83.
    UpdateMapping {
        /// UUID of the mapping.
        uuid: String,
        /// ARN of its source; `None` for self-managed Kafka.
        source_arn: Option<String>,
    },
    /// Makes the mapping of a source that has none. Source: AWS-81, AWS-85.
    CreateMapping {
        /// The source.
        source: Source,
        /// What it is like.
        create: Box<EventSourceCreate>,
    },
    /// Deletes the alias. Source: AWS-17.
    DeleteAlias,
}

/// What an alias is moved for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MovePurpose {
    /// To the version that the spec asks for.
    Rollout,
    /// Back from one that does not become warm. Source: AWS-32.
    RollBack,
}

/// A step, why it is due, and whose it is: what a person reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedStep {
    /// The write.
    pub step: Step,
    /// One sentence without a full stop.
    pub why: String,
}

/// What AWS answered to a step that was carried out, as far as somebody needs it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// The number of the version that PublishVersion answered.
    pub version: Option<u64>,
}

impl Step {
    /// Service and operation, for instance `lambda:UpdateAlias`; for API Gateway not the IAM action, which is an HTTP method.
    pub const fn action(&self) -> &'static str {
        match self {
            Self::PublishVersion { .. } => "lambda:PublishVersion",
            Self::CreateAlias { .. } => "lambda:CreateAlias",
            Self::UpdateAlias { .. } => "lambda:UpdateAlias",
            Self::PutCapacity { .. } => "lambda:PutProvisionedConcurrencyConfig",
            Self::DeleteCapacity => "lambda:DeleteProvisionedConcurrencyConfig",
            Self::AddPermission { .. } => "lambda:AddPermission",
            Self::RemovePermission { .. } => "lambda:RemovePermission",
            Self::UpdateIntegration { .. } => "apigateway:UpdateIntegration",
            Self::PutIntegration { .. } => "apigateway:PutIntegration",
            Self::SetStageVariable { .. } => "apigateway:UpdateStage",
            Self::DeployStage { .. } => "apigateway:CreateDeployment",
            Self::UpdateHttpIntegration { .. } => "apigatewayv2:UpdateIntegration",
            Self::CreateHttpIntegration { .. } => "apigatewayv2:CreateIntegration",
            Self::DeleteHttpIntegration { .. } => "apigatewayv2:DeleteIntegration",
            Self::UpdateRoute { .. } => "apigatewayv2:UpdateRoute",
            Self::SetHttpStageVariables { .. } => "apigatewayv2:UpdateStage",
            Self::DeployHttpStage { .. } => "apigatewayv2:CreateDeployment",
            Self::UpdateMapping { .. } => "lambda:UpdateEventSourceMapping",
            Self::CreateMapping { .. } => "lambda:CreateEventSourceMapping",
            Self::DeleteAlias => "lambda:DeleteAlias",
        }
    }

    /// Whether it takes something away.
    pub const fn is_destructive(&self) -> bool {
        matches!(
            self,
            Self::DeleteCapacity | Self::RemovePermission { .. } | Self::DeleteHttpIntegration { .. } | Self::DeleteAlias
        )
    }
}

impl Step {
    /// The call with its target and arguments, as a person would look it up: `lambda:CreateAlias fir-api:live FunctionVersion=40`.
    pub fn describe(&self, desired: &Desired) -> String {
        let (function, alias) = (&desired.function, &desired.alias);
        match self {
            Self::PublishVersion { .. } => format!("{} {function}{self}", self.action()),
            Self::UpdateIntegration { .. } | Self::PutIntegration { .. } | Self::SetStageVariable { .. } | Self::DeployStage { .. } => {
                format!("{}{self}", self.action())
            }
            Self::UpdateHttpIntegration { .. }
            | Self::CreateHttpIntegration { .. }
            | Self::DeleteHttpIntegration { .. }
            | Self::UpdateRoute { .. }
            | Self::SetHttpStageVariables { .. }
            | Self::DeployHttpStage { .. } => format!("{}{self}", self.action()),
            Self::UpdateMapping { .. } | Self::CreateMapping { .. } => {
                format!("{}{self} FunctionName={}", self.action(), desired.alias_arn())
            }
            _ => format!("{} {function}:{alias}{self}", self.action()),
        }
    }
}

/// The arguments of the call, each after a space.
impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PublishVersion { code_sha256, .. } => write!(f, " CodeSha256={code_sha256}"),
            Self::CreateAlias { version, .. } => write!(f, " FunctionVersion={version}"),
            Self::UpdateAlias { version, .. } => write!(f, " FunctionVersion={version} RoutingConfig={{}}"),
            Self::PutCapacity { requested } => write!(f, " ProvisionedConcurrentExecutions={requested}"),
            Self::AddPermission {
                statement_id, source_arn, ..
            } => {
                write!(
                    f,
                    " StatementId={statement_id} Principal=apigateway.amazonaws.com SourceArn={source_arn}"
                )
            }
            Self::RemovePermission { statement_id, .. } => write!(f, " StatementId={statement_id}"),
            Self::UpdateIntegration { api_id, method, uri, .. } | Self::PutIntegration { api_id, method, uri, .. } => {
                write!(f, " {api_id} {} {} uri={uri}", method.http_method, method.path)
            }
            Self::SetStageVariable {
                api_id,
                stage,
                name,
                value,
            } => write!(f, " {api_id}/{stage} variables.{name}={value}"),
            Self::DeployStage { api_id, stage } | Self::DeployHttpStage { api_id, stage } => write!(f, " {api_id} stageName={stage}"),
            Self::UpdateHttpIntegration {
                api_id,
                integration_id,
                uri,
            } => write!(f, " {api_id} {integration_id} integrationUri={uri}"),
            Self::CreateHttpIntegration {
                api_id,
                uri,
                payload_format,
                ..
            } => write!(f, " {api_id} integrationUri={uri} payloadFormatVersion={payload_format}"),
            Self::DeleteHttpIntegration { api_id, integration_id } => write!(f, " {api_id} {integration_id}"),
            Self::UpdateRoute {
                api_id,
                route_key,
                integration_id,
                ..
            } => write!(f, " {api_id} {route_key} target=integrations/{integration_id}"),
            Self::SetHttpStageVariables { api_id, stage, variables } => {
                write!(f, " {api_id}/{stage}")?;
                variables
                    .iter()
                    .try_for_each(|(name, value)| write!(f, " stageVariables.{name}={value}"))
            }
            Self::UpdateMapping { uuid, .. } => write!(f, " UUID={uuid}"),
            Self::CreateMapping { source, .. } => write!(f, " {source}"),
            Self::DeleteCapacity | Self::DeleteAlias => Ok(()),
        }
    }
}
