//! One statement of a resource policy, as it is given and as AWS writes it into the document.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::qualifier::{constraint, invalid, is_number, partition};
use super::{Answer, Invoker};

/// What `AddPermission` is given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Statement {
    /// Unique within the policy.
    pub sid: String,
    /// A service such as `apigateway.amazonaws.com`, an account, the ARN of a user or role, or `*`.
    pub principal: String,
    /// For instance `lambda:InvokeFunction`.
    pub action: String,
    /// Pattern for the ARN on whose behalf a service calls.
    pub source_arn: Option<String>,
    /// Account on whose behalf a service calls.
    pub source_account: Option<String>,
    /// Organisation of the caller.
    pub principal_org_id: Option<String>,
    /// Alexa skill.
    pub event_source_token: Option<String>,
    /// `NONE` or `AWS_IAM`.
    pub function_url_auth_type: Option<String>,
}

impl Default for Statement {
    fn default() -> Self {
        Self {
            sid: String::new(),
            principal: "apigateway.amazonaws.com".into(),
            action: "lambda:InvokeFunction".into(),
            source_arn: None,
            source_account: None,
            principal_org_id: None,
            event_source_token: None,
            function_url_auth_type: None,
        }
    }
}

impl Statement {
    /// Lets API Gateway invoke on behalf of what matches `source_arn` (AWS-35).
    pub fn for_api(sid: &str, source_arn: &str) -> Self {
        Self {
            sid: sid.into(),
            source_arn: Some(source_arn.into()),
            ..Self::default()
        }
    }

    pub(crate) fn check(&self) -> Answer<()> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if self.sid.is_empty() || !self.sid.bytes().all(allowed) {
            return Err(constraint(
                &self.sid,
                "statementId",
                "Member must satisfy regular expression pattern: ([a-zA-Z0-9-_]+)",
            ));
        }
        if self.sid.len() > 100 {
            return Err(constraint(
                &self.sid,
                "statementId",
                "Member must have length less than or equal to 100",
            ));
        }
        let principal = self.principal.as_str();
        let known =
            principal == "*" || is_service(principal) || (is_number(principal) && principal.len() == 12) || principal.starts_with("arn:");
        if known {
            Ok(())
        } else {
            Err(invalid(
                "The provided principal was invalid. Please check the principal and try again.",
            ))
        }
    }

    /// The statement in the document of the policy of `resource` (AWS-34, AWS-35).
    pub fn document(&self, region: &str, resource: &str) -> Value {
        let principal = match self.principal.as_str() {
            "*" => json!("*"),
            service if is_service(service) => json!({"Service": service}),
            account if is_number(account) => json!({"AWS": format!("arn:{}:iam::{account}:root", partition(region))}),
            arn => json!({"AWS": arn}),
        };
        let mut statement =
            json!({"Sid": self.sid, "Effect": "Allow", "Principal": principal, "Action": self.action, "Resource": resource});
        let equals: Map<String, Value> = [
            ("AWS:SourceAccount", &self.source_account),
            ("lambda:FunctionUrlAuthType", &self.function_url_auth_type),
            ("aws:PrincipalOrgID", &self.principal_org_id),
            ("lambda:EventSourceToken", &self.event_source_token),
        ]
        .into_iter()
        .filter_map(|(key, value)| Some((key.to_owned(), json!(value.as_ref()?))))
        .collect();
        let mut condition = Map::new();
        if !equals.is_empty() {
            condition.insert("StringEquals".into(), Value::Object(equals));
        }
        if let Some(source_arn) = &self.source_arn {
            condition.insert("ArnLike".into(), json!({"AWS:SourceArn": source_arn}));
        }
        if !condition.is_empty() {
            statement["Condition"] = Value::Object(condition);
        }
        statement
    }

    /// Whether the statement lets this caller invoke.
    pub(crate) fn allows(&self, invoker: &Invoker, account: &str) -> bool {
        let Invoker::Service { principal, source_arn } = invoker else {
            return true;
        };
        let action = matches!(self.action.as_str(), "lambda:InvokeFunction" | "lambda:Invoke*" | "lambda:*" | "*");
        let principal = self.principal == "*" || self.principal == *principal;
        let source = self.source_arn.as_ref().is_none_or(|pattern| arn_like(pattern, source_arn));
        let owner = self.source_account.as_ref().is_none_or(|wanted| wanted == account);
        // What needs something that a service does not bring is not satisfied.
        let bare = self.principal_org_id.is_none() && self.event_source_token.is_none() && self.function_url_auth_type.is_none();
        action && principal && source && owner && bare
    }
}

fn is_service(principal: &str) -> bool {
    principal.ends_with(".amazonaws.com") || principal.ends_with(".amazonaws.com.cn")
}

/// `ArnLike`: the six parts are compared one by one, `*` and `?` being wildcards within a part; the last part may hold colons.
fn arn_like(pattern: &str, arn: &str) -> bool {
    let (patterns, parts): (Vec<&str>, Vec<&str>) = (pattern.splitn(6, ':').collect(), arn.splitn(6, ':').collect());
    patterns.len() == parts.len()
        && patterns
            .iter()
            .zip(&parts)
            .all(|(pattern, part)| like(pattern.as_bytes(), part.as_bytes()))
}

fn like(pattern: &[u8], text: &[u8]) -> bool {
    match (pattern.first(), text.first()) {
        (None, None) => true,
        (Some(b'*'), _) => like(&pattern[1..], text) || (!text.is_empty() && like(pattern, &text[1..])),
        (Some(b'?'), Some(_)) => like(&pattern[1..], &text[1..]),
        (Some(one), Some(other)) if one == other => like(&pattern[1..], &text[1..]),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn by(source_arn: &str) -> Invoker {
        Invoker::Service {
            principal: "apigateway.amazonaws.com".into(),
            source_arn: source_arn.into(),
        }
    }

    #[test]
    fn a_source_arn_matches_with_wildcards_but_never_across_the_parts_of_an_arn() {
        let statement = Statement::for_api("s", "arn:aws:execute-api:eu-west-1:111122223333:a1b2/*/GET/reviews");
        assert!(
            statement.allows(
                &by("arn:aws:execute-api:eu-west-1:111122223333:a1b2/prod/GET/reviews"),
                "111122223333"
            ),
            "AWS-35"
        );
        assert!(
            !statement.allows(
                &by("arn:aws:execute-api:eu-west-1:111122223333:a1b2/prod/POST/reviews"),
                "111122223333"
            ),
            "AWS-35"
        );
        assert!(!arn_like(
            "arn:aws:*:a1b2/*",
            "arn:aws:execute-api:eu-west-1:111122223333:a1b2/prod"
        ));
    }

    #[test]
    fn a_statement_for_another_service_does_not_let_api_gateway_in() {
        let statement = Statement {
            principal: "events.amazonaws.com".into(),
            ..Statement::for_api("s", "arn:aws:*:*:*:*")
        };
        assert!(!statement.allows(&by("arn:aws:execute-api:eu-west-1:111122223333:a1b2/prod/GET/"), "111122223333"));
    }
}
