//! Resource policy documents: what a statement grants, and whose it is.

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::desired::Desired;

/// The service principal of API Gateway. Source: AWS-35.
pub const API_GATEWAY: &str = "apigateway.amazonaws.com";

/// One statement of a policy, kept as AWS gave it: what is not understood is still compared and never lost.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    /// `Sid`; empty when it has none.
    pub id: String,
    /// The whole statement.
    pub body: Value,
}

/// Reads the statements of a policy document; `None` when it is no policy document.
pub fn statements(document: &str) -> Option<Vec<Statement>> {
    let document: Value = serde_json::from_str(document).ok()?;
    let list = match document.get("Statement")? {
        Value::Array(list) => list.clone(),
        one @ Value::Object(_) => vec![one.clone()],
        _ => return None,
    };
    Some(
        list.into_iter()
            .map(|body| Statement {
                id: text(&body, "Sid").unwrap_or_default().into(),
                body,
            })
            .collect(),
    )
}

fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key)?.as_str()
}

/// The id of our statement for a source ARN: it names the object and the content, so that an id that is there already says
/// that the statement is right. Source: AWS-36.
pub fn statement_id(desired: &Desired, source_arn: &str) -> String {
    let content = format!("{API_GATEWAY}\n{source_arn}\n{}", desired.alias_arn());
    format!("{}{}", statement_prefix(&desired.uid), &hex(&Sha256::digest(content))[..10])
}

/// What all ids of statements of this object start with.
pub fn statement_prefix(uid: &str) -> String {
    let hex: String = uid.chars().filter(char::is_ascii_hexdigit).take(8).collect();
    format!("warmlambda-{hex}-")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
