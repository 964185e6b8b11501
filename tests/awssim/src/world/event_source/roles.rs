//! What a function's execution role may do with an event source (AWS-92).

use serde::{Deserialize, Serialize};

use super::super::qualifier::{LATEST, invalid};
use super::super::{Answer, Region};
use super::source::{SourceKind, SourceLookup};

/// An IAM role, as far as event sources ask. A role that the region does not list may do everything.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Role {
    /// Whether its trust policy lets Lambda in.
    pub assumable: bool,
    /// Such as `sqs:ReceiveMessage`, `sqs:*` or `*`.
    pub actions: Vec<String>,
}

impl Default for Role {
    fn default() -> Self {
        Self {
            assumable: true,
            actions: Vec::new(),
        }
    }
}

impl Role {
    /// Whether it grants an action.
    pub fn allows(&self, action: &str) -> bool {
        self.actions.iter().any(|granted| match granted.strip_suffix('*') {
            Some(start) => action.starts_with(start),
            None => granted == action,
        })
    }
}

/// Why a mapping cannot work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// The function, version or alias is gone.
    FunctionNotFound,
    /// The stream or queue is gone.
    SourceNotFound,
    /// Lambda is not trusted by the role.
    RoleNotAssumable,
    /// The role lacks this action.
    ActionMissing(&'static str),
}

impl Problem {
    /// What `LastProcessingResult` says (AWS-93). AWS's texts for all but failed invocations are not recorded: these are worded here.
    pub fn last_processing_result(self) -> String {
        match self {
            Self::FunctionNotFound => "PROBLEM: Function not found".into(),
            Self::SourceNotFound => "PROBLEM: Event source not found".into(),
            Self::RoleNotAssumable => "PROBLEM: The role defined for the function cannot be assumed by Lambda.".into(),
            Self::ActionMissing(action) => {
                format!("PROBLEM: Lambda does not have required permissions to access the event source: {action}")
            }
        }
    }

    /// What `StateTransitionReason` says once Lambda gave up (AWS-94): the codes that AWS documents for brokers.
    pub fn state_transition_reason(self) -> &'static str {
        match self {
            Self::FunctionNotFound => "FUNCTION_CONFIG_NOT_VALID",
            Self::SourceNotFound => "ESM_CONFIG_NOT_VALID",
            Self::RoleNotAssumable | Self::ActionMissing(_) => "EVENT_SOURCE_AUTHZ_ERROR",
        }
    }
}

impl SourceKind {
    /// What a role needs to read from it. Of brokers only the credentials count, which awssim does not look at.
    pub fn needed_actions(self) -> &'static [&'static str] {
        match self {
            Self::DynamoDb => &[
                "dynamodb:GetRecords",
                "dynamodb:GetShardIterator",
                "dynamodb:DescribeStream",
                "dynamodb:ListStreams",
            ],
            Self::Kinesis => &[
                "kinesis:GetRecords",
                "kinesis:GetShardIterator",
                "kinesis:DescribeStream",
                "kinesis:ListStreams",
            ],
            Self::Sqs => &["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
            Self::Msk => &["kafka:DescribeClusterV2", "kafka:GetBootstrapBrokers"],
            Self::SelfManagedKafka | Self::Mq | Self::DocumentDb | Self::Unknown => &[],
        }
    }
}

impl Region {
    /// Why a mapping of this source on this function cannot work; nothing when it can.
    pub fn mapping_problem(&self, event_source_arn: Option<&str>, function_arn: &str) -> Option<Problem> {
        let kind = event_source_arn.map_or(SourceKind::SelfManagedKafka, SourceKind::of);
        let Some(role) = self.execution_role(function_arn) else {
            return Some(Problem::FunctionNotFound);
        };
        if let Some(role) = self.roles.get(role) {
            if !role.assumable {
                return Some(Problem::RoleNotAssumable);
            }
            if let Some(action) = kind.needed_actions().iter().find(|action| !role.allows(action)) {
                return Some(Problem::ActionMissing(action));
            }
        }
        let is_missing = event_source_arn.is_some_and(|arn| self.source_exists(arn) == SourceLookup::Missing);
        is_missing.then_some(Problem::SourceNotFound)
    }

    /// The role of the version that a mapping calls; the role is part of the version, so moving an alias may change it.
    fn execution_role(&self, function_arn: &str) -> Option<&str> {
        let target = self.function_ref(function_arn, None).ok()?;
        let function = self.functions.get(&target.name)?;
        let qualifier = target.qualifier.as_deref().unwrap_or(LATEST);
        let version = function
            .aliases
            .get(qualifier)
            .map_or(qualifier, |alias| alias.function_version.as_str());
        Some(&function.version(version)?.role)
    }

    /// The refusals of creating and updating, in AWS's words (AWS-91, AWS-92).
    pub(super) fn refuse_problem(&self, event_source_arn: Option<&str>, function_arn: &str) -> Answer<()> {
        let arn = event_source_arn.unwrap_or_default();
        let kind = SourceKind::of(arn);
        let text = match self.mapping_problem(event_source_arn, function_arn) {
            None => return Ok(()),
            Some(Problem::FunctionNotFound) => "Function does not exist".into(),
            Some(Problem::RoleNotAssumable) => "The role defined for the function cannot be assumed by Lambda.".into(),
            Some(Problem::SourceNotFound) if kind == SourceKind::Sqs => {
                "Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. SQS Error Message: The specified queue does not exist.".into()
            }
            Some(Problem::SourceNotFound) => format!("Stream not found: {arn}"),
            Some(Problem::ActionMissing(_)) if kind.is_stream() => {
                format!("Cannot access stream {arn}. Please ensure the role can perform the GetRecords, GetShardIterator, DescribeStream, and ListStreams Actions on your stream in IAM.")
            }
            Some(Problem::ActionMissing(action)) => {
                let (service, action) = action.split_once(':').unwrap_or((action, action));
                let service = if service == "kafka" { "MSK".to_owned() } else { service.to_uppercase() };
                format!("The function execution role does not have permissions to call {action} on {service}")
            }
        };
        Err(invalid(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_grants_actions_by_name_by_service_and_all_of_them() {
        for granted in ["sqs:ReceiveMessage", "sqs:*", "*", "sqs:Receive*"] {
            let role = Role {
                actions: vec![granted.into()],
                ..Role::default()
            };
            assert!(role.allows("sqs:ReceiveMessage"), "{granted}");
            assert_eq!(role.allows("kinesis:GetRecords"), granted == "*", "{granted}");
        }
        assert!(!Role::default().allows("sqs:ReceiveMessage"));
    }
}
