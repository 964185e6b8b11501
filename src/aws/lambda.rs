//! Lambda's calls, typed. What does not exist is `None`.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_lambda::types::{
    AliasRoutingConfiguration, Architecture, FunctionConfiguration, LastUpdateStatus, ProvisionedConcurrencyStatusEnum as Status,
    SnapStartApplyOn, State,
};
use k8s_openapi::jiff::Timestamp;

use super::call::{Operation, unconfirmed, unreadable};
use super::clients::Region;
use super::fingerprint::fingerprint;
use super::throttle::Pool;
use crate::plan::failure::Failure;
use crate::plan::observed::{Alias, AliasPolicy, AllocationState, CodeState, Concurrency, EnvironmentSize, LatestCode, PublishedCode};
use crate::plan::policy::{API_GATEWAY, statements};

const fn control(name: &'static str) -> Operation {
    Operation {
        name,
        pools: &[Pool::LambdaControl],
    }
}

const GET_FUNCTION: Operation = Operation {
    name: "lambda:GetFunction",
    pools: &[Pool::GetFunction],
};
pub(super) const GET_POLICY: Operation = Operation {
    name: "lambda:GetPolicy",
    pools: &[Pool::GetPolicy],
};
const LIST_VERSIONS: Operation = control("lambda:ListVersionsByFunction");
const GET_ALIAS: Operation = control("lambda:GetAlias");
const GET_CAPACITY: Operation = control("lambda:GetProvisionedConcurrencyConfig");
const PUBLISH_VERSION: Operation = control("lambda:PublishVersion");
const CREATE_ALIAS: Operation = control("lambda:CreateAlias");
const UPDATE_ALIAS: Operation = control("lambda:UpdateAlias");
const DELETE_ALIAS: Operation = control("lambda:DeleteAlias");
const PUT_CAPACITY: Operation = control("lambda:PutProvisionedConcurrencyConfig");
const DELETE_CAPACITY: Operation = control("lambda:DeleteProvisionedConcurrencyConfig");
const ADD_PERMISSION: Operation = control("lambda:AddPermission");
const REMOVE_PERMISSION: Operation = control("lambda:RemovePermission");

/// A function and one of its aliases: what most calls are about.
#[derive(Clone, Copy, Debug)]
pub(super) struct Target<'a> {
    pub function: &'a str,
    pub alias: &'a str,
}

impl Target<'_> {
    /// As a failure names it.
    pub fn name(self) -> String {
        format!("{}:{}", self.function, self.alias)
    }
}

/// Reads.
impl Region {
    /// Code and settings of `$LATEST` or of a version. The link to the code that AWS sends along is dropped here.
    pub async fn function(&self, function: &str, qualifier: Option<&str>) -> Result<Option<FunctionConfiguration>, Failure> {
        let resource = qualifier.map_or_else(|| function.to_owned(), |q| format!("{function}:{q}"));
        let call = || {
            self.lambda
                .get_function()
                .function_name(function)
                .set_qualifier(qualifier.map(str::to_owned))
                .send()
        };
        let Some(output) = self.gate.find(GET_FUNCTION, &resource, call).await? else {
            return Ok(None);
        };
        let configuration = output
            .configuration
            .ok_or_else(|| unreadable(GET_FUNCTION, &resource, "no Configuration"))?;
        Ok(Some(configuration))
    }

    /// `$LATEST` and every version. Source: AWS-9.
    pub async fn versions(&self, function: &str) -> Result<Option<Vec<FunctionConfiguration>>, Failure> {
        let mut all = Vec::new();
        let mut marker = None;
        loop {
            let call = || {
                self.lambda
                    .list_versions_by_function()
                    .function_name(function)
                    .set_marker(marker.clone())
                    .send()
            };
            let Some(page) = self.gate.find(LIST_VERSIONS, function, call).await? else {
                return Ok(None);
            };
            all.extend(page.versions.unwrap_or_default());
            marker = page.next_marker.filter(|m| !m.is_empty());
            if marker.is_none() {
                return Ok(Some(all));
            }
        }
    }

    pub async fn alias(&self, target: Target<'_>) -> Result<Option<Alias>, Failure> {
        let name = target.name();
        let call = || self.lambda.get_alias().function_name(target.function).name(target.alias).send();
        let Some(output) = self.gate.find(GET_ALIAS, &name, call).await? else {
            return Ok(None);
        };
        let bad = |what| unreadable(GET_ALIAS, &name, what);
        let version = match output.function_version.as_deref() {
            Some("$LATEST") => None,
            Some(number) => Some(number.parse().map_err(|_| bad("FunctionVersion is no number"))?),
            None => return Err(bad("no FunctionVersion")),
        };
        let weights = output.routing_config.and_then(|r| r.additional_version_weights).unwrap_or_default();
        let weights = weights.into_iter().map(|(v, weight)| Some((v.parse().ok()?, weight)));
        Ok(Some(Alias {
            version,
            weights: weights.collect::<Option<_>>().ok_or_else(|| bad("a weight is for no number"))?,
            revision_id: output.revision_id.ok_or_else(|| bad("no RevisionId"))?,
            description: output.description.unwrap_or_default(),
        }))
    }

    pub async fn capacity(&self, target: Target<'_>) -> Result<Option<Concurrency>, Failure> {
        let name = target.name();
        let call = || {
            let call = self.lambda.get_provisioned_concurrency_config();
            call.function_name(target.function).qualifier(target.alias).send()
        };
        let Some(output) = self.gate.find(GET_CAPACITY, &name, call).await? else {
            return Ok(None);
        };
        let number = |n: Option<i32>| n.and_then(|n| u32::try_from(n).ok()).unwrap_or(0);
        let state = match output.status {
            Some(Status::Ready) => AllocationState::Ready,
            Some(Status::InProgress) => AllocationState::InProgress,
            Some(Status::Failed) => AllocationState::Failed(output.status_reason.unwrap_or_default()),
            _ => return Err(unreadable(GET_CAPACITY, &name, "unknown Status")),
        };
        Ok(Some(Concurrency {
            requested: number(output.requested_provisioned_concurrent_executions),
            allocated: number(output.allocated_provisioned_concurrent_executions),
            available: number(output.available_provisioned_concurrent_executions),
            state,
            changed: output.last_modified.as_deref().and_then(timestamp),
        }))
    }

    pub async fn policy(&self, target: Target<'_>) -> Result<Option<AliasPolicy>, Failure> {
        let name = target.name();
        let call = || {
            self.lambda
                .get_policy()
                .function_name(target.function)
                .qualifier(target.alias)
                .send()
        };
        let Some(output) = self.gate.find(GET_POLICY, &name, call).await? else {
            return Ok(None);
        };
        let document = output.policy.unwrap_or_default();
        let bad = |what| unreadable(GET_POLICY, &name, what);
        Ok(Some(AliasPolicy {
            statements: statements(&document).ok_or_else(|| bad("the policy is no policy document"))?,
            revision_id: output.revision_id.ok_or_else(|| bad("no RevisionId"))?,
            size: document.len(),
        }))
    }
}

/// Writes.
impl Region {
    /// Publishes `$LATEST` when it is what was looked at; answers the number. Source: AWS-2, AWS-3, AWS-4.
    pub async fn publish_version(&self, function: &str, code_sha256: &str, revision_id: &str) -> Result<u64, Failure> {
        let turn = self.gate.turn(PUBLISH_VERSION, function).await?;
        let call = self
            .lambda
            .publish_version()
            .function_name(function)
            .code_sha256(code_sha256)
            .revision_id(revision_id);
        let output = self.gate.write(PUBLISH_VERSION, function, turn, call.send()).await?;
        let number = output.version.as_deref().and_then(|v| v.parse().ok());
        number.ok_or_else(|| unconfirmed(PUBLISH_VERSION, function, "the answer has no version number"))
    }

    pub async fn create_alias(&self, target: Target<'_>, version: u64, description: &str) -> Result<(), Failure> {
        let name = target.name();
        let turn = self.gate.turn(CREATE_ALIAS, &name).await?;
        let call = self.lambda.create_alias().function_name(target.function).name(target.alias);
        let call = call.function_version(version.to_string()).description(description);
        self.gate.write(CREATE_ALIAS, &name, turn, call.send()).await.map(drop)
    }

    /// Always sends empty weights, which takes leftover ones away. Source: AWS-18, AWS-32.
    pub async fn update_alias(&self, target: Target<'_>, version: u64, revision_id: &str) -> Result<(), Failure> {
        let name = target.name();
        let turn = self.gate.turn(UPDATE_ALIAS, &name).await?;
        let no_weights = AliasRoutingConfiguration::builder()
            .set_additional_version_weights(Some(HashMap::new()))
            .build();
        let call = self.lambda.update_alias().function_name(target.function).name(target.alias);
        let call = call
            .function_version(version.to_string())
            .routing_config(no_weights)
            .revision_id(revision_id);
        self.gate.write(UPDATE_ALIAS, &name, turn, call.send()).await.map(drop)
    }

    pub async fn delete_alias(&self, target: Target<'_>) -> Result<(), Failure> {
        let name = target.name();
        let turn = self.gate.turn(DELETE_ALIAS, &name).await?;
        let call = self.lambda.delete_alias().function_name(target.function).name(target.alias);
        self.gate.remove(DELETE_ALIAS, &name, turn, call.send()).await
    }

    pub async fn put_capacity(&self, target: Target<'_>, requested: u32) -> Result<(), Failure> {
        let name = target.name();
        let turn = self.gate.turn(PUT_CAPACITY, &name).await?;
        let call = self
            .lambda
            .put_provisioned_concurrency_config()
            .function_name(target.function)
            .qualifier(target.alias);
        let call = call.provisioned_concurrent_executions(i32::try_from(requested).unwrap_or(i32::MAX));
        self.gate.write(PUT_CAPACITY, &name, turn, call.send()).await.map(drop)
    }

    pub async fn delete_capacity(&self, target: Target<'_>) -> Result<(), Failure> {
        let name = target.name();
        let turn = self.gate.turn(DELETE_CAPACITY, &name).await?;
        let call = self
            .lambda
            .delete_provisioned_concurrency_config()
            .function_name(target.function)
            .qualifier(target.alias);
        self.gate.remove(DELETE_CAPACITY, &name, turn, call.send()).await
    }

    /// Lets API Gateway call the alias. Source: AWS-35, AWS-39.
    pub async fn add_permission(
        &self,
        target: Target<'_>,
        statement_id: &str,
        source_arn: &str,
        revision_id: Option<&str>,
    ) -> Result<(), Failure> {
        let name = target.name();
        let turn = self.gate.turn(ADD_PERMISSION, &name).await?;
        let call = self.lambda.add_permission().function_name(target.function).qualifier(target.alias);
        let call = call
            .statement_id(statement_id)
            .action("lambda:InvokeFunction")
            .principal(API_GATEWAY)
            .source_arn(source_arn);
        let call = call.set_revision_id(revision_id.map(str::to_owned));
        self.gate.write(ADD_PERMISSION, &name, turn, call.send()).await.map(drop)
    }

    pub async fn remove_permission(&self, target: Target<'_>, statement_id: &str, revision_id: &str) -> Result<(), Failure> {
        let name = target.name();
        let turn = self.gate.turn(REMOVE_PERMISSION, &name).await?;
        let call = self
            .lambda
            .remove_permission()
            .function_name(target.function)
            .qualifier(target.alias);
        let call = call.statement_id(statement_id).revision_id(revision_id);
        self.gate.remove(REMOVE_PERMISSION, &name, turn, call.send()).await
    }
}

/// `$LATEST` as the plan sees it.
pub(super) fn latest_code(configuration: &FunctionConfiguration) -> LatestCode {
    let snap_start = configuration.snap_start().and_then(|s| s.apply_on());
    LatestCode {
        code_sha256: configuration.code_sha256().unwrap_or_default().into(),
        revision_id: configuration.revision_id().unwrap_or_default().into(),
        fingerprint: fingerprint(configuration),
        state: code_state(configuration),
        snap_start: snap_start == Some(&SnapStartApplyOn::PublishedVersions),
        size: size(configuration),
        role: configuration.role().unwrap_or_default().into(),
    }
}

/// What one execution environment of it takes. Source: AWS-115.
fn size(configuration: &FunctionConfiguration) -> EnvironmentSize {
    EnvironmentSize {
        memory_mb: configuration
            .memory_size()
            .and_then(|mb| u32::try_from(mb).ok())
            .unwrap_or_default(),
        arm64: configuration.architectures().contains(&Architecture::Arm64),
    }
}

/// Lambda writes the offset without a colon: `2026-11-22T08:00:00+0000`. Source: AWS-118.
fn timestamp(text: &str) -> Option<Timestamp> {
    let text = text.strip_suffix("+0000").map_or_else(|| text.to_owned(), |utc| format!("{utc}Z"));
    text.parse().ok()
}

/// The published versions of a list.
pub(super) fn published(list: &[FunctionConfiguration]) -> BTreeMap<u64, PublishedCode> {
    let numbered = |c: &FunctionConfiguration| Some((c.version()?.parse().ok()?, published_code(c)));
    list.iter().filter_map(numbered).collect()
}

fn published_code(configuration: &FunctionConfiguration) -> PublishedCode {
    PublishedCode {
        code_sha256: configuration.code_sha256().unwrap_or_default().into(),
        fingerprint: fingerprint(configuration),
        size: size(configuration),
    }
}

/// Whether it serves. A failed update of `$LATEST` leaves the code before it serving, and a function that AWS put to rest
/// (`Inactive`) wakes with the next call, so both are active. A list shows no state: what it lists is taken for active.
pub(super) fn code_state(configuration: &FunctionConfiguration) -> CodeState {
    let reason = configuration.state_reason().unwrap_or_default();
    if configuration.last_update_status() == Some(&LastUpdateStatus::InProgress) {
        return CodeState::Pending(configuration.last_update_status_reason().unwrap_or(reason).into());
    }
    match configuration.state() {
        None | Some(State::Active | State::Inactive) => CodeState::Active,
        Some(State::Pending) => CodeState::Pending(reason.into()),
        Some(State::Failed) => CodeState::Failed(reason.into()),
        Some(other) => CodeState::Failed(format!("{} {reason}", other.as_str()).trim_end().into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_says_whether_the_code_serves() {
        let with = |state: State| code_state(&FunctionConfiguration::builder().state(state).state_reason("why").build());
        assert_eq!(with(State::Active), CodeState::Active);
        assert_eq!(with(State::Inactive), CodeState::Active);
        assert_eq!(with(State::Pending), CodeState::Pending("why".into()));
        assert_eq!(with(State::Failed), CodeState::Failed("why".into()));
        assert_eq!(with(State::Deleting), CodeState::Failed("Deleting why".into()));
    }

    #[test]
    fn an_update_in_progress_is_pending_and_a_failed_one_is_not() {
        let with = |status| {
            let configuration = FunctionConfiguration::builder().state(State::Active).last_update_status(status);
            code_state(&configuration.build())
        };
        assert_eq!(with(LastUpdateStatus::InProgress), CodeState::Pending(String::new()));
        assert_eq!(with(LastUpdateStatus::Failed), CodeState::Active);
    }

    #[test]
    fn versions_are_numbers_and_latest_is_none_of_them() {
        let version = |v: &str| FunctionConfiguration::builder().version(v).build();
        let list = [version("$LATEST"), version("9"), version("10")];
        assert_eq!(published(&list).into_keys().collect::<Vec<_>>(), [9, 10]);
    }
}
