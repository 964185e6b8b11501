//! Statements on the alias: one write at a time per function, and each read back.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::clients::Region;
use super::lambda::Target;
use crate::plan::failure::{Class, Effect, Failure};
use crate::plan::observed::AliasPolicy;
use crate::plan::policy::Sources;

/// One lock per function. It is the only lock that is held across calls: AWS can lose one of two statements that are written
/// to a function at the same time, whatever the alias. Source: AWS-40.
#[derive(Debug, Default)]
pub(super) struct PolicyLocks(Mutex<BTreeMap<String, Arc<tokio::sync::Mutex<()>>>>);

impl PolicyLocks {
    fn of(&self, function: &str) -> Arc<tokio::sync::Mutex<()>> {
        let mut locks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        locks.retain(|name, lock| name == function || Arc::strong_count(lock) > 1);
        Arc::clone(locks.entry(function.to_owned()).or_default())
    }
}

/// A statement of ours.
#[derive(Clone, Copy, Debug)]
pub(super) struct OurStatement<'a> {
    pub target: Target<'a>,
    pub alias_arn: &'a str,
    pub id: &'a str,
    pub source_arn: &'a str,
}

impl Region {
    /// Adds a statement. One that is there already and says the same is success. Source: AWS-36.
    pub async fn permit(&self, statement: OurStatement<'_>, revision_id: Option<&str>) -> Result<(), Failure> {
        let lock = self.policies.of(statement.target.function);
        let _alone = lock.lock().await;
        let added = self
            .add_permission(statement.target, statement.id, statement.source_arn, revision_id)
            .await;
        let exists_already = matches!(&added, Err(f) if f.class == Class::Conflict && f.message.contains("already exists"));
        if added.is_err() && !exists_already {
            return added;
        }
        match (self.policy(statement.target).await, added) {
            (Ok(Some(policy)), _) if is_in(&policy, statement) => Ok(()),
            (_, Err(exists)) => Err(exists),
            (Ok(_), Ok(())) => Err(lost(
                "lambda:AddPermission",
                statement.target,
                "the statement was added and is not there",
            )),
            // It was confirmed; the next observation will show it.
            (Err(_), Ok(())) => Ok(()),
        }
    }

    /// Takes a statement away. One that is gone already is success. Source: AWS-38.
    pub async fn forbid(&self, target: Target<'_>, statement_id: &str, revision_id: &str) -> Result<(), Failure> {
        let lock = self.policies.of(target.function);
        let _alone = lock.lock().await;
        self.remove_permission(target, statement_id, revision_id).await?;
        match self.policy(target).await {
            Ok(Some(policy)) if policy.statements.iter().any(|s| s.id == statement_id) => Err(lost(
                "lambda:RemovePermission",
                target,
                "the statement was removed and is still there",
            )),
            _ => Ok(()),
        }
    }
}

/// A write that was confirmed and does not show: lost to another writer, or not visible yet. Source: AWS-40, AWS-60.
fn lost(operation: &'static str, target: Target<'_>, what: &str) -> Failure {
    Failure {
        class: Class::Conflict,
        effect: Effect::Unknown,
        operation,
        resource: target.name(),
        code: "WriteNotVisible".into(),
        message: what.into(),
        request_id: None,
    }
}

fn is_in(policy: &AliasPolicy, ours: OurStatement<'_>) -> bool {
    let mut same_id = policy.statements.iter().filter(|s| s.id == ours.id);
    same_id.any(|s| s.grants_api_gateway(ours.alias_arn) == Some(Sources::Like(vec![ours.source_arn])))
}
