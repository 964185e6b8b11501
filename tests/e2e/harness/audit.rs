//! What the operators of the tests asked the API server for, as its audit log has it.

use serde_json::Value;

use super::chart::Grant;

/// How the names of namespaces begin in which an operator is to be refused something.
pub const REFUSED: &str = "refused-";

/// A request of an operator.
#[derive(Debug)]
pub struct Request {
    /// The namespace of its service account.
    pub operator: String,
    /// The name of that.
    pub account: String,
    /// What it has to be granted.
    pub needed: Grant,
    /// Whether it was.
    pub allowed: bool,
}

/// The requests for resources in a log. The last line may not be complete yet.
pub fn requests(log: &str) -> impl Iterator<Item = Request> {
    log.lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .filter_map(|event: Value| request(&event))
}

fn request(event: &Value) -> Option<Request> {
    let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str);
    let resource = text("/objectRef/resource")?;
    let needed = Grant {
        group: text("/objectRef/apiGroup").unwrap_or_default().into(),
        resource: text("/objectRef/subresource").map_or_else(|| resource.into(), |sub| format!("{resource}/{sub}")),
        verb: text("/verb")?.into(),
    };
    let (operator, account) = text("/user/username")?.strip_prefix("system:serviceaccount:")?.split_once(':')?;
    Some(Request {
        operator: operator.into(),
        account: account.into(),
        needed,
        allowed: event["annotations"]["authorization.k8s.io/decision"] == "allow",
    })
}
