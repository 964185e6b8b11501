//! Resource policies: one for the function, one for each alias and each version (AWS-34).

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::lag::{Before, remember, seen};
use super::qualifier::{LATEST, conflict, invalid, precondition};
use super::{Answer, AwsError, Region, Statement};

/// A resource policy.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Policy {
    /// In the order in which they were added.
    pub statements: Vec<Statement>,
    /// Made up when a world file leaves it out; guards `AddPermission` and `RemovePermission` (AWS-39).
    pub revision_id: String,
    /// The statements before the last write, and when that was: what a write too close to it starts from (AWS-40).
    pub raced: Option<Before<Vec<Statement>>>,
}

/// What `GetPolicy` answers.
#[derive(Clone, Debug, PartialEq)]
pub struct PolicyDocument {
    /// The document; AWS sends it as text.
    pub policy: Value,
    /// The id that guards the next write.
    pub revision_id: String,
}

impl Region {
    /// `AddPermission`; answers the statement as it stands in the document (AWS-35, AWS-36, AWS-39, AWS-41).
    pub fn add_permission(
        &mut self,
        function: &str,
        qualifier: Option<&str>,
        statement: Statement,
        revision_id: Option<&str>,
    ) -> Answer<Value> {
        statement.check()?;
        let key = self.policy_key(function, qualifier)?;
        let old = self.functions.get(function).and_then(|found| found.policies.get(&key)).cloned();
        guard(old.as_ref(), revision_id)?;
        let seen = self.statements_to_start_from(old.as_ref());
        if seen.iter().any(|existing| existing.sid == statement.sid) {
            let sid = &statement.sid;
            let text = format!(
                "The statement id ({sid}) provided already exists. Please provide a new statement id, or remove the existing statement."
            );
            return Err(conflict(text));
        }
        let answer = statement.document(&self.region, &self.function_arn(function, qualifier));
        let mut statements = seen;
        statements.push(statement);
        let size = self.document(function, qualifier, &statements).to_string().len();
        if size > self.settings.policy_bytes {
            let text = format!(
                "The final policy size ({size}) is bigger than the limit ({}).",
                self.settings.policy_bytes
            );
            return Err(AwsError::new(400, "PolicyLengthExceededException", text));
        }
        self.replace_statements(function, &key, old, statements);
        Ok(answer)
    }

    /// `RemovePermission` (AWS-38). The policy goes with its last statement.
    pub fn remove_permission(&mut self, function: &str, qualifier: Option<&str>, sid: &str, revision_id: Option<&str>) -> Answer<()> {
        if !self.functions.contains_key(function) {
            let text = format!("No policy found for: {}", self.function_arn(function, qualifier));
            return Err(AwsError::new(404, "ResourceNotFoundException", text));
        }
        let key = self.policy_key(function, qualifier)?;
        let old = self.functions.get(function).and_then(|found| found.policies.get(&key)).cloned();
        let Some(old) = old else {
            return Err(AwsError::new(
                404,
                "ResourceNotFoundException",
                "No policy is associated with the given resource.",
            ));
        };
        guard(Some(&old), revision_id)?;
        let mut statements = self.statements_to_start_from(Some(&old));
        if !statements.iter().any(|statement| statement.sid == sid) {
            let text = format!("Statement {sid} is not found in resource policy.");
            return Err(AwsError::new(404, "ResourceNotFoundException", text));
        }
        statements.retain(|statement| statement.sid != sid);
        self.replace_statements(function, &key, Some(old), statements);
        Ok(())
    }

    /// `GetPolicy`: the same 404 for no policy, no alias and no function (AWS-37).
    pub fn get_policy(&self, function: &str, qualifier: Option<&str>) -> Answer<PolicyDocument> {
        let missing = || AwsError::new(404, "ResourceNotFoundException", "The resource you requested does not exist.");
        let found = self.functions.get(function).ok_or_else(missing)?;
        let policy = seen(&found.policies_before, &found.policies, qualifier.unwrap_or(LATEST), self.now).ok_or_else(missing)?;
        let document = self.document(function, qualifier, &policy.statements);
        Ok(PolicyDocument {
            policy: document,
            revision_id: policy.revision_id.clone(),
        })
    }

    fn document(&self, function: &str, qualifier: Option<&str>, statements: &[Statement]) -> Value {
        let resource = self.function_arn(function, qualifier);
        let statements: Vec<Value> = statements
            .iter()
            .map(|statement| statement.document(&self.region, &resource))
            .collect();
        json!({"Version": "2012-10-17", "Id": "default", "Statement": statements})
    }

    /// Where a policy is kept; fails when what it is for does not exist.
    fn policy_key(&self, function: &str, qualifier: Option<&str>) -> Answer<String> {
        match qualifier {
            None => self.function(function).map(|_| LATEST.into()),
            Some(LATEST) => Err(invalid("We currently do not support adding policies for $LATEST.")),
            Some(qualifier) => match self.functions.get(function) {
                Some(found) if found.has(qualifier) => Ok(qualifier.into()),
                Some(_) => Err(self.qualifier_not_found(function, qualifier)),
                None => Err(self.function_not_found(function, None)),
            },
        }
    }

    /// AWS-40: a write too close to the one before does not see it.
    fn statements_to_start_from(&self, policy: Option<&Policy>) -> Vec<Statement> {
        let Some(policy) = policy else { return Vec::new() };
        match &policy.raced {
            Some(raced) if self.now < raced.until => raced.value.clone().unwrap_or_default(),
            _ => policy.statements.clone(),
        }
    }

    fn replace_statements(&mut self, function: &str, key: &str, old: Option<Policy>, statements: Vec<Statement>) {
        let race = self.settings.policy_race_ms;
        let raced = (race > 0).then(|| Before {
            until: self.now + race,
            value: old.map(|old| old.statements),
        });
        let policy = (!statements.is_empty()).then(|| Policy {
            statements,
            revision_id: self.new_uuid(),
            raced,
        });
        self.write_policy(function, key, policy);
    }

    pub(crate) fn write_policy(&mut self, function: &str, key: &str, policy: Option<Policy>) {
        let (now, until) = (self.now, self.now + self.settings.read_lag_ms);
        let Some(found) = self.functions.get_mut(function) else { return };
        remember(&mut found.policies_before, &found.policies, key, now, until);
        match policy {
            Some(policy) => found.policies.insert(key.into(), policy),
            None => found.policies.remove(key),
        };
    }
}

/// AWS-39: for the first statement there is no revision that could be right.
fn guard(policy: Option<&Policy>, revision_id: Option<&str>) -> Answer<()> {
    match revision_id {
        Some(given) if policy.is_none_or(|policy| policy.revision_id != given) => Err(precondition("GetPolicy")),
        _ => Ok(()),
    }
}
